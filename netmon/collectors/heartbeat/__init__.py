"""The heartbeat check: does a job report in time that it is done, and was it long enough, big enough and all right?"""

from netmon.collectors.heartbeat.probe import LAST_HEARD, SIZE, TOOK, open_questions
from netmon.collectors.heartbeat.settings import HeartbeatSettings
from netmon.ports import CollectorKind

KIND = CollectorKind(
    name="heartbeat",
    settings=HeartbeatSettings,
    open=open_questions,
    metrics={
        LAST_HEARD: "Time since the job last reported that all went well.",
        TOOK: "How long the last run that went well took.",
        SIZE: "How much the last run that went well made.",
    },
    asks_nobody=True,
)
