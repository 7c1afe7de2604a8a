/** Amounts on the screen are the books' digits with a point set in: no digit is ever computed. */
import { describe, expect, it } from "vitest";
import { chipValues, formatChip, formatMinor, formatSigned } from "../src/state/money";
import { randomNumbers } from "./support";

describe("formatMinor", () => {
  it.each([
    [0, 0, "0"],
    [7, 0, "7"],
    [1_234_567, 0, "1,234,567"],
    [-1_000, 0, "−1,000"],
    [0, 2, "0.00"],
    [5, 2, "0.05"],
    [-5, 2, "−0.05"],
    [123_450, 2, "1,234.50"],
    [-123_450, 2, "−1,234.50"],
    [99_999, 2, "999.99"],
    [1, 8, "0.00000001"],
    [-1, 8, "−0.00000001"],
    [123_456_789_012, 8, "1,234.56789012"],
    [100_000_000, 8, "1.00000000"],
  ])("%d with exponent %d is %s", (minor, exponent, text) => {
    expect(formatMinor(minor, exponent)).toBe(text);
  });

  it("keeps every digit of the largest amounts, which division would lose", () => {
    expect(formatMinor(Number.MAX_SAFE_INTEGER, 2)).toBe("90,071,992,547,409.91");
    expect(formatMinor(Number.MAX_SAFE_INTEGER, 8)).toBe("90,071,992.54740991");
    expect(formatMinor(Number.MIN_SAFE_INTEGER, 0)).toBe("−9,007,199,254,740,991");
  });

  it("shows exactly the digits of the amount, whatever it is", () => {
    const random = randomNumbers(4);
    for (let run = 0; run < 2000; run += 1) {
      const minor = Math.floor((random() * 2 - 1) * 10 ** (random() * 15));
      for (const exponent of [0, 2, 8]) {
        const text = formatMinor(minor, exponent);
        expect(BigInt(text.replace(/[,.]/g, "").replace("−", "-"))).toBe(BigInt(minor));
        expect(text.split(".")[1]?.length ?? 0).toBe(exponent);
      }
    }
  });

  it.each([0.5, Number.NaN, 2 ** 53])("refuses %d, which is no amount", (minor) => {
    expect(() => formatMinor(minor, 2)).toThrow(RangeError);
  });
});

describe("formatSigned", () => {
  it.each([
    [1_200, "+12.00"],
    [-350, "−3.50"],
    [0, "0.00"],
  ])("%d is %s", (minor, text) => {
    expect(formatSigned(minor, 2)).toBe(text);
  });
});

describe("formatChip", () => {
  it.each([
    [500, 2, "5"],
    [50, 2, "0.50"],
    [100_000, 2, "1k"],
    [250_000, 2, "2.5k"],
    [12_500_000, 2, "125k"],
    [123_400, 2, "1234"],
    [100_001, 2, "1000.01"],
    [1_000, 0, "1k"],
    [25, 0, "25"],
    [100_000_000, 8, "1"],
    [1, 8, "0.00000001"],
  ])("%d with exponent %d is %s", (minor, exponent, text) => {
    expect(formatChip(minor, exponent)).toBe(text);
  });
});

describe("chipValues", () => {
  it("gives legal stakes only, and always at least one", () => {
    expect(chipValues(100, 1_000_000)).toEqual([100, 500, 1_000, 2_500, 10_000, 50_000]);
    expect(chipValues(100, 1_000)).toEqual([100, 500, 1_000]);
    expect(chipValues(100, 50)).toEqual([100]);
  });
});
