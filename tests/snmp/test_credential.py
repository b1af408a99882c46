"""Credentials: each version wants its own, and no secret is ever shown."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from netmon.snmp.credential import CredentialSettings, SnmpVersion, resolve
from netmon.snmp.security import MessageVersion

AUTH = {"protocol": "sha256", "key": "env:AUTH"}
PRIVACY = {"protocol": "aes128", "key": "env:PRIVACY"}
SECRETS = {"env:COMMUNITY": "hush-hush", "env:AUTH": "signing phrase", "env:PRIVACY": "hiding phrase"}


@pytest.mark.parametrize(
    ("written", "version"),
    [("1", SnmpVersion.V1), (1, SnmpVersion.V1), ("2c", SnmpVersion.V2C), (3, SnmpVersion.V3), ("3", SnmpVersion.V3)],
)
def test_a_version_is_a_number_or_a_text(written: object, version: SnmpVersion) -> None:
    asked_with = {"user": "netmon"} if version is SnmpVersion.V3 else {"community": "env:COMMUNITY"}

    assert CredentialSettings.model_validate({"version": written} | asked_with).version is version


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        pytest.param({"version": "2c"}, "wants a community", id="no community"),
        pytest.param({"version": 3, "auth": AUTH}, "wants a user", id="no user"),
        pytest.param({"version": 3, "user": "u", "privacy": PRIVACY}, "privacy wants auth", id="privacy alone"),
        pytest.param({"version": 3, "user": "u", "community": "env:C"}, "no community", id="a community in version 3"),
        pytest.param({"version": 1, "community": "env:C", "user": "u"}, "no user", id="a user in version 1"),
        pytest.param({"version": "2c", "community": "public"}, "a secret stands elsewhere", id="a secret in the file"),
        pytest.param({"version": 2, "community": "env:C"}, "'1', '2c' or '3'", id="a version that is none"),
        pytest.param({"version": True, "community": "env:C"}, "'1', '2c' or '3'", id="a truth for a version"),
    ],
)
def test_what_does_not_fit_its_version_is_refused(settings: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        CredentialSettings.model_validate(settings)


def test_no_secret_is_shown() -> None:
    community = CredentialSettings(version="2c", community="env:COMMUNITY")
    user = CredentialSettings(version=3, user="netmon", auth=AUTH, privacy=PRIVACY)

    shown = repr([resolve(settings, SECRETS.__getitem__) for settings in (community, user)])

    assert "hush" not in shown
    assert "phrase" not in shown
    assert "master" not in shown


def test_a_short_key_is_refused_without_showing_it() -> None:
    settings = CredentialSettings(version=3, user="netmon", auth=AUTH)

    with pytest.raises(ValueError, match=r"auth\.key: a pass phrase has at least 8 characters") as refused:
        resolve(settings, lambda reference: "tiny")

    assert "tiny" not in str(refused.value)


def test_a_context_follows_the_community_after_an_at_sign() -> None:
    credential = resolve(CredentialSettings(version="2c", community="env:COMMUNITY"), SECRETS.__getitem__)

    assert credential.version is MessageVersion.V2C
    assert b"hush-hush@7" in credential.security("7").seal(b"", 1, 0.0)
