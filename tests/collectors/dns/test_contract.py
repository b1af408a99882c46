"""What every kind of check must survive: refused, silent, slow, malformed, endless and cancelled servers."""

from __future__ import annotations

import asyncio
import ipaddress
import struct
from pathlib import Path

import dns.flags
import dns.message
import pytest

from netmon.model.looks import Failure, Outcome
from netmon.model.moments import MILLISECOND, Duration
from netmon.model.states import Reason
from tests.collectors.conftest import Serve
from tests.collectors.dns.conftest import Look, OpenBoth, OpenServer, reply, says
from tests.collectors.makers import ground
from tests.collectors.scripts import dribbling

SHORT = Duration(150 * MILLISECOND)
PORTAL = "soyte.example.vn. A 10.20.7.10"
TRUNCATED = says(flags=dns.flags.TC)


def failure_of(outcome: Outcome) -> Failure:
    assert outcome.failure is not None
    assert outcome.readings == ()
    return outcome.failure


def framed(message: bytes) -> list[bytes]:
    """*message* as it goes over TCP."""
    return [struct.pack("!H", len(message)), message]


def open_descriptors() -> set[str]:
    """The numbers of the open files of this process, but for the one that looks."""
    return {path.name for path in Path("/proc/self/fd").iterdir() if path.exists()}


async def test_a_closed_port_is_refused_at_once(closed_port: int, look: Look) -> None:
    assert failure_of(await look(closed_port)) == Failure(
        Reason.REFUSED, f"127.0.0.1:{closed_port}: the port is closed"
    )


async def test_a_silent_server_times_out(name_server: OpenServer, look: Look) -> None:
    server = await name_server(lambda _: [])
    outcome = await look(server.port, SHORT)
    assert outcome.took == SHORT
    assert failure_of(outcome) == Failure(Reason.TIMEOUT, f"127.0.0.1:{server.port}: no answer within 150 ms")


def of_another_id(question: dns.message.QueryMessage) -> list[bytes]:
    answer = reply(question, PORTAL)
    answer.id ^= 1
    return [answer.to_wire()]


def of_another_name(question: dns.message.QueryMessage) -> list[bytes]:
    other = dns.message.make_query("mail.example.vn", "A", id=question.id)
    return [reply(other, "mail.example.vn. A 10.20.7.10").to_wire()]


@pytest.mark.parametrize(
    ("say", "evidence"),
    [
        pytest.param(lambda _: [b"x"], "no DNS message (1 bytes are too short)", id="a single byte"),
        pytest.param(lambda _: [b"\xff" * 700], "to another question", id="garbage"),
        pytest.param(lambda question: [question.to_wire()], "to another question", id="the question itself"),
        pytest.param(lambda q: [reply(q, PORTAL).to_wire()[:-18]], "bytes end too early", id="half an answer"),
        pytest.param(of_another_id, "to another question", id="another id"),
        pytest.param(of_another_name, "to another question", id="another name"),
    ],
)
async def test_what_is_no_answer_is_named_when_no_answer_came_by_the_deadline(
    say: object, evidence: str, name_server: OpenServer, look: Look
) -> None:
    server = await name_server(say)  # type: ignore[arg-type]
    outcome = await look(server.port, SHORT)
    assert outcome.took == SHORT
    assert failure_of(outcome).reason is Reason.MALFORMED
    assert evidence in failure_of(outcome).evidence


async def test_what_others_send_in_the_name_of_the_server_does_not_hide_its_answer(
    name_server: OpenServer, look: Look
) -> None:
    def forged_first(question: dns.message.QueryMessage) -> list[bytes]:
        return [b"\xff" * 9, *of_another_id(question), *says(PORTAL)(question), *says(PORTAL)(question)]

    assert (await look((await name_server(forged_first)).port)).failure is None


async def test_an_answer_with_aliases_in_a_circle_makes_no_sense(name_server: OpenServer, look: Look) -> None:
    circle = says("soyte.example.vn. CNAME a.example.vn.", "a.example.vn. CNAME soyte.example.vn.")
    failure = failure_of(await look((await name_server(circle)).port, SHORT))
    assert failure.reason is Reason.MALFORMED
    assert "the aliases lead in a circle" in failure.evidence


async def test_a_truncated_answer_is_asked_for_again_by_tcp(both_servers: OpenBoth, look: Look) -> None:
    many = [f"soyte.example.vn. A 10.20.{n // 250}.{n % 250}" for n in range(100)]
    port = await both_servers(TRUNCATED, lambda question: framed(reply(question, *many).to_wire(max_size=65_535)))

    outcome = await look(port)

    assert outcome.failure is None
    assert list(outcome.readings[0].columns["netmon_dns_answers"]) == [100]


@pytest.mark.parametrize(
    ("by_tcp", "reason", "evidence"),
    [
        pytest.param(lambda _: [], Reason.CUT_OFF, "closed before", id="nothing"),
        pytest.param(lambda q: [*framed(reply(q, PORTAL).to_wire())[:1], b"x"], Reason.CUT_OFF, "closed", id="half"),
        pytest.param(lambda _: framed(b"\xff" * 9), Reason.MALFORMED, "no DNS message", id="garbage"),
        pytest.param(lambda q: framed(of_another_id(q)[0]), Reason.MALFORMED, "not one to what was asked", id="other"),
        pytest.param(lambda q: framed(TRUNCATED(q)[0]), Reason.MALFORMED, "not one to what was asked", id="truncated"),
        pytest.param(
            lambda _: [b"\xff\xff" + b"x" * 65_535], Reason.TOO_LARGE, "65535 bytes, at most 16384", id="long"
        ),
    ],
)
async def test_a_truncated_answer_whose_rest_is_none_is_named(
    by_tcp: object, reason: Reason, evidence: str, both_servers: OpenBoth, look: Look
) -> None:
    port = await both_servers(TRUNCATED, by_tcp)  # type: ignore[arg-type]
    failure = failure_of(await look(port))
    assert failure.reason is reason
    assert failure.evidence.startswith(f"127.0.0.1:{port} by TCP: ")
    assert evidence in failure.evidence


async def test_a_truncated_answer_without_tcp_is_refused(name_server: OpenServer, look: Look) -> None:
    assert failure_of(await look((await name_server(TRUNCATED)).port)).reason is Reason.REFUSED


async def test_a_server_that_dribbles_by_tcp_is_bounded_by_the_whole_deadline(
    name_server: OpenServer, serve: Serve, look: Look
) -> None:
    port = (await name_server(TRUNCATED, port=(await serve(dribbling(b"\x10"))).port)).port
    outcome = await look(port, SHORT)

    assert outcome.took == SHORT
    assert failure_of(outcome) == Failure(
        Reason.TIMEOUT, f"127.0.0.1:{port}: a truncated answer by UDP, and none in time by TCP"
    )


async def test_a_cancelled_look_leaves_nothing_open(name_server: OpenServer, look: Look) -> None:
    server = await name_server(lambda _: [])
    before = open_descriptors()
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        looking = group.create_task(look(server.port))
        await server.has_heard.wait()
        looking.cancel()
    await asyncio.sleep(0)
    assert open_descriptors() <= before


async def test_many_looks_at_once_do_not_disturb_each_other(name_server: OpenServer, look: Look) -> None:
    good, bad = await name_server(says(PORTAL)), await name_server(says(rcode=2))
    async with asyncio.TaskGroup() as group:
        looks = [group.create_task(look(server.port)) for _ in range(20) for server in (good, bad)]
    reasons = [one.result().failure and one.result().failure.reason for one in looks]
    assert reasons == [None, Reason.UNEXPECTED] * 20


async def test_a_server_outside_the_allowed_networks_is_not_contacted(name_server: OpenServer, look: Look) -> None:
    server = await name_server(says(PORTAL))
    elsewhere = ground(networks=(ipaddress.ip_network("10.0.0.0/8"),))
    assert failure_of(await look(server.port, on=elsewhere)).reason is Reason.FORBIDDEN
    assert server.asked == []
