"""Routes of recall: a player's own rounds, marked as a replay, and any round for staff."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Router, get
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, Parameter

from actors.domain.ids import ID_BYTES
from actors.session import Identity
from server.api.deps import ApiDeps
from server.api.errors import ApiError
from server.api.identity import provide_claims, provide_staff

#: Above every sequence number of the books.
_END_OF_BOOKS = 2**63 - 1


@get("/me/rounds", tags=["accounts"])
async def my_rounds(
    state: State,
    claims: NamedDependency[Identity],
    before: Annotated[int, Parameter(ge=1, le=_END_OF_BOOKS)] = _END_OF_BOOKS,
    limit: Annotated[int, Parameter(ge=1, le=50)] = 20,
) -> dict[str, Any]:
    """List the rounds you had a bet in, newest first: what everybody was told, your bets and your money (docs/fairness.md).

    Answer: {"rounds": [...], "next_before"}: ask again with before= that; null at the end. status: "complete", "void" or
    "in progress". Each is marked "replay".
    """
    found, next_before = await _deps(state).player_rounds.listed(claims.shard, claims.player_id, before, limit)
    return {"rounds": list(found), "next_before": next_before}


@get("/me/rounds/{round_id:str}", tags=["accounts"])
async def my_round(state: State, claims: NamedDependency[Identity], round_id: FromPath[str]) -> dict[str, Any]:
    """Give one round you had a bet in, by its id (a spin's also by the spin's), with every decision in it that was yours.

    by_rule marks what the table's clock did in your place. Rounds of others are the same 404 as none.
    """
    id_ = _id(round_id)
    found = await _deps(state).player_rounds.one(claims.shard, claims.player_id, id_) if id_ else None
    if found is None:
        raise ApiError("NOT_FOUND")
    return found


@get("/staff/rounds/{round_id:str}", tags=["staff"])
async def staff_round(state: State, staff: NamedDependency[Identity], round_id: FromPath[str]) -> dict[str, Any]:
    """Give one round with all bets, payouts and steps, and its signed record. Needs the role staff."""
    id_ = _id(round_id)
    found = await _deps(state).player_rounds.staff_view(id_) if id_ else None
    if found is None:
        raise ApiError("NOT_FOUND")
    return found


def round_routes() -> Router:
    """Return the routes under /api."""
    return Router(
        "/api",
        route_handlers=[my_rounds, my_round, staff_round],
        dependencies={
            "claims": Provide(provide_claims, sync_to_thread=False),
            "staff": Provide(provide_staff, sync_to_thread=False),
        },
    )


def _id(text: str) -> bytes:
    try:
        return bytes.fromhex(text) if len(text) == 2 * ID_BYTES else b""
    except ValueError:
        return b""


def _deps(state: State) -> ApiDeps:
    deps: ApiDeps = state.deps
    return deps
