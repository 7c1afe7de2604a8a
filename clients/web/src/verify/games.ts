/** What a seed makes of a round, game by game. `found` is the same list of numbers in all three verifiers. */
import { type Draws, shoe } from "./draws.ts";
import { slotRound } from "./slot.ts";

export interface Claim {
  readonly number: number;
  readonly detail: readonly number[];
  /** Of an instant game: the stake, and what it paid. */
  readonly stake: number | null;
  readonly payout: number | null;
}

export interface Found {
  readonly found: number[];
  /** Whether the claim says the same. */
  readonly same: boolean;
  /** False where the outcome is right and what it paid is not. */
  readonly paid: boolean;
}

type Rule = (draws: Draws, claim: Claim) => Found;

function sameList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

function outcome(number: number, detail: readonly number[], claim: Claim): Found {
  return { found: [number, ...detail], same: claim.number === number && sameList(claim.detail, detail), paid: true };
}

const roulette: Rule = (draws, claim) => outcome(draws.below(37), [], claim);

/** An ace counts 1, tens and pictures 0. */
function baccaratValue(card: number | undefined): number {
  const rank = (card ?? 0) % 13;
  return rank < 9 ? rank + 1 : 0;
}

function bankerDraws(total: number, third: number): boolean {
  if (total <= 2) return true;
  if (total === 3) return third !== 8;
  return total < 7 && third >= 2 * total - 6 && third <= 7;
}

const baccarat: Rule = (draws, claim) => {
  const cards = shoe(draws, 8, 6);
  const [a, b, c, d, e, f] = cards as [number, number, number, number, number, number];
  let player = (baccaratValue(a) + baccaratValue(c)) % 10;
  let banker = (baccaratValue(b) + baccaratValue(d)) % 10;
  let dealt = 4;
  if (player < 8 && banker < 8) {
    const total = banker;
    let draws_ = total <= 5;
    let bankerCard = e;
    if (player <= 5) {
      player = (player + baccaratValue(e)) % 10;
      dealt = 5;
      draws_ = bankerDraws(total, baccaratValue(e));
      bankerCard = f;
    }
    if (draws_) {
      banker = (total + baccaratValue(bankerCard)) % 10;
      dealt += 1;
    }
  }
  const winner = player > banker ? 0 : banker > player ? 1 : 2;
  const playerPair = a % 13 === c % 13 ? 4 : 0;
  const bankerPair = b % 13 === d % 13 ? 8 : 0;
  const number = winner + playerPair + bankerPair + 16 * player + 256 * banker + 4096 * dealt;
  return outcome(number, cards.slice(0, dealt), claim);
};

const crash: Rule = (draws, claim) => {
  const span = 1n << 52n;
  const bust = (99n * span) / (span - BigInt(`0x${draws.digest().slice(0, 13)}`));
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  return outcome(Number(bust < 100n ? 100n : bust > most ? most : bust), [], claim);
};

const slot: Rule = (draws, claim) => {
  const round = slotRound((length) => draws.below(length));
  const paid = claim.payout === null || claim.stake === null || claim.payout === (round.units * claim.stake) / 20;
  return { ...outcome(round.units * 5, round.stops, claim), paid };
};

interface Hand {
  readonly seat: number;
  readonly cards: readonly number[];
}

/** Reads the cards of a round of blackjack: the dealer's, then each hand's number, flags and cards; null: there is no sense in it. */
function readHands(detail: readonly number[]): { dealer: readonly number[]; hands: Hand[] } | null {
  const lists: { head: readonly number[]; cards: readonly number[] }[] = [];
  for (let place = 0; place < detail.length; ) {
    const skip = place === 0 ? 0 : 2;
    const count = detail[place + skip];
    const begin = place + skip + 1;
    if (count === undefined || begin + count > detail.length) return null;
    lists.push({ head: detail.slice(place, place + skip), cards: detail.slice(begin, begin + count) });
    place = begin + count;
  }
  const [dealer, ...hands] = lists;
  if (dealer === undefined || dealer.cards.length < 2) return null;
  if (hands.length > 28 || lists.reduce((sum, { cards }) => sum + cards.length, 0) > 312) return null;
  return { dealer: dealer.cards, hands: hands.map(({ head, cards }) => ({ seat: Math.floor((head[0] ?? 0) / 10), cards })) };
}

/** 0: a blackjack; 22: bust; else the total. */
function dealerNumber(cards: readonly number[]): number {
  const values = cards.map((card) => Math.min(10, (card % 13) + 1));
  const hard = values.reduce((sum, value) => sum + value, 0);
  const total = values.includes(1) && hard <= 11 ? hard + 10 : hard;
  return total === 21 && cards.length === 2 ? 0 : Math.min(total, 22);
}

function sorted(cards: readonly number[]): number[] {
  return [...cards].sort((a, b) => a - b);
}

/** Which cards were dealt, and to whom, as far as nobody chose: a seat that split has its cards in any order. */
const blackjack: Rule = (draws, claim) => {
  const read = readHands(claim.detail);
  if (read === null) return { found: [], same: false, paid: true };
  const seats = new Map<number, Hand[]>();
  for (const hand of read.hands) seats.set(hand.seat, [...(seats.get(hand.seat) ?? []), hand]);
  const count = read.dealer.length + read.hands.reduce((sum, hand) => sum + hand.cards.length, 0);
  const cards = shoe(draws, 6, count);
  let next = 2 * seats.size + 2;
  let same = claim.number === dealerNumber(read.dealer);
  for (const [index, hands] of [...seats.values()].entries()) {
    const held = hands.flatMap((hand) => hand.cards);
    const more = Math.max(0, held.length - 2);
    const dealt = [cards[index], cards[seats.size + 1 + index], ...cards.slice(next, next + more)] as number[];
    next += more;
    same &&= hands.length > 1 ? sameList(sorted(held), sorted(dealt)) : sameList(held, dealt);
  }
  const dealer = [cards[seats.size], cards[2 * seats.size + 1], ...cards.slice(next)] as number[];
  return { found: cards, same: same && sameList(read.dealer, dealer), paid: true };
};

/** By the first part of a rules version, up to the colon. */
export const GAMES: Readonly<Record<string, Rule>> = {
  "roulette-eu-1": roulette,
  "baccarat-pb-1": baccarat,
  "baccarat-nc-1": baccarat,
  "crash-99-1": crash,
  "blackjack-6d-s17-1": blackjack,
  "slot-lantern-1": slot,
};
