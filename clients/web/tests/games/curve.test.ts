import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { sceneOf } from "../../src/games/crash/Curve";
import { CEILING, CEILING_MS, formatMultiplier, multiplierAt, parseTarget, paysAt, reachedMs, ticksUpTo } from "../../src/games/crash/curve";

const SHARED = new URL("../../../../tests/golden/crash_curve.json", import.meta.url);
const { pairs } = JSON.parse(readFileSync(SHARED, "utf8")) as { pairs: [number, number][] };

describe("the curve", () => {
  it("is the server's, at every shared vector", () => {
    expect(pairs.length).toBeGreaterThan(100);
    expect(pairs.filter(([ms, hundredths]) => multiplierAt(ms) !== hundredths)).toEqual([]);
  });

  it("counts whole milliseconds only, and ends at the ceiling", () => {
    expect(multiplierAt(11_552.9)).toBe(multiplierAt(11_552));
    expect(multiplierAt(-0.5)).toBe(100);
    expect(multiplierAt(CEILING_MS * 2)).toBe(CEILING);
  });

  it.each([101, 150, 200, 1_000, 99_999, CEILING])("reaches %i first where it says", (multiplier) => {
    const ms = reachedMs(multiplier);
    expect(multiplierAt(ms)).toBeGreaterThanOrEqual(multiplier);
    expect(multiplierAt(ms - 1)).toBeLessThan(multiplier);
  });

  it("begins at 1.00 at once", () => expect(reachedMs(100)).toBe(0));
});

describe("a multiplier in words", () => {
  it.each([
    [100, "1.00×"],
    [247, "2.47×"],
    [1_000_000, "10,000.00×"],
  ])("%i is %s", (hundredths, text) => expect(formatMultiplier(hundredths)).toBe(text));
});

describe("an automatic cash-out as written", () => {
  it.each([
    ["2", 200],
    ["1.5", 150],
    [" 1,01 ", 101],
    ["10000.00", 1_000_000],
    ["3.70×", 370],
  ])("%j is taken", (text, target) => expect(parseTarget(text)).toBe(target));

  it.each(["", "1", "1.00", "10000.01", "2.345", "-2", "2e3", "x"])("%j is not", (text) => expect(parseTarget(text)).toBeNull());
});

describe("what a stake pays", () => {
  it("is rounded down to minor units", () => {
    expect(paysAt(333, 147)).toBe(489);
    expect(paysAt(100, 101)).toBe(101);
  });

  it("is exact where floating point is not", () => {
    expect(paysAt(9_007_199_254_740_991, 100)).toBe(9_007_199_254_740_991);
  });
});

describe("the drawing", () => {
  it("has few round ticks, whatever the flight", () => {
    expect(ticksUpTo(8)).toEqual([2, 4, 6, 8]);
    expect(ticksUpTo(1)).toEqual([0.5, 1]);
    for (const flown of [0, 1, 9_000, 40_000, CEILING_MS]) {
      const { across, up } = sceneOf(flown);
      expect(across.length).toBeGreaterThan(0);
      expect(Math.max(across.length, up.length)).toBeLessThanOrEqual(5);
      expect(new Set(up.map((tick) => tick.text)).size).toBe(up.length);
    }
  });

  it("ends in its tip, inside the frame", () => {
    const { path, tip } = sceneOf(20_000);
    expect(path.endsWith(`L${tip.x.toFixed(1)} ${tip.y.toFixed(1)}`)).toBe(true);
    expect(tip.y).toBeGreaterThan(0);
    expect(tip.angle).toBeLessThan(0);
  });
});
