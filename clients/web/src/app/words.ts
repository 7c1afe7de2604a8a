/** Words for people. */
import type { Refusal } from "../net/unanswered";
import { CODES } from "../protocol/errors";

const FRIENDLY: Readonly<Record<string, string>> = {
  INSUFFICIENT_FUNDS: "You do not have enough for that stake.",
  BETTING_CLOSED: "No more bets: betting is closed.",
  WRONG_ROUND: "That round is over; your chips stayed with you.",
  STAKE_BELOW_MINIMUM: "That is below the table's minimum.",
  STAKE_ABOVE_MAXIMUM: "That position would be above its maximum.",
  TABLE_LIMIT_EXCEEDED: "That would be above the table's maximum for one player.",
  NOTHING_TO_REPEAT: "You have no earlier round at this table to repeat.",
  NOTHING_TO_DOUBLE: "You have nothing on the layout to double.",
  RATE_LIMITED: "Too fast for us. Please wait a moment.",
  BUSY: "The table is very busy. Nothing was staked; please try again.",
  UNAVAILABLE: "A part of the casino is down. Nothing was staked; please try again.",
  CONNECTION_LOST: "The connection was lost before an answer came.",
  NO_ANSWER: "No answer came in time.",
  SUSPENDED: "We have suspended this game for now. Nothing was staked.",
  ACTION_INVALID: "That is not possible now.",
  TOO_LATE: "Too late: it was over when we received that.",
  ACCOUNT_FROZEN: "Your account is frozen.",
  NOT_THE_DEALER: "Somebody else deals at this table now.",
  CARD_NOT_DUE: "That card is not due. Look at the desk.",
  CARD_IMPOSSIBLE: "No such card, or all eight of it in this shoe were seen: look at the card again.",
  STEP_OUT_OF_ORDER: "The table has gone on meanwhile. Look at the desk, then go on.",
  FORBIDDEN: "Your account may not do that.",
};

export function refusalText(refusal: Refusal): string {
  const entry = (CODES as Readonly<Record<number, { readonly meaning: string }>>)[refusal.code];
  return FRIENDLY[refusal.name] ?? entry?.meaning ?? "That was refused.";
}

export const PHASE_NAMES: Readonly<Record<string, string>> = {
  idle: "Next round soon",
  betting: "Place your bets",
  closed: "No more bets",
  playing: "In play",
  result: "Result",
  paused: "Paused",
  number: "No more bets",
};

export function phaseName(phase: string): string {
  return PHASE_NAMES[phase] ?? phase;
}

const VOID_REASONS: Readonly<Record<string, string>> = {
  voided: "The round does not count.",
  table_restarted: "The table was restarted.",
  recovered: "The table was restarted.",
};

export function voidText(reason: string): string {
  return VOID_REASONS[reason] ?? `Reason: ${reason.replaceAll("_", " ")}.`;
}

/** "1:05:09" or "5:09" for a duration. */
export function clockText(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  const tail = String(seconds).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}

/** "14:05" by the clock on the player's wall. */
export function timeText(ms: number): string {
  return new Date(ms).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
}

export type Quality = "good" | "fair" | "poor";

export const QUALITY: Readonly<Record<Quality, string>> = { good: "Good connection", fair: "Fair connection", poor: "Poor connection" };

/** Below a fifth of a second nobody notices the way; above half a second a late bet may come too late. */
export function qualityOf(rttMs: number): Quality {
  return rttMs < 200 ? "good" : rttMs < 500 ? "fair" : "poor";
}
