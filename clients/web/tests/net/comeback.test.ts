/** Coming back after a loss: never a stampede, never a bet out of order, never stuck half-way. */
import { describe, expect, it } from "vitest";
import { BACKOFF_CAP_MS, STOOD_MS } from "../../src/net/backoff";
import type { Answer } from "../../src/net/unanswered";
import { Kind } from "../../src/protocol/codec";
import type { ClientMessage, ServerMessage } from "../../src/protocol/messages";
import { aSnapshot, aWelcome, ID, MONEY, ROUND, settle, World } from "./fakes";

function order(n: number): ClientMessage {
  return { t: "PlaceBets", table_id: "roulette-1", round_id: ROUND, bet_id: ID(n), chips: [{ position: n, stake_minor: 100 }], calls: [] };
}

function accepted(n: number): ServerMessage {
  const bet = { bet_id: ID(n), chips: [{ position: n, stake_minor: 100 }], stake_minor: 100 };
  return { t: "BetsAccepted", table_id: "roulette-1", round_id: ROUND, bet, received_ms: 1, money: MONEY };
}

async function seated(): Promise<World> {
  const world = new World();
  await world.connects();
  await world.joins();
  return world;
}

/** Lets time pass in small steps until another socket is opened; returns how long that took. */
async function untilNextTry(world: World): Promise<number> {
  const [tries, from] = [world.sockets.length, world.now];
  while (world.sockets.length === tries && world.now - from < 60_000) await world.pass(10);
  return world.now - from;
}

describe("trying again", () => {
  it.each([4000, 4001, 4002, 4003, 4004, 1006])("after close %d waits longer after each failure, up to the cap", async (code) => {
    const world = await seated();
    const waits: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      world.socket.ends(code);
      waits.push(await untilNextTry(world));
    }
    expect(waits).toEqual([200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
    expect(Math.max(...waits)).toBeLessThanOrEqual(BACKOFF_CAP_MS);
    expect(world.renewals.every((renewed) => !renewed)).toBe(true);
  });

  it("begins with the short wait again once a connection stood for a while", async () => {
    const world = await seated();
    for (let i = 0; i < 4; i += 1) {
      world.socket.ends(4000);
      await untilNextTry(world);
    }
    await world.welcomes(aSnapshot());
    await world.pass(STOOD_MS);
    world.socket.ends(4000);
    expect(await untilNextTry(world)).toBe(200);
  });

  it("goes on waiting longer when a Welcome is followed by the end at once", async () => {
    const world = await seated();
    const waits: number[] = [];
    for (let i = 0; i < 4; i += 1) {
      world.socket.ends(4003);
      waits.push(await untilNextTry(world));
      await world.welcomes(aSnapshot());
      await world.pass(100);
    }
    expect(waits).toEqual([200, 400, 800, 1_600]);
  });

  it("waits as a server that moves us said, without a back-off of its own, and shows no fault", async () => {
    const world = await seated();
    world.socket.says(Kind.PUSH, 0, 1, { t: "Reconnect", after_ms: 1_230, reason: "restart" });
    world.socket.ends(4000);
    expect(world.statuses.at(-1)).toBe("moving");
    await world.pass(1_229);
    expect(world.sockets).toHaveLength(1);
    await world.pass(1);
    expect(world.sockets).toHaveLength(2);
    await world.welcomes(aSnapshot());
    expect(world.statuses).toEqual(["connecting", "connected", "moving", "connected"]);
  });

  it("is an outage like others when the place it was moved to does not answer", async () => {
    const world = await seated();
    world.socket.says(Kind.PUSH, 0, 1, { t: "Reconnect", after_ms: 0, reason: "restart" });
    world.socket.ends(4000);
    await world.pass(0);
    expect(world.sockets).toHaveLength(2);
    world.socket.ends(1006);
    expect(world.statuses.at(-1)).toBe("reconnecting");
    expect(await untilNextTry(world)).toBe(200);
  });

  it("waits at least as long as a refused Hello said", async () => {
    const world = await seated();
    world.socket.ends(1006);
    await untilNextTry(world);
    world.socket.opens();
    world.socket.says(Kind.ERROR, world.socket.last("Hello").ref, 0, { t: "Error", code: 505, name: "TOO_MANY_CONNECTIONS", retryable: true, retry_after_ms: 3_000, detail: "" });
    world.socket.ends(4004);
    expect(await untilNextTry(world)).toBe(3_400);
  });

  it.each([
    [4104, "away"],
    [4105, "expired"],
    [4106, "revoked"],
  ])("after close %d waits for a person: %s", async (code, status) => {
    const world = await seated();
    world.socket.ends(code);
    await world.pass(120_000);
    expect(world.sockets).toHaveLength(1);
    expect(world.statuses.at(-1)).toBe(status);
    world.connection.start();
    await world.welcomes(aSnapshot());
    expect(world.statuses.at(-1)).toBe("connected");
  });

  it.each([4100, 4101, 4103])("after close %d asks for a new token first, once", async (code) => {
    const world = await seated();
    world.token = async (renew) => (renew ? "new" : "old");
    world.socket.ends(code);
    await untilNextTry(world);
    world.socket.opens();
    expect(world.socket.last("Hello").body).toMatchObject({ token: "new" });
    await world.welcomes(aSnapshot());
    world.socket.ends(4000);
    await untilNextTry(world);
    expect(world.renewals).toEqual([false, true, false]);
  });

  it.each([4200, 4201, 4202, 4203])("does not happen after close %d, and no order is left hanging", async (code) => {
    const world = await seated();
    const answers: Answer[] = [];
    void world.connection.request(order(1), true).then((answer) => answers.push(answer));
    world.socket.ends(code);
    await world.pass(120_000);
    expect(world.sockets).toHaveLength(1);
    expect(world.statuses.at(-1)).toBe("failed");
    expect(answers).toMatchObject([{ ok: false }]);
  });

  it("ignores what a former socket still says", async () => {
    const world = await seated();
    const former = world.socket;
    former.ends(4000);
    await untilNextTry(world);
    await world.welcomes(aSnapshot({ version: 20 }));
    former.says(Kind.PUSH, 9, 21, { t: "BetsClosed", round_id: ROUND });
    former.ends(4201);
    expect(world.tablePushes).toEqual([]);
    expect(world.statuses.at(-1)).toBe("connected");
  });
});

describe("orders that outlive a connection", () => {
  it("go out in their old order, with their own ids, only when the seat is taken", async () => {
    const world = await seated();
    for (const n of [1, 2, 3]) void world.connection.request(order(n), true);
    world.socket.says(Kind.REPLY, world.socket.sent.find((frame) => frame.body.t === "PlaceBets")?.ref ?? 0, 0, accepted(1));
    world.socket.ends(1006);
    await untilNextTry(world);
    void world.connection.request(order(4), true);
    await world.welcomes();
    expect(world.socket.sent.map((frame) => frame.body.t)).toEqual(["Hello", "JoinTable"]);
    world.socket.says(Kind.REPLY, world.socket.last("JoinTable").ref, 0, aSnapshot());
    await settle();
    const bets = world.socket.sent.filter((frame) => frame.body.t === "PlaceBets");
    expect(bets.map((frame) => frame.body)).toEqual([order(2), order(3), order(4)]);
  });

  it("are answered once, though both sendings are", async () => {
    const world = await seated();
    const answers: Answer[] = [];
    void world.connection.request(order(1), true).then((answer) => answers.push(answer));
    const first = world.socket.last("PlaceBets").ref;
    await world.pass(9_000);
    const second = world.socket.last("PlaceBets").ref;
    expect(second).not.toBe(first);
    world.socket.says(Kind.REPLY, second, 0, accepted(1));
    world.socket.says(Kind.REPLY, first, 0, accepted(1));
    await world.pass(1_000);
    expect(answers).toMatchObject([{ ok: true, body: accepted(1) }]);
  });

  it("are not settled by a ref of the former connection", async () => {
    const world = await seated();
    const answers: Answer[] = [];
    void world.connection.request(order(1), true).then((answer) => answers.push(answer));
    const former = world.socket.last("PlaceBets").ref;
    world.socket.ends(1006);
    await untilNextTry(world);
    await world.welcomes(aSnapshot());
    world.socket.says(Kind.REPLY, former, 0, accepted(1));
    await settle();
    expect(answers).toEqual([]);
  });
});

describe("a link that dies on the way back", () => {
  it("before Welcome is given up", async () => {
    const world = new World();
    world.connection.start();
    await settle();
    world.socket.opens();
    await world.pass(10_000);
    expect(world.socket.closedWith).toBe(4002);
    await untilNextTry(world);
    expect(world.sockets).toHaveLength(2);
  });

  it("between Welcome and the seat is given up too", async () => {
    const world = await seated();
    world.socket.ends(1006);
    await untilNextTry(world);
    world.socket.opens();
    world.socket.says(Kind.REPLY, world.socket.last("Hello").ref, 0, aWelcome());
    await world.pass(10_000);
    expect(world.socket.closedWith).toBe(4002);
    await untilNextTry(world);
    expect(world.sockets).toHaveLength(3);
  });
});
