import { useState } from "react";
import { type RoundRecord } from "../../api/rounds";
import { useRules } from "../../app/hooks";
import { isSlot, type SlotRules, spinsOf } from "./machine";
import { Reels } from "./Reels";
import { SymbolSheet } from "./Symbols";

function Spins({ record, rules }: { record: RoundRecord; rules: SlotRules }) {
  const [at, setAt] = useState(0);
  const spins = spinsOf(rules.paytable, record.detail);
  const spin = spins[at] ?? null;
  return (
    <div className="replay-slot" data-testid="replay-spin" data-spin={at} data-of={spins.length}>
      <SymbolSheet />
      <Reels table={rules.paytable} stops={spin?.stops ?? []} motion="still" seen={spin} spinKey={`replay ${at}`} onLanded={() => undefined} />
      <div className="replay-steps">
        <button type="button" className="button small" data-testid="replay-before" disabled={at === 0} onClick={() => setAt(at - 1)}>
          Before
        </button>
        <span role="status">
          {spin?.free ? `Free spin ${at} of ${spins.length - 1}` : "Paid spin"}: {spin?.units ?? 0} line stakes won
        </span>
        <button type="button" className="button small" data-testid="replay-next" disabled={at + 1 >= spins.length} onClick={() => setAt(at + 1)}>
          Next
        </button>
      </div>
    </div>
  );
}

/** Every spin of a recorded round, one after the other, as often as one likes. */
export function SlotReplay({ record }: { record: RoundRecord }) {
  const [rules] = useRules(record.game);
  if (rules.state !== "ready" || !isSlot(rules.value)) return <p role="status">Fetching the machine…</p>;
  if (rules.value.rules_version !== record.rules_version) return <p className="faint">This round was played by older rules ({record.rules_version}); its stops were {record.detail.join(" ")}.</p>;
  return <Spins record={record} rules={rules.value} />;
}
