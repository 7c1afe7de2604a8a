import { useEffect, useRef } from "react";
import { useNow, useSession } from "../../app/hooks";
import type { Hand, Hands } from "../../protocol/messages";
import { formatMinor } from "../../state/money";
import { isTaken } from "../shared/useBetting";
import { costOf, totalText } from "./seats";

interface Choice {
  readonly action: string;
  readonly label: string;
  readonly key: string;
  readonly primary?: boolean;
}

const PLAY: readonly Choice[] = [
  { action: "hit", label: "Hit", key: "H", primary: true },
  { action: "stand", label: "Stand", key: "S", primary: true },
  { action: "double", label: "Double", key: "D" },
  { action: "split", label: "Split", key: "P" },
];
const INSURANCE: readonly Choice[] = [
  { action: "insure", label: "Insure", key: "I" },
  { action: "no_insurance", label: "No insurance", key: "N", primary: true },
];

/** Time left for the one who is asked, by the server's clock. whole: the longest it was seen to be. */
function TurnClock({ untilMs }: { untilMs: number }) {
  useNow(100);
  const session = useSession();
  const leftMs = Math.max(0, untilMs - session.serverNow());
  const whole = useRef({ untilMs: 0, ms: 1 });
  if (whole.current.untilMs !== untilMs) whole.current = { untilMs, ms: Math.max(1, leftMs) };
  const seconds = Math.ceil(leftMs / 1000);
  return (
    <div className={`bj-clock ${leftMs <= 4_000 ? "urgent" : ""}`} role="timer" data-testid="turn-clock" data-seconds={seconds}>
      <span className="bj-clock-bar" aria-hidden="true">
        <i style={{ width: `${Math.min(100, (100 * leftMs) / whole.current.ms)}%` }} />
      </span>
      <b>{seconds} s</b>
    </div>
  );
}

interface Props {
  hands: Hands;
  /** My hand that is asked; null: somebody else's is, or none. */
  asked: Hand | null;
  /** What is on its way, or has not shown its effect yet. */
  waiting: string;
  connected: boolean;
  availableMinor: number;
  exponent: number;
  onAct: (hand: Hand, action: string) => void;
}

function nameOf(hand: Hand, hands: Hands): string {
  const several = hands.hands.filter((one) => one.seat === hand.seat).length > 1;
  return several ? `seat ${hand.seat + 1}, hand ${(hand.hand % 10) + 1}` : `seat ${hand.seat + 1}`;
}

/** Returns what the bar says above its buttons. */
export function questionText(hands: Hands, asked: Hand | null, exponent: number): string {
  if (asked !== null && hands.insurance) return `The dealer shows an ace. Insure ${nameOf(asked, hands)} for ${formatMinor(costOf("insure", asked), exponent)}?`;
  if (asked !== null) return `Your turn: ${nameOf(asked, hands)} has ${totalText(asked)}, the dealer shows ${hands.dealer_total}`;
  if (hands.insurance) return "The dealer shows an ace. Others may insure.";
  const other = hands.hands[hands.acting];
  return other ? `${other.name} plays seat ${other.seat + 1}` : "The dealer plays";
}

/** What I may do with my hand now, with buttons and keys. The server says what is allowed. */
export function PlayBar({ hands, asked, waiting, connected, availableMinor, exponent, onAct }: Props) {
  const choices = hands.insurance ? INSURANCE : PLAY;
  const may = (choice: Choice) => asked !== null && connected && waiting === "" && hands.actions.includes(choice.action) && costOf(choice.action, asked) <= availableMinor;
  const now = useRef({ asked, choices, may, onAct });
  now.current = { asked, choices, may, onAct };
  useEffect(() => {
    function onKey(event: KeyboardEvent): void {
      const { asked: hand, choices: all, may: allowed, onAct: act } = now.current;
      if (hand === null || event.repeat || isTaken(event)) return;
      const choice = all.find((one) => one.key === event.key.toUpperCase());
      if (choice === undefined || !allowed(choice)) return;
      event.preventDefault();
      act(hand, choice.action);
    }
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return (
    <div className={`rail bj-play ${asked ? "asked" : ""}`} data-testid="play-bar">
      <div className="bj-question">
        <strong data-testid="question" data-mine={asked !== null} data-hand={asked?.hand ?? ""}>
          {questionText(hands, asked, exponent)}
        </strong>
        {hands.until_ms > 0 && <TurnClock untilMs={hands.until_ms} />}
      </div>
      <div className="bj-actions">
        {choices
          .filter((choice) => asked === null || hands.actions.includes(choice.action))
          .map((choice) => {
            const cost = asked ? costOf(choice.action, asked) : 0;
            return (
              <button
                key={choice.action}
                type="button"
                className={`button large ${choice.primary ? "primary" : ""} ${waiting === choice.action ? "busy" : ""}`}
                data-testid={`act-${choice.action}`}
                aria-keyshortcuts={choice.key}
                title={cost > availableMinor ? "You do not have enough for that stake." : `${choice.label} (key ${choice.key})`}
                disabled={!may(choice)}
                onClick={() => asked && onAct(asked, choice.action)}
              >
                {choice.label}
                {cost > 0 && <small>{formatMinor(cost, exponent)}</small>}
                <kbd aria-hidden="true">{choice.key}</kbd>
              </button>
            );
          })}
      </div>
    </div>
  );
}
