import { describe, expect, it } from "vitest";
import { BACKOFF_CAP_MS, backoffMs } from "../../src/net/backoff";
import { ServerClock } from "../../src/net/clock";
import { Streams } from "../../src/net/streams";

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

describe("streams", () => {
  it("give back early pushes only as far as they are dense", () => {
    const streams = new Streams<string>();
    streams.judge(1, 5, "five");
    streams.judge(1, 7, "seven");
    streams.judge(1, 4, "four");
    expect(streams.restart(1, 4)).toEqual(["five"]);
    expect(streams.judge(1, 6, "six")).toBe("apply");
  });

  it("say gap once", () => {
    const streams = new Streams<string>();
    streams.restart(1, 0);
    expect(streams.judge(1, 3, "c")).toBe("gap");
    expect(streams.judge(1, 4, "d")).toBe("wait");
  });
});
