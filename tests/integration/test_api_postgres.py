"""The HTTP API on real PostgreSQL, Valkey and wallet shards, through a real socket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from redis.asyncio import Redis

from actors.domain.ids import Origin
from actors.domain.money.orders import Done, Reserve, Settle, Void
from actors.domain.rounds import SettleEntry
from server.api.app import create_app
from server.api.build import build_deps
from server.api.refresh import RefreshTokens, login_of
from server.api.serve import ApiServer
from server.api.throttle import PER_ADDRESS, PER_NAME, PER_NAME_AND_ADDRESS, Throttle
from server.clock import SystemClock
from server.config import Config
from server.demo_accounts import DEMO_ACCOUNTS, ensure_demo_accounts
from server.logins import EndedLogins
from server.origins import Origins
from server.passwords import Passwords
from server.secrets import Secrets
from server.storage.players import PostgresPlayers
from tests.integration.local_casino import KEY, TABLE, LocalCasino

PASSWORD = "correct horse"
SECRETS = Secrets(
    ids=KEY,
    token=bytes(32),
    refresh=bytes(32),
    evidence=bytes(32),
    link=bytes(32),
    postgres_password="",
    valkey_password="",
)


@pytest.fixture
async def pool(fresh_postgres_dsn: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(fresh_postgres_dsn, min_size=1, max_size=4) as made:
        yield made


@pytest.fixture
async def redis(valkey_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(valkey_url)
    await client.flushdb()
    yield client
    await client.aclose()


@pytest.fixture
async def casino(fresh_postgres_dsn: str, pool: asyncpg.Pool) -> AsyncIterator[LocalCasino]:
    made = LocalCasino(fresh_postgres_dsn, pool, SystemClock())
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def client(casino: LocalCasino, pool: asyncpg.Pool, redis: Redis) -> AsyncIterator[httpx.AsyncClient]:
    async def ready() -> dict[str, bool]:
        return {"wallet/0": True}

    async def expositions() -> dict[str, str]:
        return {}

    deps = build_deps(
        Config(),
        SECRETS,
        pool,
        casino.books,
        redis,
        casino.post,
        casino.clock,
        ended=EndedLogins(redis, keep_s=60),
        origins=Origins((), 0),
        host_status=ready,
        host_metrics=expositions,
    )
    server = ApiServer(create_app(deps), "127.0.0.1", 0)
    await server.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as made:
        yield made
    await server.stop()
    deps.passwords.close()


async def _register(client: httpx.AsyncClient, name: str = "Anna") -> dict[str, Any]:
    answer = await client.post("/api/register", json={"name": name, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    session: dict[str, Any] = answer.json()
    client.headers["Authorization"] = f"Bearer {session['access_token']}"
    return session


async def test_registered_player_has_his_welcome_money_in_the_books(client: httpx.AsyncClient) -> None:
    session = await _register(client)
    me = (await client.get("/api/me")).json()
    assert (session["funded"], me["balance"]["available_minor"]) == (True, Config().welcome_minor)


async def test_many_register_at_once_under_one_name_and_one_gets_it(client: httpx.AsyncClient) -> None:
    body = {"name": "Anna", "password": PASSWORD}
    answers = await asyncio.gather(*(client.post("/api/register", json=body) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


async def test_players_are_spread_over_the_shards_and_stay_there(client: httpx.AsyncClient, pool: asyncpg.Pool) -> None:
    for name in ("anna", "bert", "cleo", "dirk"):
        await _register(client, name)
    rows = await pool.fetch("select shard_id, count(*) as players from casino.player group by 1 order by 1")
    assert [tuple(row) for row in rows] == [(0, 2), (1, 2)]


async def test_funding_interrupted_before_it_was_recorded_is_not_repeated(
    client: httpx.AsyncClient, pool: asyncpg.Pool
) -> None:
    await _register(client)
    await pool.execute("update casino.player set funded = false")
    login = await client.post("/api/login", json={"name": "Anna", "password": PASSWORD})
    me = (await client.get("/api/me")).json()
    assert (login.json()["funded"], me["balance"]["available_minor"]) == (True, Config().welcome_minor)


async def test_history_shows_rounds_with_bets_and_chips_newest_first(
    client: httpx.AsyncClient, casino: LocalCasino
) -> None:
    player = (await _register(client))["player"]["player_id"]
    won = await _play(casino, player, [(17, 100), (0, 50)], payout=3600)
    lost = await _play(casino, player, [(1, 200)], payout=0)
    items = (await client.get("/api/history")).json()["items"]
    assert [(item["kind"], item["net_minor"]) for item in items] == [
        ("round", -200),
        ("round", 3450),
        ("deposit", Config().welcome_minor),
    ]
    assert [item["round_id"] for item in items[:2]] == [lost.hex(), won.hex()]
    assert (items[1]["table_id"], items[1]["round_no"], items[1]["number"]) == (TABLE, 1, 17)
    assert items[1]["bets"][0]["chips"] == [[17, 100], [0, 50]]
    assert (items[1]["bets"][0]["state"], items[1]["bets"][0]["payout_minor"]) == ("settled", 3600)


async def test_history_pages_show_every_line_once(client: httpx.AsyncClient, casino: LocalCasino) -> None:
    player = (await _register(client))["player"]["player_id"]
    for _ in range(7):
        await _play(casino, player, [(1, 100)], payout=0, bets=3)
    seen: list[int] = []
    query = "/api/history?limit=2"
    while True:
        page = (await client.get(query)).json()
        seen += [item["seq"] for item in page["items"]]
        if page["next_before"] is None:
            break
        query = f"/api/history?limit=2&before={page['next_before']}"
    assert len(seen) == 8
    assert seen == sorted(set(seen), reverse=True)


async def test_history_of_a_voided_round_returns_the_stake(client: httpx.AsyncClient, casino: LocalCasino) -> None:
    player = (await _register(client))["player"]["player_id"]
    shard = player % 2
    round_id, bet = await casino.open_round(), casino.new_id()
    await casino.order(shard, Reserve(bet, player, 1, 300, round_id, TABLE, casino.epoch))
    await casino.void(round_id, "table_restarted")
    await casino.order(shard, Void(casino.new_id(Origin.VOID), bet, player, 1, round_id))
    item = (await client.get("/api/history")).json()["items"][0]
    assert (item["voided"], item["void_reason"], item["returned_minor"], item["net_minor"]) == (
        True,
        "table_restarted",
        300,
        0,
    )


async def test_history_leaves_a_round_out_while_a_bet_is_in_play(
    client: httpx.AsyncClient, casino: LocalCasino
) -> None:
    player = (await _register(client))["player"]["player_id"]
    round_id = await casino.open_round()
    kept, undone = casino.new_id(), casino.new_id()
    orders = [Reserve(bet, player, 1, 100, round_id, TABLE, casino.epoch) for bet in (kept, undone)]
    await casino.order(player % 2, *orders)
    await casino.order(player % 2, Void(casino.new_id(Origin.VOID), undone, player, 1, round_id))
    assert [item["kind"] for item in (await client.get("/api/history")).json()["items"]] == ["deposit"]


async def test_history_shows_nothing_of_other_players(client: httpx.AsyncClient, casino: LocalCasino) -> None:
    other = (await _register(client, "Bert"))["player"]["player_id"]
    await _play(casino, other, [(1, 100)], payout=0)
    await _register(client, "Anna")
    assert [item["kind"] for item in (await client.get("/api/history")).json()["items"]] == ["deposit"]


async def _play(casino: LocalCasino, player: int, chips: list[tuple[int, int]], *, payout: int, bets: int = 1) -> bytes:
    """Play one round to its end; return its id. Each bet is the same."""
    shard, stake = player % 2, sum(stake for _, stake in chips)
    round_id = await casino.open_round()
    ids = [casino.new_id() for _ in range(bets)]
    answers = await casino.order(shard, *(Reserve(bet, player, 1, stake, round_id, TABLE, casino.epoch) for bet in ids))
    assert all(isinstance(answer, Done) for answer in answers)
    await casino.decide(round_id, 17, [SettleEntry(shard, bet, player, 1, stake, payout, chips) for bet in ids])
    await casino.order(shard, *(Settle(casino.new_id(Origin.SETTLE), bet, player, payout, round_id) for bet in ids))
    await casino.finish(round_id)
    return round_id


async def test_staff_see_rounds_and_rules(client: httpx.AsyncClient, casino: LocalCasino, pool: asyncpg.Pool) -> None:
    await _register(client, "Stef")
    assert await PostgresPlayers(pool).set_roles("STEF", ["staff"])
    session = (await client.post("/api/login", json={"name": "stef", "password": PASSWORD})).json()
    await casino.open_round()
    headers = {"Authorization": f"Bearer {session['access_token']}"}
    rounds = (await client.get(f"/api/staff/rounds?table={TABLE}", headers=headers)).json()["rounds"]
    assert [(row["round_no"], row["state"]) for row in rounds] == [(1, "OPEN")]
    tables = (await client.get("/api/games/roulette")).json()["tables"]
    assert {table["table_id"] for table in tables} >= {"roulette-1", "live-1"}


async def test_ready_on_real_services(client: httpx.AsyncClient) -> None:
    assert (await client.get("/ready")).status_code == 200


async def test_refresh_token_raced_by_two_serves_one_and_ends_the_login(redis: Redis) -> None:
    tokens = RefreshTokens(redis, EndedLogins(redis, keep_s=60), lifetime_s=60)
    first = await tokens.start(7)
    results = await asyncio.gather(*(tokens.rotate(first) for _ in range(5)))
    winners = [rotated for rotated in results if rotated is not None]
    assert [rotated.player_id for rotated in winners] == [7]
    assert await tokens.rotate(winners[0].token) is None


async def test_refresh_token_is_stored_hashed_and_expires(redis: Redis) -> None:
    token = await RefreshTokens(redis, EndedLogins(redis, keep_s=60), lifetime_s=60).start(7)
    keys = await redis.keys("*")
    stored = [await redis.hgetall(key) for key in keys]
    assert token not in str(keys) + str(stored)
    assert 0 < await redis.ttl(keys[0]) <= 60


@pytest.mark.parametrize("token", ["", "x", "é", "A" * 64, "=" * 64, "A" * 63 + "!"])
async def test_refresh_token_that_is_none_is_refused(redis: Redis, token: str) -> None:
    tokens = RefreshTokens(redis, EndedLogins(redis, keep_s=60), lifetime_s=60)
    await tokens.revoke(token)
    assert await tokens.rotate(token) is None


async def _say_client(scope: Any, receive: Any, send: Any) -> None:
    """An application that answers with the address it believes in."""
    if scope["type"] == "lifespan":
        for step in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{step}.complete"})
        return
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": scope["client"][0].encode()})


@pytest.mark.parametrize(("proxies", "told"), [((), "127.0.0.1"), (("127.0.0.0/8",), "192.0.2.7")])
async def test_address_of_a_client_is_taken_from_trusted_proxies_only(proxies: tuple[str, ...], told: str) -> None:
    server = ApiServer(_say_client, "127.0.0.1", 0, proxies=proxies)
    await server.start()
    async with httpx.AsyncClient() as client:
        headers = {"X-Forwarded-For": "198.51.100.1, 192.0.2.7"}
        answer = await client.get(f"http://127.0.0.1:{server.port}/", headers=headers)
    await server.stop()
    assert answer.text == told


async def _wait_out(redis: Redis) -> None:
    """Let every delay be over."""
    for key in await redis.keys("login*:*"):
        if await redis.type(key) in ("hash", b"hash"):
            await redis.hdel(key, "ends")


async def _fail(throttle: Throttle, redis: Redis, times: int) -> None:
    """Guess wrongly, each time as soon as it is allowed."""
    for _ in range(times):
        await _wait_out(redis)
        assert await throttle.attempt("anna", "192.0.2.1") == 0


async def test_throttle_counts_parallel_attempts_over_all_processes(redis: Redis) -> None:
    processes = [Throttle(redis), Throttle(redis)]
    attempts = PER_NAME_AND_ADDRESS.free + 5
    waits = await asyncio.gather(*(processes[n % 2].attempt("anna", "192.0.2.1") for n in range(attempts)))
    assert waits.count(0) == PER_NAME_AND_ADDRESS.free
    assert await processes[0].attempt("anna", "192.0.2.2") == 0


async def test_throttle_success_forgets_the_failures(redis: Redis) -> None:
    throttle = Throttle(redis)
    for _ in range(3):
        for _ in range(PER_NAME_AND_ADDRESS.free):
            assert await throttle.attempt("anna", "192.0.2.1") == 0
        await throttle.success("anna", "192.0.2.1")


async def test_throttle_delay_doubles_with_each_failure_up_to_its_longest(redis: Redis) -> None:
    throttle = Throttle(redis)
    await _fail(throttle, redis, PER_NAME_AND_ADDRESS.free - 1)
    waits = []
    for _ in range(12):
        await _fail(throttle, redis, 1)
        waits.append(await throttle.attempt("anna", "192.0.2.1"))
    assert waits == [min(2**n, PER_NAME_AND_ADDRESS.delay_ms_max // 1000) for n in range(12)]


async def test_throttle_attempt_that_comes_too_early_is_not_counted(redis: Redis) -> None:
    throttle = Throttle(redis)
    await _fail(throttle, redis, PER_NAME_AND_ADDRESS.free)
    assert [await throttle.attempt("anna", "192.0.2.1") for _ in range(5)] == [1] * 5
    await _wait_out(redis)
    assert await throttle.attempt("anna", "192.0.2.1") == 0


async def test_throttle_stranger_with_many_addresses_is_held_up_and_the_owner_is_not(redis: Redis) -> None:
    throttle = Throttle(redis)
    assert await throttle.attempt("anna", "192.0.2.1") == 0
    await throttle.success("anna", "192.0.2.1")
    for n in range(PER_NAME.free):
        assert await throttle.attempt("anna", f"198.51.100.{n}") == 0
    assert await throttle.attempt("anna", "203.0.113.1") > 0
    assert await throttle.attempt("anna", "192.0.2.1") == 0


async def test_throttle_address_that_tries_many_names_is_held_up_except_for_its_own_people(redis: Redis) -> None:
    throttle = Throttle(redis)
    assert await throttle.attempt("anna", "192.0.2.1") == 0
    await throttle.success("anna", "192.0.2.1")
    for n in range(PER_ADDRESS.free):
        assert await throttle.attempt(f"name{n}", "192.0.2.1") == 0
    assert await throttle.attempt("bert", "192.0.2.1") > 0
    assert await throttle.attempt("bert", "192.0.2.2") == 0
    assert await throttle.attempt("anna", "192.0.2.1") == 0


async def test_throttle_forgets_after_an_hour_and_keeps_no_name(redis: Redis) -> None:
    await Throttle(redis).attempt("anna", "192.0.2.1")
    keys = await redis.keys("*")
    ttls = [await redis.ttl(key) for key in keys]
    assert (len(ttls), min(ttls) > 3500, max(ttls) <= 3600) == (3, True, True)
    assert "anna" not in str(keys)


async def test_demo_accounts_can_log_in_with_what_the_file_says(
    client: httpx.AsyncClient, pool: asyncpg.Pool, tmp_path: Path
) -> None:
    passwords = Passwords(opslimit=1, memlimit_bytes=8192)
    made = await ensure_demo_accounts(PostgresPlayers(pool), passwords, tmp_path, shards=2)
    again = await ensure_demo_accounts(PostgresPlayers(pool), passwords, tmp_path, shards=2)
    passwords.close()
    assert (set(made), made) == ({name for name, _ in DEMO_ACCOUNTS}, again)
    assert (tmp_path / "accounts.txt").stat().st_mode & 0o777 == 0o600
    session = (await client.post("/api/login", json={"name": "dealer", "password": made["dealer"]})).json()
    assert session["player"]["roles"] == ["dealer"]


async def test_demo_account_whose_name_is_taken_is_left_alone(
    client: httpx.AsyncClient, pool: asyncpg.Pool, tmp_path: Path
) -> None:
    await _register(client, "Dealer")
    passwords = Passwords(opslimit=1, memlimit_bytes=8192)
    made = await ensure_demo_accounts(PostgresPlayers(pool), passwords, tmp_path, shards=2)
    passwords.close()
    assert "dealer" not in made
    player = await PostgresPlayers(pool).by_name("dealer")
    assert player is not None
    assert player.roles == ("player",)


async def test_ended_login_is_known_to_who_reads_at_once_or_later(redis: Redis) -> None:
    heard: list[str] = []
    api, gateway = EndedLogins(redis, keep_s=60), EndedLogins(redis, keep_s=60, on_ended=heard.append)
    await gateway.read()
    tokens = RefreshTokens(redis, api, lifetime_s=60)
    token = await tokens.start(7)
    login, began_ms = login_of(token)
    await tokens.revoke(token)
    await gateway.read()
    await gateway.read()
    later = EndedLogins(redis, keep_s=60)
    await later.read()
    assert heard == [login]
    assert api.is_ended(login)
    assert gateway.is_ended(login)
    assert later.is_ended(login)
    assert not later.is_ended("")
    assert abs(began_ms - time.time_ns() // 1_000_000) < 60_000


async def test_copied_refresh_token_ends_the_login_for_both(redis: Redis) -> None:
    ended = EndedLogins(redis, keep_s=60)
    tokens = RefreshTokens(redis, ended, lifetime_s=60)
    first = await tokens.start(7)
    await tokens.rotate(first)
    assert await tokens.rotate(first) is None
    assert ended.is_ended(login_of(first)[0])


async def test_access_token_ends_with_its_login(client: httpx.AsyncClient) -> None:
    session = await _register(client)
    headers = {"Authorization": f"Bearer {session['access_token']}"}
    assert (await client.get("/api/me", headers=headers)).status_code == 200
    await client.post("/api/logout", json={"refresh_token": session["refresh_token"]})
    assert (await client.get("/api/me", headers=headers)).status_code == 401
