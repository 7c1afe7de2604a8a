/** What the wheel shows: a pad of numbers, digits typed, and the confirmation. */
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import type { DealerState } from "../../protocol/messages";
import { colourOf, describeNumber } from "../../games/roulette/geometry";
import type { DealerRights } from "../../state/dealer";
import { useDeskKeys } from "./keys";

/** A single typed digit that could begin a two-digit number waits so long for the second. */
const DIGITS_MS = 1_200;

/**
 * Digits typed one after the other, as a number. Nothing is sent before the number is complete: two digits, a digit that
 * can begin no other number, Enter, or a pause.
 */
function useTypedNumber(onNumber: (number: number) => void): { typed: string; type: (key: string) => boolean } {
  const [typed, setTyped] = useState("");
  const text = useRef("");
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const send = useRef(onNumber);
  send.current = onNumber;
  const keep = (next: string) => {
    text.current = next;
    setTyped(next);
  };
  const finish = () => {
    clearTimeout(timer.current);
    const number = Number(text.current);
    const complete = text.current !== "";
    keep("");
    if (complete) send.current(number);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  const type = (key: string): boolean => {
    if (key === "Enter" && text.current !== "") {
      finish();
      return true;
    }
    if (!/^\d$/.test(key)) return false;
    const joined = text.current + key;
    keep(Number(joined) <= 36 ? joined : key);
    clearTimeout(timer.current);
    if (text.current.length === 2 || Number(text.current) > 3) finish();
    else timer.current = setTimeout(finish, DIGITS_MS);
    return true;
  };
  return { typed, type };
}

function Pad({ red, entered, enabled, onNumber }: { red: ReadonlySet<number>; entered: number; enabled: boolean; onNumber: (number: number) => void }) {
  const [active, setActive] = useState(0);
  const keys = useRef(new Map<number, HTMLButtonElement>());
  function onKeyDown(event: KeyboardEvent): void {
    const step = { ArrowRight: 3, ArrowLeft: -3, ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    keys.current.get(Math.max(0, Math.min(36, active + step)))?.focus();
  }
  const key = (number: number) => (
    <button
      key={number}
      ref={(element) => {
        if (element) keys.current.set(number, element);
      }}
      type="button"
      className={`pad-key pad-${colourOf(number, red)} ${entered === number ? "entered" : ""}`}
      style={number === 0 ? undefined : { gridColumn: 2 + Math.floor((number - 1) / 3), gridRow: 3 - ((number - 1) % 3) }}
      data-testid={`dealer-number-${number}`}
      aria-pressed={entered === number}
      aria-label={`${number} ${colourOf(number, red)}`}
      tabIndex={number === active ? 0 : -1}
      disabled={!enabled}
      onFocus={() => setActive(number)}
      onClick={() => onNumber(number)}
    >
      {number}
    </button>
  );
  return (
    <div className="pad" role="group" aria-label="Number the wheel shows" onKeyDown={onKeyDown}>
      {Array.from({ length: 37 }, (_, number) => key(number))}
    </div>
  );
}

interface Props {
  readonly state: DealerState;
  readonly red: ReadonlySet<number>;
  readonly rights: DealerRights;
  /** Whether an order that is legal may be given now. */
  readonly may: (right: boolean) => boolean;
  readonly onNumber: (number: number) => void;
  readonly onConfirm: () => void;
}

export function WheelDesk({ state, red, rights, may, onNumber, onConfirm }: Props) {
  const { typed, type } = useTypedNumber((number) => {
    if (may(rights.number)) onNumber(number);
  });
  useDeskKeys((key) => rights.number && type(key));
  return (
    <>
      <Pad red={red} entered={state.number} enabled={may(rights.number)} onNumber={onNumber} />
      <div className="desk-confirm">
        <div className="desk-entered" aria-live="polite">
          {typed !== "" ? (
            <span className="desk-typed" data-testid="dealer-typed">
              {typed}…
            </span>
          ) : state.number >= 0 ? (
            <>
              <span className={`ball ball-big ball-${colourOf(state.number, red)}`} data-testid="dealer-entered" data-source={state.source}>
                {state.number}
              </span>
              <div>
                <strong>{describeNumber(state.number, red)}</strong>
                <span className="dim" data-testid="dealer-source">
                  {state.source === "sensor" ? "from the wheel's sensor" : "entered by hand"}
                </span>
              </div>
            </>
          ) : (
            <span className="dim">No number entered.</span>
          )}
        </div>
        <button type="button" className="button primary large" data-testid="dealer-confirm" disabled={!may(rights.confirm)} onClick={onConfirm}>
          {rights.confirm && state.number >= 0 ? `Confirm ${state.number}` : "Confirm"}
        </button>
      </div>
      <p className="faint">Keys: O opens, C closes, digits enter the number, V voids. Confirm with Tab and Enter, so that no slip of a finger decides a round.</p>
    </>
  );
}
