"""Every message of the wire. Tags are explicit and never reused; new fields go last and have defaults."""

from __future__ import annotations

from protocol.messages.dealer import (
    DealerCard,
    DealerClose,
    DealerConfirm,
    DealerNumber,
    DealerOpen,
    DealerShoe,
    DealerSit,
    DealerState,
    DealerTakeBack,
    DealerVoid,
    Shoe,
)
from protocol.messages.instant import GetSeeds, RevealedSeed, RotateSeed, Seeds, Spin, SpinResult
from protocol.messages.lobby import ListTables, TableInfo, Tables
from protocol.messages.plays import (
    Act,
    Acted,
    CashedOut,
    Coup,
    CoupShown,
    Flight,
    FlightShown,
    Hand,
    Hands,
    HandsShown,
)
from protocol.messages.session import (
    Balance,
    BonusGranted,
    Error,
    GetBalance,
    Hello,
    JackpotPool,
    JackpotPools,
    Money,
    Notice,
    Ping,
    Pong,
    Reconnect,
    Skipped,
    Welcome,
)
from protocol.messages.table import (
    Bet,
    BetsAccepted,
    BetsClosed,
    BetsSettled,
    BetsUndone,
    BetsVoided,
    Call,
    Chip,
    DoubleBets,
    JoinTable,
    LeaveTable,
    LeftTable,
    Limits,
    NumberEntered,
    PlaceBets,
    RepeatBets,
    RoundOpened,
    RoundResult,
    RoundSettled,
    RoundVoided,
    SeatBets,
    SettledBet,
    TableBets,
    TablePaused,
    TableResumed,
    TableSnapshot,
    UndoBets,
    Winner,
)

ClientMessage = (
    Hello
    | Ping
    | GetBalance
    | ListTables
    | JoinTable
    | LeaveTable
    | PlaceBets
    | RepeatBets
    | DoubleBets
    | UndoBets
    | Act
    | DealerSit
    | DealerOpen
    | DealerClose
    | DealerNumber
    | DealerConfirm
    | DealerVoid
    | DealerCard
    | DealerTakeBack
    | DealerShoe
    | Spin
    | GetSeeds
    | RotateSeed
)

ServerMessage = (
    Welcome
    | Pong
    | Balance
    | BonusGranted
    | Notice
    | Error
    | Tables
    | TableSnapshot
    | LeftTable
    | BetsAccepted
    | BetsUndone
    | RoundOpened
    | TableBets
    | BetsClosed
    | RoundResult
    | RoundSettled
    | RoundVoided
    | TablePaused
    | BetsSettled
    | BetsVoided
    | DealerState
    | Reconnect
    | Skipped
    | TableResumed
    | NumberEntered
    | JackpotPools
    | SpinResult
    | Seeds
    | FlightShown
    | HandsShown
    | CoupShown
    | Acted
)

__all__ = [
    "Act",
    "Acted",
    "Balance",
    "Bet",
    "BetsAccepted",
    "BetsClosed",
    "BetsSettled",
    "BetsUndone",
    "BetsVoided",
    "BonusGranted",
    "Call",
    "CashedOut",
    "Chip",
    "ClientMessage",
    "Coup",
    "CoupShown",
    "DealerCard",
    "DealerClose",
    "DealerConfirm",
    "DealerNumber",
    "DealerOpen",
    "DealerShoe",
    "DealerSit",
    "DealerState",
    "DealerTakeBack",
    "DealerVoid",
    "DoubleBets",
    "Error",
    "Flight",
    "FlightShown",
    "GetBalance",
    "GetSeeds",
    "Hand",
    "Hands",
    "HandsShown",
    "Hello",
    "JackpotPool",
    "JackpotPools",
    "JoinTable",
    "LeaveTable",
    "LeftTable",
    "Limits",
    "ListTables",
    "Money",
    "Notice",
    "NumberEntered",
    "Ping",
    "PlaceBets",
    "Pong",
    "Reconnect",
    "RepeatBets",
    "RevealedSeed",
    "RotateSeed",
    "RoundOpened",
    "RoundResult",
    "RoundSettled",
    "RoundVoided",
    "SeatBets",
    "Seeds",
    "ServerMessage",
    "SettledBet",
    "Shoe",
    "Skipped",
    "Spin",
    "SpinResult",
    "TableBets",
    "TableInfo",
    "TablePaused",
    "TableResumed",
    "TableSnapshot",
    "Tables",
    "UndoBets",
    "Welcome",
    "Winner",
]
