/** Rules as `GET /api/games/{name}` gives them, unauthenticated. Fractions are texts: "36/37". */

/** What a table of the game takes. Minor units. max_by_size: by class of position. */
export interface RulesTable {
  readonly table_id: string;
  readonly title: string;
  readonly kind: string;
  readonly min_stake_minor: number;
  readonly max_table_minor: number;
  readonly max_by_size?: Readonly<Record<string, number>>;
}

/** One line of a paytable. What a game does not say of it is not there. */
export interface PaytableRow {
  readonly position?: number;
  readonly name: string;
  readonly pays: string;
  /** Where it differs between the lines, and `GameRules.rtp` does not say it by name. */
  readonly rtp?: string;
}

export interface GameRules {
  readonly game: string;
  readonly rules_version: string;
  readonly rules_hash: string;
  /** The return of every bet, or by name of bet. */
  readonly rtp?: string | Readonly<Record<string, string>>;
  readonly paytable?: readonly PaytableRow[];
  /** Paragraphs of plain English. */
  readonly text?: readonly string[];
  readonly tables?: readonly RulesTable[];
}

export interface RulesPosition {
  readonly position: number;
  readonly kind: string;
  readonly name: string;
  readonly numbers: readonly number[];
  readonly pays: number;
}

export interface RouletteRules extends GameRules {
  readonly wheel: readonly number[];
  readonly red: readonly number[];
  readonly positions: readonly RulesPosition[];
  readonly calls: Readonly<Record<string, readonly { readonly position: number; readonly units: number }[]>>;
}
