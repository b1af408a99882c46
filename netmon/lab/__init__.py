"""The lab: a simulated province on loopback (127.20.0.0/16), for the demo, the tests and training."""
