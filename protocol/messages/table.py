"""Messages of a table (tags 30 - 59).

Ids are 16 bytes in UUIDv7 layout, made by whoever gives the order. A client's are of origin class 0: byte 6 is 0x70.
Positions are whole numbers, by the game's rules: `GET /api/games/{name}`. All stakes are minor units of the table's currency.
"""

from __future__ import annotations

import msgspec

from protocol.messages.plays import Coup, Flight, Hands
from protocol.messages.session import Money


class Chip(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A stake on one position. In one bet a position may stand more than once; equal positions are added up."""

    position: int
    stake_minor: int


class Call(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An announced bet. name: "voisins" (9 units), "tiers" (6 units) or "orphelins" (5 units)."""

    name: str
    unit_minor: int


class JoinTable(msgspec.Struct, frozen=True, array_like=True, tag=30, gc=False):
    """Takes a seat, or takes it again. Answered with `TableResumed` or a fresh `TableSnapshot`; the stream's pushes follow.

    epoch, version: what the client has and can go on from; 0, 0: nothing.
    """

    table_id: str
    epoch: int = 0
    version: int = 0


class Bet(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One accepted bet of mine in the current round."""

    bet_id: bytes
    chips: list[Chip]
    stake_minor: int


class Limits(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Per-position limits by kind of position, and for the whole layout.

    max_by_size: by class of position, the most one player may have on one position of it. Roulette: a position that
    covers k numbers is of class k (1, 2, 3, 4, 6, 12, 18). Baccarat: each position is its own class. Blackjack: the kind of
    bet (position % 10). Crash: all are of class 1.
    """

    min_stake_minor: int
    max_table_minor: int
    max_by_size: dict[int, int]


class SeatBets(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What one player has on the layout, as everyone at the table may see it: replaces what was shown for `name`.

    Only the first 60 who bet in a round are shown. stake_minor 0: nothing any more.
    """

    name: str
    stake_minor: int
    chips: list[Chip]


class TableSnapshot(msgspec.Struct, frozen=True, array_like=True, tag=31):
    """Everything a client must know to show the table; the pushes of stream `stream` with seq > `version` change it.

    phase: "idle" (no round), "betting", "closed" (no more bets, no result yet), "playing" (see flight, hands, coup),
    "result" (decided, being settled), "paused" (no rounds for now).
    round_id, round_no: empty bytes and 0 when phase is "idle" or "paused".
    opens_ms, closes_ms: the betting window by the server's clock; 0 when there is no window, closes_ms 0 for a live
    round that the dealer closes. number: the outcome in phase "result", else -1; detail: the rest of it (cards), by the
    game's rules. history: the last numbers, newest first, at most 50. my_bets: my accepted bets in this round, oldest first.
    can_repeat: I had bets in the last round of mine that was settled.
    dealer: who deals (live tables), else "". started_ms: when this session of play began.
    entered, source: a number that is entered and not confirmed, and by whom; only for dealers and staff, else -1 and "".
    game: as in the lobby. commitment: what the round's outcome was committed to before it opened; "" where a dealer makes it.
    flight, hands, coup: what is being played, in phase "playing" and until the round ends; at most one of each.
    """

    stream: int
    epoch: int
    version: int
    info_table_id: str
    title: str
    kind: str
    currency: str
    limits: Limits
    phase: str
    round_id: bytes
    round_no: int
    opens_ms: int
    closes_ms: int
    server_ms: int
    number: int
    history: list[int]
    seats: list[SeatBets]
    my_bets: list[Bet]
    can_repeat: bool
    money: Money
    net_minor: int
    rules_version: str
    dealer: str = ""
    started_ms: int = 0
    entered: int = -1
    source: str = ""
    game: str = "roulette"
    detail: list[int] = []
    commitment: str = ""
    flight: list[Flight] = []
    hands: list[Hands] = []
    coup: list[Coup] = []


class NumberEntered(msgspec.Struct, frozen=True, array_like=True, tag=47, gc=False):
    """Table push, for dealers and staff only: what the wheel shows, not confirmed. source: "manual" or "sensor".

    Where cards are dealt: what they come to, source "cards"; number -1, source "": a card was taken back.

    For everyone else this version is `Skipped`.
    """

    round_id: bytes
    number: int
    source: str


class TableResumed(msgspec.Struct, frozen=True, array_like=True, tag=49):
    """Answers a `JoinTable` that told a version: all that was missed follows, nothing else was.

    Next on stream `stream` come the pushes from the version that JoinTable told, without a hole, up to `version` and on.
    my_bets, can_repeat, money, net_minor: as in `TableSnapshot`, as of `version`: they hold once that push is applied.
    """

    table_id: str
    stream: int
    epoch: int
    version: int
    server_ms: int
    my_bets: list[Bet]
    can_repeat: bool
    money: Money
    net_minor: int
    started_ms: int


class LeaveTable(msgspec.Struct, frozen=True, array_like=True, tag=32, gc=False):
    """Stops the table's pushes. Accepted bets stay and are settled."""

    table_id: str


class LeftTable(msgspec.Struct, frozen=True, array_like=True, tag=33, gc=False):
    """Answers `LeaveTable`."""

    table_id: str


class PlaceBets(msgspec.Struct, frozen=True, array_like=True, tag=34, gc=False):
    """Places a batch of chips: all or nothing, one stake, one id.

    Send it unchanged until it is answered; the same bet_id always has the same answer.
    """

    table_id: str
    round_id: bytes
    bet_id: bytes
    chips: list[Chip]
    calls: list[Call] = []


class RepeatBets(msgspec.Struct, frozen=True, array_like=True, tag=35, gc=False):
    """Places once more what I had in my last settled round at this table."""

    table_id: str
    round_id: bytes
    bet_id: bytes


class DoubleBets(msgspec.Struct, frozen=True, array_like=True, tag=36, gc=False):
    """Places once more all that I have on the layout now."""

    table_id: str
    round_id: bytes
    bet_id: bytes


class BetsAccepted(msgspec.Struct, frozen=True, array_like=True, tag=37, gc=False):
    """Answers `PlaceBets`, `RepeatBets` and `DoubleBets`: the stake is reserved in the books, durably.

    received_ms: when the server got the order, by its clock.
    """

    table_id: str
    round_id: bytes
    bet: Bet
    received_ms: int
    money: Money


class UndoBets(msgspec.Struct, frozen=True, array_like=True, tag=38, gc=False):
    """Takes bets back before betting closes. bet_ids: which; empty: all of mine in this round."""

    table_id: str
    round_id: bytes
    command_id: bytes
    bet_ids: list[bytes] = []


class BetsUndone(msgspec.Struct, frozen=True, array_like=True, tag=39, gc=False):
    """Answers `UndoBets`: the stakes are available again."""

    table_id: str
    round_id: bytes
    bet_ids: list[bytes]
    returned_minor: int
    money: Money


class RoundOpened(msgspec.Struct, frozen=True, array_like=True, tag=40, gc=False):
    """Table push: a round takes bets until closes_ms (0: until the dealer closes it). phase becomes "betting".

    commitment: SHA-256 (hex) of the text of the seed that decides this round; "" where a dealer does.
    """

    round_id: bytes
    round_no: int
    opens_ms: int
    closes_ms: int
    server_ms: int
    commitment: str = ""


class TableBets(msgspec.Struct, frozen=True, array_like=True, tag=41):
    """Table push: what these players have on the layout now. Gathers the changes of 200 ms, of more where over 500 look on."""

    round_id: bytes
    seats: list[SeatBets]


class BetsClosed(msgspec.Struct, frozen=True, array_like=True, tag=42, gc=False):
    """Table push: no more bets. phase becomes "closed"."""

    round_id: bytes


class RoundResult(msgspec.Struct, frozen=True, array_like=True, tag=43):
    """Table push: the outcome, already durable together with every payout. phase becomes "result".

    detail: the rest of the outcome, by the game's rules. seed: what was committed to, so that everybody can check; "" where
    a dealer made the outcome.
    """

    round_id: bytes
    number: int
    detail: list[int] = []
    seed: str = ""


class Winner(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Someone who was paid. payout_minor includes the winning stake."""

    name: str
    payout_minor: int


class RoundSettled(msgspec.Struct, frozen=True, array_like=True, tag=44):
    """Table push: every bet is settled in the books. winners: at most 20, the largest first. phase becomes "idle"."""

    round_id: bytes
    winners: list[Winner]
    next_opens_ms: int


class RoundVoided(msgspec.Struct, frozen=True, array_like=True, tag=45, gc=False):
    """Table push: the round does not count; every stake goes back. phase becomes "idle"."""

    round_id: bytes
    reason: str


class TablePaused(msgspec.Struct, frozen=True, array_like=True, tag=46, gc=False):
    """Table push: phase becomes "paused" (paused) or "idle" (not paused). dealer: who deals now."""

    paused: bool
    reason: str
    dealer: str = ""


class SettledBet(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One of my bets after the round. payout_minor includes the stake of winning chips; 0: lost."""

    bet_id: bytes
    stake_minor: int
    payout_minor: int


class BetsSettled(msgspec.Struct, frozen=True, array_like=True, tag=50):
    """Personal push: my bets of a round are settled in the books."""

    table_id: str
    round_id: bytes
    number: int
    bets: list[SettledBet]
    stake_minor: int
    payout_minor: int
    money: Money
    net_minor: int


class BetsVoided(msgspec.Struct, frozen=True, array_like=True, tag=51):
    """Personal push: these bets do not count; the stakes are available again. reason: a stable word."""

    table_id: str
    round_id: bytes
    bet_ids: list[bytes]
    returned_minor: int
    reason: str
    money: Money
