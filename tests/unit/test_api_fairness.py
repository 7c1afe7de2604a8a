"""What anybody may ask of the house's fairness, over fakes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from server.api.app import create_app
from server.fairness.chains import ChainRow
from server.fairness.samples import sample
from tests.fakes.api import ApiWorld, in_process


@pytest.fixture
def world(tmp_path: Path) -> ApiWorld:
    return ApiWorld(tmp_path)


@pytest.fixture
async def client(world: ApiWorld) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=in_process(create_app(world.deps)), base_url="http://casino.test:8080"
    ) as made:
        yield made
    world.passwords.close()


async def test_chains_are_told_to_everybody_and_their_roots_to_nobody(
    world: ApiWorld, client: httpx.AsyncClient
) -> None:
    world.recall.chain_rows = [ChainRow("roulette-1", 1, 1, 65_536, "ab" * 32, 1, b"sealed", "salt", "entropy", 5, 6)]
    answer = await client.get("/api/fairness/chains", params={"table": "roulette-1"})
    assert answer.json() == {
        "chains": [
            {
                "table_id": "roulette-1",
                "n": 1,
                "first_round_no": 1,
                "length": 65_536,
                "terminal": "ab" * 32,
                "published_ms": 5,
                "salt": "salt",
                "salt_source": "entropy",
                "salted_ms": 6,
            }
        ]
    }
    assert (await client.get("/api/fairness/chains", params={"table": "other"})).json() == {"chains": []}


async def test_record_of_a_round_is_told_to_everybody(world: ApiWorld, client: httpx.AsyncClient) -> None:
    world.recall.records["roulette-1", 1] = sample("roulette", 0)
    assert (await client.get("/api/fairness/rounds/roulette-1/1")).json() == sample("roulette", 0)


@pytest.mark.parametrize(
    "path", ["roulette-1/2", "other/1", "roulette-1/0", "roulette-1/99999999999999999999", "roulette-1/x"]
)
async def test_round_that_never_was_is_not_found(path: str, client: httpx.AsyncClient) -> None:
    assert (await client.get(f"/api/fairness/rounds/{path}")).status_code == 404


ROUND = bytes(range(16))


def _bearer(world: ApiWorld, player_id: int, *roles: str) -> dict[str, str]:
    return {"Authorization": "Bearer " + world.tokens.issue(player_id, "Sam", roles, 1, 1)}


async def test_own_rounds_are_told_and_others_are_not_found(world: ApiWorld, client: httpx.AsyncClient) -> None:
    world.player_rounds.by_player = {5: {ROUND: {"round_id": ROUND.hex(), "replay": True}}}
    mine, other = _bearer(world, 5, "player"), _bearer(world, 6, "player")
    listed = await client.get("/api/me/rounds", headers=mine, params={"before": 9, "limit": 3})
    assert listed.json() == {"rounds": [{"round_id": ROUND.hex(), "replay": True}], "next_before": None}
    assert world.player_rounds.asked == (1, 5, 9, 3)
    assert (await client.get(f"/api/me/rounds/{ROUND.hex()}", headers=mine)).json()["replay"] is True
    assert (await client.get(f"/api/me/rounds/{ROUND.hex()}", headers=other)).status_code == 404


@pytest.mark.parametrize("path", ["x", "00", "zz" * 16, "00" * 16])
async def test_id_that_is_no_rounds_is_not_found(path: str, world: ApiWorld, client: httpx.AsyncClient) -> None:
    assert (await client.get(f"/api/me/rounds/{path}", headers=_bearer(world, 5, "player"))).status_code == 404
    assert (await client.get(f"/api/staff/rounds/{path}", headers=_bearer(world, 5, "staff"))).status_code == 404


@pytest.mark.parametrize("path", ["/api/me/rounds", "/api/me/rounds/00"])
async def test_rounds_without_a_login_are_refused(path: str, client: httpx.AsyncClient) -> None:
    assert (await client.get(path)).status_code == 401


async def test_round_with_all_its_bets_is_for_staff_only(world: ApiWorld, client: httpx.AsyncClient) -> None:
    world.player_rounds.by_player = {5: {ROUND: {"round_id": ROUND.hex()}}}
    path = f"/api/staff/rounds/{ROUND.hex()}"
    assert (await client.get(path, headers=_bearer(world, 5, "player"))).status_code == 403
    assert (await client.get(path, headers=_bearer(world, 9, "staff"))).json() == {"round_id": ROUND.hex()}
