// Generated from the Python source by `make schema`. Do not edit.

import type { ClientFrame, ServerFrame } from "./codec";
import { fromHex } from "./ids";

/** A frame that was once right and must stay so. For tests. */
export interface Golden<Frame> {
  readonly name: string;
  readonly hex: string;
  readonly frame: Frame;
}

export const CLIENT_GOLDENS: readonly Golden<ClientFrame>[] = [
  {
    name: "client/Hello",
    hex: "95010101059301b86865616465722e7061796c6f61642e7369676e6174757265b063726f75706965722d7765622f302e31",
    frame: { kind: 1, ref: 1, seq: 5, body: { t: "Hello", token: "header.payload.signature", client: "croupier-web/0.1", session_id: "" } },
  },
  {
    name: "client/Ping",
    hex: "95010102059203cf00000199c0f4fca8",
    frame: { kind: 1, ref: 2, seq: 5, body: { t: "Ping", client_ms: 1759878905000, rtt_ms: -1 } },
  },
  {
    name: "client/GetBalance",
    hex: "95010103059105",
    frame: { kind: 1, ref: 3, seq: 5, body: { t: "GetBalance" } },
  },
  {
    name: "client/ListTables",
    hex: "95010104059114",
    frame: { kind: 1, ref: 4, seq: 5, body: { t: "ListTables" } },
  },
  {
    name: "client/JoinTable",
    hex: "9501010505921eaa726f756c657474652d31",
    frame: { kind: 1, ref: 5, seq: 5, body: { t: "JoinTable", table_id: "roulette-1", epoch: 0, version: 0 } },
  },
  {
    name: "client/LeaveTable",
    hex: "95010106059220aa726f756c657474652d31",
    frame: { kind: 1, ref: 6, seq: 5, body: { t: "LeaveTable", table_id: "roulette-1" } },
  },
  {
    name: "client/PlaceBets",
    hex: "95010107059622aa726f756c657474652d31c4100199c0de0001750080000000000000a1c4100199c0de0102700b8a00000000000001929211cd05dc92cc97cd03e89192a7766f6973696e7364",
    frame: { kind: 1, ref: 7, seq: 5, body: { t: "PlaceBets", table_id: "roulette-1", round_id: fromHex("0199c0de0001750080000000000000a1"), bet_id: fromHex("0199c0de0102700b8a00000000000001"), chips: [{ position: 17, stake_minor: 1500 }, { position: 151, stake_minor: 1000 }], calls: [{ name: "voisins", unit_minor: 100 }] } },
  },
  {
    name: "client/PlaceBets/no-calls",
    hex: "95010108059622aa726f756c657474652d31c4100199c0de0001750080000000000000a1c4100199c0de0102700b8a00000000000001929211cd05dc92cc97cd03e890",
    frame: { kind: 1, ref: 8, seq: 5, body: { t: "PlaceBets", table_id: "roulette-1", round_id: fromHex("0199c0de0001750080000000000000a1"), bet_id: fromHex("0199c0de0102700b8a00000000000001"), chips: [{ position: 17, stake_minor: 1500 }, { position: 151, stake_minor: 1000 }], calls: [] } },
  },
  {
    name: "client/PlaceBets/largest-stake",
    hex: "95010109059622aa726f756c657474652d31c4100199c0de0001750080000000000000a1c4100199c0de0102700b8a000000000000019192cc9ccf001fffffffffffff90",
    frame: { kind: 1, ref: 9, seq: 5, body: { t: "PlaceBets", table_id: "roulette-1", round_id: fromHex("0199c0de0001750080000000000000a1"), bet_id: fromHex("0199c0de0102700b8a00000000000001"), chips: [{ position: 156, stake_minor: 9007199254740991 }], calls: [] } },
  },
  {
    name: "client/RepeatBets",
    hex: "9501010a059423aa726f756c657474652d31c4100199c0de0001750080000000000000a1c4100199c0de0203700c8b00000000000002",
    frame: { kind: 1, ref: 10, seq: 5, body: { t: "RepeatBets", table_id: "roulette-1", round_id: fromHex("0199c0de0001750080000000000000a1"), bet_id: fromHex("0199c0de0203700c8b00000000000002") } },
  },
  {
    name: "client/DoubleBets",
    hex: "9501010b059424aa726f756c657474652d31c4100199c0de0001750080000000000000a1c4100199c0de0203700c8b00000000000002",
    frame: { kind: 1, ref: 11, seq: 5, body: { t: "DoubleBets", table_id: "roulette-1", round_id: fromHex("0199c0de0001750080000000000000a1"), bet_id: fromHex("0199c0de0203700c8b00000000000002") } },
  },
  {
    name: "client/UndoBets",
    hex: "9501010c059526aa726f756c657474652d31c4100199c0de0001750080000000000000a1c4100199c0de0304700d8c0000000000000392c4100199c0de0102700b8a00000000000001c4100199c0de0203700c8b00000000000002",
    frame: { kind: 1, ref: 12, seq: 5, body: { t: "UndoBets", table_id: "roulette-1", round_id: fromHex("0199c0de0001750080000000000000a1"), command_id: fromHex("0199c0de0304700d8c00000000000003"), bet_ids: [fromHex("0199c0de0102700b8a00000000000001"), fromHex("0199c0de0203700c8b00000000000002")] } },
  },
  {
    name: "client/UndoBets/all",
    hex: "9501010d059526aa726f756c657474652d31c4100199c0de0001750080000000000000a1c4100199c0de0304700d8c0000000000000390",
    frame: { kind: 1, ref: 13, seq: 5, body: { t: "UndoBets", table_id: "roulette-1", round_id: fromHex("0199c0de0001750080000000000000a1"), command_id: fromHex("0199c0de0304700d8c00000000000003"), bet_ids: [] } },
  },
  {
    name: "client/DealerSit",
    hex: "9501010e05923ca66c6976652d31",
    frame: { kind: 1, ref: 14, seq: 5, body: { t: "DealerSit", table_id: "live-1" } },
  },
  {
    name: "client/DealerOpen",
    hex: "9501010f05943da66c6976652d31c4100199c0de0304700d8c0000000000000319",
    frame: { kind: 1, ref: 15, seq: 5, body: { t: "DealerOpen", table_id: "live-1", command_id: fromHex("0199c0de0304700d8c00000000000003"), window_s: 25 } },
  },
  {
    name: "client/DealerClose",
    hex: "9501011005933ea66c6976652d31c4100199c0de0001750080000000000000a1",
    frame: { kind: 1, ref: 16, seq: 5, body: { t: "DealerClose", table_id: "live-1", round_id: fromHex("0199c0de0001750080000000000000a1") } },
  },
  {
    name: "client/DealerNumber",
    hex: "9501011105953fa66c6976652d31c4100199c0de0001750080000000000000a120a673656e736f72",
    frame: { kind: 1, ref: 17, seq: 5, body: { t: "DealerNumber", table_id: "live-1", round_id: fromHex("0199c0de0001750080000000000000a1"), number: 32, source: "sensor" } },
  },
  {
    name: "client/DealerConfirm",
    hex: "95010112059440a66c6976652d31c4100199c0de0001750080000000000000a120",
    frame: { kind: 1, ref: 18, seq: 5, body: { t: "DealerConfirm", table_id: "live-1", round_id: fromHex("0199c0de0001750080000000000000a1"), number: 32 } },
  },
  {
    name: "client/DealerVoid",
    hex: "95010113059441a66c6976652d31c4100199c0de0001750080000000000000a1b362616c6c206c6566742074686520776865656c",
    frame: { kind: 1, ref: 19, seq: 5, body: { t: "DealerVoid", table_id: "live-1", round_id: fromHex("0199c0de0001750080000000000000a1"), reason: "ball left the wheel" } },
  },
  {
    name: "client/Hello/resume",
    hex: "95010102059401b86865616465722e7061796c6f61642e7369676e6174757265b063726f75706965722d7765622f302e32a3732d31",
    frame: { kind: 1, ref: 2, seq: 5, body: { t: "Hello", token: "header.payload.signature", client: "croupier-web/0.2", session_id: "s-1" } },
  },
  {
    name: "client/Ping/rtt",
    hex: "95010104059303cf00000199c0f4fca817",
    frame: { kind: 1, ref: 4, seq: 5, body: { t: "Ping", client_ms: 1759878905000, rtt_ms: 23 } },
  },
  {
    name: "client/JoinTable/resume",
    hex: "9501010805941eaa726f756c657474652d310278",
    frame: { kind: 1, ref: 8, seq: 5, body: { t: "JoinTable", table_id: "roulette-1", epoch: 2, version: 120 } },
  },
  {
    name: "client/Act",
    hex: "95010111059734a763726173682d31c4100199c0de0001750080000000000000a1c4100199c0de0304700d8c00000000000003c4100199c0de0102700b8a00000000000001a8636173685f6f757400",
    frame: { kind: 1, ref: 17, seq: 5, body: { t: "Act", table_id: "crash-1", round_id: fromHex("0199c0de0001750080000000000000a1"), command_id: fromHex("0199c0de0304700d8c00000000000003"), bet_id: fromHex("0199c0de0102700b8a00000000000001"), action: "cash_out", value: 0 } },
  },
  {
    name: "client/Act/hand",
    hex: "95010112059734ab626c61636b6a61636b2d31c4100199c0de0001750080000000000000a1c4100199c0de0304700d8c00000000000003c4100199c0de0102700b8a00000000000001a6646f75626c6501",
    frame: { kind: 1, ref: 18, seq: 5, body: { t: "Act", table_id: "blackjack-1", round_id: fromHex("0199c0de0001750080000000000000a1"), command_id: fromHex("0199c0de0304700d8c00000000000003"), bet_id: fromHex("0199c0de0102700b8a00000000000001"), action: "double", value: 1 } },
  },
  {
    name: "client/Spin",
    hex: "95010119059446a4736c6f74c4100199c0de0102700b8a00000000000004ccc8",
    frame: { kind: 1, ref: 25, seq: 5, body: { t: "Spin", game: "slot", spin_id: fromHex("0199c0de0102700b8a00000000000004"), stake_minor: 200 } },
  },
  {
    name: "client/GetSeeds",
    hex: "9501011a059248a4736c6f74",
    frame: { kind: 1, ref: 26, seq: 5, body: { t: "GetSeeds", game: "slot" } },
  },
  {
    name: "client/RotateSeed",
    hex: "9501011b05944aa4736c6f74c4100199c0de0304700d8c00000000000005ab6d792d6f776e2d73656564",
    frame: { kind: 1, ref: 27, seq: 5, body: { t: "RotateSeed", game: "slot", command_id: fromHex("0199c0de0304700d8c00000000000005"), client_seed: "my-own-seed" } },
  },
  {
    name: "client/DealerCard",
    hex: "9501011c059743a66c6976652d32c4100199c0de0001750080000000000000a1072300a673656e736f72",
    frame: { kind: 1, ref: 28, seq: 5, body: { t: "DealerCard", table_id: "live-2", round_id: fromHex("0199c0de0001750080000000000000a1"), seq: 7, card: 35, hand: 0, source: "sensor" } },
  },
  {
    name: "client/DealerTakeBack",
    hex: "9501011d059644a66c6976652d32c4100199c0de0001750080000000000000a10823a76d697372656164",
    frame: { kind: 1, ref: 29, seq: 5, body: { t: "DealerTakeBack", table_id: "live-2", round_id: fromHex("0199c0de0001750080000000000000a1"), seq: 8, card: 35, reason: "misread" } },
  },
  {
    name: "client/DealerShoe",
    hex: "9501011e059745a66c6976652d3201a36e65770410a9746f726e2063617264",
    frame: { kind: 1, ref: 30, seq: 5, body: { t: "DealerShoe", table_id: "live-2", seq: 1, event: "new", value: 4, cut: 16, reason: "torn card" } },
  },
  {
    name: "client/DealerShoe/cut",
    hex: "9501011f059745a66c6976652d3209a3637574ff00a0",
    frame: { kind: 1, ref: 31, seq: 5, body: { t: "DealerShoe", table_id: "live-2", seq: 9, event: "cut", value: -1, cut: 0, reason: "" } },
  },
];

export const SERVER_GOLDENS: readonly Golden<ServerFrame>[] = [
  {
    name: "server/Welcome",
    hex: "95010201009d0207a3416e6191a6706c61796572a3732d31cf00000199c0f4fca80aa4504c415902c393ce00017cdccd09c4cd1267009199aa726f756c657474652d31a8726f756c65747465a3726e67ac526f756c65747465204f6e65a4504c415964ce000f424002a762657474696e67",
    frame: { kind: 2, ref: 1, seq: 0, body: { t: "Welcome", player_id: 7, name: "Ana", roles: ["player"], session_id: "s-1", server_ms: 1759878905000, heartbeat_s: 10, currency: "PLAY", exponent: 2, play_money: true, money: { available_minor: 97500, reserved_minor: 2500, seq: 4711 }, net_minor: 0, tables: [{ table_id: "roulette-1", game: "roulette", kind: "rng", title: "Roulette One", currency: "PLAY", min_stake_minor: 100, max_table_minor: 1000000, players: 2, phase: "betting", last: [] }], recovered: false, started_ms: 0, net_since_ms: 0 } },
  },
  {
    name: "server/Pong",
    hex: "95010202009304cf00000199c0f4fca8cf00000199c0f4fcb4",
    frame: { kind: 2, ref: 2, seq: 0, body: { t: "Pong", client_ms: 1759878905000, server_ms: 1759878905012 } },
  },
  {
    name: "server/Balance",
    hex: "9501020300930693ce00017cdccd09c4cd1267d1f63c",
    frame: { kind: 2, ref: 3, seq: 0, body: { t: "Balance", money: { available_minor: 97500, reserved_minor: 2500, seq: 4711 }, net_minor: -2500 } },
  },
  {
    name: "server/Balance/push",
    hex: "9501030001930693ce00017cdccd09c4cd1267d1f63c",
    frame: { kind: 3, ref: 0, seq: 1, body: { t: "Balance", money: { available_minor: 97500, reserved_minor: 2500, seq: 4711 }, net_minor: -2500 } },
  },
  {
    name: "server/BonusGranted",
    hex: "95010300029407cd01f45893ce00017ed0cd09c4cd1268",
    frame: { kind: 3, ref: 0, seq: 2, body: { t: "BonusGranted", amount_minor: 500, tick: 88, money: { available_minor: 98000, reserved_minor: 2500, seq: 4712 } } },
  },
  {
    name: "server/Notice",
    hex: "95010300039308a8647261696e696e67ba546869732073657276657220726573746172747320736f6f6e2e",
    frame: { kind: 3, ref: 0, seq: 3, body: { t: "Notice", code: "draining", text: "This server restarts soon." } },
  },
  {
    name: "server/Tables",
    hex: "950102040092159199aa726f756c657474652d31a8726f756c65747465a3726e67ac526f756c65747465204f6e65a4504c415964ce000f424002a762657474696e67",
    frame: { kind: 2, ref: 4, seq: 0, body: { t: "Tables", tables: [{ table_id: "roulette-1", game: "roulette", kind: "rng", title: "Roulette One", currency: "PLAY", min_stake_minor: 100, max_table_minor: 1000000, players: 2, phase: "betting", last: [] }] } },
  },
  {
    name: "server/TableSnapshot",
    hex: "9501020500dc00181f030278aa726f756c657474652d31ac526f756c65747465204f6e65a3726e67a4504c41599364ce000f42408701cd4e2002cd9c4003cdea6004ce0001388006ce0001d4c00cce0003a98012ce00057e40a469646c65c400290000cf00000199c0f4fca8ff931100249090c293ce00017cdccd09c4cd1267d1f63cba726f756c657474652d65752d313a303030303030303030303030a0",
    frame: { kind: 2, ref: 5, seq: 0, body: { t: "TableSnapshot", stream: 3, epoch: 2, version: 120, info_table_id: "roulette-1", title: "Roulette One", kind: "rng", currency: "PLAY", limits: { min_stake_minor: 100, max_table_minor: 1000000, max_by_size: { 1: 20000, 2: 40000, 3: 60000, 4: 80000, 6: 120000, 12: 240000, 18: 360000 } }, phase: "idle", round_id: fromHex(""), round_no: 41, opens_ms: 0, closes_ms: 0, server_ms: 1759878905000, number: -1, history: [17, 0, 36], seats: [], my_bets: [], can_repeat: false, money: { available_minor: 97500, reserved_minor: 2500, seq: 4711 }, net_minor: -2500, rules_version: "roulette-eu-1:000000000000", dealer: "", started_ms: 0, entered: -1, source: "", game: "roulette", detail: [], commitment: "", flight: [], hands: [], coup: [] } },
  },
  {
    name: "server/TableSnapshot/betting",
    hex: "9501020600dc00181f030278aa726f756c657474652d31ac526f756c65747465204f6e65a3726e67a4504c41599364ce000f42408701cd4e2002cd9c4003cdea6004ce0001388006ce0001d4c00cce0003a98012ce00057e40a762657474696e67c4100199c0de0001750080000000000000a12acf00000199c0f4fca8cf00000199c0f54ac8cf00000199c0f4fca8ff931100249293a3416e61cd09c4929211cd05dc92cc97cd03e893a6c5bd6f66696564919200649193c4100199c0de0102700b8a00000000000001929211cd05dc92cc97cd03e8cd09c4c393ce00017cdccd09c4cd1267d1f63cba726f756c657474652d65752d313a303030303030303030303030a0",
    frame: { kind: 2, ref: 6, seq: 0, body: { t: "TableSnapshot", stream: 3, epoch: 2, version: 120, info_table_id: "roulette-1", title: "Roulette One", kind: "rng", currency: "PLAY", limits: { min_stake_minor: 100, max_table_minor: 1000000, max_by_size: { 1: 20000, 2: 40000, 3: 60000, 4: 80000, 6: 120000, 12: 240000, 18: 360000 } }, phase: "betting", round_id: fromHex("0199c0de0001750080000000000000a1"), round_no: 42, opens_ms: 1759878905000, closes_ms: 1759878925000, server_ms: 1759878905000, number: -1, history: [17, 0, 36], seats: [{ name: "Ana", stake_minor: 2500, chips: [{ position: 17, stake_minor: 1500 }, { position: 151, stake_minor: 1000 }] }, { name: "Žofie", stake_minor: 100, chips: [{ position: 0, stake_minor: 100 }] }], my_bets: [{ bet_id: fromHex("0199c0de0102700b8a00000000000001"), chips: [{ position: 17, stake_minor: 1500 }, { position: 151, stake_minor: 1000 }], stake_minor: 2500 }], can_repeat: true, money: { available_minor: 97500, reserved_minor: 2500, seq: 4711 }, net_minor: -2500, rules_version: "roulette-eu-1:000000000000", dealer: "", started_ms: 0, entered: -1, source: "", game: "roulette", detail: [], commitment: "", flight: [], hands: [], coup: [] } },
  },
  {
    name: "server/TableSnapshot/live",
    hex: "9501030409dc00181f040209a66c6976652d31ac526f756c65747465204f6e65a46c697665a4504c41599364ce000f42408701cd4e2002cd9c4003cdea6004ce0001388006ce0001d4c00cce0003a98012ce00057e40a6706175736564c400290000cf00000199c0f4fca8ff931100249090c293ce00017cdccd09c4cd1267d1f63cba726f756c657474652d65752d313a303030303030303030303030a4446f7261",
    frame: { kind: 3, ref: 4, seq: 9, body: { t: "TableSnapshot", stream: 4, epoch: 2, version: 9, info_table_id: "live-1", title: "Roulette One", kind: "live", currency: "PLAY", limits: { min_stake_minor: 100, max_table_minor: 1000000, max_by_size: { 1: 20000, 2: 40000, 3: 60000, 4: 80000, 6: 120000, 12: 240000, 18: 360000 } }, phase: "paused", round_id: fromHex(""), round_no: 41, opens_ms: 0, closes_ms: 0, server_ms: 1759878905000, number: -1, history: [17, 0, 36], seats: [], my_bets: [], can_repeat: false, money: { available_minor: 97500, reserved_minor: 2500, seq: 4711 }, net_minor: -2500, rules_version: "roulette-eu-1:000000000000", dealer: "Dora", started_ms: 0, entered: -1, source: "", game: "roulette", detail: [], commitment: "", flight: [], hands: [], coup: [] } },
  },
  {
    name: "server/LeftTable",
    hex: "95010207009221aa726f756c657474652d31",
    frame: { kind: 2, ref: 7, seq: 0, body: { t: "LeftTable", table_id: "roulette-1" } },
  },
  {
    name: "server/BetsAccepted",
    hex: "95010208009625aa726f756c657474652d31c4100199c0de0001750080000000000000a193c4100199c0de0102700b8a00000000000001929211cd05dc92cc97cd03e8cd09c4cf00000199c0f5002c93ce00017cdccd09c4cd1267",
    frame: { kind: 2, ref: 8, seq: 0, body: { t: "BetsAccepted", table_id: "roulette-1", round_id: fromHex("0199c0de0001750080000000000000a1"), bet: { bet_id: fromHex("0199c0de0102700b8a00000000000001"), chips: [{ position: 17, stake_minor: 1500 }, { position: 151, stake_minor: 1000 }], stake_minor: 2500 }, received_ms: 1759878905900, money: { available_minor: 97500, reserved_minor: 2500, seq: 4711 } } },
  },
  {
    name: "server/BetsUndone",
    hex: "95010209009627aa726f756c657474652d31c4100199c0de0001750080000000000000a191c4100199c0de0102700b8a00000000000001cd09c493ce000186a000cd1269",
    frame: { kind: 2, ref: 9, seq: 0, body: { t: "BetsUndone", table_id: "roulette-1", round_id: fromHex("0199c0de0001750080000000000000a1"), bet_ids: [fromHex("0199c0de0102700b8a00000000000001")], returned_minor: 2500, money: { available_minor: 100000, reserved_minor: 0, seq: 4713 } } },
  },
  {
    name: "server/RoundOpened",
    hex: "95010303799628c4100199c0de0001750080000000000000a12acf00000199c0f4fca8cf00000199c0f54ac8cf00000199c0f4fca8",
    frame: { kind: 3, ref: 3, seq: 121, body: { t: "RoundOpened", round_id: fromHex("0199c0de0001750080000000000000a1"), round_no: 42, opens_ms: 1759878905000, closes_ms: 1759878925000, server_ms: 1759878905000, commitment: "" } },
  },
  {
    name: "server/TableBets",
    hex: "950103037a9329c4100199c0de0001750080000000000000a19293a3416e61cd09c4929211cd05dc92cc97cd03e893a6c5bd6f6669656491920064",
    frame: { kind: 3, ref: 3, seq: 122, body: { t: "TableBets", round_id: fromHex("0199c0de0001750080000000000000a1"), seats: [{ name: "Ana", stake_minor: 2500, chips: [{ position: 17, stake_minor: 1500 }, { position: 151, stake_minor: 1000 }] }, { name: "Žofie", stake_minor: 100, chips: [{ position: 0, stake_minor: 100 }] }] } },
  },
  {
    name: "server/BetsClosed",
    hex: "950103037b922ac4100199c0de0001750080000000000000a1",
    frame: { kind: 3, ref: 3, seq: 123, body: { t: "BetsClosed", round_id: fromHex("0199c0de0001750080000000000000a1") } },
  },
  {
    name: "server/RoundResult",
    hex: "950103037c932bc4100199c0de0001750080000000000000a111",
    frame: { kind: 3, ref: 3, seq: 124, body: { t: "RoundResult", round_id: fromHex("0199c0de0001750080000000000000a1"), number: 17, detail: [], seed: "" } },
  },
  {
    name: "server/RoundSettled",
    hex: "950103037d942cc4100199c0de0001750080000000000000a19192a3416e61cdd2f0cf00000199c0f571d8",
    frame: { kind: 3, ref: 3, seq: 125, body: { t: "RoundSettled", round_id: fromHex("0199c0de0001750080000000000000a1"), winners: [{ name: "Ana", payout_minor: 54000 }], next_opens_ms: 1759878935000 } },
  },
  {
    name: "server/RoundVoided",
    hex: "950103037e932dc4100199c0de0001750080000000000000a1af7461626c655f726573746172746564",
    frame: { kind: 3, ref: 3, seq: 126, body: { t: "RoundVoided", round_id: fromHex("0199c0de0001750080000000000000a1"), reason: "table_restarted" } },
  },
  {
    name: "server/TablePaused",
    hex: "950103037f942ec3ad6465616c65725f6368616e6765a4446f7261",
    frame: { kind: 3, ref: 3, seq: 127, body: { t: "TablePaused", paused: true, reason: "dealer_change", dealer: "Dora" } },
  },
  {
    name: "server/BetsSettled",
    hex: "95010300049932aa726f756c657474652d31c4100199c0de0001750080000000000000a1119193c4100199c0de0102700b8a00000000000001cd09c4cdd2f0cd09c4cdd2f093ce00024fcc00cd126acdc92c",
    frame: { kind: 3, ref: 0, seq: 4, body: { t: "BetsSettled", table_id: "roulette-1", round_id: fromHex("0199c0de0001750080000000000000a1"), number: 17, bets: [{ bet_id: fromHex("0199c0de0102700b8a00000000000001"), stake_minor: 2500, payout_minor: 54000 }], stake_minor: 2500, payout_minor: 54000, money: { available_minor: 151500, reserved_minor: 0, seq: 4714 }, net_minor: 51500 } },
  },
  {
    name: "server/BetsVoided",
    hex: "95010300059733aa726f756c657474652d31c4100199c0de0001750080000000000000a191c4100199c0de0102700b8a00000000000001cd09c4af7461626c655f72657374617274656493ce000186a000cd126b",
    frame: { kind: 3, ref: 0, seq: 5, body: { t: "BetsVoided", table_id: "roulette-1", round_id: fromHex("0199c0de0001750080000000000000a1"), bet_ids: [fromHex("0199c0de0102700b8a00000000000001")], returned_minor: 2500, reason: "table_restarted", money: { available_minor: 100000, reserved_minor: 0, seq: 4715 } } },
  },
  {
    name: "server/DealerState",
    hex: "9501020a009d42a66c6976652d31a66e756d626572c4100199c0de0001750080000000000000a12a00cf00000199c0f4fca820a673656e736f720c03cda410a4446f7261",
    frame: { kind: 2, ref: 10, seq: 0, body: { t: "DealerState", table_id: "live-1", phase: "number", round_id: fromHex("0199c0de0001750080000000000000a1"), round_no: 42, closes_ms: 0, server_ms: 1759878905000, number: 32, source: "sensor", bets: 12, players: 3, stake_minor: 42000, dealer: "Dora", shoe: [] } },
  },
  {
    name: "server/Error/MALFORMED_FRAME",
    hex: "9501040b00960964af4d414c464f524d45445f4652414d45c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 100, name: "MALFORMED_FRAME", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/UNSUPPORTED_VERSION",
    hex: "9501040b00960965b3554e535550504f525445445f56455253494f4ec200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 101, name: "UNSUPPORTED_VERSION", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/FRAME_TOO_LARGE",
    hex: "9501040b00960966af4652414d455f544f4f5f4c41524745c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 102, name: "FRAME_TOO_LARGE", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/UNKNOWN_MESSAGE",
    hex: "9501040b00960967af554e4b4e4f574e5f4d455353414745c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 103, name: "UNKNOWN_MESSAGE", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/BAD_FIELD",
    hex: "9501040b00960968a94241445f4649454c44c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 104, name: "BAD_FIELD", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/NESTED_TOO_DEEP",
    hex: "9501040b00960969af4e45535445445f544f4f5f44454550c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 105, name: "NESTED_TOO_DEEP", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/HELLO_EXPECTED",
    hex: "9501040b0096096aae48454c4c4f5f4558504543544544c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 106, name: "HELLO_EXPECTED", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/BAD_REF",
    hex: "9501040b0096096ba74241445f524546c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 107, name: "BAD_REF", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/UNAUTHENTICATED",
    hex: "9501040b009609ccc8af554e41555448454e54494341544544c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 200, name: "UNAUTHENTICATED", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/TOKEN_EXPIRED",
    hex: "9501040b009609ccc9ad544f4b454e5f45585049524544c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 201, name: "TOKEN_EXPIRED", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/FORBIDDEN",
    hex: "9501040b009609cccaa9464f5242494444454ec200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 202, name: "FORBIDDEN", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/SESSION_REPLACED",
    hex: "9501040b009609cccbb053455353494f4e5f5245504c41434544c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 203, name: "SESSION_REPLACED", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/UNKNOWN_TABLE",
    hex: "9501040b009609cd012cad554e4b4e4f574e5f5441424c45c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 300, name: "UNKNOWN_TABLE", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/BETTING_CLOSED",
    hex: "9501040b009609cd012dae42455454494e475f434c4f534544c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 301, name: "BETTING_CLOSED", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/WRONG_ROUND",
    hex: "9501040b009609cd012eab57524f4e475f524f554e44c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 302, name: "WRONG_ROUND", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/UNKNOWN_POSITION",
    hex: "9501040b009609cd012fb0554e4b4e4f574e5f504f534954494f4ec200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 303, name: "UNKNOWN_POSITION", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/STAKE_INVALID",
    hex: "9501040b009609cd0130ad5354414b455f494e56414c4944c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 304, name: "STAKE_INVALID", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/STAKE_BELOW_MINIMUM",
    hex: "9501040b009609cd0131b35354414b455f42454c4f575f4d494e494d554dc200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 305, name: "STAKE_BELOW_MINIMUM", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/STAKE_ABOVE_MAXIMUM",
    hex: "9501040b009609cd0132b35354414b455f41424f56455f4d4158494d554dc200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 306, name: "STAKE_ABOVE_MAXIMUM", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/TABLE_LIMIT_EXCEEDED",
    hex: "9501040b009609cd0133b45441424c455f4c494d49545f4558434545444544c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 307, name: "TABLE_LIMIT_EXCEEDED", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/TOO_MANY_CHIPS",
    hex: "9501040b009609cd0134ae544f4f5f4d414e595f4348495053c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 308, name: "TOO_MANY_CHIPS", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/NOTHING_TO_REPEAT",
    hex: "9501040b009609cd0135b14e4f5448494e475f544f5f524550454154c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 309, name: "NOTHING_TO_REPEAT", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/NOTHING_TO_DOUBLE",
    hex: "9501040b009609cd0136b14e4f5448494e475f544f5f444f55424c45c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 310, name: "NOTHING_TO_DOUBLE", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/BET_NOT_FOUND",
    hex: "9501040b009609cd0137ad4245545f4e4f545f464f554e44c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 311, name: "BET_NOT_FOUND", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/UNKNOWN_CALL",
    hex: "9501040b009609cd0138ac554e4b4e4f574e5f43414c4cc200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 312, name: "UNKNOWN_CALL", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/WRONG_PHASE",
    hex: "9501040b009609cd0139ab57524f4e475f5048415345c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 313, name: "WRONG_PHASE", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/NUMBER_INVALID",
    hex: "9501040b009609cd013aae4e554d4245525f494e56414c4944c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 314, name: "NUMBER_INVALID", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/NOT_JOINED",
    hex: "9501040b009609cd013baa4e4f545f4a4f494e4544c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 315, name: "NOT_JOINED", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/NUMBER_MISMATCH",
    hex: "9501040b009609cd013caf4e554d4245525f4d49534d41544348c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 316, name: "NUMBER_MISMATCH", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/NOT_THE_DEALER",
    hex: "9501040b009609cd013dae4e4f545f5448455f4445414c4552c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 317, name: "NOT_THE_DEALER", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/INSUFFICIENT_FUNDS",
    hex: "9501040b009609cd0190b2494e53554646494349454e545f46554e4453c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 400, name: "INSUFFICIENT_FUNDS", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/ID_REUSED",
    hex: "9501040b009609cd0191a949445f524555534544c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 401, name: "ID_REUSED", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/ID_TOO_OLD",
    hex: "9501040b009609cd0192aa49445f544f4f5f4f4c44c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 402, name: "ID_TOO_OLD", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/ID_IN_FUTURE",
    hex: "9501040b009609cd0193ac49445f494e5f465554555245c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 403, name: "ID_IN_FUTURE", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/ID_CLASS_FORBIDDEN",
    hex: "9501040b009609cd0194b249445f434c4153535f464f5242494444454ec200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 404, name: "ID_CLASS_FORBIDDEN", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/UNKNOWN_ACCOUNT",
    hex: "9501040b009609cd0195af554e4b4e4f574e5f4143434f554e54c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 405, name: "UNKNOWN_ACCOUNT", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/CURRENCY_MISMATCH",
    hex: "9501040b009609cd0196b143555252454e43595f4d49534d41544348c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 406, name: "CURRENCY_MISMATCH", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/AMOUNT_INVALID",
    hex: "9501040b009609cd0197ae414d4f554e545f494e56414c4944c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 407, name: "AMOUNT_INVALID", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/RESERVATION_UNKNOWN",
    hex: "9501040b009609cd0198b35245534552564154494f4e5f554e4b4e4f574ec200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 408, name: "RESERVATION_UNKNOWN", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/RESERVATION_CLOSED",
    hex: "9501040b009609cd0199b25245534552564154494f4e5f434c4f534544c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 409, name: "RESERVATION_CLOSED", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/ALREADY_VOIDED",
    hex: "9501040b009609cd019aae414c52454144595f564f49444544c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 410, name: "ALREADY_VOIDED", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/STALE_TABLE_EPOCH",
    hex: "9501040b009609cd019bb15354414c455f5441424c455f45504f4348c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 411, name: "STALE_TABLE_EPOCH", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/SETTLE_OUT_OF_RANGE",
    hex: "9501040b009609cd019cb3534554544c455f4f55545f4f465f52414e4745c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 412, name: "SETTLE_OUT_OF_RANGE", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/ACCOUNT_FROZEN",
    hex: "9501040b009609cd019dae4143434f554e545f46524f5a454ec200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 413, name: "ACCOUNT_FROZEN", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/BUSY",
    hex: "9501040b009609cd01f4a442555359c3ccfaa3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 500, name: "BUSY", retryable: true, retry_after_ms: 250, detail: "why" } },
  },
  {
    name: "server/Error/UNAVAILABLE",
    hex: "9501040b009609cd01f5ab554e415641494c41424c45c3ccfaa3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 501, name: "UNAVAILABLE", retryable: true, retry_after_ms: 250, detail: "why" } },
  },
  {
    name: "server/Error/OUTCOME_UNKNOWN",
    hex: "9501040b009609cd01f6af4f5554434f4d455f554e4b4e4f574ec3ccfaa3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 502, name: "OUTCOME_UNKNOWN", retryable: true, retry_after_ms: 250, detail: "why" } },
  },
  {
    name: "server/Error/DRAINING",
    hex: "9501040b009609cd01f7a8445241494e494e47c3ccfaa3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 503, name: "DRAINING", retryable: true, retry_after_ms: 250, detail: "why" } },
  },
  {
    name: "server/Error/RATE_LIMITED",
    hex: "9501040b009609cd01f8ac524154455f4c494d49544544c3ccfaa3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 504, name: "RATE_LIMITED", retryable: true, retry_after_ms: 250, detail: "why" } },
  },
  {
    name: "server/Error/INTERNAL",
    hex: "9501040b009609cd0257a8494e5445524e414cc3ccfaa3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 599, name: "INTERNAL", retryable: true, retry_after_ms: 250, detail: "why" } },
  },
  {
    name: "server/Error/no-request",
    hex: "95010400009609cd0257a8494e5445524e414cc300a0",
    frame: { kind: 4, ref: 0, seq: 0, body: { t: "Error", code: 599, name: "INTERNAL", retryable: true, retry_after_ms: 0, detail: "" } },
  },
  {
    name: "server/Error/FOUR_EYES_REQUIRED",
    hex: "9501040b009609cd019eb2464f55525f455945535f5245515549524544c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 414, name: "FOUR_EYES_REQUIRED", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/BONUS_ACTIVE",
    hex: "9501040b009609cd019fac424f4e55535f414354495645c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 415, name: "BONUS_ACTIVE", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/NO_BONUS",
    hex: "9501040b009609cd01a0a84e4f5f424f4e5553c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 416, name: "NO_BONUS", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/UNKNOWN_JACKPOT",
    hex: "9501040b009609cd01a1af554e4b4e4f574e5f4a41434b504f54c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 417, name: "UNKNOWN_JACKPOT", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/JACKPOT_EXISTS",
    hex: "9501040b009609cd01a2ae4a41434b504f545f455849535453c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 418, name: "JACKPOT_EXISTS", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/ACCOUNT_FORBIDDEN",
    hex: "9501040b009609cd01a3b14143434f554e545f464f5242494444454ec200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 419, name: "ACCOUNT_FORBIDDEN", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/BAD_TEXT",
    hex: "9501040b009609cd01a4a84241445f54455854c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 420, name: "BAD_TEXT", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Welcome/recovered",
    hex: "9501020100dc00100207a3416e6191a6706c61796572a3732d31cf00000199c0f4fca80aa4504c415902c393ce00017cdccd09c4cd1267d1f63c9199aa726f756c657474652d31a8726f756c65747465a3726e67ac526f756c65747465204f6e65a4504c415964ce000f424002a762657474696e67c3cf00000199c0f4fc9fcf00000199c0f4fca3",
    frame: { kind: 2, ref: 1, seq: 0, body: { t: "Welcome", player_id: 7, name: "Ana", roles: ["player"], session_id: "s-1", server_ms: 1759878905000, heartbeat_s: 10, currency: "PLAY", exponent: 2, play_money: true, money: { available_minor: 97500, reserved_minor: 2500, seq: 4711 }, net_minor: -2500, tables: [{ table_id: "roulette-1", game: "roulette", kind: "rng", title: "Roulette One", currency: "PLAY", min_stake_minor: 100, max_table_minor: 1000000, players: 2, phase: "betting", last: [] }], recovered: true, started_ms: 1759878904991, net_since_ms: 1759878904995 } },
  },
  {
    name: "server/Reconnect",
    hex: "9501030006930acd04e2a8647261696e696e67",
    frame: { kind: 3, ref: 0, seq: 6, body: { t: "Reconnect", after_ms: 1250, reason: "draining" } },
  },
  {
    name: "server/TableSnapshot/session",
    hex: "9501020500dc00191f030278aa726f756c657474652d31ac526f756c65747465204f6e65a3726e67a4504c41599364ce000f42408701cd4e2002cd9c4003cdea6004ce0001388006ce0001d4c00cce0003a98012ce00057e40a469646c65c400290000cf00000199c0f4fca8ff931100249090c293ce00017cdccd09c4cd1267d1f63cba726f756c657474652d65752d313a303030303030303030303030a0cf00000199c0f41248",
    frame: { kind: 2, ref: 5, seq: 0, body: { t: "TableSnapshot", stream: 3, epoch: 2, version: 120, info_table_id: "roulette-1", title: "Roulette One", kind: "rng", currency: "PLAY", limits: { min_stake_minor: 100, max_table_minor: 1000000, max_by_size: { 1: 20000, 2: 40000, 3: 60000, 4: 80000, 6: 120000, 12: 240000, 18: 360000 } }, phase: "idle", round_id: fromHex(""), round_no: 41, opens_ms: 0, closes_ms: 0, server_ms: 1759878905000, number: -1, history: [17, 0, 36], seats: [], my_bets: [], can_repeat: false, money: { available_minor: 97500, reserved_minor: 2500, seq: 4711 }, net_minor: -2500, rules_version: "roulette-eu-1:000000000000", dealer: "", started_ms: 1759878845000, entered: -1, source: "", game: "roulette", detail: [], commitment: "", flight: [], hands: [], coup: [] } },
  },
  {
    name: "server/TableResumed",
    hex: "9501020c009b31aa726f756c657474652d3103027ccf00000199c0f4fca89193c4100199c0de0102700b8a00000000000001929211cd05dc92cc97cd03e8cd09c4c393ce00017cdccd09c4cd1267d1f63ccf00000199c0f41248",
    frame: { kind: 2, ref: 12, seq: 0, body: { t: "TableResumed", table_id: "roulette-1", stream: 3, epoch: 2, version: 124, server_ms: 1759878905000, my_bets: [{ bet_id: fromHex("0199c0de0102700b8a00000000000001"), chips: [{ position: 17, stake_minor: 1500 }, { position: 151, stake_minor: 1000 }], stake_minor: 2500 }], can_repeat: true, money: { available_minor: 97500, reserved_minor: 2500, seq: 4711 }, net_minor: -2500, started_ms: 1759878845000 } },
  },
  {
    name: "server/Skipped",
    hex: "95010303cc80910b",
    frame: { kind: 3, ref: 3, seq: 128, body: { t: "Skipped" } },
  },
  {
    name: "server/Error/SESSION_IDLE",
    hex: "9501040b009609ccccac53455353494f4e5f49444c45c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 204, name: "SESSION_IDLE", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/SESSION_EXPIRED",
    hex: "9501040b009609cccdaf53455353494f4e5f45585049524544c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 205, name: "SESSION_EXPIRED", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/SESSION_REVOKED",
    hex: "9501040b009609ccceaf53455353494f4e5f5245564f4b4544c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 206, name: "SESSION_REVOKED", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/TOO_MANY_CONNECTIONS",
    hex: "9501040b009609cd01f9b4544f4f5f4d414e595f434f4e4e454354494f4e53c3ccfaa3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 505, name: "TOO_MANY_CONNECTIONS", retryable: true, retry_after_ms: 250, detail: "why" } },
  },
  {
    name: "server/JackpotPools",
    hex: "9501030000920c919401a54772616e64a4504c4159ce0012d687",
    frame: { kind: 3, ref: 0, seq: 0, body: { t: "JackpotPools", pools: [{ jackpot: 1, name: "Grand", currency: "PLAY", amount_minor: 1234567 }] } },
  },
  {
    name: "server/NumberEntered",
    hex: "950103040a942fc4100199c0de0001750080000000000000a120a673656e736f72",
    frame: { kind: 3, ref: 4, seq: 10, body: { t: "NumberEntered", round_id: fromHex("0199c0de0001750080000000000000a1"), number: 32, source: "sensor" } },
  },
  {
    name: "server/TableSnapshot/entered",
    hex: "9501020500dc001b1f030278a66c6976652d31ac526f756c65747465204f6e65a46c697665a4504c41599364ce000f42408701cd4e2002cd9c4003cdea6004ce0001388006ce0001d4c00cce0003a98012ce00057e40a6636c6f736564c4100199c0de0001750080000000000000a1290000cf00000199c0f4fca8ff931100249090c293ce00017cdccd09c4cd1267d1f63cba726f756c657474652d65752d313a303030303030303030303030a00020a66d616e75616c",
    frame: { kind: 2, ref: 5, seq: 0, body: { t: "TableSnapshot", stream: 3, epoch: 2, version: 120, info_table_id: "live-1", title: "Roulette One", kind: "live", currency: "PLAY", limits: { min_stake_minor: 100, max_table_minor: 1000000, max_by_size: { 1: 20000, 2: 40000, 3: 60000, 4: 80000, 6: 120000, 12: 240000, 18: 360000 } }, phase: "closed", round_id: fromHex("0199c0de0001750080000000000000a1"), round_no: 41, opens_ms: 0, closes_ms: 0, server_ms: 1759878905000, number: -1, history: [17, 0, 36], seats: [], my_bets: [], can_repeat: false, money: { available_minor: 97500, reserved_minor: 2500, seq: 4711 }, net_minor: -2500, rules_version: "roulette-eu-1:000000000000", dealer: "", started_ms: 0, entered: 32, source: "manual", game: "roulette", detail: [], commitment: "", flight: [], hands: [], coup: [] } },
  },
  {
    name: "server/TableSnapshot/crash",
    hex: "9501020500dc00201f030278a763726173682d31ac526f756c65747465204f6e65a3726e67a4504c41599364ce000f42408701cd4e2002cd9c4003cdea6004ce0001388006ce0001d4c00cce0003a98012ce00057e40a7706c6179696e67c4100199c0de0001750080000000000000a1290000cf00000199c0f4fca8ff931100249090c293ce00017cdccd09c4cd1267d1f63cba726f756c657474652d65752d313a303030303030303030303030a000ffa0a5637261736890d940326437313136343262373236623034343031363237636139666261633332663563383533306662313930336363346462303232353837313739323161343838319193cf00000199c0f4fca8039194a3416e61cd03e8cc9acd060490",
    frame: { kind: 2, ref: 5, seq: 0, body: { t: "TableSnapshot", stream: 3, epoch: 2, version: 120, info_table_id: "crash-1", title: "Roulette One", kind: "rng", currency: "PLAY", limits: { min_stake_minor: 100, max_table_minor: 1000000, max_by_size: { 1: 20000, 2: 40000, 3: 60000, 4: 80000, 6: 120000, 12: 240000, 18: 360000 } }, phase: "playing", round_id: fromHex("0199c0de0001750080000000000000a1"), round_no: 41, opens_ms: 0, closes_ms: 0, server_ms: 1759878905000, number: -1, history: [17, 0, 36], seats: [], my_bets: [], can_repeat: false, money: { available_minor: 97500, reserved_minor: 2500, seq: 4711 }, net_minor: -2500, rules_version: "roulette-eu-1:000000000000", dealer: "", started_ms: 0, entered: -1, source: "", game: "crash", detail: [], commitment: "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881", flight: [{ takeoff_ms: 1759878905000, riding: 3, outs: [{ name: "Ana", stake_minor: 1000, multiplier: 154, payout_minor: 1540 }] }], hands: [], coup: [] } },
  },
  {
    name: "server/TableSnapshot/blackjack",
    hex: "9501020500dc00201f030278ab626c61636b6a61636b2d31ac526f756c65747465204f6e65a3726e67a4504c41599364ce000f42408701cd4e2002cd9c4003cdea6004ce0001388006ce0001d4c00cce0003a98012ce00057e40a7706c6179696e67c4100199c0de0001750080000000000000a1290000cf00000199c0f4fca8ff931100249090c293ce00017cdccd09c4cd1267d1f63cba726f756c657474652d65752d313a303030303030303030303030a000ffa0a9626c61636b6a61636b90a0909197929800a3416e61c4100199c0de0102700b8a00000000000001cd03e892000915c3a9626c61636b6a61636b9802a6c5bd6f666965c4100199c0de0203700c8b00000000000002cd01f49204110ac2a6616374696e67920cff0a0193a3686974a57374616e64a6646f75626c65cf00000199c0f52b88c2",
    frame: { kind: 2, ref: 5, seq: 0, body: { t: "TableSnapshot", stream: 3, epoch: 2, version: 120, info_table_id: "blackjack-1", title: "Roulette One", kind: "rng", currency: "PLAY", limits: { min_stake_minor: 100, max_table_minor: 1000000, max_by_size: { 1: 20000, 2: 40000, 3: 60000, 4: 80000, 6: 120000, 12: 240000, 18: 360000 } }, phase: "playing", round_id: fromHex("0199c0de0001750080000000000000a1"), round_no: 41, opens_ms: 0, closes_ms: 0, server_ms: 1759878905000, number: -1, history: [17, 0, 36], seats: [], my_bets: [], can_repeat: false, money: { available_minor: 97500, reserved_minor: 2500, seq: 4711 }, net_minor: -2500, rules_version: "roulette-eu-1:000000000000", dealer: "", started_ms: 0, entered: -1, source: "", game: "blackjack", detail: [], commitment: "", flight: [], hands: [{ hands: [{ seat: 0, name: "Ana", bet_id: fromHex("0199c0de0102700b8a00000000000001"), stake_minor: 1000, cards: [0, 9], total: 21, soft: true, state: "blackjack", hand: 0, insured: false }, { seat: 2, name: "Žofie", bet_id: fromHex("0199c0de0203700c8b00000000000002"), stake_minor: 500, cards: [4, 17], total: 10, soft: false, state: "acting", hand: 0, insured: false }], dealer: [12, -1], dealer_total: 10, acting: 1, actions: ["hit", "stand", "double"], until_ms: 1759878917000, insurance: false }], coup: [] } },
  },
  {
    name: "server/TableSnapshot/cards",
    hex: "9501020500dc00201f030278aa62616363617261742d31ac526f756c65747465204f6e65a3726e67a4504c41599364ce000f42408701cd4e2002cd9c4003cdea6004ce0001388006ce0001d4c00cce0003a98012ce00057e40a6726573756c74c4100199c0de0001750080000000000000a1290000cf00000199c0f4fca801931100249090c293ce00017cdccd09c4cd1267d1f63cba726f756c657474652d65752d313a303030303030303030303030a000ffa0a8626163636172617494080c2306a09090",
    frame: { kind: 2, ref: 5, seq: 0, body: { t: "TableSnapshot", stream: 3, epoch: 2, version: 120, info_table_id: "baccarat-1", title: "Roulette One", kind: "rng", currency: "PLAY", limits: { min_stake_minor: 100, max_table_minor: 1000000, max_by_size: { 1: 20000, 2: 40000, 3: 60000, 4: 80000, 6: 120000, 12: 240000, 18: 360000 } }, phase: "result", round_id: fromHex("0199c0de0001750080000000000000a1"), round_no: 41, opens_ms: 0, closes_ms: 0, server_ms: 1759878905000, number: 1, history: [17, 0, 36], seats: [], my_bets: [], can_repeat: false, money: { available_minor: 97500, reserved_minor: 2500, seq: 4711 }, net_minor: -2500, rules_version: "roulette-eu-1:000000000000", dealer: "", started_ms: 0, entered: -1, source: "", game: "baccarat", detail: [8, 12, 35, 6], commitment: "", flight: [], hands: [], coup: [] } },
  },
  {
    name: "server/FlightShown",
    hex: "950103037c9430c4100199c0de0001750080000000000000a1cf00000199c0f4fca893cf00000199c0f4fca8039194a3416e61cd03e8cc9acd0604",
    frame: { kind: 3, ref: 3, seq: 124, body: { t: "FlightShown", round_id: fromHex("0199c0de0001750080000000000000a1"), server_ms: 1759878905000, flight: { takeoff_ms: 1759878905000, riding: 3, outs: [{ name: "Ana", stake_minor: 1000, multiplier: 154, payout_minor: 1540 }] } } },
  },
  {
    name: "server/HandsShown",
    hex: "950103037c9436c4100199c0de0001750080000000000000a1cf00000199c0f4fca897929800a3416e61c4100199c0de0102700b8a00000000000001cd03e892000915c3a9626c61636b6a61636b9802a6c5bd6f666965c4100199c0de0203700c8b00000000000002cd01f49204110ac2a6616374696e67920cff0a0193a3686974a57374616e64a6646f75626c65cf00000199c0f52b88c2",
    frame: { kind: 3, ref: 3, seq: 124, body: { t: "HandsShown", round_id: fromHex("0199c0de0001750080000000000000a1"), server_ms: 1759878905000, hands: { hands: [{ seat: 0, name: "Ana", bet_id: fromHex("0199c0de0102700b8a00000000000001"), stake_minor: 1000, cards: [0, 9], total: 21, soft: true, state: "blackjack", hand: 0, insured: false }, { seat: 2, name: "Žofie", bet_id: fromHex("0199c0de0203700c8b00000000000002"), stake_minor: 500, cards: [4, 17], total: 10, soft: false, state: "acting", hand: 0, insured: false }], dealer: [12, -1], dealer_total: 10, acting: 1, actions: ["hit", "stand", "double"], until_ms: 1759878917000, insurance: false } } },
  },
  {
    name: "server/Acted",
    hex: "95010208009735ab626c61636b6a61636b2d31c4100199c0de0001750080000000000000a1c4100199c0de0304700d8c0000000000000300cd03e893ce00017cdccd09c4cd1267",
    frame: { kind: 2, ref: 8, seq: 0, body: { t: "Acted", table_id: "blackjack-1", round_id: fromHex("0199c0de0001750080000000000000a1"), command_id: fromHex("0199c0de0304700d8c00000000000003"), value: 0, stake_minor: 1000, money: { available_minor: 97500, reserved_minor: 2500, seq: 4711 } } },
  },
  {
    name: "server/RoundOpened/committed",
    hex: "95010303799728c4100199c0de0001750080000000000000a12acf00000199c0f4fca8cf00000199c0f54ac8cf00000199c0f4fca8d94032643731313634326237323662303434303136323763613966626163333266356338353330666231393033636334646230323235383731373932316134383831",
    frame: { kind: 3, ref: 3, seq: 121, body: { t: "RoundOpened", round_id: fromHex("0199c0de0001750080000000000000a1"), round_no: 42, opens_ms: 1759878905000, closes_ms: 1759878925000, server_ms: 1759878905000, commitment: "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881" } },
  },
  {
    name: "server/RoundResult/cards",
    hex: "950103037c952bc4100199c0de0001750080000000000000a10194080c2306d94039663836643038313838346337643635396132666561613063353561643031356133626634663162326230623832326364313564366331356230663030613038",
    frame: { kind: 3, ref: 3, seq: 124, body: { t: "RoundResult", round_id: fromHex("0199c0de0001750080000000000000a1"), number: 1, detail: [8, 12, 35, 6], seed: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" } },
  },
  {
    name: "server/Error/SEAT_TAKEN",
    hex: "9501040b009609cd013eaa534541545f54414b454ec200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 318, name: "SEAT_TAKEN", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/ACTION_INVALID",
    hex: "9501040b009609cd013fae414354494f4e5f494e56414c4944c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 319, name: "ACTION_INVALID", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/NOT_YOUR_TURN",
    hex: "9501040b009609cd0140ad4e4f545f594f55525f5455524ec200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 320, name: "NOT_YOUR_TURN", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/TOO_LATE",
    hex: "9501040b009609cd0141a8544f4f5f4c415445c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 321, name: "TOO_LATE", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/TOO_SOON",
    hex: "9501040b009609cd0142a8544f4f5f534f4f4ec200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 322, name: "TOO_SOON", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/SpinResult",
    hex: "9501020d009d47a4736c6f74c4100199c0de0102700b8a00000000000004ccc828149503001b0e09d94032643731313634326237323662303434303136323763613966626163333266356338353330666231393033636334646230323235383731373932316134383831ab6d792d6f776e2d736565642993ce00017c3c00cd126cd1ff60bb736c6f742d6c616e7465726e2d313a303030303030303030303030",
    frame: { kind: 2, ref: 13, seq: 0, body: { t: "SpinResult", game: "slot", spin_id: fromHex("0199c0de0102700b8a00000000000004"), stake_minor: 200, payout_minor: 40, number: 20, detail: [3, 0, 27, 14, 9], commitment: "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881", client_seed: "my-own-seed", nonce: 41, money: { available_minor: 97340, reserved_minor: 0, seq: 4716 }, net_minor: -160, rules_version: "slot-lantern-1:000000000000" } },
  },
  {
    name: "server/Seeds",
    hex: "9501020e009749a4736c6f74d94036303330336165323262393938383631626365336232386633336565633162653735386132313363383663393363303736646265396635353863313163373532ab6d792d6f776e2d736565642ad940363033303361653232623939383836316263653362323866333365656331626537353861323133633836633933633037366462653966353538633131633735329194d94039663836643038313838346337643635396132666561613063353561643031356133626634663162326230623832326364313564366331356230663030613038d94032643731313634326237323662303434303136323763613966626163333266356338353330666231393033636334646230323235383731373932316134383831a66265666f726507",
    frame: { kind: 2, ref: 14, seq: 0, body: { t: "Seeds", game: "slot", commitment: "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752", client_seed: "my-own-seed", nonce: 42, next_commitment: "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752", revealed: [{ server_seed: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", commitment: "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881", client_seed: "before", rounds: 7 }] } },
  },
  {
    name: "server/Error/SEEDS_UNSEEN",
    hex: "9501040b009609cd0143ac53454544535f554e5345454ec200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 323, name: "SEEDS_UNSEEN", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/SUSPENDED",
    hex: "9501040b009609cd0144a953555350454e444544c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 324, name: "SUSPENDED", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/CoupShown",
    hex: "950103040c9437c4100199c0de0001750080000000000000a1cf00000199c0f4fca897920823910c08000103cd0191",
    frame: { kind: 3, ref: 4, seq: 12, body: { t: "CoupShown", round_id: fromHex("0199c0de0001750080000000000000a1"), server_ms: 1759878905000, coup: { player: [8, 35], banker: [12], player_total: 8, banker_total: 0, due: 1, shoe: 3, left: 401 } } },
  },
  {
    name: "server/DealerState/cards",
    hex: "95010300079e42a66c6976652d32a7706c6179696e67c4100199c0de0001750080000000000000a12a00cf00000199c0f4fca8ffa00c03cda410a4446f7261919a0703a5726f756e64cd0191001002ff93080c2301",
    frame: { kind: 3, ref: 0, seq: 7, body: { t: "DealerState", table_id: "live-2", phase: "playing", round_id: fromHex("0199c0de0001750080000000000000a1"), round_no: 42, closes_ms: 0, server_ms: 1759878905000, number: -1, source: "", bets: 12, players: 3, stake_minor: 42000, dealer: "Dora", shoe: [{ seq: 7, number: 3, state: "round", left: 401, to_burn: 0, cut: 16, rounds: 2, rounds_left: -1, cards: [8, 12, 35], due: 1 }] } },
  },
  {
    name: "server/TableSnapshot/coup",
    hex: "9501020500dc00211f030278aa726f756c657474652d31ac526f756c65747465204f6e65a3726e67a4504c41599364ce000f42408701cd4e2002cd9c4003cdea6004ce0001388006ce0001d4c00cce0003a98012ce00057e40a7706c6179696e67c4100199c0de0001750080000000000000a1290000cf00000199c0f4fca8ff931100249090c293ce00017cdccd09c4cd1267d1f63cba726f756c657474652d65752d313a303030303030303030303030a000ffa0a8726f756c6574746590a090909197920823910c08000103cd0191",
    frame: { kind: 2, ref: 5, seq: 0, body: { t: "TableSnapshot", stream: 3, epoch: 2, version: 120, info_table_id: "roulette-1", title: "Roulette One", kind: "rng", currency: "PLAY", limits: { min_stake_minor: 100, max_table_minor: 1000000, max_by_size: { 1: 20000, 2: 40000, 3: 60000, 4: 80000, 6: 120000, 12: 240000, 18: 360000 } }, phase: "playing", round_id: fromHex("0199c0de0001750080000000000000a1"), round_no: 41, opens_ms: 0, closes_ms: 0, server_ms: 1759878905000, number: -1, history: [17, 0, 36], seats: [], my_bets: [], can_repeat: false, money: { available_minor: 97500, reserved_minor: 2500, seq: 4711 }, net_minor: -2500, rules_version: "roulette-eu-1:000000000000", dealer: "", started_ms: 0, entered: -1, source: "", game: "roulette", detail: [], commitment: "", flight: [], hands: [], coup: [{ player: [8, 35], banker: [12], player_total: 8, banker_total: 0, due: 1, shoe: 3, left: 401 }] } },
  },
  {
    name: "server/Error/CARD_IMPOSSIBLE",
    hex: "9501040b009609cd0145af434152445f494d504f535349424c45c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 325, name: "CARD_IMPOSSIBLE", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/CARD_NOT_DUE",
    hex: "9501040b009609cd0146ac434152445f4e4f545f445545c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 326, name: "CARD_NOT_DUE", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/SHOE_NOT_READY",
    hex: "9501040b009609cd0147ae53484f455f4e4f545f5245414459c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 327, name: "SHOE_NOT_READY", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
  {
    name: "server/Error/STEP_OUT_OF_ORDER",
    hex: "9501040b009609cd0148b1535445505f4f55545f4f465f4f52444552c200a3776879",
    frame: { kind: 4, ref: 11, seq: 0, body: { t: "Error", code: 328, name: "STEP_OUT_OF_ORDER", retryable: false, retry_after_ms: 0, detail: "why" } },
  },
];
