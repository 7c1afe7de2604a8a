"""The safeguards of the money, each with the change that takes it away. The suite must go red for every one.

`old` stands exactly once in its file; whoever changes that line brings the mutant along
(`tests/mutants/test_catalogue.py` looks).
"""

from __future__ import annotations

from typing import Final, NamedTuple

#: What is run against every mutant, quickest first; the first failure ends it.
SUITE: Final = ("tests/unit", "tests/properties", "tests/integration/test_ledger.py")


class Mutant(NamedTuple):
    """name: the safeguard that is missing. file: from the root. suite: where it has to be noticed."""

    name: str
    file: str
    old: str
    new: str
    suite: tuple[str, ...] = SUITE


_SQL: Final = "server/storage/migrations/versions/0001_wallet.py"
_APPLY: Final = "actors/domain/money/apply.py"
_RULES: Final = "actors/domain/money/stake_rules.py"
_CHECKS: Final = "actors/domain/money/checks.py"
_RETENTION: Final = ("tests/integration/test_retention.py",)
_LEDGER: Final = ("tests/integration/test_ledger.py",)
_FLIGHTS: Final = ("tests/unit/test_crash_play.py", "tests/unit/test_table_crash.py")
_CARDS: Final = ("tests/unit/test_table_cards.py",)

MUTANTS: Final[tuple[Mutant, ...]] = (
    Mutant(
        "fence",
        _SQL,
        "where shard_id = p_shard and epoch = p_epoch and last_seq = p_prev_seq and head_hash = p_prev_head;",
        "where shard_id = p_shard and last_seq = p_prev_seq and head_hash = p_prev_head;",
        _LEDGER,
    ),
    Mutant(
        "sequence and chain compared",
        _SQL,
        "where shard_id = p_shard and epoch = p_epoch and last_seq = p_prev_seq and head_hash = p_prev_head;",
        "where shard_id = p_shard and epoch = p_epoch;",
        _LEDGER,
    ),
    Mutant(
        "zero-sum check",
        _SQL,
        "constraint zero_sum check (",
        "constraint zero_sum check (true or ",
        _LEDGER,
    ),
    Mutant(
        "old balance equals memory",
        _SQL,
        "where a.account_id = u.id and a.shard_id + 0 = p_shard and a.balance = u.od;",
        "where a.account_id = u.id and a.shard_id + 0 = p_shard;",
        _LEDGER,
    ),
    Mutant(
        "reservation closed from open only, in the books",
        _SQL,
        "where r.reservation_id = u.id and r.shard_id + 0 = p_shard and r.state + 0 = 0;",
        "where r.reservation_id = u.id and r.shard_id + 0 = p_shard;",
        _LEDGER,
    ),
    Mutant(
        "journal is append-only",
        _SQL,
        "create trigger journal_append_only before update or delete on wallet.journal",
        "create trigger journal_append_only before update of id_day on wallet.journal",
        _LEDGER,
    ),
    Mutant(
        "reply barrier",
        "actors/wallet.py",
        "        if waiter is not None:\n            await waiter\n        return answers",
        "        return answers",
    ),
    Mutant(
        "lost commit is resolved, not resent blindly",
        "actors/wallet.py",
        "            except ShardFenced:\n"
        "                if await self._find_out(commit, until_s):\n                    return None\n",
        "            except ShardFenced:\n",
    ),
    Mutant(
        "claim is compared with what was read",
        "actors/wallet.py",
        "if loaded.head != claimed:",
        "if False:",
    ),
    Mutant(
        "lease on reads",
        "actors/wallet.py",
        "if asyncio.get_running_loop().time() > self._confirmed_s + LEASE_S:",
        "if False:",
    ),
    Mutant(
        "sticky refusal",
        _APPLY,
        "    state.remember_outcome(order.cmd_id, (req_hash, answer), now_ms)\n",
        "    if not isinstance(answer, Refused):\n"
        "        state.remember_outcome(order.cmd_id, (req_hash, answer), now_ms)\n",
    ),
    Mutant(
        "dedupe",
        _APPLY,
        "known = state.outcomes.get(order.cmd_id)",
        "known = None if order else state.outcomes.get(order.cmd_id)",
    ),
    Mutant(
        "same id with another body",
        _APPLY,
        "if known[0] == req_hash else refused(Refusal.ID_REUSED)",
        "if known[0] else refused(Refusal.ID_REUSED)",
    ),
    Mutant(
        "old ids are looked up",
        "actors/domain/money/lookups.py",
        "            cmd_ids.add(id_)\n",
        "            pass\n",
    ),
    Mutant(
        "tombstone",
        _RULES,
        "        return tombstone(order, ESCROW, order.round_id)\n",
        "        return NOTHING\n",
    ),
    Mutant(
        "reservation settled from open only",
        _RULES,
        "    if held.state is not OPEN:\n        return Refusal.RESERVATION_CLOSED\n    terms = ",
        "    terms = ",
    ),
    Mutant(
        "fenced tables reserve nothing",
        _RULES,
        "    if order.table_epoch < state.fences.get(order.table_id, 0):\n"
        "        return Refusal.STALE_TABLE_EPOCH\n"
        "    parts = split(state, own, order.amount_minor, order.funding)",
        "    parts = split(state, own, order.amount_minor, order.funding)",
    ),
    Mutant(
        "a client's id closes nothing",
        _CHECKS,
        "    Settle: (Origin.SETTLE,),\n",
        "    Settle: (Origin.SETTLE, Origin.CLIENT),\n",
    ),
    Mutant(
        "two persons adjust",
        _CHECKS,
        " or order.requested_by == order.approved_by or not order.reason:",
        " or not order.reason:",
    ),
    Mutant(
        "a transfer arrives under one id",
        _CHECKS,
        "return is_well_formed(order.transfer_id) and order.cmd_id == relayed_id(order.transfer_id, order.peer)",
        "return is_well_formed(order.transfer_id)",
    ),
    Mutant(
        "one bonus at a time",
        "actors/domain/money/bonus_rules.py",
        "        return Refusal.BONUS_ACTIVE\n",
        "        pass\n",
    ),
    Mutant(
        "a jackpot's share without drift",
        "actors/domain/money/stakes.py",
        "(before + stake_minor) * terms.rate_num // terms.rate_den - before * terms.rate_num // terms.rate_den",
        "stake_minor * terms.rate_num // terms.rate_den",
    ),
    Mutant(
        "books prove themselves before they serve",
        "actors/domain/money/recovery.py",
        "    _check_balances(loaded)\n",
        "",
    ),
    Mutant(
        "look again after the wallet answered",
        "actors/domain/round_book.py",
        "        if bet.status is not PENDING:\n            return\n        self.pending -= 1\n        bet.status = ACCEPTED",
        "        self.pending -= 1\n        bet.status = ACCEPTED",
    ),
    Mutant(
        "busy after an attempt without answer is unknown",
        "actors/domain/round_book.py",
        "        if bet.was_unknown:\n            self.apply_unknown(bet)\n        elif",
        "        if",
    ),
    Mutant(
        "outcome and plan are durable before the number is told",
        "actors/table_rounds.py",
        "        await self.durably(lambda: self._rounds.decide(*whole))\n"
        "        self._seed = None\n"
        "        self._stage.decided(book.round_id, outcome, seed)\n",
        "        self._seed = None\n"
        "        self._stage.decided(book.round_id, outcome, seed)\n"
        "        await self.durably(lambda: self._rounds.decide(*whole))\n",
    ),
    Mutant(
        "hours between the journal's floor and a partition that leaves",
        "server/retention.py",
        "            elif age < FLOOR_REST:",
        "            elif not age:",
        _RETENTION,
    ),
    Mutant(
        "open reservations keep their partition",
        "server/storage/retired.py",
        "where state = 0 and reservation_id < $1",
        "where state = 9 and reservation_id < $1",
        _RETENTION,
    ),
    Mutant(
        "reservations stay while the row that closed them is there",
        "server/storage/retired.py",
        " and coalesce(closed_seq, opened_seq) <= $3",
        " and $3::bigint > 0",
        _RETENTION,
    ),
    Mutant(
        "a partition holds what was signed of it",
        "server/retention.py",
        "        self._compare(part, await self._journal.holdings(part), await self._signed(part))\n",
        "",
        _RETENTION,
    ),
    Mutant(
        "rows are missing unless we signed that they went",
        "server/audit/retired.py",
        "    check_seal(record, RETIREMENT, keys)\n",
        "",
        _RETENTION,
    ),
    Mutant(
        "each batch of a sender once",
        "actors/runtime/receiver.py",
        "        if known is not None:\n            self.counters.batches_repeated += 1\n            return known\n",
        "",
    ),
    Mutant(
        "a cash-out by hand is before the bust",
        "actors/domain/games/crash_play.py",
        "if self._over or shows >= self._bust:",
        "if self._over:",
        _FLIGHTS,
    ),
    Mutant(
        "who is out of a flight is out once",
        "actors/domain/games/crash_play.py",
        "        if not ride.out:\n            ride.out = multiplier",
        "        if True:\n            ride.out = multiplier",
        _FLIGHTS,
    ),
    Mutant(
        "a cash-out is judged by a time that has been",
        "actors/table_play.py",
        "at_ms = min(order.received_ms, now_ms)",
        "at_ms = order.received_ms",
        _FLIGHTS,
    ),
    Mutant(
        "whoever came is heard before the clock goes on",
        "actors/table_play.py",
        "        while playing.waiting:\n            await self._take(playing)\n",
        "",
        _FLIGHTS,
    ),
    Mutant(
        "a play that was taken over is known before orders are taken",
        "actors/table.py",
        "        else:\n            await self._take_over(row)\n        self._ready.set()\n        if row is not None:\n",
        "        self._ready.set()\n        if row is not None:\n            await self._take_over(row)\n",
        _FLIGHTS,
    ),
    Mutant(
        "bets are final before a card is seen",
        "actors/table_cards.py",
        "            await self._keeper.drain(book)\n            book.fix()\n",
        "            pass\n",
        _CARDS,
    ),
    Mutant(
        "no more of a card than there are decks",
        "actors/domain/games/baccarat_shoe.py",
        "    if shoe.seen[card] == shoe.decks:\n",
        "    if shoe.seen[card] > shoe.decks:\n",
        _CARDS,
    ),
    Mutant(
        "coup ends with its round",
        "server/storage/rounds.py",
        "from decided where $8 is not null)",
        "from decided where false)",
        ("tests/integration/test_rounds_postgres.py",),
    ),
)
