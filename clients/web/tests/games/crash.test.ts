import { beforeEach, describe, expect, it } from "vitest";
import { CashOuts } from "../../src/games/crash/controller";
import { multiplierAt } from "../../src/games/crash/curve";
import { ridesOf, riding } from "../../src/games/crash/rides";
import { flightAt } from "../../src/games/crash/useFlight";
import type { Answer, Refusal } from "../../src/net/unanswered";
import { idKey } from "../../src/protocol/ids";
import type { Bet, CashedOut, ClientMessage, TableSnapshot } from "../../src/protocol/messages";
import { applyTablePush, fromSnapshot } from "../../src/state/table";
import { aSnapshot, ID, MONEY, ROUND, settle } from "../net/fakes";

const bet = (n: number, ...chips: [number, number][]): Bet => ({
  bet_id: ID(n),
  chips: chips.map(([position, stake_minor]) => ({ position, stake_minor })),
  stake_minor: chips.reduce((sum, [, stake]) => sum + stake, 0),
});
const out = (stake_minor: number, multiplier: number): CashedOut => ({ name: "ann", stake_minor, multiplier, payout_minor: 0 });
const NONE: ReadonlyMap<string, number> = new Map();
const outsOf = (rides: ReturnType<typeof ridesOf>) => rides.map((ride) => ride.out);

describe("my rides", () => {
  it("ride until something says that they are out", () => {
    const rides = ridesOf([bet(1, [0, 500]), bet(2, [250, 500])], [], NONE);
    expect(outsOf(rides)).toEqual([0, 0]);
    expect(riding(rides)).toHaveLength(2);
  });

  it("of equal stakes are told apart by their automatic target", () => {
    expect(outsOf(ridesOf([bet(1, [0, 500]), bet(2, [250, 500])], [out(500, 250)], NONE))).toEqual([0, 250]);
  });

  it("taken out by hand are told by their answer, not twice by what the table shows", () => {
    const answered = new Map([[idKey(ID(1)), 187]]);
    expect(outsOf(ridesOf([bet(1, [0, 500]), bet(2, [0, 500])], [out(500, 187)], answered))).toEqual([187, 0]);
  });

  it("taken out before this page was loaded are told by what the table shows", () => {
    expect(outsOf(ridesOf([bet(1, [0, 700]), bet(2, [0, 500])], [out(500, 133)], NONE))).toEqual([0, 133]);
  });

  it("of one bet leave together by hand, but for those that their target took out before", () => {
    const answered = new Map([[idKey(ID(1)), 300]]);
    const rides = ridesOf([bet(1, [0, 500], [150, 500])], [out(500, 300), out(500, 150)], answered);
    expect(outsOf(rides)).toEqual([300, 150]);
  });
});

let snapshot: TableSnapshot;
let connected: boolean;
let sent: { body: ClientMessage; keep: boolean; answer: (answer: Answer) => void }[];
let refused: Refusal[];
let cashOuts: CashOuts;

beforeEach(() => {
  snapshot = aSnapshot({ phase: "playing", game: "crash", my_bets: [bet(1, [0, 500]), bet(2, [0, 100])] });
  connected = true;
  sent = [];
  refused = [];
  let ids = 100;
  cashOuts = new CashOuts(
    {
      request: (body, keep) => new Promise((answer) => sent.push({ body, keep, answer })),
      snapshot: () => snapshot,
      connected: () => connected,
      serverNow: () => 1_000_000,
      newId: () => ID((ids += 1)),
    },
    { changed: () => undefined, refused: (refusal) => refused.push(refusal) },
  );
});

const acted = (value: number): Answer => ({
  ok: true,
  body: { t: "Acted", table_id: "roulette-1", round_id: ROUND, command_id: ID(101), value, stake_minor: 0, money: { ...MONEY, seq: 0 } },
});

describe("a cash-out", () => {
  it("is one order a bet, each with an id of its own, that net must keep", () => {
    cashOuts.cashOut([ID(1), ID(2)]);
    expect(sent.map((one) => one.keep)).toEqual([true, true]);
    expect(sent.map((one) => one.body)).toMatchObject([
      { t: "Act", round_id: ROUND, bet_id: ID(1), command_id: ID(101), action: "cash_out", value: 0 },
      { t: "Act", round_id: ROUND, bet_id: ID(2), command_id: ID(102), action: "cash_out", value: 0 },
    ]);
  });

  it("pressed twice is asked once, before the answer and after it", async () => {
    cashOuts.cashOut([ID(1)]);
    cashOuts.cashOut([ID(1)]);
    sent[0]!.answer(acted(210));
    await settle();
    cashOuts.cashOut([ID(1)]);
    expect(sent).toHaveLength(1);
    expect(cashOuts.answered().get(idKey(ID(1)))).toBe(210);
    expect(cashOuts.isAsked(idKey(ID(1)))).toBe(false);
  });

  it("refused says why, and may be tried again", async () => {
    cashOuts.cashOut([ID(1)]);
    sent[0]!.answer({ ok: false, refusal: { code: 322, name: "TOO_SOON", detail: "" } });
    await settle();
    expect(refused).toMatchObject([{ name: "TOO_SOON" }]);
    cashOuts.cashOut([ID(1)]);
    expect(sent).toHaveLength(2);
  });

  it("is not sent without a connection or out of flight", () => {
    connected = false;
    cashOuts.cashOut([ID(1)]);
    connected = true;
    snapshot = aSnapshot({ phase: "closed", game: "crash" });
    cashOuts.cashOut([ID(1)]);
    expect(sent).toEqual([]);
  });

  it("answered when the next round has begun does not touch that round", async () => {
    cashOuts.cashOut([ID(1)]);
    cashOuts.roundChanged(aSnapshot({ round_id: ID(8), game: "crash" }));
    sent[0]!.answer(acted(210));
    await settle();
    expect(cashOuts.answered().size).toBe(0);
  });

  it("stays in sight between the rounds", async () => {
    cashOuts.cashOut([ID(1)]);
    sent[0]!.answer(acted(210));
    await settle();
    cashOuts.roundChanged(aSnapshot({ phase: "idle", round_id: new Uint8Array(0) }));
    expect(cashOuts.answered().size).toBe(1);
  });
});

describe("a flight by the server's clock", () => {
  const flight = { takeoff_ms: 50_000, riding: 1, outs: [] };
  const playing = fromSnapshot(aSnapshot({ phase: "playing", game: "crash", flight: [flight] }), null);

  it("waits for take-off, then climbs along the curve", () => {
    expect(flightAt(playing, 49_000)).toMatchObject({ stage: "waiting", flownMs: -1_000, multiplier: 100 });
    expect(flightAt(playing, 61_552)).toMatchObject({ stage: "flying", multiplier: multiplierAt(11_552) });
  });

  it("ends at the bust, however far this clock had drawn it", () => {
    const over = applyTablePush(playing, 11, { t: "RoundResult", round_id: ROUND, number: 198, detail: [], seed: "" });
    expect(flightAt(over, 61_900)).toMatchObject({ stage: "over", multiplier: 198 });
    const settled = applyTablePush(over, 12, { t: "RoundSettled", round_id: ROUND, winners: [], next_opens_ms: 0 });
    expect(flightAt(settled, 70_000)).toMatchObject({ stage: "over", multiplier: 198 });
  });

  it("is none while bets are taken, and after a void round", () => {
    expect(flightAt(fromSnapshot(aSnapshot({ game: "crash" }), null), 1)).toMatchObject({ stage: "none" });
    const voided = applyTablePush(playing, 11, { t: "RoundVoided", round_id: ROUND, reason: "voided" });
    expect(flightAt(voided, 1)).toMatchObject({ stage: "none" });
  });
});
