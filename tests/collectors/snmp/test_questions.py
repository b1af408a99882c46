"""What snmp checks share: where they may go, and what becomes of sessions when credentials and plans change."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from netmon.collectors.names import Names
from netmon.collectors.snmp.probe import SnmpCollector
from netmon.collectors.snmp.questions import SnmpQuestions
from netmon.kernel.clock import FakeClock
from netmon.kernel.secrets import SecretError, SecretPlaces
from netmon.model.ids import CheckId, EntityId
from netmon.model.looks import Failure
from netmon.model.moments import SECOND, Duration
from netmon.model.plan import POLLED_RULE, CheckSpec
from netmon.model.states import Reason
from netmon.ports import Ground

SOON = Duration(5 * SECOND)
LOOPBACK = (ipaddress.IPv4Network("127.0.0.0/8"),)
KEYS = {"protocol": "sha256", "key": "file:auth"}


class House:
    """Questions whose secrets, credentials and names a test can change.

    Attributes:
        names: what the resolver says.
        stretched: whose pass phrases were turned into keys.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("community", "public")
        self.write("auth", "signing phrase")
        self.credentials: dict[str, dict[str, object]] = {
            "open": {"version": "2c", "community": "file:community"},
            "signed": {"version": 3, "user": "netmon", "auth": KEYS},
        }
        self.names: dict[str, tuple[str, ...]] = {}
        self.questions = self.build(LOOPBACK)

    def build(self, networks: tuple[ipaddress.IPv4Network, ...]) -> SnmpQuestions:
        ground = Ground(
            clock=FakeClock(),
            secret=SecretPlaces({}, self.folder).resolve,
            credential=self.credentials.__getitem__,
            networks=networks,
        )
        return SnmpQuestions(ground, Names(lambda name: self.names[name]))

    def write(self, secret: str, text: str) -> None:
        (self.folder / secret).write_text(text + "\n")

    def collector(self, port: int, address: str = "127.0.0.1", credential: str = "open") -> SnmpCollector:
        return self.questions.collector(spec(port, address, credential), ())

    @property
    def open_count(self) -> int:
        return self.questions._sockets.open_count


def spec(port: int = 161, address: str = "127.0.0.1", credential: str = "open") -> CheckSpec:
    return CheckSpec(
        id=CheckId("check:device:sw1/snmp"),
        subject=EntityId("device:sw1"),
        kind="snmp",
        name=None,
        address=address,
        rule=POLLED_RULE,
        settings={"credential": credential, "port": port},
    )


@pytest.fixture
async def house(tmp_path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.questions.close()
    assert house.open_count == 0


@pytest.fixture
def next_turn() -> Callable[[], object]:
    """A reload comes in a turn of the loop of its own."""
    return lambda: asyncio.sleep(0)


async def test_a_name_that_leads_outside_the_networks_is_forbidden(switch, house) -> None:
    house.names["sw1.example"] = ("192.0.2.1", "2001:db8::1")

    outcome = await house.collector(switch.port, "sw1.example").look(SOON)

    assert outcome.failure == Failure(
        Reason.FORBIDDEN, "sw1.example leads to 2001:db8::1: it lies outside the allowed networks"
    )
    assert (house.open_count, switch.asked) == (0, [])


async def test_an_address_is_held_to_the_networks_as_a_name_is(switch, house) -> None:
    house.questions = house.build((ipaddress.IPv4Network("10.20.0.0/16"),))

    outcome = await house.collector(switch.port, "::ffff:127.0.0.1").look(SOON)

    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.FORBIDDEN
    assert switch.asked == []


async def test_of_several_addresses_the_first_that_may_be_asked_is_asked(switch, house) -> None:
    house.names["sw1.example"] = ("192.0.2.1", "no address", "127.0.0.1", "127.0.0.2")

    outcome = await house.collector(switch.port, "sw1.example").look(SOON)

    assert outcome.failure is None
    assert outcome.facts["sys_name"] == "sw1"


async def test_a_name_without_an_address_is_not_resolved(house) -> None:
    house.names["sw1.example"] = ()

    outcome = await house.collector(161, "sw1.example").look(SOON)

    assert outcome.failure.reason is Reason.NAME_NOT_RESOLVED
    assert outcome.failure.evidence.startswith("sw1.example: ")


async def test_a_look_that_is_under_way_outlives_a_change_of_its_credential(switch, house, next_turn) -> None:
    looking = house.collector(switch.port)
    made: list[SnmpCollector] = []
    house.credentials["open"] = {"version": "1", "community": "file:community"}
    switch.before_answer = lambda: made.append(house.collector(switch.port)) if not made else None
    await next_turn()

    outcome = await looking.look(SOON)

    assert (outcome.failure, outcome.facts["sys_name"]) == (None, "sw1")
    assert made[0]._session is not looking._session
    assert house.open_count == 0
    await made[0].look(SOON)
    await looking.look(SOON)
    assert house.open_count == 1


async def test_a_hundred_reloads_leave_one_socket_behind(switch, house, next_turn) -> None:
    for number in range(100):
        house.write("community", f"rotated-{number}")
        switch.community = f"rotated-{number}".encode()
        collector = house.collector(switch.port)
        outcome = await collector.look(SOON)
        assert (number, outcome.failure) == (number, None)
        await next_turn()

    assert house.open_count == 1


async def test_a_session_lives_as_long_as_a_collector_uses_it(switch, house, next_turn) -> None:
    first, second = house.collector(switch.port), house.collector(switch.port)
    assert first._session is second._session

    del first, second

    assert len(house.questions._sessions) == 0


async def test_a_new_secret_behind_the_same_reference_is_used_by_the_next_collector(switch, house, next_turn) -> None:
    before, printed = house.collector(switch.port), house.questions.fingerprint(spec(switch.port))
    assert (await before.look(SOON)).failure is None
    switch.community = b"rotated"
    house.write("community", "rotated")
    await next_turn()

    assert house.questions.fingerprint(spec(switch.port)) != printed
    outcome = await house.collector(switch.port).look(SOON)

    assert outcome.failure is None


async def test_a_fingerprint_changes_with_its_secret_alone_and_tells_nothing(house, tmp_path, next_turn) -> None:
    prints = [house.questions.fingerprint(spec(credential=name)) for name in ("open", "signed")]
    house.write("auth", "another phrase")
    await next_turn()

    after = [house.questions.fingerprint(spec(credential=name)) for name in ("open", "signed")]

    assert after[0] == prints[0]
    assert len({*prints, *after}) == 3
    assert prints[0] != House(tmp_path).questions.fingerprint(spec())


async def test_keys_are_stretched_anew_only_where_something_changed(house, next_turn) -> None:
    first = house.collector(161, "127.0.0.1", "signed")
    await next_turn()
    second = house.collector(161, "127.0.0.2", "signed")
    house.write("auth", "another phrase")
    await next_turn()
    third = house.collector(161, "127.0.0.3", "signed")

    assert first._session.credential is second._session.credential
    assert third._session.credential is not first._session.credential


async def test_within_one_reload_a_reference_is_followed_once(house) -> None:
    house.questions.fingerprint(spec())
    house.write("community", "rotated")

    assert house.questions.fingerprint(spec()) == house.questions.fingerprint(spec(address="127.0.0.9"))
    assert house.collector(161)._session.credential.community.get_secret_value() == "public"


async def test_a_secret_that_is_gone_is_told_and_leaves_the_running_session_alone(switch, house, next_turn) -> None:
    collector = house.collector(switch.port)
    (house.folder / "community").unlink()
    await next_turn()

    with pytest.raises(SecretError, match="file:community"):
        house.questions.fingerprint(spec(switch.port))

    assert (await collector.look(SOON)).failure is None
