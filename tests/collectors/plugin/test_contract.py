"""What a plugin check must survive: plug-ins that are silent, slow, talkative, lost, or leave children behind."""

from __future__ import annotations

import asyncio
import os
import re
from ipaddress import ip_network
from pathlib import Path

import pytest

from netmon.collectors.plugin import KIND
from netmon.kernel.clock import SystemClock
from netmon.model.looks import CannotTellError, Failure, Outcome
from netmon.model.moments import MILLISECOND, Duration
from netmon.model.states import Reason
from tests.collectors.makers import check, ground
from tests.collectors.plugin.conftest import PLENTY, Look

SHORT = Duration(150 * MILLISECOND)


def numbers(outcome: Outcome) -> dict[str, object]:
    return {family: column for table in outcome.readings for family, column in table.columns.items()}


async def test_exit_code_0_is_an_answer_with_its_numbers(look: Look) -> None:
    outcome = await look("echo 'PING OK - rta 0.5 ms|rta=0.5ms;10;20;0 pl=0%;20;30;0'")

    assert (outcome.failure, outcome.flaw) == (None, None)
    found = numbers(outcome)
    assert isinstance(found.pop("netmon_plugin_duration_seconds"), tuple)
    assert found == {"netmon_plugin_time_seconds": [0.0005], "netmon_plugin_share_ratio": [0.0]}
    assert [table.labels for table in outcome.readings[1:]] == [((("measure", "rta"),),), ((("measure", "pl"),),)]


async def test_exit_code_1_is_a_flaw(look: Look) -> None:
    outcome = await look("echo 'DISK WARNING - 4% free|/=96%'; exit 1")

    assert outcome.failure is None
    assert outcome.flaw == Failure(Reason.OVER_LIMIT, "check_it: DISK WARNING - 4% free")
    assert numbers(outcome)["netmon_plugin_share_ratio"] == [0.96]


async def test_exit_code_2_is_a_failure(look: Look) -> None:
    outcome = await look("echo 'connect to address 127.0.0.1 and port 9: Connection refused'; exit 2")

    assert outcome.failure == Failure(
        Reason.UNEXPECTED, "check_it: connect to address 127.0.0.1 and port 9: Connection refused"
    )


@pytest.mark.parametrize(
    ("script", "told"),
    [
        pytest.param("echo 'no such option'; exit 3", "check_it: no such option .exit code 3", id="unknown"),
        pytest.param("nonesuch", "check_it: .*nonesuch.* .exit code 127", id="it lacks something"),
        pytest.param("kill -SEGV $$", "check_it: said nothing .ended by signal 11", id="it crashed"),
    ],
)
async def test_a_plugin_that_does_not_know_is_no_outage_of_the_target(script: str, told: str, look: Look) -> None:
    with pytest.raises(CannotTellError, match=told):
        await look(script)


async def test_a_plugin_that_is_not_there_is_trouble_of_ours(look: Look, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not to be run")
    for name in ("check_nothing", "notes.txt"):
        with pytest.raises(CannotTellError, match=f"{name}: no such program that netmon's user may run .looked in"):
            await look("true", program=name)


async def test_nothing_is_run_where_no_directory_is_named(look: Look) -> None:
    with pytest.raises(CannotTellError, match="names none"):
        await look("true", on={"plugins": ()})


async def test_what_is_no_program_at_all_is_trouble_of_ours(look: Look, tmp_path: Path) -> None:
    (tmp_path / "check_garbage").write_bytes(b"\x00\xff\x00")
    (tmp_path / "check_garbage").chmod(0o755)

    with pytest.raises(CannotTellError, match=r"check_garbage: cannot be run \(Exec format error\)"):
        await look("true", program="check_garbage")


async def test_a_silent_plugin_times_out(look: Look) -> None:
    outcome = await look("sleep 1000", SHORT)

    assert outcome.took == SHORT
    assert outcome.failure == Failure(Reason.TIMEOUT, "check_it: not done within 150 ms")


async def test_a_plugin_that_dribbles_is_bounded_by_the_deadline(look: Look) -> None:
    outcome = await look("while echo x; do sleep 0.01; done", SHORT)

    assert outcome.failure == Failure(Reason.TIMEOUT, "check_it: not done within 150 ms")


async def test_a_plugin_that_says_too_much_is_ended(look: Look) -> None:
    outcome = await look("while echo xxxxxxxxxxxxxxxxxxxxxxxx; do :; done", limit="16 KiB")

    assert outcome.failure == Failure(Reason.TOO_LARGE, "check_it: said more than 16384 bytes")


async def test_complaints_without_end_are_heard_in_part(look: Look) -> None:
    outcome = await look("head -c 1000000 /dev/zero | tr '\\0' 'x' >&2; exit 2")

    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.UNEXPECTED
    assert outcome.failure.evidence.startswith("check_it: xxxx")
    assert len(outcome.failure.evidence) < 200


async def test_odd_bytes_are_told_in_print(look: Look) -> None:
    outcome = await look(r"printf 'CRITICAL \033[2J\377\001 caf\303\251|a=\0331'; exit 2")

    assert outcome.failure is not None
    assert outcome.failure.evidence.isprintable()
    assert "café" in outcome.failure.evidence


async def test_a_child_that_stays_behind_is_ended_and_the_answer_counts(look: Look, tmp_path: Path) -> None:
    held = tmp_path / "held"
    os.mkfifo(held)
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        released = group.create_task(asyncio.to_thread(held.read_bytes))  # comes back when nobody holds it any more
        outcome = await look(f"exec 9>{held}; sleep 1000 & exec 9>&-; echo OK")

    assert outcome.failure is None
    assert released.result() == b""


async def test_a_child_that_escapes_and_keeps_the_pipe_does_not_hold_up_the_answer(look: Look, tmp_path: Path) -> None:
    held = tmp_path / "held"
    os.mkfifo(held)
    outcome = await look(f"setsid cat {held} & echo 'OK|a=1'")
    os.close(os.open(held, os.O_RDWR))  # lets it end

    assert outcome.failure is None
    assert numbers(outcome)["netmon_plugin_value"] == [1]


async def test_a_cancelled_look_leaves_neither_the_plugin_nor_its_children(look: Look, tmp_path: Path) -> None:
    held = tmp_path / "held"
    os.mkfifo(held)
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        looking = group.create_task(look(f"exec 9>{held}; echo ready >&9; sleep 1000 & sleep 1000"))
        pipe = await asyncio.to_thread(held.open, "rb")
        assert await asyncio.to_thread(pipe.readline) == b"ready\n"
        looking.cancel()
        assert await asyncio.to_thread(pipe.read) == b""  # nobody holds it any more
        pipe.close()

    assert looking.cancelled()


async def test_a_plugin_that_cannot_be_ended_is_missed_and_gets_no_company(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, program = tmp_path / "held", tmp_path / "check_disk"
    os.mkfifo(held)
    program.write_text(f"#!/bin/sh\nread -r line <{held}\n")
    program.chmod(0o755)
    async with KIND.open(ground(clock=SystemClock(), plugins=(tmp_path,))) as questions:
        collector = questions.collector(check("plugin", "127.0.0.1", {"program": "check_disk"}), ())
        with monkeypatch.context() as patch:
            patch.setattr(os, "killpg", lambda *_: None)  # of no avail while a process waits for a disk that is dead
            first, second, third = [await collector.look(SHORT) for _ in range(3)]

        assert first.failure == Failure(Reason.TIMEOUT, "check_disk: not done within 150 ms")
        assert second.failure == third.failure
        assert second.failure is not None
        assert second.failure.reason is Reason.TIMEOUT
        told = re.fullmatch(r"check_disk: process (\d+) of a look before .* cannot be ended", second.failure.evidence)
        assert told is not None

        alive = os.open(held, os.O_RDWR)
        os.write(alive, b"once\ntwice\n")
        await asyncio.to_thread(os.waitid, os.P_PID, int(told[1]), os.WEXITED | os.WNOWAIT)
        fourth = await collector.look(PLENTY)
        os.close(alive)
    assert fourth.failure is None


async def test_arguments_are_handed_over_as_they_are(look: Look) -> None:
    outcome = await look('echo "$#:$1:$2:$3"; exit 2', arguments=["$(id); rm -rf /", "-H", "a b *"], host="127.0.0.1")

    assert outcome.failure is not None
    assert outcome.failure.evidence == "check_it: 3:$(id); rm -rf /:-H:a b *"


async def test_the_address_stands_where_it_is_wanted(look: Look) -> None:
    outcome = await look('echo "$1"; exit 2', arguments=["http://{address}:80/"], host="localhost")

    assert outcome.failure is not None
    assert outcome.failure.evidence in ("check_it: http://127.0.0.1:80/", "check_it: http://::1:80/")


async def test_an_address_outside_the_networks_is_not_asked(look: Look) -> None:
    on = {"networks": (ip_network("10.0.0.0/8"),)}
    outcome = await look("echo asked", arguments=["-H", "{address}"], on=on)

    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.FORBIDDEN


async def test_the_plugin_gets_nothing_of_our_environment(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETMON_KEY", "abc")
    outcome = await look("env | sort | tr '\\n' ' '; pwd; exit 2")

    assert outcome.failure is not None
    said = set(outcome.failure.evidence.removeprefix("check_it: ").split())
    assert said == {"LANG=C.UTF-8", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "PWD=/", "/"} | (said & {"_=/usr/bin/env"})


async def test_secrets_come_by_environment_and_input_and_are_never_told(look: Look) -> None:
    known = {"env:ONE": "mat-khau-1", "file:two": "mat-khau-2"}
    outcome = await look(
        'read -r given; echo "$#$WORD,$given"; test "$WORD,$given" = mat-khau-1,mat-khau-2 && exit 2',
        on={"secrets": known},
        secrets={"WORD": "env:ONE"},
        input="file:two",
    )

    assert outcome.failure == Failure(Reason.UNEXPECTED, "check_it: 0***,***")


async def test_a_plugin_that_does_not_read_its_input_is_none_the_worse(look: Look) -> None:
    outcome = await look("exec <&-; echo OK", on={"secrets": {"env:LONG": "x" * 60_000}}, input="env:LONG")

    assert outcome.failure is None


async def test_numbers_in_units_of_their_own_say_so(look: Look) -> None:
    outcome = await look("echo 'OK|a=1 b=2C'")

    (rows,) = [table.labels for table in outcome.readings if "netmon_plugin_value" in table.columns]
    assert list(rows) == [(("measure", "a"),), (("measure", "b"), ("unit", "C"))]
