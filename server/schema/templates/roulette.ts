/** European roulette: one zero, 157 positions. Numbers of positions never change. */

export type PositionKind = @@KINDS@@;
export type CallName = @@NAMES@@;

/** A place on the layout. pays: "pays to 1"; the stake of a winning chip comes back on top of it. */
export interface Position {
  readonly position: number;
  readonly kind: PositionKind;
  readonly name: string;
  readonly numbers: readonly number[];
  readonly pays: number;
}

/** One chip of an announced bet: so many units on this position. */
export interface CallChip {
  readonly position: number;
  readonly units: number;
}

/** Equal to `TableSnapshot.rules_version` while client and table agree on the rules. */
export const RULES_VERSION = @@VERSION@@;

/** The numbers in the order they stand on the wheel, clockwise from zero. */
export const WHEEL: readonly number[] = @@WHEEL@@;

export const RED: ReadonlySet<number> = new Set(@@RED@@);

/** Theoretical return to player, true of every position. */
export const RTP = @@RTP@@;

/** The index is the position's number. */
export const POSITIONS: readonly Position[] = [
@@POSITIONS@@];

/** Announced bets. */
export const CALLS: Readonly<Record<CallName, readonly CallChip[]>> = {
@@CALLS@@};
