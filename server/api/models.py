"""Bodies of the HTTP API. Amounts are minor units of the named currency; times are milliseconds since 1970, UTC."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from server.currencies import CURRENCIES, PLAY_CCY

#: The currency of every account so far.
PLAY_CODE: Final = CURRENCIES[PLAY_CCY].code
PLAY_EXPONENT: Final = CURRENCIES[PLAY_CCY].exponent
PLAY_LABEL: Final = "Play money. It has no value and cannot be exchanged for money."

_Text = Annotated[str, msgspec.Meta(max_length=256)]


class Credentials(msgspec.Struct, frozen=True):
    """Name and password, to register or to log in."""

    name: _Text
    password: _Text


class RefreshRequest(msgspec.Struct, frozen=True):
    """The refresh token received last."""

    refresh_token: _Text


class PlayerInfo(msgspec.Struct, frozen=True):
    """Who somebody is."""

    player_id: int
    name: str
    roles: tuple[str, ...]


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Answers register, login and refresh. access_expires_s: seconds from now. A refresh token serves once.

    funded: the books have confirmed the account and its welcome money; false heals by itself when the wallet is back.
    """

    player: PlayerInfo
    access_token: str
    access_expires_s: int
    refresh_token: str
    funded: bool


class EmailRequest(msgspec.Struct, frozen=True):
    """The address to keep."""

    email: _Text


class EmailInfo(msgspec.Struct, frozen=True):
    """Your own address; null: none. erased: there was one, and it was made unreadable for ever."""

    email: str | None
    erased: bool = False


class BalanceInfo(msgspec.Struct, frozen=True):
    """What the books have at seq of the player's shard: available to stake, and reserved in rounds not yet settled."""

    available_minor: int
    reserved_minor: int
    seq: int


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Answers who you are. balance: null while the wallet does not answer."""

    player: PlayerInfo
    balance: BalanceInfo | None
    currency: str = PLAY_CODE
    exponent: int = PLAY_EXPONENT
    play_money: bool = True
    label: str = PLAY_LABEL
    funded: bool = True


class ClientConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What a client needs before it connects. ws_url: where to connect now. ws_urls: all gateways that take clients."""

    ws_url: str
    protocol_version: int
    currency: str
    exponent: int
    play_money: bool
    label: str
    server_ms: int
    ws_urls: list[str] = []


class HistoryBet(msgspec.Struct, frozen=True):
    """One bet of a round. state: "settled" or "voided". payout_minor: stake of winning chips included.

    chips: (position, stake in minor units), where they are recorded: for bets of decided rounds.
    """

    bet_id: str
    state: str
    stake_minor: int
    payout_minor: int
    chips: list[tuple[int, int]] = []


class HistoryItem(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a player's history. kind: "round", "deposit" or "bonus".

    seq: journal position of the last row that belongs to it; the cursor of paging. at_ms: when that was booked.
    net_minor: what it did to the player's money. Fields below net_minor are filled for rounds only.
    Of a round of an instant game table_id is the game's name, and round_no the nonce.
    """

    kind: str
    seq: int
    at_ms: int
    net_minor: int
    stake_minor: int = 0
    payout_minor: int = 0
    returned_minor: int = 0
    round_id: str = ""
    table_id: str = ""
    round_no: int = 0
    number: int | None = None
    voided: bool = False
    void_reason: str = ""
    bets: list[HistoryBet] = []


class History(msgspec.Struct, frozen=True):
    """Newest first. next_before: ask again with before= this; null at the end."""

    items: list[HistoryItem]
    next_before: int | None


class Receipt(msgspec.Struct, frozen=True):
    """One row of the books about you, signed. Fields in alphabetical order: as they are signed (docs/audit.md).

    legs: [kind of account, amount, balance after] of your accounts. bonus, cash, escrow: your balances after the row.
    row_hash: the row's place in the hash chain, hexadecimal as all ids. sig: Ed25519 by the key named.
    """

    bonus: int
    booked_ms: int
    cash: int
    ccy: int
    cmd_id: str
    code: int
    escrow: int
    key: str
    legs: list[tuple[int, int, int]]
    player: int
    round: str
    row_hash: str
    seq: int
    shard: int
    sig: str
    status: int
    what: str


class Receipts(msgspec.Struct, frozen=True):
    """The rows of one order, oldest first: its own, and the one that closed what it opened, once there is one."""

    receipts: list[Receipt]


class ChainInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One hash chain of a table (docs/fairness.md). terminal: element 0. salt: empty until the chain begins.

    salt_source: "setting" or "entropy". salted_ms: 0 without a salt.
    """

    table_id: str
    n: int
    first_round_no: int
    length: int
    terminal: str
    published_ms: int
    salt: str
    salt_source: str
    salted_ms: int


class ChainList(msgspec.Struct, frozen=True):
    """By table, then in order."""

    chains: list[ChainInfo]


class FraudRow(msgspec.Struct, frozen=True):
    """One player's antifraud score, 0 .. 100, and why."""

    player_id: int
    name: str
    score: int
    reasons: list[dict[str, object]]
    updated_ms: int


class FraudList(msgspec.Struct, frozen=True):
    """Highest score first."""

    players: list[FraudRow]


class TableRules(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of one table. max_by_size: k -> the most one player may have on a position that covers k numbers."""

    table_id: str
    title: str
    kind: str
    currency: str
    min_stake_minor: int
    max_table_minor: int
    max_by_size: dict[int, int]


class RoundRow(msgspec.Struct, frozen=True, kw_only=True):
    """One round as staff see it. state: OPEN, CLOSED, DECIDED, SETTLED, VOIDING or VOIDED."""

    round_id: str
    table_id: str
    table_epoch: int
    round_no: int
    state: str
    opened_ms: int
    closes_ms: int | None
    decided_ms: int | None
    finished_ms: int | None
    number: int | None
    dealer: str | None
    void_reason: str | None


class RoundList(msgspec.Struct, frozen=True):
    """Newest first."""

    rounds: list[RoundRow]


class JackpotRow(msgspec.Struct, frozen=True, kw_only=True):
    """One jackpot. amount_minor: what a hit now would pay. paying_minor: what is on its way to a winner already."""

    jackpot: int
    name: str
    currency: str
    amount_minor: int
    paying_minor: int


class JackpotList(msgspec.Struct, frozen=True):
    """By number."""

    jackpots: list[JackpotRow]
