"""The imap check: does a mail store greet, prove who it is, let us log in, and open a mailbox?"""

from netmon.collectors.imap.dialogue import MESSAGES
from netmon.collectors.imap.probe import FAMILIES, open_questions
from netmon.collectors.imap.settings import ImapSettings
from netmon.ports import CollectorKind

KIND = CollectorKind(
    name="imap",
    settings=ImapSettings,
    open=open_questions,
    metrics={**FAMILIES.described(), MESSAGES: "How many messages the mailbox holds."},
)
