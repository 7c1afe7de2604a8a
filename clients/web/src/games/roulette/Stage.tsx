import { useApp, useNow, useSession } from "../../app/hooks";
import { phaseName, voidText } from "../../app/words";
import { formatMinor, formatSigned } from "../../state/money";
import type { TableSnapshot } from "../../protocol/messages";
import { colourOf, describeNumber } from "./geometry";
import type { RoundShow } from "./useRoundShow";

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

function NumberBall({ number, red, big = false, testId }: { number: number; red: ReadonlySet<number>; big?: boolean; testId?: string }) {
  return (
    <span className={`ball ball-${colourOf(number, red)} ${big ? "ball-big" : ""}`} data-testid={testId} data-number={number}>
      {number}
    </span>
  );
}

const COLOUR_LETTER = { red: "R", black: "B", green: "G" } as const;

/** The last numbers, newest first: colour, and a letter for those who cannot see it. */
export function LastNumbers({ history, red, count }: { history: readonly number[]; red: ReadonlySet<number>; count: number }) {
  if (history.length === 0) return <p className="faint">No number yet.</p>;
  return (
    <ol className="last-numbers" aria-label="Last numbers, newest first" data-testid="last-numbers">
      {history.slice(0, count).map((number, index) => (
        <li key={history.length - index} className={index === 0 ? "newest" : ""}>
          <NumberBall number={number} red={red} />
          <small aria-label={colourOf(number, red)}>{COLOUR_LETTER[colourOf(number, red)]}</small>
        </li>
      ))}
    </ol>
  );
}

/** What just happened: the number, and what it did to my money. A payout below the stake is not dressed up as a win. */
export function Result({ show, red, exponent }: { show: RoundShow; red: ReadonlySet<number>; exponent: number }) {
  const { shown } = show;
  if (shown === null) return null;
  if (shown.number < 0) {
    return (
      <div className="result result-void" data-testid="round-void" role="status">
        <strong>Round void</strong>
        <span>{voidText(shown.voidReason)} Every stake went back.</span>
      </div>
    );
  }
  const { mine } = shown;
  const net = mine ? mine.payoutMinor - mine.stakeMinor : 0;
  return (
    <div className={`result ${net > 0 ? "result-won" : ""}`} data-testid="result" role="status">
      <NumberBall number={shown.number} red={red} big testId="result-number" />
      <div>
        <strong>{describeNumber(shown.number, red)}</strong>
        {mine && (
          <span data-testid="my-result" data-payout={mine.payoutMinor} data-net={net}>
            {mine.payoutMinor > 0 ? `Paid ${formatMinor(mine.payoutMinor, exponent)}, net ${formatSigned(net, exponent)}` : `No win this time, ${formatSigned(net, exponent)}`}
          </span>
        )}
      </div>
    </div>
  );
}

/** Which phase the round is in, in words. While the ball rolls to a known number, it is still "No more bets". */
export function PhaseLine({ snapshot, rolling }: { snapshot: TableSnapshot; rolling: boolean }) {
  const connected = useApp((state) => state.status === "connected");
  const text = !connected ? "Connection lost" : rolling ? "No more bets" : phaseName(snapshot.phase);
  const notes = [
    snapshot.round_no > 0 ? `Round ${snapshot.round_no}` : "",
    snapshot.phase === "betting" && snapshot.closes_ms === 0 ? "the dealer closes betting" : "",
    snapshot.kind === "live" && snapshot.dealer !== "" ? `dealt by ${snapshot.dealer}` : "",
  ];
  return (
    <div className={`phase-line phase-${rolling || !connected ? "closed" : snapshot.phase}`}>
      <strong data-testid="phase" data-phase={snapshot.phase} aria-live="polite">
        {text}
      </strong>
      <span>{notes.filter((note) => note !== "").join(" · ")}</span>
    </div>
  );
}
