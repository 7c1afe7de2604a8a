"""Routes of accounts: register, login, refresh, logout, me, history, receipts."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Router, delete, get, post, put
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, Parameter

from actors.domain.ids import ID_BYTES
from actors.session import Identity
from server.api.accounts import Accounts
from server.api.deps import ApiDeps
from server.api.errors import ApiError
from server.api.identity import provide_claims
from server.api.models import (
    Credentials,
    EmailInfo,
    EmailRequest,
    History,
    Me,
    PlayerInfo,
    Receipt,
    Receipts,
    RefreshRequest,
    Session,
)
from server.vault.email import COLUMN, clean_email, email_key
from server.vault.vault import Lost

#: Above every sequence number of the books.
_END_OF_BOOKS = 2**63 - 1


@post("/register", status_code=201)
async def register(data: JSONBody[Credentials], state: State) -> Session:
    """Make a player with clearly labelled play money, and log him in."""
    return await _accounts(state).register(data.name, data.password)


@post("/login", status_code=200)
async def login(data: JSONBody[Credentials], state: State, request: Request[Any, Any, Any]) -> Session:
    """Log in with name and password."""
    address = request.client.host if request.client else ""
    return await _accounts(state).login(data.name, data.password, address)


@post("/refresh", status_code=200)
async def refresh(data: JSONBody[RefreshRequest], state: State) -> Session:
    """Exchange a refresh token for a new pair. Each serves once; a second use ends the login it belongs to."""
    return await _accounts(state).refresh(data.refresh_token)


@post("/logout", status_code=204)
async def logout(data: JSONBody[RefreshRequest], state: State) -> None:
    """End the login this refresh token belongs to."""
    await _accounts(state).logout(data.refresh_token)


@get("/me")
async def me(state: State, claims: NamedDependency[Identity]) -> Me:
    """Tell who you are and what you have."""
    accounts = _accounts(state)
    player = await _deps(state).players.by_id(claims.player_id)
    if player is None or not player.active:
        raise ApiError("TOKEN_INVALID")
    funded = await accounts.ensure_account(player)
    balance = await accounts.balance(player.shard, player.player_id) if "player" in player.roles else None
    return Me(player=PlayerInfo(player.player_id, player.name, player.roles), balance=balance, funded=funded)


@get("/me/email")
async def email(state: State, claims: NamedDependency[Identity]) -> EmailInfo:
    """Tell the e-mail address you have given."""
    found = await _deps(state).vault.read(claims.player_id, COLUMN)
    return EmailInfo(None, erased=True) if isinstance(found, Lost) else EmailInfo(found)


@put("/me/email")
async def change_email(data: JSONBody[EmailRequest], state: State, claims: NamedDependency[Identity]) -> EmailInfo:
    """Keep an e-mail address. Raises EMAIL_INVALID.

    Whether somebody else has given the same one is not told, neither by the answer nor by its time.
    """
    cleaned = clean_email(data.email)
    if cleaned is None:
        raise ApiError("EMAIL_INVALID")
    await _deps(state).vault.write(claims.player_id, COLUMN, cleaned, email_key(cleaned))
    return EmailInfo(cleaned)


@delete("/me/email", status_code=204)
async def forget_email(state: State, claims: NamedDependency[Identity]) -> None:
    """Keep no e-mail address any more."""
    await _deps(state).vault.write(claims.player_id, COLUMN, None)


@get("/history")
async def history(
    state: State,
    claims: NamedDependency[Identity],
    before: Annotated[int, Parameter(ge=1, le=_END_OF_BOOKS)] = _END_OF_BOOKS,
    limit: Annotated[int, Parameter(ge=1, le=100)] = 25,
) -> History:
    """List your finished rounds, deposits and bonuses, newest first."""
    items = list(await _deps(state).reports.history(claims.shard, claims.player_id, before, limit))
    return History(items, items[-1].seq if len(items) == limit else None)


@get("/receipts/{cmd_id:str}")
async def receipts(state: State, claims: NamedDependency[Identity], cmd_id: FromPath[str]) -> Receipts:
    """Give signed receipts of an order of yours, a bet's id for instance: of its row, and of the one that closed it."""
    try:
        id_ = bytes.fromhex(cmd_id) if len(cmd_id) == 2 * ID_BYTES else b""
    except ValueError:
        id_ = b""
    found = await _deps(state).receipts.of_order(claims.shard, claims.player_id, id_) if len(id_) == ID_BYTES else []
    if not found:
        raise ApiError("NOT_FOUND")
    return Receipts(msgspec.convert(list(found), list[Receipt]))


def account_routes() -> Router:
    """Return the routes under /api."""
    return Router(
        "/api",
        route_handlers=[register, login, refresh, logout, me, email, change_email, forget_email, history, receipts],
        dependencies={"claims": Provide(provide_claims, sync_to_thread=False)},
        tags=["accounts"],
    )


def _deps(state: State) -> ApiDeps:
    deps: ApiDeps = state.deps
    return deps


def _accounts(state: State) -> Accounts:
    accounts: Accounts = state.accounts
    return accounts
