"""Services as subjects of the plan: their checks, which ask the hosts of their URLs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from netmon.config.checks import Wanted, wanted_checks
from netmon.config.workbench import Implied, UrlParts, Workbench, url_parts
from netmon.inventory.inventory import Entry
from netmon.inventory.sites import Service
from netmon.kernel.documents import Node
from netmon.kernel.problems import quote
from netmon.model.ids import EntityKind, entity_id
from netmon.model.plan import CheckSpec, Subject

_SHARED_TIER, _OTHER_TIER = 2, 3
_ASK_WHERE_THE_URL_LEADS = ("tls", "dns", "tcp")


@dataclass(frozen=True, slots=True)
class _Url:
    """The URL of a service, and where it was written."""

    parts: UrlParts
    node: Node


def service_subjects(bench: Workbench) -> Iterator[Subject]:
    """Every service that anything asks."""
    for entry in bench.inventory.services.values():
        if checks := _checks(bench, entry):
            yield _subject(bench, entry, checks)


def _subject(bench: Workbench, entry: Entry[Service], checks: list[CheckSpec]) -> Subject:
    service = entry.value
    return Subject(
        id=entity_id(EntityKind.SERVICE, service.id),
        title=service.name.by_language if service.name else {},
        role=service.kind,
        checks=tuple(checks),
        department=service.owner or bench.inventory.department_at(entry.site),
        site=entry.site,
        tier=service.tier or (_SHARED_TIER if entry.site is None else _OTHER_TIER),
        lab=bench.is_lab(check.address for check in checks),
    )


def _checks(bench: Workbench, entry: Entry[Service]) -> list[CheckSpec]:
    identity = entity_id(EntityKind.SERVICE, entry.value.id)
    wanted = wanted_checks((), bench.written(entry.node.at("checks")))
    url = _first_url(wanted)
    checks = []
    for settled in bench.settled(wanted, entry.node, _follows_from(bench, url)):
        address = bench.host_asked(settled)
        if address is None and url is not None:
            address = url.parts.host
        if address is not None:
            checks.append(bench.specify(settled, identity, address))
        elif "url" not in settled.settings:
            cause = f"nobody knows whom {quote(settled.kind)} should ask: no check of the service has a url"
            bench.problems.append(settled.values.fallback.problem(cause))
    return checks


def _first_url(wanted: Iterable[Wanted]) -> _Url | None:
    for check in wanted:
        for part in check.parts:
            url = (part.options or {}).get("url")
            if isinstance(url, str) and (parts := url_parts(url)) is not None:
                return _Url(parts, part.node.at("url"))
    return None


def _follows_from(bench: Workbench, url: _Url | None) -> Mapping[str, Implied]:
    """Host and port for those kinds that ask where the URL leads, as far as their settings have these keys."""
    if url is None:
        return {}
    implied: dict[str, Implied] = {}
    for kind in _ASK_WHERE_THE_URL_LEADS:
        if kind in bench.kinds:
            fields = bench.kinds[kind].settings.model_fields
            known = {"host": url.parts.host, "port": url.parts.port}
            implied[kind] = {key: (value, url.node) for key, value in known.items() if key in fields and value}
    return implied
