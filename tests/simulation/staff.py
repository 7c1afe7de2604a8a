"""The cashier's desk and the back office: every order that a wallet takes, given well and badly, from the seed.

Each order is an errand: it is sent again unchanged until its answer decides it, through lost answers and dead hosts.
Beside that, on purpose: the same order twice at once, old orders again, ids used for something else, voids before their
stakes, ids from the past, from the future and of the wrong class, amounts that no books can hold.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from actors.domain.commands import Refused
from actors.domain.ids import Origin, derive_id, make_id
from actors.domain.money.accounts import Kind
from actors.domain.money.orders import (
    Adjust,
    CancelWithdrawal,
    CompleteWithdrawal,
    ConvertBonus,
    DefineJackpot,
    Deposit,
    Done,
    Exchange,
    Fenced,
    FenceTable,
    ForfeitBonus,
    Funding,
    GrantBonus,
    JackpotTerms,
    MoveJackpot,
    OpenAccount,
    PayJackpot,
    ReadMoney,
    ReadReservation,
    RequestWithdrawal,
    Reserve,
    Settle,
    TransferOut,
    Void,
    Wager,
)
from actors.domain.refusals import Refusal
from tests.simulation.world import Host, World

SHARDS: Final = 2
#: Players whom nobody but the desk knows, besides those at the tables.
OWN_PLAYERS: Final = (11, 12, 13, 14)
WELCOME_MINOR: Final = 60_000
DESK: Final = "desk"
ROUND: Final = make_id(1, Origin.TABLE, bytes(9))
TERMS: Final = {1: JackpotTerms(1, 1, 100), 2: JackpotTerms(1, 7, 300, 400), 3: JackpotTerms(2, 1, 7)}
DAY_MS: Final = 86_400_000
_AGAIN: Final = frozenset((Refusal.BUSY, Refusal.DRAINING, Refusal.OUTCOME_UNKNOWN))

Then = Callable[[Any], None]


class Cashier:
    """Everybody who gives wallets orders without a table. `is_done`: nothing waits for its answer any more."""

    def __init__(self, world: World, bank: Host, key: bytes, players: Sequence[int]) -> None:
        self.world = world
        self.rng = world.rng
        self._bank = bank
        self._key = key
        self._players = [*players, *OWN_PLAYERS]
        self._waiting: dict[int, Any] = {}
        self._errands = 0
        self._past: list[tuple[int, Any]] = []
        self._epoch = dict.fromkeys(range(SHARDS), 1)
        self._hits = 0
        self._acting = True
        self._acts = (
            *((self._deposit, 3), (self._withdraw, 4), (self._wager, 6), (self._stake, 8), (self._early_void, 3)),
            *((self._bonus, 4), (self._jackpot, 5), (self._exchange, 2), (self._adjust, 2), (self._transfer, 4)),
            *((self._fence, 1), (self._old_again, 4), (self._reuse, 3), (self._odd_id, 5), (self._odd_form, 4)),
            *((self._ask, 4), (self._race, 2)),
        )

    @property
    def is_done(self) -> bool:
        return not self._waiting

    @property
    def waiting(self) -> str:
        """Say what has no answer yet."""
        return ", ".join(sorted({type(order).__name__ for order in self._waiting.values()}))

    def start(self) -> None:
        """Open the accounts, pay everybody in, define the jackpots, begin to act."""
        for player in self._players:
            for ccy in (1, 2):
                opened = OpenAccount(self._id(Origin.CASHIER), player, ccy)
                paid = Deposit(self._id(Origin.CASHIER), player, ccy, WELCOME_MINOR)
                self._do(player % SHARDS, opened, self._then(player % SHARDS, paid))
        for shard in range(SHARDS):
            for jackpot, terms in TERMS.items():
                self._do(shard, DefineJackpot(self._id(Origin.STAFF), jackpot, terms))
        self._later(1.0, self._act)

    def stop(self) -> None:
        """Begin nothing new; what was begun is brought to its end."""
        self._acting = False

    def _act(self) -> None:
        if self._acting:
            self._later(self.rng.expovariate(1 / 0.12), self._act)
            acts, weights = zip(*self._acts, strict=True)
            self.rng.choices(acts, weights)[0]()

    # ---------------------------------------------------------------- errands

    def _do(self, shard: int, order: Any, then: Then = lambda answer: None) -> None:
        """Give an order until it is decided, then go on."""
        self._errands += 1
        self._waiting[self._errands] = order
        self._send(self._errands, shard, order, then)
        self.world.counts["orders of staff"] += 1
        if self.world.chance(0.1):
            self.world.counts["staff order doubled"] += 1
            self._later(self.rng.uniform(0, 0.5), lambda: self._do(shard, order))

    def _send(self, errand: int, shard: int, order: Any, then: Then) -> None:
        def take(replies: Sequence[Any]) -> None:
            answer = replies[0]
            if isinstance(answer, Done | Fenced) or (isinstance(answer, Refused) and answer.code not in _AGAIN):
                del self._waiting[errand]
                self._past.append((shard, order))
                if isinstance(answer, Refused):
                    self.world.counts[f"wallet refused {Refusal(answer.code).name}"] += 1
                then(answer)
            else:
                self._later(self.rng.uniform(0.05, 0.4), lambda: self._send(errand, shard, order, then))

        life = self._bank.life
        if life is None:
            self._later(0.1, lambda: self._send(errand, shard, order, then))
        else:
            life.run(life.post.ask, f"wallet/{shard}", [order], take, self.rng.choice((0.3, 2.0, 5.0)))

    def _later(self, delay_s: float, call: Callable[[], None]) -> None:
        self.world.loop.call_later(delay_s, call, context=contextvars.Context())

    def _id(self, origin: Origin, ago_ms: int = 0) -> bytes:
        return make_id(self.world.now_ms() - ago_ms, origin, self.rng.randbytes(9))

    def _someone(self) -> tuple[int, int]:
        player = self.rng.choice(self._players)
        return player, player % SHARDS

    # ---------------------------------------------------------------- players' money

    def _deposit(self) -> None:
        player, shard = self._someone()
        self._do(shard, Deposit(self._id(Origin.CASHIER), player, self.rng.choice((1, 2)), self.rng.randint(1, 20_000)))

    def _withdraw(self) -> None:
        player, shard = self._someone()
        wanted = RequestWithdrawal(self._id(Origin.CASHIER), player, 1, self.rng.choice((1, 3_000, 50_000, 10**6)))
        complete = CompleteWithdrawal(self._id(Origin.CASHIER), wanted.cmd_id, player, "psp")
        cancel = CancelWithdrawal(self._id(Origin.CASHIER), wanted.cmd_id, player, 1, "changed his mind")
        ends = self.rng.choice(((complete,), (cancel,), (complete, cancel), (cancel, complete)))
        if self.world.chance(0.1):
            self._do(shard, ends[0])  # before the request
            ends = (*ends, msgspec.structs.replace(cancel, cmd_id=self._id(Origin.CASHIER)))
        self._do(shard, wanted, lambda answer: self._all(shard, ends))

    def _then(self, shard: int, order: Any) -> Then:
        """Give another order once the first is decided."""
        return lambda answer: self._do(shard, order)

    def _all(self, shard: int, orders: Sequence[Any]) -> None:
        for order in orders:
            self._do(shard, order)

    def _exchange(self) -> None:
        player, shard = self._someone()
        ccy, to_ccy = self.rng.choice(((1, 2), (2, 1)))
        amounts = self.rng.choice((10, 9_000, 10**6)), self.rng.randint(1, 9_000)
        self._do(shard, Exchange(self._id(Origin.CASHIER), player, ccy, amounts[0], to_ccy, amounts[1]))

    def _adjust(self) -> None:
        player, shard = self._someone()
        amount = self.rng.choice((500, -500, -(10**7)))
        approved_by = self.rng.choice((2, 2, 1))
        self._do(shard, Adjust(self._id(Origin.STAFF), player, 1, amount, "goodwill", 1, approved_by))

    def _bonus(self) -> None:
        player, shard = self._someone()
        wagering = self.rng.choice((1_000, 4_000, 20_000))
        order = self.rng.choice(
            (
                GrantBonus(self._id(Origin.STAFF), player, 1, self.rng.randint(100, 5_000), 0, wagering),
                GrantBonus(self._id(Origin.STAFF), player, 1, self.rng.randint(100, 5_000), 0, wagering),
                ConvertBonus(self._id(Origin.STAFF), player, 1, "waived"),
                ForfeitBonus(self._id(Origin.BONUS), player, 1, "left"),
            )
        )
        self._do(shard, order)

    # ---------------------------------------------------------------- stakes

    def _wager(self) -> None:
        player, shard = self._someone()
        rng = self.rng
        self._do(
            shard,
            Wager(
                *(self._id(Origin.CLIENT), player, 1, rng.choice((1, 150, 2_000))),
                *(rng.choice((0, 0, 0, 40, 4_000)), ROUND, DESK, self._epoch[shard] - self.world.chance(0.05)),
                *(rng.randbytes(8), rng.choice((0, 1, 1, 2, 2, 3, 9)), rng.choice(list(Funding))),
            ),
        )

    def _reserve(self) -> tuple[int, Reserve]:
        player, shard = self._someone()
        amount, funding = self.rng.choice((1, 333, 4_000, 10**6)), self.rng.choice(list(Funding))
        id_ = self._id(Origin.CLIENT, self.rng.choice((0, 0, 0, 150_000, DAY_MS)))
        epoch = self._epoch[shard] - self.world.chance(0.05)
        return shard, Reserve(id_, player, 1, amount, ROUND, DESK, epoch, funding)

    def _stake(self) -> None:
        shard, stake = self._reserve()
        payout = self.rng.choice((0, stake.amount_minor // 2, stake.amount_minor * 3))
        ends = self.rng.choice(((1,), (1,), (2,), (1, 2), (2, 1), (1, 3)))
        orders = [self._end(stake, kind, payout) for kind in ends]
        back = self._end(stake, 2, 0)  # where the books cannot hold the payout

        def end(answer: Any) -> None:
            for order in orders:
                self._do(shard, order, lambda answer: self._do(shard, back) if isinstance(answer, Refused) else None)

        self._do(shard, stake, lambda answer: self._later(self.rng.uniform(0, 1), lambda: end(answer)))

    def _end(self, stake: Reserve, kind: int, payout: int) -> Settle | Void:
        id_, player = stake.cmd_id, stake.player_id
        if kind == 2:
            return Void(derive_id(self._key, id_, Origin.VOID, "desk"), id_, player, 1, ROUND)
        jackpot = self.rng.choice((0, 0, 1, 2))
        return Settle(derive_id(self._key, id_, Origin.SETTLE, "desk", kind), id_, player, payout, ROUND, jackpot)

    def _early_void(self) -> None:
        shard, stake = self._reserve()
        self.world.counts["void before its stake"] += 1
        self._do(shard, self._end(stake, 2, 0))
        self._later(self.rng.uniform(0, 0.3), lambda: self._do(shard, stake))

    def _race(self) -> None:
        """Many stakes at once for about all that the player has."""
        player, shard = self._someone()
        for _ in range(4):
            id_ = self._id(Origin.CLIENT)
            stake = Reserve(id_, player, 1, self.rng.randint(5_000, 30_000), ROUND, DESK, self._epoch[shard])
            self._do(shard, stake, self._then(shard, self._end(stake, 2, 0)))

    def _fence(self) -> None:
        shard = self.rng.randrange(SHARDS)
        self._epoch[shard] += 1
        epoch = self._epoch[shard] - self.rng.choice((0, 0, 1, 2))
        self._do(shard, FenceTable(self._id(Origin.TABLE), DESK, epoch))

    # ---------------------------------------------------------------- the house

    def _jackpot(self) -> None:
        shard, kind = self.rng.randrange(SHARDS), self.rng.randrange(4)
        jackpot = self.rng.choice((1, 2, 2))
        if kind == 0:
            other = msgspec.structs.replace(TERMS[jackpot], rate_num=self.rng.choice((TERMS[jackpot].rate_num, 5)))
            self._do(shard, DefineJackpot(self._id(Origin.STAFF), jackpot, other))
        elif kind == 1:
            player, shard = self._someone()
            self._hits += 1
            parent = make_id(self.world.now_ms(), Origin.JACKPOT, self._hits.to_bytes(9, "big"))
            id_ = derive_id(self._key, parent, Origin.JACKPOT, "pay")
            self._do(shard, PayJackpot(id_, player, 1, jackpot, self._hits, self.rng.choice((1, 50, 10**8))))
        else:
            moves = ((Kind.JACKPOT_SEED, Kind.JACKPOT_POOL), (Kind.JACKPOT_SEED, Kind.JACKPOT_RESERVE))
            more = ((Kind.JACKPOT_RESERVE, Kind.JACKPOT_POOL), (Kind.JACKPOT_OVERFLOW, Kind.JACKPOT_RESERVE))
            wrong = (Kind.JACKPOT_POOL, Kind.JACKPOT_SEED)
            source, target = self.rng.choice((*moves, *more, wrong))
            amount = self.rng.choice((10, 500, 10**7))
            self._do(shard, MoveJackpot(self._id(Origin.STAFF), jackpot, 1, source, target, amount))

    def _transfer(self) -> None:
        shard = self.rng.randrange(SHARDS)
        kind, part = self.rng.choice(((Kind.JACKPOT_POOL, 1), (Kind.JACKPOT_OVERFLOW, 2), (Kind.POT_CLEARING, 0)))
        amount = self.rng.choice((5, 100, 10**6))
        peer = 1 - shard if not self.world.chance(0.05) else shard
        self._do(shard, TransferOut(self._id(Origin.STAFF), 1, kind, part, amount, peer))

    # ---------------------------------------------------------------- what must change nothing

    def _old_again(self) -> None:
        if self._past:
            self.world.counts["staff order again later"] += 1
            self._do(*self.rng.choice(self._past))

    def _reuse(self) -> None:
        if not self._past:
            return
        shard, order = self.rng.choice(self._past)
        for field, other in (("amount_minor", 77), ("stake_minor", 77), ("payout_minor", 78), ("reason", "other")):
            if getattr(order, field, None) not in (None, other):
                self.world.counts["id for something else"] += 1
                self._do(shard, msgspec.structs.replace(order, **{field: other}))
                return

    def _odd_id(self) -> None:
        player, shard = self._someone()
        ago_ms = self.rng.choice((125_000, 10 * DAY_MS, 29 * DAY_MS, 31 * DAY_MS, 70 * DAY_MS, -200_000, -400_000))
        self.world.counts["id from the past" if ago_ms > 0 else "id from the future"] += 1
        order = Deposit(self._id(Origin.CASHIER, ago_ms), player, 1, self.rng.randint(1, 99))
        self._do(shard, order, lambda answer: self._do(shard, order))

    def _odd_form(self) -> None:
        player = self.rng.choice(OWN_PLAYERS)  # with 2^62 at a table there is no room for winnings
        shard = player % SHARDS
        good = Deposit(self._id(Origin.CASHIER), player, 1, 5)
        fields = self.rng.choice(
            (
                *({"amount_minor": 0}, {"amount_minor": -5}, {"amount_minor": 2**62}, {"amount_minor": 2**62 - 1}),
                *({"player_id": 999}, {"player_id": 0}, {"player_id": 2**46 + 5}, {"ccy": 9}, {"ccy": 3}),
                *({"cmd_id": self._id(Origin.CLIENT)}, {"cmd_id": b"short"}, {"psp_ref": "x" * 201}),
            )
        )
        self._do(shard, msgspec.structs.replace(good, **fields))

    def _ask(self) -> None:
        life = self._bank.life
        if life is None:
            return
        player, shard = self._someone()
        question: Any = ReadMoney(player, 1)
        stakes = [order for at, order in self._past[-40:] if at == shard and isinstance(order, Reserve)]
        if stakes and self.world.chance(0.6):
            question = ReadReservation(self.rng.choice(stakes).cmd_id)
        life.run(life.post.ask, f"wallet/{shard}", [question], lambda replies: None)
