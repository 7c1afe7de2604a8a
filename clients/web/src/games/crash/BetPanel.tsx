import { useState } from "react";
import { formatMinor } from "../../state/money";
import type { Betting } from "../shared/useBetting";
import { formatMultiplier, parseTarget, paysAt } from "./curve";
import { type Ride, riding } from "./rides";
import type { FlightNow } from "./useFlight";

interface Props {
  betting: Betting;
  exponent: number;
  flight: FlightNow;
  rides: readonly Ride[];
  /** Cash-outs are on their way. */
  asked: boolean;
  connected: boolean;
  onCashOut: () => void;
}

/** Stake with an optional automatic cash-out; in flight, one large button to leave it. */
export function BetPanel(props: Props) {
  const { betting, exponent, flight } = props;
  const [auto, setAuto] = useState(false);
  const [text, setText] = useState("2.00");
  const target = auto ? parseTarget(text) : 0;
  const flying = flight.stage === "flying" || flight.stage === "waiting";

  function place(): void {
    if (target === null || !betting.controller.place(target, betting.chip)) return;
    betting.say(`${formatMinor(betting.chip, exponent)} staked, ${target === 0 ? "cash-out by hand" : `automatic cash-out at ${formatMultiplier(target)}`}`);
  }

  return (
    <div className="crash-panel">
      <div className={`auto ${target === null ? "auto-wrong" : ""}`}>
        <label>
          <input type="checkbox" checked={auto} data-testid="auto-on" onChange={(event) => setAuto(event.target.checked)} /> Automatic cash-out at
        </label>
        <input
          type="text"
          inputMode="decimal"
          aria-label="Automatic cash-out, times the stake"
          aria-invalid={target === null}
          data-testid="auto-target"
          data-target={target ?? ""}
          disabled={!auto}
          value={text}
          maxLength={9}
          onChange={(event) => setText(event.target.value)}
        />
        <span aria-hidden="true">×</span>
      </div>
      {target === null && (
        <p className="faint" role="alert">
          From 1.01 to 10,000.00.
        </p>
      )}
      {flying ? (
        <CashOutButton {...props} />
      ) : (
        <button type="button" className="button primary crash-button" data-testid="bet" disabled={!betting.open || target === null} onClick={place}>
          {betting.open ? `Bet ${formatMinor(betting.chip, exponent)}` : "Wait for the next flight"}
        </button>
      )}
    </div>
  );
}

function CashOutButton({ flight, rides, asked, connected, exponent, onCashOut }: Props) {
  const inFlight = riding(rides);
  const worth = inFlight.reduce((sum, ride) => sum + paysAt(ride.stakeMinor, flight.multiplier), 0);
  const can = flight.stage === "flying" && inFlight.length > 0 && !asked && connected;
  const text = !connected
    ? "Play is blocked: no connection"
    : asked
      ? "Cashing out…"
      : inFlight.length === 0
        ? rides.length > 0
          ? "You are out"
          : "You are not in this flight"
        : flight.stage === "waiting"
          ? "Get ready"
          : `Cash out ${formatMinor(worth, exponent)}`;
  return (
    <button type="button" className="button crash-button crash-out" data-testid="cash-out" aria-keyshortcuts="Space" disabled={!can} onClick={onCashOut}>
      {text}
      {can && <small>space key</small>}
    </button>
  );
}
