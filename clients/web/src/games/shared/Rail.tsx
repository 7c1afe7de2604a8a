import type { ReactNode } from "react";
import { formatChip, formatMinor } from "../../state/money";
import { ClearIcon, DoubleIcon, RepeatIcon, UndoIcon } from "../../app/icons";
import { chipTone } from "./Chip";
import type { Betting } from "./useBetting";

export type Action = "undo" | "clear" | "repeat" | "double";

interface Props {
  betting: Betting;
  exponent: number;
  /** The time left. */
  time: ReactNode;
}

const ACTIONS: readonly { action: Action; label: string; key: string; icon: () => React.JSX.Element }[] = [
  { action: "undo", label: "Undo", key: "U", icon: UndoIcon },
  { action: "clear", label: "Clear", key: "C", icon: ClearIcon },
  { action: "repeat", label: "Repeat", key: "R", icon: RepeatIcon },
  { action: "double", label: "Double", key: "D", icon: DoubleIcon },
];

/** Chips to choose from, what I have on the layout, and the four orders. */
export function Rail({ betting, exponent, time }: Props) {
  const { values, chip, stakeMinor, pendingMinor, can } = betting;
  const busy = betting.controller.busy();
  return (
    <div className="rail">
      {time}
      <div className="tray" role="radiogroup" aria-label="Chip to place">
        {values.map((value, index) => (
          <button
            key={value}
            type="button"
            role="radio"
            aria-checked={value === chip}
            aria-keyshortcuts={String(index + 1)}
            aria-label={`Chip ${formatMinor(value, exponent)}`}
            title={`${formatMinor(value, exponent)} (key ${index + 1})`}
            className={`tray-chip chip-${chipTone(value, values)}`}
            data-testid={`chip-${value}`}
            onClick={() => betting.choose(value)}
          >
            <span>{formatChip(value, exponent)}</span>
          </button>
        ))}
      </div>
      <div className="figure stake">
        <span className="figure-label">Your stake</span>
        <span className="figure-value" data-testid="my-stake" data-minor={stakeMinor}>
          {formatMinor(stakeMinor, exponent)}
        </span>
        <span className="figure-note" data-testid="pending-stake" data-minor={pendingMinor}>
          {pendingMinor > 0 ? `+ ${formatMinor(pendingMinor, exponent)} being placed` : "\u00a0"}
        </span>
      </div>
      <div className="actions">
        {ACTIONS.map(({ action, label, key, icon: Icon }) => (
          <button
            key={action}
            type="button"
            className={`button action ${busy === action ? "busy" : ""}`}
            data-testid={action}
            aria-keyshortcuts={key}
            title={`${label} (key ${key})`}
            disabled={!can[action]}
            onClick={() => betting.act(action)}
          >
            <Icon />
            <span>{label}</span>
          </button>
        ))}
      </div>
    </div>
  );
}
