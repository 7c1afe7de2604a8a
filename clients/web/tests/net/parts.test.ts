import { describe, expect, it } from "vitest";
import { BACKOFF_CAP_MS, backoffMs } from "../../src/net/backoff";
import { ServerClock } from "../../src/net/clock";
import { PersonalStream, TableStream } from "../../src/net/streams";

describe("backoff", () => {
  it("spreads over the whole time and never passes the cap", () => {
    expect(backoffMs(0, 0)).toBe(0);
    expect(backoffMs(0, 0.999)).toBeLessThan(400);
    expect(backoffMs(50, 0.999)).toBeLessThan(BACKOFF_CAP_MS);
    expect(backoffMs(50, 0.999)).toBeGreaterThan(BACKOFF_CAP_MS * 0.9);
  });
});

describe("the server's clock", () => {
  it("is told best by the shortest round trip", () => {
    let now = 1_000;
    const clock = new ServerClock(() => now);
    now = 1_400;
    clock.observe(1_000, 51_100); // 400 ms, of which 300 on the way back
    now = 1_420;
    clock.observe(1_400, 51_410);
    expect(clock.serverNow()).toBe(51_420);
    expect(clock.rttMs()).toBe(20);
  });

  it("is our own clock before the first answer", () => {
    const clock = new ServerClock(() => 7);
    expect(clock.serverNow()).toBe(7);
    expect(clock.rttMs()).toBeNull();
  });
});

type Answer = { stream: number; epoch: number; version: number };

const at = (version: number, epoch = 1, stream = 3): Answer => ({ stream, epoch, version });
const push = (seq: number, stream = 3) => ({ stream, seq, body: `push ${seq}` });

function live(): TableStream<string, Answer> {
  const table = new TableStream<string, Answer>();
  table.restart(at(10));
  return table;
}

describe("a table's stream", () => {
  it("gives back early pushes of its number that belong behind the snapshot", () => {
    const table = new TableStream<string, Answer>();
    table.waiting = 1;
    for (const early of [push(12), push(10), push(11), push(11, 4)]) table.judge(early);
    expect(table.restart(at(10)).map(({ seq }) => seq)).toEqual([11, 12]);
  });

  it("says gap once and applies nothing more", () => {
    const table = live();
    expect([13, 14, 11].map((seq) => table.judge(push(seq)))).toEqual(["gap", "drop", "drop"]);
    expect(table.position).toEqual({ epoch: 1, version: 10 });
  });

  it("keeps its position over a lost connection", () => {
    const table = live();
    table.judge(push(11));
    table.cut();
    expect(table.judge(push(12))).toBe("drop");
    expect(table.position).toEqual({ epoch: 1, version: 11 });
  });

  it("owes what is personal until the pushes have come so far", () => {
    const table = live();
    table.cut();
    expect(table.resume(at(12, 1, 5))).toBe(true);
    expect(table.judge(push(11, 5))).toBe("apply");
    expect(table.takeOwed()).toBeNull();
    expect(table.judge(push(12, 5))).toBe("apply");
    expect(table.takeOwed()).toEqual(at(12, 1, 5));
    expect(table.takeOwed()).toBeNull();
  });

  it("does not resume in another epoch", () => {
    expect(live().resume(at(12, 2))).toBe(false);
    expect(new TableStream<string, Answer>().resume(at(12, 0))).toBe(false);
  });
});

describe("the personal stream", () => {
  it("goes on where the session is recovered, and begins at 1 where it is not", () => {
    const personal = new PersonalStream();
    personal.welcomed("s1", false);
    personal.judge(1);
    personal.judge(2);
    personal.welcomed("s1", true);
    expect(personal.judge(3)).toBe("apply");
    personal.welcomed("s2", false);
    expect(personal.judge(1)).toBe("apply");
  });
});
