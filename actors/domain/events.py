"""What happened, as actors tell gateways and supervisors. Frozen, tagged, array-shaped msgspec structs; units as there."""

from __future__ import annotations

import msgspec

from actors.domain.commands import DealerView, PlacedBet, SeatStakes
from actors.domain.plays import PlayView

# ---------------------------------------------------------------- table events: everyone at the table may see them


class RoundOpened(msgspec.Struct, frozen=True, array_like=True, tag=1, gc=False):
    """A round takes bets. closes_ms 0: until the dealer closes it."""

    round_id: bytes
    round_no: int
    opens_ms: int
    closes_ms: int
    server_ms: int
    commitment: str = ""


class StakesShown(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """What these players have on the layout now."""

    round_id: bytes
    seats: list[SeatStakes]


class BetsClosed(msgspec.Struct, frozen=True, array_like=True, tag=3, gc=False):
    """No more bets. shut_ms: orders that a gateway received later do not count; 0: of a table that does not say."""

    round_id: bytes
    shut_ms: int = 0


class RoundDecided(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """The outcome and the whole settlement plan are durable. detail, seed: see the wire's `RoundResult`."""

    round_id: bytes
    number: int
    detail: tuple[int, ...] = ()
    seed: str = ""


class Win(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Who was paid how much, stake included."""

    name: str
    payout_minor: int


class RoundSettled(msgspec.Struct, frozen=True, array_like=True, tag=5):
    """Every reservation of the round is settled. winners: at most 20, largest first."""

    round_id: bytes
    winners: list[Win]
    next_opens_ms: int


class RoundVoided(msgspec.Struct, frozen=True, array_like=True, tag=6, gc=False):
    """The round does not count. reason: a stable word."""

    round_id: bytes
    reason: str


class TablePaused(msgspec.Struct, frozen=True, array_like=True, tag=7, gc=False):
    """Paused or not; dealer: who deals now."""

    paused: bool
    reason: str
    dealer: str


class NumberEntered(msgspec.Struct, frozen=True, array_like=True, tag=8, gc=False):
    """The dealer or a device has entered what the wheel shows; not confirmed. Only for those behind the table."""

    round_id: bytes
    number: int
    source: str


class Concealed(msgspec.Struct, frozen=True, array_like=True, tag=9, gc=False):
    """Something has happened that this audience may not see."""


class PlayShown(msgspec.Struct, frozen=True, array_like=True, tag=10):
    """What is played now, whole."""

    round_id: bytes
    server_ms: int
    view: PlayView


TableEvent = (
    RoundOpened
    | StakesShown
    | BetsClosed
    | RoundDecided
    | RoundSettled
    | RoundVoided
    | TablePaused
    | NumberEntered
    | Concealed
    | PlayShown
)

# ---------------------------------------------------------------- personal events: one player's only


class BetOutcome(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One bet after its round. payout_minor includes the stake of winning chips; 0: lost."""

    bet_id: bytes
    stake_minor: int
    payout_minor: int


class MyBetsSettled(msgspec.Struct, frozen=True, array_like=True, tag=20):
    """A player's bets of a round are settled in the books."""

    table_id: str
    round_id: bytes
    number: int
    bets: list[BetOutcome]
    stake_minor: int
    payout_minor: int
    seq: int
    cash_minor: int
    escrow_minor: int


class MyBetsVoided(msgspec.Struct, frozen=True, array_like=True, tag=21):
    """These bets do not count; the stakes are available again."""

    table_id: str
    round_id: bytes
    bet_ids: list[bytes]
    returned_minor: int
    reason: str
    seq: int
    cash_minor: int
    escrow_minor: int


class MyBonus(msgspec.Struct, frozen=True, array_like=True, tag=22, gc=False):
    """A bonus tick was paid."""

    amount_minor: int
    tick: int
    seq: int
    cash_minor: int
    escrow_minor: int


class MyDealerView(msgspec.Struct, frozen=True, array_like=True, tag=23, gc=False):
    """The dealer's own picture of his table changed."""

    view: DealerView


PersonalEvent = MyBetsSettled | MyBetsVoided | MyBonus | MyDealerView

# ---------------------------------------------------------------- gateway: address "gateway/N"


class TableNews(msgspec.Struct, frozen=True, array_like=True, tag=40):
    """Events of one table, in order: the first has version first_version, the next one more. Told to every follower.

    audience: for whom; the events are as it sees them.
    """

    table_id: str
    epoch: int
    first_version: int
    events: list[TableEvent]
    audience: int = 0


class TableMissed(msgspec.Struct, frozen=True, array_like=True, tag=68):
    """Answers `TakeSeat` from the position that it told: nothing else has happened since.

    version: where the table is now; my_bets, can_repeat: as of that. events: from the position on, as far as they were
    wanted. results: what the player was told of his bets since then, and may have missed; others are not told again.
    """

    epoch: int
    version: int
    server_ms: int
    events: list[TableEvent]
    my_bets: list[PlacedBet]
    can_repeat: bool
    results: list[PersonalEvent]


class PersonalNews(msgspec.Struct, frozen=True, array_like=True, tag=41):
    """Something for one player; dropped where he is not connected (his next snapshot tells him)."""

    player_id: int
    event: PersonalEvent


class JackpotMeter(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a hit of this jackpot would pay now. Units: minor units of the currency of this code."""

    jackpot: int
    name: str
    currency: str
    amount_minor: int


class JackpotMeters(msgspec.Struct, frozen=True, array_like=True, tag=42):
    """All jackpots. Tells everything: one that is lost is made good by the next."""

    meters: list[JackpotMeter]


class SessionBegan(msgspec.Struct, frozen=True, array_like=True, tag=43, gc=False):
    """A player has a session on another gateway; an older one here ends. Told a few times, in case one is lost."""

    player_id: int
    session_id: str
    began_ms: int


GatewayMessage = TableNews | PersonalNews | JackpotMeters | SessionBegan

# ---------------------------------------------------------------- supervisor: address "supervisor/NAME"


class JournalGrew(msgspec.Struct, frozen=True, array_like=True, tag=60, gc=False):
    """A shard's journal is durable up to seq. A hint: the follower reads PostgreSQL from its own checkpoint."""

    shard: int
    seq: int


class JackpotHit(msgspec.Struct, frozen=True, array_like=True, tag=61, gc=False):
    """A game says that this player has hit this jackpot. To "supervisor/jackpot"; answered with `JackpotTaken`.

    hit_id: the game's own, once for each hit: asking again with it is how to learn what became of the hit.
    Refusals in order: ID_CLASS_FORBIDDEN (malformed), UNKNOWN_ACCOUNT (no such player number or shard), UNKNOWN_JACKPOT,
    ID_REUSED (for another jackpot or player), OUTCOME_UNKNOWN (it may be noted; ask again).
    """

    hit_id: bytes
    jackpot: int
    player_id: int
    shard: int


class JackpotTaken(msgspec.Struct, frozen=True, array_like=True, tag=67, gc=False):
    """The hit is durable as this jackpot's number hit. amount_minor 0: not frozen yet. paid: the winner has it."""

    jackpot: int
    hit: int
    amount_minor: int
    paid: bool


SupervisorMessage = JournalGrew | JackpotHit
