"""The smtp check: does a mail server greet, prove who it is, let us log in, and take mail for whom it should?"""

from netmon.collectors.smtp.probe import FAMILIES, open_questions
from netmon.collectors.smtp.settings import SmtpSettings
from netmon.ports import CollectorKind

KIND = CollectorKind(
    name="smtp",
    settings=SmtpSettings,
    open=open_questions,
    metrics=FAMILIES.described(),
)
