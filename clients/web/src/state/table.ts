/**
 * What a client knows of a table. The law: a snapshot and the events after it give what a fresh snapshot would say.
 *
 * Phases:  idle --RoundOpened--> betting --BetsClosed--> closed --RoundResult--> result --RoundSettled--> idle
 *          closed --FlightShown | HandsShown | CoupShown--> playing --RoundResult--> result
 *          betting | closed | playing --RoundVoided--> idle         any --TablePaused--> paused | idle
 */
import { idKey, sameId } from "../protocol/ids";
import type { Bet, Chip, Flight, Hands, Money, SeatBets, ServerMessage, TableResumed, TableSnapshot, Winner } from "../protocol/messages";

export const HISTORY_MAX = 50;
const NO_ROUND = new Uint8Array(0);

/** How a finished round ended, for the screen: a snapshot does not carry it. */
export interface LastRound {
  readonly key: string;
  readonly roundNo: number;
  /** The outcome, by the game's rules; -1: voided. */
  readonly number: number;
  /** The rest of the outcome (cards). Empty while only my settled bets are known. */
  readonly detail: readonly number[];
  /** What the outcome was committed to, and what that was; "" where a dealer makes it, or where it was not heard. */
  readonly commitment: string;
  readonly seed: string;
  readonly voidReason: string;
  readonly winners: readonly Winner[] | null;
  readonly mine: { readonly stakeMinor: number; readonly payoutMinor: number } | null;
  /** What I had on the layout, so that it can be shown beside the result. */
  readonly bets: readonly Bet[];
  readonly seats: readonly SeatBets[];
  /** What was played, at its end; at most one of each. */
  readonly flight: readonly Flight[];
  readonly hands: readonly Hands[];
}

export interface TableState {
  readonly snapshot: TableSnapshot;
  readonly last: LastRound | null;
  /** When the next round opens, by the server's clock; 0: not known. */
  readonly nextOpensMs: number;
}

/** Of two, the one with the higher journal sequence is true. */
export function newerMoney(a: Money, b: Money): Money {
  return b.seq >= a.seq ? b : a;
}

/** A fresh snapshot after one that may be old: what was shown of the last round stays only if it is still the last. */
export function fromSnapshot(snapshot: TableSnapshot, before: TableState | null): TableState {
  const same = before?.snapshot.info_table_id === snapshot.info_table_id ? before : null;
  const last = same?.last ?? null;
  const state = { snapshot, last: null, nextOpensMs: same?.nextOpensMs ?? 0 };
  if (snapshot.phase === "result") {
    return last?.key === idKey(snapshot.round_id) ? { ...state, last } : { ...state, last: startLast(state, { number: snapshot.number, detail: snapshot.detail }) };
  }
  const next = snapshot.round_no > 0 && last !== null && snapshot.round_no <= last.roundNo + 1;
  const stillLast = last !== null && (next || snapshot.history[0] === last.number);
  return { ...state, last: stillLast ? last : null };
}

function mergeSeats(seats: readonly SeatBets[], changed: readonly SeatBets[]): SeatBets[] {
  const names = new Set(changed.map((seat) => seat.name));
  const kept = seats.filter((seat) => !names.has(seat.name));
  return [...kept, ...changed.filter((seat) => seat.stake_minor > 0)];
}

function withoutRound(snapshot: TableSnapshot, phase: string): TableSnapshot {
  return { ...snapshot, phase, round_id: NO_ROUND, round_no: 0, opens_ms: 0, closes_ms: 0, number: -1, detail: [], commitment: "", flight: [], hands: [], coup: [], entered: -1, source: "", seats: [], my_bets: [] };
}

/** Folds a push of the table's stream into the snapshot. Unknown messages change only the version. */
export function applyToSnapshot(before: TableSnapshot, seq: number, event: ServerMessage): TableSnapshot {
  const snapshot = { ...before, version: seq };
  switch (event.t) {
    case "RoundOpened":
      return {
        ...withoutRound(snapshot, "betting"),
        round_id: event.round_id,
        round_no: event.round_no,
        opens_ms: event.opens_ms,
        closes_ms: event.closes_ms,
        server_ms: event.server_ms,
        commitment: event.commitment,
      };
    case "TableBets":
      return sameId(event.round_id, before.round_id) ? { ...snapshot, seats: mergeSeats(before.seats, event.seats) } : snapshot;
    case "BetsClosed":
      return { ...snapshot, phase: "closed" };
    case "RoundResult":
      return { ...snapshot, phase: "result", number: event.number, detail: event.detail, history: [event.number, ...before.history].slice(0, HISTORY_MAX) };
    case "FlightShown":
      return { ...snapshot, phase: "playing", flight: [event.flight], hands: [], server_ms: event.server_ms };
    case "HandsShown":
      return { ...snapshot, phase: "playing", hands: [event.hands], flight: [], server_ms: event.server_ms };
    case "CoupShown":
      return { ...snapshot, phase: "playing", coup: [event.coup], server_ms: event.server_ms };
    case "RoundSettled":
      return { ...withoutRound(snapshot, "idle"), can_repeat: before.can_repeat || before.my_bets.length > 0 };
    case "RoundVoided":
      return withoutRound(snapshot, "idle");
    case "NumberEntered":
      return { ...snapshot, entered: event.number, source: event.source };
    case "TablePaused":
      return { ...withoutRound(snapshot, event.paused ? "paused" : "idle"), dealer: event.dealer };
    default:
      return snapshot;
  }
}

interface Ending {
  readonly number: number;
  readonly detail?: readonly number[];
  readonly seed?: string;
  readonly voidReason?: string;
}

function startLast(state: TableState, { number, detail = [], seed = "", voidReason = "" }: Ending): LastRound {
  const { snapshot, last } = state;
  const key = idKey(snapshot.round_id);
  const early = last?.key === key ? last : null;
  return {
    key,
    roundNo: snapshot.round_no,
    number,
    detail,
    commitment: snapshot.commitment,
    seed,
    voidReason,
    winners: null,
    mine: early?.mine ?? null,
    bets: snapshot.my_bets,
    seats: snapshot.seats,
    flight: snapshot.flight,
    hands: snapshot.hands,
  };
}

/** Folds a push of the table's stream into the state. */
export function applyTablePush(state: TableState, seq: number, event: ServerMessage): TableState {
  const snapshot = applyToSnapshot(state.snapshot, seq, event);
  switch (event.t) {
    case "RoundOpened":
      return { ...state, snapshot, nextOpensMs: 0 };
    case "RoundResult":
      return { ...state, snapshot, last: startLast(state, event) };
    case "RoundSettled": {
      const last = state.last?.key === idKey(event.round_id) ? { ...state.last, winners: event.winners } : state.last;
      return { snapshot, last, nextOpensMs: event.next_opens_ms };
    }
    case "RoundVoided":
      return { ...state, snapshot, last: startLast(state, { number: -1, voidReason: event.reason || "voided" }) };
    default:
      return { ...state, snapshot };
  }
}

function withMoney(snapshot: TableSnapshot, money: Money): TableSnapshot {
  return { ...snapshot, money: newerMoney(snapshot.money, money) };
}

/** Everything that was missed has been folded in: this is what I have at the table now. */
export function applyResumed(state: TableState, resumed: TableResumed): TableState {
  if (resumed.table_id !== state.snapshot.info_table_id) return state;
  const { my_bets, can_repeat, net_minor, started_ms } = resumed;
  const newer = resumed.money.seq >= state.snapshot.money.seq;
  const snapshot = { ...withMoney(state.snapshot, resumed.money), my_bets, can_repeat, started_ms };
  return { ...state, snapshot: newer ? { ...snapshot, net_minor } : snapshot };
}

function addBet(bets: readonly Bet[], bet: Bet): readonly Bet[] {
  return bets.some((other) => sameId(other.bet_id, bet.bet_id)) ? bets : [...bets, bet];
}

function dropBets(bets: readonly Bet[], ids: readonly Uint8Array[]): readonly Bet[] {
  const gone = new Set(ids.map(idKey));
  return bets.filter((bet) => !gone.has(idKey(bet.bet_id)));
}

/** My settled bets may be told before the table's result, or long after, when the table was away. */
function settledLast(state: TableState, event: { round_id: Uint8Array; number: number; stake_minor: number; payout_minor: number }): LastRound | null {
  const mine = { stakeMinor: event.stake_minor, payoutMinor: event.payout_minor };
  const key = idKey(event.round_id);
  if (state.last?.key === key) return { ...state.last, mine };
  if (idKey(state.snapshot.round_id) !== key) return state.last;
  return { ...startLast(state, { number: event.number }), mine };
}

/** Folds an answer or a personal push about my own bets into the state; others' tables and older rounds leave the bets alone. */
export function applyMine(state: TableState, event: ServerMessage): TableState {
  const { snapshot } = state;
  switch (event.t) {
    case "BetsAccepted": {
      if (event.table_id !== snapshot.info_table_id) return state;
      const current = sameId(event.round_id, snapshot.round_id);
      const bets = current ? addBet(snapshot.my_bets, event.bet) : snapshot.my_bets;
      return { ...state, snapshot: { ...withMoney(snapshot, event.money), my_bets: bets } };
    }
    case "BetsUndone":
    case "BetsVoided": {
      if (event.table_id !== snapshot.info_table_id) return state;
      return { ...state, snapshot: { ...withMoney(snapshot, event.money), my_bets: dropBets(snapshot.my_bets, event.bet_ids) } };
    }
    case "BetsSettled": {
      if (event.table_id !== snapshot.info_table_id) return state;
      const settled = { ...withMoney(snapshot, event.money), net_minor: event.net_minor, can_repeat: true };
      return { ...state, snapshot: settled, last: settledLast(state, event) };
    }
    case "Balance":
      return { ...state, snapshot: { ...withMoney(snapshot, event.money), net_minor: event.net_minor } };
    case "BonusGranted":
    case "Acted":
      return { ...state, snapshot: withMoney(snapshot, event.money) };
    default:
      return state;
  }
}

/** Adds up chips by position. */
export function stakesByPosition(chips: Iterable<Chip>): Map<number, number> {
  const stakes = new Map<number, number>();
  for (const chip of chips) stakes.set(chip.position, (stakes.get(chip.position) ?? 0) + chip.stake_minor);
  return stakes;
}

export function totalStake(bets: readonly Bet[]): number {
  return bets.reduce((sum, bet) => sum + bet.stake_minor, 0);
}
