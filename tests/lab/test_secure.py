"""Agents that speak SNMPv3 show the same MIB as others, to whoever has the keys, and survive what they are sent."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from netmon.lab.faults import FaultKind
from netmon.lab.machine import Machine
from netmon.lab.secure import SecureAgent, secure_agents
from netmon.lab.settings import SecureAgents
from netmon.lab.world import World
from netmon.model.moments import SECOND, Duration, Moment, later
from netmon.snmp.credential import CredentialSettings, resolve
from netmon.snmp.pdu import Get, Response, decode_response
from netmon.snmp.security import Remedy, Security

SYS_NAME, SYS_UP_TIME, IF_IN_OCTETS = "1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.1.3.0", "1.3.6.1.2.1.31.1.1.1.6.1"
SECURE = SecureAgents(
    user="netmon", auth="literal:a-long-auth", privacy="literal:a-long-privacy", devices=("office-gw",)
)

Ask = Callable[..., list[object]]


def security(auth_key: str = "a-long-auth") -> Security:
    settings = CredentialSettings.model_validate(
        {
            "version": "3",
            "user": "netmon",
            "auth": {"protocol": "sha256", "key": f"literal:{auth_key}"},
            "privacy": {"protocol": "aes128", "key": "literal:a-long-privacy"},
        }
    )
    return resolve(settings, lambda reference: reference.removeprefix("literal:")).security()


@pytest.fixture
def machine(world: World) -> Machine:
    return world.machines["office-gw"]


@pytest.fixture
def agent(machine: Machine) -> SecureAgent:
    return SecureAgent(machine, SECURE, Random(1))


def greet(agent: SecureAgent, client: Security, at: Moment) -> None:
    greeting = client.greeting(1)
    assert greeting is not None
    (report,) = agent.replies(greeting, at)
    assert client.remedy(decode_response(client.unseal(report, 1, 0.0))) is Remedy.DISCOVER


def ask(agent: SecureAgent, client: Security, at: Moment, *names: str) -> Response:
    (reply,) = agent.replies(client.seal(Get(names).request.encode(2), 2, 0.0), at)
    return decode_response(client.unseal(reply, 2, 0.0))


def test_a_client_with_the_keys_is_told_what_others_are_told(agent: SecureAgent, noon: Moment) -> None:
    client = security()
    greet(agent, client, noon)
    names = (SYS_NAME, SYS_UP_TIME, IF_IN_OCTETS, "1.3.6.1.2.1.1.99.0")

    name, uptime, octets, missing = Get(names).decode(ask(agent, client, noon, *names).payload)

    assert name == b"office-gw"
    assert isinstance(uptime, int)
    assert uptime > 0
    assert isinstance(octets, int)
    assert octets > 0
    assert missing is None


def test_a_client_with_a_wrong_key_is_told_no_more_than_that(agent: SecureAgent, noon: Moment) -> None:
    client = security("another-auth")
    greet(agent, client, noon)

    report = ask(agent, client, noon, SYS_NAME)

    assert b"office-gw" not in report.payload
    with pytest.raises(Exception, match="signature"):
        client.remedy(report)


def test_after_a_restart_the_engine_has_booted_once_more(agent: SecureAgent, machine: Machine, noon: Moment) -> None:
    client = security()
    greet(agent, client, noon)
    ask(agent, client, noon, SYS_NAME)
    restarted = later(noon, Duration(60 * SECOND))
    machine.start_again(restarted)

    assert client.remedy(ask(agent, client, restarted, SYS_NAME)) is Remedy.ASK_AGAIN
    assert Get((SYS_NAME,)).decode(ask(agent, client, restarted, SYS_NAME).payload) == [b"office-gw"]


def test_a_wrong_id_is_another_one(agent: SecureAgent, noon: Moment) -> None:
    client = security()
    greeting = client.greeting(1)
    assert greeting is not None
    (reply,) = agent.replies(greeting, noon, [FaultKind.WRONG_ID])

    with pytest.raises(Exception, match="another number"):
        client.unseal(reply, 1, 0.0)


def test_a_double_reply_comes_twice(agent: SecureAgent, noon: Moment) -> None:
    greeting = security().greeting(1)
    assert greeting is not None

    assert len(agent.replies(greeting, noon, [FaultKind.DOUBLE])) == 2


@hypothesis_settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_message_brings_nothing_down(agent: SecureAgent, noon: Moment, data: st.DataObject) -> None:
    message = bytearray(security().greeting(1) or b"")
    for _ in range(data.draw(st.integers(1, 4))):
        message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.integers(0, 255))

    assert len(agent.replies(bytes(message), noon)) <= 1


def test_agents_are_made_for_devices_that_exist(world: World) -> None:
    both = SECURE.model_copy(update={"devices": ("office-gw", "office-cellar")})

    assert set(secure_agents(world.machines, both, 1)) == {"office-gw"}
    assert secure_agents(world.machines, None, 1) == {}
