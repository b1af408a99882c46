"""Circles are found wherever they are, in chains of any length."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from netmon.inventory.circles import circles


def test_a_long_chain_is_no_circle_and_needs_no_deep_stack() -> None:
    chain = {str(n): [str(n + 1)] for n in range(50_000)}

    assert list(circles(chain)) == []
    assert len(next(circles({**chain, "50000": ["0"]}))) == 50_001


def test_a_circle_begins_where_the_file_first_names_it() -> None:
    assert list(circles({"a": ["c"], "b": ["a"], "c": ["b"]})) == [("a", "c", "b")]
    assert list(circles({"a": ["a"], "b": ["missing"]})) == [("a",)]


NAMES = st.sampled_from("abcdef")


@given(st.dictionaries(NAMES, st.lists(NAMES, max_size=3)))
def test_what_is_found_is_a_circle_and_none_is_found_only_where_there_is_none(graph: dict[str, list[str]]) -> None:
    found = list(circles(graph))

    for circle in found:
        assert all(after in graph[before] for before, after in zip(circle, (*circle[1:], circle[0]), strict=True))
    if not found:
        left = {name: [each for each in graph[name] if each in graph] for name in graph}
        while ends := [name for name, following in left.items() if not following]:
            left = {
                name: [each for each in following if each not in ends]
                for name, following in left.items()
                if name not in ends
            }
        assert left == {}
