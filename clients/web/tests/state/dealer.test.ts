import { describe, expect, it } from "vitest";
import type { DealerState, Shoe } from "../../src/protocol/messages";
import { cardOfText, dealerRights, dueText, newerDealerState } from "../../src/state/dealer";
import { ROUND } from "../net/fakes";

const state = (change: Partial<DealerState>): DealerState => ({
  t: "DealerState",
  table_id: "live-1",
  phase: "idle",
  round_id: ROUND,
  round_no: 1,
  closes_ms: 0,
  server_ms: 10,
  number: -1,
  source: "",
  bets: 0,
  players: 0,
  stake_minor: 0,
  dealer: "dora",
  shoe: [],
  ...change,
});

describe("dealerRights", () => {
  it.each([
    ["idle", ["open"]],
    ["paused", ["open"]],
    ["betting", ["close", "void"]],
    ["closed", ["number", "void"]],
    ["number", ["number", "confirm", "void"]],
    ["result", []],
    ["anything else", []],
  ])("in %s: %s", (phase, allowed) => {
    const rights = Object.entries(dealerRights(phase)).filter(([, may]) => may);
    expect(rights.map(([name]) => name)).toEqual(allowed);
  });
});

const shoe = (change: Partial<Shoe>): Shoe => ({ seq: 2, number: 1, state: "between", left: 400, to_burn: 0, cut: 14, rounds: 0, rounds_left: -1, cards: [], due: 0, ...change });

describe("dealerRights where cards are dealt", () => {
  it.each([
    ["idle", shoe({}), ["open"]],
    ["idle", shoe({ state: "loaded" }), []],
    ["idle", shoe({ state: "burning" }), []],
    ["idle", shoe({ state: "over" }), []],
    ["closed", shoe({}), ["card", "void"]],
    ["playing", shoe({ state: "round", cards: [1] }), ["card", "back", "void"]],
    ["playing", shoe({ cards: [] }), ["card", "void"]],
    ["number", shoe({ state: "round", cards: [1, 2, 3, 4], due: -1 }), ["back", "confirm", "void"]],
  ])("in %s with %o", (phase, has, allowed) => {
    const rights = Object.entries(dealerRights(phase, has)).filter(([, may]) => may);
    expect(rights.map(([name]) => name)).toEqual(allowed);
  });
});

describe("cardOfText", () => {
  it.each([
    ["As", 0],
    ["5h", 17],
    ["10d", 35],
    ["Td", 35],
    [" kc ", 51],
    ["1s", -1],
    ["5x", -1],
    ["", -1],
    ["5", -1],
  ])("reads %o as %i", (text, card) => {
    expect(cardOfText(text)).toBe(card);
  });
});

describe("dueText", () => {
  it("says whose card comes", () => {
    expect(dueText(1, 2)).toBe("Next: the banker's third card.");
    expect(dueText(-1, 0)).toBe("No card is due.");
  });
});

describe("newerDealerState", () => {
  it("does not go back in time at one table", () => {
    const late = state({ server_ms: 20, phase: "betting" });
    expect(newerDealerState(late, state({}))).toBe(late);
  });

  it("takes any state of another table", () => {
    const other = state({ table_id: "live-2", server_ms: 1 });
    expect(newerDealerState(state({}), other)).toBe(other);
  });
});
