"""Messages of instant games (tags 70 - 79): one order is a whole round.

Ids are as at tables. Every number of a round comes from two seeds: the server's, of which the player sees the commitment
(SHA-256 of its text, in hex) before he stakes anything, and his own. Rounds by one pair of seeds are counted by its nonce,
0, 1, 2 ... without a hole: a round that is refused by the books or void has used its number up. The server's seed is told
only once the pair is out of use. How numbers follow from the seeds: the page on fairness.
"""

from __future__ import annotations

import msgspec

from protocol.messages.session import Money


class Spin(msgspec.Struct, frozen=True, array_like=True, tag=70, gc=False):
    """Plays a round. Send it unchanged until it is answered; the same spin_id always has the same answer.

    game: `TableInfo.table_id` of a table of kind "instant". Ask for `GetSeeds` before the first one.
    """

    game: str
    spin_id: bytes
    stake_minor: int


class SpinResult(msgspec.Struct, frozen=True, array_like=True, tag=71):
    """Answers `Spin`: the round is in the books, stake and payout in one row.

    payout_minor: all that was won. number, detail: the outcome by the game's rules; everything that is shown follows from it.
    commitment, client_seed, nonce: what it was drawn from.
    """

    game: str
    spin_id: bytes
    stake_minor: int
    payout_minor: int
    number: int
    detail: list[int]
    commitment: str
    client_seed: str
    nonce: int
    money: Money
    net_minor: int
    rules_version: str


class GetSeeds(msgspec.Struct, frozen=True, array_like=True, tag=72, gc=False):
    """Asks by which seeds I play; makes the first pair where there is none."""

    game: str


class RevealedSeed(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A pair out of use. server_seed: 64 hexadecimal digits, used as text. rounds: how many were played by it."""

    server_seed: str
    commitment: str
    client_seed: str
    rounds: int


class Seeds(msgspec.Struct, frozen=True, array_like=True, tag=73):
    """Answers `GetSeeds` and `RotateSeed`. nonce: of the next round. next_commitment: to the server's seed after this one.

    revealed: the last pairs out of use, the latest first, at most 5.
    """

    game: str
    commitment: str
    client_seed: str
    nonce: int
    next_commitment: str
    revealed: list[RevealedSeed]


class RotateSeed(msgspec.Struct, frozen=True, array_like=True, tag=74, gc=False):
    """Takes the pair out of use and reveals it; the seed that next_commitment was told of comes into use with this client_seed.

    client_seed: 1 to 64 printable ASCII characters without blanks and ":". Send it unchanged until it is answered.
    """

    game: str
    command_id: bytes
    client_seed: str
