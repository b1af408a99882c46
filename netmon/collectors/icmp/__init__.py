"""The icmp check: does the target answer one echo, and how long is the way there and back?"""

from netmon.collectors.icmp.probe import RTT, open_questions
from netmon.collectors.icmp.settings import IcmpSettings
from netmon.ports import CollectorKind

KIND = CollectorKind(
    name="icmp",
    settings=IcmpSettings,
    open=open_questions,
    metrics={RTT: "Time from sending an echo to the arrival of its reply."},
)
