/** Who has what on which seat of a blackjack table, and which of my hands is asked. Pure. */
import type { Bet, Chip, Hand, Hands, SeatBets } from "../../protocol/messages";
import { type LastRound, stakesByPosition } from "../../state/table";
import { HIDDEN } from "../shared/cards";

export const SEATS = 7;
/** Kinds of positions: a position is seat * 10 + kind. */
export const MAIN = 0;
export const PAIRS = 1;
export const THREE = 2;
export const BEHIND = 3;
export type Kind = typeof MAIN | typeof PAIRS | typeof THREE | typeof BEHIND;

export const KIND_NAMES: Readonly<Record<Kind, string>> = { [MAIN]: "main bet", [PAIRS]: "perfect pairs", [THREE]: "21+3", [BEHIND]: "bet behind" };

/** The class of a position in the table's limits is its kind. */
export const classOf = (position: number): number => position % 10;
export const positionOf = (seat: number, kind: Kind): number => seat * 10 + kind;

export function spotName(position: number): string {
  return `seat ${Math.floor(position / 10) + 1}, ${KIND_NAMES[classOf(position) as Kind] ?? "?"}`;
}

export interface Spot {
  readonly kind: Kind;
  /** On it, accepted: of the seat's owner; of a bet behind, mine. Minor units. */
  readonly stakeMinor: number;
  /** Mine, on its way. */
  readonly pendingMinor: number;
}

export interface SeatView {
  readonly seat: number;
  /** "": nobody sits here. */
  readonly owner: string;
  readonly mine: boolean;
  readonly spots: Readonly<Record<Kind, Spot>>;
  /** How many others follow this seat, and with how much. */
  readonly followers: number;
  readonly followedMinor: number;
  readonly hands: readonly Hand[];
  /** One of its hands is asked, or it may insure. */
  readonly asked: boolean;
}

export interface Round {
  readonly seats: readonly SeatBets[];
  readonly bets: readonly Bet[];
  readonly pending: readonly Chip[];
  readonly hands: Hands | null;
}

function ownerOf(seat: number, { seats, hands }: Round, mine: boolean, me: string): string {
  if (mine) return me;
  const played = hands?.hands.find((hand) => hand.seat === seat)?.name;
  return played ?? seats.find((one) => one.chips.some((chip) => chip.position === positionOf(seat, MAIN)))?.name ?? "";
}

/** Returns all seats in the order in which they play. me: my name. */
export function seatsOf(round: Round, me: string): SeatView[] {
  const mine = stakesByPosition(round.bets.flatMap((bet) => bet.chips));
  const pending = stakesByPosition(round.pending);
  const others = round.seats.filter((one) => one.name !== me).map((one) => ({ name: one.name, stakes: stakesByPosition(one.chips) }));
  return Array.from({ length: SEATS }, (_, seat) => {
    const isMine = mine.has(positionOf(seat, MAIN)) || (pending.has(positionOf(seat, MAIN)) && !others.some((one) => one.stakes.has(positionOf(seat, MAIN))));
    const owner = ownerOf(seat, round, isMine, me);
    const owned = owner === me ? mine : others.find((one) => one.name === owner)?.stakes;
    const spot = (kind: Kind): Spot => {
      const stakes = kind === BEHIND ? mine : owned;
      return { kind, stakeMinor: stakes?.get(positionOf(seat, kind)) ?? 0, pendingMinor: pending.get(positionOf(seat, kind)) ?? 0 };
    };
    const behind = others.map((one) => one.stakes.get(positionOf(seat, BEHIND)) ?? 0).filter((stake) => stake > 0);
    const hands = (round.hands?.hands ?? []).filter((hand) => hand.seat === seat);
    return {
      seat,
      owner,
      mine: owner !== "" && owner === me,
      spots: { [MAIN]: spot(MAIN), [PAIRS]: spot(PAIRS), [THREE]: spot(THREE), [BEHIND]: spot(BEHIND) },
      followers: behind.length,
      followedMinor: behind.reduce((sum, stake) => sum + stake, 0),
      hands,
      asked: hands.some((hand) => hand.state === "acting"),
    };
  });
}

/** Tells whether a chip of mine may be laid here: others' seats take bets behind, side bets stand beside a main bet. */
export function mayBet(view: SeatView, kind: Kind): boolean {
  if (kind === BEHIND) return view.owner !== "" && !view.mine;
  if (kind === MAIN) return view.owner === "" || view.mine;
  return view.mine;
}

/** Returns my hand that is asked now: to be played, or to be insured. */
export function askedHand(hands: Hands | null, me: string): Hand | null {
  if (hands === null) return null;
  if (hands.insurance) return hands.hands.find((hand) => hand.name === me && hand.state === "acting") ?? null;
  const hand = hands.hands[hands.acting];
  return hand !== undefined && hand.name === me ? hand : null;
}

/** All cards are on the table: nobody acts any more. */
export function isOver(hands: Hands): boolean {
  return !hands.dealer.includes(HIDDEN);
}

/** What an action puts down beside the bet. Minor units. */
export function costOf(action: string, hand: Hand): number {
  if (action === "insure") return Math.floor(hand.stake_minor / 2);
  return action === "double" || action === "split" ? hand.stake_minor : 0;
}

/** What cards count: the best total, and whether an ace in it counts eleven. Hidden cards count nothing. */
export function totalOf(cards: readonly number[]): { readonly total: number; readonly soft: boolean } {
  const values = cards.filter((card) => card !== HIDDEN).map((card) => Math.min((card % 13) + 1, 10));
  const hard = values.reduce((sum, value) => sum + value, 0);
  const soft = values.includes(1) && hard <= 11;
  return { total: soft ? hard + 10 : hard, soft };
}

/** "7/17" for a soft seventeen, as it is called at a table. */
export function totalText({ total, soft }: { readonly total: number; readonly soft: boolean }): string {
  return soft && total < 21 ? `${total - 10}/${total}` : String(total);
}

const FLAG_DOUBLED = 1;
const FLAG_SPLIT = 2;
const FLAG_INSURED = 4;

export interface RecordedHand {
  /** seat * 10 + its place among the seat's hands. */
  readonly hand: number;
  readonly doubled: boolean;
  readonly ofSplit: boolean;
  readonly insured: boolean;
  readonly cards: readonly number[];
}

/** Returns the cards of a recorded outcome: how many, the dealer's; then of each hand its number, flags, how many, cards. */
export function readDetail(detail: readonly number[]): { readonly dealer: readonly number[]; readonly hands: readonly RecordedHand[] } {
  const dealer = detail.slice(1, 1 + (detail[0] ?? 0));
  const hands: RecordedHand[] = [];
  for (let at = 1 + dealer.length; at + 2 < detail.length; ) {
    const [hand = 0, flags = 0, count = 0] = detail.slice(at, at + 3);
    hands.push({ hand, doubled: (flags & FLAG_DOUBLED) > 0, ofSplit: (flags & FLAG_SPLIT) > 0, insured: (flags & FLAG_INSURED) > 0, cards: detail.slice(at + 3, at + 3 + count) });
    at += 3 + count;
  }
  return { dealer, hands };
}

function isNatural(cards: readonly number[], ofSplit = false): boolean {
  return cards.length === 2 && !ofSplit && totalOf(cards).total === 21;
}

/** Names how a recorded hand ended, as the table names it. What it paid is the books' word. */
export function stateOf(hand: RecordedHand, dealer: readonly number[]): string {
  const mine = totalOf(hand.cards).total;
  const his = totalOf(dealer).total;
  if (mine > 21) return "bust";
  if (isNatural(hand.cards, hand.ofSplit)) return "blackjack";
  if (isNatural(dealer)) return "lost";
  return his > 21 || mine > his ? "won" : mine === his ? "push" : "lost";
}

/** Returns what lay on the table at a round's end: as it was seen, or, where it was not, from the record. */
export function endOf(last: Pick<LastRound, "detail" | "hands" | "seats">): Hands | null {
  const seen = last.hands[0];
  if (seen !== undefined && isOver(seen)) return seen;
  if (last.detail.length === 0) return null;
  const { dealer, hands } = readDetail(last.detail);
  const names = new Map(last.seats.flatMap((one) => one.chips.filter((chip) => classOf(chip.position) === MAIN).map((chip) => [Math.floor(chip.position / 10), one] as const)));
  return {
    dealer,
    dealer_total: totalOf(dealer).total,
    acting: -1,
    actions: [],
    until_ms: 0,
    insurance: false,
    hands: hands.map((hand) => {
      const seat = Math.floor(hand.hand / 10);
      const owner = names.get(seat);
      const stake = owner?.chips.filter((chip) => chip.position === positionOf(seat, MAIN)).reduce((sum, chip) => sum + chip.stake_minor, 0) ?? 0;
      return { seat, name: owner?.name ?? "", bet_id: new Uint8Array(0), stake_minor: stake * (hand.doubled ? 2 : 1), cards: hand.cards, ...totalOf(hand.cards), state: stateOf(hand, dealer), hand: hand.hand, insured: hand.insured };
    }),
  };
}

/** What the history shows of a round: the dealer's total. */
export function dealerText(number: number): string {
  return number === 0 ? "BJ" : number > 21 ? "Bust" : String(number);
}
