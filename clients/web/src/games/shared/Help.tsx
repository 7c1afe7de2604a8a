import { Dialog } from "../../app/Dialog";

export interface Key {
  readonly keys: string;
  readonly what: string;
}

/** Keys that work at every table that takes chips. */
export const BETTING_KEYS: readonly Key[] = [
  { keys: "1 – 6", what: "choose a chip" },
  { keys: "U", what: "undo the last bet" },
  { keys: "C", what: "take back all bets" },
  { keys: "R", what: "repeat the bets of your last round" },
  { keys: "D", what: "double everything you have on the layout" },
  { keys: "?", what: "this help" },
];

/** Which keys do what at a table. first: the game's own keys. */
export function HelpDialog({ first, hint, onClose }: { first: readonly Key[]; hint: string; onClose: () => void }) {
  return (
    <Dialog title="Playing with the keyboard" testId="help-dialog" onClose={onClose}>
      <dl className="keys">
        {[...first, ...BETTING_KEYS].map((key) => (
          <div key={key.keys}>
            <dt>
              <kbd>{key.keys}</kbd>
            </dt>
            <dd>{key.what}</dd>
          </div>
        ))}
      </dl>
      <p className="faint">{hint}</p>
    </Dialog>
  );
}
