"""Heartbeats: jobs that report of themselves over HTTP, and the book in which their reports outlive a restart."""
