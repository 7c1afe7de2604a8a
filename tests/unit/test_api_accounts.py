"""The HTTP API over fakes: registering, logging in, staying logged in, and who you are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis.exceptions

from actors.domain.ids import Origin, id_ms, id_origin
from actors.domain.money.orders import Deposit, OpenAccount
from server.api.app import create_app
from tests.fakes.api import NOW_MS, ApiWorld, in_process

PASSWORD = "correct horse"


@pytest.fixture
def world(tmp_path: Path) -> ApiWorld:
    return ApiWorld(tmp_path)


@pytest.fixture
async def client(world: ApiWorld) -> AsyncIterator[httpx.AsyncClient]:
    transport = in_process(create_app(world.deps))
    async with httpx.AsyncClient(transport=transport, base_url="http://casino.test") as made:
        yield made
    world.passwords.close()


async def _register(client: httpx.AsyncClient, name: str = "Anna", password: str = PASSWORD) -> dict[str, Any]:
    answer = await client.post("/api/register", json={"name": name, "password": password})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def _bearer(session: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {session['access_token']}"}


def _error(answer: httpx.Response) -> tuple[int, str]:
    body = answer.json()["error"]
    assert body["status"] == answer.status_code
    assert set(body) == {"code", "message", "status"}
    return answer.status_code, body["code"]


async def test_register_new_name_opens_an_account_and_deposits_play_money(
    client: httpx.AsyncClient, world: ApiWorld
) -> None:
    session = await _register(client)
    shard = f"wallet/{session['player']['player_id'] % 2}"
    orders = [(address, type(order)) for address, order in world.wallets.orders]
    assert orders == [(shard, OpenAccount), (shard, Deposit)]
    assert session["funded"] is True


async def test_register_orders_have_ids_of_the_cashier_at_the_accounts_time(
    client: httpx.AsyncClient, world: ApiWorld
) -> None:
    await _register(client)
    ids = [order.cmd_id for _, order in world.wallets.orders if isinstance(order, OpenAccount | Deposit)]
    assert [(id_ms(id_), id_origin(id_)) for id_ in ids] == [(NOW_MS, Origin.CASHIER)] * 2
    assert len(set(ids)) == 2


@pytest.mark.parametrize("name", ["anna", "ANNA", " Anna ", "Ａnna"])
async def test_register_taken_name_is_refused(client: httpx.AsyncClient, name: str) -> None:
    await _register(client, "Anna")
    answer = await client.post("/api/register", json={"name": name, "password": PASSWORD})
    assert _error(answer) == (409, "NAME_TAKEN")


async def test_register_bad_name_is_refused_before_a_weak_password(client: httpx.AsyncClient, world: ApiWorld) -> None:
    answer = await client.post("/api/register", json={"name": "a b", "password": "x"})
    assert _error(answer) == (400, "NAME_INVALID")
    assert not world.players.by_key


async def test_register_weak_password_is_refused(client: httpx.AsyncClient, world: ApiWorld) -> None:
    answer = await client.post("/api/register", json={"name": "Anna", "password": "x"})
    assert _error(answer) == (400, "PASSWORD_WEAK")
    assert not world.players.by_key


async def test_register_while_the_wallet_is_down_makes_an_unfunded_account(
    client: httpx.AsyncClient, world: ApiWorld
) -> None:
    world.wallets.down = True
    assert (await _register(client))["funded"] is False


async def test_login_after_the_wallet_is_back_funds_the_account_once(
    client: httpx.AsyncClient, world: ApiWorld
) -> None:
    world.wallets.down = True
    session = await _register(client)
    world.wallets.down = False
    for _ in range(2):
        answer = await client.post("/api/login", json={"name": "Anna", "password": PASSWORD})
        assert answer.json()["funded"] is True
    assert world.wallets.cash == {session["player"]["player_id"]: world.config.welcome_minor}


async def test_login_after_a_crash_before_the_funding_was_recorded_deposits_nothing_more(
    client: httpx.AsyncClient, world: ApiWorld
) -> None:
    session = await _register(client)
    player = world.players.by_key.pop("anna")
    world.players.by_key["anna"] = type(player)(**{**_fields(player), "funded": False})
    await client.post("/api/login", json={"name": "Anna", "password": PASSWORD})
    assert world.wallets.cash == {session["player"]["player_id"]: world.config.welcome_minor}


def _fields(player: Any) -> dict[str, Any]:
    return {name: getattr(player, name) for name in player.__struct_fields__}


async def test_login_unknown_name_and_wrong_password_answer_the_same(client: httpx.AsyncClient) -> None:
    await _register(client)
    unknown = await client.post("/api/login", json={"name": "Bert", "password": PASSWORD})
    wrong = await client.post("/api/login", json={"name": "Anna", "password": "wrong horse"})
    assert (unknown.status_code, unknown.content) == (wrong.status_code, wrong.content)
    assert _error(wrong) == (401, "BAD_CREDENTIALS")


async def test_login_closed_account_answers_as_a_wrong_password(client: httpx.AsyncClient, world: ApiWorld) -> None:
    session = await _register(client)
    world.players.close_account(session["player"]["player_id"])
    answer = await client.post("/api/login", json={"name": "Anna", "password": PASSWORD})
    assert _error(answer) == (401, "BAD_CREDENTIALS")


async def test_login_too_many_failures_are_limited_even_with_the_right_password(
    client: httpx.AsyncClient, world: ApiWorld
) -> None:
    await _register(client)
    for _ in range(world.throttle.allowed):
        await client.post("/api/login", json={"name": "Anna", "password": "wrong horse"})
    answer = await client.post("/api/login", json={"name": "anna", "password": PASSWORD})
    assert _error(answer) == (429, "RATE_LIMITED")
    assert int(answer.headers["retry-after"]) > 0


async def test_login_success_forgets_former_failures(client: httpx.AsyncClient, world: ApiWorld) -> None:
    await _register(client)
    for _ in range(2):
        for _ in range(world.throttle.allowed - 1):
            await client.post("/api/login", json={"name": "Anna", "password": "wrong horse"})
        answer = await client.post("/api/login", json={"name": "Anna", "password": PASSWORD})
        assert answer.status_code == 200


async def test_refresh_gives_a_new_pair(client: httpx.AsyncClient) -> None:
    session = await _register(client)
    answer = await client.post("/api/refresh", json={"refresh_token": session["refresh_token"]})
    assert answer.status_code == 200
    assert answer.json()["refresh_token"] != session["refresh_token"]


async def test_refresh_with_a_used_token_ends_the_login(client: httpx.AsyncClient) -> None:
    session = await _register(client)
    second = (await client.post("/api/refresh", json={"refresh_token": session["refresh_token"]})).json()
    reused = await client.post("/api/refresh", json={"refresh_token": session["refresh_token"]})
    follow_up = await client.post("/api/refresh", json={"refresh_token": second["refresh_token"]})
    assert (_error(reused), _error(follow_up)) == ((401, "TOKEN_INVALID"), (401, "TOKEN_INVALID"))


async def test_refresh_after_logout_is_refused(client: httpx.AsyncClient) -> None:
    session = await _register(client)
    assert (await client.post("/api/logout", json={"refresh_token": session["refresh_token"]})).status_code == 204
    answer = await client.post("/api/refresh", json={"refresh_token": session["refresh_token"]})
    assert _error(answer) == (401, "TOKEN_INVALID")


async def test_logout_unknown_token_is_done(client: httpx.AsyncClient) -> None:
    assert (await client.post("/api/logout", json={"refresh_token": "nonsense"})).status_code == 204


async def test_me_tells_name_balance_and_that_it_is_play_money(client: httpx.AsyncClient, world: ApiWorld) -> None:
    session = await _register(client)
    body = (await client.get("/api/me", headers=_bearer(session))).json()
    assert body["player"] == {"player_id": 1, "name": "Anna", "roles": ["player"]}
    assert body["balance"] == {"available_minor": world.config.welcome_minor, "reserved_minor": 0, "seq": 2}
    assert (body["currency"], body["exponent"], body["play_money"]) == ("PLAY", 2, True)
    assert "no value" in body["label"]


async def test_me_while_the_wallet_is_down_has_no_balance(client: httpx.AsyncClient, world: ApiWorld) -> None:
    session = await _register(client)
    world.wallets.down = True
    body = (await client.get("/api/me", headers=_bearer(session))).json()
    assert body["balance"] is None


async def test_me_without_token_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/me")
    assert _error(answer) == (401, "TOKEN_INVALID")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_me_with_forged_token_is_refused(client: httpx.AsyncClient) -> None:
    session = await _register(client)
    forged = session["access_token"][:-6] + "AAAAAA"
    answer = await client.get("/api/me", headers={"Authorization": f"Bearer {forged}"})
    assert _error(answer) == (401, "TOKEN_INVALID")


async def test_me_with_expired_token_is_refused(client: httpx.AsyncClient, world: ApiWorld) -> None:
    session = await _register(client)
    world.clock.ms += (world.config.access_token_s + 60) * 1000
    assert _error(await client.get("/api/me", headers=_bearer(session))) == (401, "TOKEN_EXPIRED")


async def test_me_of_a_closed_account_is_refused(client: httpx.AsyncClient, world: ApiWorld) -> None:
    session = await _register(client)
    world.players.close_account(session["player"]["player_id"])
    assert _error(await client.get("/api/me", headers=_bearer(session))) == (401, "TOKEN_INVALID")


async def test_login_while_valkey_is_away_is_unavailable(
    client: httpx.AsyncClient, world: ApiWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(player_id: int) -> str:
        raise redis.exceptions.ConnectionError("Error 111 connecting to 10.0.0.7:6379")

    await _register(client)
    monkeypatch.setattr(world.logins, "start", away)
    answer = await client.post("/api/login", json={"name": "Anna", "password": PASSWORD})
    assert _error(answer) == (503, "UNAVAILABLE")
    assert "10.0.0.7" not in answer.text


async def test_login_on_a_bug_answers_internal_and_leaks_nothing(
    client: httpx.AsyncClient, world: ApiWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(name: str) -> None:
        raise ZeroDivisionError("select secret from /root/place")

    monkeypatch.setattr(world.players, "by_name", broken)
    answer = await client.post("/api/login", json={"name": "Anna", "password": PASSWORD})
    assert _error(answer) == (500, "INTERNAL")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


# ---------------------------------------------------------------- the e-mail address


async def test_email_is_kept_for_its_player_and_forgotten_on_request(client: httpx.AsyncClient) -> None:
    anna, bert = _bearer(await _register(client)), _bearer(await _register(client, "Bert"))
    assert (await client.get("/api/me/email", headers=anna)).json() == {"email": None, "erased": False}
    answer = await client.put("/api/me/email", headers=anna, json={"email": " anna@example.org "})
    assert (answer.status_code, answer.json()["email"]) == (200, "anna@example.org")
    assert (await client.get("/api/me/email", headers=anna)).json()["email"] == "anna@example.org"
    assert (await client.get("/api/me/email", headers=bert)).json()["email"] is None
    assert (await client.delete("/api/me/email", headers=anna)).status_code == 204
    assert (await client.get("/api/me/email", headers=anna)).json()["email"] is None


async def test_email_that_another_has_is_answered_as_any_other(client: httpx.AsyncClient) -> None:
    answers = [
        await client.put(
            "/api/me/email", headers=_bearer(await _register(client, name)), json={"email": "same@example.org"}
        )
        for name in ("Anna", "Bert")
    ]
    assert [(answer.status_code, answer.json()) for answer in answers] == [
        (200, {"email": "same@example.org", "erased": False})
    ] * 2


@pytest.mark.parametrize("email", ["", "anna", "a@b", "x" * 257, None])
async def test_what_is_no_email_is_refused(client: httpx.AsyncClient, email: str | None) -> None:
    anna = _bearer(await _register(client))
    answer = await client.put("/api/me/email", headers=anna, json={"email": email})
    assert answer.status_code == 400
    assert (await client.get("/api/me/email", headers=anna)).json()["email"] is None


async def test_email_without_a_token_is_nobodys(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/me/email")).status_code == 401
