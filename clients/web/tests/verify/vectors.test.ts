/** The page's verifier and the stand-alone one against the vectors that the house's own code wrote. */
import { createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Draws, shoe } from "../../src/verify/draws.ts";
import { bytesOf, commitmentOf, hexOf, hmac, sha256 } from "../../src/verify/sha256.ts";
import { verify } from "../../src/verify/verify.ts";
// @ts-expect-error a script without types, for people without this project
import * as alone from "../../../../docs/verify/verify.mjs";

interface Vectors {
  chains: { root: string; elements: string[] }[];
  commitments: { seed: string; commitment: string }[];
  draws: { seed: string; client: string; nonce: number; digest: string; below: [number, number][] }[];
  shoes: { seed: string; client: string; nonce: number; decks: number; cards: number[] }[];
  records: { record: unknown; verdict: unknown }[];
  signed: { public: string; record: Record<string, unknown> }[];
  outcomes: { rules_version: string; count: number; sha256: string }[];
}

const vectors = JSON.parse(readFileSync(new URL("../../../../tests/golden/fairness.json", import.meta.url), "utf8")) as Vectors;
const both = [
  { name: "page", verify },
  { name: "script", verify: alone.verify as typeof verify },
];

describe("SHA-256 and HMAC written out", () => {
  it("equal Node's for every length round the edges of blocks", () => {
    for (let length = 0; length <= 300; length += 1) {
      const message = Uint8Array.from({ length }, (_, index) => (index * 7 + length) & 255);
      expect(hexOf(sha256(message))).toBe(createHash("sha256").update(message).digest("hex"));
      expect(hexOf(hmac(message, bytesOf("message")))).toBe(createHmac("sha256", message).update("message").digest("hex"));
    }
  });

  it("equal the published digest of nothing", () => {
    expect(commitmentOf("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  });
});

describe("numbers from seeds", () => {
  it.each(vectors.chains)("chain of $root has the published elements", ({ elements }) => {
    expect(alone.chain(elements.at(-1), elements.length - 1)).toEqual(elements);
    expect(elements.slice(1).map(commitmentOf)).toEqual(elements.slice(0, -1));
  });

  it.each(vectors.commitments)("commitment of $seed", ({ seed, commitment }) => {
    expect(commitmentOf(seed)).toBe(commitment);
  });

  it.each(vectors.draws)("stream of $client:$nonce", ({ seed, client, nonce, digest, below }) => {
    const draws = new Draws(seed, client, nonce);
    const other = alone.numbers(seed, client, nonce);
    expect(draws.digest()).toBe(digest);
    for (const [n, value] of below) expect([draws.below(n), other(n)]).toEqual([value, value]);
  });

  it.each(vectors.shoes)("shoe of $decks decks from $seed", ({ seed, client, nonce, decks, cards }) => {
    expect(shoe(new Draws(seed, client, nonce), decks, cards.length)).toEqual(cards);
    expect(alone.deal(alone.numbers(seed, client, nonce), decks, cards.length)).toEqual(cards);
  });
});

describe("signatures, checked by the script", () => {
  const judge = alone.verify as (record: unknown, key: string) => { ok: boolean; problems: string[] };

  it.each(vectors.signed)("of the house hold for $record.state rounds", ({ public: key, record }) => {
    expect(judge(record, key)).toMatchObject({ ok: true, problems: [] });
  });

  it.each([{ table_id: "other" }, { round_id: "00" }, { number: 1 }, { detail: [1] }, { record: "c0" }, { signature: "" }, { signature: undefined }, { record: "dead" }])("do not hold where %j was changed", (change) => {
    const [{ public: key, record } = { public: "", record: {} }] = vectors.signed;
    expect(judge({ ...record, ...change }, key).problems).toContain("signature");
  });

  it("do not hold under another key", () => {
    expect(judge(vectors.signed[0]?.record, "00".repeat(32)).problems).toContain("signature");
  });
});

describe.each(both)("records judged by the $name", ({ verify: judge }) => {
  it("have the verdicts of the house's own verifier, the true ones and those tampered with", () => {
    expect(vectors.records.map(({ record }) => judge(record))).toEqual(vectors.records.map(({ verdict }) => verdict));
  });

  it.each(vectors.outcomes)("lead to the same outcomes of $rules_version for hundreds of seeds", (expected) => {
    const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
    let lines = "";
    for (let n = 0; n < expected.count; n += 1) {
      const seed = digest(`${expected.rules_version}/seed/${n}`);
      const salt = digest(`${expected.rules_version}/client/${n}`);
      const names = { rules_version: expected.rules_version, seed, commitment: digest(seed), salt };
      lines += `${judge({ ...names, round_no: n, number: 0, detail: [] }).found.join(",")}\n`;
    }
    expect(digest(lines)).toBe(expected.sha256);
  });

  it("lead to the bust that is published for a seed of noughts", () => {
    const salt = "0000000000000000004d6ec16dafe9d8370958664c1dc422f452892264c59526";
    const seed = "0".repeat(64);
    const names = { rules_version: "crash-99-1:x", seed, commitment: commitmentOf(seed), salt };
    expect(judge({ ...names, round_no: 1, number: 10559 })).toEqual({ ok: true, problems: [], found: [10559] });
  });

  it.each([null, 5, "text", [], {}, { rules_version: "roulette-eu-1:x" }, { ...(vectors.records[0]?.record as object), number: 1.5 }, { ...(vectors.records[0]?.record as object), chain: 5 }, { ...(vectors.records[0]?.record as object), detail: "no" }])(
    "are malformed where they are no records: %j",
    (record) => {
      expect(judge(record)).toEqual({ ok: false, problems: ["malformed"], found: [] });
    },
  );
});
