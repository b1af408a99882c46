"""Identity: ``kind:id``, the same text in the store, the API, the labels and on the command line."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NewType

EntityId = NewType("EntityId", str)
"""``kind:id`` of whatever has a state, such as ``device:syt-gw1`` or ``interface:syt-gw1/GigabitEthernet0/0``."""

CheckId = NewType("CheckId", str)
"""``check:<subject>/<kind>[/<name>]``, such as ``check:service:syt-portal/http/login``; an entity as well."""

_BARE = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}", re.ASCII)


class EntityKind(StrEnum):
    """What kinds of things have an identity."""

    CHECK = "check"
    DEVICE = "device"
    INTERFACE = "interface"
    LINK = "link"
    SERVICE = "service"
    SITE = "site"
    DEPARTMENT = "department"
    NETWORK = "network"
    POLLER = "poller"


_KINDS = {kind.value: kind for kind in EntityKind}


def is_id(text: str) -> bool:
    """Whether *text* may be the id of a device, link, service, site, department, network or poller."""
    return _BARE.fullmatch(text) is not None


def entity_id(kind: EntityKind, bare: str) -> EntityId:
    """``kind:bare``."""
    return EntityId(f"{kind.value}:{bare}")


def interface_id(device: str, name: str) -> EntityId:
    """The identity of the interface that the bare id *device* calls *name*."""
    return EntityId(f"interface:{device}/{name}")


def check_id(subject: EntityId, kind: str, name: str | None = None) -> CheckId:
    """The identity of a check of *subject*; *name* tells two checks of one kind apart."""
    return CheckId(f"check:{subject}/{kind}/{name}" if name else f"check:{subject}/{kind}")


def kind_of(entity: str) -> EntityKind:
    """The kind that *entity* begins with.

    Raises:
        ValueError: there is none, or it is not one of ours.
    """
    word = entity.partition(":")[0]
    return _KINDS.get(word) or EntityKind(word)


def bare_id(entity: str) -> str:
    """What follows the kind: ``syt-gw1`` of ``device:syt-gw1``."""
    return entity.partition(":")[2]
