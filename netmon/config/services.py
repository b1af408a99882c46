"""Services as subjects of the plan: their checks, which ask the hosts of their URLs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from netmon.config.checks import Settled, Wanted, wanted_checks
from netmon.config.reach import literal_address
from netmon.config.workbench import Implied, UrlParts, Workbench, url_parts
from netmon.inventory.inventory import Entry
from netmon.inventory.sites import Service
from netmon.inventory.written import Written
from netmon.kernel.documents import Node, shown_step
from netmon.kernel.problems import quote
from netmon.model.ids import EntityKind, entity_id
from netmon.model.plan import CheckSpec, Subject

_SHARED_TIER, _OTHER_TIER = 2, 3


@dataclass(frozen=True, slots=True)
class _Url:
    """The URL of a service, and where it was written."""

    parts: UrlParts
    node: Node


def service_subjects(bench: Workbench) -> Iterator[Subject]:
    """Every service that anything asks; the mistakes of all services are told."""
    for service in bench.inventory.things["services"]:
        found = _asked(bench, service)
        entry = bench.inventory.services.get(service.text("id") or "")
        if entry is None or entry.node is not service.node or not found:
            continue
        identity = entity_id(EntityKind.SERVICE, entry.value.id)
        checks = [bench.specify(settled, identity, address) for settled, address in found if settled.is_right]
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


def _asked(bench: Workbench, service: Written) -> list[tuple[Settled, str]]:
    """The checks of *service*, each with the address that it asks."""
    node = service.node
    wanted = wanted_checks((), bench.written(node.at("checks")))
    url = _first_url(wanted)
    settled = [bench.settle(each, node, _follows_from(url), certain=True) for each in wanted]
    lacking = [each for each in settled if not each.own.is_sound("url")]
    url_is_sure = not lacking and (url is not None or not any("url" in each.settings for each in settled))
    asked = []
    for each in settled:
        if url_is_sure or each in lacking:
            bench.problems.extend(each.own.missing)
        kind = bench.kinds.get(each.kind)
        nobody = "" if kind is not None and kind.asks_nobody else None
        address = bench.host_asked(each) or (url.parts.host if url is not None else nobody)
        if address is not None:
            bench.entrust(each, shown_step(node.path[-1], node.value), address)
            asked.append((each, address))
        elif url_is_sure and each.kind in bench.kinds:
            cause = f"nobody knows whom {quote(each.kind)} should ask: no check of the service has a url"
            bench.problems.append(each.values.fallback.problem(cause))
    return asked


def _first_url(wanted: Iterable[Wanted]) -> _Url | None:
    for check in wanted:
        for part in check.parts:
            url = (part.options or {}).get("url")
            if isinstance(url, str) and (parts := url_parts(url)) is not None:
                return _Url(parts, part.node.at("url"))
    return None


def _follows_from(url: _Url | None) -> Mapping[str, Implied]:
    """What the URL says to those kinds that ask where it leads: the port, or the name to be looked up."""
    if url is None:
        return {}
    host, port = url.parts.host, url.parts.port
    where: Implied = {"port": (port, url.node)} if port is not None else {}
    what: Implied = {"query": (host, url.node)} if literal_address(host) is None else {}
    return {"tcp": where, "tls": where, "dns": what}
