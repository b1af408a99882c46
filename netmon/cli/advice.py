"""What an administrator can do about a failure, by its reason."""

from __future__ import annotations

from collections.abc import Mapping

from netmon.cli.words import marked
from netmon.model.states import Reason

_BY_REASON: Mapping[Reason, str] = {
    Reason.TIMEOUT: marked("is it on, is the address right, does a firewall drop what is asked?"),
    Reason.REFUSED: marked("the machine is there, but nothing listens at that port: is the program running?"),
    Reason.UNREACHABLE: marked("a router on the way, or this machine, knows no way there: look at routes and links"),
    Reason.CUT_OFF: marked("it hung up in mid-answer: look at its log, and at devices in between"),
    Reason.MALFORMED: marked("it does not speak this protocol properly: is it the right port, and the right firmware?"),
    Reason.UNAUTHORIZED: marked("it does not accept the credential: compare user, keys or community on both sides"),
    Reason.UNEXPECTED: marked("it answers, but not what the check expects: look at the page and at `expect:`"),
    Reason.TOO_LARGE: marked("it sends more than the check takes: raise `limit:`, or ask for something smaller"),
    Reason.NAME_NOT_RESOLVED: marked("the name does not resolve here: look at the name server and at the spelling"),
    Reason.CERTIFICATE_INVALID: marked("the certificate is not trusted: name, chain, or a CA for `trust:`"),
    Reason.CERTIFICATE_EXPIRED: marked("the certificate has ended: renew it on the server"),
    Reason.CERTIFICATE_EXPIRES_SOON: marked("renew the certificate on the server before it ends"),
    Reason.FORBIDDEN: marked("it may not be asked: look at `networks:` and at this machine's firewall"),
    Reason.PARTIAL: marked("part of the answer is missing or odd: is it overloaded, is the firmware known for it?"),
    Reason.OVERDUE: marked("the job did not run, hangs, or cannot reach netmon: look at its log, then report by hand"),
    Reason.AWAITED: marked("no job has reported yet: `netmon heartbeat` shows where to"),
    Reason.FAILED: marked("the job says itself that it failed: look at its log"),
    Reason.LOOPING: marked("its agent repeats itself: update its firmware"),
    Reason.OVER_LIMIT: marked("it works, near its limits: make room there, or raise the limit of the check"),
}
_OTHERWISE = marked("the evidence above says what was seen")
_WITHOUT_EXPECT = frozenset({"plugin", "prometheus"})
_SILENT_AGENT = marked("a wrong community meets silence too: is SNMP on, the community right, this address let in?")


def advice(reason: Reason, kind: str) -> str:
    """What to look at where a check of *kind* failed for *reason*."""
    if reason is Reason.TIMEOUT and kind == "snmp":
        return _SILENT_AGENT
    if reason is Reason.UNEXPECTED and kind in _WITHOUT_EXPECT:
        return _OTHERWISE
    return _BY_REASON.get(reason, _OTHERWISE)
