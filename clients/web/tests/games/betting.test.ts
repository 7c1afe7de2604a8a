import { beforeEach, describe, expect, it } from "vitest";
import { COLLECT_MS, BettingController } from "../../src/games/shared/betting";
import type { Answer, Refusal } from "../../src/net/unanswered";
import type { Bet, ClientMessage, PlaceBets, TableSnapshot } from "../../src/protocol/messages";
import { aSnapshot, ID, MONEY, ROUND, settle } from "../net/fakes";

const CALLS = { tiers: [5, 10, 13, 23, 27, 33].map((position) => ({ position, units: 1 })) };
const SIZES = Array.from({ length: 157 }, (_, i) => (i < 37 ? 1 : i < 97 ? 2 : 18));

let snapshot: TableSnapshot;
let sent: { body: ClientMessage; keep: boolean; answer: (answer: Answer) => void }[];
let refusals: { refusal: Refusal; lost: number }[];
let timers: { run: () => void; ms: number }[];
let connected: boolean;
let controller: BettingController;

beforeEach(() => {
  snapshot = aSnapshot();
  sent = [];
  refusals = [];
  timers = [];
  connected = true;
  let ids = 0;
  controller = new BettingController(
    {
      request: (body, keep) => new Promise((answer) => sent.push({ body, keep, answer })),
      snapshot: () => snapshot,
      connected: () => connected,
      serverNow: () => 1_001_000,
      newId: () => ID((ids += 1)),
      setTimer: (run, ms) => {
        const timer = { run, ms };
        timers.push(timer);
        return timer;
      },
      clearTimer: (timer) => {
        timers = timers.filter((other) => other !== timer);
      },
    },
    CALLS,
    (position) => SIZES[position] ?? 0,
    { changed: () => undefined, refused: (refusal, lost) => refusals.push({ refusal, lost }) },
  );
});

function elapse(): void {
  const due = timers;
  timers = [];
  for (const timer of due) timer.run();
}

const placed = (index = 0) => sent[index]!.body as PlaceBets & { t: "PlaceBets" };

describe("placing", () => {
  it("gathers chips of one moment into one order that net must keep", () => {
    controller.place(17, 100);
    controller.place(17, 100);
    controller.place(40, 500);
    controller.call("tiers", 100);
    expect(sent).toEqual([]);
    expect(timers.map((timer) => timer.ms)).toEqual([COLLECT_MS]);
    elapse();
    expect(sent).toHaveLength(1);
    expect(sent[0]!.keep).toBe(true);
    expect(placed().chips).toEqual([
      { position: 17, stake_minor: 200 },
      { position: 40, stake_minor: 500 },
    ]);
    expect(placed().calls).toEqual([{ name: "tiers", unit_minor: 100 }]);
  });

  it("does not wait when betting is about to close", () => {
    snapshot = aSnapshot({ closes_ms: 1_001_400 });
    controller.place(17, 100);
    expect(sent).toHaveLength(1);
  });

  it("shows the chips until they are accepted, and not twice when a snapshot has them already", async () => {
    controller.place(17, 100);
    elapse();
    expect(controller.pending()).toHaveLength(1);
    const bet: Bet = { bet_id: placed().bet_id, chips: placed().chips, stake_minor: 100 };
    snapshot = aSnapshot({ my_bets: [bet] });
    expect(controller.pending()).toEqual([]);
    sent[0]!.answer({ ok: true, body: { t: "BetsAccepted", table_id: "roulette-1", round_id: ROUND, bet, received_ms: 1, money: MONEY } });
    await settle();
    expect(controller.pending()).toEqual([]);
    expect(refusals).toEqual([]);
  });

  it("takes refused chips away and says how much came back", async () => {
    controller.place(17, 100);
    controller.call("tiers", 100);
    elapse();
    sent[0]!.answer({ ok: false, refusal: { code: 301, name: "BETTING_CLOSED", detail: "" } });
    await settle();
    expect(controller.pending()).toEqual([]);
    expect(refusals).toMatchObject([{ refusal: { code: 301 }, lost: 700 }]);
  });
});

describe("refusing before asking", () => {
  const code = () => refusals.at(-1)?.refusal.name;

  it("when betting is closed, the time is over, or there is no connection", () => {
    snapshot = aSnapshot({ phase: "closed" });
    expect(controller.place(17, 100)).toBe(false);
    snapshot = aSnapshot({ closes_ms: 1_000_999 });
    expect(controller.place(17, 100)).toBe(false);
    snapshot = aSnapshot();
    connected = false;
    expect(controller.place(17, 100)).toBe(false);
    expect(code()).toBe("BETTING_CLOSED");
    expect(timers).toEqual([]);
  });

  it("below the minimum and above the position's maximum, chips on their way included", () => {
    controller.place(17, 50);
    expect(code()).toBe("STAKE_BELOW_MINIMUM");
    expect(controller.place(17, 10_000)).toBe(true);
    expect(controller.place(17, 100)).toBe(false);
    expect(code()).toBe("STAKE_ABOVE_MAXIMUM");
  });

  it("above the table's maximum", () => {
    snapshot = aSnapshot({ limits: { ...snapshot.limits, max_table_minor: 1_000 } });
    controller.place(17, 900);
    controller.place(18, 200);
    expect(code()).toBe("TABLE_LIMIT_EXCEEDED");
  });

  it("above the balance, chips on their way included", () => {
    snapshot = aSnapshot({ money: { available_minor: 250, reserved_minor: 0, seq: 1 } });
    controller.place(17, 200);
    controller.place(18, 100);
    expect(code()).toBe("INSUFFICIENT_FUNDS");
  });
});

describe("taking back", () => {
  it("removes the last chip that was not sent yet", () => {
    controller.place(17, 100);
    controller.place(18, 100);
    controller.undo();
    elapse();
    expect(placed().chips).toEqual([{ position: 17, stake_minor: 100 }]);
  });

  it("sends nothing when nothing is left", () => {
    controller.place(17, 100);
    controller.undo();
    elapse();
    expect(sent).toEqual([]);
  });

  it("asks to undo the last accepted bet, and all of them", async () => {
    const bets = [1, 2].map((n) => ({ bet_id: ID(n), chips: [], stake_minor: 100 }));
    snapshot = aSnapshot({ my_bets: bets });
    controller.undo();
    expect(sent[0]!.body).toMatchObject({ t: "UndoBets", bet_ids: [ID(2)] });
    sent[0]!.answer({ ok: true, body: { t: "BetsUndone", table_id: "roulette-1", round_id: ROUND, bet_ids: [ID(2)], returned_minor: 100, money: MONEY } });
    await settle();
    controller.clear();
    expect(sent[1]!.body).toMatchObject({ t: "UndoBets", bet_ids: [] });
  });
});

describe("repeat and double", () => {
  it("send what was gathered first, and only one order at a time", () => {
    controller.place(17, 100);
    controller.double();
    controller.repeat();
    expect(sent.map((one) => one.body.t)).toEqual(["PlaceBets", "DoubleBets"]);
    expect(controller.busy()).toBe("double");
  });
});

describe("the round moves on", () => {
  it("chips not sent in time come back with a reason", () => {
    controller.place(17, 300);
    snapshot = aSnapshot({ phase: "closed" });
    controller.tableChanged();
    elapse();
    expect(sent).toEqual([]);
    expect(refusals).toMatchObject([{ refusal: { name: "BETTING_CLOSED" }, lost: 300 }]);
  });

  it("chips of an older round are not shown in the new one", () => {
    controller.place(17, 300);
    elapse();
    snapshot = aSnapshot({ round_id: ID(42) });
    expect(controller.pending()).toEqual([]);
  });
});
