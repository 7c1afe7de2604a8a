/** What people paste, and what they are told. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { cardsIn, checksOf, nameOf, outcomeText, readRecords, whyNothing } from "../../src/verify/record.ts";
import { verify } from "../../src/verify/verify.ts";

const { records } = JSON.parse(readFileSync(new URL("../../../../tests/golden/fairness.json", import.meta.url), "utf8")) as {
  records: { record: Record<string, unknown> }[];
};
const first = (game: string): Record<string, unknown> => records.find(({ record }) => record.game === game)?.record ?? {};

describe("text that was pasted", () => {
  it.each([
    ["", "Paste the record"],
    ["  \n", "Paste the record"],
    ["{", "This is not a record"],
    ["[]", "The list is empty"],
  ])("%j is answered with a sentence", (text, sentence) => {
    expect(readRecords(text)).toMatchObject({ error: expect.stringContaining(sentence) as string });
  });

  it("is one record or a list of them", () => {
    expect(readRecords('{"a":1}')).toEqual({ records: [{ a: 1 }] });
    expect(readRecords('[{"a":1},2]')).toEqual({ records: [{ a: 1 }, 2] });
  });
});

describe("a record in words", () => {
  it.each(["roulette", "baccarat", "crash", "blackjack", "slot"])("of %s says what its seed leads to", (game) => {
    const record = first(game);
    const { found } = verify(record);
    expect(outcomeText(record, found)).not.toBe("");
    expect(cardsIn(record, found)?.length ?? 0).toBeGreaterThanOrEqual(game === "baccarat" ? 4 : game === "blackjack" ? 2 : 0);
    expect(checksOf(record, []).every(({ good }) => good)).toBe(true);
  });

  it("names table and round, or game and nonce, or nothing", () => {
    expect(nameOf(first("roulette"))).toBe("roulette-1, round 1");
    expect(nameOf(first("slot"))).toBe("slot, round 0");
    expect(nameOf(null)).toBe("Record");
  });

  it("lists only checks that were made", () => {
    const names = (record: unknown, problems: Parameters<typeof checksOf>[1] = []): string[] => checksOf(record, problems).map(({ problem }) => problem);
    expect(names(null, ["malformed"])).toEqual(["malformed"]);
    expect(names({ ...first("roulette"), chain: null })).toEqual(["game", "commitment", "outcome"]);
    expect(names(first("slot"))).toEqual(["game", "commitment", "outcome", "payout"]);
    expect(names({ ...first("roulette"), state: "voided" })).toEqual(["game", "commitment", "chain"]);
  });

  it.each([
    [{ state: "in progress" }, "not over"],
    [{ state: "settled", dealer: "Dana" }, "by a person"],
    [{ state: "settled", commitment: "" }, "before rounds had seeds"],
    [{ state: "settled", client_seed: "mine", seed: "", commitment: "ab" }, "still in use"],
    [{ state: "voided", commitment: "ab", seed: "" }, "voided"],
  ])("%j has nothing to check and says why", (record, words) => {
    expect(whyNothing(record)).toContain(words);
    expect(whyNothing(first("crash"))).toBeNull();
  });
});
