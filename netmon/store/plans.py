"""The versions of the plan: kept as documents with the files that they came from, and which was in force when."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from netmon.model.moments import Moment
from netmon.model.plan import Plan
from netmon.model.plan_document import from_document, to_document
from netmon.ports import StoreError
from netmon.store.rows import json_text
from netmon.store.tables import plan_takings, plans


async def version_in_force(connection: AsyncConnection, plan: Plan) -> int | None:
    """The version that *plan* has if its poller took no other since."""
    newest_first = (
        select(plans.c.version, plans.c.hash)
        .join(plan_takings, plan_takings.c.version == plans.c.version)
        .where(plans.c.poller == plan.poller)
        .order_by(plan_takings.c.id.desc())
        .limit(1)
    )
    row = (await connection.execute(newest_first)).one_or_none()
    return row.version if row is not None and row.hash == plan.hash else None


async def version_taken(connection: AsyncConnection, plan: Plan, at: Moment) -> int | None:
    """The version under which *plan* was taken at just that moment, if it was."""
    taken = (
        select(plans.c.version)
        .join(plan_takings, plan_takings.c.version == plans.c.version)
        .where(plans.c.poller == plan.poller, plans.c.hash == plan.hash, plan_takings.c.at == at)
        .limit(1)
    )
    version: int | None = (await connection.execute(taken)).scalar_one_or_none()
    return version


async def add_plan(connection: AsyncConnection, plan: Plan, at: Moment, sources: Mapping[str, str]) -> int:
    """Keep *plan* and *sources*, the files that it came from, under the next version."""
    version: int = (await connection.execute(select(func.coalesce(func.max(plans.c.version), 0) + 1))).scalar_one()
    await connection.execute(
        insert(plans).values(
            version=version,
            hash=plan.hash,
            poller=plan.poller,
            taken_at=at,
            document=json_text(to_document(plan)),
            sources=json_text(sources),
        )
    )
    return version


async def add_taking(connection: AsyncConnection, version: int, at: Moment, life: int | None) -> None:
    """From *at* on, *version* is in force."""
    await connection.execute(insert(plan_takings).values(at=at, version=version, life=life))


async def plan_of_version(connection: AsyncConnection, version: int) -> Plan:
    """The plan that was kept under *version*."""
    document = (await connection.execute(select(plans.c.document).where(plans.c.version == version))).scalar_one()
    try:
        return from_document(json.loads(document))
    except ValueError as error:
        mend = "Use the netmon that wrote it, or restore a backup"
        raise StoreError(f"cannot read version {version} of the plan: {error}. {mend}") from error
