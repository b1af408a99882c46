"""The ground that everything above stands on: time, events, secrets, settings and how mistakes in files are told."""
