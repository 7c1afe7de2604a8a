/** The boards on which players follow a shoe: the bead plate and the big road. Pure. */
import { type Coup, coupOf, type Side } from "./punto";

export const ROWS = 6;

export interface Bead {
  readonly column: number;
  readonly row: number;
  readonly coup: Coup;
}

/** Every coup in turn, down and then to the right. history: newest first, as the table tells it. */
export function beadPlate(history: readonly number[]): readonly Bead[] {
  return [...history].reverse().map((number, index) => ({ column: Math.floor(index / ROWS), row: index % ROWS, coup: coupOf(number) }));
}

export interface Mark {
  readonly column: number;
  readonly row: number;
  readonly winner: Side;
  /** Ties since this win. */
  readonly ties: number;
  readonly playerPair: boolean;
  readonly bankerPair: boolean;
}

export interface BigRoad {
  readonly marks: readonly Mark[];
  /** Ties before anybody won. */
  readonly tiesBefore: number;
}

/**
 * Runs of one winner go down; at the bottom, or where the way down is taken, to the right (the dragon's tail). Another
 * winner begins a new column. Ties are noted on the win before them.
 */
export function bigRoad(history: readonly number[]): BigRoad {
  const marks: Mark[] = [];
  const taken = new Set<string>();
  let begin = -1; // the column in which the last run began
  let tiesBefore = 0;
  for (const coup of [...history].reverse().map(coupOf)) {
    const last = marks.at(-1);
    if (coup.winner === "tie") {
      if (last) marks[marks.length - 1] = { ...last, ties: last.ties + 1 };
      else tiesBefore += 1;
      continue;
    }
    const at = last?.winner === coup.winner ? next(last, taken) : { column: (begin += 1), row: 0 };
    taken.add(`${at.column}:${at.row}`);
    marks.push({ ...at, winner: coup.winner, ties: 0, playerPair: coup.playerPair, bankerPair: coup.bankerPair });
  }
  return { marks, tiesBefore };
}

function next({ column, row }: Mark, taken: ReadonlySet<string>): { column: number; row: number } {
  const below = row + 1 < ROWS && !taken.has(`${column}:${row + 1}`);
  return below ? { column, row: row + 1 } : { column: column + 1, row };
}

export interface Counts {
  readonly player: number;
  readonly banker: number;
  readonly tie: number;
}

export function countWinners(history: readonly number[]): Counts {
  const counts = { player: 0, banker: 0, tie: 0 };
  for (const number of history) counts[coupOf(number).winner] += 1;
  return counts;
}
