import { describe, expect, it } from "vitest";
import type { DealerState } from "../../src/protocol/messages";
import { dealerRights, newerDealerState } from "../../src/state/dealer";
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
