"""What an imap check may be told."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from netmon.collectors.mail import MailSettings, Security

PORTS = {Security.STARTTLS: 143, Security.TLS: 993, Security.NONE: 143}


class ImapSettings(MailSettings):
    """Settings of an imap check."""

    mailbox: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        pattern=r"^[ !#-\[\]-~]+$",
        description="Mailbox that is opened to look at once logged in; INBOX where absent.",
    )

    @model_validator(mode="after")
    def _mailbox_needs_login(self) -> Self:
        if self.mailbox is not None and self.user is None:
            raise ValueError("a mailbox can be opened only once logged in; add user and password")
        return self
