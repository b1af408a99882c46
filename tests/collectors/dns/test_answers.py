"""Answers: those that were expected, others, errors, aliases and DNSSEC."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

import dns.flags
import dns.rcode
import pytest
from pydantic import ValidationError

from netmon.collectors.dns import KIND
from netmon.collectors.dns.probe import DnsQuestions
from netmon.collectors.dns.servers import system_servers
from netmon.collectors.dns.settings import DnsSettings
from netmon.model.ids import CheckId, EntityId
from netmon.model.looks import Failure
from netmon.model.moments import SECOND
from netmon.model.plan import CheckSpec
from netmon.model.states import Reason
from tests.collectors.dns.conftest import PLENTY, Look, OpenServer, says
from tests.collectors.makers import RULE, ground

PORTAL = "soyte.example.vn. A 10.20.7.10"


async def test_an_answer_brings_its_time_its_records_and_whether_it_was_validated(
    name_server: OpenServer, look: Look
) -> None:
    server = await name_server(says(PORTAL, "soyte.example.vn. A 10.20.7.11"))

    outcome = await look(server.port)

    assert (outcome.failure, outcome.flaw) == (None, None)
    (readings,) = outcome.readings
    assert set(readings.columns) == set(KIND.metrics)
    assert list(readings.labels) == [(("server", "127.0.0.1"),)]
    assert list(readings.columns["netmon_dns_server_up"]) == [1]
    assert list(readings.columns["netmon_dns_answers"]) == [2]
    assert list(readings.columns["netmon_dns_authenticated"]) == [0]
    (took,) = readings.columns["netmon_dns_answer_seconds"]
    assert took is not None
    assert 0 < took <= outcome.took / SECOND + 1e-6


async def test_the_question_asks_for_recursion_and_for_the_news_of_a_validation(
    name_server: OpenServer, look: Look
) -> None:
    server = await name_server(says(PORTAL))
    await look(server.port)
    (question,) = server.asked
    assert question.question[0].to_text() == "soyte.example.vn. IN A"
    assert question.flags == dns.flags.RD | dns.flags.AD
    assert question.payload == 1_232


@pytest.mark.parametrize(
    ("record", "said", "expect"),
    [
        pytest.param("A", [PORTAL, "soyte.example.vn. A 10.20.7.9"], ["10.20.7.9", "10.20.7.10"], id="any order"),
        pytest.param("AAAA", ["soyte.example.vn. AAAA 2001:db8::1"], ["2001:DB8:0:0::1"], id="any spelling"),
        pytest.param("MX", ["soyte.example.vn. MX 10 Mail.Example.vn."], ["10 mail.example.vn"], id="without last dot"),
        pytest.param("TXT", ['soyte.example.vn. TXT "v=spf1 " "-all"'], ["v=spf1 -all"], id="text in pieces"),
        pytest.param(
            "A",
            ["soyte.example.vn. CNAME www.example.vn.", "www.example.vn. A 10.20.7.10"],
            ["10.20.7.10"],
            id="at the end of an alias",
        ),
        pytest.param("CNAME", ["soyte.example.vn. CNAME www.example.vn."], ["www.example.vn."], id="the alias itself"),
    ],
)
async def test_what_is_expected_is_compared_as_people_mean_it(
    record: str, said: list[str], expect: list[str], name_server: OpenServer, look: Look
) -> None:
    server = await name_server(says(*said))
    assert (await look(server.port, record=record, expect=expect)).failure is None


async def test_the_name_of_an_address_is_asked_for_by_the_address(name_server: OpenServer, look: Look) -> None:
    server = await name_server(says("21.0.20.10.in-addr.arpa. PTR dns1.example.vn."))
    outcome = await look(server.port, query="10.20.0.21", record="PTR", expect=["dns1.example.vn"])
    assert outcome.failure is None


@pytest.mark.parametrize(
    ("said", "settings", "evidence"),
    [
        pytest.param([PORTAL], {"expect": ["10.20.7.11"]}, "10.20.7.10, expected 10.20.7.11", id="another"),
        pytest.param(
            [PORTAL, "soyte.example.vn. A 203.0.113.9"],
            {"expect": ["10.20.7.10"]},
            "10.20.7.10, 203.0.113.9, expected 10.20.7.10",
            id="one too many",
        ),
        pytest.param([], {}, "the name has no such record", id="none"),
        pytest.param(["soyte.example.vn. CNAME www.example.vn."], {}, "the name has no such record", id="alias alone"),
        pytest.param([PORTAL], {"dnssec": True}, "was not validated by DNSSEC (no AD flag)", id="not validated"),
    ],
)
async def test_an_answer_that_was_not_expected_is_quoted(
    said: list[str], settings: dict[str, Any], evidence: str, name_server: OpenServer, look: Look
) -> None:
    server = await name_server(says(*said))

    outcome = await look(server.port, **settings)

    where = f"127.0.0.1:{server.port}: soyte.example.vn A: "
    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.UNEXPECTED
    assert outcome.failure.evidence.startswith(where)
    assert outcome.failure.evidence.endswith(evidence)


@pytest.mark.parametrize(
    ("rcode", "phrase"),
    [
        pytest.param(dns.rcode.NXDOMAIN, "there is no such name (NXDOMAIN)", id="no such name"),
        pytest.param(dns.rcode.SERVFAIL, "did not pass DNSSEC (SERVFAIL)", id="failed"),
        pytest.param(dns.rcode.REFUSED, "does not answer us (REFUSED)", id="refused"),
        pytest.param(dns.rcode.NOTIMP, "reports an error (NOTIMP)", id="any other"),
    ],
)
async def test_an_error_of_the_server_goes_by_its_name(
    rcode: int, phrase: str, name_server: OpenServer, look: Look
) -> None:
    server = await name_server(says(rcode=rcode))
    outcome = await look(server.port)
    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.UNEXPECTED
    assert outcome.failure.evidence.endswith(phrase)


async def test_a_validated_answer_satisfies_dnssec(name_server: OpenServer, look: Look) -> None:
    server = await name_server(says(PORTAL, flags=dns.flags.AD))
    outcome = await look(server.port, dnssec=True)
    assert outcome.failure is None
    assert list(outcome.readings[0].columns["netmon_dns_authenticated"]) == [1]


async def test_one_wrong_server_of_two_is_a_flaw_that_names_it(name_server: OpenServer, look: Look) -> None:
    good = await name_server(says(PORTAL))
    await name_server(says("soyte.example.vn. A 203.0.113.9"), host="127.0.0.2", port=good.port)

    outcome = await look(good.port, servers=["127.0.0.1", "127.0.0.2"], expect=["10.20.7.10"])

    assert outcome.failure is None
    assert outcome.flaw == Failure(
        Reason.PARTIAL,
        f"1 of 2 servers: 127.0.0.2:{good.port}: soyte.example.vn A: 203.0.113.9, expected 10.20.7.10",
    )
    (readings,) = outcome.readings
    assert list(readings.labels) == [(("server", "127.0.0.1"),), (("server", "127.0.0.2"),)]
    assert list(readings.columns["netmon_dns_server_up"]) == [1, 0]
    assert list(readings.columns["netmon_dns_answers"]) == [1, 1]


async def test_a_dead_server_of_two_has_no_numbers_but_that_it_is_down(name_server: OpenServer, look: Look) -> None:
    good = await name_server(says(PORTAL))

    outcome = await look(good.port, servers=["127.0.0.3", "127.0.0.1"])

    assert outcome.flaw is not None
    assert outcome.flaw.evidence == f"1 of 2 servers: 127.0.0.3:{good.port}: the port is closed"
    (readings,) = outcome.readings
    assert list(readings.columns["netmon_dns_server_up"]) == [0, 1]
    assert list(readings.columns["netmon_dns_answers"]) == [None, 1]


async def test_only_where_every_server_fails_the_look_is_a_miss(name_server: OpenServer, look: Look) -> None:
    lost = await name_server(says(rcode=dns.rcode.SERVFAIL))
    outcome = await look(lost.port, servers=["127.0.0.1", "127.0.0.3"])
    assert outcome.readings == ()
    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.UNEXPECTED
    assert outcome.failure.evidence.endswith(f"(SERVFAIL); 127.0.0.3:{lost.port}: the port is closed")


async def test_a_service_asks_the_servers_of_this_machine_whatever_the_networks_say(
    name_server: OpenServer, tmp_path: Path
) -> None:
    server = await name_server(says(PORTAL))
    resolv_conf = tmp_path / "resolv.conf"
    resolv_conf.write_text("search example.vn\nnameserver 127.0.0.1\n")
    questions = DnsQuestions(ground(networks=(ipaddress.ip_network("10.0.0.0/8"),)), resolv_conf)
    spec = CheckSpec(
        id=CheckId("check:service:syt-portal/dns"),
        subject=EntityId("service:syt-portal"),
        kind="dns",
        name=None,
        address="soyte.example.vn",
        rule=RULE,
        settings={"query": "soyte.example.vn", "port": server.port},
    )
    outcome = await questions.collector(spec, ()).look(PLENTY)
    assert outcome.failure is None
    assert [question.question[0].name.to_text() for question in server.asked] == ["soyte.example.vn."]


@pytest.mark.parametrize(
    ("text", "servers"),
    [
        pytest.param("", ["127.0.0.1"], id="the own one where none is named"),
        pytest.param("# no\nnameserver nonsense\nnameserver\n", ["127.0.0.1"], id="nonsense is skipped"),
        pytest.param("nameserver ::1\nnameserver  10.0.0.1 # x\nnameserver ::1\n", ["::1", "10.0.0.1"], id="each once"),
        pytest.param(
            "".join(f"nameserver 10.0.0.{n}\n" for n in range(5)), ["10.0.0.0", "10.0.0.1", "10.0.0.2"], id="3"
        ),
    ],
)
def test_the_servers_of_this_machine_are_read_as_the_system_reads_them(
    text: str, servers: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "resolv.conf"
    path.write_text(text)
    assert [str(address) for address in system_servers(path)] == servers


def test_a_machine_without_a_list_of_servers_asks_itself(tmp_path: Path) -> None:
    assert [str(address) for address in system_servers(tmp_path / "missing")] == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("settings", "cause"),
    [
        pytest.param({}, "query", id="no name"),
        pytest.param({"query": "a..vn"}, "no name that can be asked for", id="an empty label"),
        pytest.param({"query": "x" * 64 + ".vn"}, "no name that can be asked for", id="a long label"),
        pytest.param({"query": "a.vn", "record": "ANY"}, "'A', 'AAAA'", id="a type that is not asked"),
        pytest.param({"query": "a.vn", "expect": ["mail.vn"]}, "no content of A records", id="no address"),
        pytest.param({"query": "a.vn", "record": "MX", "expect": ["mail.vn"]}, "of MX records", id="no preference"),
        pytest.param({"query": "a.vn", "servers": ["dns1.vn"]}, "no IP address", id="a server by name"),
        pytest.param({"query": "a.vn", "servers": ["::1", "0::1"]}, "stands twice", id="a server twice"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any], cause: str) -> None:
    with pytest.raises(ValidationError, match=cause):
        DnsSettings.model_validate(settings)
