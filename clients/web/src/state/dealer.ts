/** What a dealer sees and may do. Pure. */
import type { DealerState, Shoe } from "../protocol/messages";

/** Answers and pushes may overtake each other: of two states of one table, the one with the later server time is true. */
export function newerDealerState(before: DealerState | null, after: DealerState): DealerState {
  if (before === null || before.table_id !== after.table_id) return after;
  return after.server_ms >= before.server_ms ? after : before;
}

export interface DealerRights {
  readonly open: boolean;
  readonly close: boolean;
  readonly number: boolean;
  /** A card, or the last one taken back. */
  readonly card: boolean;
  readonly back: boolean;
  readonly confirm: boolean;
  readonly void: boolean;
}

const NONE: DealerRights = { open: false, close: false, number: false, card: false, back: false, confirm: false, void: false };

/**
 * Returns which orders are legal in a phase. A number is entered only when betting is closed; cards are then dealt as long as
 * one is due, and no round opens without a shoe that has burned. shoe: of a table where cards are dealt.
 */
export function dealerRights(phase: string, shoe?: Shoe): DealerRights {
  const cards = shoe !== undefined;
  switch (phase) {
    case "idle":
    case "paused":
      return { ...NONE, open: !cards || shoe.state === "between" };
    case "betting":
      return { ...NONE, close: true, void: true };
    case "closed":
      return { ...NONE, number: !cards, card: cards, void: true };
    case "playing":
      return { ...NONE, card: cards && shoe.due >= 0, back: cards && shoe.cards.length > 0, void: true };
    case "number":
      return { ...NONE, number: !cards, back: cards, confirm: true, void: true };
    default: // "result": being settled
      return NONE;
  }
}

/** "Next: the banker's second card." place: how many cards that hand has. */
export function dueText(due: number, place: number): string {
  const which = ["first", "second", "third"][place] ?? "next";
  return due < 0 ? "No card is due." : `Next: the ${due === 0 ? "player" : "banker"}'s ${which} card.`;
}

const RANK_KEYS = "a23456789tjqk";
const SUIT_KEYS = "shdc";

/** Returns the rank (0 ace .. 12 king) that a key means, -1: none. Ten is T or 0. */
export function rankOfKey(key: string): number {
  return key.length === 1 ? RANK_KEYS.indexOf(key === "0" ? "t" : key.toLowerCase()) : -1;
}

/** Returns the suit (0 spades, 1 hearts, 2 diamonds, 3 clubs) that a key means, -1: none. */
export function suitOfKey(key: string): number {
  return key.length === 1 ? SUIT_KEYS.indexOf(key.toLowerCase()) : -1;
}

/** Returns the card of a text such as "5s", "10h" or "Kd", -1: none. */
export function cardOfText(text: string): number {
  const written = text.trim().replace(/^10/, "t");
  if (written.length !== 2) return -1;
  const [rank, suit] = [rankOfKey(written[0]!), suitOfKey(written[1]!)];
  return rank < 0 || suit < 0 ? -1 : suit * 13 + rank;
}

/** The stage names a dealer reads. */
export function dealerPhaseName(phase: string, cards = false): string {
  const names: Record<string, string> = {
    idle: "Table free",
    betting: "Bets open",
    closed: "No more bets",
    playing: "Dealing",
    number: cards ? "All cards out" : "Number entered",
    result: "Settling",
    paused: "Paused",
  };
  return names[phase] ?? phase;
}
