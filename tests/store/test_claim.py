"""Who may write to a file, and whether anybody vouches for what is in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from netmon.store.claim import Claim, ClaimTakenError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "netmon.db"
    file.write_bytes(b"as it was")
    return file


@pytest.fixture
def left(file: Path) -> Path:
    """A file that its writer left in order."""
    claim = Claim(file)
    claim.vouch()
    claim.give_up()
    return file


def was_left_in_order(file: Path) -> bool:
    claim = Claim(file)
    claim.give_up()
    return claim.was_left_in_order


def test_a_file_that_does_not_exist_yet_is_in_order(tmp_path: Path) -> None:
    assert was_left_in_order(tmp_path / "netmon.db")


def test_nobody_vouches_for_a_file_that_came_without_a_note(file: Path) -> None:
    assert not was_left_in_order(file)


def test_the_writer_before_vouches_for_what_it_left_in_order(left: Path) -> None:
    assert was_left_in_order(left)


def test_a_writer_that_ends_without_a_word_takes_back_what_the_one_before_said(left: Path) -> None:
    Claim(left).give_up()
    assert not was_left_in_order(left)


@pytest.mark.parametrize(
    ("content", "seconds"),
    [pytest.param(b"as it was not", 0, id="another size"), pytest.param(b"AS IT WAS", 1, id="another time stamp")],
)
def test_nobody_vouches_for_a_file_that_was_changed_since(left: Path, content: bytes, seconds: int) -> None:
    stamp = left.stat().st_mtime_ns + seconds * 10**9
    left.write_bytes(content)
    os.utime(left, ns=(stamp, stamp))
    assert not was_left_in_order(left)


def test_a_note_of_rubbish_vouches_for_nothing(left: Path) -> None:
    left.with_name("netmon.db.lock").write_bytes(os.urandom(10_000))
    assert not was_left_in_order(left)


def test_a_second_claim_is_refused_and_told_who_holds_the_first(left: Path) -> None:
    first = Claim(left)
    with pytest.raises(ClaimTakenError) as refused:
        Claim(left)
    assert refused.value.holder == str(os.getpid())
    first.give_up()
    Claim(left).give_up()
