"""Faults: which there are, what they befall, when they are felt, and how people are told of a mistake."""

from __future__ import annotations

import pytest

from netmon.lab.faults import SHAPES, Fault, FaultKind, FaultOptions, Faults, LabError, TargetKind, read_options
from netmon.model.moments import SECOND, Duration, Moment, later


def broken(kind: FaultKind, since: Moment, target: str = "office-gw", **options: object) -> Fault:
    return Fault(
        kind=kind,
        on=TargetKind.DEVICE,
        target=target,
        since=since,
        options=FaultOptions.model_validate(options),
    )


def seconds_after(moment: Moment, *seconds: float) -> list[Moment]:
    return [later(moment, Duration(round(each * SECOND))) for each in seconds]


def test_every_fault_has_a_shape_whose_options_exist() -> None:
    assert SHAPES.keys() == set(FaultKind)
    assert {option for shape in SHAPES.values() for option in shape.options} == FaultOptions.model_fields.keys()


def test_a_flapping_device_is_broken_for_the_first_half_of_each_period(noon: Moment) -> None:
    fault = broken(FaultKind.FLAPPING, noon, period="10s")

    assert [fault.acts(at) for at in seconds_after(noon, 0, 4.9, 5, 9.9, 10, 15)] == [
        True,
        True,
        False,
        False,
        True,
        False,
    ]
    assert [fault.next_change(at) for at in seconds_after(noon, 0, 5, 12)] == seconds_after(noon, 5, 10, 15)
    assert [fault.last_change(at) for at in seconds_after(noon, 3, 7, 12, 19)] == seconds_after(noon, 0, 5, 10, 15)


def test_a_reboot_passes_by_itself(noon: Moment) -> None:
    fault = broken(FaultKind.REBOOT, noon, pause="20s")
    faults = Faults().broken(fault)

    assert [fault.acts(at) for at in seconds_after(noon, 0, 19, 20)] == [True, True, False]
    assert faults.next_change(noon) == fault.until == seconds_after(noon, 20)[0]
    assert faults.remaining(seconds_after(noon, 19)[0]) == faults
    assert faults.remaining(seconds_after(noon, 20)[0]) == Faults()


def test_a_fault_replaces_its_like_and_stands_beside_others(noon: Moment) -> None:
    slow, slower = broken(FaultKind.SLOW, noon, delay="1s"), broken(FaultKind.SLOW, noon, delay="2s")
    lossy = broken(FaultKind.LOSSY, noon)

    assert list(Faults().broken(slow).broken(lossy).broken(slower)) == [lossy, slower]


def test_mending_a_device_mends_all_that_is_wrong_with_it_and_nothing_else(noon: Moment) -> None:
    other = broken(FaultKind.DEAD, noon, target="office-sw")
    faults = Faults().broken(broken(FaultKind.SLOW, noon)).broken(other).broken(broken(FaultKind.LOSSY, noon))

    assert list(faults.mended(TargetKind.DEVICE, "office-gw")) == [other]
    assert faults.mended(TargetKind.SERVICE, "office-gw") == faults


def test_a_late_reply_is_later_than_a_slow_one() -> None:
    assert read_options(FaultKind.LATE, {}).delay > 10 * SECOND > read_options(FaultKind.SLOW, {}).delay


@pytest.mark.parametrize(
    ("kind", "given", "told"),
    [
        pytest.param(FaultKind.DEAD, {"period": "3s"}, '"dead" does not take "period"; it takes no options', id="none"),
        pytest.param(FaultKind.SLOW, {"delai": "3s"}, '"slow" does not take "delai"; it takes delay', id="misspelt"),
        pytest.param(FaultKind.FLAPPING, {"period": "3"}, "has no unit; write 90s, 10m or 1h", id="no unit"),
        pytest.param(FaultKind.FLAPPING, {"period": "1ms"}, '"period": must be at least 1 s', id="too fast"),
        pytest.param(FaultKind.LOSSY, {"loss": "1.5"}, '"loss"', id="more than all"),
        pytest.param(FaultKind.EXPIRING, {"days": "soon"}, '"days"', id="no number"),
    ],
)
def test_a_wrong_option_is_named_with_what_is_right(kind: FaultKind, given: dict[str, str], told: str) -> None:
    with pytest.raises(LabError) as caught:
        read_options(kind, given)

    assert told in str(caught.value)
