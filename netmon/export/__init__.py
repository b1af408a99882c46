"""Where states and numbers are shown: the exposition that Prometheus scrapes, service discovery, health."""
