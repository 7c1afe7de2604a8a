/** Who I am and what I have, from every message that tells it. */
import type { Money, ServerMessage, TableSnapshot, Welcome } from "../protocol/messages";
import { newerMoney } from "./table";

export interface Account {
  readonly playerId: number;
  readonly name: string;
  readonly roles: readonly string[];
  readonly currency: string;
  readonly exponent: number;
  readonly playMoney: boolean;
  readonly money: Money;
  /** What rounds settled on this connection did, as the server counts it. */
  readonly netMinor: number;
  /** What was won or lost before this connection, in the same sitting. */
  readonly earlierNetMinor: number;
}

/** Returns the net position of the whole sitting. */
export function sittingNet(account: Account): number {
  return account.earlierNetMinor + account.netMinor;
}

function total(money: Money): number {
  return money.available_minor + money.reserved_minor;
}

/** What of a sitting outlives a connection, and a reload of the page. */
export interface Sitting {
  readonly playerId: number;
  readonly netMinor: number;
  readonly totalMinor: number;
}

export function sittingOf(account: Account): Sitting {
  return { playerId: account.playerId, netMinor: sittingNet(account), totalMinor: total(account.money) };
}

/** Returns the sitting that a text holds; null where it holds none. */
export function parseSitting(text: string | null): Sitting | null {
  try {
    const { playerId, netMinor, totalMinor } = JSON.parse(text ?? "null") as Sitting;
    return [playerId, netMinor, totalMinor].every(Number.isSafeInteger) ? { playerId, netMinor, totalMinor } : null;
  } catch {
    return null;
  }
}

/**
 * Starts from a Welcome. The server counts the net position anew on every connection; what was counted before, and what
 * rounds settled in between did to the total, is carried over. (A bonus paid in between is carried as if it were won.)
 */
export function fromWelcome(welcome: Welcome, before: Sitting | null): Account {
  const same = before?.playerId === welcome.player_id ? before : null;
  return {
    earlierNetMinor: same ? same.netMinor + total(welcome.money) - same.totalMinor - welcome.net_minor : 0,
    playerId: welcome.player_id,
    name: welcome.name,
    roles: welcome.roles,
    currency: welcome.currency,
    exponent: welcome.exponent,
    playMoney: welcome.play_money,
    money: welcome.money,
    netMinor: welcome.net_minor,
  };
}

function told(account: Account, money: Money, netMinor: number): Account {
  // A message overtaken by a newer one must not turn the net position back either.
  if (money.seq < account.money.seq) return account;
  return { ...account, money: newerMoney(account.money, money), netMinor };
}

export function applyToAccount(account: Account, message: ServerMessage | TableSnapshot): Account {
  switch (message.t) {
    case "Balance":
    case "BetsSettled":
    case "TableSnapshot":
      return told(account, message.money, message.net_minor);
    case "BetsAccepted":
    case "BetsUndone":
    case "BetsVoided":
    case "BonusGranted":
      return told(account, message.money, account.netMinor);
    default:
      return account;
  }
}
