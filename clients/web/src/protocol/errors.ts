// Generated from the Python source by `make schema`. Do not edit.

/** What an `Error` says. 1xx the frame, 2xx who you are, 3xx the table's rules, 4xx money, 5xx the service. */
export const Code = {
  MALFORMED_FRAME: 100,
  UNSUPPORTED_VERSION: 101,
  FRAME_TOO_LARGE: 102,
  UNKNOWN_MESSAGE: 103,
  BAD_FIELD: 104,
  NESTED_TOO_DEEP: 105,
  HELLO_EXPECTED: 106,
  BAD_REF: 107,
  UNAUTHENTICATED: 200,
  TOKEN_EXPIRED: 201,
  FORBIDDEN: 202,
  SESSION_REPLACED: 203,
  UNKNOWN_TABLE: 300,
  BETTING_CLOSED: 301,
  WRONG_ROUND: 302,
  UNKNOWN_POSITION: 303,
  STAKE_INVALID: 304,
  STAKE_BELOW_MINIMUM: 305,
  STAKE_ABOVE_MAXIMUM: 306,
  TABLE_LIMIT_EXCEEDED: 307,
  TOO_MANY_CHIPS: 308,
  NOTHING_TO_REPEAT: 309,
  NOTHING_TO_DOUBLE: 310,
  BET_NOT_FOUND: 311,
  UNKNOWN_CALL: 312,
  WRONG_PHASE: 313,
  NUMBER_INVALID: 314,
  NOT_JOINED: 315,
  NUMBER_MISMATCH: 316,
  NOT_THE_DEALER: 317,
  INSUFFICIENT_FUNDS: 400,
  ID_REUSED: 401,
  ID_TOO_OLD: 402,
  ID_IN_FUTURE: 403,
  ID_CLASS_FORBIDDEN: 404,
  UNKNOWN_ACCOUNT: 405,
  CURRENCY_MISMATCH: 406,
  AMOUNT_INVALID: 407,
  RESERVATION_UNKNOWN: 408,
  RESERVATION_CLOSED: 409,
  ALREADY_VOIDED: 410,
  STALE_TABLE_EPOCH: 411,
  SETTLE_OUT_OF_RANGE: 412,
  ACCOUNT_FROZEN: 413,
  BUSY: 500,
  UNAVAILABLE: 501,
  OUTCOME_UNKNOWN: 502,
  DRAINING: 503,
  RATE_LIMITED: 504,
  INTERNAL: 599,
} as const;
export type Code = (typeof Code)[keyof typeof Code];

/** WebSocket close codes. 40xx reconnect with back-off, 41xx get a new token first, 42xx do not reconnect. */
export const Close = {
  GOING_AWAY: 4000,
  SLOW_CONSUMER: 4001,
  HEARTBEAT_LOST: 4002,
  INTERNAL: 4003,
  TOO_MANY_CONNECTIONS: 4004,
  UNAUTHENTICATED: 4100,
  TOKEN_EXPIRED: 4101,
  SESSION_REPLACED: 4102,
  HELLO_TIMEOUT: 4103,
  MALFORMED: 4200,
  UNSUPPORTED_VERSION: 4201,
  FRAME_TOO_LARGE: 4202,
  HELLO_EXPECTED: 4203,
} as const;
export type Close = (typeof Close)[keyof typeof Close];

/** meaning: English. retryable: the same request with the same ids may be sent again. close: 0 if it stays open. */
export interface CodeEntry {
  readonly name: string;
  readonly meaning: string;
  readonly retryable: boolean;
  readonly close: Close | 0;
}

export const CODES: Readonly<Record<Code, CodeEntry>> = {
  [100]: { name: "MALFORMED_FRAME", meaning: "The frame is not a msgpack envelope of this protocol.", retryable: false, close: 4200 },
  [101]: { name: "UNSUPPORTED_VERSION", meaning: "This protocol version is not spoken here.", retryable: false, close: 4201 },
  [102]: { name: "FRAME_TOO_LARGE", meaning: "The frame is larger than allowed.", retryable: false, close: 4202 },
  [103]: { name: "UNKNOWN_MESSAGE", meaning: "The body's tag is not a message a client may send.", retryable: false, close: 0 },
  [104]: { name: "BAD_FIELD", meaning: "A field of the body has the wrong type or shape.", retryable: false, close: 0 },
  [105]: { name: "NESTED_TOO_DEEP", meaning: "The frame nests deeper than any message does.", retryable: false, close: 4200 },
  [106]: { name: "HELLO_EXPECTED", meaning: "The first request must be Hello, and only the first.", retryable: false, close: 4203 },
  [107]: { name: "BAD_REF", meaning: "The ref is not in 1 .. 2^32-1.", retryable: false, close: 4200 },
  [200]: { name: "UNAUTHENTICATED", meaning: "The token is not valid.", retryable: false, close: 4100 },
  [201]: { name: "TOKEN_EXPIRED", meaning: "The token has expired; refresh it and connect again.", retryable: false, close: 4101 },
  [202]: { name: "FORBIDDEN", meaning: "Your roles do not allow this.", retryable: false, close: 0 },
  [203]: { name: "SESSION_REPLACED", meaning: "You connected elsewhere.", retryable: false, close: 4102 },
  [300]: { name: "UNKNOWN_TABLE", meaning: "There is no such table.", retryable: false, close: 0 },
  [301]: { name: "BETTING_CLOSED", meaning: "Betting was closed when the server received the order.", retryable: false, close: 0 },
  [302]: { name: "WRONG_ROUND", meaning: "That round is not the current one.", retryable: false, close: 0 },
  [303]: { name: "UNKNOWN_POSITION", meaning: "There is no such position on the layout.", retryable: false, close: 0 },
  [304]: { name: "STAKE_INVALID", meaning: "A stake is not a whole number of minor units above zero.", retryable: false, close: 0 },
  [305]: { name: "STAKE_BELOW_MINIMUM", meaning: "A stake is below the table's minimum.", retryable: false, close: 0 },
  [306]: { name: "STAKE_ABOVE_MAXIMUM", meaning: "The position would hold more than its maximum.", retryable: false, close: 0 },
  [307]: { name: "TABLE_LIMIT_EXCEEDED", meaning: "The layout would hold more than the table's maximum.", retryable: false, close: 0 },
  [308]: { name: "TOO_MANY_CHIPS", meaning: "Too many or no chips in one order, or too many bets in one round.", retryable: false, close: 0 },
  [309]: { name: "NOTHING_TO_REPEAT", meaning: "You had no bets in a former round here.", retryable: false, close: 0 },
  [310]: { name: "NOTHING_TO_DOUBLE", meaning: "You have nothing on the layout.", retryable: false, close: 0 },
  [311]: { name: "BET_NOT_FOUND", meaning: "You have no such bet in this round.", retryable: false, close: 0 },
  [312]: { name: "UNKNOWN_CALL", meaning: "There is no such announced bet.", retryable: false, close: 0 },
  [313]: { name: "WRONG_PHASE", meaning: "The round is not in the phase for that.", retryable: false, close: 0 },
  [314]: { name: "NUMBER_INVALID", meaning: "The number is not 0 .. 36.", retryable: false, close: 0 },
  [315]: { name: "NOT_JOINED", meaning: "Join the table first.", retryable: false, close: 0 },
  [316]: { name: "NUMBER_MISMATCH", meaning: "The confirmed number is not the one entered.", retryable: false, close: 0 },
  [317]: { name: "NOT_THE_DEALER", meaning: "Somebody else deals at this table now.", retryable: false, close: 0 },
  [400]: { name: "INSUFFICIENT_FUNDS", meaning: "The available balance is less than the stake.", retryable: false, close: 0 },
  [401]: { name: "ID_REUSED", meaning: "This id was used before for another order.", retryable: false, close: 0 },
  [402]: { name: "ID_TOO_OLD", meaning: "The time in the id is too long ago.", retryable: false, close: 0 },
  [403]: { name: "ID_IN_FUTURE", meaning: "The time in the id is more than five minutes ahead.", retryable: false, close: 0 },
  [404]: { name: "ID_CLASS_FORBIDDEN", meaning: "The id is not in UUIDv7 layout of origin class 0.", retryable: false, close: 0 },
  [405]: { name: "UNKNOWN_ACCOUNT", meaning: "The player has no account in this currency.", retryable: false, close: 0 },
  [406]: { name: "CURRENCY_MISMATCH", meaning: "The currency is not the account's.", retryable: false, close: 0 },
  [407]: { name: "AMOUNT_INVALID", meaning: "The amount is not a whole number of minor units within bounds.", retryable: false, close: 0 },
  [408]: { name: "RESERVATION_UNKNOWN", meaning: "There is no such reservation.", retryable: false, close: 0 },
  [409]: { name: "RESERVATION_CLOSED", meaning: "The reservation was settled or voided before.", retryable: false, close: 0 },
  [410]: { name: "ALREADY_VOIDED", meaning: "The bet was voided before it arrived.", retryable: false, close: 0 },
  [411]: { name: "STALE_TABLE_EPOCH", meaning: "The order came from a table that has been replaced.", retryable: false, close: 0 },
  [412]: { name: "SETTLE_OUT_OF_RANGE", meaning: "The settlement is outside the reservation's rules.", retryable: false, close: 0 },
  [413]: { name: "ACCOUNT_FROZEN", meaning: "The account is frozen.", retryable: false, close: 0 },
  [500]: { name: "BUSY", meaning: "Too much is waiting; nothing was done.", retryable: true, close: 0 },
  [501]: { name: "UNAVAILABLE", meaning: "A part of the service is down; nothing was done.", retryable: true, close: 0 },
  [502]: { name: "OUTCOME_UNKNOWN", meaning: "The order may or may not have been carried out; send it again unchanged.", retryable: true, close: 0 },
  [503]: { name: "DRAINING", meaning: "This server is about to restart and takes no new rounds.", retryable: true, close: 0 },
  [504]: { name: "RATE_LIMITED", meaning: "Too many requests; nothing was done.", retryable: true, close: 0 },
  [599]: { name: "INTERNAL", meaning: "A fault of ours; it has been recorded.", retryable: true, close: 4003 },
};

export const CLOSE_MEANINGS: Readonly<Record<Close, string>> = {
  [4000]: "The server is about to restart.",
  [4001]: "You read too slowly, and too much was waiting for you.",
  [4002]: "Nothing was heard from you for twice the heartbeat.",
  [4003]: "A fault of ours; it has been recorded.",
  [4004]: "This server takes no more connections for now.",
  [4100]: "The token is not valid.",
  [4101]: "The token has expired.",
  [4102]: "You connected elsewhere; do not reconnect unless a person wants to.",
  [4103]: "No Hello came in time.",
  [4200]: "A frame was not a msgpack envelope of this protocol.",
  [4201]: "This protocol version is not spoken here.",
  [4202]: "A frame was larger than allowed.",
  [4203]: "The first request must be Hello, and only the first.",
};

/** What to do after the connection closed. Codes that are not ours (1006 and such) are outages: back off. */
export function afterClose(code: number): "backoff" | "token" | "never" {
  if (code === Close.SESSION_REPLACED) return "never";
  if (code >= 4100 && code < 4200) return "token";
  if (code >= 4200 && code < 4300) return "never";
  return "backoff";
}
