"""What the HTTP API is built from: handed in, so that the same routes run on real services and on fakes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from actors.ports import Clock, Post
from server.api.models import FraudRow, HistoryItem, JackpotRow, RoundRow, TableRules
from server.api.refresh import Rotated
from server.config import Config
from server.fairness.chains import ChainRow
from server.origins import Origins
from server.passwords import Passwords
from server.storage.players import Player
from server.tokens import Tokens
from server.vault.vault import Vault


class Players(Protocol):
    """The accounts' store; see `server.storage.players.PostgresPlayers`."""

    async def create(
        self, name: str, password_hash: str, shards: int, roles: Sequence[str] = ("player",)
    ) -> Player | None:
        """Return the new account, or None when the name is taken."""
        ...

    async def by_name(self, name: str) -> Player | None:
        """Return the account with this name."""
        ...

    async def by_id(self, player_id: int) -> Player | None:
        """Return the account with this number."""
        ...

    async def mark_funded(self, player_id: int) -> None:
        """Record that the books have confirmed the welcome deposit."""
        ...

    async def ping(self) -> None:
        """Return when the database answers."""
        ...


class Reports(Protocol):
    """What players and staff look up; see `server.storage.reports.PostgresReports`."""

    async def history(self, shard: int, player_id: int, before: int, limit: int) -> Sequence[HistoryItem]:
        """Return up to limit lines with seq < before, newest first."""
        ...

    async def fraud(self, limit: int) -> Sequence[FraudRow]:
        """Return the highest antifraud scores."""
        ...

    async def tables(self, game: str) -> Sequence[TableRules]:
        """Return the tables of a game with their limits, in the lobby's order."""
        ...

    async def rounds(self, table_id: str, limit: int) -> Sequence[RoundRow]:
        """Return the newest rounds of one table, or of all for an empty table_id."""
        ...

    async def jackpots(self) -> Sequence[JackpotRow]:
        """Return every jackpot with its meter. Raises StoreUnavailable where the books of a shard cannot be read."""
        ...


class ChainLister(Protocol):
    """What is published of chains; see `server.storage.chains.PostgresChains`."""

    async def listed(self, table_id: str) -> Sequence[ChainRow]:
        """Return the chains of one table, or of all for an empty table_id, in order."""
        ...


class Recall(Protocol):
    """Rounds as they were; see `server.storage.recall.PostgresRecall`."""

    async def by_number(self, table_id: str, round_no: int) -> dict[str, Any] | None:
        """Return what everybody may know of a round, in the shape that verifiers read; None where there is none."""
        ...


class PlayerRounds(Protocol):
    """Rounds with players' bets in them; see `server.storage.player_rounds.PostgresPlayerRounds`."""

    async def listed(
        self, shard: int, player_id: int, before: int, limit: int
    ) -> tuple[Sequence[dict[str, Any]], int | None]:
        """Return up to limit of the player's rounds whose last bet has seq < before, newest first, and the next before."""
        ...

    async def one(self, shard: int, player_id: int, round_id: bytes) -> dict[str, Any] | None:
        """Return one of the player's rounds; None: he had no bet in it."""
        ...

    async def staff_view(self, round_id: bytes) -> dict[str, Any] | None:
        """Return a round with every player's bets."""
        ...


class ReceiptMaker(Protocol):
    """Signs rows of the books for players; see `server.storage.receipts.PostgresReceipts`."""

    async def of_order(self, shard: int, player_id: int, cmd_id: bytes) -> Sequence[dict[str, Any]]:
        """Return the receipts of this player's order; none where he has no such order."""
        ...


class Logins(Protocol):
    """Refresh tokens; see `server.api.refresh.RefreshTokens`."""

    async def start(self, player_id: int) -> str:
        """Begin a family; return its first token."""
        ...

    async def rotate(self, token: str) -> Rotated | None:
        """Exchange a token for the next one; None when it does not serve (any more)."""
        ...

    async def revoke(self, token: str) -> None:
        """End the family of this token."""
        ...

    async def ping(self) -> None:
        """Return when the store answers."""
        ...


class LoginThrottle(Protocol):
    """Counters of failed logins; see `server.api.throttle.Throttle`."""

    async def attempt(self, name_key: str, address: str) -> int:
        """Count one attempt; return 0 when it may go on, else the seconds to wait."""
        ...

    async def success(self, name_key: str, address: str) -> None:
        """Take the attempt back."""
        ...


HostStatus = Callable[[], Awaitable[Mapping[str, bool]]]
HostMetrics = Callable[[], Awaitable[Mapping[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiDeps:
    """key: the HMAC key of derived ids (the same for all hosts). web: the folder of the built web client.
    origins: whose pages may order anything.

    is_ended: whether a login is over that an access token names.
    host_status: which hosts answer, by name. host_metrics: each host's Prometheus exposition, by name.
    """

    config: Config
    players: Players
    reports: Reports
    receipts: ReceiptMaker
    chains: ChainLister
    recall: Recall
    player_rounds: PlayerRounds
    passwords: Passwords
    tokens: Tokens
    post: Post
    clock: Clock
    logins: Logins
    is_ended: Callable[[str], bool]
    throttle: LoginThrottle
    key: bytes
    vault: Vault
    origins: Origins
    host_status: HostStatus
    host_metrics: HostMetrics
    web: Path
