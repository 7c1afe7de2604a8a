/**
 * When the screen may tell what the server has told: a result is shown when the ball lies or the last card is turned, not
 * when the message comes. That time is cut short when the next round is near, and is nothing for people who want less motion.
 */
import { useCallback, useEffect, useRef, useState } from "react";
import { useApp, useMedia, useSession } from "../../app/hooks";
import type { LastRound, TableState } from "../../state/table";

export const LANDING_MS = 4_000;
export const LANDING_MS_MIN = 500;
/** The result stays in sight at least so long before the next round opens. */
const SHOW_MS = 1_400;

/** Returns how long a show may take. nextOpensInMs: Infinity when not known. wishedMs: how long it would take at leisure. */
export function landingMs(nextOpensInMs: number, lessMotion: boolean, wishedMs = LANDING_MS): number {
  if (lessMotion) return 0;
  return Math.max(LANDING_MS_MIN, Math.min(wishedMs, nextOpensInMs - SHOW_MS));
}

export interface RoundShow {
  /** The ball is on its way to a number, or cards are being turned, that are already known here. */
  readonly rolling: boolean;
  /** How long that takes. */
  readonly rollMs: number;
  readonly key: string;
  /** The last round whose end may be shown. */
  readonly shown: LastRound | null;
  /** Last numbers that may be shown, newest first. */
  readonly history: readonly number[];
  /** Shows the end at once. */
  readonly skip: () => void;
}

/** Returns what of a table's last round may be shown. wishedMs: how long its end takes at leisure. */
export function useRoundShow(table: TableState | null, wishedMs: (last: LastRound) => number = () => LANDING_MS): RoundShow {
  const session = useSession();
  const lessMotion = useMedia("(prefers-reduced-motion: reduce)");
  const last = table?.last ?? null;
  const [revealed, setRevealed] = useState("");
  const connected = useApp((state) => state.status === "connected");
  const rolling = last !== null && last.number >= 0 && last.key !== revealed && table?.snapshot.phase !== "betting";
  const opensIn = table && table.nextOpensMs > 0 ? table.nextOpensMs - session.serverNow() : Infinity;
  const begun = useRef({ key: "", atMs: 0 });
  if (rolling && last && begun.current.key !== last.key) begun.current = { key: last.key, atMs: Date.now() };
  const wished = last ? wishedMs(last) : LANDING_MS;
  const rollMs = landingMs(opensIn, lessMotion, wished);
  const key = last?.key ?? "";

  useEffect(() => {
    session.setSuspense(connected && !lessMotion);
    return () => session.setSuspense(false);
  }, [session, connected, lessMotion]);

  useEffect(() => {
    if (!rolling) {
      session.reveal(key);
      return;
    }
    const leftMs = Math.max(0, begun.current.atMs + rollMs - Date.now());
    const timer = setTimeout(() => setRevealed(key), leftMs);
    return () => clearTimeout(timer);
    // nextOpensMs may become known while the ball rolls and then shortens the way
  }, [session, rolling, key, table?.nextOpensMs, wished]);

  const history = table?.snapshot.history ?? [];
  return {
    rolling,
    rollMs,
    key,
    shown: rolling ? null : last,
    history: rolling && history[0] === last?.number ? history.slice(1) : history,
    skip: useCallback(() => setRevealed(key), [key]),
  };
}
