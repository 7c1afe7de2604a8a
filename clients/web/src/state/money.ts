/**
 * Money as the screen shows it. Amounts are whole minor units (numbers below 2^53); nothing here divides or multiplies
 * by a fraction: the decimal point is set by cutting the digits.
 */

export interface Currency {
  /** Code as the books have it, such as "PLAY". */
  readonly code: string;
  /** How many digits stand after the point. */
  readonly exponent: number;
}

export const PLAY: Currency = { code: "PLAY", exponent: 2 };

function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Returns "1,234.50" for 123450 with exponent 2. A true minus sign stands before negative amounts. */
export function formatMinor(minor: number, exponent: number): string {
  if (!Number.isSafeInteger(minor)) throw new RangeError("an amount is a whole number of minor units");
  const digits = String(Math.abs(minor)).padStart(exponent + 1, "0");
  const whole = grouped(digits.slice(0, digits.length - exponent));
  const text = exponent === 0 ? whole : `${whole}.${digits.slice(digits.length - exponent)}`;
  return minor < 0 ? `−${text}` : text;
}

/** Returns the amount with its sign always shown: "+12.00", "−3.50", "0.00". */
export function formatSigned(minor: number, exponent: number): string {
  return minor > 0 ? `+${formatMinor(minor, exponent)}` : formatMinor(minor, exponent);
}

/** Returns the shortest honest text for a chip: "5", "0.50", "1k", "2.5k"; never rounds: falls back to the full amount. */
export function formatChip(minor: number, exponent: number): string {
  const full = formatMinor(minor, exponent).replaceAll(",", "");
  const whole = exponent > 0 && /^\D?\d+\.0+$/.test(full) ? full.slice(0, -(exponent + 1)) : full;
  const kilo = /^(\d+)(\d)00$/.exec(whole);
  if (kilo) return kilo[2] === "0" ? `${kilo[1]}k` : `${kilo[1]}.${kilo[2]}k`;
  return whole;
}

/** Returns six chip values for a table, smallest first, each a legal stake. */
export function chipValues(minStakeMinor: number, maxTableMinor: number): readonly number[] {
  const steps = [1, 5, 10, 25, 100, 500];
  const values = steps.map((step) => step * minStakeMinor).filter((value) => value <= maxTableMinor);
  return values.length > 0 ? values : [minStakeMinor];
}
