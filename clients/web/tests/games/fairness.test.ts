import { describe, expect, it } from "vitest";
import { proofOf } from "../../src/games/shared/Fairness";
import { applyTablePush, fromSnapshot, type TableState } from "../../src/state/table";
import { aSnapshot, ROUND } from "../net/fakes";

const COMMITMENT = "c0".repeat(32);
const SEED = "5e".repeat(32);

const betting = (): TableState => fromSnapshot(aSnapshot({ commitment: COMMITMENT }), null);
const closed = (state: TableState) => applyTablePush(state, 11, { t: "BetsClosed", round_id: ROUND });
const decided = (state: TableState) => applyTablePush(state, 12, { t: "RoundResult", round_id: ROUND, number: 4, detail: [1, 2], seed: SEED });
const settled = (state: TableState) => applyTablePush(state, 13, { t: "RoundSettled", round_id: ROUND, winners: [], next_opens_ms: 0 });

describe("what is said of fairness", () => {
  it("before the result is the commitment alone", () => {
    expect(proofOf(closed(betting()))).toMatchObject({ commitment: COMMITMENT, seed: "", roundNo: 3 });
  });

  it("after it is the seed of that round, until the next opens", () => {
    const proof = { commitment: COMMITMENT, seed: SEED, roundNo: 3 };
    expect(proofOf(decided(closed(betting())))).toMatchObject(proof);
    const between = settled(decided(closed(betting())));
    expect(proofOf(between)).toMatchObject(proof);
    const next = applyTablePush(between, 14, { t: "RoundOpened", round_id: ROUND, round_no: 4, opens_ms: 1, closes_ms: 2, server_ms: 1, commitment: "d0" });
    expect(proofOf(next)).toMatchObject({ commitment: "d0", seed: "", roundNo: 4 });
  });

  it("is nothing where a dealer makes the outcome", () => {
    const live = fromSnapshot(aSnapshot({ commitment: "" }), null);
    expect(proofOf(live)).toBeNull();
    const ended = applyTablePush(closed(live), 12, { t: "RoundResult", round_id: ROUND, number: 4, detail: [], seed: "" });
    expect(proofOf(ended)).toBeNull();
  });
});
