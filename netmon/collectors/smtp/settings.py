"""What an smtp check may be told."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from netmon.collectors.endpoint import Host, parse_host
from netmon.collectors.mail import MailSettings, Security

PORTS = {Security.STARTTLS: 25, Security.TLS: 465, Security.NONE: 25}

_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LONGEST_LOCAL_PART = 64


def _parse_address(text: str) -> str:
    """*text* as an address of mail, its domain in ASCII.

    Raises:
        ValueError: it is none.
    """
    local, at, domain = text.rpartition("@")
    if not at or len(local) > _LONGEST_LOCAL_PART or _LOCAL_PART.fullmatch(local) is None:
        raise ValueError(f'"{text}" is no address of mail')
    return f"{local}@{parse_host(domain)}"


MailAddress = Annotated[str, Field(max_length=320), AfterValidator(_parse_address)]


class SmtpSettings(MailSettings):
    """Settings of an smtp check."""

    hello: Host | None = Field(
        default=None, description="Name by which netmon introduces itself (EHLO); its own address where absent."
    )
    sender: MailAddress | None = Field(
        default=None,
        description="Whose mail the server is asked to take (MAIL FROM); with a recipient alone it is nobody's (<>).",
    )
    recipient: MailAddress | None = Field(
        default=None, description="For whom the server is asked to take mail (RCPT TO); no mail is ever sent."
    )
