"""The tls check: does a server prove who it is, for how long still, and which protocol does it speak?"""

from netmon.collectors.tls.probe import CHAIN_EXPIRY, EXPIRY, FACTS, HANDSHAKE, open_questions
from netmon.collectors.tls.settings import TlsSettings
from netmon.ports import CollectorKind

KIND = CollectorKind(
    name="tls",
    settings=TlsSettings,
    open=open_questions,
    metrics={
        HANDSHAKE: "Time from the open connection to the end of the handshake.",
        EXPIRY: "When the server's own certificate ends, in seconds since 1970.",
        CHAIN_EXPIRY: "When the first certificate of the chain ends, authorities included, in seconds since 1970.",
    },
    facts=FACTS,
)
