"""How messages are sealed and opened: what every version of SNMP must do, and versions 1 and 2c, which hide nothing."""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import Protocol

from netmon.model.states import Reason
from netmon.snmp import ber
from netmon.snmp.ber import Malformed
from netmon.snmp.failures import NoAnswer
from netmon.snmp.pdu import Kind, Response

_REPORT = bytes((Kind.REPORT,))
_LONG_MESSAGE = b"\x30\x82"


class MessageVersion(IntEnum):
    """The number at the head of a message."""

    V1 = 0
    V2C = 1
    V3 = 3


class Stray(Exception):  # noqa: N818  it names what a datagram is
    """A message in good form that is not for us: another community, version or engine, or a replay."""


class Remedy(Enum):
    """What helps when an agent reports instead of answering."""

    ASK_AGAIN = "ask again"
    DISCOVER = "discover the engine"


class Security(Protocol):
    """What stands between PDUs and datagrams; it does no input or output, and *now* is any steady clock in seconds."""

    version: MessageVersion

    @property
    def silence(self) -> str:
        """What silence may mean besides a dead target, for the evidence."""

    def greeting(self, number: int) -> bytes | None:
        """The datagram that must be answered before anything can be asked, or ``None`` where nothing is needed."""

    def seal(self, pdu: bytes, number: int, now: float) -> bytes:
        """The datagram that carries *pdu*; *number* is the request's.

        Raises:
            NoAnswer: the greeting was not answered yet; nothing leaves with less security than was asked for.
        """

    def unseal(self, datagram: bytes, number: int, now: float) -> bytes:
        """The PDU in *datagram*, which should answer the request *number*.

        Raises:
            Malformed: the datagram is no message of this version.
            Stray: it is one, but not for us.
        """

    def remedy(self, report: Response) -> Remedy:
        """What to do about *report*; raises `NoAnswer` where nothing helps."""

    def forget(self) -> None:
        """Begin anew: the agent may have been replaced."""


def message_version(data: bytes) -> tuple[int, int, int]:
    """The version of the message *data*, where its next element begins, and where the message ends."""
    begin, end = ber.element(data, 0, ber.SEQUENCE)
    if end != len(data):
        raise Malformed(f"{len(data) - end} octets follow the message")
    version, at = ber.integer(data, begin)
    return version, at, end


class Community:
    """Versions 1 and 2c: the community stands in every message, readable by anyone on the way."""

    silence = "a wrong community looks the same"

    def __init__(self, version: MessageVersion, community: bytes) -> None:
        self.version = version
        self._community = community
        self._head = ber.encode_integer(version) + ber.encode(ber.OCTET_STRING, community)

    def greeting(self, number: int) -> None:
        return None

    def seal(self, pdu: bytes, number: int, now: float) -> bytes:
        return ber.encode(ber.SEQUENCE, self._head + pdu)

    def unseal(self, datagram: bytes, number: int, now: float) -> bytes:
        if (
            datagram[:2] == _LONG_MESSAGE
            and int.from_bytes(datagram[2:4], "big") == len(datagram) - 4
            and datagram.startswith(self._head, 4)
        ):  # the form that nearly every long answer has
            at = 4 + len(self._head)
        else:
            at = self._skip_head(datagram)
        if datagram[at : at + 1] == _REPORT:
            raise Malformed("a report, which this version does not have")
        return datagram[at:]

    def _skip_head(self, datagram: bytes) -> int:
        version, at, _ = message_version(datagram)
        if version != self.version:
            raise Stray("a message of another version")
        community, at = ber.octets(datagram, at)
        if community != self._community:
            raise Stray("a message for another community")
        return at

    def remedy(self, report: Response) -> Remedy:
        raise NoAnswer(Reason.UNEXPECTED, "it sent a report in place of an answer")

    def forget(self) -> None:
        """Nothing was remembered."""
