"""Who is to be polled: something of the inventory by name or address, or an address that may be asked at all."""

from __future__ import annotations

from ipaddress import ip_address

from netmon.cli.exits import Exit, Stop
from netmon.cli.naming import UnknownNameError, find
from netmon.cli.session import Session
from netmon.collectors.icmp.settings import IcmpSettings
from netmon.collectors.snmp.settings import SnmpSettings
from netmon.config import reach
from netmon.config.checks import literals
from netmon.config.loading import Loaded
from netmon.config.settings import Configuration
from netmon.inventory.words import canonical_address
from netmon.kernel.problems import quote
from netmon.model.ids import EntityId, EntityKind, check_id, kind_of
from netmon.model.plan import ICMP_RULE, POLLED_RULE, CheckSpec, Plan, Subject

_USUAL_PORT = 161


def target(session: Session, loaded: Loaded, name: str, credential: str | None, port: int | None) -> Subject:
    """The subject that *name* means; ends the command where there is none that may be asked."""
    settings, plan = loaded.complete
    try:
        address = str(ip_address(name))
    except ValueError:
        return _named(session, plan, name)
    for subject in plan.subjects.values():
        if kind_of(subject.id) is EntityKind.DEVICE and any(check.address == address for check in subject.checks):
            return subject
    return _stranger(session, loaded, settings, (canonical_address(address), credential, port))


def _named(session: Session, plan: Plan, name: str) -> Subject:
    known = [identity for identity, subject in plan.subjects.items() if subject.checks]
    try:
        return plan.subjects[find(name, known)]
    except UnknownNameError as error:
        raise error.stop(session.words) from None


def _stranger(
    session: Session, loaded: Loaded, settings: Configuration, asked: tuple[str, str | None, int | None]
) -> Subject:
    address, credential, port = asked
    if not any(ip_address(address) in network for network in settings.networks):
        networks = ", ".join(str(network) for network in settings.networks)
        raise Stop(
            session.words.say(
                "{address} is not in the inventory and lies outside `networks:` ({networks}): nothing was sent",
                address=address,
                networks=networks,
            ),
            Exit.WRONG,
        )
    identity = EntityId(f"device:{address}")
    checks = [
        CheckSpec(
            id=check_id(identity, "icmp"),
            subject=identity,
            kind="icmp",
            name=None,
            address=address,
            rule=ICMP_RULE,
            settings=IcmpSettings().model_dump(mode="json"),
        )
    ]
    if credential is not None:
        _refuse_to_tell(session, loaded, credential, address)
        checks.append(
            CheckSpec(
                id=check_id(identity, "snmp"),
                subject=identity,
                kind="snmp",
                name=None,
                address=address,
                rule=POLLED_RULE,
                settings=SnmpSettings(credential=credential, port=port or _USUAL_PORT).model_dump(mode="json"),
            )
        )
    is_lab = settings.lab is not None and reach.in_lab(address)
    return Subject(
        id=identity, title={}, role=session.words.say("not in the inventory"), checks=tuple(checks), lab=is_lab
    )


def _refuse_to_tell(session: Session, loaded: Loaded, credential: str, address: str) -> None:
    """A credential must exist, and one whose secret stands in the files is for loopback alone."""
    entry = loaded.inventory.credentials.get(credential)
    if entry is None:
        known = ", ".join(sorted(loaded.inventory.credentials))
        said = session.words.say(
            "there is no credential {name}; there are {known}", name=quote(credential), known=known
        )
        raise Stop(said, Exit.WRONG)
    for path in literals(entry.node.value):
        for problem in reach.kept_on_loopback(entry.node.at(*path), [(address, address)]):
            raise Stop(f"{problem.cause}: {problem.hint}", Exit.WRONG)
