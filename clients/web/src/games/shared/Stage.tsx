/** What every table shows of its round: time left, phase, what my bets came to. */
import { useApp, useNow, useSession } from "../../app/hooks";
import { phaseName, voidText } from "../../app/words";
import { formatMinor, formatSigned } from "../../state/money";
import type { TableSnapshot } from "../../protocol/messages";
import type { LastRound } from "../../state/table";

const RING = 2 * Math.PI * 20;

/** Seconds left to bet, by the server's clock, as a ring and as a figure. Without a window: who closes it. */
export function Countdown({ snapshot, nextOpensMs }: { snapshot: TableSnapshot; nextOpensMs: number }) {
  useNow(200);
  const session = useSession();
  const now = session.serverNow();
  const betting = snapshot.phase === "betting";
  const until = betting ? snapshot.closes_ms : snapshot.phase === "idle" ? nextOpensMs : 0;
  const leftMs = Math.max(0, until - now);
  const seconds = until > 0 ? Math.ceil(leftMs / 1000) : null;
  const whole = betting && snapshot.closes_ms > 0 ? Math.max(1, snapshot.closes_ms - snapshot.opens_ms) : 0;
  const part = whole > 0 ? Math.min(1, leftMs / whole) : 0;
  const urgent = betting && seconds !== null && seconds <= 5;
  return (
    <div className={`countdown ${urgent ? "urgent" : ""} ${betting ? "" : "resting"}`} role="timer" data-testid="countdown" data-seconds={seconds ?? ""}>
      <svg viewBox="0 0 48 48" aria-hidden="true">
        <circle className="ring-back" cx="24" cy="24" r="20" />
        {part > 0 && <circle className="ring" cx="24" cy="24" r="20" strokeDasharray={`${RING * part} ${RING}`} transform="rotate(-90 24 24)" />}
      </svg>
      <span>{seconds ?? (betting ? "∞" : "–")}</span>
    </div>
  );
}

/** The time left to bet as a thin bar, for screens on which the ring may be scrolled away. */
export function TimeBar({ snapshot }: { snapshot: TableSnapshot }) {
  useNow(200);
  const session = useSession();
  const whole = snapshot.closes_ms - snapshot.opens_ms;
  if (snapshot.phase !== "betting" || snapshot.closes_ms === 0 || whole <= 0) return null;
  const leftMs = Math.max(0, snapshot.closes_ms - session.serverNow());
  return (
    <div className={`rail-time ${leftMs <= 5000 ? "urgent" : ""}`} aria-hidden="true">
      <i style={{ width: `${Math.min(100, (100 * leftMs) / whole)}%` }} />
    </div>
  );
}

/**
 * Which phase the round is in, in words. hidden: the result is known here and not shown yet. words: the game's own words
 * for a phase.
 */
export function PhaseLine({ snapshot, hidden = false, words = {} }: { snapshot: TableSnapshot; hidden?: boolean; words?: Readonly<Record<string, string>> }) {
  const connected = useApp((state) => state.status === "connected");
  const phase = hidden ? "closed" : snapshot.phase;
  const text = connected ? (words[phase] ?? phaseName(phase)) : "Connection lost";
  const notes = [
    snapshot.round_no > 0 ? `Round ${snapshot.round_no}` : "",
    snapshot.phase === "betting" && snapshot.closes_ms === 0 ? "the dealer closes betting" : "",
    snapshot.kind === "live" && snapshot.dealer !== "" ? `dealt by ${snapshot.dealer}` : "",
  ];
  return (
    <div className={`phase-line phase-${connected ? phase : "closed"}`}>
      <strong data-testid="phase" data-phase={snapshot.phase} aria-live="polite">
        {text}
      </strong>
      <span>{notes.filter((note) => note !== "").join(" · ")}</span>
    </div>
  );
}

/** What a round did to my money. A payout that does not exceed the stake is not dressed up as a win. */
export function MyResult({ mine, exponent }: { mine: LastRound["mine"]; exponent: number }) {
  if (mine === null) return null;
  const net = mine.payoutMinor - mine.stakeMinor;
  return (
    <span data-testid="my-result" data-payout={mine.payoutMinor} data-net={net}>
      {mine.payoutMinor > 0 ? `Paid ${formatMinor(mine.payoutMinor, exponent)}, net ${formatSigned(net, exponent)}` : `No win this time, ${formatSigned(net, exponent)}`}
    </span>
  );
}

/** Returns the class of a result: it shines only when it brought money. */
export function resultClass(mine: LastRound["mine"]): string {
  return mine !== null && mine.payoutMinor > mine.stakeMinor ? "result result-won" : "result";
}

/** The round does not count. */
export function RoundVoid({ reason }: { reason: string }) {
  return (
    <div className="result result-void" data-testid="round-void" role="status">
      <strong>Round void</strong>
      <span>{voidText(reason)} Every stake went back.</span>
    </div>
  );
}
