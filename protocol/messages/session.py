"""Messages about the connection and the player's own money (tags 1 - 19)."""

from __future__ import annotations

import msgspec

from protocol.messages.lobby import TableInfo


class Hello(msgspec.Struct, frozen=True, array_like=True, tag=1, gc=False):
    """First request on a connection. Anything else first is a protocol fault.

    token: the access token from the HTTP API. client: name and version of the client, for logs, at most 64 characters.
    session_id: of the last `Welcome`, to go on with that session's personal stream behind the envelope's seq.
    """

    token: str
    client: str = ""
    session_id: str = ""


class Money(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The player's money as the books have it at journal sequence `seq` of his shard.

    Units: minor units of the account's currency. available_minor: may be staked now.
    reserved_minor: staked in rounds that are not yet settled.
    """

    available_minor: int
    reserved_minor: int
    seq: int


class Welcome(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """Answers `Hello`: who you are, what you have, where you can play.

    server_ms: the server's clock, milliseconds since 1970, to estimate the clock offset.
    heartbeat_s: send a `Ping` at least this often; silence for twice as long closes the connection.
    roles: any of "player", "dealer", "device", "staff".
    recovered: the session of `Hello.session_id` goes on: every personal push behind the seq of Hello follows. If not, the
    personal stream begins anew at 1, and what may have been missed shows in money and in the tables.
    started_ms: when this session of play began. net_since_ms: since when net_minor counts; later where that was lost.
    """

    player_id: int
    name: str
    roles: list[str]
    session_id: str
    server_ms: int
    heartbeat_s: int
    currency: str
    exponent: int
    play_money: bool
    money: Money
    net_minor: int
    tables: list[TableInfo]
    recovered: bool = False
    started_ms: int = 0
    net_since_ms: int = 0


class Ping(msgspec.Struct, frozen=True, array_like=True, tag=3, gc=False):
    """Keeps the connection alive. client_ms comes back unchanged, so that the client can measure the round trip.

    rtt_ms: the round trip of the last answered Ping; -1: none yet.
    """

    client_ms: int
    rtt_ms: int = -1


class Pong(msgspec.Struct, frozen=True, array_like=True, tag=4, gc=False):
    """Answers `Ping`."""

    client_ms: int
    server_ms: int


class GetBalance(msgspec.Struct, frozen=True, array_like=True, tag=5, gc=False):
    """Asks for the player's money."""


class Balance(msgspec.Struct, frozen=True, array_like=True, tag=6, gc=False):
    """Answers `GetBalance`; also pushed on the personal stream. Of two, the one with the higher `money.seq` is true.

    net_minor: wins minus stakes of rounds settled since this session began.
    """

    money: Money
    net_minor: int


class BonusGranted(msgspec.Struct, frozen=True, array_like=True, tag=7, gc=False):
    """Personal push: a play-money bonus tick was paid. tick: its number, the same for all players."""

    amount_minor: int
    tick: int
    money: Money


class Notice(msgspec.Struct, frozen=True, array_like=True, tag=8, gc=False):
    """Personal push: a message for a person. code: a stable word such as "draining"; text: English."""

    code: str
    text: str


class Error(msgspec.Struct, frozen=True, array_like=True, tag=9, gc=False):
    """Answers a request that was refused or could not be carried out; `code` is from the error registry.

    retryable: the same request with the same ids may be sent again. For OUTCOME_UNKNOWN it must be,
    until an answer comes: the money may or may not have moved.
    retry_after_ms: wait at least so long. detail: English, for logs; never needed to understand the refusal.
    """

    code: int
    name: str
    retryable: bool
    retry_after_ms: int = 0
    detail: str = ""


class Reconnect(msgspec.Struct, frozen=True, array_like=True, tag=10, gc=False):
    """Personal push: this server is about to close the connection with 4000, and no fault is anybody's.

    Connect again after_ms later to the same address, where another process is by then, without a back-off of your own: the
    server has spread its clients. Where nobody answers there, ask for another address, with back-off. reason: a stable word.
    """

    after_ms: int
    reason: str


class Skipped(msgspec.Struct, frozen=True, array_like=True, tag=11, gc=False):
    """Table push: this version of the table holds nothing that you may see. It counts like any other."""


class JackpotPool(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One jackpot. amount_minor: what a hit now would pay, in minor units of currency."""

    jackpot: int
    name: str
    currency: str
    amount_minor: int


class JackpotPools(msgspec.Struct, frozen=True, array_like=True, tag=12):
    """Push outside of every stream (stream 0, seq 0): all jackpots, at most once a second and only after a change.

    Only the latest counts. One that a slow client has not read is replaced by the next, so its seq counts nothing.
    """

    pools: list[JackpotPool]
