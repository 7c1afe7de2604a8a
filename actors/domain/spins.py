"""Rounds of instant games: orders to "instant/GAME", what is durable of a round, and the seeds that it is drawn from.

States of a round: RECORDED -> SETTLED (the wager is in the books) or VOID (the books refused it, and always will).
"""

from __future__ import annotations

import hashlib
from enum import IntEnum
from typing import Final

import msgspec

from actors.domain.commands import DescribeTable, Refused, Seat, TableLine
from actors.domain.games.game import Outcome
from actors.domain.ids import Origin, id_ms, make_id
from actors.domain.money.orders import Wager

#: Bytes of a server's seed before it is written in hexadecimal.
SEED_BYTES: Final = 32
CLIENT_SEED_MAX: Final = 64
#: How many pairs out of use are told.
REVEALED_MAX: Final = 5


class SpinState(IntEnum):
    """Numbers are stored, so they never change."""

    RECORDED = 0
    SETTLED = 1
    VOID = 2


class SpinOrder(msgspec.Struct, frozen=True, array_like=True, tag=1, gc=False):
    """Plays a round. spin_id is the id of its wager, and of its answer.

    Refusals in order: SUSPENDED, STAKE_INVALID, STAKE_BELOW_MINIMUM, STAKE_ABOVE_MAXIMUM, SEEDS_UNSEEN, TOO_SOON; ID_REUSED;
    those of `Wager`; ALREADY_VOIDED (it was recorded, and the game restarted before the books had it).
    """

    seat: Seat
    spin_id: bytes
    stake_minor: int


class ReadSeeds(msgspec.Struct, frozen=True, array_like=True, tag=2, gc=False):
    """Asks by which seeds a player plays; makes the first pair where there is none. Answered with `SeedsView`."""

    player_id: int


class RotateSeeds(msgspec.Struct, frozen=True, array_like=True, tag=3, gc=False):
    """Reveals a player's pair and takes the next. Answered with `SeedsView`. Refusals: SEEDS_UNSEEN, TOO_SOON."""

    player_id: int
    command_id: bytes
    client_seed: str


class SpinDone(msgspec.Struct, frozen=True, array_like=True, tag=10):
    """Answers `SpinOrder`: durable; money as of the wager's row."""

    spin_id: bytes
    stake_minor: int
    payout_minor: int
    number: int
    detail: tuple[int, ...]
    commitment: str
    client_seed: str
    nonce: int
    rules_version: str
    seq: int
    cash_minor: int
    escrow_minor: int


class Revealed(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A pair out of use; fields as in the wire's `RevealedSeed`."""

    server_seed: str
    commitment: str
    client_seed: str
    rounds: int


class SeedsView(msgspec.Struct, frozen=True, array_like=True, tag=11):
    """Answers `ReadSeeds` and `RotateSeeds`; fields as in the wire's `Seeds`."""

    commitment: str
    client_seed: str
    nonce: int
    next_commitment: str
    revealed: list[Revealed]


InstantMessage = SpinOrder | ReadSeeds | RotateSeeds | DescribeTable
InstantAnswer = SpinDone | SeedsView | TableLine | Refused


class SeedPair(msgspec.Struct, frozen=True):
    """A server's seed and a player's. server_seed is secret until the pair is out of use, so it is not printed.

    nonce: of the next round. last_ms: when its last round was recorded; 0: none. began_ms: when it came into use.
    client_seed is empty while the pair waits for its turn.
    """

    pair_id: int
    server_seed: str
    commitment: str
    client_seed: str = ""
    nonce: int = 0
    last_ms: int = 0
    began_ms: int = 0

    def __repr__(self) -> str:
        return f"SeedPair({self.pair_id}, commitment={self.commitment}, nonce={self.nonce})"


class PlayerSeeds(msgspec.Struct, frozen=True):
    """All seeds of one player at one game that he may know of. revealed: the latest first, at most REVEALED_MAX."""

    active: SeedPair
    following: SeedPair
    revealed: tuple[Revealed, ...] = ()
    rotated_by: bytes = b""

    def view(self) -> SeedsView:
        """Return what the player is told: commitments, never a seed that is in use or will be."""
        active = self.active
        return SeedsView(
            active.commitment, active.client_seed, active.nonce, self.following.commitment, list(self.revealed)
        )


class SpinRecord(msgspec.Struct, frozen=True):
    """What is durable of a round before the wallet is asked; enough to ask it again in the same words after any crash.

    proof: what the wager carries into the journal (`proof_of`). code: why it is void, a `Refusal`; 0: it is not.
    """

    player_id: int
    spin_id: bytes
    shard: int
    ccy: int
    epoch: int
    pair_id: int
    nonce: int
    commitment: str
    client_seed: str
    stake_minor: int
    payout_minor: int
    outcome: Outcome
    rules_version: str
    proof: bytes
    recorded_ms: int
    state: SpinState = SpinState.RECORDED
    code: int = 0

    def repeats(self, order: SpinOrder) -> bool:
        """Tell whether this is the record of the same order."""
        return self.stake_minor == order.stake_minor

    def is_same_draw(self, other: SpinRecord) -> bool:
        """Tell whether two records are one: recorded once and read back."""
        return (self.pair_id, self.nonce) == (other.pair_id, other.nonce)

    def wager(self, game: str) -> Wager:
        """Return the order that carries it out: the same bytes after any restart."""
        return Wager(
            self.spin_id,
            self.player_id,
            self.ccy,
            self.stake_minor,
            self.payout_minor,
            round_of(game, self.player_id, self.spin_id),
            game,
            self.epoch,
            self.proof,
        )


def round_of(game: str, player_id: int, spin_id: bytes) -> bytes:
    """Return the id of the round that a spin is: anybody can tell it from the spin."""
    noise = hashlib.sha256(f"{game}|{player_id}|".encode() + spin_id).digest()
    return make_id(id_ms(spin_id), Origin.TABLE, noise)


def proof_of(commitment: str, client_seed: str, nonce: int, outcome: Outcome, rules_version: str) -> bytes:
    """Return 64 bytes for the journal: the commitment, then SHA-256 over what was drawn from it and how.

    Whoever has the round's record can tell whether it is the one that was wagered on.
    """
    drawn = ":".join(
        (client_seed, str(nonce), rules_version, str(outcome.number), *(str(part) for part in outcome.detail))
    )
    return bytes.fromhex(commitment) + hashlib.sha256(drawn.encode()).digest()


def is_client_seed(text: str) -> bool:
    """Tell whether a player may choose this seed: 1 to 64 printable ASCII characters without blanks and ":"."""
    return 0 < len(text) <= CLIENT_SEED_MAX and all("!" <= sign <= "~" and sign != ":" for sign in text)
