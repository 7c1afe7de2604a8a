"""Routes for whoever checks the house: chains, and what everybody was told of a round. No login, nothing of any player."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Router, get
from litestar.datastructures import State
from litestar.params import FromPath, Parameter

from server.api.deps import ApiDeps
from server.api.errors import ApiError
from server.api.models import ChainInfo, ChainList


@get("/chains")
async def chains(state: State, table: Annotated[str, Parameter(max_length=64)] = "") -> ChainList:
    """List the hash chains of one table, or of all: element 0 of each, when it was published, and its salt, once it has one."""
    rows = await _deps(state).chains.listed(table)
    return ChainList(
        [
            ChainInfo(
                table_id=row.table_id,
                n=row.n,
                first_round_no=row.first_round_no,
                length=row.length,
                terminal=row.terminal,
                published_ms=row.published_ms,
                salt=row.salt,
                salt_source=row.salt_source,
                salted_ms=row.salted_ms,
            )
            for row in rows
        ]
    )


@get("/rounds/{table:str}/{round_no:int}")
async def round_record(state: State, table: FromPath[str], round_no: FromPath[int]) -> dict[str, Any]:
    """Give what everybody was told of a round, in the shape that verifiers read. Never the seed of one that is open."""
    found = await _deps(state).recall.by_number(table, round_no) if 0 < round_no < 2**63 else None
    if found is None:
        raise ApiError("NOT_FOUND")
    return found


def fairness_routes() -> Router:
    """Return the routes under /api/fairness."""
    return Router("/api/fairness", route_handlers=[chains, round_record], tags=["fairness"])


def _deps(state: State) -> ApiDeps:
    deps: ApiDeps = state.deps
    return deps
