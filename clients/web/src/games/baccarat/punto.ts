/** What a coup of punto banco came to, read from `RoundResult.number` and `detail`. Pure; the rules are the server's. */

export type Side = "player" | "banker";
export type Winner = Side | "tie";

/** Positions on the layout. */
export const PLAYER = 0;
export const BANKER = 1;
export const TIE = 2;
export const PLAYER_PAIR = 3;
export const BANKER_PAIR = 4;
export const SUPER_SIX = 5;

export interface Coup {
  readonly winner: Winner;
  readonly playerPair: boolean;
  readonly bankerPair: boolean;
  readonly player: number;
  readonly banker: number;
  /** Cards dealt, 4 .. 6. */
  readonly cards: number;
}

const WINNERS = ["player", "banker", "tie"] as const;

/** Reads a packed outcome, lowest bits first: winner (2), pairs (1 each), totals (4 each), cards dealt (3). */
export function coupOf(number: number): Coup {
  return {
    winner: WINNERS[number & 3] ?? "tie",
    playerPair: ((number >> 2) & 1) === 1,
    bankerPair: ((number >> 3) & 1) === 1,
    player: (number >> 4) & 15,
    banker: (number >> 8) & 15,
    cards: (number >> 12) & 7,
  };
}

/** Returns what a card counts: aces 1, tens and pictures 0. */
export function valueOf(card: number): number {
  const rank = card % 13;
  return rank < 9 ? rank + 1 : 0;
}

/** Returns what a hand counts: its sum without the tens. */
export function totalOf(cards: readonly number[]): number {
  return cards.reduce((sum, card) => sum + valueOf(card), 0) % 10;
}

/** Returns whose each card is, in the order dealt: two each in turn; a fifth is the player's unless he stood. */
export function ownersOf(cards: readonly number[]): readonly Side[] {
  const playerStood = cards.length === 5 && totalOf([cards[0]!, cards[2]!]) > 5;
  return cards.map((_, place) => (place === 4 ? (playerStood ? "banker" : "player") : place % 2 === 0 ? "player" : "banker"));
}

/** Returns the cards of one hand among the first `dealt`. */
export function handOf(side: Side, cards: readonly number[], dealt = cards.length): readonly number[] {
  const owners = ownersOf(cards);
  return cards.filter((_, place) => place < dealt && owners[place] === side);
}

/** Returns the cards of both hands in the order dealt: two each in turn, then the player's third, then the banker's. */
export function inOrder(player: readonly number[], banker: readonly number[]): readonly number[] {
  return [0, 1, 2].flatMap((place) => [player[place], banker[place]]).filter((card) => card !== undefined);
}

export type Fate = "won" | "lost" | "push";

/** Returns what becomes of a bet. */
export function fateOf(position: number, coup: Coup): Fate {
  const win = (won: boolean): Fate => (won ? "won" : "lost");
  switch (position) {
    case PLAYER:
    case BANKER:
      return coup.winner === "tie" ? "push" : win(coup.winner === (position === PLAYER ? "player" : "banker"));
    case TIE:
      return win(coup.winner === "tie");
    case PLAYER_PAIR:
      return win(coup.playerPair);
    case BANKER_PAIR:
      return win(coup.bankerPair);
    default:
      return win(coup.winner === "banker" && coup.banker === 6);
  }
}

const NAMES: Readonly<Record<Side, string>> = { player: "Player", banker: "Banker" };

/** "Banker wins, 7 to 3. Player pair." */
export function describeCoup(coup: Coup): string {
  const { player, banker, winner } = coup;
  const end = winner === "tie" ? `Tie, ${player} all.` : `${NAMES[winner]} wins, ${Math.max(player, banker)} to ${Math.min(player, banker)}.`;
  const pairs = [coup.playerPair ? "Player pair." : "", coup.bankerPair ? "Banker pair." : ""];
  return [end, ...pairs].filter((part) => part !== "").join(" ");
}
