/**
 * How a flight climbs: floor(100 * e^(6/100000 * ms)) hundredths, as the server computes it in integers. Pure.
 *
 * Floating point of 53 bits gives the same numbers: no millisecond of a flight brings the true value so near to a whole
 * number that the error could matter (shown beside the server's function; the shared vectors are a test here).
 */

export const CEILING = 1_000_000;
export const CEILING_MS = 153_506;
export const TARGET_MIN = 101;

/** Returns what the curve shows so long after take-off, in hundredths; 100 before it. */
export function multiplierAt(flownMs: number): number {
  const ms = Math.floor(flownMs);
  if (ms <= 0) return 100;
  if (ms >= CEILING_MS) return CEILING;
  return Math.floor(100 * Math.exp(ms * 6e-5));
}

/** Returns the first millisecond after take-off at which the curve shows at least this. */
export function reachedMs(multiplier: number): number {
  let [low, high] = [0, CEILING_MS];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (multiplierAt(middle) >= multiplier) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** "2.47×" for 247. */
export function formatMultiplier(hundredths: number): string {
  const digits = String(hundredths).padStart(3, "0");
  return `${digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ",")}.${digits.slice(-2)}×`;
}

/** Reads an automatic cash-out as a person writes it: "2", "1.5", "10,00". Null: none that the game takes. */
export function parseTarget(text: string): number | null {
  const parts = /^\s*(\d{1,6})(?:[.,](\d{1,2}))?\s*×?\s*$/.exec(text);
  if (parts === null) return null;
  const target = Number(parts[1]) * 100 + Number((parts[2] ?? "").padEnd(2, "0"));
  return target >= TARGET_MIN && target <= CEILING ? target : null;
}

/** Returns what a stake pays at a multiplier: rounded down to minor units. */
export function paysAt(stakeMinor: number, multiplier: number): number {
  return Number((BigInt(stakeMinor) * BigInt(multiplier)) / 100n);
}

const STEPS = [1, 2, 5];

/** Returns about four round numbers between 0 and `most`, exclusive of 0. */
export function ticksUpTo(most: number, count = 4): readonly number[] {
  let [power, index] = [0.1, 0];
  while (most / (power * STEPS[index]!) > count) {
    index = (index + 1) % STEPS.length;
    if (index === 0) power *= 10;
  }
  const step = power * STEPS[index]!;
  return Array.from({ length: Math.floor(most / step + 1e-9) }, (_, i) => Math.round((i + 1) * step * 10) / 10);
}
