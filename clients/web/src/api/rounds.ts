import type { HistoryItem } from "./types";

/** A round as it was, for whoever looks at it again: `GET /api/fairness/rounds/{table}/{round_no}`. Nothing of any player is in it. */

export interface RoundRecord {
  readonly round_id: string;
  readonly table_id: string;
  readonly round_no: number;
  readonly game: string;
  readonly rules_version: string;
  /** "settled", "voided" or "in progress". */
  readonly state: string;
  readonly dealer: string;
  readonly void_reason: string;
  readonly opened_ms: number | null;
  readonly decided_ms: number | null;
  readonly finished_ms: number | null;
  /** Of what decided the round; "" where a dealer did. */
  readonly commitment: string;
  readonly seed: string;
  readonly salt: string;
  readonly number: number | null;
  readonly detail: readonly number[];
  /** Of a round of an instant game; "" at tables. */
  readonly client_seed?: string;
}

/** The record of an instant game's round, which is its player's alone; null of a round at a table. */
export function recordOfSpin(item: HistoryItem): RoundRecord | null {
  if (!item.spin) return null;
  const { detail, commitment, client_seed, rules_version } = item.spin;
  const { round_id, table_id, round_no, number, at_ms } = item;
  const times = { opened_ms: at_ms, decided_ms: at_ms, finished_ms: at_ms };
  return { round_id, table_id, round_no, game: table_id, rules_version, state: "settled", dealer: "", void_reason: "", ...times, commitment, seed: "", salt: "", client_seed, number, detail };
}
