/** Packed outcomes of punto banco, written from the server's description of them. */

interface Written {
  readonly winner: 0 | 1 | 2;
  readonly playerPair?: boolean;
  readonly bankerPair?: boolean;
  readonly player?: number;
  readonly banker?: number;
  readonly cards?: number;
}

export function aNumber({ winner, playerPair = false, bankerPair = false, player = 0, banker = 0, cards = 4 }: Written): number {
  return winner + 4 * Number(playerPair) + 8 * Number(bankerPair) + 16 * player + 256 * banker + 4096 * cards;
}

/** A history, newest first, from the winners in the order they won: "PPBT". */
export function historyOf(winners: string): number[] {
  return [...winners].map((letter) => aNumber({ winner: letter === "P" ? 0 : letter === "B" ? 1 : 2 })).reverse();
}
