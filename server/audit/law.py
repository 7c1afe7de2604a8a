"""What a law of the books is, and the SQL that many of them begin with."""

from __future__ import annotations

from typing import Final, NamedTuple


class Law(NamedTuple):
    """says: the law in a sentence. breaches: SQL that returns (seq, detail); $1 is the shard, $2 the row to begin after.

    whole, since: whether it is checked on whole books, and on what came since a checkpoint.
    """

    name: str
    says: str
    breaches: str
    whole: bool = True
    since: bool = True


#: The legs of every row after $2, n of its row's.
LEGS: Final = """
  select j.seq, j.code, j.ccy, j.player_id, l.n, l.acct, l.amt, l.bal
    from wallet.journal j, unnest(j.acct, j.amt, j.bal) with ordinality l(acct, amt, bal, n)
   where j.shard_id = $1 and j.seq > $2"""

#: Owners of house accounts with parts are 2^46 + part.
PARTS: Final = 2**46


def moved(kinds: str, row: str = "j") -> str:
    """Return SQL for what a row moved on accounts of these kinds, numbers with commas between them."""
    return f"(select coalesce(sum(m), 0) from unnest({row}.acct, {row}.amt) u(a, m) where a % 1000 in ({kinds}))"


def fact(name: str, row: str = "j") -> str:
    """Return SQL for a whole number in a row's meta; null where it has none, or is no JSON: books may be bent."""
    text = f"substring({row}.meta::jsonb ->> '{name}' from '^-?[0-9]{{1,25}}$')"
    return f"(case when {row}.meta is json object then {text}::numeric end)"


def word(name: str, row: str = "j") -> str:
    """Return SQL for a text in a row's meta; null where it has none."""
    return f"(case when {row}.meta is json object then {row}.meta::jsonb ->> '{name}' end)"
