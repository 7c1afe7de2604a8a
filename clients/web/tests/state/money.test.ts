import { describe, expect, it } from "vitest";
import { chipValues, formatChip, formatMinor, formatSigned } from "../../src/state/money";

describe("formatMinor", () => {
  it.each([
    [0, 2, "0.00"],
    [5, 2, "0.05"],
    [123_456_789, 2, "1,234,567.89"],
    [-350, 2, "−3.50"],
    [1_000, 0, "1,000"],
    [12_345, 3, "12.345"],
    [Number.MAX_SAFE_INTEGER, 2, "90,071,992,547,409.91"],
    [0, 0, "0"],
    [-1_000, 0, "−1,000"],
    [-5, 2, "−0.05"],
    [0, 8, "0.00000000"],
    [1, 8, "0.00000001"],
    [-1, 8, "−0.00000001"],
    [123_456_789_012, 8, "1,234.56789012"],
    [Number.MAX_SAFE_INTEGER, 8, "90,071,992.54740991"],
    [Number.MIN_SAFE_INTEGER, 0, "−9,007,199,254,740,991"],
  ])("%i with exponent %i is %s", (minor, exponent, text) => {
    expect(formatMinor(minor, exponent)).toBe(text);
  });

  it("shows every digit of an amount: a division would lose some", () => {
    for (let minor = Number.MAX_SAFE_INTEGER; minor > 0; minor = Math.floor(minor / 3)) {
      for (const exponent of [0, 2, 8]) {
        expect(BigInt(formatMinor(minor, exponent).replace(/[,.]/g, ""))).toBe(BigInt(minor));
        expect(BigInt(formatMinor(-minor, exponent).replace(/[,.]/g, "").replace("−", "-"))).toBe(BigInt(-minor));
      }
    }
  });

  it("refuses what is not a whole number of minor units", () => {
    expect(() => formatMinor(0.5, 2)).toThrow(RangeError);
    expect(() => formatMinor(2 ** 53, 2)).toThrow(RangeError);
  });
});

describe("formatSigned", () => {
  it("shows the sign of a win and of a loss, and none for nothing", () => {
    expect([formatSigned(100, 2), formatSigned(-100, 2), formatSigned(0, 2)]).toEqual(["+1.00", "−1.00", "0.00"]);
  });
});

describe("formatChip", () => {
  it.each([
    [100, "1"],
    [50, "0.50"],
    [2_500, "25"],
    [100_000, "1k"],
    [250_000, "2.5k"],
    [125_500, "1255"],
    [1_000_000, "10k"],
    [10, "0.10"],
  ])("%i is %s", (minor, text) => {
    expect(formatChip(minor, 2)).toBe(text);
  });
});

describe("chipValues", () => {
  it("are legal stakes of the table, smallest first", () => {
    expect(chipValues(100, 500_000)).toEqual([100, 500, 1_000, 2_500, 10_000, 50_000]);
    expect(chipValues(100, 2_000)).toEqual([100, 500, 1_000]);
    expect(chipValues(500, 100)).toEqual([500]);
  });
});
