"""What the tests of the command line stand on."""

from __future__ import annotations

from pathlib import Path

import pytest

from netmon.kernel.clock import FakeClock
from netmon.model.moments import MINUTE, Moment
from tests import stores
from tests.cli.house import CENTRE, CONFIGURATION, HEALTH, NOON, ORGANIZATION, House


@pytest.fixture
def house(tmp_path: Path) -> House:
    """The house at noon, ten minutes after netmon began; nothing is kept yet."""
    made = House(tmp_path, FakeClock(Moment(NOON + 10 * MINUTE)))
    made.write("config.yaml", CONFIGURATION)
    stores.configure(tmp_path / "config.yaml")
    made.write("inventory/organization.yaml", ORGANIZATION)
    made.write("inventory/sites/ttth.yaml", CENTRE)
    made.write("inventory/sites/so-y-te.yaml", HEALTH)
    return made
