// Generated from the Python source by `make schema`. Do not edit.

import { decode, encode } from "@msgpack/msgpack";
import { Code } from "./errors";
import type {
  Act,
  Acted,
  Balance,
  Bet,
  BetsAccepted,
  BetsClosed,
  BetsSettled,
  BetsUndone,
  BetsVoided,
  BonusGranted,
  Call,
  CashedOut,
  Chip,
  ClientMessage,
  Coup,
  CoupShown,
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
  DoubleBets,
  Error,
  Flight,
  FlightShown,
  GetBalance,
  GetSeeds,
  Hand,
  Hands,
  HandsShown,
  Hello,
  JackpotPool,
  JackpotPools,
  JoinTable,
  LeaveTable,
  LeftTable,
  Limits,
  ListTables,
  Money,
  Notice,
  NumberEntered,
  Ping,
  PlaceBets,
  Pong,
  Reconnect,
  RepeatBets,
  RevealedSeed,
  RotateSeed,
  RoundOpened,
  RoundResult,
  RoundSettled,
  RoundVoided,
  SeatBets,
  Seeds,
  ServerMessage,
  SettledBet,
  Shoe,
  Skipped,
  Spin,
  SpinResult,
  TableBets,
  TableInfo,
  TablePaused,
  TableResumed,
  TableSnapshot,
  Tables,
  UndoBets,
  Welcome,
  Winner,
} from "./messages";

export const PROTOCOL_VERSION = 1;
/** The gateway refuses larger frames. Bytes. */
export const MAX_CLIENT_FRAME_BYTES = 16384;
/** No frame from the gateway is larger. Bytes. */
export const MAX_SERVER_FRAME_BYTES = 262144;
const MAX_REF = 0xffffffff;

/** What a frame is. Only REQUEST travels from client to server. */
export const Kind = { REQUEST: 1, REPLY: 2, PUSH: 3, ERROR: 4 } as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

export interface ClientFrame {
  readonly kind: typeof Kind.REQUEST;
  /** Chosen by the client, 1 .. 2^32-1; the answer repeats it. */
  readonly ref: number;
  /** The highest personal push `seq` the client has handled. */
  readonly seq: number;
  readonly body: ClientMessage;
}

export interface ServerFrame {
  readonly kind: typeof Kind.REPLY | typeof Kind.PUSH | typeof Kind.ERROR;
  /** REPLY and ERROR: the request's ref. PUSH: the stream; 0 is the personal one. */
  readonly ref: number;
  /** PUSH: number within the stream, dense. Otherwise 0. */
  readonly seq: number;
  readonly body: ServerMessage;
}

/** What is wrong with a frame. ref: of the request it answers, 0 if it cannot be told. */
export interface Fault {
  readonly code: Code;
  readonly ref: number;
  readonly detail: string;
}

export type Decoded<Frame> =
  | { readonly ok: true; readonly frame: Frame }
  | { readonly ok: false; readonly fault: Fault };

/** Thrown by the encoders for a value that the wire cannot carry, such as a fractional stake. */
export class WireError extends Error {
  readonly code: Code;

  constructor(code: Code, detail: string) {
    super(detail);
    this.name = "WireError";
    this.code = code;
  }
}

function bad(at: string, expected: string): WireError {
  return new WireError(Code.BAD_FIELD, `${at}: expected ${expected}`);
}

function int(value: unknown, at: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw bad(at, "a safe whole number");
}

function str(value: unknown, at: string): string {
  if (typeof value === "string") return value;
  throw bad(at, "a string");
}

function bool(value: unknown, at: string): boolean {
  if (typeof value === "boolean") return value;
  throw bad(at, "a boolean");
}

function bytes(value: unknown, at: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw bad(at, "bytes");
}

/** An array of at least so many fields; fields behind the known ones come from a newer version and are passed over. */
function fields(value: unknown, least: number, at: string): readonly unknown[] {
  if (Array.isArray(value) && value.length >= least) return value as readonly unknown[];
  throw bad(at, `an array of at least ${least}`);
}

function list<T>(value: unknown, item: (value: unknown, at: string) => T, at: string): T[] {
  if (Array.isArray(value)) return value.map((each: unknown) => item(each, at));
  throw bad(at, "an array");
}

function map<T>(value: unknown, item: (value: unknown, at: string) => T, at: string): Record<number, T> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw bad(at, "a map");
  const result: Record<number, T> = {};
  for (const [key, each] of Object.entries(value)) result[int(Number(key), at)] = item(each, at);
  return result;
}

/** The encoder writes the keys as strings; readers here take both. Only test doubles send maps. */
function packMap(value: Readonly<Record<number, number>>, at: string): Record<number, number> {
  return map(value, int, at);
}

function readChip(value: unknown, at: string): Chip {
  const f = fields(value, 2, at);
  return {
    position: int(f[0], "Chip.position"),
    stake_minor: int(f[1], "Chip.stake_minor"),
  };
}

function packChip(m: Chip): unknown[] {
  return [int(m.position, "Chip.position"), int(m.stake_minor, "Chip.stake_minor")];
}

function readCall(value: unknown, at: string): Call {
  const f = fields(value, 2, at);
  return {
    name: str(f[0], "Call.name"),
    unit_minor: int(f[1], "Call.unit_minor"),
  };
}

function packCall(m: Call): unknown[] {
  return [m.name, int(m.unit_minor, "Call.unit_minor")];
}

function readMoney(value: unknown, at: string): Money {
  const f = fields(value, 3, at);
  return {
    available_minor: int(f[0], "Money.available_minor"),
    reserved_minor: int(f[1], "Money.reserved_minor"),
    seq: int(f[2], "Money.seq"),
  };
}

function packMoney(m: Money): unknown[] {
  return [int(m.available_minor, "Money.available_minor"), int(m.reserved_minor, "Money.reserved_minor"), int(m.seq, "Money.seq")];
}

function readTableInfo(value: unknown, at: string): TableInfo {
  const f = fields(value, 9, at);
  return {
    table_id: str(f[0], "TableInfo.table_id"),
    game: str(f[1], "TableInfo.game"),
    kind: str(f[2], "TableInfo.kind"),
    title: str(f[3], "TableInfo.title"),
    currency: str(f[4], "TableInfo.currency"),
    min_stake_minor: int(f[5], "TableInfo.min_stake_minor"),
    max_table_minor: int(f[6], "TableInfo.max_table_minor"),
    players: int(f[7], "TableInfo.players"),
    phase: str(f[8], "TableInfo.phase"),
    last: f.length > 9 ? list(f[9], int, "TableInfo.last") : [],
  };
}

function packTableInfo(m: TableInfo): unknown[] {
  return [m.table_id, m.game, m.kind, m.title, m.currency, int(m.min_stake_minor, "TableInfo.min_stake_minor"), int(m.max_table_minor, "TableInfo.max_table_minor"), int(m.players, "TableInfo.players"), m.phase, (m.last ?? []).map((each) => int(each, "TableInfo.last"))];
}

function readJackpotPool(value: unknown, at: string): JackpotPool {
  const f = fields(value, 4, at);
  return {
    jackpot: int(f[0], "JackpotPool.jackpot"),
    name: str(f[1], "JackpotPool.name"),
    currency: str(f[2], "JackpotPool.currency"),
    amount_minor: int(f[3], "JackpotPool.amount_minor"),
  };
}

function packJackpotPool(m: JackpotPool): unknown[] {
  return [int(m.jackpot, "JackpotPool.jackpot"), m.name, m.currency, int(m.amount_minor, "JackpotPool.amount_minor")];
}

function readLimits(value: unknown, at: string): Limits {
  const f = fields(value, 3, at);
  return {
    min_stake_minor: int(f[0], "Limits.min_stake_minor"),
    max_table_minor: int(f[1], "Limits.max_table_minor"),
    max_by_size: map(f[2], int, "Limits.max_by_size"),
  };
}

function packLimits(m: Limits): unknown[] {
  return [int(m.min_stake_minor, "Limits.min_stake_minor"), int(m.max_table_minor, "Limits.max_table_minor"), packMap(m.max_by_size, "Limits.max_by_size")];
}

function readSeatBets(value: unknown, at: string): SeatBets {
  const f = fields(value, 3, at);
  return {
    name: str(f[0], "SeatBets.name"),
    stake_minor: int(f[1], "SeatBets.stake_minor"),
    chips: list(f[2], readChip, "SeatBets.chips"),
  };
}

function packSeatBets(m: SeatBets): unknown[] {
  return [m.name, int(m.stake_minor, "SeatBets.stake_minor"), m.chips.map(packChip)];
}

function readBet(value: unknown, at: string): Bet {
  const f = fields(value, 3, at);
  return {
    bet_id: bytes(f[0], "Bet.bet_id"),
    chips: list(f[1], readChip, "Bet.chips"),
    stake_minor: int(f[2], "Bet.stake_minor"),
  };
}

function packBet(m: Bet): unknown[] {
  return [m.bet_id, m.chips.map(packChip), int(m.stake_minor, "Bet.stake_minor")];
}

function readCashedOut(value: unknown, at: string): CashedOut {
  const f = fields(value, 4, at);
  return {
    name: str(f[0], "CashedOut.name"),
    stake_minor: int(f[1], "CashedOut.stake_minor"),
    multiplier: int(f[2], "CashedOut.multiplier"),
    payout_minor: int(f[3], "CashedOut.payout_minor"),
  };
}

function packCashedOut(m: CashedOut): unknown[] {
  return [m.name, int(m.stake_minor, "CashedOut.stake_minor"), int(m.multiplier, "CashedOut.multiplier"), int(m.payout_minor, "CashedOut.payout_minor")];
}

function readFlight(value: unknown, at: string): Flight {
  const f = fields(value, 3, at);
  return {
    takeoff_ms: int(f[0], "Flight.takeoff_ms"),
    riding: int(f[1], "Flight.riding"),
    outs: list(f[2], readCashedOut, "Flight.outs"),
  };
}

function packFlight(m: Flight): unknown[] {
  return [int(m.takeoff_ms, "Flight.takeoff_ms"), int(m.riding, "Flight.riding"), m.outs.map(packCashedOut)];
}

function readHand(value: unknown, at: string): Hand {
  const f = fields(value, 8, at);
  return {
    seat: int(f[0], "Hand.seat"),
    name: str(f[1], "Hand.name"),
    bet_id: bytes(f[2], "Hand.bet_id"),
    stake_minor: int(f[3], "Hand.stake_minor"),
    cards: list(f[4], int, "Hand.cards"),
    total: int(f[5], "Hand.total"),
    soft: bool(f[6], "Hand.soft"),
    state: str(f[7], "Hand.state"),
    hand: f.length > 8 ? int(f[8], "Hand.hand") : 0,
    insured: f.length > 9 ? bool(f[9], "Hand.insured") : false,
  };
}

function packHand(m: Hand): unknown[] {
  return [int(m.seat, "Hand.seat"), m.name, m.bet_id, int(m.stake_minor, "Hand.stake_minor"), m.cards.map((each) => int(each, "Hand.cards")), int(m.total, "Hand.total"), m.soft, m.state, int((m.hand ?? 0), "Hand.hand"), m.insured ?? false];
}

function readHands(value: unknown, at: string): Hands {
  const f = fields(value, 7, at);
  return {
    hands: list(f[0], readHand, "Hands.hands"),
    dealer: list(f[1], int, "Hands.dealer"),
    dealer_total: int(f[2], "Hands.dealer_total"),
    acting: int(f[3], "Hands.acting"),
    actions: list(f[4], str, "Hands.actions"),
    until_ms: int(f[5], "Hands.until_ms"),
    insurance: bool(f[6], "Hands.insurance"),
  };
}

function packHands(m: Hands): unknown[] {
  return [m.hands.map(packHand), m.dealer.map((each) => int(each, "Hands.dealer")), int(m.dealer_total, "Hands.dealer_total"), int(m.acting, "Hands.acting"), m.actions, int(m.until_ms, "Hands.until_ms"), m.insurance];
}

function readCoup(value: unknown, at: string): Coup {
  const f = fields(value, 7, at);
  return {
    player: list(f[0], int, "Coup.player"),
    banker: list(f[1], int, "Coup.banker"),
    player_total: int(f[2], "Coup.player_total"),
    banker_total: int(f[3], "Coup.banker_total"),
    due: int(f[4], "Coup.due"),
    shoe: int(f[5], "Coup.shoe"),
    left: int(f[6], "Coup.left"),
  };
}

function packCoup(m: Coup): unknown[] {
  return [m.player.map((each) => int(each, "Coup.player")), m.banker.map((each) => int(each, "Coup.banker")), int(m.player_total, "Coup.player_total"), int(m.banker_total, "Coup.banker_total"), int(m.due, "Coup.due"), int(m.shoe, "Coup.shoe"), int(m.left, "Coup.left")];
}

function readWinner(value: unknown, at: string): Winner {
  const f = fields(value, 2, at);
  return {
    name: str(f[0], "Winner.name"),
    payout_minor: int(f[1], "Winner.payout_minor"),
  };
}

function packWinner(m: Winner): unknown[] {
  return [m.name, int(m.payout_minor, "Winner.payout_minor")];
}

function readSettledBet(value: unknown, at: string): SettledBet {
  const f = fields(value, 3, at);
  return {
    bet_id: bytes(f[0], "SettledBet.bet_id"),
    stake_minor: int(f[1], "SettledBet.stake_minor"),
    payout_minor: int(f[2], "SettledBet.payout_minor"),
  };
}

function packSettledBet(m: SettledBet): unknown[] {
  return [m.bet_id, int(m.stake_minor, "SettledBet.stake_minor"), int(m.payout_minor, "SettledBet.payout_minor")];
}

function readShoe(value: unknown, at: string): Shoe {
  const f = fields(value, 10, at);
  return {
    seq: int(f[0], "Shoe.seq"),
    number: int(f[1], "Shoe.number"),
    state: str(f[2], "Shoe.state"),
    left: int(f[3], "Shoe.left"),
    to_burn: int(f[4], "Shoe.to_burn"),
    cut: int(f[5], "Shoe.cut"),
    rounds: int(f[6], "Shoe.rounds"),
    rounds_left: int(f[7], "Shoe.rounds_left"),
    cards: list(f[8], int, "Shoe.cards"),
    due: int(f[9], "Shoe.due"),
  };
}

function packShoe(m: Shoe): unknown[] {
  return [int(m.seq, "Shoe.seq"), int(m.number, "Shoe.number"), m.state, int(m.left, "Shoe.left"), int(m.to_burn, "Shoe.to_burn"), int(m.cut, "Shoe.cut"), int(m.rounds, "Shoe.rounds"), int(m.rounds_left, "Shoe.rounds_left"), m.cards.map((each) => int(each, "Shoe.cards")), int(m.due, "Shoe.due")];
}

function readRevealedSeed(value: unknown, at: string): RevealedSeed {
  const f = fields(value, 4, at);
  return {
    server_seed: str(f[0], "RevealedSeed.server_seed"),
    commitment: str(f[1], "RevealedSeed.commitment"),
    client_seed: str(f[2], "RevealedSeed.client_seed"),
    rounds: int(f[3], "RevealedSeed.rounds"),
  };
}

function packRevealedSeed(m: RevealedSeed): unknown[] {
  return [m.server_seed, m.commitment, m.client_seed, int(m.rounds, "RevealedSeed.rounds")];
}

function readHello(value: unknown): Hello {
  const f = fields(value, 2, "Hello");
  return {
    t: "Hello",
    token: str(f[1], "Hello.token"),
    client: f.length > 2 ? str(f[2], "Hello.client") : "",
    session_id: f.length > 3 ? str(f[3], "Hello.session_id") : "",
  };
}

function packHello(m: Hello): unknown[] {
  return [1, m.token, m.client ?? "", m.session_id ?? ""];
}

function readPing(value: unknown): Ping {
  const f = fields(value, 2, "Ping");
  return {
    t: "Ping",
    client_ms: int(f[1], "Ping.client_ms"),
    rtt_ms: f.length > 2 ? int(f[2], "Ping.rtt_ms") : -1,
  };
}

function packPing(m: Ping): unknown[] {
  return [3, int(m.client_ms, "Ping.client_ms"), int((m.rtt_ms ?? -1), "Ping.rtt_ms")];
}

function readGetBalance(): GetBalance {
  return { t: "GetBalance" };
}

function packGetBalance(): unknown[] {
  return [5];
}

function readListTables(): ListTables {
  return { t: "ListTables" };
}

function packListTables(): unknown[] {
  return [20];
}

function readJoinTable(value: unknown): JoinTable {
  const f = fields(value, 2, "JoinTable");
  return {
    t: "JoinTable",
    table_id: str(f[1], "JoinTable.table_id"),
    epoch: f.length > 2 ? int(f[2], "JoinTable.epoch") : 0,
    version: f.length > 3 ? int(f[3], "JoinTable.version") : 0,
  };
}

function packJoinTable(m: JoinTable): unknown[] {
  return [30, m.table_id, int((m.epoch ?? 0), "JoinTable.epoch"), int((m.version ?? 0), "JoinTable.version")];
}

function readLeaveTable(value: unknown): LeaveTable {
  const f = fields(value, 2, "LeaveTable");
  return {
    t: "LeaveTable",
    table_id: str(f[1], "LeaveTable.table_id"),
  };
}

function packLeaveTable(m: LeaveTable): unknown[] {
  return [32, m.table_id];
}

function readPlaceBets(value: unknown): PlaceBets {
  const f = fields(value, 5, "PlaceBets");
  return {
    t: "PlaceBets",
    table_id: str(f[1], "PlaceBets.table_id"),
    round_id: bytes(f[2], "PlaceBets.round_id"),
    bet_id: bytes(f[3], "PlaceBets.bet_id"),
    chips: list(f[4], readChip, "PlaceBets.chips"),
    calls: f.length > 5 ? list(f[5], readCall, "PlaceBets.calls") : [],
  };
}

function packPlaceBets(m: PlaceBets): unknown[] {
  return [34, m.table_id, m.round_id, m.bet_id, m.chips.map(packChip), (m.calls ?? []).map(packCall)];
}

function readRepeatBets(value: unknown): RepeatBets {
  const f = fields(value, 4, "RepeatBets");
  return {
    t: "RepeatBets",
    table_id: str(f[1], "RepeatBets.table_id"),
    round_id: bytes(f[2], "RepeatBets.round_id"),
    bet_id: bytes(f[3], "RepeatBets.bet_id"),
  };
}

function packRepeatBets(m: RepeatBets): unknown[] {
  return [35, m.table_id, m.round_id, m.bet_id];
}

function readDoubleBets(value: unknown): DoubleBets {
  const f = fields(value, 4, "DoubleBets");
  return {
    t: "DoubleBets",
    table_id: str(f[1], "DoubleBets.table_id"),
    round_id: bytes(f[2], "DoubleBets.round_id"),
    bet_id: bytes(f[3], "DoubleBets.bet_id"),
  };
}

function packDoubleBets(m: DoubleBets): unknown[] {
  return [36, m.table_id, m.round_id, m.bet_id];
}

function readUndoBets(value: unknown): UndoBets {
  const f = fields(value, 4, "UndoBets");
  return {
    t: "UndoBets",
    table_id: str(f[1], "UndoBets.table_id"),
    round_id: bytes(f[2], "UndoBets.round_id"),
    command_id: bytes(f[3], "UndoBets.command_id"),
    bet_ids: f.length > 4 ? list(f[4], bytes, "UndoBets.bet_ids") : [],
  };
}

function packUndoBets(m: UndoBets): unknown[] {
  return [38, m.table_id, m.round_id, m.command_id, m.bet_ids ?? []];
}

function readAct(value: unknown): Act {
  const f = fields(value, 6, "Act");
  return {
    t: "Act",
    table_id: str(f[1], "Act.table_id"),
    round_id: bytes(f[2], "Act.round_id"),
    command_id: bytes(f[3], "Act.command_id"),
    bet_id: bytes(f[4], "Act.bet_id"),
    action: str(f[5], "Act.action"),
    value: f.length > 6 ? int(f[6], "Act.value") : 0,
  };
}

function packAct(m: Act): unknown[] {
  return [52, m.table_id, m.round_id, m.command_id, m.bet_id, m.action, int((m.value ?? 0), "Act.value")];
}

function readDealerSit(value: unknown): DealerSit {
  const f = fields(value, 2, "DealerSit");
  return {
    t: "DealerSit",
    table_id: str(f[1], "DealerSit.table_id"),
  };
}

function packDealerSit(m: DealerSit): unknown[] {
  return [60, m.table_id];
}

function readDealerOpen(value: unknown): DealerOpen {
  const f = fields(value, 3, "DealerOpen");
  return {
    t: "DealerOpen",
    table_id: str(f[1], "DealerOpen.table_id"),
    command_id: bytes(f[2], "DealerOpen.command_id"),
    window_s: f.length > 3 ? int(f[3], "DealerOpen.window_s") : 0,
  };
}

function packDealerOpen(m: DealerOpen): unknown[] {
  return [61, m.table_id, m.command_id, int((m.window_s ?? 0), "DealerOpen.window_s")];
}

function readDealerClose(value: unknown): DealerClose {
  const f = fields(value, 3, "DealerClose");
  return {
    t: "DealerClose",
    table_id: str(f[1], "DealerClose.table_id"),
    round_id: bytes(f[2], "DealerClose.round_id"),
  };
}

function packDealerClose(m: DealerClose): unknown[] {
  return [62, m.table_id, m.round_id];
}

function readDealerNumber(value: unknown): DealerNumber {
  const f = fields(value, 4, "DealerNumber");
  return {
    t: "DealerNumber",
    table_id: str(f[1], "DealerNumber.table_id"),
    round_id: bytes(f[2], "DealerNumber.round_id"),
    number: int(f[3], "DealerNumber.number"),
    source: f.length > 4 ? str(f[4], "DealerNumber.source") : "manual",
  };
}

function packDealerNumber(m: DealerNumber): unknown[] {
  return [63, m.table_id, m.round_id, int(m.number, "DealerNumber.number"), m.source ?? "manual"];
}

function readDealerConfirm(value: unknown): DealerConfirm {
  const f = fields(value, 4, "DealerConfirm");
  return {
    t: "DealerConfirm",
    table_id: str(f[1], "DealerConfirm.table_id"),
    round_id: bytes(f[2], "DealerConfirm.round_id"),
    number: int(f[3], "DealerConfirm.number"),
  };
}

function packDealerConfirm(m: DealerConfirm): unknown[] {
  return [64, m.table_id, m.round_id, int(m.number, "DealerConfirm.number")];
}

function readDealerVoid(value: unknown): DealerVoid {
  const f = fields(value, 4, "DealerVoid");
  return {
    t: "DealerVoid",
    table_id: str(f[1], "DealerVoid.table_id"),
    round_id: bytes(f[2], "DealerVoid.round_id"),
    reason: str(f[3], "DealerVoid.reason"),
  };
}

function packDealerVoid(m: DealerVoid): unknown[] {
  return [65, m.table_id, m.round_id, m.reason];
}

function readDealerCard(value: unknown): DealerCard {
  const f = fields(value, 5, "DealerCard");
  return {
    t: "DealerCard",
    table_id: str(f[1], "DealerCard.table_id"),
    round_id: bytes(f[2], "DealerCard.round_id"),
    seq: int(f[3], "DealerCard.seq"),
    card: int(f[4], "DealerCard.card"),
    hand: f.length > 5 ? int(f[5], "DealerCard.hand") : -1,
    source: f.length > 6 ? str(f[6], "DealerCard.source") : "manual",
  };
}

function packDealerCard(m: DealerCard): unknown[] {
  return [67, m.table_id, m.round_id, int(m.seq, "DealerCard.seq"), int(m.card, "DealerCard.card"), int((m.hand ?? -1), "DealerCard.hand"), m.source ?? "manual"];
}

function readDealerTakeBack(value: unknown): DealerTakeBack {
  const f = fields(value, 5, "DealerTakeBack");
  return {
    t: "DealerTakeBack",
    table_id: str(f[1], "DealerTakeBack.table_id"),
    round_id: bytes(f[2], "DealerTakeBack.round_id"),
    seq: int(f[3], "DealerTakeBack.seq"),
    card: int(f[4], "DealerTakeBack.card"),
    reason: f.length > 5 ? str(f[5], "DealerTakeBack.reason") : "",
  };
}

function packDealerTakeBack(m: DealerTakeBack): unknown[] {
  return [68, m.table_id, m.round_id, int(m.seq, "DealerTakeBack.seq"), int(m.card, "DealerTakeBack.card"), m.reason ?? ""];
}

function readDealerShoe(value: unknown): DealerShoe {
  const f = fields(value, 4, "DealerShoe");
  return {
    t: "DealerShoe",
    table_id: str(f[1], "DealerShoe.table_id"),
    seq: int(f[2], "DealerShoe.seq"),
    event: str(f[3], "DealerShoe.event"),
    value: f.length > 4 ? int(f[4], "DealerShoe.value") : -1,
    cut: f.length > 5 ? int(f[5], "DealerShoe.cut") : 0,
    reason: f.length > 6 ? str(f[6], "DealerShoe.reason") : "",
  };
}

function packDealerShoe(m: DealerShoe): unknown[] {
  return [69, m.table_id, int(m.seq, "DealerShoe.seq"), m.event, int((m.value ?? -1), "DealerShoe.value"), int((m.cut ?? 0), "DealerShoe.cut"), m.reason ?? ""];
}

function readSpin(value: unknown): Spin {
  const f = fields(value, 4, "Spin");
  return {
    t: "Spin",
    game: str(f[1], "Spin.game"),
    spin_id: bytes(f[2], "Spin.spin_id"),
    stake_minor: int(f[3], "Spin.stake_minor"),
  };
}

function packSpin(m: Spin): unknown[] {
  return [70, m.game, m.spin_id, int(m.stake_minor, "Spin.stake_minor")];
}

function readGetSeeds(value: unknown): GetSeeds {
  const f = fields(value, 2, "GetSeeds");
  return {
    t: "GetSeeds",
    game: str(f[1], "GetSeeds.game"),
  };
}

function packGetSeeds(m: GetSeeds): unknown[] {
  return [72, m.game];
}

function readRotateSeed(value: unknown): RotateSeed {
  const f = fields(value, 4, "RotateSeed");
  return {
    t: "RotateSeed",
    game: str(f[1], "RotateSeed.game"),
    command_id: bytes(f[2], "RotateSeed.command_id"),
    client_seed: str(f[3], "RotateSeed.client_seed"),
  };
}

function packRotateSeed(m: RotateSeed): unknown[] {
  return [74, m.game, m.command_id, m.client_seed];
}

function readWelcome(value: unknown): Welcome {
  const f = fields(value, 13, "Welcome");
  return {
    t: "Welcome",
    player_id: int(f[1], "Welcome.player_id"),
    name: str(f[2], "Welcome.name"),
    roles: list(f[3], str, "Welcome.roles"),
    session_id: str(f[4], "Welcome.session_id"),
    server_ms: int(f[5], "Welcome.server_ms"),
    heartbeat_s: int(f[6], "Welcome.heartbeat_s"),
    currency: str(f[7], "Welcome.currency"),
    exponent: int(f[8], "Welcome.exponent"),
    play_money: bool(f[9], "Welcome.play_money"),
    money: readMoney(f[10], "Welcome.money"),
    net_minor: int(f[11], "Welcome.net_minor"),
    tables: list(f[12], readTableInfo, "Welcome.tables"),
    recovered: f.length > 13 ? bool(f[13], "Welcome.recovered") : false,
    started_ms: f.length > 14 ? int(f[14], "Welcome.started_ms") : 0,
    net_since_ms: f.length > 15 ? int(f[15], "Welcome.net_since_ms") : 0,
  };
}

function packWelcome(m: Welcome): unknown[] {
  return [2, int(m.player_id, "Welcome.player_id"), m.name, m.roles, m.session_id, int(m.server_ms, "Welcome.server_ms"), int(m.heartbeat_s, "Welcome.heartbeat_s"), m.currency, int(m.exponent, "Welcome.exponent"), m.play_money, packMoney(m.money), int(m.net_minor, "Welcome.net_minor"), m.tables.map(packTableInfo), m.recovered ?? false, int((m.started_ms ?? 0), "Welcome.started_ms"), int((m.net_since_ms ?? 0), "Welcome.net_since_ms")];
}

function readPong(value: unknown): Pong {
  const f = fields(value, 3, "Pong");
  return {
    t: "Pong",
    client_ms: int(f[1], "Pong.client_ms"),
    server_ms: int(f[2], "Pong.server_ms"),
  };
}

function packPong(m: Pong): unknown[] {
  return [4, int(m.client_ms, "Pong.client_ms"), int(m.server_ms, "Pong.server_ms")];
}

function readBalance(value: unknown): Balance {
  const f = fields(value, 3, "Balance");
  return {
    t: "Balance",
    money: readMoney(f[1], "Balance.money"),
    net_minor: int(f[2], "Balance.net_minor"),
  };
}

function packBalance(m: Balance): unknown[] {
  return [6, packMoney(m.money), int(m.net_minor, "Balance.net_minor")];
}

function readBonusGranted(value: unknown): BonusGranted {
  const f = fields(value, 4, "BonusGranted");
  return {
    t: "BonusGranted",
    amount_minor: int(f[1], "BonusGranted.amount_minor"),
    tick: int(f[2], "BonusGranted.tick"),
    money: readMoney(f[3], "BonusGranted.money"),
  };
}

function packBonusGranted(m: BonusGranted): unknown[] {
  return [7, int(m.amount_minor, "BonusGranted.amount_minor"), int(m.tick, "BonusGranted.tick"), packMoney(m.money)];
}

function readNotice(value: unknown): Notice {
  const f = fields(value, 3, "Notice");
  return {
    t: "Notice",
    code: str(f[1], "Notice.code"),
    text: str(f[2], "Notice.text"),
  };
}

function packNotice(m: Notice): unknown[] {
  return [8, m.code, m.text];
}

function readError(value: unknown): Error {
  const f = fields(value, 4, "Error");
  return {
    t: "Error",
    code: int(f[1], "Error.code"),
    name: str(f[2], "Error.name"),
    retryable: bool(f[3], "Error.retryable"),
    retry_after_ms: f.length > 4 ? int(f[4], "Error.retry_after_ms") : 0,
    detail: f.length > 5 ? str(f[5], "Error.detail") : "",
  };
}

function packError(m: Error): unknown[] {
  return [9, int(m.code, "Error.code"), m.name, m.retryable, int((m.retry_after_ms ?? 0), "Error.retry_after_ms"), m.detail ?? ""];
}

function readReconnect(value: unknown): Reconnect {
  const f = fields(value, 3, "Reconnect");
  return {
    t: "Reconnect",
    after_ms: int(f[1], "Reconnect.after_ms"),
    reason: str(f[2], "Reconnect.reason"),
  };
}

function packReconnect(m: Reconnect): unknown[] {
  return [10, int(m.after_ms, "Reconnect.after_ms"), m.reason];
}

function readSkipped(): Skipped {
  return { t: "Skipped" };
}

function packSkipped(): unknown[] {
  return [11];
}

function readJackpotPools(value: unknown): JackpotPools {
  const f = fields(value, 2, "JackpotPools");
  return {
    t: "JackpotPools",
    pools: list(f[1], readJackpotPool, "JackpotPools.pools"),
  };
}

function packJackpotPools(m: JackpotPools): unknown[] {
  return [12, m.pools.map(packJackpotPool)];
}

function readTables(value: unknown): Tables {
  const f = fields(value, 2, "Tables");
  return {
    t: "Tables",
    tables: list(f[1], readTableInfo, "Tables.tables"),
  };
}

function packTables(m: Tables): unknown[] {
  return [21, m.tables.map(packTableInfo)];
}

function readTableSnapshot(value: unknown): TableSnapshot {
  const f = fields(value, 23, "TableSnapshot");
  return {
    t: "TableSnapshot",
    stream: int(f[1], "TableSnapshot.stream"),
    epoch: int(f[2], "TableSnapshot.epoch"),
    version: int(f[3], "TableSnapshot.version"),
    info_table_id: str(f[4], "TableSnapshot.info_table_id"),
    title: str(f[5], "TableSnapshot.title"),
    kind: str(f[6], "TableSnapshot.kind"),
    currency: str(f[7], "TableSnapshot.currency"),
    limits: readLimits(f[8], "TableSnapshot.limits"),
    phase: str(f[9], "TableSnapshot.phase"),
    round_id: bytes(f[10], "TableSnapshot.round_id"),
    round_no: int(f[11], "TableSnapshot.round_no"),
    opens_ms: int(f[12], "TableSnapshot.opens_ms"),
    closes_ms: int(f[13], "TableSnapshot.closes_ms"),
    server_ms: int(f[14], "TableSnapshot.server_ms"),
    number: int(f[15], "TableSnapshot.number"),
    history: list(f[16], int, "TableSnapshot.history"),
    seats: list(f[17], readSeatBets, "TableSnapshot.seats"),
    my_bets: list(f[18], readBet, "TableSnapshot.my_bets"),
    can_repeat: bool(f[19], "TableSnapshot.can_repeat"),
    money: readMoney(f[20], "TableSnapshot.money"),
    net_minor: int(f[21], "TableSnapshot.net_minor"),
    rules_version: str(f[22], "TableSnapshot.rules_version"),
    dealer: f.length > 23 ? str(f[23], "TableSnapshot.dealer") : "",
    started_ms: f.length > 24 ? int(f[24], "TableSnapshot.started_ms") : 0,
    entered: f.length > 25 ? int(f[25], "TableSnapshot.entered") : -1,
    source: f.length > 26 ? str(f[26], "TableSnapshot.source") : "",
    game: f.length > 27 ? str(f[27], "TableSnapshot.game") : "roulette",
    detail: f.length > 28 ? list(f[28], int, "TableSnapshot.detail") : [],
    commitment: f.length > 29 ? str(f[29], "TableSnapshot.commitment") : "",
    flight: f.length > 30 ? list(f[30], readFlight, "TableSnapshot.flight") : [],
    hands: f.length > 31 ? list(f[31], readHands, "TableSnapshot.hands") : [],
    coup: f.length > 32 ? list(f[32], readCoup, "TableSnapshot.coup") : [],
  };
}

function packTableSnapshot(m: TableSnapshot): unknown[] {
  return [31, int(m.stream, "TableSnapshot.stream"), int(m.epoch, "TableSnapshot.epoch"), int(m.version, "TableSnapshot.version"), m.info_table_id, m.title, m.kind, m.currency, packLimits(m.limits), m.phase, m.round_id, int(m.round_no, "TableSnapshot.round_no"), int(m.opens_ms, "TableSnapshot.opens_ms"), int(m.closes_ms, "TableSnapshot.closes_ms"), int(m.server_ms, "TableSnapshot.server_ms"), int(m.number, "TableSnapshot.number"), m.history.map((each) => int(each, "TableSnapshot.history")), m.seats.map(packSeatBets), m.my_bets.map(packBet), m.can_repeat, packMoney(m.money), int(m.net_minor, "TableSnapshot.net_minor"), m.rules_version, m.dealer ?? "", int((m.started_ms ?? 0), "TableSnapshot.started_ms"), int((m.entered ?? -1), "TableSnapshot.entered"), m.source ?? "", m.game ?? "roulette", (m.detail ?? []).map((each) => int(each, "TableSnapshot.detail")), m.commitment ?? "", (m.flight ?? []).map(packFlight), (m.hands ?? []).map(packHands), (m.coup ?? []).map(packCoup)];
}

function readLeftTable(value: unknown): LeftTable {
  const f = fields(value, 2, "LeftTable");
  return {
    t: "LeftTable",
    table_id: str(f[1], "LeftTable.table_id"),
  };
}

function packLeftTable(m: LeftTable): unknown[] {
  return [33, m.table_id];
}

function readBetsAccepted(value: unknown): BetsAccepted {
  const f = fields(value, 6, "BetsAccepted");
  return {
    t: "BetsAccepted",
    table_id: str(f[1], "BetsAccepted.table_id"),
    round_id: bytes(f[2], "BetsAccepted.round_id"),
    bet: readBet(f[3], "BetsAccepted.bet"),
    received_ms: int(f[4], "BetsAccepted.received_ms"),
    money: readMoney(f[5], "BetsAccepted.money"),
  };
}

function packBetsAccepted(m: BetsAccepted): unknown[] {
  return [37, m.table_id, m.round_id, packBet(m.bet), int(m.received_ms, "BetsAccepted.received_ms"), packMoney(m.money)];
}

function readBetsUndone(value: unknown): BetsUndone {
  const f = fields(value, 6, "BetsUndone");
  return {
    t: "BetsUndone",
    table_id: str(f[1], "BetsUndone.table_id"),
    round_id: bytes(f[2], "BetsUndone.round_id"),
    bet_ids: list(f[3], bytes, "BetsUndone.bet_ids"),
    returned_minor: int(f[4], "BetsUndone.returned_minor"),
    money: readMoney(f[5], "BetsUndone.money"),
  };
}

function packBetsUndone(m: BetsUndone): unknown[] {
  return [39, m.table_id, m.round_id, m.bet_ids, int(m.returned_minor, "BetsUndone.returned_minor"), packMoney(m.money)];
}

function readRoundOpened(value: unknown): RoundOpened {
  const f = fields(value, 6, "RoundOpened");
  return {
    t: "RoundOpened",
    round_id: bytes(f[1], "RoundOpened.round_id"),
    round_no: int(f[2], "RoundOpened.round_no"),
    opens_ms: int(f[3], "RoundOpened.opens_ms"),
    closes_ms: int(f[4], "RoundOpened.closes_ms"),
    server_ms: int(f[5], "RoundOpened.server_ms"),
    commitment: f.length > 6 ? str(f[6], "RoundOpened.commitment") : "",
  };
}

function packRoundOpened(m: RoundOpened): unknown[] {
  return [40, m.round_id, int(m.round_no, "RoundOpened.round_no"), int(m.opens_ms, "RoundOpened.opens_ms"), int(m.closes_ms, "RoundOpened.closes_ms"), int(m.server_ms, "RoundOpened.server_ms"), m.commitment ?? ""];
}

function readTableBets(value: unknown): TableBets {
  const f = fields(value, 3, "TableBets");
  return {
    t: "TableBets",
    round_id: bytes(f[1], "TableBets.round_id"),
    seats: list(f[2], readSeatBets, "TableBets.seats"),
  };
}

function packTableBets(m: TableBets): unknown[] {
  return [41, m.round_id, m.seats.map(packSeatBets)];
}

function readBetsClosed(value: unknown): BetsClosed {
  const f = fields(value, 2, "BetsClosed");
  return {
    t: "BetsClosed",
    round_id: bytes(f[1], "BetsClosed.round_id"),
  };
}

function packBetsClosed(m: BetsClosed): unknown[] {
  return [42, m.round_id];
}

function readRoundResult(value: unknown): RoundResult {
  const f = fields(value, 3, "RoundResult");
  return {
    t: "RoundResult",
    round_id: bytes(f[1], "RoundResult.round_id"),
    number: int(f[2], "RoundResult.number"),
    detail: f.length > 3 ? list(f[3], int, "RoundResult.detail") : [],
    seed: f.length > 4 ? str(f[4], "RoundResult.seed") : "",
  };
}

function packRoundResult(m: RoundResult): unknown[] {
  return [43, m.round_id, int(m.number, "RoundResult.number"), (m.detail ?? []).map((each) => int(each, "RoundResult.detail")), m.seed ?? ""];
}

function readRoundSettled(value: unknown): RoundSettled {
  const f = fields(value, 4, "RoundSettled");
  return {
    t: "RoundSettled",
    round_id: bytes(f[1], "RoundSettled.round_id"),
    winners: list(f[2], readWinner, "RoundSettled.winners"),
    next_opens_ms: int(f[3], "RoundSettled.next_opens_ms"),
  };
}

function packRoundSettled(m: RoundSettled): unknown[] {
  return [44, m.round_id, m.winners.map(packWinner), int(m.next_opens_ms, "RoundSettled.next_opens_ms")];
}

function readRoundVoided(value: unknown): RoundVoided {
  const f = fields(value, 3, "RoundVoided");
  return {
    t: "RoundVoided",
    round_id: bytes(f[1], "RoundVoided.round_id"),
    reason: str(f[2], "RoundVoided.reason"),
  };
}

function packRoundVoided(m: RoundVoided): unknown[] {
  return [45, m.round_id, m.reason];
}

function readTablePaused(value: unknown): TablePaused {
  const f = fields(value, 3, "TablePaused");
  return {
    t: "TablePaused",
    paused: bool(f[1], "TablePaused.paused"),
    reason: str(f[2], "TablePaused.reason"),
    dealer: f.length > 3 ? str(f[3], "TablePaused.dealer") : "",
  };
}

function packTablePaused(m: TablePaused): unknown[] {
  return [46, m.paused, m.reason, m.dealer ?? ""];
}

function readNumberEntered(value: unknown): NumberEntered {
  const f = fields(value, 4, "NumberEntered");
  return {
    t: "NumberEntered",
    round_id: bytes(f[1], "NumberEntered.round_id"),
    number: int(f[2], "NumberEntered.number"),
    source: str(f[3], "NumberEntered.source"),
  };
}

function packNumberEntered(m: NumberEntered): unknown[] {
  return [47, m.round_id, int(m.number, "NumberEntered.number"), m.source];
}

function readFlightShown(value: unknown): FlightShown {
  const f = fields(value, 4, "FlightShown");
  return {
    t: "FlightShown",
    round_id: bytes(f[1], "FlightShown.round_id"),
    server_ms: int(f[2], "FlightShown.server_ms"),
    flight: readFlight(f[3], "FlightShown.flight"),
  };
}

function packFlightShown(m: FlightShown): unknown[] {
  return [48, m.round_id, int(m.server_ms, "FlightShown.server_ms"), packFlight(m.flight)];
}

function readTableResumed(value: unknown): TableResumed {
  const f = fields(value, 11, "TableResumed");
  return {
    t: "TableResumed",
    table_id: str(f[1], "TableResumed.table_id"),
    stream: int(f[2], "TableResumed.stream"),
    epoch: int(f[3], "TableResumed.epoch"),
    version: int(f[4], "TableResumed.version"),
    server_ms: int(f[5], "TableResumed.server_ms"),
    my_bets: list(f[6], readBet, "TableResumed.my_bets"),
    can_repeat: bool(f[7], "TableResumed.can_repeat"),
    money: readMoney(f[8], "TableResumed.money"),
    net_minor: int(f[9], "TableResumed.net_minor"),
    started_ms: int(f[10], "TableResumed.started_ms"),
  };
}

function packTableResumed(m: TableResumed): unknown[] {
  return [49, m.table_id, int(m.stream, "TableResumed.stream"), int(m.epoch, "TableResumed.epoch"), int(m.version, "TableResumed.version"), int(m.server_ms, "TableResumed.server_ms"), m.my_bets.map(packBet), m.can_repeat, packMoney(m.money), int(m.net_minor, "TableResumed.net_minor"), int(m.started_ms, "TableResumed.started_ms")];
}

function readBetsSettled(value: unknown): BetsSettled {
  const f = fields(value, 9, "BetsSettled");
  return {
    t: "BetsSettled",
    table_id: str(f[1], "BetsSettled.table_id"),
    round_id: bytes(f[2], "BetsSettled.round_id"),
    number: int(f[3], "BetsSettled.number"),
    bets: list(f[4], readSettledBet, "BetsSettled.bets"),
    stake_minor: int(f[5], "BetsSettled.stake_minor"),
    payout_minor: int(f[6], "BetsSettled.payout_minor"),
    money: readMoney(f[7], "BetsSettled.money"),
    net_minor: int(f[8], "BetsSettled.net_minor"),
  };
}

function packBetsSettled(m: BetsSettled): unknown[] {
  return [50, m.table_id, m.round_id, int(m.number, "BetsSettled.number"), m.bets.map(packSettledBet), int(m.stake_minor, "BetsSettled.stake_minor"), int(m.payout_minor, "BetsSettled.payout_minor"), packMoney(m.money), int(m.net_minor, "BetsSettled.net_minor")];
}

function readBetsVoided(value: unknown): BetsVoided {
  const f = fields(value, 7, "BetsVoided");
  return {
    t: "BetsVoided",
    table_id: str(f[1], "BetsVoided.table_id"),
    round_id: bytes(f[2], "BetsVoided.round_id"),
    bet_ids: list(f[3], bytes, "BetsVoided.bet_ids"),
    returned_minor: int(f[4], "BetsVoided.returned_minor"),
    reason: str(f[5], "BetsVoided.reason"),
    money: readMoney(f[6], "BetsVoided.money"),
  };
}

function packBetsVoided(m: BetsVoided): unknown[] {
  return [51, m.table_id, m.round_id, m.bet_ids, int(m.returned_minor, "BetsVoided.returned_minor"), m.reason, packMoney(m.money)];
}

function readActed(value: unknown): Acted {
  const f = fields(value, 7, "Acted");
  return {
    t: "Acted",
    table_id: str(f[1], "Acted.table_id"),
    round_id: bytes(f[2], "Acted.round_id"),
    command_id: bytes(f[3], "Acted.command_id"),
    value: int(f[4], "Acted.value"),
    stake_minor: int(f[5], "Acted.stake_minor"),
    money: readMoney(f[6], "Acted.money"),
  };
}

function packActed(m: Acted): unknown[] {
  return [53, m.table_id, m.round_id, m.command_id, int(m.value, "Acted.value"), int(m.stake_minor, "Acted.stake_minor"), packMoney(m.money)];
}

function readHandsShown(value: unknown): HandsShown {
  const f = fields(value, 4, "HandsShown");
  return {
    t: "HandsShown",
    round_id: bytes(f[1], "HandsShown.round_id"),
    server_ms: int(f[2], "HandsShown.server_ms"),
    hands: readHands(f[3], "HandsShown.hands"),
  };
}

function packHandsShown(m: HandsShown): unknown[] {
  return [54, m.round_id, int(m.server_ms, "HandsShown.server_ms"), packHands(m.hands)];
}

function readCoupShown(value: unknown): CoupShown {
  const f = fields(value, 4, "CoupShown");
  return {
    t: "CoupShown",
    round_id: bytes(f[1], "CoupShown.round_id"),
    server_ms: int(f[2], "CoupShown.server_ms"),
    coup: readCoup(f[3], "CoupShown.coup"),
  };
}

function packCoupShown(m: CoupShown): unknown[] {
  return [55, m.round_id, int(m.server_ms, "CoupShown.server_ms"), packCoup(m.coup)];
}

function readDealerState(value: unknown): DealerState {
  const f = fields(value, 13, "DealerState");
  return {
    t: "DealerState",
    table_id: str(f[1], "DealerState.table_id"),
    phase: str(f[2], "DealerState.phase"),
    round_id: bytes(f[3], "DealerState.round_id"),
    round_no: int(f[4], "DealerState.round_no"),
    closes_ms: int(f[5], "DealerState.closes_ms"),
    server_ms: int(f[6], "DealerState.server_ms"),
    number: int(f[7], "DealerState.number"),
    source: str(f[8], "DealerState.source"),
    bets: int(f[9], "DealerState.bets"),
    players: int(f[10], "DealerState.players"),
    stake_minor: int(f[11], "DealerState.stake_minor"),
    dealer: str(f[12], "DealerState.dealer"),
    shoe: f.length > 13 ? list(f[13], readShoe, "DealerState.shoe") : [],
  };
}

function packDealerState(m: DealerState): unknown[] {
  return [66, m.table_id, m.phase, m.round_id, int(m.round_no, "DealerState.round_no"), int(m.closes_ms, "DealerState.closes_ms"), int(m.server_ms, "DealerState.server_ms"), int(m.number, "DealerState.number"), m.source, int(m.bets, "DealerState.bets"), int(m.players, "DealerState.players"), int(m.stake_minor, "DealerState.stake_minor"), m.dealer, (m.shoe ?? []).map(packShoe)];
}

function readSpinResult(value: unknown): SpinResult {
  const f = fields(value, 13, "SpinResult");
  return {
    t: "SpinResult",
    game: str(f[1], "SpinResult.game"),
    spin_id: bytes(f[2], "SpinResult.spin_id"),
    stake_minor: int(f[3], "SpinResult.stake_minor"),
    payout_minor: int(f[4], "SpinResult.payout_minor"),
    number: int(f[5], "SpinResult.number"),
    detail: list(f[6], int, "SpinResult.detail"),
    commitment: str(f[7], "SpinResult.commitment"),
    client_seed: str(f[8], "SpinResult.client_seed"),
    nonce: int(f[9], "SpinResult.nonce"),
    money: readMoney(f[10], "SpinResult.money"),
    net_minor: int(f[11], "SpinResult.net_minor"),
    rules_version: str(f[12], "SpinResult.rules_version"),
  };
}

function packSpinResult(m: SpinResult): unknown[] {
  return [71, m.game, m.spin_id, int(m.stake_minor, "SpinResult.stake_minor"), int(m.payout_minor, "SpinResult.payout_minor"), int(m.number, "SpinResult.number"), m.detail.map((each) => int(each, "SpinResult.detail")), m.commitment, m.client_seed, int(m.nonce, "SpinResult.nonce"), packMoney(m.money), int(m.net_minor, "SpinResult.net_minor"), m.rules_version];
}

function readSeeds(value: unknown): Seeds {
  const f = fields(value, 7, "Seeds");
  return {
    t: "Seeds",
    game: str(f[1], "Seeds.game"),
    commitment: str(f[2], "Seeds.commitment"),
    client_seed: str(f[3], "Seeds.client_seed"),
    nonce: int(f[4], "Seeds.nonce"),
    next_commitment: str(f[5], "Seeds.next_commitment"),
    revealed: list(f[6], readRevealedSeed, "Seeds.revealed"),
  };
}

function packSeeds(m: Seeds): unknown[] {
  return [73, m.game, m.commitment, m.client_seed, int(m.nonce, "Seeds.nonce"), m.next_commitment, m.revealed.map(packRevealedSeed)];
}

function readClientMessage(body: readonly unknown[]): ClientMessage {
  switch (body[0]) {
    case 1:
      return readHello(body);
    case 3:
      return readPing(body);
    case 5:
      return readGetBalance();
    case 20:
      return readListTables();
    case 30:
      return readJoinTable(body);
    case 32:
      return readLeaveTable(body);
    case 34:
      return readPlaceBets(body);
    case 35:
      return readRepeatBets(body);
    case 36:
      return readDoubleBets(body);
    case 38:
      return readUndoBets(body);
    case 52:
      return readAct(body);
    case 60:
      return readDealerSit(body);
    case 61:
      return readDealerOpen(body);
    case 62:
      return readDealerClose(body);
    case 63:
      return readDealerNumber(body);
    case 64:
      return readDealerConfirm(body);
    case 65:
      return readDealerVoid(body);
    case 67:
      return readDealerCard(body);
    case 68:
      return readDealerTakeBack(body);
    case 69:
      return readDealerShoe(body);
    case 70:
      return readSpin(body);
    case 72:
      return readGetSeeds(body);
    case 74:
      return readRotateSeed(body);
    default:
      throw new WireError(Code.UNKNOWN_MESSAGE, `tag ${String(body[0])}`);
  }
}

function packClientMessage(message: ClientMessage): unknown[] {
  switch (message.t) {
    case "Hello":
      return packHello(message);
    case "Ping":
      return packPing(message);
    case "GetBalance":
      return packGetBalance();
    case "ListTables":
      return packListTables();
    case "JoinTable":
      return packJoinTable(message);
    case "LeaveTable":
      return packLeaveTable(message);
    case "PlaceBets":
      return packPlaceBets(message);
    case "RepeatBets":
      return packRepeatBets(message);
    case "DoubleBets":
      return packDoubleBets(message);
    case "UndoBets":
      return packUndoBets(message);
    case "Act":
      return packAct(message);
    case "DealerSit":
      return packDealerSit(message);
    case "DealerOpen":
      return packDealerOpen(message);
    case "DealerClose":
      return packDealerClose(message);
    case "DealerNumber":
      return packDealerNumber(message);
    case "DealerConfirm":
      return packDealerConfirm(message);
    case "DealerVoid":
      return packDealerVoid(message);
    case "DealerCard":
      return packDealerCard(message);
    case "DealerTakeBack":
      return packDealerTakeBack(message);
    case "DealerShoe":
      return packDealerShoe(message);
    case "Spin":
      return packSpin(message);
    case "GetSeeds":
      return packGetSeeds(message);
    case "RotateSeed":
      return packRotateSeed(message);
  }
}

function readServerMessage(body: readonly unknown[]): ServerMessage {
  switch (body[0]) {
    case 2:
      return readWelcome(body);
    case 4:
      return readPong(body);
    case 6:
      return readBalance(body);
    case 7:
      return readBonusGranted(body);
    case 8:
      return readNotice(body);
    case 9:
      return readError(body);
    case 10:
      return readReconnect(body);
    case 11:
      return readSkipped();
    case 12:
      return readJackpotPools(body);
    case 21:
      return readTables(body);
    case 31:
      return readTableSnapshot(body);
    case 33:
      return readLeftTable(body);
    case 37:
      return readBetsAccepted(body);
    case 39:
      return readBetsUndone(body);
    case 40:
      return readRoundOpened(body);
    case 41:
      return readTableBets(body);
    case 42:
      return readBetsClosed(body);
    case 43:
      return readRoundResult(body);
    case 44:
      return readRoundSettled(body);
    case 45:
      return readRoundVoided(body);
    case 46:
      return readTablePaused(body);
    case 47:
      return readNumberEntered(body);
    case 48:
      return readFlightShown(body);
    case 49:
      return readTableResumed(body);
    case 50:
      return readBetsSettled(body);
    case 51:
      return readBetsVoided(body);
    case 53:
      return readActed(body);
    case 54:
      return readHandsShown(body);
    case 55:
      return readCoupShown(body);
    case 66:
      return readDealerState(body);
    case 71:
      return readSpinResult(body);
    case 73:
      return readSeeds(body);
    default:
      throw new WireError(Code.UNKNOWN_MESSAGE, `tag ${String(body[0])}`);
  }
}

function packServerMessage(message: ServerMessage): unknown[] {
  switch (message.t) {
    case "Welcome":
      return packWelcome(message);
    case "Pong":
      return packPong(message);
    case "Balance":
      return packBalance(message);
    case "BonusGranted":
      return packBonusGranted(message);
    case "Notice":
      return packNotice(message);
    case "Error":
      return packError(message);
    case "Reconnect":
      return packReconnect(message);
    case "Skipped":
      return packSkipped();
    case "JackpotPools":
      return packJackpotPools(message);
    case "Tables":
      return packTables(message);
    case "TableSnapshot":
      return packTableSnapshot(message);
    case "LeftTable":
      return packLeftTable(message);
    case "BetsAccepted":
      return packBetsAccepted(message);
    case "BetsUndone":
      return packBetsUndone(message);
    case "RoundOpened":
      return packRoundOpened(message);
    case "TableBets":
      return packTableBets(message);
    case "BetsClosed":
      return packBetsClosed(message);
    case "RoundResult":
      return packRoundResult(message);
    case "RoundSettled":
      return packRoundSettled(message);
    case "RoundVoided":
      return packRoundVoided(message);
    case "TablePaused":
      return packTablePaused(message);
    case "NumberEntered":
      return packNumberEntered(message);
    case "FlightShown":
      return packFlightShown(message);
    case "TableResumed":
      return packTableResumed(message);
    case "BetsSettled":
      return packBetsSettled(message);
    case "BetsVoided":
      return packBetsVoided(message);
    case "Acted":
      return packActed(message);
    case "HandsShown":
      return packHandsShown(message);
    case "CoupShown":
      return packCoupShown(message);
    case "DealerState":
      return packDealerState(message);
    case "SpinResult":
      return packSpinResult(message);
    case "Seeds":
      return packSeeds(message);
  }
}

export function encodeClientFrame(ref: number, seq: number, body: ClientMessage): Uint8Array {
  return encode([PROTOCOL_VERSION, Kind.REQUEST, int(ref, "ref"), int(seq, "seq"), packClientMessage(body)]);
}

export function encodeServerFrame(kind: Kind, ref: number, seq: number, body: ServerMessage): Uint8Array {
  return encode([PROTOCOL_VERSION, kind, int(ref, "ref"), int(seq, "seq"), packServerMessage(body)]);
}

/** Never throws. UNKNOWN_MESSAGE and BAD_FIELD mean a newer server: such a frame may be passed over. */
export function decodeServerFrame(data: ArrayBuffer | Uint8Array): Decoded<ServerFrame> {
  const open = openEnvelope(data, MAX_SERVER_FRAME_BYTES, 0);
  if (!open.ok) return open;
  const { kind, ref, seq, body } = open.frame;
  if (kind !== Kind.REPLY && kind !== Kind.PUSH && kind !== Kind.ERROR) {
    return fault(Code.MALFORMED_FRAME, ref, "kind does not travel in this direction");
  }
  const message = readBody(ref, () => readServerMessage(body));
  return message.ok ? { ok: true, frame: { kind, ref, seq, body: message.frame } } : message;
}

/** What a frame is, though its body may be of a newer server; null: not even that can be told. */
export function peekServerEnvelope(data: ArrayBuffer | Uint8Array): { readonly kind: number; readonly ref: number; readonly seq: number } | null {
  const open = openEnvelope(data, MAX_SERVER_FRAME_BYTES, 0);
  return open.ok ? { kind: open.frame.kind, ref: open.frame.ref, seq: open.frame.seq } : null;
}

/** Never throws. For test doubles of the gateway. */
export function decodeClientFrame(data: ArrayBuffer | Uint8Array): Decoded<ClientFrame> {
  const open = openEnvelope(data, MAX_CLIENT_FRAME_BYTES, 1);
  if (!open.ok) return open;
  const { kind, ref, seq, body } = open.frame;
  if (kind !== Kind.REQUEST) return fault(Code.MALFORMED_FRAME, ref, "kind does not travel in this direction");
  const message = readBody(ref, () => readClientMessage(body));
  return message.ok ? { ok: true, frame: { kind, ref, seq, body: message.frame } } : message;
}

interface Envelope {
  readonly kind: number;
  readonly ref: number;
  readonly seq: number;
  readonly body: readonly unknown[];
}

function fault(code: Code, ref: number, detail: string): { readonly ok: false; readonly fault: Fault } {
  return { ok: false, fault: { code, ref, detail } };
}

function openEnvelope(data: ArrayBuffer | Uint8Array, most: number, minRef: number): Decoded<Envelope> {
  if (data.byteLength > most) return fault(Code.FRAME_TOO_LARGE, 0, `${data.byteLength} bytes`);
  let raw: unknown;
  try {
    raw = decode(data);
  } catch (error) {
    return fault(Code.MALFORMED_FRAME, 0, String(error));
  }
  if (!Array.isArray(raw) || !Number.isSafeInteger(raw[0])) return fault(Code.MALFORMED_FRAME, 0, "not an envelope");
  const [version, kind, ref, seq, body] = raw as readonly unknown[];
  if (version !== PROTOCOL_VERSION) return fault(Code.UNSUPPORTED_VERSION, 0, `version ${String(version)}`);
  if (!isInt(kind)) return fault(Code.MALFORMED_FRAME, 0, "kind is not a whole number");
  if (!isInt(ref) || ref < minRef || ref > MAX_REF) return fault(Code.BAD_REF, 0, "ref is out of range");
  if (!isInt(seq) || seq < 0) return fault(Code.MALFORMED_FRAME, ref, "seq is not a whole number from 0");
  if (!Array.isArray(body) || !isInt(body[0])) return fault(Code.MALFORMED_FRAME, ref, "body has no tag");
  return { ok: true, frame: { kind, ref, seq, body: body as readonly unknown[] } };
}

function isInt(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value);
}

function readBody<T>(ref: number, read: () => T): Decoded<T> {
  try {
    return { ok: true, frame: read() };
  } catch (error) {
    if (error instanceof WireError) return fault(error.code, ref, error.message);
    throw error;
  }
}
