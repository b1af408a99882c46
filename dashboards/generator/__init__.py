"""Writes the Grafana dashboards from netmon's own metric declarations: ``python -m dashboards.generator``."""
