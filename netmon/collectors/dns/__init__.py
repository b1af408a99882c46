"""The dns check: does every one of the servers give the answer that is expected, and how fast?"""

from netmon.collectors.dns.probe import ANSWERS, AUTHENTICATED, DURATION, UP, open_questions
from netmon.collectors.dns.settings import DnsSettings
from netmon.ports import CollectorKind

KIND = CollectorKind(
    name="dns",
    settings=DnsSettings,
    open=open_questions,
    metrics={
        UP: "1 where the server gave the answer that is expected, else 0.",
        DURATION: "Time from asking a server to its answer.",
        ANSWERS: "How many records of the wanted type the server gave.",
        AUTHENTICATED: "1 where the server says that it validated the answer by DNSSEC (AD flag), else 0.",
    },
)
