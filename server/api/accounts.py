"""Registering, logging in and staying logged in: the decisions behind the routes of the same names."""

from __future__ import annotations

import structlog

from actors.domain.commands import Refused
from actors.domain.ids import Origin, derive_id, make_id
from actors.domain.money.orders import Deposit, Done, OpenAccount, ReadMoney
from actors.domain.refusals import Refusal
from server.api.deps import ApiDeps
from server.api.errors import ApiError
from server.api.models import BalanceInfo, PlayerInfo, Session
from server.api.refresh import login_of
from server.currencies import PLAY_CCY
from server.names import clean_name, name_key
from server.passwords import is_strong_enough
from server.storage.players import Player

_log = structlog.get_logger(__name__)

#: An answer of the wallet is waited for so long; after that the account is funded later.
WALLET_TIMEOUT_S = 3.0


class Accounts:
    """Accounts of players. The account's row comes first and the books follow: see `ensure_account`."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps

    async def register(self, name: str, password: str) -> Session:
        """Make a player with welcome money and log him in. Raises NAME_INVALID, PASSWORD_WEAK, NAME_TAKEN.

        The account stands from its row on. A wallet that is down does not undo it: the answer says `funded: false`.
        """
        cleaned = clean_name(name)
        if cleaned is None:
            raise ApiError("NAME_INVALID")
        if not is_strong_enough(password, cleaned):
            raise ApiError("PASSWORD_WEAK")
        password_hash = await self._deps.passwords.hash(password)
        player = await self._deps.players.create(cleaned, password_hash, self._deps.config.shards)
        if player is None:
            raise ApiError("NAME_TAKEN")
        return await self._session(player, await self._deps.logins.start(player.player_id))

    async def login(self, name: str, password: str, address: str) -> Session:
        """Log in. Raises RATE_LIMITED, then BAD_CREDENTIALS: the same error after the same time whatever was wrong."""
        key = name_key(name)
        wait_s = await self._deps.throttle.attempt(key, address)
        if wait_s:
            raise ApiError("RATE_LIMITED", retry_after_s=wait_s)
        player = await self._deps.players.by_name(name)
        right = await self._deps.passwords.verify(player.password_hash if player else None, password)
        if player is None or not right or not player.active:
            raise ApiError("BAD_CREDENTIALS")
        await self._deps.throttle.success(key, address)
        return await self._session(player, await self._deps.logins.start(player.player_id))

    async def refresh(self, token: str) -> Session:
        """Exchange a refresh token. Raises TOKEN_INVALID; a token used twice ends its whole login."""
        rotated = await self._deps.logins.rotate(token)
        player = await self._deps.players.by_id(rotated.player_id) if rotated else None
        if rotated is None or player is None or not player.active:
            raise ApiError("TOKEN_INVALID")
        return await self._session(player, rotated.token)

    async def logout(self, token: str) -> None:
        """End the login this refresh token belongs to, with its access tokens and the connections that they opened."""
        await self._deps.logins.revoke(token)

    async def ensure_account(self, player: Player) -> bool:
        """Tell whether the player's account and welcome deposit are in the books, putting them there if needed.

        The ids follow from the player's row, so a repetition after any crash is the same two orders: paid once.
        Dealers, devices and staff own no money and need no account.
        """
        if player.funded or "player" not in player.roles:
            return True
        answers = await self._deps.post.ask_all(
            f"wallet/{player.shard}", self._opening_orders(player), WALLET_TIMEOUT_S
        )
        if not all(_is_booked(answer) for answer in answers):
            _log.warning("account_not_funded", player_id=player.player_id, answers=[str(answer) for answer in answers])
            return False
        await self._deps.players.mark_funded(player.player_id)
        return True

    async def balance(self, shard: int, player_id: int) -> BalanceInfo | None:
        """Return what the books have; None while the wallet does not answer or knows no account."""
        question = ReadMoney(player_id, PLAY_CCY)
        answer = (await self._deps.post.ask_all(f"wallet/{shard}", [question], WALLET_TIMEOUT_S))[0]
        return BalanceInfo(answer.cash_minor, answer.escrow_minor, answer.seq) if isinstance(answer, Done) else None

    def _opening_orders(self, player: Player) -> list[OpenAccount | Deposit]:
        parent = make_id(player.created_ms, Origin.CASHIER, player.player_id.to_bytes(9, "big"))
        open_id = derive_id(self._deps.key, parent, Origin.CASHIER, "open")
        orders: list[OpenAccount | Deposit] = [OpenAccount(open_id, player.player_id, PLAY_CCY)]
        if self._deps.config.welcome_minor > 0:
            deposit_id = derive_id(self._deps.key, parent, Origin.CASHIER, "welcome")
            orders.append(Deposit(deposit_id, player.player_id, PLAY_CCY, self._deps.config.welcome_minor))
        return orders

    async def _session(self, player: Player, refresh_token: str) -> Session:
        funded = await self.ensure_account(player)
        login, since_ms = login_of(refresh_token)
        access = self._deps.tokens.issue(
            player.player_id, player.name, player.roles, player.shard, PLAY_CCY, login=login, since_ms=since_ms
        )
        return Session(
            player=PlayerInfo(player.player_id, player.name, player.roles),
            access_token=access,
            access_expires_s=self._deps.tokens.lifetime_s,
            refresh_token=refresh_token,
            funded=funded,
        )


def _is_booked(answer: object) -> bool:
    """Tell whether an opening order is in the books.

    ID_REUSED: it was booked before with another amount, because the configured welcome has changed since.
    """
    return isinstance(answer, Done) or (isinstance(answer, Refused) and answer.code == Refusal.ID_REUSED)
