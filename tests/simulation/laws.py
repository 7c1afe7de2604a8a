"""What must be true at the end of every run, checked against durable state and against every answer that was given.

Arithmetic here is its own: payouts from the numbers a position covers, balances by adding up legs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from actors.domain.games.roulette import LAYOUT
from actors.domain.money.chain import chain_rows, genesis
from actors.domain.money.entries import EntryCode, ReservationState
from actors.domain.rounds import FINAL, RoundState
from protocol.messages import BetsAccepted, Error, PlaceBets
from tests.simulation.bots import Bot
from tests.simulation.stores import Books, Rounds

CCY = 1


def check_all(books: Mapping[int, Books], rounds: Rounds, bots: Iterable[Bot]) -> list[str]:
    """Return every broken law as a sentence; empty: all kept."""
    bots = list(bots)
    broken: list[str] = []
    for one in books.values():
        broken += _books_laws(one)
    broken += _round_laws(books, rounds)
    shard_of = {bot.player_id: bot.player_id % len(books) for bot in bots}
    for bot in bots:
        of_bot = books[shard_of[bot.player_id]]
        broken += _bet_laws(bot, of_bot, rounds)
        broken += _money_laws(bot, of_bot)
    return broken


def _books_laws(books: Books) -> list[str]:
    shard = f"shard {books.shard_id}"
    broken: list[str] = []
    totals: Counter[int] = Counter()
    for row in books.rows:
        for account, amount, balance in row.legs:
            totals[account] += amount
            if totals[account] != balance:
                broken.append(
                    f"{shard} row {row.seq}: account {account} says {balance}, legs add up to {totals[account]}"
                )
            if account >= 100_000 and balance < 0:
                broken.append(f"{shard} row {row.seq}: player account {account} is at {balance}")
    if sum(totals.values()) != 0:
        broken.append(f"{shard}: the trial balance is {sum(totals.values())}")
    if {a: b for a, b in books.balances.items() if b} != {a: b for a, b in totals.items() if b}:
        broken.append(f"{shard}: balances are not the sums of their legs")
    if [row.seq for row in books.rows] != list(range(1, len(books.rows) + 1)):
        broken.append(f"{shard}: seq is not dense")
    epochs = [row.epoch for row in books.rows]
    if epochs != sorted(epochs):
        broken.append(f"{shard}: epochs fall along seq")
    if chain_rows(books.shard_id, genesis(books.shard_id), books.rows) != books.hashes:
        broken.append(f"{shard}: the chain does not hold")
    escrow: defaultdict[int, int] = defaultdict(int)
    for one in books.reservations.values():
        if one.state is ReservationState.OPEN:
            escrow[one.player_id * 100_000 + one.ccy * 1_000 + 120] += one.amount_minor
    held = {a: b for a, b in books.balances.items() if a % 1_000 == 120 and b}
    if held != dict(escrow):
        broken.append(f"{shard}: open reservations and escrow differ")
    return broken


def _round_laws(books: Mapping[int, Books], rounds: Rounds) -> list[str]:
    """At rest every round is finished, and every reservation of it is closed as its round says."""
    broken = [
        f"round {one.new.round_no} is {one.state.name} at rest"
        for one in rounds.rounds.values()
        if one.state not in FINAL
    ]
    planned: dict[bytes, int] = {}
    for one in rounds.rounds.values():
        if one.state is RoundState.SETTLED and one.plan is not None:
            for entry in one.plan.settle:
                planned[entry.reservation_id] = entry.payout_minor
    for shard, of_shard in books.items():
        paid = {
            row.ref: sum(a for acct, a, _ in row.legs if acct % 1_000 == 100)
            for row in of_shard.rows
            if row.code is EntryCode.SETTLE and not row.status
        }
        for reservation in of_shard.reservations.values():
            id_, state = reservation.reservation_id, reservation.state
            if state is ReservationState.OPEN:
                broken.append(f"shard {shard}: reservation {id_.hex()} is open at rest")
            elif (state is ReservationState.SETTLED) != (id_ in planned):
                broken.append(
                    f"shard {shard}: reservation {id_.hex()} is {state.name}, in a settled plan: {id_ in planned}"
                )
            elif state is ReservationState.SETTLED and paid.get(id_) != planned[id_]:
                broken.append(f"shard {shard}: reservation {id_.hex()} was paid {paid.get(id_)}, not {planned[id_]}")
    return broken


def _payout(position: int, stake: int, number: int) -> int:
    covered = LAYOUT[position].numbers
    return stake * 36 // len(covered) if number in covered else 0


def _bet_laws(bot: Bot, books: Books, rounds: Rounds) -> list[str]:
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
        found = rounds.rounds[reservation.round_id]
        if reservation.state is ReservationState.SETTLED:
            entry = next(e for e in (found.plan.settle if found.plan else []) if e.reservation_id == id_)
            chips = entry.chips if is_stray else [(chip.position, chip.stake_minor) for chip in bet.chips]
            want = sum(_payout(position, stake, found.number) for position, stake in chips)
            if entry.payout_minor != want:
                broken.append(f"{who}: bet {id_.hex()} pays {entry.payout_minor} on {found.number}, should pay {want}")
    broken += [f"{who}: {name} has no answer at rest" for name in {type(order).__name__ for order in bot.unanswered()}]
    broken += _refusal_laws(bot, books, set(answers))
    for settled in bot.settled:
        if rounds.rounds[settled.round_id].number != settled.number:
            broken.append(f"{who}: was told {settled.number}, the round has {rounds.rounds[settled.round_id].number}")
    for round_id, number in bot.results.items():
        if rounds.rounds[round_id].number != number:
            broken.append(f"{who}: saw {number}, the round has {rounds.rounds[round_id].number}")
    return broken


def _refusal_laws(bot: Bot, books: Books, accepted: set[bytes]) -> list[str]:
    """A bet whose last word was a final refusal holds no money, unless another order had taken its id before."""
    broken: list[str] = []
    for order, error in bot.refused():
        if not isinstance(order, PlaceBets) or order.bet_id in accepted or error.retryable:
            continue
        reservation = books.reservations.get(order.bet_id)
        if reservation is not None and reservation.state is ReservationState.SETTLED and error.name != "ID_REUSED":
            broken.append(f"player {bot.player_id}: bet {order.bet_id.hex()} was refused {error.name} but settled")
    return broken


def _money_laws(bot: Bot, books: Books) -> list[str]:
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
