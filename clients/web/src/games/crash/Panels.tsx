import { useApp } from "../../app/hooks";
import { QUALITY, qualityOf } from "../../app/words";
import type { Flight } from "../../protocol/messages";
import { formatMinor } from "../../state/money";
import { formatMultiplier, paysAt } from "./curve";
import type { Ride } from "./rides";

/** How high: below 2, below 10, and from there on. */
export function heightOf(multiplier: number): "low" | "mid" | "high" {
  return multiplier < 200 ? "low" : multiplier < 1_000 ? "mid" : "high";
}

export function Bust({ multiplier }: { multiplier: number }) {
  return (
    <span className={`bust bust-${heightOf(multiplier)}`} data-number={multiplier}>
      {formatMultiplier(multiplier)}
    </span>
  );
}

/** Where the last flights ended, newest first. */
export function LastBusts({ history }: { history: readonly number[] }) {
  if (history.length === 0) return <p className="faint busts">No flight yet.</p>;
  return (
    <ol className="busts" aria-label="Last flights, newest first" data-testid="last-numbers">
      {history.slice(0, 16).map((multiplier, index) => (
        <li key={history.length - index}>
          <Bust multiplier={multiplier} />
        </li>
      ))}
    </ol>
  );
}

function fateOf(ride: Ride, over: boolean): string {
  if (ride.out > 0) return `out at ${formatMultiplier(ride.out)}`;
  return over ? "lost" : ride.target > 0 ? `until ${formatMultiplier(ride.target)}` : "by hand";
}

interface RidesProps {
  rides: readonly Ride[];
  pendingMinor: number;
  exponent: number;
  over: boolean;
  /** Takes one bet out; null: not now. */
  onOut: ((betId: Uint8Array) => void) | null;
}

/** My stakes in this flight, and what each came to. */
export function MyRides({ rides, pendingMinor, exponent, over, onOut }: RidesProps) {
  return (
    <ul className="rides" aria-label="My stakes in this flight" data-testid="my-rides">
      {rides.map((ride, index) => (
        <li key={index} className={ride.out > 0 ? "ride-out" : over ? "ride-lost" : ""} data-testid="ride" data-stake={ride.stakeMinor} data-target={ride.target} data-out={ride.out}>
          <b>{formatMinor(ride.stakeMinor, exponent)}</b>
          <span>{fateOf(ride, over)}</span>
          {ride.out > 0 && <em>{formatMinor(paysAt(ride.stakeMinor, ride.out), exponent)}</em>}
          {onOut && ride.out === 0 && rides.length > 1 && (
            <button type="button" className="button small" onClick={() => onOut(ride.betId)}>
              Take out
            </button>
          )}
        </li>
      ))}
      {pendingMinor > 0 && (
        <li className="faint">
          <b>{formatMinor(pendingMinor, exponent)}</b>
          <span>being placed</span>
        </li>
      )}
    </ul>
  );
}

/** Who left the flight in time, the latest first. */
export function CashedOutList({ flight, me, exponent }: { flight: Flight | null; me: string; exponent: number }) {
  const outs = flight?.outs ?? [];
  return (
    <section className="panel" aria-labelledby="outs-title">
      <h3 id="outs-title">
        Out in time {flight && <small data-testid="riding" data-count={flight.riding}>{flight.riding} still riding</small>}
      </h3>
      {outs.length === 0 ? (
        <p className="faint">Nobody yet.</p>
      ) : (
        <ul className="people" data-testid="outs">
          {outs.slice(0, 8).map((out, index) => (
            <li key={outs.length - index} data-testid={`out-${out.name}`}>
              <i className="dot-win" aria-hidden="true" />
              <span>{out.name === me ? `${out.name} (you)` : out.name}</span>
              <small>{formatMultiplier(out.multiplier)}</small>
              <b>{formatMinor(out.payout_minor, exponent)}</b>
            </li>
          ))}
          {outs.length > 8 && <li className="faint">and {outs.length - 8} more</li>}
        </ul>
      )}
    </section>
  );
}

/** How long an order is on its way, since here it matters, and what the rules make of it. */
export function Latency() {
  const rttMs = useApp((state) => (state.status === "connected" ? state.rttMs : null));
  const quality = rttMs === null ? null : qualityOf(rttMs);
  return (
    <p className={`latency latency-${quality ?? "none"}`} data-testid="latency" data-ms={rttMs === null ? "" : Math.round(rttMs)} data-quality={quality ?? ""}>
      {rttMs === null || quality === null
        ? "Not connected: a cash-out by hand cannot reach us now. Automatic ones count all the same."
        : `${QUALITY[quality]}, ${Math.round(rttMs)} ms there and back. A cash-out counts when it reaches us${quality === "good" ? "." : ": an automatic one does not wait for the way."}`}
    </p>
  );
}
