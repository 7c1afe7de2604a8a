"""The HTTP API over fakes: configuration, rules, health, metrics, staff lists, bad requests and the web client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import redis.exceptions

from actors.domain.evidence import RECEIPT, canonical, seal
from actors.ports import StoreUnavailable
from server.api.app import create_app
from server.api.exposition import join_expositions
from server.api.gateways import OpenGateways
from server.api.models import FraudRow, HistoryItem, RoundRow, TableRules
from server.config import Config
from server.evidence import EvidenceSigner
from tests.fakes.api import NOW_MS, ApiWorld, in_process

RECEIPT_RECORD: dict[str, Any] = {
    **dict.fromkeys(("bonus", "booked_ms", "cash", "ccy", "code", "escrow", "player", "seq", "shard", "status"), 2**62),
    **dict.fromkeys(("cmd_id", "round", "row_hash"), "00"),
    "what": RECEIPT,
    "legs": [[100, -5, 7]],
}


@pytest.fixture
def web(tmp_path: Path) -> Path:
    folder = tmp_path / "web" / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>The client</title>")
    (folder / "assets" / "app-1a2b.js").write_text("export {}")
    (tmp_path / "web" / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "web" / "secret.txt")
    return folder


@pytest.fixture
def world(web: Path) -> ApiWorld:
    return ApiWorld(web)


@pytest.fixture
async def client(world: ApiWorld) -> AsyncIterator[httpx.AsyncClient]:
    transport = in_process(create_app(world.deps))
    async with httpx.AsyncClient(transport=transport, base_url="http://casino.test:8080") as made:
        yield made
    world.passwords.close()


def _bearer(world: ApiWorld, *roles: str) -> dict[str, str]:
    return {"Authorization": "Bearer " + world.tokens.issue(5, "Sam", roles, 1, 1)}


def _code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


async def test_config_names_the_gateway_on_the_host_that_was_asked(client: httpx.AsyncClient) -> None:
    body = (await client.get("/api/config")).json()
    assert body["ws_url"] == "ws://casino.test:8090/"
    assert (body["protocol_version"], body["currency"], body["exponent"], body["server_ms"]) == (1, "PLAY", 2, NOW_MS)


async def test_config_with_three_gateways_sends_clients_to_them_in_turn(web: Path) -> None:
    world = ApiWorld(web, Config(gateways=3))
    transport = in_process(create_app(world.deps))
    async with httpx.AsyncClient(transport=transport, base_url="https://casino.test") as client:
        urls = [(await client.get("/api/config")).json()["ws_url"] for _ in range(4)]
    world.passwords.close()
    assert urls == [f"wss://casino.test:{port}/" for port in (8090, 8091, 8092, 8090)]


async def test_config_leaves_out_gateways_that_are_about_to_restart_and_names_all_when_none_is_left(web: Path) -> None:
    world = ApiWorld(web, Config(gateways=3))
    world.hosts.update({"gateway/0": True, "gateway/1": False, "gateway/2": True})
    gateways = OpenGateways(3, world.deps.host_status)
    assert await gateways.numbers() == [0, 2]
    world.hosts.update({"gateway/0": False, "gateway/2": False})
    assert await OpenGateways(3, world.deps.host_status).numbers() == [0, 1, 2]
    world.passwords.close()


async def test_casino_is_ready_while_one_gateway_takes_clients(client: httpx.AsyncClient, world: ApiWorld) -> None:
    world.hosts.update({"gateway/0": False, "gateway/1": True})
    assert (await client.get("/ready")).status_code == 200
    world.hosts["gateway/1"] = False
    assert (await client.get("/ready")).status_code == 503


async def test_roulette_rules_need_no_token_and_state_157_positions(client: httpx.AsyncClient) -> None:
    body = (await client.get("/api/games/roulette")).json()
    assert (len(body["positions"]), body["rtp"]) == (157, "36/37")


async def test_roulette_rules_state_the_tables_limits(client: httpx.AsyncClient, world: ApiWorld) -> None:
    limits: dict[str, Any] = {
        "min_stake_minor": 100,
        "max_table_minor": 5000,
        "max_by_size": {1: 1000, 18: 5000},
    }
    world.reports.table_rules = [TableRules(table_id="live-1", title="Live", kind="live", currency="PLAY", **limits)]
    body = (await client.get("/api/games/roulette")).json()
    assert body["tables"][0]["max_by_size"] == {"1": 1000, "18": 5000}


async def test_health_is_ok_without_any_service(client: httpx.AsyncClient, world: ApiWorld) -> None:
    world.players.down = OSError("away")
    assert (await client.get("/health")).status_code == 200


@pytest.mark.parametrize(("is_well", "code"), [(True, 200), (False, 503)])
async def test_casino_without_its_hall_is_not_ready(
    is_well: bool, code: int, client: httpx.AsyncClient, world: ApiWorld
) -> None:
    world.hosts = {"api/0": True, "hall/0": is_well, "supervisor/main": True}
    assert (await client.get("/ready")).status_code == code


async def test_ready_when_everything_answers(client: httpx.AsyncClient) -> None:
    assert (await client.get("/ready")).json()["status"] == "ready"


async def test_ready_with_services_away_names_them(client: httpx.AsyncClient, world: ApiWorld) -> None:
    world.players.down = OSError("away")
    world.logins.down = redis.exceptions.ConnectionError("away")
    world.hosts["wallet/0"] = False
    answer = await client.get("/ready")
    assert _code(answer) == (503, "UNAVAILABLE")
    assert answer.json()["error"]["message"] == "Not ready: postgres, valkey, hosts."


async def test_metrics_joins_hosts_under_a_label(client: httpx.AsyncClient, world: ApiWorld) -> None:
    world.expositions = {
        "gateway/0": '# HELP bets_total Bets.\n# TYPE bets_total counter\nbets_total{kind="a b"} 3.0\n',
        "gateway/1": "# HELP bets_total Bets.\n# TYPE bets_total counter\nbets_total 4.0\n",
    }
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert answer.text == (
        "# HELP bets_total Bets.\n# TYPE bets_total counter\n"
        'bets_total{host="gateway/0",kind="a b"} 3.0\nbets_total{host="gateway/1"} 4.0\n'
    )


def test_join_expositions_keeps_families_together() -> None:
    one = "# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n"
    assert join_expositions({"x": one, "y": one}).splitlines() == [
        "# TYPE a gauge",
        'a{host="x"} 1',
        'a{host="y"} 1',
        "# TYPE b gauge",
        'b{host="x"} 1',
        'b{host="y"} 1',
    ]


async def test_history_pages_from_newest_to_oldest(client: httpx.AsyncClient, world: ApiWorld) -> None:
    world.reports.items = [HistoryItem(kind="deposit", seq=seq, at_ms=NOW_MS, net_minor=1) for seq in (9, 7, 4)]
    headers = _bearer(world, "player")
    first = (await client.get("/api/history?limit=2", headers=headers)).json()
    second = (await client.get(f"/api/history?limit=2&before={first['next_before']}", headers=headers)).json()
    assert [item["seq"] for item in first["items"] + second["items"]] == [9, 7, 4]
    assert second["next_before"] is None


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "before=0", "before=-1", "before=9223372036854775808"]
)
async def test_history_with_bad_paging_is_refused(client: httpx.AsyncClient, world: ApiWorld, query: str) -> None:
    assert _code(await client.get(f"/api/history?{query}", headers=_bearer(world, "player"))) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("path", ["/api/staff/fraud", "/api/staff/rounds"])
@pytest.mark.parametrize("role", ["player", "dealer", "device"])
async def test_staff_lists_are_forbidden_to_others(
    client: httpx.AsyncClient, world: ApiWorld, path: str, role: str
) -> None:
    assert _code(await client.get(path, headers=_bearer(world, role))) == (403, "FORBIDDEN")


@pytest.mark.parametrize("path", ["/api/staff/fraud", "/api/staff/rounds", "/api/history", "/api/receipts/00"])
async def test_private_lists_without_token_are_refused(client: httpx.AsyncClient, path: str) -> None:
    assert _code(await client.get(path)) == (401, "TOKEN_INVALID")


async def test_staff_fraud_lists_scores(client: httpx.AsyncClient, world: ApiWorld) -> None:
    world.reports.scores = [FraudRow(5, "Sam", 80, [{"rule": "opposite_bets"}], NOW_MS)]
    body = (await client.get("/api/staff/fraud", headers=_bearer(world, "staff"))).json()
    assert body["players"][0]["score"] == 80


async def test_staff_rounds_lists_one_table(client: httpx.AsyncClient, world: ApiWorld) -> None:
    world.reports.round_rows = [_round("roulette-1"), _round("live-1")]
    body = (await client.get("/api/staff/rounds?table=live-1", headers=_bearer(world, "staff"))).json()
    assert [row["table_id"] for row in body["rounds"]] == ["live-1"]


def _round(table_id: str) -> RoundRow:
    row: dict[str, Any] = dict.fromkeys(("closes_ms", "decided_ms", "finished_ms", "number", "dealer"))
    fixed = {
        "round_id": "x",
        "table_epoch": 1,
        "round_no": 1,
        "state": "OPEN",
        "opened_ms": NOW_MS,
        "void_reason": None,
    }
    return msgspec.convert({**row, **fixed, "table_id": table_id}, RoundRow)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{{", 400),
        (b"[]", 400),
        (b'{"name":"anna"}', 400),
        (b'{"name":1,"password":"x"}', 400),
        (b'{"name":"a\xff","password":"x"}', 400),
        (b'{"name":"\\ud800abc","password":"correct horse"}', 400),
        (b'{"name":"' + b"a" * 300 + b'","password":"x"}', 400),
        (b"[" * 5000, 400),
        (b'{"name":"' + b"a" * 20_000 + b'"}', 413),
    ],
    ids=lambda value: str(value)[:24],
)
async def test_register_with_a_bad_body_is_refused(client: httpx.AsyncClient, body: bytes, status: int) -> None:
    answer = await client.post("/api/register", content=body, headers={"Content-Type": "application/json"})
    assert _code(answer)[0] == status


async def test_receipt_of_an_own_order_is_given_as_it_was_signed(client: httpx.AsyncClient, world: ApiWorld) -> None:
    receipt = seal(RECEIPT_RECORD, EvidenceSigner(bytes(32)))
    world.receipts.by_order[5, bytes(16)] = [receipt]
    answer = await client.get(f"/api/receipts/{'00' * 16}", headers=_bearer(world, "player"))
    assert answer.text == '{"receipts":[' + canonical(receipt) + "]}"


@pytest.mark.parametrize("cmd_id", ["00" * 16, "11" * 16, "zz" * 16, "00", "00" * 17, " " * 32, "%00"])
async def test_receipt_of_somebody_else_or_of_nothing_is_not_found(
    client: httpx.AsyncClient, world: ApiWorld, cmd_id: str
) -> None:
    world.receipts.by_order[6, bytes(16)] = [RECEIPT_RECORD]
    assert _code(await client.get(f"/api/receipts/{cmd_id}", headers=_bearer(world, "player"))) == (404, "NOT_FOUND")


async def test_receipt_while_the_books_are_away_is_an_outage(client: httpx.AsyncClient, world: ApiWorld) -> None:
    world.receipts.down = StoreUnavailable("away")
    answer = await client.get(f"/api/receipts/{'00' * 16}", headers=_bearer(world, "player"))
    assert _code(answer) == (503, "UNAVAILABLE")


async def test_unknown_address_is_not_found(client: httpx.AsyncClient) -> None:
    assert _code(await client.get("/api/nothing")) == (404, "NOT_FOUND")


async def test_wrong_method_is_refused(client: httpx.AsyncClient) -> None:
    assert _code(await client.get("/api/login")) == (405, "BAD_REQUEST")


@pytest.mark.parametrize("path", ["/", "/table/roulette-1", "/dealer", "/history", "/api/me", "/api/nothing"])
async def test_every_answer_carries_security_headers(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; ")
    assert headers["content-security-policy"].endswith("frame-ancestors 'none'")
    assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")


@pytest.mark.parametrize("path", ["/", "/index.html", "/table/roulette-1", "/dealer", "/history"])
async def test_views_of_the_web_client_give_its_page(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert "The client" in answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/", "/dealer", "/assets/app-1a2b.js", "/health"])
async def test_head_tells_the_same_without_a_body(client: httpx.AsyncClient, path: str) -> None:
    answer, full = await client.head(path), await client.get(path)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == full.headers["content-type"]


async def test_assets_are_kept_by_browsers(client: httpx.AsyncClient) -> None:
    answer = await client.get("/assets/app-1a2b.js")
    assert "javascript" in answer.headers["content-type"]
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    "path",
    ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt", "/link.txt", "/a%00b", "/..%5csecret.txt"],
)
async def test_files_outside_the_web_client_are_not_given(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert _code(answer) == (404, "NOT_FOUND")


async def test_browser_that_has_lost_its_way_gets_the_page_and_the_truth(client: httpx.AsyncClient) -> None:
    answer = await client.get("/no/such/page", headers={"Sec-Fetch-Mode": "navigate"})
    assert answer.status_code == 404
    assert answer.content == (await client.get("/")).content


async def test_web_client_that_is_not_built_says_how_to_build_it(client: httpx.AsyncClient, web: Path) -> None:
    (web / "index.html").unlink()
    answer = await client.get("/")
    assert answer.status_code == 503
    assert "make web" in answer.text


async def test_openapi_describes_the_accounts(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/api/schema")).json()["paths"]
    assert {"/api/register", "/api/login", "/api/refresh", "/api/logout", "/api/me", "/api/history"} <= set(paths)
    assert "/api/receipts/{cmd_id}" in paths
