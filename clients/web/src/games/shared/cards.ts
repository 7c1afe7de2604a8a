/** Playing cards as the wire numbers them: card % 13 is the rank (ace 0 ... king 12), card / 13 the suit. Pure. */

const RANKS = ["A", "2", "3", "4", "5", "6", "7", "8", "9", "10", "J", "Q", "K"] as const;
const RANK_NAMES = ["Ace", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Jack", "Queen", "King"] as const;
export const SUITS = ["spades", "hearts", "diamonds", "clubs"] as const;
export type Suit = (typeof SUITS)[number];

/** On the wire, a card that nobody may see yet. */
export const HIDDEN = -1;

export interface Face {
  readonly rank: string;
  readonly suit: Suit;
  readonly red: boolean;
  /** "Queen of hearts". */
  readonly name: string;
}

export function faceOf(card: number): Face {
  const rank = RANKS[card % 13];
  const suit = SUITS[Math.floor(card / 13)];
  if (rank === undefined || suit === undefined) throw new RangeError(`no card has the number ${card}`);
  return { rank, suit, red: suit === "hearts" || suit === "diamonds", name: `${RANK_NAMES[card % 13]} of ${suit}` };
}

/** "Ace of spades and a hidden card", for people who listen. */
export function cardsText(cards: readonly number[]): string {
  const names = cards.map((card) => (card === HIDDEN ? "a hidden card" : faceOf(card).name));
  const last = names.at(-1);
  if (last === undefined) return "no cards";
  return names.length === 1 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}
