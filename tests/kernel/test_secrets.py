"""Secrets are found where a reference says, and stand in no error."""

from __future__ import annotations

from pathlib import Path

import pytest

from netmon.kernel.secrets import SecretError, SecretPlaces


@pytest.fixture
def places(tmp_path: Path) -> SecretPlaces:
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "community").write_text("from-systemd\n")
    (tmp_path / "key").write_text("from-file\n")
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"s3cret\xff")
    (tmp_path / "huge").write_bytes(b"s" * 70_000)
    environment = {"COMMUNITY": "from-environment", "CREDENTIALS_DIRECTORY": str(tmp_path / "credentials")}
    return SecretPlaces(environment, tmp_path)


@pytest.mark.parametrize(
    ("reference", "secret"),
    [
        ("env:COMMUNITY", "from-environment"),
        ("file:key", "from-file"),
        ("credential:community", "from-systemd"),
        ("literal:public", "public"),
    ],
)
def test_a_reference_leads_to_its_secret(places: SecretPlaces, reference: str, secret: str) -> None:
    assert places.resolve(reference) == secret


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("env:NONE", "env:NONE: the environment variable is not set, or empty"),
        ("file:none", "file:none: No such file or directory"),
        ("file:empty", "file:empty: is empty"),
        ("file:binary", "file:binary: is not UTF-8"),
        ("file:huge", "file:huge: has more than 65,536 bytes"),
        ("file:\0", "file:\0: is no path"),
        ("credential:none", "credential:none: No such file or directory"),
        ("credential:../key", "credential:../key: is no name of a credential"),
        ("s3cret", "a secret stands elsewhere: write env:NAME, file:PATH or credential:NAME"),
    ],
)
def test_a_reference_that_leads_nowhere_says_why(places: SecretPlaces, reference: str, said: str) -> None:
    with pytest.raises(SecretError) as caught:
        places.resolve(reference)

    assert str(caught.value) == said
    assert caught.value.__cause__ is None


def test_without_systemd_there_are_no_credentials(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="no credentials were passed"):
        SecretPlaces({}, tmp_path).resolve("credential:community")
