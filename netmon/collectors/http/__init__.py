"""The http check: does a URL answer with what is expected, how fast, and how long is its certificate good for?"""

from netmon.collectors.http.probe import CONTENT, DURATION, EXPIRY, PHASE, STATUS, STEP, VALUE, open_questions
from netmon.collectors.http.settings import HttpSettings
from netmon.model.rollups import Rolled
from netmon.ports import CollectorKind

KIND = CollectorKind(
    name="http",
    settings=HttpSettings,
    open=open_questions,
    metrics={
        DURATION: "Time from asking to the end of the answer, redirects included.",
        PHASE: "Time in each phase of the look: resolve, connect, tls, processing, transfer.",
        STATUS: "Status code of the last answer.",
        CONTENT: "Length of the body, unpacked.",
        EXPIRY: "When the first certificate on the way ends, in seconds since 1970.",
        STEP: "Time that each step of the look took.",
        VALUE: "Number in a JSON answer, by the name that the check gives it.",
    },
    rolled=(
        Rolled(family=DURATION, help="Time from asking to the end of the answer, redirects included.", of=DURATION),
    ),
)
