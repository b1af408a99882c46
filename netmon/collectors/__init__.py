"""The checks: one folder for each kind, and here the registry of all of them.

A new kind is a folder with a ``KIND`` and one entry in `KINDS`; docs/checks.md shows how.
"""

from netmon.collectors import dns, heartbeat, http, icmp, imap, ntp, plugin, prometheus, smtp, snmp, tcp, tls

KINDS = (
    icmp.KIND,
    snmp.KIND,
    http.KIND,
    tcp.KIND,
    tls.KIND,
    dns.KIND,
    smtp.KIND,
    imap.KIND,
    ntp.KIND,
    prometheus.KIND,
    heartbeat.KIND,
    plugin.KIND,
)
