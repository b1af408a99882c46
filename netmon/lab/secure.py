"""Agents that speak SNMPv3 (user-based security, SHA-256 and AES-128), by pysnmp's engine without its sockets."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from random import Random
from typing import Any

from pysnmp.carrier.asyncio.dgram import udp  # type: ignore[import-untyped]
from pysnmp.carrier.base import AbstractTransportDispatcher  # type: ignore[import-untyped]
from pysnmp.entity import config  # type: ignore[import-untyped]
from pysnmp.entity.engine import SnmpEngine  # type: ignore[import-untyped]
from pysnmp.entity.rfc3413 import cmdrsp, context  # type: ignore[import-untyped]
from pysnmp.proto import rfc1902, rfc1905  # type: ignore[import-untyped]
from pysnmp.smi import error  # type: ignore[import-untyped]

from netmon.lab.ber import Tag, decode, decode_integer, decode_oid, expect, oid_payload
from netmon.lab.faults import FaultKind
from netmon.lab.machine import Machine
from netmon.lab.message import Version
from netmon.lab.quirks import EndlessView, LoopingView, spoil
from netmon.lab.settings import SecureAgents
from netmon.model.moments import SECOND, Moment

_LITERAL = "literal:"
_EVERYTHING = (1, 3, 6)
_BOOTS_SINCE = 1_577_836_800
"""2020-01-01: engine boots grow with the time, because nothing is kept from one start to the next."""

_NUMBERS: Mapping[int, Callable[[int], Any]] = {
    Tag.INTEGER: rfc1902.Integer32,
    Tag.COUNTER32: rfc1902.Counter32,
    Tag.GAUGE32: rfc1902.Gauge32,
    Tag.TIME_TICKS: rfc1902.TimeTicks,
    Tag.COUNTER64: rfc1902.Counter64,
}


class SecureAgent:
    """The v3 agent of one machine; like `Agent`, a datagram in and the replies to it out."""

    def __init__(self, machine: Machine, secure: SecureAgents, chance: Random) -> None:
        self._machine = machine
        self._secure = secure
        self._chance = chance
        self._life = machine.life
        self._engine: _Engine | None = None

    def replies(self, datagram: bytes, at: Moment, quirks: Collection[FaultKind] = ()) -> list[bytes]:
        """What is sent back to *datagram*, mostly one reply or none."""
        if self._engine is None or self._life is not self._machine.life:
            # a device that has restarted has another engine, with more boots
            self._life = self._machine.life
            self._engine = _Engine(self._machine, self._secure, at)
        replies = self._engine.take(datagram, at, quirks)
        if FaultKind.WRONG_ID in quirks:
            replies = [_renumbered(reply) for reply in replies]
        if FaultKind.GARBAGE in quirks:
            replies = [spoil(reply, self._chance) for reply in replies]
        return replies * 2 if FaultKind.DOUBLE in quirks else replies


def secure_agents(machines: Mapping[str, Machine], secure: SecureAgents | None, seed: int) -> dict[str, SecureAgent]:
    """The v3 agents that the settings ask for, by device."""
    if secure is None:
        return {}
    chance = Random(seed)  # noqa: S311  not for secrets
    return {device: SecureAgent(machines[device], secure, chance) for device in secure.devices if device in machines}


class _Engine:
    """An SNMP engine of its own, fed and emptied by hand."""

    def __init__(self, machine: Machine, secure: SecureAgents, at: Moment) -> None:
        self._window = _Window(machine)
        self._mailbox = _Mailbox()
        self._engine = SnmpEngine()
        _identify(self._engine, machine.device.name, at // SECOND - _BOOTS_SINCE)
        self._engine.register_transport_dispatcher(self._mailbox)
        config.add_v3_user(
            self._engine,
            secure.user,
            config.USM_AUTH_HMAC192_SHA256,
            secure.auth.removeprefix(_LITERAL),
            config.USM_PRIV_CFB128_AES,
            secure.privacy.removeprefix(_LITERAL),
        )
        config.add_vacm_user(self._engine, Version.V3, secure.user, "authPriv", _EVERYTHING)
        surroundings = context.SnmpContext(self._engine)
        surroundings.unregister_context_name(b"")
        surroundings.register_context_name(b"", self._window)
        for responder in (
            cmdrsp.GetCommandResponder,
            cmdrsp.NextCommandResponder,
            cmdrsp.BulkCommandResponder,
            cmdrsp.SetCommandResponder,
        ):
            responder(self._engine, surroundings)

    def take(self, datagram: bytes, at: Moment, quirks: Collection[FaultKind]) -> list[bytes]:
        self._window.open(at, quirks)
        # its caches forget by this tick; it sees the lab's time, not the machine's
        self._mailbox.handle_timer_tick(at / SECOND)
        try:
            self._engine.message_dispatcher.receive_message(self._engine, udp.DOMAIN_NAME, _PEER, datagram)
        except Exception:  # noqa: BLE001  pysnmp raises anything at all over a garbled message; an agent drops it
            self._mailbox.emptied()
        return self._mailbox.emptied()


_PEER = udp.UdpTransportAddress(("127.0.0.1", 0))


def _identify(engine: SnmpEngine, name: str, boots: int) -> None:
    builder = engine.get_mib_builder()
    (engine_id,) = builder.import_symbols("__SNMP-FRAMEWORK-MIB", "snmpEngineID")
    (engine_boots,) = builder.import_symbols("__SNMP-FRAMEWORK-MIB", "snmpEngineBoots")
    # net-snmp's enterprise number, then "text, assigned by the administrator" (RFC 3411, SnmpEngineID)
    engine_id.syntax = engine_id.syntax.clone(b"\x80\x00\x1f\x88\x04" + f"lab-{name}".encode()[:27])
    engine.snmpEngineID = engine_id.syntax
    engine_boots.syntax = engine_boots.syntax.clone(max(1, boots))


class _Mailbox(AbstractTransportDispatcher):  # type: ignore[misc]
    """Takes what the engine sends."""

    def __init__(self) -> None:
        super().__init__()
        self._sent: list[bytes] = []

    def send_message(self, outgoing: bytes, domain: object, address: object) -> None:
        self._sent.append(bytes(outgoing))

    def emptied(self) -> list[bytes]:
        sent, self._sent = self._sent, []
        return sent


class _Window:
    """A machine's MIB in the shape that pysnmp's responders ask."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._at = machine.life.booted
        self._view: Any = machine.mib

    def open(self, at: Moment, quirks: Collection[FaultKind]) -> None:
        self._at = at
        self._view = self._machine.mib
        if FaultKind.ENDLESS in quirks:
            self._view = EndlessView(self._view)
        elif FaultKind.NON_INCREASING in quirks:
            self._view = LoopingView(self._view)

    def read_variables(self, *bindings: tuple[Any, Any], **_: object) -> list[tuple[Any, Any]]:
        found = []
        for name, _value in bindings:
            variable = self._view.at(oid_payload(tuple(name)))
            found.append((name, rfc1905.noSuchInstance if variable is None else _value_of(variable.read(self._at))))
        return found

    def read_next_variables(self, *bindings: tuple[Any, Any], **_: object) -> list[tuple[Any, Any]]:
        found = []
        for name, _value in bindings:
            variable = self._view.after(oid_payload(tuple(name)))
            if variable is None:
                found.append((name, rfc1905.endOfMibView))
            else:
                found.append((rfc1902.ObjectName(variable.oid), _value_of(variable.read(self._at))))
        return found

    def write_variables(self, *bindings: tuple[Any, Any], **_: object) -> list[tuple[Any, Any]]:
        raise error.NotWritableError(name=bindings[0][0], idx=0)


def _renumbered(reply: bytes) -> bytes:
    """*reply* with another message id (RFC 3412, section 6); its request id is encrypted."""
    start, end = expect(reply, 0, len(reply), Tag.SEQUENCE)
    _, header = expect(reply, start, end, Tag.INTEGER)
    start, end = expect(reply, header, end, Tag.SEQUENCE)
    _, last = expect(reply, start, end, Tag.INTEGER)
    return reply[: last - 1] + bytes((reply[last - 1] ^ 1,)) + reply[last:]


def _value_of(encoded: bytes) -> Any:
    tag, start, stop = decode(encoded, 0, len(encoded))
    payload = encoded[start:stop]
    if (number := _NUMBERS.get(tag)) is not None:
        return number(decode_integer(payload))
    return rfc1902.ObjectName(decode_oid(payload)) if tag == Tag.OID else rfc1902.OctetString(payload)
