/** A round as it was, for whoever looks at it again: `GET /api/me/rounds/{round_id}` (docs/fairness.md). Minor units. */

export interface RoundRecord {
  readonly round_id: string;
  readonly game: string;
  readonly rules_version: string;
  /** "settled", "voided" or "in progress". */
  readonly state: string;
  readonly opened_ms: number | null;
  readonly decided_ms: number | null;
  readonly finished_ms: number | null;
  /** Of what decided the round; "" where a dealer did. */
  readonly commitment: string;
  /** "" until it is told. */
  readonly seed: string;
  readonly number: number | null;
  readonly detail: readonly number[];
  /** At a table. */
  readonly table_id?: string;
  readonly round_no?: number;
  readonly dealer?: string;
  readonly void_reason?: string;
  readonly salt?: string;
  /** Of a round that was played alone. */
  readonly client_seed?: string;
  readonly nonce?: number;
}

export interface RoundBet {
  readonly bet_id: string;
  /** "open", "settled" or "voided". */
  readonly state: string;
  readonly stake_minor: number;
  readonly payout_minor: number;
  /** [position, stake]; empty where they are not known. */
  readonly chips: readonly (readonly [number, number])[];
}

/** What was done in the round with one of my bets. by_rule: the clock did it in my place. */
export interface Decision {
  readonly at_ms: number;
  readonly action: string;
  readonly value: number;
  readonly added_minor: number;
  readonly by_rule: boolean;
}

export interface MyRound extends RoundRecord {
  readonly bets: readonly RoundBet[];
  readonly decisions: readonly Decision[];
  readonly stake_minor: number;
  readonly payout_minor: number;
  readonly returned_minor: number;
}
