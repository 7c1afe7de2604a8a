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
  /** When the sitting began, and since when its net position counts, by the server's clock. */
  readonly startedMs: number;
  readonly netSinceMs: number;
}

/** Returns the net position of the whole sitting. */
export function sittingNet(account: Account): number {
  return account.earlierNetMinor + account.netMinor;
}

/** Returns since when the net position counts, where that is later than the sitting's begin; else null. */
export function netSince(account: Account): number | null {
  return account.netSinceMs - account.startedMs >= ARRIVAL_MS ? account.netSinceMs : null;
}

function total(money: Money): number {
  return money.available_minor + money.reserved_minor;
}

/** What of a sitting outlives a connection, and a reload of the page. */
export interface Sitting {
  readonly playerId: number;
  readonly netMinor: number;
  readonly totalMinor: number;
  readonly startedMs: number;
  readonly netSinceMs: number;
}

/** Times nearer than this mean one moment. */
const SAME_MOMENT_MS = 1_000;
/** Between the login and the first Welcome nothing is won: so much later counts as from the begin. */
const ARRIVAL_MS = 60_000;

export function sittingOf(account: Account): Sitting {
  const { playerId, startedMs, netSinceMs } = account;
  return { playerId, netMinor: sittingNet(account), totalMinor: total(account.money), startedMs, netSinceMs };
}

/** Returns the sitting that a text holds; null where it holds none. */
export function parseSitting(text: string | null): Sitting | null {
  try {
    const { playerId, netMinor, totalMinor, startedMs, netSinceMs } = JSON.parse(text ?? "null") as Sitting;
    const sitting = { playerId, netMinor, totalMinor, startedMs, netSinceMs };
    return Object.values(sitting).every(Number.isSafeInteger) ? sitting : null;
  } catch {
    return null;
  }
}

/** Returns the sitting that goes on with this Welcome: the same player's, unless the server says that another began since. */
function goesOn(welcome: Welcome, before: Sitting | null): Sitting | null {
  if (before?.playerId !== welcome.player_id) return null;
  return welcome.started_ms - before.startedMs >= SAME_MOMENT_MS ? null : before;
}

/**
 * Starts from a Welcome. Where the server's count reaches back to the sitting's begin, it is the net position. Where the
 * server counts anew, what was counted before, and what rounds settled in between did to the total, is carried over. (A
 * bonus paid in between is carried as if it were won.)
 */
export function fromWelcome(welcome: Welcome, before: Sitting | null): Account {
  const same = goesOn(welcome, before);
  const sinceMs = welcome.net_since_ms || welcome.server_ms; // 0: a server that does not say it
  const carried = same !== null && sinceMs > same.netSinceMs ? same : null;
  return {
    earlierNetMinor: carried ? carried.netMinor + total(welcome.money) - carried.totalMinor - welcome.net_minor : 0,
    startedMs: welcome.started_ms || same?.startedMs || welcome.server_ms,
    netSinceMs: carried?.netSinceMs ?? sinceMs,
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
    case "TableResumed":
    case "SpinResult":
      return told(account, message.money, message.net_minor);
    case "BetsAccepted":
    case "BetsUndone":
    case "BetsVoided":
    case "BonusGranted":
    case "Acted":
      return told(account, message.money, account.netMinor);
    default:
      return account;
  }
}
