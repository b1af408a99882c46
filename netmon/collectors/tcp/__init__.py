"""The tcp check: does a port accept a connection, and does what listens there say what is expected?"""

from netmon.collectors.tcp.probe import ANSWER, CONNECT, open_questions
from netmon.collectors.tcp.settings import TcpSettings
from netmon.ports import CollectorKind

KIND = CollectorKind(
    name="tcp",
    settings=TcpSettings,
    open=open_questions,
    metrics={
        CONNECT: "Time from asking for a connection to having it.",
        ANSWER: "Time from having the connection to the end of the expected text.",
    },
)
