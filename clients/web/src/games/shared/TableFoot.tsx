import { KeyboardIcon } from "../../app/icons";
import { formatMinor } from "../../state/money";
import type { TableState } from "../../state/table";
import { Fairness } from "./Fairness";

interface Props {
  readonly table: TableState;
  readonly exponent: number;
  /** Limits and return in the game's words. */
  readonly words: string;
  /** The outcome is known here and not shown yet. */
  readonly hidden?: boolean;
  readonly onHelp: () => void;
}

/** Limits, return, version of the rules, fairness, keys: under every table. */
export function TableFoot({ table, exponent, words, hidden = false, onHelp }: Props) {
  const { limits, rules_version } = table.snapshot;
  return (
    <div className="table-foot">
      <span>
        Stakes from {formatMinor(limits.min_stake_minor, exponent)}, table maximum {formatMinor(limits.max_table_minor, exponent)} · {words} · rules {rules_version}
      </span>
      <button type="button" className="button quiet small" data-testid="help-open" onClick={onHelp}>
        <KeyboardIcon /> Keys
      </button>
      <Fairness table={table} hidden={hidden} />
    </div>
  );
}
