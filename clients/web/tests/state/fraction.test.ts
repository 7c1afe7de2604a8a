import { describe, expect, it } from "vitest";
import { percentOf } from "../../src/state/fraction";

describe("a return as per cent", () => {
  it.each([
    ["36/37", "97.2973"],
    ["99/100", "99.0000"],
    ["1", "100.0000"],
    ["4942517586440192/4998398275503360", "98.8820"],
    ["1/100000000", "0.0000"],
    ["2/3", "66.6667"],
  ])("of %s is %s", (fraction, percent) => expect(percentOf(fraction)).toBe(percent));

  it("is rounded half up, digit by digit, without floating point", () => {
    expect(percentOf("1/8", 0)).toBe("13");
    expect(percentOf("99999999999999999999/100000000000000000000", 4)).toBe("100.0000");
  });

  it.each(["", "a/b", "1/0", "0.97", "-1/2"])("of %j is nothing", (text) => expect(percentOf(text)).toBeNull());
});
