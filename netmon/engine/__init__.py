"""The running machine: it asks when a look is due, judges what comes back, keeps it and then tells."""
