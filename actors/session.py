"""A player's connection as an actor: who he is, what he may do, which tables he sees, what he has and has won here.

Begins with each connection and keeps nothing that PostgreSQL does not know. What a client sees as one session of play (its
start, its net position, its personal stream) goes on from the one before, where that is still known. Takes domain-level
calls from the gateway, gives back facts, knows neither socket nor wire.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Final, NamedTuple

import msgspec

from actors.domain import commands, events, spins
from actors.domain.audiences import Audience, audience_of
from actors.domain.money import orders

#: A session with so many unanswered requests gets no more: what waits on behalf of one player is bounded.
MAX_PENDING: Final = 256
#: A session sees at most so many tables at once.
MAX_TABLES: Final = 16
#: The last settled bets of a session: they are told again after a restart and after an absence, and count once.
SETTLED_MAX: Final = 1024


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who the bearer of a token is. roles: any of "player", "dealer", "device", "staff". shard: of his wallet.

    ccy: the number of his currency in the books; currency and exponent: the same for people. expires_ms: of the token;
    a session that has begun lives on until its connection ends. login: which login the token comes from, "": not known;
    since_ms: when that was.
    """

    player_id: int
    name: str
    roles: tuple[str, ...]
    shard: int
    ccy: int
    currency: str
    exponent: int
    play_money: bool
    expires_ms: int
    login: str = ""
    since_ms: int = 0


class Denial(IntEnum):
    """What a session refuses by itself. Numbers and names equal those of the wire's registry."""

    FORBIDDEN = 202
    NOT_JOINED = 315
    BUSY = 500


class Purse(NamedTuple):
    """The player's money as the books have it at journal position seq of his shard. Minor units."""

    seq: int
    cash_minor: int
    escrow_minor: int


#: Answers and personal events that say what the player has.
_TELLS_MONEY: Final = frozenset(
    {
        orders.Done,
        commands.BetPlaced,
        commands.BetsTakenBack,
        commands.Acted,
        events.MyBetsSettled,
        events.MyBetsVoided,
        events.MyBonus,
    }
)

_DEALER_VERBS: Final = frozenset({"sit", "open", "close", "number", "confirm", "void", "card", "back", "shoe"})
_DEVICE_VERBS: Final = frozenset({"sit", "number", "card"})


class Session:
    """One player on one connection.

    Crash: it ends with its host, and the client connects again. Repeating: `apply_event` of a settlement that was
    applied before changes nothing. Full: above MAX_PENDING requests and MAX_TABLES tables the answer is BUSY.
    """

    __slots__ = (
        "_cash_minor",
        "_escrow_minor",
        "_purse_seq",
        "_settled",
        "_since_seq",
        "began_ms",
        "identity",
        "net_minor",
        "net_since_ms",
        "pending",
        "personal_seq",
        "plays",
        "seat",
        "session_id",
        "tables",
    )

    def __init__(self, identity: Identity, session_id: str, gateway: str, now_ms: int = 0) -> None:
        self.identity = identity
        self.began_ms = now_ms
        self.session_id = session_id
        self.seat = commands.Seat(identity.player_id, identity.name, identity.shard, gateway)
        self.plays = "player" in identity.roles
        self._purse_seq, self._cash_minor, self._escrow_minor = -1, 0, 0
        self.net_minor = 0
        self.net_since_ms = now_ms
        self.personal_seq = 0
        self.pending = 0
        self.tables: set[str] = set()
        #: By table and bet, oldest first: what is in net_minor, and whether it was told on this personal stream.
        self._settled: dict[tuple[str, bytes], bool] = {}
        #: Where the books were when net_minor began: rows up to there are in the money that was told then.
        self._since_seq = -1

    def __repr__(self) -> str:
        return f"Session({self.identity.name}, player {self.identity.player_id}, {len(self.tables)} tables)"

    @property
    def purse(self) -> Purse:
        """His money, as far as it is known; seq -1: not at all."""
        return Purse(self._purse_seq, self._cash_minor, self._escrow_minor)

    @property
    def started_ms(self) -> int:
        """When this session of play began: with the login, over all its connections."""
        return self.identity.since_ms or self.net_since_ms

    # ------------------------------------------------------------------ what he may do

    def check_pending(self) -> Denial | None:
        """Refuse one more unanswered request: BUSY."""
        return Denial.BUSY if self.pending >= MAX_PENDING else None

    def check_play(self, table_id: str) -> Denial | None:
        """Refuse an order of a player at a table. In order: FORBIDDEN, NOT_JOINED, BUSY."""
        if not self.plays:
            return Denial.FORBIDDEN
        if table_id not in self.tables:
            return Denial.NOT_JOINED
        return Denial.BUSY if self.pending >= MAX_PENDING else None

    def check_instant(self) -> Denial | None:
        """Refuse an order of a player at an instant game. In order: FORBIDDEN, BUSY."""
        return self.check_pending() if self.plays else Denial.FORBIDDEN

    def check_deal(self, verb: str) -> Denial | None:
        """Refuse an order of a dealer or device. In order: FORBIDDEN, BUSY."""
        allowed = _DEALER_VERBS if self.is_dealer else _DEVICE_VERBS if self.is_device else frozenset()
        if verb not in allowed:
            return Denial.FORBIDDEN
        return self.check_pending()

    def check_join(self, table_id: str) -> Denial | None:
        """Refuse to see one more table: BUSY."""
        if len(self.tables) >= MAX_TABLES and table_id not in self.tables:
            return Denial.BUSY
        return self.check_pending()

    @property
    def audience(self) -> Audience:
        """What he is at every table."""
        return audience_of(self.identity.roles)

    @property
    def is_dealer(self) -> bool:
        return "dealer" in self.identity.roles

    @property
    def is_device(self) -> bool:
        """Tell whether the bearer is a sensor and not a person who deals."""
        return "device" in self.identity.roles and not self.is_dealer

    # ------------------------------------------------------------------ what he learns

    def apply_answer(self, answer: Any) -> None:
        """Fold an actor's answer: the money it tells, if any (an act that put nothing down tells none)."""
        if type(answer) in _TELLS_MONEY and answer.seq > 0:
            self.learn_purse(answer.seq, answer.cash_minor, answer.escrow_minor)

    def learn_purse(self, seq: int, cash_minor: int, escrow_minor: int) -> None:
        """Keep what the books say, unless something later is known already: answers overtake each other."""
        known = self._purse_seq
        if known < 0:
            self._since_seq = seq
        if seq >= known:
            self._purse_seq, self._cash_minor, self._escrow_minor = seq, cash_minor, escrow_minor

    def apply_spin(self, game: str, spin: spins.SpinDone) -> None:
        """Fold a round of an instant game; one that was told before changes nothing.

        Nor does one that is older than this count: whoever asks again after a reload has it in his balance already.
        """
        if spin.seq > self._since_seq:
            self._count((game, spin.spin_id), spin.payout_minor - spin.stake_minor)
        self.learn_purse(spin.seq, spin.cash_minor, spin.escrow_minor)

    def apply_event(self, event: events.PersonalEvent) -> int | None:
        """Fold a personal event and return its number on this session's stream; None: nothing in it is new."""
        if isinstance(event, events.MyBetsSettled) and not self._apply_settlement(event):
            return None
        self.apply_answer(event)
        return self.next_personal_seq()

    def next_personal_seq(self) -> int:
        """Return the number of the next push on the personal stream, dense from 1."""
        self.personal_seq += 1
        return self.personal_seq

    def go_on_from(self, older: Session, *, recovered: bool) -> None:
        """Be the same session of play as an older one of this player.

        recovered: its personal stream goes on too, under its id. If not, what it told counts as untold: the client may not
        have got it.
        """
        self.net_minor, self.net_since_ms, self._since_seq = older.net_minor, older.net_since_ms, older._since_seq
        self.learn_purse(*older.purse)
        self._settled = {bet: recovered and told for bet, told in older._settled.items()}
        if recovered:
            self.session_id, self.personal_seq = older.session_id, older.personal_seq

    def _apply_settlement(self, event: events.MyBetsSettled) -> bool:
        """Add the bets not counted before to the net position; False if all were told before."""
        fresh, table_id, settled = not event.bets, event.table_id, self._settled
        for bet in event.bets:
            key = (table_id, bet.bet_id)
            told = settled.pop(key, None)
            if told is None:
                self.net_minor += bet.payout_minor - bet.stake_minor
            if not told:
                fresh = True
            settled[key] = True
        self._forget_oldest()
        return fresh

    def _count(self, key: tuple[str, bytes], net_minor: int) -> None:
        """Add a round of an instant game to the net position, once."""
        if self._settled.pop(key, None) is None:
            self.net_minor += net_minor
        self._settled[key] = True
        self._forget_oldest()

    def _forget_oldest(self) -> None:
        settled = self._settled
        while len(settled) > SETTLED_MAX:
            del settled[next(iter(settled))]
