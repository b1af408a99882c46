"""The icmp check: does the target answer one echo, and how long is the way there and back?"""

from netmon.collectors.icmp.probe import RTT, open_questions
from netmon.collectors.icmp.settings import IcmpSettings
from netmon.model.rollups import Rolled, Sampling
from netmon.ports import CollectorKind

KIND = CollectorKind(
    name="icmp",
    settings=IcmpSettings,
    open=open_questions,
    metrics={RTT: "Time from sending an echo to the arrival of its reply."},
    rolled=(
        Rolled(family=RTT, help="Time from sending an echo to the arrival of its reply.", of=RTT),
        Rolled(family="netmon_icmp_loss_ratio", help="Share of looks that were missed.", sampling=Sampling.MISSES),
    ),
)
