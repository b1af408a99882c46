"""Loading: every mistake of every file at once, in the words and at the place of each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netmon.config.loading import load
from netmon.config.settings import Configuration
from netmon.kernel.problems import Mistakes, render
from netmon.snmp.credential import CredentialSettings
from tests.config.conftest import FILES, KINDS, LoadProvince

SITE = "inventory/sites/so-y-te.yaml"


def test_all_mistakes_of_all_files_are_told_at_once(load_province: LoadProvince) -> None:
    loaded = load_province(
        ("networks: [10.20.0.0/16]", "networks: [10.20.0.1/16]\nlistn: ':80'"),
        ("peer_group: so-nganh}\n  - {id: so-y-te", "peer_group: so-nganhh}\n  - {id: so-y-te"),
        ("role: switch, address: 10.20.7.2", "role: swich, address: 10.20.7.2"),
        ('{http: {url: "https://10.20.7.10/"}}', '{http: {url: "https://10.20.7.10/", timout: 5s}}'),
    )

    assert render(loaded.problems) == (
        "config.yaml:1:12  networks.0\n"
        '    "10.20.0.1/16" is an address inside a network; write 10.20.0.0/16\n'
        "config.yaml:2:1  listn\n"
        '    unknown key "listn" - did you mean "listen"?\n'
        "inventory/organization.yaml:5:50  departments.van-phong.peer_group\n"
        '    there is no peer group "so-nganhh" - did you mean "so-nganh"?\n'
        "inventory/sites/so-y-te.yaml:5:27  devices.syt-sw1.role\n"
        '    there is no role "swich" - did you mean "switch"?\n'
        "inventory/sites/so-y-te.yaml:9:101  services.syt-portal.checks.0.http.timout\n"
        '    unknown key "timout" - did you mean "timeout"?\n'
        "5 problems"
    )
    assert (loaded.settings, loaded.plan) == (None, None)
    with pytest.raises(Mistakes, match="listn"):
        _ = loaded.complete


@pytest.mark.parametrize(
    ("before", "after", "where", "what"),
    [
        pytest.param(
            "role: switch, address: 10.20.7.2",
            "role: swich, address: 10.20.7.2",
            "5:27  devices.syt-sw1.role",
            'there is no role "swich" - did you mean "switch"?',
            id="an unknown role",
        ),
        pytest.param(
            'url: "https://10.20.7.10/"',
            'url: "https://10.20.7.10/", timout: 5s',
            "9:101  services.syt-portal.checks.0.http.timout",
            'unknown key "timout" - did you mean "timeout"?',
            id="a misspelt key that every check has",
        ),
        pytest.param(
            'url: "https://10.20.7.10/"',
            'url: "https://10.20.7.10/", expect: {body: 12}',
            "9:116  services.syt-portal.checks.0.http.expect.body",
            '"body" must be text; put it into quotes',
            id="a wrong setting deep inside",
        ),
        pytest.param(
            'url: "https://10.20.7.10/"',
            'url: "https://10.20.7.10/", interval: 10',
            "9:111  services.syt-portal.checks.0.http.interval",
            '"10" has no unit; write 90s, 10m or 1h',
            id="a quantity without a unit",
        ),
        pytest.param(
            'url: "https://10.20.7.10/"',
            'url: "https://10.20.7.10/", interval: 10s, timeout: 20s',
            "9:125  services.syt-portal.checks.0.http.timeout",
            "20 s is no time-out for an interval of 10 s; it must not be above the interval",
            id="a time-out beyond the interval",
        ),
        pytest.param(
            'url: "https://10.20.7.10/"',
            'url: "https://10.20.7.10/", slow: 10s',
            "9:107  services.syt-portal.checks.0.http.slow",
            "an answer is slow before it is missed: below the time-out of 10 s",
            id="slower than missed",
        ),
        pytest.param(
            ", tls]}",
            "]}\n  - {id: other, kind: x, checks: [{http: {url: 'https://[::1'}}]}",
            "10:48  services.other.checks.0.http.url",
            "the URL names no host",
            id="a URL without a host",
        ),
        pytest.param(
            'url: "https://10.20.7.10/"',
            'url: "https://10.20.7.10/", interval: 10ms',
            "9:111  services.syt-portal.checks.0.http.interval",
            "the interval must be at least 1 s",
            id="an interval that would be a flood",
        ),
        pytest.param(
            ", tls]}",
            ", tsl]}",
            "9:103  services.syt-portal.checks.1",
            'there is no check "tsl" - did you mean "tls"?',
            id="a misspelt kind",
        ),
        pytest.param(
            ", tls]}",
            ", sip]}",
            "9:103  services.syt-portal.checks.1",
            'there is no check "sip" - there are http, icmp, snmp, tls',
            id="a kind that does not exist",
        ),
        pytest.param(
            ", tls]}",
            ", {tls: 443}]}",
            "9:109  services.syt-portal.checks.1.tls",
            'the settings of "tls" must be a mapping of keys to values, or off',
            id="settings that are no mapping",
        ),
        pytest.param(
            ", tls]}",
            ", icmp, icmp]}",
            "9:109  services.syt-portal.checks.2",
            'the check "icmp" stands in inventory/sites/so-y-te.yaml:9:103 already - tell them apart by a name',
            id="a check twice",
        ),
        pytest.param(
            'checks: [{http: {url: "https://10.20.7.10/"}}, tls]',
            "checks: [icmp]",
            "9:65  services.syt-portal.checks.0",
            'nobody knows whom "icmp" should ask: no check of the service has a url',
            id="nobody to ask",
        ),
        pytest.param(
            'checks: [{http: {url: "https://10.20.7.10/"}}, tls]',
            "checks: http",
            "9:64  services.syt-portal.checks",
            "checks are kinds in a list, such as [icmp, {http: {url: ...}}], or a mapping of kinds",
            id="checks of no form",
        ),
        pytest.param(
            'checks: [{http: {url: "https://10.20.7.10/"}}, tls]',
            "checks: [http]",
            "9:65  services.syt-portal.checks.0.url",
            '"url" is missing',
            id="a setting that is missing",
        ),
        pytest.param(
            "https://10.20.7.10/",
            "https://8.8.8.8/",
            "9:78  services.syt-portal.checks.0.http.url",
            '"8.8.8.8" lies in none of the networks that may be contacted (10.20.0.0/16) - '
            "mend it, or add a network to networks: in config.yaml",
            id="a URL that may not be contacted",
        ),
        pytest.param(
            "address: 10.20.7.2,",
            "address: 10.21.7.2,",
            "5:44  devices.syt-sw1.address",
            '"10.21.7.2" lies in none of the networks that may be contacted (10.20.0.0/16) - '
            "mend it, or add a network to networks: in config.yaml",
            id="an address that may not be contacted",
        ),
        pytest.param(
            "title: {vi: Chuyển mạch, en: Switch}",
            "interfaces: [{name: Gi0/1, watch: true}]",
            "5:89  devices.syt-sw1.interfaces.Gi0/1.watch",
            '"Gi0/1" cannot be watched: nothing asks the device by snmp',
            id="a watched interface that nobody sees",
        ),
        pytest.param(
            "title: {vi: Chuyển mạch, en: Switch}",
            "checks: [snmp]",
            "5:64  devices.syt-sw1.checks.0.credential",
            '"credential" is missing',
            id="snmp without a credential",
        ),
        pytest.param(
            "title: {vi: Chuyển mạch, en: Switch}",
            "checks: [{snmp: {credential: v3}}]",
            "5:84  devices.syt-sw1.checks.0.snmp.credential",
            'there is no credential "v3"',
            id="a credential of the check's own that does not exist",
        ),
        pytest.param(
            'url: "https://10.20.7.10/"',
            'url: "https://10.20.7.10/", headers: {Authorization: "literal:s3cret"}',
            "9:126  services.syt-portal.checks.0.http.headers.Authorization",
            'literal: is for 127.0.0.0/8 alone, and "syt-portal" at "10.20.7.10" is asked with it - '
            "write env:NAME, file:PATH or credential:NAME",
            id="a literal secret that would be told to others",
        ),
    ],
)
def test_a_mistake_in_a_check_is_told_where_it_stands(
    load_province: LoadProvince, before: str, after: str, where: str, what: str
) -> None:
    loaded = load_province((before, after))

    assert [problem.render() for problem in loaded.problems] == [f"{SITE}:{where}\n    {what}"]
    assert loaded.plan is None


def test_a_literal_community_is_for_loopback_alone(load_province: LoadProvince) -> None:
    loaded = load_province(("env:COMMUNITY", "literal:s3cret"))

    assert render(loaded.problems) == (
        "inventory/organization.yaml:7:49  credentials.v2c.community\n"
        '    literal: is for 127.0.0.0/8 alone, and "syt-gw1" at "10.20.7.1" is asked with it - '
        "write env:NAME, file:PATH or credential:NAME\n"
        "1 problem"
    )
    assert (
        load_province(
            ("env:COMMUNITY", "literal:s3cret"), ("10.20.", "127.30."), ("127.30.0.0/16", "127.0.0.0/8")
        ).problems
        == ()
    )


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ("", 'config.yaml:1:1  networks\n    "networks" is missing'),
        (
            "networks: []\n",
            'config.yaml:1:11  networks\n    "networks" must not be empty',
        ),
        (
            "networks: [10.20.0.0/16]\nstore: {url: 'postgresql://netmon:s3cret@db/netmon'}\n",
            (
                "config.yaml:2:14  store.url\n    a password stands elsewhere: "
                "write `password: env:NAME` or `password: file:PATH`"
            ),
        ),
        (
            "networks: [10.20.0.0/16]\nlog: {level: verbose}\n",
            'config.yaml:2:14  log.level\n    "verbose" is not one of debug, error, info, warning',
        ),
        (
            "networks: [10.20.0.0/16]\nroles: {switch: {checks: icmp}}\n",
            (
                "config.yaml:2:26  roles.switch.checks\n"
                "    checks are kinds in a list, such as [icmp, {http: {url: ...}}], or a mapping of kinds"
            ),
        ),
        (
            "networks: [10.20.0.0/16]\nroles: {switch: {checks: [icmpp]}}\n",
            'config.yaml:2:27  roles.switch.checks.0\n    there is no check "icmpp" - did you mean "icmp"?',
        ),
        (
            "networks: [10.20.0.0/16]\ncanaries: [{name: a, address: 10.20.0.1}, {name: a, address: 10.20.0.2}]\n",
            'config.yaml:2:50  canaries.a.name\n    there are two canaries "a"',
        ),
        (
            "networks: [10.20.0.0/16]\ncanaries: [{name: a, address: 9.9.9.9}]\n",
            (
                "config.yaml:2:31  canaries.a.address\n"
                '    "9.9.9.9" lies in none of the networks that may be contacted (10.20.0.0/16) - '
                "mend it, or add a network to networks: in config.yaml"
            ),
        ),
    ],
    ids=[
        "no networks",
        "empty networks",
        "password",
        "level",
        "role without a form",
        "role",
        "canary twice",
        "canary out of reach",
    ],
)
def test_a_mistake_in_config_yaml_is_told(load_province: LoadProvince, config: str, told: str) -> None:
    loaded = load_province(files={"config.yaml": config})

    assert [problem.render() for problem in loaded.problems] == [told]


def test_without_a_configuration_the_inventory_is_still_read(tmp_path: Path) -> None:
    loaded = load(tmp_path / "config.yaml", KINDS)

    assert render(loaded.problems) == (
        "config.yaml\n    cannot be read: No such file or directory\n"
        "inventory/organization.yaml\n    cannot be read: No such file or directory\n"
        "2 problems"
    )


def test_the_sources_of_a_plan_are_kept_with_their_names(load_province: LoadProvince) -> None:
    assert load_province().sources == FILES


def test_paths_are_taken_from_where_the_configuration_stands(load_province: LoadProvince, tmp_path: Path) -> None:
    settings, _ = load_province().complete

    assert (settings.state, settings.inventory) == (str(tmp_path / "state"), str(tmp_path / "inventory"))


def test_the_credential_of_the_inventory_is_what_the_client_takes(load_province: LoadProvince) -> None:
    loaded = load_province(
        (
            'version: 2c, community: "env:COMMUNITY"',
            (
                'version: 3, user: netmon, auth: {protocol: SHA-256, key: "env:A"}, '
                'privacy: {protocol: AES-256-Cisco, key: "env:P"}'
            ),
        )
    )

    values = loaded.inventory.credential_values("v2c")
    assert CredentialSettings.model_validate(values).model_dump(mode="json", exclude_none=True) == values
    assert values == {
        "version": "3",
        "user": "netmon",
        "auth": {"protocol": "sha256", "key": "env:A"},
        "privacy": {"protocol": "aes256-cisco", "key": "env:P"},
        "context": "",
    }


WORDS = st.sampled_from(
    ["icmp", "snmp", "http", "tls", "url", "https://10.20.7.9/", "https://[::1", "off", "name", "interval", "5s", "x",
     "credential", "v2c", "literal:x", "required"]
)  # fmt: skip
CHECKS = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=15,
)


@given(CHECKS, CHECKS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_for_checks_is_a_plan_or_problems(
    load_province: LoadProvince, of_device: object, of_service: object
) -> None:
    loaded = load_province(
        ("title: {vi: Chuyển mạch, en: Switch}", f"checks: {json.dumps(of_device)}"),
        ('checks: [{http: {url: "https://10.20.7.10/"}}, tls]', f"checks: {json.dumps(of_service)}"),
    )

    assert (loaded.plan is None) == bool(loaded.problems)


@given(st.dictionaries(st.sampled_from([*Configuration.model_fields, "x"]), CHECKS, max_size=5))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_in_config_yaml_is_a_plan_or_problems(
    load_province: LoadProvince, values: dict[str, object]
) -> None:
    loaded = load_province(files={"config.yaml": json.dumps({"networks": ["10.20.0.0/16"], **values})})

    assert (loaded.plan is None) == bool(loaded.problems)
