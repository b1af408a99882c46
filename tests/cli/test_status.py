"""netmon status: what administrators read first."""

from __future__ import annotations

from netmon.model.looks import Failure
from netmon.model.moments import HOUR, MINUTE, Moment
from netmon.model.states import Reason, State
from tests.cli.house import NOON, SILENCE, House, became, states_of

OFFICE = """\
site: {{id: office-{n}, department: so-y-te}}
devices: [{{name: office-{n}, role: router, address: 10.0.{n}.1}}]
"""


def test_before_the_first_run_it_says_how_to_begin(house: House) -> None:
    answer = house.ask("status")

    assert answer.exit_code == 3
    assert answer.stderr == "netmon has not run here yet: start it with `netmon run`\n"


def test_what_is_down_is_named_with_since_when_why_and_what_it_takes_with_it(house: House) -> None:
    house.keep(
        became("device:core1", State.UP),
        became("device:syt-gw1", State.DOWN, minute=3, failure=SILENCE),
        became("device:syt-sw1", State.DOWN, minute=4, failure=SILENCE),
        became("device:syt-web1", State.UP),
        became("service:syt-portal", State.DOWN, minute=4, failure=Failure(Reason.REFUSED, "port closed")),
    )

    answer = house.ask("status")

    assert answer.stdout.splitlines() == [
        "Ninh Thuan Province  2026-11-21 12:10:00 (+07)",
        "  devices    2 up   2 down",
        "  services   1 down",
        "  link ends  2 not looked at yet",
        "",
        "DOWN  device:syt-gw1  router · Department of Health · so-y-te",
        "  since 12:03:00, for 7 m",
        "  timeout: 127.9.7.1: no echo reply within 1 s",
        "  takes with it, as far as known: 2 devices, 1 service, all of so-y-te (syt-sw1, syt-web1, syt-portal)",
        "  of these still held to answer: syt-web1",
    ]
    assert answer.exit_code == 0


def test_it_speaks_vietnamese(house: House) -> None:
    house.keep(became("device:syt-web1", State.DOWN, minute=3, failure=SILENCE))

    said = house.ask("status", language="vi").stdout

    assert "NGỪNG  device:syt-web1  Máy chủ web · Sở Y tế · so-y-te" in said
    assert "từ 12:03:00, đã 7 phút" in said


def test_while_netmon_does_not_run_it_says_when_this_was_so(house: House) -> None:
    house.keep(became("device:core1", State.UP), beat=Moment(NOON + 2 * MINUTE))

    first, *_ = house.ask("status").stdout.splitlines()

    assert first == "netmon is not running; this is what was known at 2026-11-21 12:02:00 (+07), 8 m ago"


def test_what_was_never_looked_at_is_not_up(house: House) -> None:
    house.keep(became("device:core1", State.UP))

    answer = house.ask("status")

    assert "devices    1 up   3 not looked at yet" in answer.stdout
    assert "4 are not looked at yet: syt-gw1, syt-sw1, syt-web1, syt-portal" in answer.stdout
    assert house.ask("status", "--exit-code").exit_code == 1


def test_an_interface_that_ends_a_link_is_told_with_its_link(house: House) -> None:
    house.keep(
        became("device:core1", State.UP),
        became(
            "interface:core1/Gi1/0/7", State.DOWN, minute=1, failure=Failure(Reason.OPER_DOWN, "operationally down")
        ),
    )

    assert "DOWN  interface:core1/Gi1/0/7  end of link syt-tslcd  The centre · ttth" in house.ask("status").stdout
    assert states_of(house.ask_json("status", "syt-tslcd"))["interface:core1/Gi1/0/7"] == "down"


def test_an_interface_that_somebody_switched_off_is_no_trouble(house: House) -> None:
    off = Failure(Reason.ADMIN_DOWN, "administratively down")
    house.keep(became("device:core1", State.UP), became("interface:core1/Gi1/0/7", State.DOWN, failure=off))

    answer = house.ask("status", "core1", "--exit-code")

    assert answer.exit_code == 0
    assert "1 interface is switched off: core1/Gi1/0/7" in house.ask("status").stdout


def test_when_the_poller_is_cut_off_it_blames_itself_and_nobody_else(house: House) -> None:
    house.write("config.yaml", house.config.read_text(encoding="utf-8") + "canaries: [{name: c, address: 127.9.0.1}]\n")
    cut_off = Failure(Reason.POLLER_ISOLATED, "the poller could not reach its canaries either")
    house.keep(
        became("poller:centre", State.DOWN, failure=Failure(Reason.POLLER_ISOLATED, "none of the canaries answers")),
        *(became(f"device:{name}", State.UNKNOWN, failure=cut_off) for name in ("core1", "syt-gw1", "syt-sw1")),
    )

    said = house.ask("status").stdout

    assert [line for line in said.splitlines() if line.startswith(("DOWN", "UNKNOWN"))] == [
        "DOWN  poller:centre  poller"
    ]
    assert "takes with it, as far as known: 3 devices (core1, syt-gw1, syt-sw1)" in said


def test_a_large_outage_is_told_by_site(house: House) -> None:
    for n in range(25):
        house.write(f"inventory/sites/office-{n}.yaml", OFFICE.format(n=n))
    house.keep(*(became(f"device:office-{n}", State.DOWN, minute=2, failure=SILENCE) for n in range(25)))

    lines = house.ask("status").stdout.splitlines()

    assert "office-3  Department of Health  1 down" in lines
    assert "  12:02:00  office-3" in lines
    assert "one by one: `netmon status SITE`, or all with `netmon status --all`" in lines
    assert "  timeout: 127.9.7.1: no echo reply within 1 s" in house.ask("status", "office-3").stdout.splitlines()


def test_a_place_shows_what_belongs_there(house: House) -> None:
    house.keep(became("device:core1", State.DOWN, failure=SILENCE), became("device:syt-web1", State.DOWN, minute=1))

    of_site = house.ask("status", "site:so-y-te").stdout
    of_department = house.ask("status", "centre").stdout

    assert "device:syt-web1" in of_site
    assert "device:core1" not in of_site
    assert of_department.startswith("The centre")
    assert "device:core1" in of_department


def test_one_device_is_told_with_its_checks_and_interfaces(house: House) -> None:
    house.keep(became("device:syt-gw1", State.UP))

    said = house.ask("status", "syt-gw1").stdout

    assert "UP  device:syt-gw1" in said
    assert "icmp  127.9.7.1  every 10 s  not looked at yet" in said
    assert "not looked at yet  Gi0/0  end of link syt-tslcd" in said
    assert "reached through any of: core1" in said


def test_an_unknown_name_meets_its_nearest_neighbours(house: House) -> None:
    house.keep()

    answer = house.ask("status", "syt-gw7")

    assert answer.exit_code == 2
    assert 'nothing is called "syt-gw7": did you mean syt-gw1' in answer.stderr


def test_a_degraded_device_tells_what_is_wrong_with_it_now_not_what_it_began_with(house: House) -> None:
    partial = Failure(Reason.PARTIAL, "snmp is degraded: half of the table came")
    house.keep(
        became("check:device:syt-gw1/snmp", State.DEGRADED, minute=3, failure=partial),
        became("device:syt-gw1", State.DEGRADED, minute=3, failure=partial),
        became("check:device:syt-gw1/snmp", State.DOWN, minute=4, failure=Failure(Reason.REFUSED, "port closed")),
    )

    said = house.ask("status", "syt-gw1").stdout

    assert "DEGRADED  device:syt-gw1" in said
    assert "  since 12:03:00, for 7 m\n  snmp down since 12:04:00, refused: port closed\n" in said


def test_a_device_that_only_blocks_echoes_says_so(house: House) -> None:
    blocked = Failure(Reason.ICMP_BLOCKED, "no echo, but snmp answers")
    house.keep(
        became("check:device:syt-gw1/icmp", State.DOWN, minute=3, failure=SILENCE),
        became("device:syt-gw1", State.DEGRADED, minute=3, failure=blocked),
    )

    assert "icmp_blocked: no echo, but snmp answers" in house.ask("status").stdout


def test_evidence_of_a_device_cannot_steer_the_terminal(house: House) -> None:
    forged = Failure(Reason.UNEXPECTED, "\x1b[32mall is well\x1b[0m\nUP  device:core1")
    house.keep(became("device:core1", State.DOWN, failure=forged))

    said = house.ask("status").stdout

    assert "\x1b" not in said
    assert "unexpected: \\x1b[32mall is well\\x1b[0m\\nUP  device:core1" in said


def test_json_has_the_shape_that_is_documented(house: House) -> None:
    house.keep(
        became("check:device:core1/icmp", State.DOWN, minute=3, failure=SILENCE),
        became("device:core1", State.DOWN, minute=3, failure=SILENCE),
    )

    document = house.ask_json("status")

    assert document["at"] == "2026-11-21T05:10:00Z"
    assert document["running"] is True
    assert document["counts"]["devices"] == {
        "up": 0, "degraded": 0, "down": 1, "unreachable": 0, "unknown": 0, "not_looked_at": 3,
    }  # fmt: skip
    assert document["entities"][0] == {
        "id": "device:core1",
        "state": "down",
        "since": "2026-11-21T05:03:00Z",
        "reason": "timeout",
        "evidence": "127.9.7.1: no echo reply within 1 s",
        "troubles": [
            {
                "check": "check:device:core1/icmp",
                "state": "down",
                "since": "2026-11-21T05:03:00Z",
                "reason": "timeout",
                "evidence": "127.9.7.1: no echo reply within 1 s",
            }
        ],
        "title": {},
        "role": "switch",
        "department": "centre",
        "site": "ttth",
        "tier": 1,
        "lab": False,
        "link": None,
        "takes": {
            "devices": ["device:syt-gw1", "device:syt-sw1", "device:syt-web1"],
            "services": ["service:syt-portal"],
            "sites": ["so-y-te", "ttth"],
        },
        "behind": [],
    }


def test_the_exit_code_tells_how_bad_it_is_when_asked(house: House) -> None:
    house.keep(became("device:core1", State.DOWN, failure=SILENCE))

    assert house.ask("status").exit_code == 0
    assert house.ask("status", "--exit-code").exit_code == 2


def test_a_broken_inventory_does_not_hide_what_is_down(house: House) -> None:
    house.keep(became("device:core1", State.DOWN, failure=SILENCE))
    house.write("inventory/sites/ttth.yaml", "site: {id: ttth, departement: centre}\n")

    assert "DOWN  device:core1" in house.ask("status").stdout


def test_everything_is_listed_when_asked(house: House) -> None:
    house.keep(became("device:core1", State.UP), beat=Moment(NOON + HOUR))

    assert (
        "UP  device:core1  switch · The centre · ttth  since 12:00:00, for 10 m" in house.ask("status", "--all").stdout
    )
