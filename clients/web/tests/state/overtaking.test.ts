/** Answers and pushes travel by several ways and may overtake each other; the journal's sequence says which is true. */
import { describe, expect, it } from "vitest";
import type { ServerMessage } from "../../src/protocol/messages";
import { applyToAccount, fromWelcome } from "../../src/state/account";
import { applyMine, fromSnapshot, newerMoney } from "../../src/state/table";
import { aSnapshot, aWelcome, ID, ROUND } from "../net/fakes";

const money = (seq: number, available_minor: number) => ({ available_minor, reserved_minor: 0, seq });
const bet = { bet_id: ID(1), chips: [{ position: 17, stake_minor: 500 }], stake_minor: 500 };

const BALANCE: ServerMessage = { t: "Balance", money: money(5, 900), net_minor: -100 };
const ACCEPTED: ServerMessage = { t: "BetsAccepted", table_id: "roulette-1", round_id: ROUND, bet, received_ms: 0, money: money(6, 400) };
const BONUS: ServerMessage = { t: "BonusGranted", amount_minor: 500, tick: 1, money: money(7, 1_400) };

describe("money of the highest sequence stays", () => {
  it.each([
    [[BALANCE, ACCEPTED, BONUS]],
    [[BALANCE, BONUS, ACCEPTED]],
    [[ACCEPTED, BALANCE, BONUS]],
    [[ACCEPTED, BONUS, BALANCE]],
    [[BONUS, BALANCE, ACCEPTED]],
    [[BONUS, ACCEPTED, BALANCE]],
  ])("in order %#", (messages) => {
    const state = messages.reduce(applyMine, fromSnapshot(aSnapshot(), null));
    const account = messages.reduce(applyToAccount, fromWelcome(aWelcome(), null));
    expect(state.snapshot.money).toEqual(money(7, 1_400));
    expect(state.snapshot.my_bets).toEqual([bet]);
    expect(account.money).toEqual(money(7, 1_400));
  });

  it("and of one sequence the later word counts", () => {
    const later = money(5, 2);
    expect(newerMoney(money(5, 1), later)).toBe(later);
  });
});
