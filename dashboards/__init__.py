"""What comes with netmon for Prometheus and Grafana: rules, configuration, dashboards and the code that writes them."""
