/**
 * Where the 157 positions lie on the layout, worked out from the numbers they cover.
 *
 * Units: one number cell is 1 x 1. u runs along the table from zero (0) to the columns (14); v runs across it from the
 * row of 3 (0) over the row of 1 (3) and the dozens to the even chances (4.6).
 * A wide screen shows u to the right and v down; a narrow one u down and v to the left.
 */
import type { RulesPosition } from "../../api/rules";

export type Orientation = "wide" | "tall";

export interface Spot extends RulesPosition {
  readonly u: number;
  readonly v: number;
  /** Half the width of the cell or hit zone, along u and v. */
  readonly hu: number;
  readonly hv: number;
  /** A field of its own, not an edge or a corner between fields. */
  readonly cell: boolean;
}

const OUTSIDE = 0.8;
export const LENGTH = 14;
export const ACROSS = 3 + 2 * OUTSIDE;
/** Half the thickness of an edge, half its length, half a corner. */
const THIN = 0.17;
const LONG = 0.3;

/** Low, even, red, black, odd, high: the order on the cloth. */
const EVEN_CHANCES = ["low", "even", "red", "black", "odd", "high"];

function cellOf(number: number): { u: number; v: number } {
  if (number === 0) return { u: 0.5, v: 1.5 };
  return { u: 1.5 + Math.floor((number - 1) / 3), v: 2.5 - ((number - 1) % 3) };
}

function edges(of: readonly number[], pick: "u" | "v"): { low: number; high: number } {
  const centres = of.map((number) => cellOf(number)[pick]);
  return { low: Math.min(...centres), high: Math.max(...centres) };
}

function inside(position: RulesPosition): Pick<Spot, "u" | "v" | "hu" | "hv"> {
  const { numbers } = position;
  const spots = numbers.filter((number) => number > 0);
  const u = edges(spots, "u");
  const v = edges(spots, "v");
  const withZero = numbers.includes(0);
  switch (position.kind) {
    case "split":
      if (withZero) return { u: 1, v: v.low, hu: THIN, hv: LONG };
      return u.low === u.high
        ? { u: u.low, v: (v.low + v.high) / 2, hu: LONG, hv: THIN }
        : { u: (u.low + u.high) / 2, v: v.low, hu: THIN, hv: LONG };
    case "trio":
      return { u: 1, v: (v.low + v.high) / 2, hu: THIN, hv: THIN };
    case "first_four":
      return { u: 1, v: 3, hu: THIN, hv: THIN };
    case "street":
      return { u: u.low, v: 3, hu: LONG, hv: THIN };
    case "six_line":
      return { u: (u.low + u.high) / 2, v: 3, hu: THIN, hv: THIN };
    default: // corner
      return { u: (u.low + u.high) / 2, v: (v.low + v.high) / 2, hu: THIN, hv: THIN };
  }
}

function field(position: RulesPosition): Pick<Spot, "u" | "v" | "hu" | "hv"> | null {
  const first = position.numbers[0] ?? 0;
  switch (position.kind) {
    case "straight":
      return { ...cellOf(first), hu: 0.5, hv: first === 0 ? 1.5 : 0.5 };
    case "dozen":
      return { u: 3 + Math.floor((first - 1) / 12) * 4, v: 3 + OUTSIDE / 2, hu: 2, hv: OUTSIDE / 2 };
    case "column":
      return { u: 13.5, v: 3.5 - first, hu: 0.5, hv: 0.5 };
    default: {
      const place = EVEN_CHANCES.indexOf(position.kind);
      return place < 0 ? null : { u: 2 + 2 * place, v: 3 + 1.5 * OUTSIDE, hu: 1, hv: OUTSIDE / 2 };
    }
  }
}

/** Returns every position with its place, in the order of the rules. */
export function layOut(positions: readonly RulesPosition[]): readonly Spot[] {
  return positions.map((position) => {
    const place = field(position);
    return place ? { ...position, ...place, cell: true } : { ...position, ...inside(position), cell: false };
  });
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Projection {
  readonly orientation: Orientation;
  readonly width: number;
  readonly height: number;
  /** Radius of a chip in the same units. */
  readonly chip: number;
  centre(spot: Pick<Spot, "u" | "v">): { x: number; y: number };
  box(spot: Pick<Spot, "u" | "v" | "hu" | "hv">): Box;
}

/** Size of a cell in drawing units, by orientation: tall cells are flat, so that 14 of them fit on a phone. */
const CELL = { wide: { u: 60, v: 62 }, tall: { u: 37, v: 78 } } as const;

export function project(orientation: Orientation): Projection {
  const { u: cu, v: cv } = CELL[orientation];
  const wide = orientation === "wide";
  const centre = (spot: Pick<Spot, "u" | "v">) =>
    wide ? { x: spot.u * cu, y: spot.v * cv } : { x: (ACROSS - spot.v) * cv, y: spot.u * cu };
  return {
    orientation,
    width: wide ? LENGTH * cu : ACROSS * cv,
    height: wide ? ACROSS * cv : LENGTH * cu,
    chip: wide ? 16 : 15,
    centre,
    box(spot) {
      const { x, y } = centre(spot);
      const hx = wide ? spot.hu * cu : spot.hv * cv;
      const hy = wide ? spot.hv * cv : spot.hu * cu;
      return { x: x - hx, y: y - hy, width: 2 * hx, height: 2 * hy };
    },
  };
}

export type Direction = "up" | "down" | "left" | "right";

const AHEAD: Record<Direction, readonly [number, number]> = { up: [0, -1], down: [0, 1], left: [-1, 0], right: [1, 0] };
/** A step sideways counts as much as three ahead, so that arrows go straight where they can. */
const SIDEWAYS = 3;

/** Returns the position that an arrow key leads to, or null at the rim. cellsOnly: pass over edges and corners. */
export function neighbour(spots: readonly Spot[], from: Spot, direction: Direction, view: Projection, cellsOnly: boolean): Spot | null {
  const [dx, dy] = AHEAD[direction];
  const here = view.centre(from);
  let best: Spot | null = null;
  let bestCost = Infinity;
  for (const spot of spots) {
    if (spot === from || (cellsOnly && !spot.cell)) continue;
    const there = view.centre(spot);
    const ahead = (there.x - here.x) * dx + (there.y - here.y) * dy;
    if (ahead < 1) continue;
    const aside = Math.abs((there.x - here.x) * dy) + Math.abs((there.y - here.y) * dx);
    const cost = ahead + SIDEWAYS * aside;
    if (cost < bestCost) [best, bestCost] = [spot, cost];
  }
  return best;
}

export type Colour = "red" | "black" | "green";

export function colourOf(number: number, red: ReadonlySet<number>): Colour {
  if (number === 0) return "green";
  return red.has(number) ? "red" : "black";
}

/** What a result is besides its number, in words: "red, odd, low". Zero is only "green". */
export function describeNumber(number: number, red: ReadonlySet<number>): string {
  if (number === 0) return "green";
  return [colourOf(number, red), number % 2 === 0 ? "even" : "odd", number <= 18 ? "low" : "high"].join(", ");
}

/** Returns the five neighbours of a number on the wheel: two to each side and itself. */
export function wheelNeighbours(wheel: readonly number[], number: number, each = 2): number[] {
  const at = wheel.indexOf(number);
  const size = wheel.length;
  return Array.from({ length: 2 * each + 1 }, (_, i) => wheel[(at - each + i + size) % size]!);
}
