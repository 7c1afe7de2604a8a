import { expect, it } from "vitest";
import { applyToAccount, fromWelcome, parseSitting, sittingNet, sittingOf } from "../../src/state/account";
import { aWelcome } from "../net/fakes";

const money = (available_minor: number, reserved_minor: number, seq: number) => ({ available_minor, reserved_minor, seq });

it("a message overtaken by a newer one changes nothing", () => {
  const account = fromWelcome(aWelcome({ money: money(1_000, 0, 9) }), null);
  expect(applyToAccount(account, { t: "Balance", money: money(500, 0, 8), net_minor: -500 })).toBe(account);
});

it("the net position of a sitting goes on over a reconnect, with what was settled in between", () => {
  const start = fromWelcome(aWelcome({ money: money(10_000, 0, 1) }), null);
  const lost = applyToAccount(start, { t: "Balance", money: money(9_000, 0, 3), net_minor: -1_000 });
  const staked = applyToAccount(lost, { t: "BonusGranted", amount_minor: 0, tick: 1, money: money(8_500, 500, 4) });
  const back = fromWelcome(aWelcome({ money: money(9_500, 0, 6), net_minor: 0 }), sittingOf(staked));
  expect(sittingNet(back)).toBe(-500);
});

it("another player's sitting begins at nothing", () => {
  const ann = applyToAccount(fromWelcome(aWelcome(), null), { t: "Balance", money: money(5, 0, 9), net_minor: -7 });
  expect(sittingNet(fromWelcome(aWelcome({ player_id: 2 }), sittingOf(ann)))).toBe(0);
});

it("the net position of a sitting outlives a reload of the page", () => {
  const start = fromWelcome(aWelcome({ money: money(10_000, 0, 1) }), null);
  const won = applyToAccount(start, { t: "Balance", money: money(13_500, 0, 3), net_minor: 3_500 });
  const kept = JSON.stringify(sittingOf(won));
  const back = fromWelcome(aWelcome({ money: money(13_500, 0, 3), net_minor: 0 }), parseSitting(kept));
  expect(sittingNet(back)).toBe(3_500);
});

it.each([null, "", "{", "null", "7", '{"playerId":1}', '{"playerId":1,"netMinor":"5","totalMinor":2}'])(
  "a kept sitting that reads %s is none",
  (text) => {
    expect(parseSitting(text)).toBeNull();
  },
);
