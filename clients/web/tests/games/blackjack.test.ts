import { beforeEach, describe, expect, it } from "vitest";
import { ActController, SLIP_MS } from "../../src/games/blackjack/acting";
import { askedHand, BEHIND, costOf, dealerText, endOf, MAIN, mayBet, PAIRS, readDetail, seatsOf, stateOf, THREE, totalOf, totalText, type Round } from "../../src/games/blackjack/seats";
import type { Answer } from "../../src/net/unanswered";
import type { ClientMessage, Hand, Hands, TableSnapshot } from "../../src/protocol/messages";
import { aSnapshot, ID, ROUND } from "../net/fakes";

const [ACE, NINE, TEN, KING, SIX] = [0, 8, 9, 12, 5];

function aHand(change: Partial<Hand> = {}): Hand {
  return { seat: 2, name: "Ana", bet_id: ID(1), stake_minor: 500, cards: [SIX, NINE], total: 15, soft: false, state: "acting", hand: 20, insured: false, ...change };
}

function playing(hands: readonly Hand[], change: Partial<Hands> = {}): Hands {
  return { hands, dealer: [TEN, -1], dealer_total: 10, acting: 0, actions: ["hit", "stand", "double"], until_ms: 5_000, insurance: false, ...change };
}

const EMPTY: Round = { seats: [], bets: [], pending: [], hands: null };
const bet = (...chips: [number, number][]) => ({ bet_id: ID(9), stake_minor: 0, chips: chips.map(([position, stake_minor]) => ({ position, stake_minor })) });
const others = (name: string, ...chips: [number, number][]) => ({ name, stake_minor: 1, chips: bet(...chips).chips });

describe("seats", () => {
  it("belong to whoever has a main bet on them; mine is known from my bets, others' from the layout", () => {
    const seats = seatsOf({ ...EMPTY, bets: [bet([20, 500], [21, 100])], seats: [others("Bea", [40, 700], [42, 50], [23, 300]), others("Ana", [20, 1])] }, "Ana");
    expect(seats.map((seat) => seat.owner)).toEqual(["", "", "Ana", "", "Bea", "", ""]);
    expect([seats[2]!.mine, seats[2]!.spots[MAIN].stakeMinor, seats[2]!.spots[PAIRS].stakeMinor]).toEqual([true, 500, 100]);
    expect([seats[2]!.followers, seats[2]!.followedMinor]).toEqual([1, 300]);
    expect([seats[4]!.mine, seats[4]!.spots[MAIN].stakeMinor, seats[4]!.spots[THREE].stakeMinor]).toEqual([false, 700, 50]);
  });

  it("that I asked for are shown as mine until they are answered, unless somebody was faster", () => {
    const pending = bet([0, 500], [40, 500]).chips;
    const seats = seatsOf({ ...EMPTY, pending, seats: [others("Bea", [40, 700])] }, "Ana");
    expect([seats[0]!.owner, seats[0]!.spots[MAIN].pendingMinor, seats[4]!.owner]).toEqual(["Ana", 500, "Bea"]);
  });

  it("take a main bet when free, side bets beside mine, bets behind on others'", () => {
    const seats = seatsOf({ ...EMPTY, bets: [bet([20, 500])], seats: [others("Bea", [40, 700])] }, "Ana");
    const may = [0, 2, 4].map((seat) => ([MAIN, PAIRS, THREE, BEHIND] as const).map((kind) => mayBet(seats[seat]!, kind)));
    expect(may).toEqual([
      [true, false, false, false],
      [true, true, true, false],
      [false, false, false, true],
    ]);
  });

  it("keep their hands in order, and tell which is asked", () => {
    const hands = playing([aHand({ state: "stood" }), aHand({ hand: 21 }), aHand({ seat: 4, name: "Bea", hand: 40, state: "waiting" })], { acting: 1 });
    const seats = seatsOf({ ...EMPTY, hands, bets: [bet([20, 500])] }, "Ana");
    expect([seats[2]!.hands.length, seats[2]!.asked, seats[4]!.owner, seats[4]!.asked]).toEqual([2, true, "Bea", false]);
  });
});

describe("the hand that is asked", () => {
  it("is mine only when it is", () => {
    expect(askedHand(playing([aHand()]), "Ana")?.hand).toBe(20);
    expect(askedHand(playing([aHand()]), "Bea")).toBeNull();
    expect(askedHand(playing([aHand()], { acting: -1 }), "Ana")).toBeNull();
    expect(askedHand(null, "Ana")).toBeNull();
  });

  it("at insurance is the first of mine that has not answered", () => {
    const hands = playing([aHand({ state: "waiting" }), aHand({ seat: 5, hand: 50 })], { acting: -1, insurance: true });
    expect(askedHand(hands, "Ana")?.hand).toBe(50);
  });

  it("puts down as much again to double or split, half to insure, rounded down", () => {
    expect(["hit", "double", "split", "insure"].map((action) => costOf(action, aHand({ stake_minor: 501 })))).toEqual([0, 501, 501, 250]);
  });
});

describe("totals", () => {
  it("count an ace as eleven where it helps; a hidden card counts nothing", () => {
    expect([[ACE, SIX], [ACE, SIX, NINE], [ACE, KING], [KING, -1]].map((cards) => totalText(totalOf(cards)))).toEqual(["7/17", "16", "21", "10"]);
  });

  it("of the dealer are named for the history", () => {
    expect([0, 17, 22].map(dealerText)).toEqual(["BJ", "17", "Bust"]);
  });
});

describe("a recorded round", () => {
  /** The dealer has 19; seat 2 split tens into 20 and a doubled bust, seat 4 has a blackjack and is insured. */
  const DETAIL = [2, KING, NINE, 20, 2, 2, TEN, KING, 21, 3, 3, TEN, SIX, KING, 40, 4, 2, ACE, TEN];

  it("is read back card by card", () => {
    const { dealer, hands } = readDetail(DETAIL);
    expect(dealer).toEqual([KING, NINE]);
    expect(hands.map((hand) => [hand.hand, hand.doubled, hand.ofSplit, hand.insured, hand.cards.length])).toEqual([
      [20, false, true, false, 2],
      [21, true, true, false, 3],
      [40, false, false, true, 2],
    ]);
    expect(hands.map((hand) => stateOf(hand, dealer))).toEqual(["won", "bust", "blackjack"]);
  });

  it("knows a blackjack from 21 of a split, also against the dealer's", () => {
    const hand = { hand: 0, doubled: false, insured: false, ofSplit: true, cards: [ACE, TEN] };
    expect(stateOf(hand, [KING, NINE])).toBe("won");
    expect(stateOf(hand, [ACE, TEN])).toBe("lost");
    expect(stateOf({ ...hand, ofSplit: false }, [ACE, TEN])).toBe("blackjack");
  });

  it("is shown as it was seen, or made from the record where its end was missed", () => {
    const seats = [others("Bea", [40, 700])];
    const made = endOf({ detail: DETAIL, hands: [playing([aHand()])], seats })!;
    expect(made.hands.map((hand) => [hand.hand, hand.name, hand.stake_minor, hand.state])).toEqual([
      [20, "", 0, "won"],
      [21, "", 0, "bust"],
      [40, "Bea", 700, "blackjack"],
    ]);
    const seen = playing([aHand({ state: "won" })], { dealer: [KING, NINE], acting: -1 });
    expect(endOf({ detail: DETAIL, hands: [seen], seats })).toBe(seen);
    expect(endOf({ detail: [], hands: [], seats })).toBeNull();
  });
});

describe("acting", () => {
  let snapshot: TableSnapshot;
  let now: number;
  let connected: boolean;
  let sent: { body: ClientMessage; keep: boolean; answer: (answer: Answer) => void }[];
  let refused: string[];
  let controller: ActController;
  const settle = () => new Promise((done) => setTimeout(done));
  const show = (hands: Hands) => (snapshot = { ...snapshot, phase: "playing", hands: [hands] });
  const acted = () => sent.at(-1)!.answer({ ok: true, body: { t: "Acted" } as never });

  beforeEach(() => {
    snapshot = aSnapshot({ phase: "playing", hands: [playing([aHand()])] });
    now = 1_000;
    connected = true;
    sent = [];
    refused = [];
    let ids = 40;
    controller = new ActController(
      {
        request: (body, keep) => new Promise((answer) => sent.push({ body, keep, answer })),
        snapshot: () => snapshot,
        connected: () => connected,
        serverNow: () => now,
        newId: () => ID((ids += 1)),
      },
      { changed: () => undefined, refused: (refusal) => refused.push(refusal.name) },
    );
  });

  it("names the bet and the hand, and lets net keep the order", () => {
    expect(controller.act(aHand(), "hit")).toBe(true);
    expect(sent[0]!.keep).toBe(true);
    expect(sent[0]!.body).toMatchObject({ t: "Act", round_id: ROUND, bet_id: ID(1), command_id: ID(41), action: "hit", value: 20 });
  });

  it("gives one order for a double click, also when the answer is faster than the second click", async () => {
    controller.act(aHand(), "hit");
    expect(controller.act(aHand(), "hit")).toBe(false);
    acted();
    await settle();
    show(playing([aHand({ cards: [SIX, NINE, ACE] })]));
    now += SLIP_MS - 1;
    expect(controller.act(aHand(), "hit")).toBe(false);
    now += 1;
    expect(controller.act(aHand(), "hit")).toBe(true);
    expect(sent).toHaveLength(2);
  });

  it("waits after the answer until the hand is seen changed, so that no order is given on old cards", async () => {
    controller.act(aHand(), "hit");
    acted();
    await settle();
    now += 10_000;
    expect(controller.act(aHand(), "hit")).toBe(false);
    expect(controller.waiting()).toMatchObject({ hand: 20, action: "hit" });
    show(playing([aHand({ cards: [SIX, NINE, ACE] })]));
    expect(controller.waiting()).toBeNull();
  });

  it("waits for the answer although the hand is seen changed already", () => {
    controller.act(aHand(), "hit");
    show(playing([aHand({ cards: [SIX, NINE, ACE] })]));
    now += 10_000;
    expect(controller.act(aHand(), "stand")).toBe(false);
  });

  it("tells why an order was refused, and is free again", async () => {
    controller.act(aHand(), "double");
    sent[0]!.answer({ ok: false, refusal: { code: 400, name: "INSUFFICIENT_FUNDS", detail: "" } });
    await settle();
    now += SLIP_MS;
    expect(refused).toEqual(["INSUFFICIENT_FUNDS"]);
    expect(controller.act(aHand(), "hit")).toBe(true);
  });

  it("does nothing that is not offered, not connected, or not in play", () => {
    expect(controller.act(aHand(), "split")).toBe(false);
    connected = false;
    expect(controller.act(aHand(), "hit")).toBe(false);
    connected = true;
    snapshot = { ...snapshot, phase: "result" };
    expect(controller.act(aHand(), "hit")).toBe(false);
    expect(sent).toEqual([]);
  });

  it("forgets the order with its round", () => {
    controller.act(aHand(), "hit");
    snapshot = { ...snapshot, round_id: ID(77) };
    expect(controller.waiting()).toBeNull();
  });
});
