"""Who gets which syntax, and who gets gzip."""

from __future__ import annotations

import pytest

from netmon.export.negotiation import accepts_gzip, choose_syntax
from netmon.export.syntax import Syntax

PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;"
    "q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
PROMETHEUS_CLASSIC = "text/plain;version=0.0.4;q=0.9,application/openmetrics-text;version=1.0.0;q=0.2,*/*;q=0.1"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        pytest.param("", Syntax.TEXT, id="who says nothing gets text"),
        pytest.param("*/*", Syntax.TEXT, id="who takes anything gets text"),
        pytest.param(BROWSER, Syntax.TEXT, id="a browser gets text"),
        pytest.param(PROMETHEUS_2, Syntax.OPENMETRICS, id="Prometheus 2 gets OpenMetrics"),
        pytest.param(PROMETHEUS_3, Syntax.OPENMETRICS, id="Prometheus 3 gets OpenMetrics"),
        pytest.param(PROMETHEUS_CLASSIC, Syntax.TEXT, id="a scraper that prefers text gets text"),
        pytest.param("application/openmetrics-text", Syntax.OPENMETRICS, id="any version means ours"),
        pytest.param('APPLICATION/OpenMetrics-Text; Version="1.0.0"', Syntax.OPENMETRICS, id="case does not matter"),
        pytest.param("application/openmetrics-text; version=0.0.1", Syntax.TEXT, id="a draft is not spoken"),
        pytest.param("application/openmetrics-text;q=0, */*", Syntax.TEXT, id="q=0 refuses"),
        pytest.param("text/plain;q=0, */*;q=0.1", Syntax.OPENMETRICS, id="an exact refusal beats a wildcard"),
        pytest.param("application/openmetrics-text;q=nan, text/plain;q=0.1", Syntax.TEXT, id="nonsense weighs nothing"),
        pytest.param("application/*, text/*;q=0.5", Syntax.OPENMETRICS, id="a family of types counts for its member"),
        pytest.param("text/*;q=0.9, */*;q=0.1", Syntax.TEXT, id="a narrower wildcard beats a wider one"),
        pytest.param("application/openmetrics-text;q=much, */*;q=0.1", Syntax.TEXT, id="a word is no weight"),
        pytest.param(";;,=,;q", Syntax.TEXT, id="garbage gets text"),
    ],
)
def test_the_scraper_chooses_the_syntax(accept: str, chosen: Syntax) -> None:
    assert choose_syntax(accept) is chosen


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("gzip", True),
        ("deflate, gzip;q=0.5", True),
        ("*", True),
        ("gzip;q=0, *", False),
        ("identity", False),
        ("", False),
    ],
)
def test_gzip_goes_to_who_takes_it(header: str, taken: bool) -> None:
    assert accepts_gzip(header) is taken
