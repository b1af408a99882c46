"""A plan survives being kept, and a damaged one is noticed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmon.model.ids import EntityId, check_id
from netmon.model.moments import SECOND, Duration
from netmon.model.plan import ICMP_RULE, CheckSpec, Rule, Subject
from netmon.model.plan_document import from_document, plan_of, to_document

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
DURATIONS = st.integers(0, 10**12).map(Duration)
RULES = st.builds(
    Rule,
    interval=DURATIONS,
    timeout=DURATIONS,
    relooks=st.integers(0, 9),
    overlapping=st.booleans(),
    slow=st.none() | DURATIONS,
)
SETTINGS = st.dictionaries(
    TEXT, st.none() | st.booleans() | st.integers() | TEXT | st.lists(TEXT, max_size=2), max_size=3
)


@st.composite
def subjects(draw: st.DrawFn) -> Subject:
    identity = EntityId(f"device:{draw(st.from_regex('[a-z]{1,8}', fullmatch=True))}")
    names = draw(st.lists(st.from_regex("[a-z]{1,5}", fullmatch=True), unique=True, max_size=3))
    checks = tuple(
        CheckSpec(
            id=check_id(identity, "http", name),
            subject=identity,
            kind="http",
            name=name,
            address=draw(TEXT),
            rule=draw(RULES),
            required=draw(st.booleans()),
            settings=draw(SETTINGS),
        )
        for name in names
    )
    return Subject(
        id=identity,
        title=draw(st.dictionaries(st.sampled_from(["vi", "en"]), TEXT)),
        role=draw(TEXT),
        checks=checks,
        department=draw(st.none() | TEXT),
        site=draw(st.none() | TEXT),
        tier=draw(st.integers(1, 3)),
        lab=draw(st.booleans()),
        watched=tuple(draw(st.lists(TEXT, max_size=3))),
        parents=tuple(draw(st.lists(TEXT, max_size=3))),
    )


def gateway() -> Subject:
    identity = EntityId("device:syt-gw1")
    check = CheckSpec(
        id=check_id(identity, "icmp"), subject=identity, kind="icmp", name=None, address="10.20.7.1", rule=ICMP_RULE
    )
    return Subject(id=identity, title={"vi": "Bộ định tuyến"}, role="router", checks=(check,))


@given(st.lists(subjects(), unique_by=lambda subject: subject.id, max_size=4))
def test_a_plan_comes_back_from_its_document_as_it_was(given_subjects: list[Subject]) -> None:
    plan = plan_of("centre", given_subjects)

    kept = json.dumps(to_document(plan), sort_keys=True)

    assert from_document(json.loads(kept)) == plan


def test_the_order_in_which_subjects_were_found_does_not_matter() -> None:
    other = Subject(id=EntityId("device:a"), title={}, role="switch", checks=())

    assert plan_of("centre", [gateway(), other]) == plan_of("centre", [other, gateway()])
    assert list(plan_of("centre", [gateway(), other]).subjects) == ["device:a", "device:syt-gw1"]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ({"form": 2}, "a plan of form 2 cannot be read; this netmon reads form 1"),
        ({"poller": "other"}, "a damaged plan: its content is not what its hash was taken of"),
        ({"subjects": {"device:x": {}}}, "a damaged plan: KeyError 'title'"),
        ({"subjects": []}, "a damaged plan: AttributeError 'list' object has no attribute 'items'"),
    ],
    ids=["another form", "another poller", "a subject without fields", "no subjects"],
)
def test_a_document_that_is_not_what_was_kept_is_refused(damage: dict[str, Any], said: str) -> None:
    document = to_document(plan_of("centre", [gateway()])) | damage

    with pytest.raises(ValueError, match="plan") as caught:
        from_document(document)

    assert str(caught.value) == said


def test_a_rule_of_the_plan_is_kept_to_the_microsecond() -> None:
    check = to_document(plan_of("centre", [gateway()]))["subjects"]["device:syt-gw1"]["checks"][0]

    assert check["rule"]["interval"] == 10 * SECOND
