/** The generated layout against the geometry of the cloth, worked out here a second time. */
import { describe, expect, it } from "vitest";
import { CALLS, POSITIONS, type PositionKind } from "../../src/protocol/roulette";

const NUMBERS = Array.from({ length: 36 }, (_, index) => index + 1);
const ROWS = Array.from({ length: 12 }, (_, row) => [3 * row + 1, 3 * row + 2, 3 * row + 3]);
const REDS = [1, 3, 5, 7, 9, 12, 14, 16, 18, 19, 21, 23, 25, 27, 30, 32, 34, 36];

/** The cloth has three columns: n + 1 is beside n unless n ends a row, n + 3 is below it unless n is in the last row. */
function splits(): number[][] {
  const beside = NUMBERS.filter((n) => n % 3 !== 0).map((n) => [n, n + 1]);
  const below = NUMBERS.filter((n) => n <= 33).map((n) => [n, n + 3]);
  return [[0, 1], [0, 2], [0, 3], ...beside, ...below];
}

const FAMILIES: Record<PositionKind, number[][]> = {
  straight: [0, ...NUMBERS].map((n) => [n]),
  split: splits(),
  trio: [[0, 1, 2], [0, 2, 3]],
  street: ROWS,
  first_four: [[0, 1, 2, 3]],
  corner: NUMBERS.filter((n) => n % 3 !== 0 && n <= 32).map((n) => [n, n + 1, n + 3, n + 4]),
  six_line: ROWS.slice(1).map((row, index) => [...(ROWS[index] ?? []), ...row]),
  dozen: [0, 1, 2].map((dozen) => NUMBERS.filter((n) => Math.floor((n - 1) / 12) === dozen)),
  column: [1, 2, 0].map((rest) => NUMBERS.filter((n) => n % 3 === rest)),
  red: [REDS],
  black: [NUMBERS.filter((n) => !REDS.includes(n))],
  odd: [NUMBERS.filter((n) => n % 2 === 1)],
  even: [NUMBERS.filter((n) => n % 2 === 0)],
  low: [NUMBERS.slice(0, 18)],
  high: [NUMBERS.slice(18)],
};

function texts(groups: readonly (readonly number[])[]): string[] {
  return groups.map((group) => group.join("-")).sort();
}

describe("positions", () => {
  it("are 157, each at its own index", () => {
    expect(POSITIONS).toHaveLength(157);
    expect(POSITIONS.map(({ position }) => position)).toEqual(Array.from({ length: 157 }, (_, index) => index));
    expect(new Set(POSITIONS.map(({ name }) => name)).size).toBe(157);
  });

  it.each(Object.entries(FAMILIES))("%s are those of the cloth", (kind, groups) => {
    expect(texts(POSITIONS.filter((one) => one.kind === kind).map((one) => one.numbers))).toEqual(texts(groups));
  });

  it("pay what leaves the house one number in 37", () => {
    for (const { numbers, pays } of POSITIONS) expect(numbers.length * (pays + 1)).toBe(36);
  });

  it.each([0, ...NUMBERS])("number %d wins on its families and no others", (number) => {
    const won = POSITIONS.filter(({ numbers }) => numbers.includes(number)).map(({ kind, numbers }) => `${kind} ${numbers.join("-")}`);
    const due = Object.entries(FAMILIES).flatMap(([kind, groups]) => groups.filter((group) => group.includes(number)).map((group) => `${kind} ${group.join("-")}`));
    expect(won.sort()).toEqual(due.sort());
    const even = won.filter((one) => /^(red|black|odd|even|low|high|dozen|column) /.test(one));
    expect(even).toHaveLength(number === 0 ? 0 : 5);
  });
});

describe("announced bets", () => {
  const units = (name: keyof typeof CALLS) => CALLS[name].reduce((sum, chip) => sum + chip.units, 0);
  const covered = (name: keyof typeof CALLS) => new Set(CALLS[name].flatMap(({ position }) => POSITIONS[position]?.numbers ?? []));

  it("cost 9, 6 and 5 units", () => {
    expect([units("voisins"), units("tiers"), units("orphelins")]).toEqual([9, 6, 5]);
  });

  it("share the wheel among them: every number in exactly one", () => {
    const all = [...covered("voisins"), ...covered("tiers"), ...covered("orphelins")];
    expect([covered("voisins").size, covered("tiers").size, covered("orphelins").size]).toEqual([17, 12, 8]);
    expect(all.sort((a, b) => a - b)).toEqual([0, ...NUMBERS]);
  });
});
