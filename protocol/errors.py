"""The registry of error codes and close codes. Numbers are never reused; a code's meaning never changes."""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import Final, NamedTuple


class Code(IntEnum):
    """What an `Error` says. 1xx the frame, 2xx who you are, 3xx the table's rules, 4xx money, 5xx the service."""

    MALFORMED_FRAME = 100
    UNSUPPORTED_VERSION = 101
    FRAME_TOO_LARGE = 102
    UNKNOWN_MESSAGE = 103
    BAD_FIELD = 104
    NESTED_TOO_DEEP = 105
    HELLO_EXPECTED = 106
    BAD_REF = 107
    UNAUTHENTICATED = 200
    TOKEN_EXPIRED = 201
    FORBIDDEN = 202
    SESSION_REPLACED = 203
    SESSION_IDLE = 204
    SESSION_EXPIRED = 205
    SESSION_REVOKED = 206
    UNKNOWN_TABLE = 300
    BETTING_CLOSED = 301
    WRONG_ROUND = 302
    UNKNOWN_POSITION = 303
    STAKE_INVALID = 304
    STAKE_BELOW_MINIMUM = 305
    STAKE_ABOVE_MAXIMUM = 306
    TABLE_LIMIT_EXCEEDED = 307
    TOO_MANY_CHIPS = 308
    NOTHING_TO_REPEAT = 309
    NOTHING_TO_DOUBLE = 310
    BET_NOT_FOUND = 311
    UNKNOWN_CALL = 312
    WRONG_PHASE = 313
    NUMBER_INVALID = 314
    NOT_JOINED = 315
    NUMBER_MISMATCH = 316
    NOT_THE_DEALER = 317
    SEAT_TAKEN = 318
    ACTION_INVALID = 319
    NOT_YOUR_TURN = 320
    TOO_LATE = 321
    TOO_SOON = 322
    SEEDS_UNSEEN = 323
    SUSPENDED = 324
    CARD_IMPOSSIBLE = 325
    CARD_NOT_DUE = 326
    SHOE_NOT_READY = 327
    STEP_OUT_OF_ORDER = 328
    INSUFFICIENT_FUNDS = 400
    ID_REUSED = 401
    ID_TOO_OLD = 402
    ID_IN_FUTURE = 403
    ID_CLASS_FORBIDDEN = 404
    UNKNOWN_ACCOUNT = 405
    CURRENCY_MISMATCH = 406
    AMOUNT_INVALID = 407
    RESERVATION_UNKNOWN = 408
    RESERVATION_CLOSED = 409
    ALREADY_VOIDED = 410
    STALE_TABLE_EPOCH = 411
    SETTLE_OUT_OF_RANGE = 412
    ACCOUNT_FROZEN = 413
    FOUR_EYES_REQUIRED = 414
    BONUS_ACTIVE = 415
    NO_BONUS = 416
    UNKNOWN_JACKPOT = 417
    JACKPOT_EXISTS = 418
    ACCOUNT_FORBIDDEN = 419
    BAD_TEXT = 420
    BUSY = 500
    UNAVAILABLE = 501
    OUTCOME_UNKNOWN = 502
    DRAINING = 503
    RATE_LIMITED = 504
    TOO_MANY_CONNECTIONS = 505
    INTERNAL = 599


class Entry(NamedTuple):
    """meaning: one English sentence. retryable: as in `Error`. close: the close code, 0 if it stays open."""

    meaning: str
    retryable: bool
    close: int


class Close(IntEnum):
    """WebSocket close codes: 40xx reconnect with back-off, 41xx get a new token first, 42xx do not reconnect.

    After 42xx the client itself is at fault, and would be again.
    """

    GOING_AWAY = 4000
    SLOW_CONSUMER = 4001
    HEARTBEAT_LOST = 4002
    INTERNAL = 4003
    TOO_MANY_CONNECTIONS = 4004
    FLOOD = 4005
    UNAUTHENTICATED = 4100
    TOKEN_EXPIRED = 4101
    SESSION_REPLACED = 4102
    HELLO_TIMEOUT = 4103
    SESSION_IDLE = 4104
    SESSION_EXPIRED = 4105
    SESSION_REVOKED = 4106
    MALFORMED = 4200
    UNSUPPORTED_VERSION = 4201
    FRAME_TOO_LARGE = 4202
    HELLO_EXPECTED = 4203


REGISTRY: Final[dict[Code, Entry]] = {
    Code.MALFORMED_FRAME: Entry("The frame is not a msgpack envelope of this protocol.", False, Close.MALFORMED),
    Code.UNSUPPORTED_VERSION: Entry("This protocol version is not spoken here.", False, Close.UNSUPPORTED_VERSION),
    Code.FRAME_TOO_LARGE: Entry("The frame is larger than allowed.", False, Close.FRAME_TOO_LARGE),
    Code.UNKNOWN_MESSAGE: Entry("The body's tag is not a message a client may send.", False, 0),
    Code.BAD_FIELD: Entry("A field of the body has the wrong type or shape.", False, 0),
    Code.NESTED_TOO_DEEP: Entry("The frame nests deeper than any message does.", False, Close.MALFORMED),
    Code.HELLO_EXPECTED: Entry("The first request must be Hello, and only the first.", False, Close.HELLO_EXPECTED),
    Code.BAD_REF: Entry("The ref is not in 1 .. 2^32-1.", False, Close.MALFORMED),
    Code.UNAUTHENTICATED: Entry("The token is not valid.", False, Close.UNAUTHENTICATED),
    Code.TOKEN_EXPIRED: Entry("The token has expired; refresh it and connect again.", False, Close.TOKEN_EXPIRED),
    Code.FORBIDDEN: Entry("Your roles do not allow this.", False, 0),
    Code.SESSION_REPLACED: Entry("You connected elsewhere.", False, Close.SESSION_REPLACED),
    Code.SESSION_IDLE: Entry("Nothing was asked for so long that the session ended.", False, Close.SESSION_IDLE),
    Code.SESSION_EXPIRED: Entry(
        "The session has lasted as long as one may; log in again.", False, Close.SESSION_EXPIRED
    ),
    Code.SESSION_REVOKED: Entry("The session was ended by you or by us; log in again.", False, Close.SESSION_REVOKED),
    Code.UNKNOWN_TABLE: Entry("There is no such table.", False, 0),
    Code.BETTING_CLOSED: Entry("Betting was closed when the server received the order.", False, 0),
    Code.WRONG_ROUND: Entry("That round is not the current one.", False, 0),
    Code.UNKNOWN_POSITION: Entry("There is no such position on the layout.", False, 0),
    Code.STAKE_INVALID: Entry("A stake is not a whole number of minor units above zero.", False, 0),
    Code.STAKE_BELOW_MINIMUM: Entry("A stake is below the table's minimum.", False, 0),
    Code.STAKE_ABOVE_MAXIMUM: Entry("The position would hold more than its maximum.", False, 0),
    Code.TABLE_LIMIT_EXCEEDED: Entry("The layout would hold more than the table's maximum.", False, 0),
    Code.TOO_MANY_CHIPS: Entry("Too many or no chips in one order, or too many bets in one round.", False, 0),
    Code.NOTHING_TO_REPEAT: Entry("You had no bets in a former round here.", False, 0),
    Code.NOTHING_TO_DOUBLE: Entry("You have nothing on the layout.", False, 0),
    Code.BET_NOT_FOUND: Entry("You have no such bet in this round.", False, 0),
    Code.UNKNOWN_CALL: Entry("There is no such announced bet.", False, 0),
    Code.WRONG_PHASE: Entry("The round is not in the phase for that.", False, 0),
    Code.NUMBER_INVALID: Entry("What was entered is not an outcome of this game.", False, 0),
    Code.NOT_JOINED: Entry("Join the table first.", False, 0),
    Code.NUMBER_MISMATCH: Entry("The confirmed number is not the one entered.", False, 0),
    Code.NOT_THE_DEALER: Entry("Somebody else deals at this table now.", False, 0),
    Code.SEAT_TAKEN: Entry("Somebody else has that seat in this round.", False, 0),
    Code.ACTION_INVALID: Entry("That cannot be done with this bet, or not now.", False, 0),
    Code.NOT_YOUR_TURN: Entry("Another hand is being asked.", False, 0),
    Code.TOO_LATE: Entry("It was over when the server received the order.", False, 0),
    Code.TOO_SOON: Entry("The last round of this game has not lasted as long as one must.", False, 0),
    Code.SEEDS_UNSEEN: Entry("Ask which seeds you play by first.", False, 0),
    Code.SUSPENDED: Entry("We have suspended this game for now; nothing was staked.", False, 0),
    Code.CARD_IMPOSSIBLE: Entry(
        "That is no card, or all of its kind in the shoe were seen: look at it again.", False, 0
    ),
    Code.CARD_NOT_DUE: Entry("No card is due now, or another hand's.", False, 0),
    Code.SHOE_NOT_READY: Entry("The shoe is not in the state for that.", False, 0),
    Code.STEP_OUT_OF_ORDER: Entry("Another event has that number, or one before it is missing.", False, 0),
    Code.INSUFFICIENT_FUNDS: Entry("The available balance is less than the stake.", False, 0),
    Code.ID_REUSED: Entry("This id was used before for another order.", False, 0),
    Code.ID_TOO_OLD: Entry("The time in the id is too long ago.", False, 0),
    Code.ID_IN_FUTURE: Entry("The time in the id is more than five minutes ahead.", False, 0),
    Code.ID_CLASS_FORBIDDEN: Entry("The id is not in UUIDv7 layout of origin class 0.", False, 0),
    Code.UNKNOWN_ACCOUNT: Entry("The player has no account in this currency.", False, 0),
    Code.CURRENCY_MISMATCH: Entry("The currency is not the account's.", False, 0),
    Code.AMOUNT_INVALID: Entry("The amount is not a whole number of minor units within bounds.", False, 0),
    Code.RESERVATION_UNKNOWN: Entry("There is no such reservation.", False, 0),
    Code.RESERVATION_CLOSED: Entry("The reservation was settled or voided before.", False, 0),
    Code.ALREADY_VOIDED: Entry("The bet was voided before it arrived.", False, 0),
    Code.STALE_TABLE_EPOCH: Entry("The order came from a table that has been replaced.", False, 0),
    Code.SETTLE_OUT_OF_RANGE: Entry("The settlement is outside the reservation's rules.", False, 0),
    Code.ACCOUNT_FROZEN: Entry("The account is frozen.", False, 0),
    Code.FOUR_EYES_REQUIRED: Entry("Two different persons must ask for and approve this.", False, 0),
    Code.BONUS_ACTIVE: Entry("The player has a bonus that is not finished.", False, 0),
    Code.NO_BONUS: Entry("The player has no bonus.", False, 0),
    Code.UNKNOWN_JACKPOT: Entry("There is no such jackpot in this currency.", False, 0),
    Code.JACKPOT_EXISTS: Entry("The jackpot was defined before, with other terms.", False, 0),
    Code.ACCOUNT_FORBIDDEN: Entry("Money may not be moved between these accounts in this way.", False, 0),
    Code.BAD_TEXT: Entry("A text is longer than allowed.", False, 0),
    Code.BUSY: Entry("Too much is waiting; nothing was done.", True, 0),
    Code.UNAVAILABLE: Entry("A part of the service is down; nothing was done.", True, 0),
    Code.OUTCOME_UNKNOWN: Entry("The order may or may not have been carried out; send it again unchanged.", True, 0),
    Code.DRAINING: Entry("This server is about to restart and takes no new rounds.", True, 0),
    Code.RATE_LIMITED: Entry("Too many requests; nothing was done.", True, 0),
    Code.TOO_MANY_CONNECTIONS: Entry(
        "Too many connections from you or in all; connect again later.", True, Close.TOO_MANY_CONNECTIONS
    ),
    Code.INTERNAL: Entry("A fault of ours; it has been recorded.", True, Close.INTERNAL),
}

CLOSE_MEANINGS: Final[dict[Close, str]] = {
    Close.GOING_AWAY: "The server is about to restart.",
    Close.SLOW_CONSUMER: "You read too slowly, and too much was waiting for you.",
    Close.HEARTBEAT_LOST: "Nothing was heard from you for twice the heartbeat.",
    Close.INTERNAL: "A fault of ours; it has been recorded.",
    Close.TOO_MANY_CONNECTIONS: "This server takes no more connections for now.",
    Close.FLOOD: "You went on long after you were told that you ask too much.",
    Close.UNAUTHENTICATED: "The token is not valid.",
    Close.TOKEN_EXPIRED: "The token has expired.",
    Close.SESSION_REPLACED: "You connected elsewhere; do not reconnect unless a person wants to.",
    Close.HELLO_TIMEOUT: "No Hello came in time.",
    Close.SESSION_IDLE: "You were away for too long; do not reconnect unless a person wants to.",
    Close.SESSION_EXPIRED: "The session has lasted as long as one may; log in again.",
    Close.SESSION_REVOKED: "The session was ended; log in again.",
    Close.MALFORMED: "A frame was not a msgpack envelope of this protocol.",
    Close.UNSUPPORTED_VERSION: "This protocol version is not spoken here.",
    Close.FRAME_TOO_LARGE: "A frame was larger than allowed.",
    Close.HELLO_EXPECTED: "The first request must be Hello, and only the first.",
}


class After(Enum):
    """What a client does after its connection closed."""

    BACK_OFF = "backoff"  # connect again, later each time
    NEW_TOKEN = "token"  # refresh the token, then connect again
    STOP = "never"  # connecting again would not help, or a person must decide


def after_close(code: int) -> After:
    """Return what to do after this close code. Codes that are not ours (1006 and such) are outages: back off."""
    if code in (Close.SESSION_REPLACED, Close.SESSION_IDLE) or 4200 <= code < 4300:
        return After.STOP
    return After.NEW_TOKEN if 4100 <= code < 4200 else After.BACK_OFF
