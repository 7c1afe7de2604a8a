"""What a game is to the rest of the house. Pure: entropy comes in as `Draws`, dealers' events as numbers.

| kind of game | what happens between "no more bets" and the result | examples |
| --- | --- | --- |
| `TableGame` | nothing: one draw, or what a dealer saw | roulette, baccarat |
| `PlayGame` | players act, or the clock does, in a `Play` | crash, blackjack |
| `InstantGame` | there is no table: one order, one draw, one row in the books | slot |

Stakes lie on *positions*, whole numbers that only the game understands; they stand in the journal's plans for ever.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Protocol

import msgspec

from actors.domain.commands import CallStake, ChipStake, Refused
from actors.domain.plays import PlayView


class Draws(Protocol):
    """A stream of unbiased whole numbers: the house's generator, or one that a player can verify (`draws.py`)."""

    def below(self, n: int) -> int:
        """Return a whole number in 0 .. n-1, each as likely as any other. Shape: n in 1 .. 2^32."""
        ...


class Outcome(msgspec.Struct, frozen=True, array_like=True):
    """What a round came to. number: what the history shows, 0 .. 2^53. detail: all else, by the game's own rules."""

    number: int
    detail: tuple[int, ...] = ()


class BetLimits(msgspec.Struct, frozen=True):
    """Limits of one player in one round. Minor units.

    min_stake_minor: of each position in one bet. max_by_size: the game's class of position -> the most on one position of
    it (roulette: by how many numbers it covers). max_table_minor: the most on the whole layout. max_chips: chips and
    announced bets in one order.
    """

    min_stake_minor: int
    max_table_minor: int
    max_by_size: dict[int, int]
    max_chips: int = 200


class BetReturn(msgspec.Struct, frozen=True):
    """The theoretical return of one kind of bet: exact, of one unit staked, stake included.

    name: as in the published paytable. positions: how many positions are such bets. variance: of the return of one unit.
    """

    name: str
    positions: int
    rtp: Fraction
    variance: Fraction


class Game(Protocol):
    """What every game tells of itself."""

    name: str
    #: "NAME-VARIANT-N:HASH": stored with every round. The hash is SHA-256 over the canonical JSON of the rules, cut.
    rules_version: str
    #: The least time from one round's opening to the next (ms); a table's settings may only make it longer.
    min_cycle_ms: int

    def export_rules(self) -> dict[str, Any]:
        """Return all that a player must know before he stakes: game, rules_version, rules_hash, paytable, rtp, text.

        Shape: JSON values only; fractions as "a/b". text: paragraphs of plain English, the rules page.
        """
        ...

    def returns(self) -> list[BetReturn]:
        """Return what is published of each bet's return. `make rtp` computes it anew and compares."""
        ...


class TableGame(Game, Protocol):
    """A game of rounds at a table: bets, one outcome, payouts. All methods are pure and deterministic."""

    def check_shape(self, chips: Sequence[ChipStake], calls: Sequence[CallStake], max_chips: int) -> Refused | None:
        """Refuse what no table of this game could take: UNKNOWN_POSITION, UNKNOWN_CALL, STAKE_INVALID, TOO_MANY_CHIPS."""
        ...

    def expand(self, chips: Sequence[ChipStake], calls: Sequence[CallStake]) -> dict[int, int]:
        """Return stake by position: announced bets expanded, equal positions added up. `check_shape` ran first."""
        ...

    def check_limits(
        self, limits: BetLimits, stakes: Mapping[int, int], held: Mapping[int, int], held_minor: int
    ) -> Refused | None:
        """Refuse stakes beside what the player holds already: STAKE_BELOW_MINIMUM, STAKE_ABOVE_MAXIMUM, TABLE_LIMIT, ..."""
        ...

    def name_of(self, position: int) -> str:
        """Return what people call this position."""
        ...

    def seat_of(self, position: int) -> int | None:
        """Return the seat that a stake on this position takes for its player alone in this round; None: it takes none."""
        ...

    def draw(self, draws: Draws) -> Outcome:
        """Return the outcome of a round without a dealer. Takes the same numbers from the same stream, always."""
        ...

    def seen(self, numbers: Sequence[int]) -> Outcome | None:
        """Return the outcome that a dealer saw (a pocket; cards in the order dealt), or None where it cannot be one."""
        ...

    def payout(self, position: int, stake_minor: int, outcome: Outcome) -> int:
        """Return what a stake on this position pays, stake included, rounded down to minor units; 0 if lost."""
        ...


class PlayBet(msgspec.Struct, frozen=True, array_like=True):
    """One accepted bet in a play. reservation_id: of its stake. chips: (position, stake in minor units)."""

    shard: int
    reservation_id: bytes
    player_id: int
    name: str
    stake_minor: int
    chips: tuple[tuple[int, int], ...]


class Step(msgspec.Struct, frozen=True, array_like=True):
    """Something that happened in a play, durable before anyone hears of it. Plays are replayed from their steps.

    at_ms: when, by the server's clock (of an order: when a gateway received it). player_id 0: the clock did it, by rule.
    command_id: the order's, empty of a clock's step. reservation_id: of the bet that it is about. added: the bet whose
    stake this step put down beside it (double, split, insurance; its reservation_id is the command_id), or None.
    """

    at_ms: int
    player_id: int
    command_id: bytes
    reservation_id: bytes
    action: str
    value: int = 0
    added: PlayBet | None = None


class Play(Protocol):
    """A round between its last bet and its result. The same stream, bets and steps always give the same state."""

    def check(self, step: Step) -> Refused | int:
        """Return the stake that this step puts down beside the bet (minor units, 0: none), or why it may not be.

        Refusals in order: BET_NOT_FOUND (not the player's, or not in play), ACTION_INVALID (unknown, or not now),
        NOT_YOUR_TURN, TOO_LATE. Nothing changes.
        """
        ...

    def apply(self, step: Step) -> None:
        """Take in a step that `check` let pass, or one that `due` gave."""
        ...

    def told(self, step: Step) -> int:
        """Return what its player is told of an applied step besides "done" (crash: the multiplier in hundredths), or 0."""
        ...

    def due_ms(self) -> int:
        """Return when the clock does something next, if nobody else does anything; 0: now; -1: the play is over."""
        ...

    def due(self, now_ms: int) -> list[Step]:
        """Return the steps that the clock does by rule up to now, in order. Each must be applied before more is asked."""
        ...

    def resumed(self, now_ms: int) -> list[Step]:
        """Return the steps that the published rules take for a play that was interrupted, and goes on from now."""
        ...

    def view(self) -> PlayView:
        """Return what everybody at the table may see. Nothing hidden is in it."""
        ...

    def outcome(self) -> Outcome:
        """Return what the round came to. Only when the play is over."""
        ...

    def payouts(self) -> list[tuple[PlayBet, int]]:
        """Return every bet, added ones included, and what it pays, stake included; -1: it is void, the stake goes back."""
        ...


class PlayGame(TableGame, Protocol):
    """A game in which something happens between the last bet and the result. `draw`, `seen` and `payout` are unused."""

    def start(self, draws: Draws, bets: Sequence[PlayBet], began_ms: int) -> Play:
        """Begin a play. began_ms: when betting was over, durably."""
        ...


class Spin(msgspec.Struct, frozen=True, array_like=True):
    """What an instant game came to. payout_minor: all of it, stake included where it comes back."""

    outcome: Outcome
    payout_minor: int


class InstantGame(Game, Protocol):
    """A game of one order: stake, draw, payout."""

    def check_stake(self, stake_minor: int) -> Refused | None:
        """Refuse a stake that is no bet of this game: STAKE_INVALID, STAKE_BELOW_MINIMUM, STAKE_ABOVE_MAXIMUM."""
        ...

    def spin(self, draws: Draws, stake_minor: int) -> Spin:
        """Play one round to its end, free spins and all."""
        ...
