"""Accounts to try everything with: a dealer, a device and a member of staff, with passwords of this installation."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

from server.passwords import Passwords
from server.storage.players import PostgresPlayers

#: Name and roles of each.
DEMO_ACCOUNTS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("dealer", ("dealer",)),
    ("dealer2", ("dealer",)),
    ("device", ("device",)),
    ("staff", ("staff",)),
)

_FILE: Final = "accounts.txt"


async def ensure_demo_accounts(
    players: PostgresPlayers, passwords: Passwords, state: Path, *, shards: int
) -> dict[str, str]:
    """Make the demo accounts that are missing; return name and password of all in `state/accounts.txt`.

    The file is for the owner's eyes only (0600) and is written before the account, so that a crash between leaves a
    known password. An account whose name somebody else registered first is not touched and not listed.
    """
    file = state / _FILE
    known = _read(file)
    for name, roles in DEMO_ACCOUNTS:
        found = await players.by_name(name)
        if found is not None:
            if name in known and not await passwords.verify(found.password_hash, known[name]):
                del known[name]
            continue
        known[name] = known.get(name) or secrets.token_urlsafe(9)
        _write(file, known)
        await players.create(name, await passwords.hash(known[name]), shards, roles)
    _write(file, known)
    return known


def _read(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    pairs = (line.split() for line in file.read_text(encoding="utf-8").splitlines())
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def _write(file: Path, known: dict[str, str]) -> None:
    fresh = file.with_suffix(".new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as output:
        output.writelines(f"{name} {password}\n" for name, password in known.items())
        output.flush()
        os.fsync(output.fileno())
    fresh.replace(file)
