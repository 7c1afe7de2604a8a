import { describe, expect, it } from "vitest";
import { NoLogin } from "../../src/net/around";
import type { Answer } from "../../src/net/unanswered";
import { Kind } from "../../src/protocol/codec";
import type { ClientMessage, ServerMessage } from "../../src/protocol/messages";
import { aSnapshot, ID, MONEY, ROUND, settle, World } from "./fakes";

const BET: ClientMessage = { t: "PlaceBets", table_id: "roulette-1", round_id: ROUND, bet_id: ID(1), chips: [{ position: 17, stake_minor: 100 }], calls: [] };
const ACCEPTED: ServerMessage = {
  t: "BetsAccepted",
  table_id: "roulette-1",
  round_id: ROUND,
  bet: { bet_id: ID(1), chips: [{ position: 17, stake_minor: 100 }], stake_minor: 100 },
  received_ms: 1,
  money: MONEY,
};
const error = (code: number, retryable: boolean, retry_after_ms = 0): ServerMessage => ({ t: "Error", code, name: `E${code}`, retryable, retry_after_ms, detail: "" });
const closed = (): ServerMessage => ({ t: "BetsClosed", round_id: ROUND });

async function seated(): Promise<World> {
  const world = new World();
  await world.connects();
  await world.joins();
  return world;
}

describe("hello", () => {
  it("comes first and makes the connection usable", async () => {
    const world = new World();
    await world.connects();
    expect(world.socket.sent[0]?.body).toMatchObject({ t: "Hello", token: "token" });
    expect(world.statuses).toEqual(["connecting", "connected"]);
  });

  it("without a valid login ends as signed out", async () => {
    const world = new World();
    world.token = async () => Promise.reject(new NoLogin());
    world.connection.start();
    await settle();
    expect(world.statuses.at(-1)).toBe("signed-out");
  });

  it("is tried again later when the API is away", async () => {
    const world = new World();
    world.token = async () => Promise.reject(new Error("no network"));
    world.connection.start();
    await settle();
    world.token = async () => "token";
    await world.pass(20_000);
    await world.welcomes();
    expect(world.statuses).toEqual(["connecting", "reconnecting", "connected"]);
  });
});

describe("unanswered orders", () => {
  it("are sent again unchanged after a reconnect, once the seat is taken", async () => {
    const world = await seated();
    const answers: Answer[] = [];
    void world.connection.request(BET, true).then((answer) => answers.push(answer));
    const before = world.socket.last("PlaceBets").body;
    world.socket.ends(1006);
    await world.pass(10_000);
    await world.welcomes(aSnapshot({ version: 40 }));
    const types = world.socket.sent.map((frame) => frame.body.t);
    expect(types.indexOf("PlaceBets")).toBeGreaterThan(types.indexOf("JoinTable"));
    expect(world.socket.last("PlaceBets").body).toEqual(before);
    world.socket.says(Kind.REPLY, world.socket.last("PlaceBets").ref, 0, ACCEPTED);
    await settle();
    expect(answers).toMatchObject([{ ok: true }]);
    expect(world.socket.count("PlaceBets")).toBe(1);
  });

  it("that cannot be repeated safely are refused when the connection is lost", async () => {
    const world = await seated();
    const answers: Answer[] = [];
    void world.connection.request({ t: "ListTables" }).then((answer) => answers.push(answer));
    world.socket.ends(1006);
    await settle();
    expect(answers).toMatchObject([{ ok: false, refusal: { name: "CONNECTION_LOST" } }]);
  });

  it("are repeated as long as the outcome is unknown", async () => {
    const world = await seated();
    const answers: Answer[] = [];
    void world.connection.request(BET, true).then((answer) => answers.push(answer));
    for (let i = 1; i <= 6; i += 1) {
      world.socket.says(Kind.ERROR, world.socket.last("PlaceBets").ref, 0, error(502, true));
      await world.pass(5_000);
      expect(world.socket.count("PlaceBets")).toBe(i + 1);
    }
    expect(answers).toEqual([]);
    world.socket.says(Kind.REPLY, world.socket.last("PlaceBets").ref, 0, ACCEPTED);
    await settle();
    expect(answers).toMatchObject([{ ok: true }]);
  });

  it("are repeated a few times when the table is busy, then refused", async () => {
    const world = await seated();
    const answers: Answer[] = [];
    void world.connection.request(BET, true).then((answer) => answers.push(answer));
    for (let i = 0; i < 4; i += 1) {
      world.socket.says(Kind.ERROR, world.socket.last("PlaceBets").ref, 0, error(500, true));
      await world.pass(4_000);
    }
    expect(answers).toMatchObject([{ ok: false, refusal: { code: 500 } }]);
    expect(world.socket.count("PlaceBets")).toBe(4);
  });

  it("wait as long as the server says", async () => {
    const world = await seated();
    void world.connection.request(BET, true);
    world.socket.says(Kind.ERROR, world.socket.last("PlaceBets").ref, 0, error(504, true, 3_000));
    await world.pass(2_900);
    expect(world.socket.count("PlaceBets")).toBe(1);
    await world.pass(200);
    expect(world.socket.count("PlaceBets")).toBe(2);
  });

  it("are refused at once when the rules say no", async () => {
    const world = await seated();
    const answers: Answer[] = [];
    void world.connection.request(BET, true).then((answer) => answers.push(answer));
    world.socket.says(Kind.ERROR, world.socket.last("PlaceBets").ref, 0, error(400, false));
    await settle();
    expect(answers).toMatchObject([{ ok: false, refusal: { code: 400 } }]);
  });

  it("take a late answer to an earlier sending", async () => {
    const world = await seated();
    const answers: Answer[] = [];
    void world.connection.request(BET, true).then((answer) => answers.push(answer));
    const first = world.socket.last("PlaceBets").ref;
    await world.pass(15_000);
    expect(world.socket.count("PlaceBets")).toBeGreaterThan(1);
    world.socket.says(Kind.REPLY, first, 0, ACCEPTED);
    await settle();
    expect(answers).toMatchObject([{ ok: true }]);
  });
});

describe("streams", () => {
  it("apply pushes in order and pass over repeated ones", async () => {
    const world = await seated();
    world.socket.says(Kind.PUSH, 9, 11, closed());
    world.socket.says(Kind.PUSH, 9, 11, closed());
    world.socket.says(Kind.PUSH, 9, 12, closed());
    expect(world.tablePushes.map((push) => push.seq)).toEqual([11, 12]);
  });

  it("ask once for a snapshot after a gap, then go on from it", async () => {
    const world = await seated();
    world.socket.says(Kind.PUSH, 9, 13, closed());
    world.socket.says(Kind.PUSH, 9, 14, closed());
    expect(world.socket.count("JoinTable")).toBe(2);
    expect(world.tablePushes).toEqual([]);
    world.socket.says(Kind.REPLY, world.socket.last("JoinTable").ref, 0, aSnapshot({ version: 13 }));
    expect(world.snapshots.at(-1)?.version).toBe(13);
    expect(world.tablePushes.map((push) => push.seq)).toEqual([14]);
  });

  it("keep pushes that come before the first snapshot", async () => {
    const world = new World();
    await world.connects();
    void world.connection.join("roulette-1");
    world.socket.says(Kind.PUSH, 9, 11, closed());
    world.socket.says(Kind.REPLY, world.socket.last("JoinTable").ref, 0, aSnapshot());
    expect(world.tablePushes.map((push) => push.seq)).toEqual([11]);
  });

  it("take a pushed snapshot of a restarted table", async () => {
    const world = await seated();
    world.socket.says(Kind.PUSH, 9, 0, aSnapshot({ epoch: 2, version: 0 }));
    world.socket.says(Kind.PUSH, 9, 1, closed());
    expect(world.snapshots.at(-1)?.epoch).toBe(2);
    expect(world.tablePushes.map((push) => push.seq)).toEqual([1]);
  });

  it("ask every table, from its position, what a gap in the personal stream hid", async () => {
    const world = await seated();
    world.socket.says(Kind.PUSH, 9, 11, closed());
    world.socket.says(Kind.PUSH, 0, 2, { t: "Notice", code: "x", text: "x" });
    expect(world.personal).toHaveLength(1);
    expect(world.socket.last("JoinTable").body).toEqual({ t: "JoinTable", table_id: "roulette-1", epoch: 1, version: 11 });
    expect(world.statuses.at(-1)).toBe("connected");
  });

  it("apply a message outside of the personal stream without counting it", async () => {
    const world = await seated();
    world.socket.says(Kind.PUSH, 0, 0, { t: "JackpotPools", pools: [] });
    world.socket.says(Kind.PUSH, 0, 1, { t: "Notice", code: "x", text: "x" });
    expect(world.personal.map((push) => push.t)).toEqual(["JackpotPools", "Notice"]);
    expect(world.socket.count("JoinTable")).toBe(1);
  });

  it("acknowledge what was handled of the personal stream", async () => {
    const world = await seated();
    world.socket.says(Kind.PUSH, 0, 1, { t: "Notice", code: "x", text: "x" });
    void world.connection.request({ t: "ListTables" });
    expect(world.socket.last("ListTables").seq).toBe(1);
  });
});

describe("the end of a connection", () => {
  it("with 41xx gets a new token before the next try", async () => {
    const world = await seated();
    world.socket.ends(4101);
    await world.pass(10_000);
    expect(world.renewals).toEqual([false, true]);
  });

  it("with 41xx again and again means signed out", async () => {
    const world = await seated();
    for (let i = 0; i < 3; i += 1) {
      world.socket.ends(4100);
      await world.pass(15_000);
    }
    expect(world.statuses.at(-1)).toBe("signed-out");
  });

  it("with 42xx is not followed by a reconnect", async () => {
    const world = await seated();
    world.socket.ends(4201);
    await world.pass(60_000);
    expect(world.sockets.length).toBe(1);
    expect(world.statuses.at(-1)).toBe("failed");
  });

  it("by another page waits until the player wants to play here", async () => {
    const world = await seated();
    world.socket.ends(4102);
    await world.pass(60_000);
    expect(world.statuses.at(-1)).toBe("replaced");
    world.connection.start();
    await world.welcomes(aSnapshot());
    expect(world.statuses.at(-1)).toBe("connected");
  });

  it("is noticed when the line is silent", async () => {
    const world = await seated();
    await world.pass(45_000);
    expect(world.statuses).toContain("reconnecting");
    expect(world.sockets[0]?.closedWith).toBe(4002);
  });

  it("does not come while pings are answered", async () => {
    const world = await seated();
    for (let i = 0; i < 20; i += 1) {
      const ping = world.socket.last("Ping");
      world.socket.says(Kind.REPLY, ping.ref, 0, { t: "Pong", client_ms: 0, server_ms: 2_000_000 });
      await world.pass(5_000);
    }
    expect(world.statuses).toEqual(["connecting", "connected"]);
  });

  it("is cut short when the network is said to be back", async () => {
    const world = await seated();
    world.socket.ends(1006);
    world.connection.poke();
    await settle();
    expect(world.sockets.length).toBe(2);
  });
});

describe("seats", () => {
  it("are asked for again while the table is away", async () => {
    const world = new World();
    await world.connects();
    void world.connection.join("roulette-1");
    world.socket.says(Kind.ERROR, world.socket.last("JoinTable").ref, 0, error(501, true));
    await world.pass(2_000);
    expect(world.socket.count("JoinTable")).toBe(2);
  });

  it("are not taken again after leaving", async () => {
    const world = await seated();
    world.connection.leave("roulette-1");
    world.socket.ends(1006);
    await world.pass(10_000);
    await world.welcomes();
    expect(world.socket.count("JoinTable")).toBe(0);
  });
});
