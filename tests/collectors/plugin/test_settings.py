"""What a plugin check may be told, and what would be a way around its limits."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from netmon.collectors.plugin.settings import PluginSettings


@pytest.mark.parametrize(
    ("settings", "cause"),
    [
        ({"program": "/bin/sh"}, "file name alone"),
        ({"program": "../check_it"}, "file name alone"),
        ({"program": ".."}, "file name alone"),
        ({"program": "a\nb"}, "file name alone"),
        ({"arguments": ["-p", "env:PASSWORD"]}, "never stands on a command line"),
        ({"arguments": ["a\0b"]}, "null character"),
        ({"secrets": {"A-B": "env:X"}}, "no name of an environment variable"),
        ({"secrets": {"LD_PRELOAD": "env:X"}}, "decides what programs do"),
        ({"secrets": {"PATH": "file:x"}}, "decides what programs do"),
        ({"secrets": {"PASSWORD": "abc"}}, "a secret stands elsewhere"),
        ({"input": "abc"}, "a secret stands elsewhere"),
        ({"limit": "2 MiB"}, "at most 1 MiB"),
    ],
)
def test_what_cannot_be_right_is_refused(settings: dict[str, Any], cause: str) -> None:
    with pytest.raises(ValidationError, match=cause):
        PluginSettings.model_validate({"program": "check_it", **settings})
