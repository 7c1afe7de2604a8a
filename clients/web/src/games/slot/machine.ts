/**
 * What the stops of a slot round show. Everything is made from the machine's rules and the stops that the server recorded;
 * nothing is drawn here, and what a round pays is the server's word, not this page's. Pure.
 */

export interface Paytable {
  readonly symbols: readonly { readonly symbol: number; readonly name: string }[];
  readonly wild: number;
  readonly scatter: number;
  readonly strips: readonly (readonly number[])[];
  /** Row (0: the top one) on each reel. */
  readonly lines: readonly (readonly number[])[];
  /** pays: for three, four, five of it; times the stake of a line. */
  readonly line_pays: readonly { readonly symbol: number; readonly pays: readonly number[] }[];
  /** pays: times the whole stake. */
  readonly scatter_pays: readonly { readonly count: number; readonly pays: number; readonly free_spins: number }[];
  /** Of every win in a free spin. */
  readonly multiplier: number;
  readonly max_free_spins: number;
}

export interface SlotRules {
  readonly game: string;
  readonly title: string;
  readonly rules_version: string;
  readonly rules_hash: string;
  /** A fraction: "a/b". */
  readonly rtp: string;
  readonly min_cycle_ms: number;
  readonly min_stake_minor: number;
  readonly max_stake_minor: number;
  readonly stakes: readonly number[];
  readonly max_win: string;
  readonly paytable: Paytable;
  readonly text: readonly string[];
}

export function isSlot(rules: object): rules is SlotRules {
  return "paytable" in rules && typeof rules.paytable === "object" && rules.paytable !== null && "strips" in rules.paytable;
}

export const ROWS = 3;

export interface LineWin {
  readonly line: number;
  readonly symbol: number;
  readonly count: number;
  /** In stakes of a line, multiplied in a free spin. */
  readonly units: number;
}

export interface SpinShown {
  readonly stops: readonly number[];
  /** By reel, from the top. */
  readonly window: readonly (readonly number[])[];
  readonly wins: readonly LineWin[];
  readonly scatters: number;
  /** What the scatters alone pay, in stakes of a line. */
  readonly scatterUnits: number;
  /** All that this spin pays, in stakes of a line. */
  readonly units: number;
  readonly free: boolean;
  /** How many more free spins it gave. */
  readonly given: number;
}

/** Returns the symbols that stops show, by reel, from the top. */
export function windowOf(table: Paytable, stops: readonly number[]): number[][] {
  return table.strips.map((strip, reel) => Array.from({ length: ROWS }, (_, row) => strip[((stops[reel] ?? 0) + row) % strip.length] ?? 0));
}

function lineWin(table: Paytable, shown: readonly (readonly number[])[], line: number, times: number): LineWin | null {
  const rows = table.lines[line] ?? [];
  const at = (reel: number) => shown[reel]?.[rows[reel] ?? 0];
  const symbol = at(0);
  const pays = table.line_pays.find((one) => one.symbol === symbol)?.pays;
  if (symbol === undefined || pays === undefined) return null;
  let count = 1;
  while (count < rows.length && (at(count) === symbol || at(count) === table.wild)) count += 1;
  const units = pays[count - 3] ?? 0;
  return units > 0 ? { line, symbol, count, units: units * times } : null;
}

function showSpin(table: Paytable, stops: readonly number[], free: boolean, left: number): SpinShown {
  const window = windowOf(table, stops);
  const times = free ? table.multiplier : 1;
  const wins = table.lines.map((_, line) => lineWin(table, window, line, times)).filter((win) => win !== null);
  const scatters = window.flat().filter((symbol) => symbol === table.scatter).length;
  const scattered = table.scatter_pays.find((one) => one.count === scatters);
  const scatterUnits = (scattered?.pays ?? 0) * table.lines.length * times;
  const units = wins.reduce((sum, win) => sum + win.units, scatterUnits);
  return { stops, window, wins, scatters, scatterUnits, units, free, given: Math.min(scattered?.free_spins ?? 0, left) };
}

/** Returns the paid spin and its free spins, as they are played. detail: five stops of each, as the server recorded them. */
export function spinsOf(table: Paytable, detail: readonly number[]): SpinShown[] {
  const reels = table.strips.length;
  const spins: SpinShown[] = [];
  let left = table.max_free_spins;
  for (let at = 0; at + reels <= detail.length; at += reels) {
    const spin = showSpin(table, detail.slice(at, at + reels), at > 0, left);
    left -= spin.given;
    spins.push(spin);
  }
  return spins;
}

/** Returns the stake of one line. Stakes are whole times the number of lines, so nothing is rounded. */
export function lineStake(table: Paytable, stakeMinor: number): number {
  return stakeMinor / table.lines.length;
}
