/** Chips, orders and keys of a table that takes bets, for every game. */
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useConnectionState, useSession } from "../../app/hooks";
import { refusalText } from "../../app/words";
import type { Chip } from "../../protocol/messages";
import { chipValues } from "../../state/money";
import { totalStake, type TableState } from "../../state/table";
import { BettingController, type CallChips } from "./betting";
import type { Action } from "./Rail";

export interface Betting {
  readonly controller: BettingController;
  /** Chips to choose from, smallest first, and the chosen one. Minor units. */
  readonly values: readonly number[];
  readonly chip: number;
  readonly choose: (minor: number) => void;
  /** Bets are taken and would arrive. */
  readonly open: boolean;
  /** Chips on their way, announced bets expanded. */
  readonly pending: readonly Chip[];
  readonly pendingMinor: number;
  readonly stakeMinor: number;
  readonly can: Readonly<Record<Action, boolean>>;
  readonly act: (action: Action) => void;
  /** What a screen reader is told. */
  readonly said: string;
  readonly say: (text: string) => void;
}

const NO_CALLS: CallChips = {};

/** Makes the controller of a table; it lives as long as the table is shown. `classOf` and `calls` must stay the same. */
function useController(classOf: (position: number) => number, calls: CallChips): BettingController {
  const session = useSession();
  const [, setVersion] = useState(0);
  const controller = useMemo(() => {
    const around = {
      request: session.request.bind(session),
      snapshot: () => session.get().table?.snapshot ?? null,
      connected: () => session.get().status === "connected",
      serverNow: () => session.serverNow(),
      newId: session.newId,
      setTimer: (run: () => void, ms: number) => setTimeout(run, ms),
      clearTimer: (timer: unknown) => clearTimeout(timer as ReturnType<typeof setTimeout>),
    };
    return new BettingController(around, calls, classOf, {
      changed: () => setVersion((before) => before + 1),
      refused: (refusal, lostMinor) => {
        const text = refusalText(refusal);
        session.toast("error", lostMinor > 0 ? `${text} Your chips came back.` : text, refusal.name);
      },
    });
  }, [session, classOf, calls]);
  useEffect(() => () => controller.dispose(), [controller]);
  return controller;
}

/** Returns what a table needs to take my bets. classOf: of a position, in `Limits.max_by_size`. */
export function useBetting(table: TableState, classOf: (position: number) => number, calls: CallChips = NO_CALLS): Betting {
  const { snapshot } = table;
  const connected = useConnectionState() === "connected";
  const controller = useController(classOf, calls);
  const values = useMemo(() => chipValues(snapshot.limits.min_stake_minor, snapshot.limits.max_table_minor), [snapshot.limits]);
  const [chosen, choose] = useState<number | null>(null);
  const [said, say] = useState("");
  useEffect(() => controller.tableChanged(), [controller, snapshot]);

  const open = snapshot.phase === "betting" && connected;
  const batches = controller.pending();
  const pending = batches.flatMap((one) => controller.expand(one));
  const hasBets = snapshot.my_bets.length > 0;
  return {
    controller,
    values,
    chip: chosen !== null && values.includes(chosen) ? chosen : (values[0] ?? snapshot.limits.min_stake_minor),
    choose,
    open,
    pending,
    pendingMinor: pending.reduce((sum, one) => sum + one.stake_minor, 0),
    stakeMinor: totalStake(snapshot.my_bets),
    can: {
      undo: open && (hasBets || batches.some((one) => !one.sent)),
      clear: open && (hasBets || batches.length > 0),
      repeat: open && snapshot.can_repeat,
      double: open && hasBets,
    },
    act: useCallback((action: Action) => controller[action](), [controller]),
    said,
    say,
  };
}

/** Tells whether a key belongs to whoever has the focus, or to an open dialog, and not to the table. */
export function isTaken(event: KeyboardEvent): boolean {
  const { target } = event;
  const typing = target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));
  return event.ctrlKey || event.metaKey || event.altKey || typing || document.querySelector("dialog[open]") !== null;
}

const ORDERS: Readonly<Record<string, Action>> = { u: "undo", c: "clear", r: "repeat", d: "double" };

/** Lets keys choose chips and give orders, wherever the focus is. help: "?" was pressed. */
export function useBettingKeys(betting: Betting, help: () => void): void {
  const now = useRef({ betting, help });
  now.current = { betting, help };
  useEffect(() => {
    function onKey(event: KeyboardEvent): void {
      if (isTaken(event)) return;
      const { values, can, act, choose } = now.current.betting;
      const action = ORDERS[event.key.toLowerCase()];
      const picked = /^[1-6]$/.test(event.key) ? values[Number(event.key) - 1] : undefined;
      if (event.key === "?") now.current.help();
      else if (picked !== undefined) choose(picked);
      else if (action && can[action]) act(action);
      else return;
      event.preventDefault();
    }
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}
