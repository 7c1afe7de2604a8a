/** The shoe on a dealer's table: what is in it, a new one, the burn, the cut card. */
import { useState } from "react";
import type { Answer } from "../../net/unanswered";
import type { ClientMessage, DealerState, Shoe } from "../../protocol/messages";
import { cardOfText } from "../../state/dealer";
import { faceOf } from "../../games/shared/cards";
import { Dialog } from "../Dialog";

/** Where the cut card may lie, in cards from the end. */
const CUT_LEAST = 14;
const CUT_MOST = 104;

function NewShoe({ needsReason, onNew, onClose }: { needsReason: boolean; onNew: (first: number, cut: number, reason: string) => void; onClose: () => void }) {
  const [text, setText] = useState("");
  const [cutText, setCut] = useState(String(CUT_LEAST));
  const [reason, setReason] = useState("");
  const first = cardOfText(text);
  const cut = Number(cutText);
  const isCut = cut >= CUT_LEAST && cut <= CUT_MOST;
  const ready = first >= 0 && isCut && (!needsReason || reason.trim() !== "");
  return (
    <Dialog title="A new shoe" testId="shoe-dialog" onClose={onClose}>
      <form
        className="shoe-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) onNew(first, cut, reason.trim());
        }}
      >
        <label className="field">
          <span>First card, turned over{first >= 0 && `: ${faceOf(first).name.toLowerCase()}`}</span>
          <input data-testid="shoe-first" required maxLength={3} value={text} autoFocus autoComplete="off" placeholder="5s, 10h, Kd" aria-invalid={text !== "" && first < 0} onChange={(event) => setText(event.target.value)} />
          {text.length > 1 && first < 0 && <span className="error-text">That is no card: a rank, then s, h, d or c.</span>}
        </label>
        <label className="field">
          <span>
            Cut card, cards from the end ({CUT_LEAST} – {CUT_MOST})
          </span>
          <input data-testid="shoe-cut" required inputMode="numeric" value={cutText} aria-invalid={!isCut} onChange={(event) => setCut(event.target.value.replace(/\D/g, ""))} />
          {!isCut && <span className="error-text">Two whole coups must lie behind it, and no more than a quarter of the shoe.</span>}
        </label>
        {needsReason && (
          <label className="field">
            <span>The shoe is not over: why is it changed?</span>
            <input data-testid="shoe-reason" required maxLength={64} value={reason} placeholder="Torn card" onChange={(event) => setReason(event.target.value)} />
          </label>
        )}
        <div className="dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            Not now
          </button>
          <button type="submit" className="button primary" data-testid="shoe-submit" disabled={!ready}>
            It is on the table
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** What the dealer must know of the shoe, in a sentence. */
export function shoeText(shoe: Shoe): string {
  switch (shoe.state) {
    case "loaded":
      return "There is no shoe on the table yet.";
    case "burning":
      return `Burn ${shoe.to_burn} ${shoe.to_burn === 1 ? "card" : "cards"}, face down.`;
    case "over":
      return "The shoe is over: shuffle a new one.";
    default:
      if (shoe.rounds_left === 1) return "The cut card is out: this is the last coup of the shoe.";
      if (shoe.rounds_left > 1) return "The cut card is out: this coup, and one more.";
      return shoe.left <= shoe.cut ? "The cut card should have come." : `Coup ${shoe.rounds + 1}; the cut card lies ${shoe.cut} from the end.`;
  }
}

interface Props {
  readonly state: DealerState;
  readonly shoe: Shoe;
  readonly may: (right: boolean) => boolean;
  readonly order: (body: ClientMessage) => Promise<Answer>;
}

export function ShoePanel({ state, shoe, may, order }: Props) {
  const [changing, setChanging] = useState(false);
  const free = state.phase === "idle" || state.phase === "paused";
  const inUse = shoe.state === "between" || shoe.state === "round";
  const next = { t: "DealerShoe", table_id: state.table_id, seq: shoe.seq + 1, value: -1, cut: 0, reason: "" } as const;
  return (
    <section className={`desk-shoe desk-shoe-${shoe.state}`} aria-label="Shoe" data-testid="dealer-shoe" data-state={shoe.state} data-left={shoe.left} data-number={shoe.number}>
      <div>
        <strong>{shoe.state === "loaded" ? "Shoe" : `Shoe ${shoe.number}, ${shoe.left} cards left`}</strong>
        <span className="dim" data-testid="dealer-shoe-text" aria-live="polite">
          {shoeText(shoe)}
        </span>
      </div>
      <div className="desk-actions">
        {shoe.state === "burning" && (
          <button type="button" className="button primary" data-testid="dealer-burned" disabled={!may(true)} onClick={() => void order({ ...next, event: "burned", value: shoe.to_burn })}>
            {shoe.to_burn} burned
          </button>
        )}
        {inUse && (
          <button type="button" className="button" data-testid="dealer-cut" disabled={!may(shoe.rounds_left < 0)} onClick={() => void order({ ...next, event: "cut" })}>
            Cut card is out
          </button>
        )}
        <button type="button" className={`button ${inUse || shoe.state === "burning" ? "" : "primary"}`} data-testid="dealer-new-shoe" disabled={!may(free)} onClick={() => setChanging(true)}>
          {shoe.state === "burning" ? "Enter the first card again" : "New shoe"}
        </button>
      </div>
      {changing && (
        <NewShoe
          needsReason={shoe.state === "between"}
          onClose={() => setChanging(false)}
          onNew={(value, cut, reason) => {
            setChanging(false);
            void order({ ...next, event: "new", value, cut, reason });
          }}
        />
      )}
    </section>
  );
}
