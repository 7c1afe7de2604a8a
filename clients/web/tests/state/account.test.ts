import { expect, it } from "vitest";
import { applyToAccount, fromWelcome, netSince, parseSitting, sittingNet, sittingOf } from "../../src/state/account";
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
  const back = fromWelcome(aWelcome({ money: money(9_500, 0, 6), net_minor: 0, net_since_ms: 1_060_000 }), sittingOf(staked));
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
  const back = fromWelcome(aWelcome({ money: money(13_500, 0, 3), net_minor: 0, net_since_ms: 1_060_000 }), parseSitting(kept));
  expect(sittingNet(back)).toBe(3_500);
  expect(netSince(back)).toBeNull();
});

it("the server's own count is the net position where it reaches back to the sitting's begin", () => {
  const start = fromWelcome(aWelcome({ money: money(10_000, 0, 1) }), null);
  const back = fromWelcome(aWelcome({ money: money(9_500, 0, 6), net_minor: -500, server_ms: 1_060_000 }), sittingOf(start));
  expect(sittingNet(back)).toBe(-500);
});

it("another session of play begins at nothing", () => {
  const start = fromWelcome(aWelcome({ money: money(10_000, 0, 1), net_minor: 700 }), null);
  const later = { started_ms: 2_000_000, net_since_ms: 2_000_000 };
  expect(sittingNet(fromWelcome(aWelcome({ money: money(9_500, 0, 6), ...later }), sittingOf(start)))).toBe(0);
});

it("a net position that counts from later than the session's begin says since when", () => {
  expect(netSince(fromWelcome(aWelcome({ net_since_ms: 1_500_000 }), null))).toBe(1_500_000);
  expect(netSince(fromWelcome(aWelcome(), null))).toBeNull();
});

it("a server that does not tell times counts from its Welcome", () => {
  const account = fromWelcome(aWelcome({ started_ms: 0, net_since_ms: 0 }), null);
  expect([account.startedMs, netSince(account)]).toEqual([1_000_000, null]);
});

it.each([null, "", "{", "null", "7", '{"playerId":1}', '{"playerId":1,"netMinor":"5","totalMinor":2}'])(
  "a kept sitting that reads %s is none",
  (text) => {
    expect(parseSitting(text)).toBeNull();
  },
);
