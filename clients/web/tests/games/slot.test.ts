import { describe, expect, it } from "vitest";
import { lineStake, spinsOf, windowOf, type Paytable } from "../../src/games/slot/machine";
import { freeSpins, isBusy, isWin, seenSpin, shownMs, stepShow, stopsOf, unitsSeen, type Played, type Show } from "../../src/games/slot/show";

/** Three places a reel: 0 the wild, 1 the scatter, 2 and 3 what lines pay for. Two lines: the middle row and the top one. */
const TABLE: Paytable = {
  symbols: [],
  wild: 0,
  scatter: 1,
  strips: [
    [2, 3, 1, 3],
    [0, 3, 1, 2],
    [2, 3, 1, 3],
    [3, 2, 2, 3],
    [2, 3, 3, 2],
  ],
  lines: [
    [1, 1, 1, 1, 1],
    [0, 0, 0, 0, 0],
  ],
  line_pays: [
    { symbol: 2, pays: [10, 50, 200] },
    { symbol: 3, pays: [5, 20, 80] },
  ],
  scatter_pays: [{ count: 3, pays: 2, free_spins: 2 }],
  multiplier: 3,
  max_free_spins: 3,
};
/** The top row shows 2, wild, 2, 3, 2; the middle one 3, 3, 3, 2, 3; the lowest three scatters. */
const SCATTERS = [0, 0, 0, 0, 0];
/** A scatter, then nothing, in the top row; 3, 2 in the middle one. */
const NOTHING = [2, 2, 3, 1, 1];

describe("stops", () => {
  it("show their window; after a strip's last place comes its first", () => {
    expect(windowOf(TABLE, [3, 0, 0, 0, 0]).slice(0, 2)).toEqual([
      [3, 2, 3],
      [0, 3, 1],
    ]);
  });

  it("pay lines from the left, the wild as any symbol, and scatters anywhere", () => {
    const [spin] = spinsOf(TABLE, SCATTERS);
    expect(spin!.wins).toEqual([
      { line: 0, symbol: 3, count: 3, units: 5 },
      { line: 1, symbol: 2, count: 3, units: 10 },
    ]);
    expect([spin!.scatters, spin!.scatterUnits, spin!.units, spin!.given]).toEqual([3, 4, 19, 2]);
  });

  it("of free spins pay more, and what goes beyond the most is not given", () => {
    const spins = spinsOf(TABLE, [...SCATTERS, ...SCATTERS, ...NOTHING, ...NOTHING]);
    expect(spins.map((spin) => spin.free)).toEqual([false, true, true, true]);
    expect(spins[1]!.units).toBe(3 * 19);
    expect(spins.map((spin) => spin.given)).toEqual([2, 1, 0, 0]);
    expect(spins[2]!.units).toBe(0);
  });
});

it("a line's stake is a whole part of the stake", () => {
  expect(lineStake(TABLE, 40)).toBe(20);
});

const ROUND: Played = { key: "one", stakeMinor: 40, payoutMinor: 1_520, spins: spinsOf(TABLE, [...SCATTERS, ...SCATTERS, ...NOTHING, ...NOTHING]) };
const RESTING: Show = { at: "resting", stops: NOTHING };

describe("the show of a round", () => {
  it("goes through every free spin and ends on the server's last stops", () => {
    let show = stepShow(RESTING, { t: "order" });
    expect([show.at, stopsOf(show)]).toEqual(["waiting", NOTHING]);
    show = stepShow(show, { t: "answer", played: ROUND, atOnce: false });
    const seen: (number | null)[] = [];
    for (let spin = 0; spin < 4; spin += 1) {
      expect([show.at, seenSpin(show)]).toEqual(["landing", null]);
      show = stepShow(show, { t: "landed" });
      seen.push(seenSpin(show)?.units ?? null);
      show = stepShow(show, { t: "next" });
    }
    expect(seen).toEqual([19, 57, 0, 0]);
    expect([show.at, stopsOf(show), unitsSeen(show)]).toEqual(["over", NOTHING, 76]);
  });

  it("counts free spins as they are given, not as they are known", () => {
    let show = stepShow(stepShow(RESTING, { t: "order" }), { t: "answer", played: ROUND, atOnce: false });
    expect(freeSpins(show)).toBeNull();
    show = stepShow(show, { t: "landed" });
    expect(freeSpins(show)).toEqual({ number: 0, of: 2 });
    show = stepShow(show, { t: "next" });
    expect([freeSpins(show), unitsSeen(show)]).toEqual([{ number: 1, of: 2 }, 19]);
    expect(freeSpins(stepShow(show, { t: "landed" }))).toEqual({ number: 1, of: 3 });
  });

  it("may be skipped: the round stands as it is", () => {
    const landing = stepShow(stepShow(RESTING, { t: "order" }), { t: "answer", played: ROUND, atOnce: false });
    const over = stepShow(landing, { t: "skip" });
    expect(over).toEqual({ at: "over", played: ROUND, skipped: true });
    expect(unitsSeen(over)).toBe(76);
  });

  it("takes no second order while one is on its way or is shown, and goes back where one is refused", () => {
    const waiting = stepShow(RESTING, { t: "order" });
    expect(stepShow(waiting, { t: "order" })).toBe(waiting);
    expect(isBusy(waiting)).toBe(true);
    expect(stepShow(waiting, { t: "refusal" })).toEqual(RESTING);
  });

  it("shows a result that was missed at once", () => {
    expect(stepShow(RESTING, { t: "answer", played: ROUND, atOnce: true }).at).toBe("over");
  });
});

it("what comes back is a win only above the stake", () => {
  expect([0, 39, 40, 41].map((payoutMinor) => isWin({ stakeMinor: 40, payoutMinor }))).toEqual([false, false, false, true]);
});

it("a spin stays in sight the longer the more there is to see", () => {
  expect(ROUND.spins.map(shownMs)).toEqual([2_200, 2_200, 700, 700]);
});
