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
}
