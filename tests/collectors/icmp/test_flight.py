"""Echoes on their way: whose reply is whose, and what is too late."""

from __future__ import annotations

import asyncio
import errno

import pytest

from netmon.collectors.icmp.flight import Tally
from netmon.model.looks import Failure
from netmon.model.states import Reason
from tests.collectors.icmp.conftest import Launched

PROHIBITED = Failure(Reason.UNREACHABLE, "10.0.0.1 reports: administratively prohibited")


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_a_reply_ends_its_echo_with_the_time_at_which_the_kernel_took_it_in(launched: Launched) -> None:
    before = now()
    token = launched.launch()

    launched.wire.reply("10.0.0.9", token, before + 0.0)

    assert launched.ends == [pytest.approx(0.0, abs=0.001)]


async def test_silence_ends_an_echo_at_its_deadline(launched: Launched) -> None:
    launched.launch(timeout_seconds=0.01)
    assert await launched.until_ended(1) == [None]


async def test_a_doubled_reply_counts_once(launched: Launched) -> None:
    token = launched.launch()

    for _ in range(3):
        launched.wire.reply("10.0.0.9", token, now())

    assert len(launched.ends) == 1
    assert launched.flight.tally == Tally(answers=1, strays=2)


async def test_a_late_reply_is_no_answer_to_the_echo_after_it(launched: Launched) -> None:
    late = launched.launch(timeout_seconds=0.0)
    await launched.until_ended(1)
    launched.launch(timeout_seconds=0.01)

    launched.wire.reply("10.0.0.9", late, now())

    assert await launched.until_ended(2) == [None, None]
    assert launched.flight.tally.strays == 1


async def test_replies_in_another_order_end_their_own_echoes(launched: Launched) -> None:
    first, second = launched.launch("10.0.0.1"), launched.launch("10.0.0.2")

    launched.wire.reply("10.0.0.2", second, now())
    assert len(launched.ends) == 1
    launched.wire.reply("10.0.0.1", first, now())

    assert launched.flight.tally == Tally(answers=2)


@pytest.mark.parametrize(
    ("address", "change"),
    [
        pytest.param("10.0.0.8", 0, id="from another address"),
        pytest.param("10.0.0.9", 1 << 40, id="with another token but the same sequence number"),
        pytest.param("10.0.0.9", 1, id="with another sequence number"),
    ],
)
async def test_a_reply_that_does_not_match_is_nobodys(launched: Launched, address: str, change: int) -> None:
    token = launched.launch(timeout_seconds=0.01)

    launched.wire.reply(address, token ^ change, now())

    assert await launched.until_ended(1) == [None]
    assert launched.flight.tally == Tally(strays=1)


async def test_a_reply_that_came_in_time_is_not_lost_because_the_loop_was_busy(launched: Launched) -> None:
    token = launched.launch(timeout_seconds=0.01)
    launched.wire.waiting.append(("10.0.0.9", token, now() + 0.005))

    while now() < launched.flight._due + 0.01:  # the loop is busy past the deadline
        pass

    assert await launched.until_ended(1) == [pytest.approx(0.005, abs=0.001)]


async def test_a_reply_that_came_after_the_deadline_is_a_miss_even_if_it_is_read_first(launched: Launched) -> None:
    token = launched.launch(timeout_seconds=0.01)
    while now() < launched.flight._due + 0.005:
        pass

    launched.wire.reply("10.0.0.9", token, now())

    assert await launched.until_ended(1) == [None]
    assert launched.flight.tally == Tally(strays=1)


async def test_no_echo_is_missed_while_replies_from_before_its_deadline_are_unread(launched: Launched) -> None:
    launched.wire.heard = 0.0  # the transport has a backlog that begins long ago
    launched.launch(timeout_seconds=0.0)
    for _ in range(50):
        await asyncio.sleep(0)
    assert launched.ends == []

    launched.wire.heard = None

    assert await launched.until_ended(1) == [None]


@pytest.mark.parametrize("step", [-3600.0, 3600.0], ids=["set back", "set ahead"])
async def test_a_clock_that_is_set_gives_no_negative_and_no_huge_round_trip(launched: Launched, step: float) -> None:
    token = launched.launch()

    launched.wire.reply("10.0.0.9", token, now() + step)

    (round_trip,) = launched.ends
    assert isinstance(round_trip, float)
    assert 0.0 <= round_trip <= 1.0


async def test_a_report_of_trouble_is_the_reason_once_the_deadline_has_passed(launched: Launched) -> None:
    token = launched.launch(timeout_seconds=0.01)

    launched.wire.trouble("10.0.0.9", token & 0xFFFF, PROHIBITED)

    assert launched.ends == []
    assert await launched.until_ended(1) == [PROHIBITED]


async def test_a_report_of_trouble_does_not_outweigh_a_true_reply(launched: Launched) -> None:
    token = launched.launch()

    launched.wire.trouble("10.0.0.9", token & 0xFFFF, PROHIBITED)
    launched.wire.reply("10.0.0.9", token, now())

    assert isinstance(launched.ends[0], float)


async def test_trouble_about_an_echo_that_nobody_sent_changes_nothing(launched: Launched) -> None:
    launched.wire.trouble("10.0.0.9", 1, PROHIBITED)
    assert launched.ends == []


async def test_no_route_is_the_reason_of_the_miss(launched: Launched) -> None:
    launched.wire.refusal = OSError(errno.ENETUNREACH, "Network is unreachable")
    launched.launch(timeout_seconds=0.01)

    assert await launched.until_ended(1) == [
        Failure(Reason.UNREACHABLE, "10.0.0.9: this machine has no way there (Network is unreachable)")
    ]


async def test_a_local_firewall_is_named(launched: Launched) -> None:
    launched.wire.refusal = PermissionError(errno.EPERM, "Operation not permitted")
    launched.launch(timeout_seconds=0.01)

    assert await launched.until_ended(1) == [
        Failure(Reason.FORBIDDEN, "10.0.0.9: this machine must not send there (Operation not permitted)")
    ]


async def test_trouble_of_our_own_is_an_exception_and_blames_nobody(launched: Launched) -> None:
    launched.wire.refusal = OSError(errno.ENOMEM, "Cannot allocate memory")

    with pytest.raises(OSError, match="Cannot allocate memory"):
        launched.launch()

    launched.wire.refusal = None
    assert launched.flight._flying == {}


async def test_a_forgotten_echo_ends_nothing(launched: Launched) -> None:
    aim_token = launched.launch(timeout_seconds=0.01)
    echo = launched.flight._flying["10.0.0.9", aim_token & 0xFFFF]

    launched.flight.forget(echo)
    launched.wire.reply("10.0.0.9", aim_token, now())
    launched.launch(timeout_seconds=0.02)

    assert await launched.until_ended(1) == [None]
    assert launched.flight.tally.strays == 1


async def test_a_shorter_deadline_is_kept_though_a_longer_one_was_there_before(launched: Launched) -> None:
    launched.launch("10.0.0.1", timeout_seconds=100.0)
    launched.launch("10.0.0.2", timeout_seconds=0.01)
    assert await launched.until_ended(1) == [None]


async def test_tokens_are_not_predictable_from_each_other(launched: Launched) -> None:
    tokens = {launched.launch(f"10.0.{n}.1") for n in range(200)}
    assert len({token >> 16 for token in tokens}) == 200
