"""The limit of open files: raised as far as the hard limit lets, and never lowered."""

from __future__ import annotations

import resource
from collections.abc import Iterator

import pytest

from netmon.snmp.descriptors import raise_descriptor_limit


@pytest.fixture(autouse=True)
def limits() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_the_soft_limit_is_raised_to_what_is_wanted() -> None:
    assert raise_descriptor_limit(300) == 300
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 300


def test_the_hard_limit_is_the_end() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = 2**40 if hard == resource.RLIM_INFINITY else hard + 1

    assert raise_descriptor_limit(min(wanted, 4_096) if hard == resource.RLIM_INFINITY else wanted) <= wanted


def test_a_limit_that_is_higher_stays() -> None:
    assert raise_descriptor_limit(100) == 256
