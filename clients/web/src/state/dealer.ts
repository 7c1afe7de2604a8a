/** What a dealer sees and may do. Pure. */
import type { DealerState } from "../protocol/messages";

/** Answers and pushes may overtake each other: of two states of one table, the one with the later server time is true. */
export function newerDealerState(before: DealerState | null, after: DealerState): DealerState {
  if (before === null || before.table_id !== after.table_id) return after;
  return after.server_ms >= before.server_ms ? after : before;
}

export interface DealerRights {
  readonly open: boolean;
  readonly close: boolean;
  readonly number: boolean;
  readonly confirm: boolean;
  readonly void: boolean;
}

const NONE: DealerRights = { open: false, close: false, number: false, confirm: false, void: false };

/** Returns which orders are legal in a phase. A number is entered only when betting is closed. */
export function dealerRights(phase: string): DealerRights {
  switch (phase) {
    case "idle":
    case "paused":
      return { ...NONE, open: true };
    case "betting":
      return { ...NONE, close: true, void: true };
    case "closed":
      return { ...NONE, number: true, void: true };
    case "number":
      return { ...NONE, number: true, confirm: true, void: true };
    default: // "result": being settled
      return NONE;
  }
}

/** The stage names a dealer reads. */
export function dealerPhaseName(phase: string): string {
  const names: Record<string, string> = {
    idle: "Table free",
    betting: "Bets open",
    closed: "No more bets",
    number: "Number entered",
    result: "Settling",
    paused: "Paused",
  };
  return names[phase] ?? phase;
}
