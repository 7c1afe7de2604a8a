import { beforeEach, describe, expect, it } from "vitest";
import { isClientSeed, recalled, REMEMBER_MS, SlotController } from "../../src/games/slot/controller";
import type { SlotRules } from "../../src/games/slot/machine";
import type { Answer } from "../../src/net/unanswered";
import { idKey } from "../../src/protocol/ids";
import type { ClientMessage } from "../../src/protocol/messages";
import { ID, MONEY } from "../net/fakes";

const RULES: SlotRules = {
  game: "slot",
  title: "Test",
  rules_version: "slot-test-1:0",
  rules_hash: "",
  rtp: "19/20",
  min_cycle_ms: 2_500,
  min_stake_minor: 2,
  max_stake_minor: 100,
  stakes: [2, 20],
  max_win: "10",
  paytable: { symbols: [], wild: 0, scatter: 1, strips: [[2, 3], [2, 3], [2, 3]], lines: [[1, 1, 1], [0, 0, 0]], line_pays: [{ symbol: 2, pays: [5] }], scatter_pays: [], multiplier: 3, max_free_spins: 10 },
  text: [],
};
const SEEDS = { t: "Seeds", game: "slot", commitment: "c1", client_seed: "mine", nonce: 4, next_commitment: "c2", revealed: [] } as const;

let sent: { body: ClientMessage; keep: boolean; answer: (answer: Answer) => void }[];
let timers: { run: () => void; ms: number }[];
let memory: string | null;
let now: number;
let refused: string[];
let revealed: string[];
let controller: SlotController;

const settle = () => new Promise((done) => setTimeout(done));
const spins = () => sent.filter((one) => one.body.t === "Spin");
const result = (id: Uint8Array, change: object = {}) =>
  ({ t: "SpinResult", game: "slot", spin_id: id, stake_minor: 20, payout_minor: 50, number: 250, detail: [0, 0, 0], commitment: "c1", client_seed: "mine", nonce: 4, money: MONEY, net_minor: 30, rules_version: "", ...change }) as never;

async function connect(): Promise<void> {
  controller.connected();
  sent.find((one) => one.body.t === "GetSeeds")?.answer({ ok: true, body: SEEDS });
  await settle();
}

async function answer(body: never): Promise<void> {
  spins().at(-1)!.answer({ ok: true, body });
  await settle();
}

function make(): SlotController {
  let ids = 0;
  return new SlotController(
    {
      request: (body, keep) => new Promise((done) => sent.push({ body, keep, answer: done })),
      connected: () => true,
      availableMinor: () => 1_000,
      serverNow: () => now,
      newId: () => ID((ids += 1)),
      setTimer: (run, ms) => timers.push({ run, ms }),
      clearTimer: () => undefined,
      recall: () => memory,
      remember: (text) => (memory = text),
    },
    RULES,
    { changed: () => undefined, refused: (refusal) => refused.push(refusal.name), revealed: (key) => revealed.push(key) },
  );
}

beforeEach(() => {
  sent = [];
  timers = [];
  memory = null;
  now = 1_000_000;
  refused = [];
  revealed = [];
  controller = make();
});

describe("a spin", () => {
  it("waits until the seeds were seen, then is one order that net keeps", async () => {
    expect(controller.spin(20)).toBe(false);
    await connect();
    expect(controller.spin(20)).toBe(true);
    expect(spins()).toHaveLength(1);
    expect([spins()[0]!.keep, spins()[0]!.body]).toEqual([true, { t: "Spin", game: "slot", spin_id: ID(1), stake_minor: 20 }]);
  });

  it("is one for a double click", async () => {
    await connect();
    controller.spin(20);
    expect(controller.spin(20)).toBe(false);
    expect(spins()).toHaveLength(1);
  });

  it("ends on the server's stops and frees the money only then", async () => {
    await connect();
    controller.spin(20);
    await answer(result(ID(1), { detail: [1, 0, 1] }));
    expect([controller.show().at, revealed]).toEqual(["landing", []]);
    controller.step({ t: "landed" });
    const show = controller.show();
    expect(show.at === "over" && [show.played.payoutMinor, show.played.spins[0]!.stops]).toEqual([50, [1, 0, 1]]);
    expect(revealed).toEqual([idKey(ID(1))]);
    expect(controller.fairness()?.nonce).toBe(5);
  });

  it("lasts at least as long as the rules say, and the button wakes by itself", async () => {
    await connect();
    controller.spin(20);
    await answer(result(ID(1)));
    controller.step({ t: "landed" });
    expect([controller.canSpin(20), controller.waitMs(), timers.at(-1)!.ms]).toEqual([false, 2_500, 2_505]);
    now += 2_500;
    expect(controller.canSpin(20)).toBe(true);
  });

  it("that is refused gives the reels back; too soon means to wait", async () => {
    await connect();
    controller.spin(20);
    spins()[0]!.answer({ ok: false, refusal: { code: 322, name: "TOO_SOON", detail: "" } });
    await settle();
    expect([controller.show().at, refused, memory, controller.canSpin(20)]).toEqual(["resting", ["TOO_SOON"], null, false]);
  });

  it("on seeds that were changed elsewhere asks for them before anything is staked", async () => {
    await connect();
    controller.spin(20);
    spins()[0]!.answer({ ok: false, refusal: { code: 323, name: "SEEDS_UNSEEN", detail: "" } });
    await settle();
    expect(sent.filter((one) => one.body.t === "GetSeeds")).toHaveLength(2);
  });

  it("of a suspended game says so until a round is played again", async () => {
    await connect();
    controller.spin(20);
    spins()[0]!.answer({ ok: false, refusal: { code: 324, name: "SUSPENDED", detail: "" } });
    await settle();
    expect([controller.isSuspended(), controller.show().at, refused, memory]).toEqual([true, "resting", ["SUSPENDED"], null]);
    expect(controller.spin(20)).toBe(true);
    await answer(result(ID(2)));
    expect(controller.isSuspended()).toBe(false);
  });

  it("above the balance is refused here", async () => {
    await connect();
    expect(controller.spin(2_000)).toBe(false);
    expect([refused, spins()]).toEqual([["INSUFFICIENT_FUNDS"], []]);
  });
});

describe("a reload", () => {
  it("in the middle of a round sends the same order again and shows its end at once", async () => {
    await connect();
    controller.spin(20);
    controller = make();
    now += 3_000;
    controller.connected();
    expect(spins().at(-1)!.body).toEqual(spins()[0]!.body);
    await answer(result(ID(1)));
    const show = controller.show();
    expect(show.at === "over" && show.played.payoutMinor).toBe(50);
    expect(memory).toBeNull();
  });

  it("after the round was seen sends nothing", async () => {
    await connect();
    controller.spin(20);
    await answer(result(ID(1)));
    controller.step({ t: "landed" });
    controller = make();
    controller.connected();
    expect(spins()).toHaveLength(1);
  });

  it("long after leaves the order alone, and what is no order too", () => {
    const order = { spin_id: idKey(ID(1)), stake_minor: 20, at_ms: now };
    expect(recalled(JSON.stringify(order), now + REMEMBER_MS - 1)).toEqual(order);
    expect(recalled(JSON.stringify(order), now + REMEMBER_MS)).toBeNull();
    expect([recalled(null, now), recalled("{", now), recalled('{"spin_id":"x"}', now)]).toEqual([null, null, null]);
  });
});

describe("seeds", () => {
  it("are changed by one order; meanwhile nothing is spun", async () => {
    await connect();
    const done = controller.rotate("new-seed");
    expect(await controller.rotate("other")).toBe(false);
    expect(controller.spin(20)).toBe(false);
    const order = sent.at(-1)!;
    expect([order.keep, order.body]).toMatchObject([true, { t: "RotateSeed", game: "slot", client_seed: "new-seed" }]);
    order.answer({ ok: true, body: { ...SEEDS, commitment: "c2", client_seed: "new-seed", nonce: 0, revealed: [{ server_seed: "s1", commitment: "c1", client_seed: "mine", rounds: 4 }] } });
    expect(await done).toBe(true);
    expect([controller.fairness()?.commitment, controller.fairness()?.nonce, controller.fairness()?.revealed[0]?.server_seed]).toEqual(["c2", 0, "s1"]);
  });

  it("of a client are printable, without blanks and colons, and not too long", () => {
    expect(["a", "!~", "x".repeat(64)].map(isClientSeed)).toEqual([true, true, true]);
    expect(["", "a b", "a:b", "é", "x".repeat(65)].map(isClientSeed)).toEqual([false, false, false, false, false]);
  });
});
