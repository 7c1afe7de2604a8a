import { describe, expect, it } from "vitest";
import type { RulesPosition } from "../../src/api/rules";
import { describeNumber, layOut, neighbour, project, wheelNeighbours } from "../../src/games/roulette/geometry";

const RED = new Set([1, 3, 5, 7, 9, 12, 14, 16, 18, 19, 21, 23, 25, 27, 30, 32, 34, 36]);
const WHEEL = [0, 32, 15, 19, 4, 21, 2, 25, 17, 34, 6, 27, 13, 36, 11, 30, 8, 23, 10, 5, 24, 16, 33, 1, 20, 14, 31, 9, 22, 18, 29, 7, 28, 12, 35, 3, 26];

/** All 157 positions, built from house rules 7.1 and in the order of the rules. */
function allPositions(): RulesPosition[] {
  const found: { kind: string; numbers: number[] }[] = [];
  const range = (from: number, count: number, step = 1) => Array.from({ length: count }, (_, i) => from + i * step);
  for (let n = 0; n <= 36; n += 1) found.push({ kind: "straight", numbers: [n] });
  const splits = [
    [0, 1],
    [0, 2],
    [0, 3],
  ];
  for (let n = 1; n <= 36; n += 1) {
    if (n % 3 !== 0) splits.push([n, n + 1]);
    if (n <= 33) splits.push([n, n + 3]);
  }
  for (const numbers of splits) found.push({ kind: "split", numbers });
  found.push({ kind: "trio", numbers: [0, 1, 2] }, { kind: "trio", numbers: [0, 2, 3] });
  for (let n = 1; n <= 34; n += 3) found.push({ kind: "street", numbers: range(n, 3) });
  found.push({ kind: "first_four", numbers: [0, 1, 2, 3] });
  for (let n = 1; n <= 32; n += 1) if (n % 3 !== 0) found.push({ kind: "corner", numbers: [n, n + 1, n + 3, n + 4] });
  for (let n = 1; n <= 31; n += 3) found.push({ kind: "six_line", numbers: range(n, 6) });
  for (const n of [1, 13, 25]) found.push({ kind: "dozen", numbers: range(n, 12) });
  for (const n of [1, 2, 3]) found.push({ kind: "column", numbers: range(n, 12, 3) });
  const spots = range(1, 36);
  found.push({ kind: "red", numbers: spots.filter((n) => RED.has(n)) }, { kind: "black", numbers: spots.filter((n) => !RED.has(n)) });
  found.push({ kind: "odd", numbers: spots.filter((n) => n % 2) }, { kind: "even", numbers: spots.filter((n) => n % 2 === 0) });
  found.push({ kind: "low", numbers: range(1, 18) }, { kind: "high", numbers: range(19, 18) });
  return found.map((one, position) => ({ ...one, position, name: one.kind, pays: 36 / one.numbers.length - 1 }));
}

const SPOTS = layOut(allPositions());

describe("the layout", () => {
  it("has a place of its own for each of 157 positions", () => {
    expect(SPOTS).toHaveLength(157);
    expect(new Set(SPOTS.map((spot) => `${spot.u.toFixed(3)},${spot.v.toFixed(3)}`)).size).toBe(157);
  });

  it.each(["wide", "tall"] as const)("can be hit everywhere when %s: no zone hides another's middle", (orientation) => {
    const view = project(orientation);
    const drawn = [...SPOTS.filter((spot) => spot.cell), ...SPOTS.filter((spot) => !spot.cell)]; // later ones lie on top
    for (const spot of SPOTS) {
      const { x, y } = view.centre(spot);
      const hit = drawn.filter((other) => {
        const box = view.box(other);
        return x > box.x && x < box.x + box.width && y > box.y && y < box.y + box.height;
      });
      expect(hit.at(-1)?.position).toBe(spot.position);
    }
  });

  it.each(["wide", "tall"] as const)("lies within its drawing when %s", (orientation) => {
    const view = project(orientation);
    for (const spot of SPOTS) {
      const box = view.box(spot);
      expect(box.x).toBeGreaterThanOrEqual(-0.001);
      expect(box.y).toBeGreaterThanOrEqual(-0.001);
      expect(box.x + box.width).toBeLessThanOrEqual(view.width + 0.001);
      expect(box.y + box.height).toBeLessThanOrEqual(view.height + 0.001);
    }
  });
});

describe("arrow keys", () => {
  const named = (numbers: readonly number[]) => SPOTS.find((spot) => spot.numbers.join() === numbers.join())!;

  it("lead from a number over the edge to the next", () => {
    const view = project("wide");
    const edge = neighbour(SPOTS, named([17]), "right", view, false);
    expect(edge?.numbers).toEqual([17, 20]);
    expect(neighbour(SPOTS, edge!, "right", view, false)?.numbers).toEqual([20]);
  });

  it("lead from field to field with Shift", () => {
    expect(neighbour(SPOTS, named([17]), "up", project("wide"), true)?.numbers).toEqual([18]);
    expect(neighbour(SPOTS, named([17]), "down", project("tall"), true)?.numbers).toEqual([20]);
  });

  it.each(["wide", "tall"] as const)("reach all 157 positions when %s", (orientation) => {
    const view = project(orientation);
    const reached = new Set([17]);
    const queue = [17];
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      for (const direction of ["up", "down", "left", "right"] as const) {
        const next = neighbour(SPOTS, SPOTS[at]!, direction, view, false);
        if (next && !reached.has(next.position)) {
          reached.add(next.position);
          queue.push(next.position);
        }
      }
    }
    expect(reached.size).toBe(157);
  });
});

describe("words and neighbours", () => {
  it("say what a number is without its colour on the screen", () => {
    expect([0, 17, 32].map((number) => describeNumber(number, RED))).toEqual(["green", "black, odd, low", "red, even, high"]);
  });

  it("of zero are 3, 26, 32 and 15", () => {
    expect(wheelNeighbours(WHEEL, 0)).toEqual([3, 26, 0, 32, 15]);
  });
});
