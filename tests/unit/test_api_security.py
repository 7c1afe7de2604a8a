"""What the HTTP API tells browsers, and what it refuses of theirs: foreign pages, borrowed names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from server.api.app import create_app
from server.config import Config
from tests.fakes.api import ApiWorld, in_process

ANNA = {"name": "anna", "password": "correct horse battery"}


@pytest.fixture
def world(tmp_path: Path) -> ApiWorld:
    (tmp_path / "index.html").write_text("<!doctype html><title>The client</title>")
    return ApiWorld(tmp_path, Config(gateways=2))


@pytest.fixture
async def client(world: ApiWorld) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=in_process(create_app(world.deps)), base_url="http://127.0.0.1:8080"
    ) as made:
        yield made
    world.passwords.close()


def _code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:3000", "null"])
async def test_order_from_a_foreign_page_is_refused_and_changes_nothing(
    client: httpx.AsyncClient, world: ApiWorld, origin: str
) -> None:
    answer = await client.post("/api/register", json=ANNA, headers={"Origin": origin})
    assert _code(answer) == (403, "ORIGIN_REFUSED")
    assert await world.players.by_name("anna") is None
    assert world.deps.origins.refused == {"origin": 1}


async def test_order_from_our_page_and_from_no_page_is_taken(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/register", json=ANNA, headers={"Origin": "http://127.0.0.1:8080"})
    assert answer.status_code == 201
    assert (await client.post("/api/login", json=ANNA)).status_code == 200


async def test_question_from_a_foreign_page_gets_no_leave_to_be_read(client: httpx.AsyncClient) -> None:
    """It is answered, as links and tools may ask; without CORS headers a browser keeps the answer from the page."""
    answer = await client.get("/api/config", headers={"Origin": "http://evil.example"})
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_preflight_of_a_foreign_page_gets_no_leave(client: httpx.AsyncClient) -> None:
    headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    answer = await client.options("/api/login", headers=headers)
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("path", ["/", "/api/config", "/metrics", "/api/me"])
async def test_name_that_is_not_ours_is_refused(client: httpx.AsyncClient, path: str) -> None:
    assert _code(await client.get(path, headers={"Host": "evil.example:8080"})) == (403, "HOST_REFUSED")


async def test_policy_of_the_page_allows_our_scripts_and_our_sockets_alone(client: httpx.AsyncClient) -> None:
    policy = (await client.get("/")).headers["content-security-policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["connect-src"] == "'self' ws://127.0.0.1:8090/ ws://127.0.0.1:8091/"
    assert (rules["default-src"], rules["script-src"], rules["style-src"]) == ("'none'", "'self'", "'self'")
    assert "unsafe" not in policy


async def test_policy_for_data_allows_nothing(client: httpx.AsyncClient) -> None:
    policy = (await client.get("/api/config")).headers["content-security-policy"]
    assert policy == "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


async def test_answers_of_the_api_are_kept_nowhere(client: httpx.AsyncClient) -> None:
    for path in ("/api/config", "/api/me", "/metrics"):
        assert (await client.get(path)).headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("tls", "told"), [("", "max-age=31536000"), ("dev", None)])
async def test_browsers_are_bound_to_tls_only_where_the_name_is_ours(
    tmp_path: Path, tls: str, told: str | None
) -> None:
    world = ApiWorld(tmp_path, Config(tls=tls))
    transport = in_process(create_app(world.deps))
    async with httpx.AsyncClient(transport=transport, base_url="https://localhost") as secure:
        assert (await secure.get("/health")).headers.get("strict-transport-security") == told
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as plain:
        assert "strict-transport-security" not in (await plain.get("/health")).headers
    world.passwords.close()
