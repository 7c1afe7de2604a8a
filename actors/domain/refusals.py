"""Why an order is refused. A refusal is a returned fact, never an exception, and changes no state."""

from __future__ import annotations

from enum import IntEnum


class Refusal(IntEnum):
    """Numbers are stored in the journal (`status`), so they never change; names equal those of the wire's registry."""

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
    OUTCOME_UNKNOWN = 502
    DRAINING = 503
