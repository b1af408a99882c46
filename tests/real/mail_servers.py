"""Real mail servers on free ports of loopback: Dovecot with one account, and Postfix that asks it who may log in."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.real.daemon import free_port

USER, PASSWORD, NEW_MESSAGES = "lan", "rất bí mật", 3

_DOVECOT = """\
base_dir = {folder}/run
state_dir = {folder}/state
instance_name = netmon-test
log_path = /dev/stderr
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{pem}
ssl_key = <{pem}
mail_location = maildir:{folder}/mail/%u
first_valid_uid = 1
default_vsz_limit = 0
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {clear}
  }}
  inet_listener imaps {{
    port = {secure}
  }}
}}
service auth {{
  inet_listener {{
    address = 127.0.0.1
    port = {auth}
  }}
}}
service stats {{
  chroot =
}}
"""
_POSTFIX_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = /dev/stdout
maillog_file_prefixes = /dev
inet_protocols = ipv4
myhostname = mail.example.vn
mydestination = example.vn
mynetworks =
alias_maps =
local_recipient_maps = inline:{{lan=lan}}
smtpd_tls_security_level = may
smtpd_tls_chain_files = {pem}
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = {logins}
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{auth}
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
"""
_POSTFIX_MASTER = """\
127.0.0.1:{clear} inet n - n - - smtpd
127.0.0.1:{secure} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
tlsmgr    unix  -       -       n       1000?   1       tlsmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
proxymap  unix  -       -       n       -       -       proxymap
anvil     unix  -       -       n       -       1       anvil
cleanup   unix  n       -       n       -       0       cleanup
postlog   unix-dgram n  -       n       -       1       postlogd
"""


@dataclass(frozen=True)
class MailHost:
    """A running server.

    Attributes:
        clear: port that begins in the clear and offers STARTTLS.
        secure: port that speaks TLS from the first byte.
        auth: where Dovecot is asked who may log in.
        log: what the server said about itself.
        stop: the command that stops it, where a signal does not.
    """

    process: asyncio.subprocess.Process
    clear: int
    secure: int
    auth: int
    log: bytearray
    stop: tuple[str, ...] = ()

    async def says(self, text: str) -> None:
        """Return when the log holds *text*."""
        assert self.process.stdout is not None
        async with asyncio.timeout(60):
            while text.encode() not in self.log:
                line = await self.process.stdout.readline()
                self.log.extend(line)
                assert line, f"the server ended: {self.log.decode()}"

    async def end(self) -> None:
        """Stop it and wait until it is gone."""
        if self.stop:
            await (await asyncio.create_subprocess_exec(*self.stop)).wait()
        elif self.process.returncode is None:
            self.process.terminate()
        await self.process.communicate()


@asynccontextmanager
async def dovecot(pem: Path) -> AsyncIterator[MailHost]:
    """Dovecot that proves itself by the key and chain in *pem*."""
    with _open_folder() as folder:
        clear, secure, auth = free_port(), free_port(), free_port()
        (folder / "users").write_text(f"{USER}:{PASSWORD}::::::\n")
        _deliver(folder / "mail" / USER)
        config = folder / "dovecot.conf"
        config.write_text(_DOVECOT.format(folder=folder, pem=pem, clear=clear, secure=secure, auth=auth))
        process = await _start("dovecot", "-F", "-c", str(config))
        running = MailHost(process, clear, secure, auth, bytearray())
        try:
            await running.says("starting up for imap")
            yield running
        finally:
            await running.end()


@asynccontextmanager
async def postfix(pem: Path, auth: int = 0) -> AsyncIterator[MailHost]:
    """Postfix that proves itself by the key and chain in *pem*; the port *auth*, if any, knows who may log in."""
    with _open_folder() as folder:
        clear, secure = free_port(), free_port()
        (folder / "main.cf").write_text(
            _POSTFIX_MAIN.format(folder=folder, pem=pem, auth=auth, logins="yes" if auth else "no")
        )
        (folder / "master.cf").write_text(_POSTFIX_MASTER.format(clear=clear, secure=secure))
        for name in ("queue", "data"):
            (folder / name).mkdir()
        os.chown(folder / "data", *_owner("postfix"))
        process = await _start("postfix", "-c", str(folder), "start-fg")
        running = MailHost(process, clear, secure, auth, bytearray(), ("postfix", "-c", str(folder), "abort"))
        try:
            await running.says("daemon started")
            yield running
        finally:
            await running.end()


async def _start(*command: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )


@contextmanager
def _open_folder() -> Iterator[Path]:
    """A folder in which the servers' own users may walk about."""
    if os.geteuid() != 0:
        pytest.skip("mail servers start as root only")
    with tempfile.TemporaryDirectory(prefix="netmon-mail-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def _deliver(box: Path) -> None:
    """Put new messages into the Maildir *box*."""
    for part in ("new", "cur", "tmp"):
        (box / part).mkdir(parents=True)
    for number in range(NEW_MESSAGES):
        (box / "new" / f"{number}.mail").write_text(f"From: a@example.vn\nSubject: {number}\n\nXin chào\n")
    for path in (box, *box.rglob("*")):
        os.chown(path, *_owner("mail"))
    os.chown(box.parent, *_owner("mail"))


def _owner(user: str) -> tuple[int, int]:
    found = Path("/etc/passwd").read_text().splitlines()
    _, _, uid, gid, *_ = next(line for line in found if line.startswith(f"{user}:")).split(":")
    return int(uid), int(gid)
