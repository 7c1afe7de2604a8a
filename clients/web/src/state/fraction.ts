/** Exact fractions as the rules write them, "36/37", and as people read them. No floating point: the digits are divided out. */

/** Returns the fraction as per cent with so many decimals, rounded half up: "97.2973" for "36/37". Null: not a fraction. */
export function percentOf(fraction: string, decimals = 4): string | null {
  const parts = /^(\d+)(?:\/(\d+))?$/.exec(fraction.trim());
  const numerator = BigInt(parts?.[1] ?? 0);
  const denominator = BigInt(parts?.[2] ?? 1);
  if (parts === null || denominator === 0n) return null;
  const scale = 10n ** BigInt(decimals);
  const digits = String((2n * numerator * 100n * scale + denominator) / (2n * denominator)).padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  return decimals === 0 ? whole : `${whole}.${digits.slice(-decimals)}`;
}
