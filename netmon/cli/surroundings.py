"""The doctor's questions about this machine and the plan: privileges, descriptors, canaries, lab, secrets, names."""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

from netmon.cli.findings import Finding, Health
from netmon.cli.keeping import resolves
from netmon.cli.words import Words
from netmon.collectors.icmp.sockets import Access, probe_privileges
from netmon.config import reach
from netmon.config.loading import Loaded
from netmon.config.settings import Configuration
from netmon.kernel.secrets import SecretError, SecretPlaces
from netmon.model.plan import CheckSpec

_SPARE_DESCRIPTORS = 256
_MOST_NAMES = 200
_SHOWN = 5
_NAMES_AT_ONCE = 16
_PATIENCE_SECONDS = 5.0


def about_icmp(loaded: Loaded, words: Words) -> Finding:
    """Whether this user may ping what the plan pings; the lab needs no privilege."""
    say = words.say
    privileges = probe_privileges()
    said = say("IPv4 {ipv4}, IPv6 {ipv6}", ipv4=privileges.ipv4.value, ipv6=privileges.ipv6.value)
    if Access.REFUSED not in (privileges.ipv4, privileges.ipv6):
        return Finding("icmp", Health.WELL, say("echoes may be sent: {how}", how=said))
    real = [check for check in _checks(loaded) if check.kind == "icmp" and not _is_played(check, loaded)]
    return Finding(
        "icmp",
        Health.BROKEN if real else Health.WARNING,
        say("this user may not send echoes: {how}", how=said),
        why=say("reachability cannot be seen, and devices would be unknown")
        if real
        else say("the lab needs none, but real devices do"),
        mend=privileges.fix or "",
    )


def about_descriptors(loaded: Loaded, words: Words) -> Finding:
    """Whether there can be as many open files as SNMP sessions are needed."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = sum(check.kind == "snmp" for check in _checks(loaded)) + _SPARE_DESCRIPTORS
    if loaded.settings is not None:
        needed += loaded.settings.looking.looks_in_all
    shown = words.say("unlimited") if hard == resource.RLIM_INFINITY else words.number(f"{hard:,}")
    said = words.say(
        "{hard} open files are allowed, {needed} may be needed", hard=shown, needed=words.number(f"{needed:,}")
    )
    if hard == resource.RLIM_INFINITY or hard >= needed:
        return Finding("descriptors", Health.WELL, said)
    return Finding(
        "descriptors",
        Health.WARNING,
        said,
        why=words.say("past the limit no session can be opened, and looks would fail for a reason of ours"),
        mend=words.say("raise it: `LimitNOFILE=65536` in the systemd unit, or `ulimit -Hn`"),
    )


def about_canaries(settings: Configuration, words: Words) -> Finding:
    """Whether netmon can doubt itself."""
    if settings.canaries:
        names = ", ".join(canary.name for canary in settings.canaries)
        return Finding(
            "canaries", Health.WELL, words.say("netmon doubts itself when none answers: {names}", names=names)
        )
    return Finding(
        "canaries",
        Health.WARNING,
        words.say("none is configured"),
        why=words.say("when netmon's own uplink fails it will call every device down"),
        mend=words.say("name two or three addresses that are always there under `canaries:`"),
    )


def about_lab(loaded: Loaded, words: Words) -> Finding:
    """Whether a lab plays beside devices of flesh and blood."""
    if loaded.settings is None or loaded.settings.lab is None:
        return Finding("lab", Health.WELL, words.say("off: everything is asked in earnest"))
    real = [check for check in _checks(loaded) if not _is_played(check, loaded)]
    if not real:
        return Finding("lab", Health.WELL, words.say("on, and everything in the inventory is played by it"))
    return Finding(
        "lab",
        Health.WARNING,
        words.say("on beside real targets, such as {address}", address=real[0].address),
        why=words.say("what the lab plays is no evidence of anything, whatever a report says"),
        mend=words.say("remove `lab:` from the configuration, and the lab's devices from the inventory"),
    )


def about_secrets(config: Path, loaded: Loaded, words: Words) -> Finding:
    """Whether every reference in use leads to a secret; none is shown."""
    places = SecretPlaces(os.environ, config.absolute().parent)
    missing, found = [], 0
    for reference in sorted(set(_references(loaded))):
        try:
            places.resolve(reference)
            found += 1
        except SecretError as error:
            missing.append(str(error))
    if not missing:
        said = words.some(found, "{n} reference leads to its secret", "{n} references lead to their secrets")
        return Finding("secrets", Health.WELL, said)
    return Finding(
        "secrets",
        Health.BROKEN,
        "; ".join(missing[:_SHOWN]),
        why=words.say("netmon does not start without the secrets of its plan"),
        mend=words.say("set the variable, write the file, or pass it by LoadCredential= to the user that runs netmon"),
    )


async def about_names(loaded: Loaded, words: Words) -> Finding:
    """Whether host names that checks ask resolve here."""
    names = sorted({check.address for check in _checks(loaded) if _is_name(check.address)})
    if not names:
        return Finding("names", Health.WELL, words.say("no check needs a name server: all ask addresses"))
    permits = asyncio.Semaphore(_NAMES_AT_ONCE)

    async def asked(name: str) -> str | None:
        async with permits:
            try:
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    return None if await asyncio.to_thread(resolves, name) else name
            except TimeoutError:
                return name

    answers = await asyncio.gather(*map(asked, names[:_MOST_NAMES]))
    failed = [name for name in answers if name is not None]
    if not failed:
        said = words.some(len(names), "{n} name resolves", "{n} names resolve")
        return Finding("names", Health.WELL, said)
    return Finding(
        "names",
        Health.BROKEN,
        words.say("do not resolve here: {names}", names=", ".join(failed[:_SHOWN])),
        why=words.say("their checks will be missed with name_not_resolved"),
        mend=words.say("look at /etc/resolv.conf and at the spelling in the inventory"),
    )


def _checks(loaded: Loaded) -> Iterator[CheckSpec]:
    if loaded.plan is not None:
        yield from loaded.plan.checks.values()


def _is_played(check: CheckSpec, loaded: Loaded) -> bool:
    return loaded.settings is not None and loaded.settings.lab is not None and reach.in_lab(check.address)


def _is_name(address: str) -> bool:
    try:
        ip_address(address)
    except ValueError:
        return True
    return False


def _references(loaded: Loaded) -> Iterator[str]:
    """The references that the plan's checks and the store stand on."""
    if loaded.settings is not None and loaded.settings.store.password is not None:
        yield loaded.settings.store.password
    used = {str(check.settings["credential"]) for check in _checks(loaded) if "credential" in check.settings}
    for name in used & loaded.inventory.credentials.keys():
        values = loaded.inventory.credential_values(name)
        for value in (values.get("community"), *(_key(values.get(part)) for part in ("auth", "privacy"))):
            if isinstance(value, str):
                yield value
    for check in _checks(loaded):
        headers = check.settings.get("headers")
        for value in headers.values() if isinstance(headers, dict) else ():
            if isinstance(value, str) and value.partition(":")[0] in ("env", "file", "credential"):
                yield value


def _key(part: object) -> object:
    return part.get("key") if isinstance(part, dict) else None
