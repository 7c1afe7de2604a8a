"""What actors need from the world. Adapters live in `server/`, models of them in `tests/simulation` and `tests/fakes`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from typing import Any, Protocol

import msgspec

from actors.domain.games.game import Outcome, Step
from actors.domain.games.shoe_events import ShoeEvent
from actors.domain.money.batch import Commit
from actors.domain.money.entries import Row
from actors.domain.money.lookups import Found
from actors.domain.money.recovery import Loaded, ShardHead
from actors.domain.rounds import Plan, PlayRecord, RoundState
from actors.domain.spins import PlayerSeeds, SeedPair, SpinRecord


class Clock(Protocol):
    """Time. Durations are waited for with asyncio, so that a virtual event loop can make them pass at once."""

    def now_ms(self) -> int:
        """Return milliseconds since 1970, UTC."""
        ...


class Entropy(Protocol):
    """The only source of randomness."""

    def below(self, n: int) -> int:
        """Return an unbiased whole number in 0 .. n-1 (rejection sampling)."""
        ...

    def token(self, size: int) -> bytes:
        """Return so many unpredictable bytes."""
        ...


class RoundSeed(msgspec.Struct, frozen=True):
    """The committed randomness of one round.

    seed: 64 hexadecimal digits, secret until the round is decided. salt: public. commitment: SHA-256 of the seed's text.
    """

    seed: str
    salt: str
    commitment: str


class SeedStore(Protocol):
    """Where the seeds of a table's rounds are."""

    async def for_round(self, table_id: str, round_no: int) -> RoundSeed:
        """Return the seed of this round: the same at every call, never another round's, also after a restart.

        Raises StoreUnavailable.
        """
        ...


class Failure(Enum):
    """Why an ask has no answer."""

    BUSY = "busy"  # the queue to the destination is full; certainly nothing was done
    UNKNOWN = "unknown"  # sent and not answered in time; it may have been done


Replies = Sequence[Any]  # of msgspec.Struct | Failure, one per message, matched by index


class Post(Protocol):
    """How an actor reaches others: the courier's face. Addresses look like "wallet/0", "table/roulette-1", "gateway/0"."""

    def tell(self, address: str, messages: Sequence[msgspec.Struct]) -> bool:
        """Send without waiting for an answer; False: the queue is full and nothing was sent. May be lost with its receiver."""
        ...

    def ask(
        self,
        address: str,
        messages: Sequence[msgspec.Struct],
        on_replies: Callable[[Replies], None],
        timeout_s: float = 5.0,
    ) -> None:
        """Send, and call on_replies once with one reply per message.

        Every message must be safe to carry out twice: it is sent again after a broken link until timeout_s, then UNKNOWN.
        """
        ...

    def ask_all(self, address: str, messages: Sequence[msgspec.Struct], timeout_s: float = 5.0) -> Awaitable[Replies]:
        """`ask` as an awaitable: one future for the whole list."""
        ...


class Actor(Protocol):
    """Something with an address. The host calls it with batches in each sender's order."""

    def handle_batch(self, sender: str, messages: Sequence[Any]) -> Awaitable[Sequence[Any]]:
        """Carry out the messages and return one answer for each, by index. The part before the first await runs in order."""
        ...


class StoreUnavailable(Exception):
    """Storage cannot be reached or did not answer. What was asked may have been done; asking again is safe."""


class StaleEpoch(Exception):
    """A newer incarnation of this table has claimed it: this one must end."""


class RoundConflict(Exception):
    """The round is in a state that excludes what was asked: a bug, or a row changed by hand."""


class NewRound(msgspec.Struct, frozen=True):
    """A round to open. closes_ms 0: until the dealer closes it. dealer: who deals, "" at an RNG table.

    commitment: to the seed that decides it, "" where a dealer does.
    """

    round_id: bytes
    table_id: str
    table_epoch: int
    round_no: int
    opens_ms: int
    closes_ms: int
    dealer: str
    rules_version: str
    commitment: str = ""


class UnfinishedRound(msgspec.Struct, frozen=True):
    """A round that is neither settled nor voided. number and plan: of a decided round, else -1 and None.

    play, steps: of a round that is being played, else None and empty.
    """

    round_id: bytes
    round_no: int
    table_epoch: int
    state: RoundState
    number: int
    plan: Plan | None
    rules_version: str = ""
    play: PlayRecord | None = None
    steps: list[Step] = []


class RoundStore(Protocol):
    """Where rounds are durable. Every call may be repeated; every writer but `claim_table` is fenced by epoch.

    Each may raise StoreUnavailable; each writer StaleEpoch. Adapter: `server/storage/rounds.py`.
    """

    async def claim_table(self, table_id: str, owner: str) -> int:
        """Return the table's new epoch, one above the last; writers of older epochs are refused from now on.

        Raises KeyError where there is no such table. Repeating it is harmless: it takes one more epoch.
        """
        ...

    async def unfinished(self, table_id: str) -> list[UnfinishedRound]:
        """Return the table's rounds that are not settled and not voided, by round number."""
        ...

    async def last_round_no(self, table_id: str) -> int:
        """Return the highest round number of this table; 0 if there was none."""
        ...

    async def recent_numbers(self, table_id: str, limit: int) -> list[int]:
        """Return the last drawn numbers, newest first."""
        ...

    async def open(self, new: NewRound) -> None:
        """Make the round durable in state OPEN. The same round again only changes its times.

        Raises RoundConflict: the number is another round's, or the round is past OPEN.
        """
        ...

    async def close(self, table_id: str, epoch: int, round_id: bytes) -> None:
        """OPEN -> CLOSED; where the round is past OPEN, nothing happens."""
        ...

    async def start_play(self, table_id: str, epoch: int, round_id: bytes, record: PlayRecord) -> None:
        """CLOSED -> PLAYING. The same record again: nothing happens. Raises RoundConflict: the round is past that."""
        ...

    async def add_steps(self, table_id: str, epoch: int, round_id: bytes, first_no: int, steps: Sequence[Step]) -> None:
        """Make steps first_no, first_no + 1 ... of a round that is PLAYING durable, all or none; twice is once.

        Raises RoundConflict: the round is not PLAYING, or another step has that number.
        """
        ...

    async def shoe_events(self, table_id: str) -> list[ShoeEvent]:
        """Return what happened to the last shoe of this table, in order; empty where there never was one."""
        ...

    async def add_shoe_event(self, table_id: str, epoch: int, event: ShoeEvent) -> None:
        """Make what happened to the shoe durable. The same again: nothing happens.

        Raises RoundConflict: another event has that number, or one before it is missing.
        """
        ...

    async def decide(
        self,
        table_id: str,
        epoch: int,
        round_id: bytes,
        outcome: Outcome,
        plan: Plan,
        seed: str = "",
        ended: ShoeEvent | None = None,
    ) -> None:
        """OPEN, CLOSED or PLAYING -> DECIDED; outcome, plan, seed and the coup's end with it. The same again: nothing.

        Raises RoundConflict: the round is being voided, or was decided otherwise.
        """
        ...

    async def start_void(
        self, table_id: str, epoch: int, round_id: bytes, reason: str, ended: ShoeEvent | None = None
    ) -> bool:
        """OPEN, CLOSED or PLAYING -> VOIDING, and the coup's end; True also if it is voiding or voided, False if decided."""
        ...

    async def finish(self, table_id: str, epoch: int, round_id: bytes) -> None:
        """DECIDED -> SETTLED or VOIDING -> VOIDED; a finished round stays as it is. Raises RoundConflict otherwise."""
        ...


class ShardFenced(Exception):
    """The shard's row is not as the commit expected: another incarnation owns it, or our own lost commit is there."""


class BooksDiverged(Exception):
    """Memory and storage disagree about a balance, a reservation or an id. This incarnation must end."""


class CommitNotDone(Exception):
    """Certainly nothing was written (deadlock, disk full, read-only); the same commit may be sent again."""


class LedgerStore(Protocol):
    """Where a wallet shard's books are durable. Adapter: `server/storage/ledger.py`; its model: `tests/fakes/ledger.py`.

    At most one call of claim, load, head and commit is under way; find and confirm may run beside them.
    Every call may raise StoreUnavailable, after which the next one connects again.
    """

    async def claim(self, owner: str) -> ShardHead:
        """Take the shard over: epoch + 1. Waits for a commit under way; if that takes long, ends the old owner's backend.

        Nothing of an older epoch is written from now on. Raises KeyError where there is no such shard.
        """
        ...

    async def load(self, floor_ms: int) -> Loaded:
        """Return one consistent picture, with every row and reservation whose id's time is at or after floor_ms."""
        ...

    def encode(self, row: Row, hash_: bytes) -> bytes:
        """Return what `commit` will send of this row: for `Commit.lines`, so that it is made before its turn comes."""
        ...

    def prepare(self, commit: Commit) -> None:
        """Make ahead what `commit` will send of this one, while another is under way. May be left out."""
        ...

    async def commit(self, commit: Commit) -> None:
        """Make it durable, all or nothing. StoreUnavailable: it may be durable; compare `head` before sending it again.

        Raises ShardFenced, BooksDiverged, CommitNotDone.
        """
        ...

    async def head(self) -> ShardHead:
        """Return where the shard stands now, whoever owns it."""
        ...

    async def confirm(self) -> ShardHead:
        """`head`, on the reading connection: for the heartbeat."""
        ...

    async def find(self, cmd_ids: Sequence[bytes], reservation_ids: Sequence[bytes]) -> Found:
        """Return what was committed under these ids; absent ones were never booked."""
        ...

    async def prepare_days(self) -> tuple[int, int]:
        """Make room in the journal for the days to come; return the first day it has room for, and the end."""
        ...

    async def close(self) -> None:
        """Let go of the connections. Safe to repeat."""
        ...


class SpinStore(Protocol):
    """Where rounds and seeds of instant games are durable. Every call may be repeated; every writer is fenced by epoch.

    Each may raise StoreUnavailable; each writer StaleEpoch. Adapter: `server/storage/spins.py`; its model: `tests/fakes/spins.py`.
    """

    async def claim(self, game: str, owner: str) -> int:
        """Return the game's new epoch, one above the last. Raises KeyError where there is no such game."""
        ...

    async def unresolved(self, game: str) -> list[SpinRecord]:
        """Return the rounds that are recorded and neither settled nor void, oldest first."""
        ...

    async def seeds(self, game: str, player_id: int) -> PlayerSeeds | None:
        """Return a player's seeds; None: he has none yet."""
        ...

    async def make_seeds(self, game: str, epoch: int, player_id: int, new: PlayerSeeds) -> PlayerSeeds:
        """Store a player's first seeds, unless he has some by now; return those that he has."""
        ...

    async def rotate(
        self, game: str, epoch: int, player_id: int, command_id: bytes, client_seed: str, new: SeedPair, at_ms: int
    ) -> PlayerSeeds:
        """Take the active pair out of use, the next one in with this client_seed, and keep new after it; return what he has.

        The time of his last round goes on to the pair that comes in. A command_id that has rotated before changes nothing.
        Raises KeyError where he has no seeds.
        """
        ...

    async def record(self, game: str, epoch: int, spins: Sequence[SpinRecord]) -> list[SpinRecord | None]:
        """Make rounds durable in state RECORDED, in one statement, and use up their nonces; return what is stored of each.

        Where a player's spin_id was recorded before, that record comes back and nothing changes. None: the nonce is not the
        pair's next one. Of one player there is at most one in a call.
        """
        ...

    async def find(self, game: str, player_id: int, spin_id: bytes) -> SpinRecord | None:
        """Return what is stored of a round."""
        ...

    async def close(self, game: str, epoch: int, spins: Sequence[SpinRecord]) -> None:
        """RECORDED -> the state and code of each record. One that is closed stays as it is."""
        ...
