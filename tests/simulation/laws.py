"""What must be true at the end of every run, checked against durable state and against every answer that was given.

Arithmetic here is its own: payouts from the numbers a position covers, balances by adding up legs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from actors.domain.games.roulette import LAYOUT
from actors.domain.money.accounts import (
    FIRST_UNIT_KIND,
    NO_FLOOR,
    Kind,
    account_ccy,
    account_id,
    account_kind,
    floor_of,
    house_account,
)
from actors.domain.money.chain import chain_rows, genesis
from actors.domain.money.entries import EntryCode, ReservationState, Row
from actors.domain.policy.fraud import Profile
from actors.domain.rounds import FINAL, RoundState
from protocol.messages import BetsAccepted, Error, PlaceBets
from tests.fakes.ledger import FakeBooks
from tests.fakes.rounds import FakeRounds
from tests.simulation.bots import Bot, Player
from tests.simulation.flight_laws import CRASH, flight_laws
from tests.simulation.flyer import Flyer
from tests.simulation.journals import BONUS_PERIOD_S, Supervision

CCY = 1


def check_all(
    books: Mapping[int, FakeBooks], rounds: FakeRounds, supervision: Supervision, bots: Iterable[Bot]
) -> list[str]:
    """Return every broken law as a sentence; empty: all kept."""
    broken: list[str] = []
    for one in books.values():
        broken += _books_laws(one)
        broken += _jackpot_laws(one)
    broken += _round_laws(books, rounds)
    broken += _transit_laws(books)
    broken += _supervisor_laws(books, supervision)
    bots = list(bots)
    broken += flight_laws(rounds, [bot for bot in bots if isinstance(bot, Flyer)])
    for bot in bots:
        of_bot = books[bot.player_id % len(books)]
        if isinstance(bot, Player):
            broken += _bet_laws(bot, of_bot, rounds)
            broken += _money_laws(bot, of_bot)
        broken += _told_laws(bot, rounds)
    return broken


# ---------------------------------------------------------------- one shard's books


def _books_laws(books: FakeBooks) -> list[str]:
    shard = f"shard {books.shard_id}"
    broken: list[str] = []
    totals: Counter[int] = Counter()
    for row in books.rows:
        broken += [f"{shard} {wrong}" for wrong in _row_laws(row, totals)]
    trial: Counter[tuple[int, bool]] = Counter()
    for account, total in totals.items():
        trial[account_ccy(account), account_kind(account) < FIRST_UNIT_KIND] += total
    broken += [
        f"{shard}: the trial balance of (currency, money) {key} is {total}" for key, total in trial.items() if total
    ]
    if {a: b for a, b in books.balances.items() if b} != {a: b for a, b in totals.items() if b}:
        broken.append(f"{shard}: balances are not the sums of their legs")
    if [row.seq for row in books.rows] != list(range(1, len(books.rows) + 1)):
        broken.append(f"{shard}: seq is not dense")
    epochs = [row.epoch for row in books.rows]
    if epochs != sorted(epochs):
        broken.append(f"{shard}: epochs fall along seq")
    if len({row.cmd_id for row in books.rows}) != len(books.rows):
        broken.append(f"{shard}: an id is booked twice")
    if chain_rows(books.shard_id, genesis(books.shard_id), books.rows) != books.hashes:
        broken.append(f"{shard}: the chain does not hold")
    for kind in (Kind.ESCROW, Kind.WITHDRAWAL):
        reserved: defaultdict[int, int] = defaultdict(int)
        for one in books.reservations.values():
            if one.state is ReservationState.OPEN and one.kind is kind:
                reserved[account_id(one.player_id, one.ccy, kind)] += one.amount_minor
        if {a: b for a, b in books.balances.items() if account_kind(a) == kind and b} != dict(reserved):
            broken.append(f"{shard}: open reservations and {kind.name.lower()} differ")
    return broken


def _row_laws(row: Row, totals: Counter[int]) -> list[str]:
    """Add a row to the totals; every part of it sums to zero, in one currency, and no balance passes its floor."""
    broken: list[str] = []
    parts: Counter[bool] = Counter()
    for account, amount, balance in row.legs:
        totals[account] += amount
        parts[account_kind(account) < FIRST_UNIT_KIND] += amount
        if totals[account] != balance:
            broken.append(f"row {row.seq}: account {account} says {balance}, legs add up to {totals[account]}")
        floor = floor_of(account_kind(account))
        if floor != NO_FLOOR and balance < floor:
            broken.append(f"row {row.seq}: account {account} is at {balance}")
        if account_ccy(account) != row.ccy:
            broken.append(f"row {row.seq}: a leg of currency {account_ccy(account)} in a row of {row.ccy}")
    if any(parts.values()):
        broken.append(f"row {row.seq}: money and units do not each sum to zero")
    own = account_id(row.player_id, row.ccy, 0)
    has = (totals[own + Kind.CASH], totals[own + Kind.ESCROW], totals[own + Kind.BONUS])
    if row.player_id and not row.status and (row.cash_minor, row.escrow_minor, row.bonus_minor) != has:
        broken.append(f"row {row.seq}: says he has other money than {has}")
    return broken


def _jackpot_laws(books: FakeBooks) -> list[str]:
    """What a jackpot has had of its turnover is exact, whatever the steps; and each hit is paid at most once."""
    broken: list[str] = []
    shares: Counter[int] = Counter()
    for row in books.rows:
        if row.code in (EntryCode.SETTLE, EntryCode.WAGER):
            for account, amount, _ in row.legs:
                if account_kind(account) in (Kind.JACKPOT_POOL, Kind.JACKPOT_OVERFLOW):
                    shares[account - account_kind(account)] += amount
    for number, terms in books.jackpots.items():
        turnover = books.balances.get(house_account(terms.ccy, Kind.TURNOVER, number), 0)
        want, got = turnover * terms.rate_num // terms.rate_den, shares[house_account(terms.ccy, 0, number)]
        if want != got:
            broken.append(f"shard {books.shard_id}: jackpot {number} got {got} of a turnover of {turnover}, not {want}")
    hits = Counter(row.meta for row in books.rows if row.code is EntryCode.PAY_JACKPOT and not row.status)
    return broken + [f"shard {books.shard_id}: {hit} was paid {n} times" for hit, n in hits.items() if n > 1]


def _transit_laws(books: Mapping[int, FakeBooks]) -> list[str]:
    """At rest nothing is under way between shards, and pots that only moved add up to nothing."""
    broken: list[str] = []
    for ccy in (1, 2):
        for here in books:
            for there in books:
                sent = books[here].balances.get(house_account(ccy, Kind.INTER_SHARD, there + 1), 0)
                came = books[there].balances.get(house_account(ccy, Kind.INTER_SHARD, here + 1), 0)
                if sent + came:
                    broken.append(f"shards {here} and {there}: {sent + came} of currency {ccy} is under way at rest")
        pots = sum(one.balances.get(house_account(ccy, Kind.POT_CLEARING), 0) for one in books.values())
        if pots:
            broken.append(f"pots of currency {ccy} add up to {pots}")
    rows = [row for one in books.values() for row in one.rows if not row.status]
    left = Counter(row.cmd_id for row in rows if row.code is EntryCode.TRANSFER_OUT)
    arrived = Counter(row.ref for row in rows if row.code is EntryCode.TRANSFER_IN)
    return broken if left == arrived else [*broken, "transfers that left are not those that arrived, each once"]


# ---------------------------------------------------------------- supervisors


def _supervisor_laws(books: Mapping[int, FakeBooks], supervision: Supervision) -> list[str]:
    """Each follower has counted every row once, and each tick has paid each of its players once."""
    stakes: defaultdict[int, list[int]] = defaultdict(list)
    due: defaultdict[int, list[int]] = defaultdict(list)
    for shard, one in books.items():
        for row in one.rows:
            if row.code in (EntryCode.RESERVE, EntryCode.WAGER) and not row.status:
                stakes[row.player_id].append(_stake(row))
                if row.seq > supervision.begun.get(("bonus", shard), 0):
                    due[row.player_id].append(row.booked_ms)
    return _score_laws(stakes, supervision) + _tick_laws(due, books, supervision)


def _score_laws(stakes: Mapping[int, list[int]], supervision: Supervision) -> list[str]:
    broken: list[str] = []
    for player, his in stakes.items():
        stored = supervision.scores.get(player)
        profile = stored.profile if stored is not None else Profile()
        counted = (profile.past_bets + profile.bets, profile.past_stake_minor + profile.stake_minor)
        if counted != (len(his), sum(his)):
            broken.append(f"player {player}: antifraud has counted {counted}, the books have {len(his)}, {sum(his)}")
    return broken


def _tick_laws(due: Mapping[int, list[int]], books: Mapping[int, FakeBooks], supervision: Supervision) -> list[str]:
    broken: list[str] = []
    granted: defaultdict[int, list[int]] = defaultdict(list)
    for (due_ms, player), (grant, closed) in supervision.grants.items():
        granted[player].append(due_ms)
        row = books[grant.shard].rows[closed.seq - 1] if closed is not None and not closed.code else None
        if closed is None or (row is not None and (row.player_id, row.code) != (player, EntryCode.GRANT_BONUS)):
            broken.append(f"player {player}: the grant due at {due_ms} is not in the books as it was closed")
    ticks = sum(closed is not None and not closed.code for _, closed in supervision.grants.values())
    rows = [row for one in books.values() for row in one.rows if _is_tick(row)]
    if len(rows) != ticks or len({(row.player_id, row.meta) for row in rows}) != ticks:
        broken.append(f"{ticks} bonus ticks were paid, the books have {len(rows)}")
    period_ms = BONUS_PERIOD_S * 1000
    for player in due.keys() | granted.keys():
        wanted = {(booked_ms // period_ms + 1) * period_ms for booked_ms in due.get(player, ())}
        if wanted != set(granted[player]):
            broken.append(f"player {player}: staked for the ticks {sorted(wanted)}, got {sorted(granted[player])}")
    return broken


def _is_tick(row: Row) -> bool:
    return row.code is EntryCode.GRANT_BONUS and not row.status and '"tick"' in row.meta


def _stake(row: Row) -> int:
    return sum(amount for account, amount, _ in row.legs if account_kind(account) == Kind.ESCROW) or _staked(row)


def _staked(row: Row) -> int:
    return int(row.meta.partition('"stake":')[2].partition(",")[0])


# ---------------------------------------------------------------- rounds


def _round_laws(books: Mapping[int, FakeBooks], rounds: FakeRounds) -> list[str]:
    """At rest every round is finished, and every reservation of it is closed as its round says."""
    broken = [
        f"round {one.new.round_no} of {one.new.table_id} is {one.state.name} at rest"
        for one in rounds.rows.values()
        if one.state not in FINAL
    ]
    planned: dict[bytes, int] = {}
    for one in rounds.rows.values():
        if one.state is RoundState.SETTLED and one.plan is not None:
            for entry in one.plan.settle:
                planned[entry.reservation_id] = entry.payout_minor
    for shard, of_shard in books.items():
        paid = {row.ref: _paid(row) for row in of_shard.rows if row.code is EntryCode.SETTLE and not row.status}
        for reservation in of_shard.reservations.values():
            id_, state = reservation.reservation_id, reservation.state
            if state is ReservationState.OPEN and reservation.kind is Kind.ESCROW:
                broken.append(f"shard {shard}: reservation {id_.hex()} is open at rest")
            if reservation.round_id not in rounds.rows:
                continue
            if (state is ReservationState.SETTLED) != (id_ in planned):
                broken.append(
                    f"shard {shard}: reservation {id_.hex()} is {state.name}, in a settled plan: {id_ in planned}"
                )
            elif state is ReservationState.SETTLED and paid.get(id_) != planned[id_]:
                broken.append(f"shard {shard}: reservation {id_.hex()} was paid {paid.get(id_)}, not {planned[id_]}")
    return broken


def _paid(row: Row) -> int:
    """Return a settlement's payout: the stake, less what the house and its jackpots kept of it."""
    kept = (Kind.GGR, Kind.JACKPOT_POOL, Kind.JACKPOT_OVERFLOW)
    stake = -sum(amount for account, amount, _ in row.legs if account_kind(account) == Kind.ESCROW)
    return stake - sum(amount for account, amount, _ in row.legs if account_kind(account) in kept)


# ---------------------------------------------------------------- what people were told


def _payout(position: int, stake: int, number: int) -> int:
    covered = LAYOUT[position].numbers
    return stake * 36 // len(covered) if number in covered else 0


def _bet_laws(bot: Player, books: FakeBooks, rounds: FakeRounds) -> list[str]:
    who = f"player {bot.player_id}"
    broken: list[str] = []
    answers: defaultdict[bytes, list[BetsAccepted]] = defaultdict(list)
    for accepted in bot.accepted():
        answers[accepted.bet.bet_id].append(accepted)
    undone = bot.undone()
    for id_, same in answers.items():
        bet = same[0].bet
        if any(one.bet != bet for one in same):
            broken.append(f"{who}: bet {id_.hex()} had two different answers")
        reservation = books.reservations.get(id_)
        if reservation is None or reservation.amount_minor != bet.stake_minor:
            broken.append(f"{who}: accepted bet {id_.hex()} is not in the books as it was accepted")
            continue
        is_stray = (
            not bet.chips
        )  # repeated or doubled, answered after the table's restart: its chips are in the plan only
        if not is_stray and sum(chip.stake_minor for chip in bet.chips) != bet.stake_minor:
            broken.append(f"{who}: the chips of bet {id_.hex()} do not add up")
        if id_ in undone and reservation.state is not ReservationState.VOIDED:
            broken.append(f"{who}: bet {id_.hex()} was taken back but is {reservation.state.name}")
        found = rounds.rows[reservation.round_id]
        if reservation.state is ReservationState.SETTLED and found.new.table_id != CRASH:
            entry = next(e for e in (found.plan.settle if found.plan else []) if e.reservation_id == id_)
            chips = entry.chips if is_stray else [(chip.position, chip.stake_minor) for chip in bet.chips]
            want = sum(_payout(position, stake, found.number) for position, stake in chips)
            if entry.payout_minor != want:
                broken.append(f"{who}: bet {id_.hex()} pays {entry.payout_minor} on {found.number}, should pay {want}")
    broken += _refusal_laws(bot, books, set(answers))
    for settled in bot.settled:
        if rounds.rows[settled.round_id].number != settled.number:
            broken.append(f"{who}: was told {settled.number}, the round has {rounds.rows[settled.round_id].number}")
    return broken + _durable_laws(bot, books)


def _durable_laws(bot: Player, books: FakeBooks) -> list[str]:
    """A bet was booked after it was sent, and was durable before it was answered as accepted."""
    broken: list[str] = []
    sent: dict[bytes, int] = {}
    for one in bot.answers:
        if isinstance(one.order, PlaceBets):
            first = sent.setdefault(one.order.bet_id, one.sent_seq)
            row = books.by_id.get(one.order.bet_id)
            if isinstance(one.body, BetsAccepted) and (row is None or not first < row.seq <= one.answered_seq):
                broken.append(
                    f"player {bot.player_id}: bet {one.order.bet_id.hex()} was accepted before it was durable"
                )
    return broken


def _told_laws(bot: Bot, rounds: FakeRounds) -> list[str]:
    """Whoever saw a number saw the round's; and everybody has an answer."""
    who = f"{bot.role} {bot.player_id}"
    broken = [
        f"{who}: saw {number}, the round has {rounds.rows[round_id].number}"
        for round_id, number in bot.results.items()
        if rounds.rows[round_id].number != number
    ]
    return broken + [
        f"{who}: {name} has no answer at rest" for name in {type(order).__name__ for order in bot.unanswered()}
    ]


def _refusal_laws(bot: Player, books: FakeBooks, accepted: set[bytes]) -> list[str]:
    """A bet whose last word was a final refusal holds no money, unless another order had taken its id before."""
    broken: list[str] = []
    for order, error in bot.refused():
        if not isinstance(order, PlaceBets) or order.bet_id in accepted or error.retryable:
            continue
        reservation = books.reservations.get(order.bet_id)
        if reservation is not None and reservation.state is ReservationState.SETTLED and error.name != "ID_REUSED":
            broken.append(f"player {bot.player_id}: bet {order.bet_id.hex()} was refused {error.name} but settled")
    return broken


def _money_laws(bot: Player, books: FakeBooks) -> list[str]:
    """Whatever the player was told he had at seq is what the books had at seq."""
    cash, escrow = bot.player_id * 100_000 + CCY * 1_000 + 100, bot.player_id * 100_000 + CCY * 1_000 + 120
    known: list[tuple[int, int]] = [(0, 0)]
    for row in books.rows:
        now = {account: balance for account, _, balance in row.legs}
        known.append((now.get(cash, known[-1][0]), now.get(escrow, known[-1][1])))
    broken: list[str] = []
    for money in bot.seen_money:
        if money.seq >= len(known):
            broken.append(f"player {bot.player_id}: was told of seq {money.seq}, which does not exist")
        elif (money.available_minor, money.reserved_minor) != known[money.seq]:
            told = (money.available_minor, money.reserved_minor)
            broken.append(
                f"player {bot.player_id}: was told {told} at seq {money.seq}, the books have {known[money.seq]}"
            )
    return broken


def refusals(bots: Iterable[Bot]) -> Counter[str]:
    """Return how often each code was answered."""
    return Counter(error.name for bot in bots for _, error in bot.refused() if isinstance(error, Error))
