"""Performance data, as the guidelines want it and as plug-ins write it."""

from __future__ import annotations

import pytest

from netmon.collectors.plugin.performance import COUNT, MOST_MEASURES, SHARE, SIZE, TIME, VALUE, Measure, understand


@pytest.mark.parametrize(
    ("numbers", "measures"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("users=0;5;6;0", [Measure(VALUE, "users", "", 0)], id="with limits"),
        pytest.param("a=1;2:;~:3;0;9", [Measure(VALUE, "a", "", 1)], id="with ranges"),
        pytest.param(
            "a=-1.5e3;;;; b=+.5", [Measure(VALUE, "a", "", -1500), Measure(VALUE, "b", "", 0.5)], id="odd forms"
        ),
        pytest.param(
            "a=1.5s b=20ms c=3us",
            [Measure(TIME, "a", "", 1.5), Measure(TIME, "b", "", 0.02), Measure(TIME, "c", "", 3e-6)],
            id="times",
        ),
        pytest.param(
            "a=1B b=2KB c=3MB",
            [Measure(SIZE, "a", "", 1), Measure(SIZE, "b", "", 2048), Measure(SIZE, "c", "", 3 * 2**20)],
            id="sizes",
        ),
        pytest.param("a=50%", [Measure(SHARE, "a", "", 0.5)], id="a percentage is a part of 1"),
        pytest.param("a=7c b=-7c", [Measure(COUNT, "a", "", 7)], id="a counter is never below nought"),
        pytest.param("a=21.5C", [Measure(VALUE, "a", "C", 21.5)], id="a unit that nobody defined"),
        pytest.param(
            "'/var lib'=1 'it''s'=2",
            [Measure(VALUE, "/var lib", "", 1), Measure(VALUE, "it's", "", 2)],
            id="quoted names",
        ),
        pytest.param("a=U b=1", [Measure(VALUE, "b", "", 1)], id="what the plug-in does not know"),
        pytest.param("a=1 a=2", [Measure(VALUE, "a", "", 1)], id="a name twice"),
        pytest.param(
            "a=x =1 b 'c=1 d=1;2 e=1", [Measure(VALUE, "d", "", 1), Measure(VALUE, "e", "", 1)], id="garbage in between"
        ),
        pytest.param("a=1e999 b=nan c=inf d=0x10", [], id="what is no number"),
    ],
)
def test_what_is_written_behind_the_bar_is_read(numbers: str, measures: list[Measure]) -> None:
    said = understand(f"OK - fine|{numbers}")

    assert said.headline == "OK - fine"
    assert [*said.measures] == [Measure(one.family, one.name, one.unit, pytest.approx(one.value)) for one in measures]


def test_numbers_go_on_behind_the_second_bar() -> None:
    said = understand("DISK OK | /=1\n/ 10 GB free\n/boot 1 GB free | /boot=2\n/home=3\n")

    assert said.headline == "DISK OK"
    assert [(one.name, one.value) for one in said.measures] == [("/", 1), ("/boot", 2), ("/home", 3)]


def test_names_are_bounded_and_printable_and_so_is_their_number() -> None:
    said = understand("|" + "é" * 300 + "=1 a\x1bb=2 " + " ".join(f"m{one}=1" for one in range(1_000)))

    assert len(said.measures) == MOST_MEASURES
    assert [one.name for one in said.measures[:2]] == ["é" * 64, "ab"]


@pytest.mark.parametrize("garbage", ["'" * 60_000, "a=" * 30_000, "'a " * 20_000, "=" * 60_000, "1;" * 30_000])
def test_garbage_is_passed_over_quickly(garbage: str) -> None:
    assert understand(f"|{garbage} good=1").headline == ""
