"""A jackpot over two real shards: fed, hit twice at once, swept, paid and seeded anew; the audit agrees."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from actors.domain.commands import Refused
from actors.domain.events import JackpotHit, JackpotMeter, JackpotMeters, JackpotTaken
from actors.domain.ids import Origin
from actors.domain.money.accounts import Kind, account_id
from actors.domain.money.orders import Deposit, JackpotTerms, OpenAccount, PayJackpot, Wager
from actors.domain.policy.jackpot import Jackpot
from actors.domain.refusals import Refusal
from actors.supervisors.jackpot import Jackpots
from actors.supervisors.relay import Relay
from server.audit import audit
from server.clock import SystemClock
from server.jackpot_meter import JackpotTeller
from server.storage.jackpots import PostgresJackpots
from server.storage.transits import PostgresTransits
from tests.fakes.gateway import HandPost
from tests.integration.local_casino import LocalCasino

ANNA, BERT = 100, 101  # of shards 0 and 1
NUMBER = 3


@pytest.fixture
async def casino(fresh_postgres_dsn: str) -> AsyncIterator[LocalCasino]:
    async with asyncpg.create_pool(fresh_postgres_dsn, min_size=1, max_size=6) as pool:
        made = LocalCasino(fresh_postgres_dsn, pool, SystemClock())
        await made.start()
        for shard, player in enumerate((ANNA, BERT)):
            await made.order(shard, OpenAccount(made.new_id(Origin.CASHIER), player, 1))
            await made.order(shard, Deposit(made.new_id(Origin.CASHIER), player, 1, 100_000))
        terms = JackpotTerms(1, 1, 100)
        assert await _store(made).add(Jackpot(NUMBER, "Big one", terms, seed_minor=5_000, home=0))
        yield made
        await made.stop()
        assert made.errors == []


def _store(casino: LocalCasino) -> PostgresJackpots:
    return PostgresJackpots(casino.pool, casino.books)


def _jackpots(casino: LocalCasino) -> Jackpots:
    return Jackpots(_store(casino), casino.post, casino.clock, key=b"key", shards=(0, 1), fatal=_fatal)


def _fatal(error: BaseException) -> None:
    raise error


async def _work(casino: LocalCasino, times: int = 5) -> None:
    """Each time with actors that know nothing but what is stored."""
    for _ in range(times):
        await _jackpots(casino).work()
        await Relay(PostgresTransits(casino.pool, casino.books), casino.post, casino.clock, fatal=_fatal).work()


async def _stake(casino: LocalCasino, shard: int, stake_minor: int) -> None:
    player = (ANNA, BERT)[shard]
    round_id = casino.new_id(Origin.TABLE)
    await casino.order(shard, Wager(casino.new_id(), player, 1, stake_minor, 0, round_id, "slot-1", 1, jackpot=NUMBER))


async def _cash(casino: LocalCasino, player: int) -> int:
    account = account_id(player, 1, Kind.CASH)
    return int(await casino.pool.fetchval("select balance from wallet.account where account_id = $1", account))


def _hit(casino: LocalCasino, player: int) -> JackpotHit:
    return JackpotHit(casino.new_id(Origin.TABLE), NUMBER, player, player - ANNA)


async def test_parallel_hits_are_paid_one_after_the_other_over_both_shards(
    casino: LocalCasino, fresh_postgres_dsn: str
) -> None:
    await _work(casino)
    await _stake(casino, 0, 10_000)
    await _stake(casino, 1, 30_000)
    (meter,) = await _store(casino).meters()
    assert (meter.amount_minor, meter.paying_minor) == (5_000 + 100 + 300, 0)
    gateways = HandPost()
    await JackpotTeller(_store(casino).meters, gateways, ["gateway/0"]).look()
    told = JackpotMeters([JackpotMeter(meter.jackpot, meter.name, meter.currency, 5_400)])
    assert gateways.told == [("gateway/0", [told])]
    hits = [_hit(casino, BERT), _hit(casino, ANNA)]
    answers = await asyncio.gather(*(_jackpots(casino).handle_batch("t", [hit]) for hit in hits))
    taken = [answer for (answer,) in answers if isinstance(answer, JackpotTaken)]
    numbers = {hit.player_id: answer.hit for hit, answer in zip(hits, taken, strict=True)}
    assert sorted(numbers.values()) == [1, 2]
    await _work(casino, 9)
    first = {number: player for player, number in numbers.items()}[1]
    spent = {ANNA: 10_000, BERT: 30_000}
    won = {player: await _cash(casino, player) - 100_000 + spent[player] for player in (ANNA, BERT)}
    assert won[first] == 5_400
    assert sum(won.values()) == 5_400 + 5_000
    (again,) = await _jackpots(casino).handle_batch("t", [hits[0]])
    assert isinstance(again, JackpotTaken)
    assert (again.hit, again.paid) == (numbers[BERT], True)
    assert (await audit([fresh_postgres_dsn])).ok


async def test_actor_killed_before_it_could_note_the_payment_pays_once(
    casino: LocalCasino, fresh_postgres_dsn: str
) -> None:
    await _work(casino)
    await _stake(casino, 1, 30_000)
    await _jackpots(casino).handle_batch("t", [_hit(casino, ANNA)])
    casino.post.lose_answers_to = PayJackpot  # booked, but nobody lived to note it
    await _work(casino)
    casino.post.lose_answers_to = None
    assert await _cash(casino, ANNA) == 100_000 + 5_300
    await _work(casino)
    assert await _cash(casino, ANNA) == 100_000 + 5_300
    assert (await _store(casino).meters())[0].amount_minor == 5_000
    assert (await audit([fresh_postgres_dsn])).ok


async def test_hit_of_no_jackpot_and_a_reused_hit_id_are_refused(casino: LocalCasino) -> None:
    hit = _hit(casino, ANNA)
    jackpots = _jackpots(casino)
    unknown, _, reused = await jackpots.handle_batch(
        "t",
        [
            JackpotHit(casino.new_id(Origin.TABLE), 9, ANNA, 0),
            hit,
            JackpotHit(hit.hit_id, NUMBER, BERT, 1),
        ],
    )
    assert [answer.code for answer in (unknown, reused) if isinstance(answer, Refused)] == [
        Refusal.UNKNOWN_JACKPOT,
        Refusal.ID_REUSED,
    ]
