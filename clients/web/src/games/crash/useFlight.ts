/** Where a flight is now, by the server's clock. */
import { useEffect, useRef, useState } from "react";
import { useMedia, useSession } from "../../app/hooks";
import type { TableState } from "../../state/table";
import { multiplierAt, reachedMs } from "./curve";

const FRAME_MS = 33;
/** With less motion the curve moves in steps; the multiplier must stay true all the same. */
const CALM_FRAME_MS = 250;

export type FlightStage = "none" | "waiting" | "flying" | "over";

export interface FlightNow {
  readonly stage: FlightStage;
  /** Since take-off; negative before it. */
  readonly flownMs: number;
  /** In hundredths. After the end: the bust. */
  readonly multiplier: number;
}

const NONE: FlightNow = { stage: "none", flownMs: 0, multiplier: 100 };

/** Returns where the flight is at a moment of the server's clock; over as soon as the bust is told. */
export function flightAt(table: TableState, serverMs: number): FlightNow {
  const { snapshot, last } = table;
  if (snapshot.phase === "playing") {
    const takeoff = snapshot.flight[0]?.takeoff_ms;
    if (takeoff === undefined) return NONE;
    const flownMs = serverMs - takeoff;
    return { stage: flownMs < 0 ? "waiting" : "flying", flownMs, multiplier: multiplierAt(flownMs) };
  }
  const ended = snapshot.phase === "result" || snapshot.phase === "idle" || snapshot.phase === "paused";
  if (!ended || last === null || last.number < 0) return NONE;
  return { stage: "over", flownMs: reachedMs(last.number), multiplier: last.number };
}

/** Renders again with every frame of a flight, and not otherwise. The multiplier never falls while a flight lasts. */
export function useFlight(table: TableState): FlightNow {
  const session = useSession();
  const calm = useMedia("(prefers-reduced-motion: reduce)");
  const [, setFrame] = useState(0);
  const playing = table.snapshot.phase === "playing";
  useEffect(() => {
    if (!playing) return;
    const timer = setInterval(() => setFrame((before) => before + 1), calm ? CALM_FRAME_MS : FRAME_MS);
    return () => clearInterval(timer);
  }, [playing, calm]);
  const now = flightAt(table, session.serverNow());
  const takeoff = table.snapshot.flight[0]?.takeoff_ms ?? 0;
  const furthest = useRef({ takeoff, flownMs: now.flownMs });
  if (furthest.current.takeoff !== takeoff) furthest.current = { takeoff, flownMs: now.flownMs };
  if (now.stage !== "flying") return now;
  // A better guess of the server's clock must not let the curve fall back before everybody's eyes.
  const flownMs = Math.max(now.flownMs, furthest.current.flownMs);
  furthest.current = { takeoff, flownMs };
  return { ...now, flownMs, multiplier: multiplierAt(flownMs) };
}
