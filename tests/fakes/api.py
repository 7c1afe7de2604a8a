"""The HTTP API's world in memory: everything that `ApiDeps` asks for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import msgspec

from actors.domain.commands import Refused
from actors.domain.money.orders import Deposit, Done, OpenAccount, ReadMoney
from actors.domain.refusals import Refusal
from actors.ports import Failure, Replies
from server.api.deps import ApiDeps
from server.api.models import FraudRow, HistoryItem, JackpotRow, RoundRow, TableRules
from server.api.refresh import Rotated
from server.config import Config
from server.entropy import LibsodiumEntropy
from server.fairness.chains import ChainRow
from server.origins import Origins
from server.passwords import Passwords
from server.tokens import Tokens
from server.vault.keys import VaultKeys
from server.vault.vault import Vault
from tests.fakes.players import FakePlayers
from tests.fakes.vault import FakeVault

NOW_MS = 1_700_000_000_000
KEY = bytes(range(32))
SEED = bytes(range(1, 33))


class ManualClock:
    """Stands still until it is moved."""

    def __init__(self, ms: int = NOW_MS) -> None:
        self.ms = ms

    def now_ms(self) -> int:
        """Return the time it was set to."""
        return self.ms


class FakeWallets:
    """All wallet shards behind one post: every id has one outcome. `down`: nobody answers."""

    def __init__(self) -> None:
        self.down = False
        self.cash: dict[int, int] = {}
        self.seq = 0
        self.orders: list[tuple[str, msgspec.Struct]] = []
        self._answers: dict[bytes, Any] = {}

    def tell(self, address: str, messages: Sequence[msgspec.Struct]) -> bool:
        """Take no messages: nobody tells wallets anything."""
        raise AssertionError(f"told {address}")

    def ask(
        self,
        address: str,
        messages: Sequence[msgspec.Struct],
        on_replies: Callable[[Replies], None],
        timeout_s: float = 5.0,
    ) -> None:
        """Answer at once."""
        on_replies(self._carry_out(address, messages))

    async def ask_all(self, address: str, messages: Sequence[msgspec.Struct], timeout_s: float = 5.0) -> Replies:
        """Answer at once."""
        return self._carry_out(address, messages)

    def _carry_out(self, address: str, messages: Sequence[msgspec.Struct]) -> Replies:
        if self.down:
            return [Failure.UNKNOWN for _ in messages]
        return [self._one(address, message) for message in messages]

    def _one(self, address: str, message: msgspec.Struct) -> Any:
        if isinstance(message, ReadMoney):
            cash = self.cash.get(message.player_id)
            return Refused(Refusal.UNKNOWN_ACCOUNT) if cash is None else Done(self.seq, cash, 0)
        assert isinstance(message, OpenAccount | Deposit)
        if message.cmd_id not in self._answers:
            self.orders.append((address, message))
            self.seq += 1
            moved = message.amount_minor if isinstance(message, Deposit) else 0
            self.cash[message.player_id] = self.cash.get(message.player_id, 0) + moved
            self._answers[message.cmd_id] = Done(self.seq, self.cash[message.player_id], 0, moved)
        return self._answers[message.cmd_id]


class FakeLogins:
    """Refresh tokens as numbers; the second use of one ends its family."""

    def __init__(self) -> None:
        self._families: dict[str, tuple[int, int]] = {}
        self.down: Exception | None = None

    async def start(self, player_id: int) -> str:
        """Begin a family."""
        family = str(len(self._families))
        self._families[family] = (player_id, 0)
        return f"{family}.0"

    async def rotate(self, token: str) -> Rotated | None:
        """Exchange a token."""
        family, _, turn = token.partition(".")
        player_id, expected = self._families.get(family, (0, -1))
        if turn != str(expected):
            self._families.pop(family, None)
            return None
        self._families[family] = (player_id, expected + 1)
        return Rotated(player_id, f"{family}.{expected + 1}")

    async def revoke(self, token: str) -> None:
        """End the family."""
        self._families.pop(token.partition(".")[0], None)

    async def ping(self) -> None:
        """Answer, or raise what the test put into `down`."""
        if self.down is not None:
            raise self.down


class FakeThrottle:
    """Lets `allowed` failures of a name and address through."""

    def __init__(self, allowed: int = 10) -> None:
        self.allowed = allowed
        self._failures: dict[tuple[str, str], int] = {}

    async def attempt(self, name_key: str, address: str) -> int:
        """Count one attempt."""
        pair = (name_key, address)
        self._failures[pair] = self._failures.get(pair, 0) + 1
        return 60 if self._failures[pair] > self.allowed else 0

    async def success(self, name_key: str, address: str) -> None:
        """Forget the failures."""
        self._failures.pop((name_key, address), None)


class FakeReports:
    """Returns what the test put in."""

    def __init__(self) -> None:
        self.items: list[HistoryItem] = []
        self.scores: list[FraudRow] = []
        self.table_rules: list[TableRules] = []
        self.round_rows: list[RoundRow] = []
        self.jackpot_rows: list[JackpotRow] = []

    async def history(self, shard: int, player_id: int, before: int, limit: int) -> Sequence[HistoryItem]:
        """Return lines with seq < before."""
        return [item for item in self.items if item.seq < before][:limit]

    async def fraud(self, limit: int) -> Sequence[FraudRow]:
        """Return the scores."""
        return self.scores[:limit]

    async def tables(self, game: str) -> Sequence[TableRules]:
        """Return the tables."""
        return self.table_rules

    async def rounds(self, table_id: str, limit: int) -> Sequence[RoundRow]:
        """Return the rounds of the table."""
        return [row for row in self.round_rows if table_id in ("", row.table_id)][:limit]

    async def jackpots(self) -> Sequence[JackpotRow]:
        """Return the jackpots."""
        return self.jackpot_rows


class FakeRecall:
    """Chains and rounds that the test put in."""

    def __init__(self) -> None:
        self.chain_rows: list[ChainRow] = []
        self.records: dict[tuple[str, int], dict[str, Any]] = {}

    async def listed(self, table_id: str) -> Sequence[ChainRow]:
        """Return the chains of the table."""
        return [row for row in self.chain_rows if table_id in ("", row.table_id)]

    async def by_number(self, table_id: str, round_no: int) -> dict[str, Any] | None:
        """Return the round."""
        return self.records.get((table_id, round_no))


class FakePlayerRounds:
    """Rounds that the test put in, by player and id."""

    def __init__(self) -> None:
        self.by_player: dict[int, dict[bytes, dict[str, Any]]] = {}
        self.asked: tuple[int, int, int, int] | None = None

    async def listed(
        self, shard: int, player_id: int, before: int, limit: int
    ) -> tuple[Sequence[dict[str, Any]], int | None]:
        """Return all of the player's."""
        self.asked = (shard, player_id, before, limit)
        return list(self.by_player.get(player_id, {}).values()), None

    async def one(self, shard: int, player_id: int, round_id: bytes) -> dict[str, Any] | None:
        """Return the player's."""
        return self.by_player.get(player_id, {}).get(round_id)

    async def staff_view(self, round_id: bytes) -> dict[str, Any] | None:
        """Return anybody's."""
        return next((rounds[round_id] for rounds in self.by_player.values() if round_id in rounds), None)


class FakeReceipts:
    """Returns what the test put in, by player and id."""

    def __init__(self) -> None:
        self.by_order: dict[tuple[int, bytes], list[dict[str, Any]]] = {}
        self.down: Exception | None = None

    async def of_order(self, shard: int, player_id: int, cmd_id: bytes) -> Sequence[dict[str, Any]]:
        """Return the receipts of this player's order, or raise what the test put into `down`."""
        if self.down is not None:
            raise self.down
        return self.by_order.get((player_id, cmd_id), [])


class ApiWorld:
    """The fakes by name, and the deps made of them."""

    def __init__(self, web: Path, config: Config | None = None) -> None:
        self.clock = ManualClock()
        self.players = FakePlayers(NOW_MS)
        self.wallets = FakeWallets()
        self.logins = FakeLogins()
        self.throttle = FakeThrottle()
        self.reports = FakeReports()
        self.receipts = FakeReceipts()
        self.recall = FakeRecall()
        self.player_rounds = FakePlayerRounds()
        self.hosts: dict[str, bool] = {"wallet/0": True, "gateway/0": True}
        self.expositions: dict[str, str] = {}
        self.ended: set[str] = set()
        self.config = config or Config()
        self.tokens = Tokens(SEED, lifetime_s=self.config.access_token_s, now_ms=self.clock.now_ms)
        # The least that libsodium takes: these tests are about the API, not about the cost of guessing.
        self.passwords = Passwords(opslimit=1, memlimit_bytes=8192)
        self.vault = Vault(FakeVault(), VaultKeys(Config(state=web)), LibsodiumEntropy())
        self.deps = ApiDeps(
            config=self.config,
            players=self.players,
            reports=self.reports,
            receipts=self.receipts,
            chains=self.recall,
            recall=self.recall,
            player_rounds=self.player_rounds,
            passwords=self.passwords,
            tokens=self.tokens,
            post=self.wallets,
            clock=self.clock,
            logins=self.logins,
            is_ended=lambda login: login in self.ended,
            throttle=self.throttle,
            key=KEY,
            vault=self.vault,
            origins=Origins((*self.config.origins, "http://casino.test"), self.config.http_port),
            host_status=self._answering(lambda: self.hosts),
            host_metrics=self._answering(lambda: self.expositions),
            web=web,
        )

    @staticmethod
    def _answering(value: Callable[[], Mapping[str, Any]]) -> Callable[[], Awaitable[Mapping[str, Any]]]:
        async def answer() -> Mapping[str, Any]:
            return value()

        return answer


def in_process(app: Any) -> httpx.ASGITransport:
    """Return a way to call the application without a socket. Its bugs come back as answers, as they would outside."""
    return httpx.ASGITransport(app, raise_app_exceptions=False, client=("192.0.2.1", 50_000))
