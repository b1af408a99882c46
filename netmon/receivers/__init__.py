"""The receivers: what comes to netmon unasked; one folder for each sort of it."""
