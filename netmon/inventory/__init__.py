"""What netmon watches, as people write it down: organisation, sites, devices, links and services."""
