"""`croupier verify` and `croupier chains`."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import asyncpg
import typer
from rich.console import Console
from rich.text import Text

from actors.domain.games.draws import commitment
from server.audit.seals import Keys, SealBroken, load_keys
from server.config import Config, load_config
from server.databases import database
from server.evidence import keys_file as listed_keys
from server.fairness.signing import is_signed
from server.fairness.verify import Verdict, verify

_output = Console(highlight=False, soft_wrap=True)
_error = Console(stderr=True, highlight=False, soft_wrap=True)

EXPLAIN: Final[Mapping[str, str]] = {
    "malformed": "this is not a record of a round, or something is missing in it",
    "game": "these rules are not known to this program",
    "commitment": "the seed is not the one that was committed to",
    "chain": "the seed is not of the chain that was published",
    "outcome": "the outcome is not the one that follows from the seed",
    "payout": "the outcome is right, but it pays something else",
    "signature": "the house has not signed this",
}


def verify_command(
    what: Annotated[
        str, typer.Argument(help="a file with a record or a list of them, - for standard input, or a round's id")
    ],
    keys_file: Annotated[
        Path | None, typer.Option("--keys", help="the list of public keys; by default the one in the state folder")
    ] = None,
) -> None:
    """Check rounds against their seeds, and our signature where a record has one.

    Exit code 0: all are as their seeds say; 1: one is not; 2: it cannot be read.
    """
    if re.fullmatch(r"[0-9a-fA-F]{32}", what.replace("-", "")) and not Path(what).exists():
        records = [asyncio.run(_recalled(load_config(), bytes.fromhex(what.replace("-", ""))))]
    else:
        records = _read(what)
    keys = _keys(keys_file)
    verdicts = [_with_signature(record, verify(record), keys) for record in records]
    for record, verdict in zip(records, verdicts, strict=True):
        _output.print(Text("\n".join(lines_of(record, verdict))))
    good = sum(verdict.ok for verdict in verdicts)
    _output.print(f"{good} of {len(verdicts)} verified")
    sys.exit(0 if good == len(verdicts) else 1)


def _keys(file: Path | None) -> Keys | None:
    """Return the keys to check signatures by; None where there is no list of them. Raises Exit for one that is broken."""
    path = file or listed_keys(load_config())
    if file is None and not path.exists():
        return None
    try:
        return load_keys(path)
    except (SealBroken, OSError) as error:
        _error.print(Text(f"the public keys cannot be used: {error}"))
        raise typer.Exit(2) from None


def _with_signature(record: Any, verdict: Verdict, keys: Keys | None) -> Verdict:
    if keys is None or not isinstance(record, dict) or not record.get("record") or is_signed(record, keys):
        return verdict
    return Verdict(False, (*verdict.problems, "signature"), verdict.found)


def spin_command(
    game: Annotated[str, typer.Argument(help="the first part of a rules version, such as slot-lantern-1")],
    seed: Annotated[str, typer.Argument(help="the revealed server seed")],
    client_seed: Annotated[str, typer.Argument(help="your own")],
    nonce: Annotated[int, typer.Argument(help="the bet's number under this pair")],
) -> None:
    """Say what a seed pair and a nonce lead to, without any record."""
    names = {"rules_version": game, "seed": seed, "client_seed": client_seed, "nonce": nonce}
    verdict = verify({**names, "commitment": commitment(seed), "number": 0, "detail": []})
    if not verdict.found:
        _error.print(Text("; ".join(EXPLAIN[problem] for problem in verdict.problems)))
        raise typer.Exit(2)
    _output.print(f"commitment {commitment(seed)}")
    _output.print(f"number {verdict.found[0]}, detail {' '.join(map(str, verdict.found[1:])) or 'none'}")


def lines_of(record: Any, verdict: Verdict) -> list[str]:
    """Return the verdict on a record for people."""
    fields = record if isinstance(record, dict) else {}
    name = (
        f"{fields.get('table_id') or fields.get('game') or 'record'} {fields.get('round_no', fields.get('nonce', ''))}"
    )
    if fields.get("state") == "in progress":
        return [f"{name}: not over yet; its seed is told with its result"]
    if verdict.ok:
        return [f"{name.strip()}: as its seed says"]
    return [
        f"{name.strip()}: NOT as its seed says",
        *(f"  {problem}: {EXPLAIN[problem]}" for problem in verdict.problems),
    ]


def _read(what: str) -> list[Any]:
    try:
        content = json.loads(sys.stdin.read() if what == "-" else Path(what).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        _error.print(Text(f"{what} cannot be read: {error}"))
        raise typer.Exit(2) from None
    return content if isinstance(content, list) else [content]


async def _recalled(config: Config, round_id: bytes) -> dict[str, Any]:
    from server.storage.recall import PostgresRecall

    async with database(config) as dsn, asyncpg.create_pool(dsn, min_size=1, max_size=1) as pool:
        found = await PostgresRecall(pool).by_id(round_id)
    if found is None:
        _error.print(f"there is no round {round_id.hex()}")
        raise typer.Exit(2)
    return found


def chains_command(
    verb: Annotated[str, typer.Argument(help="empty: list them; publish: make the next one of each table")] = "",
) -> None:
    """List the hash chains of the tables, or publish the next ones."""
    if verb not in ("", "publish"):
        _error.print(f"`croupier chains` knows nothing like {verb}: leave it out, or say publish")
        raise typer.Exit(2)
    for line in asyncio.run(_chains(load_config(), is_publishing=verb == "publish")):
        _output.print(Text(line))


async def _chains(config: Config, *, is_publishing: bool) -> Sequence[str]:
    from server.entropy import LibsodiumEntropy
    from server.fairness.chains import HashChains
    from server.storage.chains import PostgresChains
    from server.vault.keys import VaultKeys

    async with database(config) as dsn, asyncpg.create_pool(dsn, min_size=1, max_size=1) as pool:
        store = PostgresChains(pool)
        rows = await store.listed("")
        if is_publishing:
            chains = HashChains(store, VaultKeys(config), LibsodiumEntropy())
            for table_id in sorted({row.table_id for row in rows}):
                await chains.publish_ahead(table_id)
            rows = await store.listed("")
    if not rows:
        return ["no table has played a round yet"]
    return [
        f"{row.table_id} chain {row.n}: rounds {row.first_round_no:,} to {row.end - 1:,}, element 0 {row.terminal}, "
        + (f"salt {row.salt} ({row.salt_source})" if row.salt else "waits for a salt")
        for row in rows
    ]
