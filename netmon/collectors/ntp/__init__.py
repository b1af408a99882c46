"""The ntp check: does a time server give the time, is it sure of it, and how far is it from this machine's?"""

from netmon.collectors.ntp.probe import DELAY, DISPERSION, LEAP, OFFSET, ROOT_DELAY, STRATUM, open_questions
from netmon.collectors.ntp.settings import NtpSettings
from netmon.ports import CollectorKind

KIND = CollectorKind(
    name="ntp",
    settings=NtpSettings,
    open=open_questions,
    metrics={
        OFFSET: "How far the server's clock is ahead of this machine's; negative where it is behind.",
        DELAY: "Round trip to the server, without the time that the server itself took.",
        STRATUM: "How many servers away from a reference clock it is; 1 has one of its own.",
        ROOT_DELAY: "Round trip from the server to the reference clock, as the server says.",
        DISPERSION: "How much the server's clock may have gone wrong since it was set, as the server says.",
        LEAP: "Seconds that the last minute of the day will be longer (1) or shorter (-1); mostly 0.",
    },
)
