import { coupOf, describeCoup } from "./punto";

const LETTER = { player: "P", banker: "B", tie: "T" } as const;

/** A coup in a line of text: who won, and the totals. */
export function BaccaratOutcome({ number }: { number: number }) {
  const coup = coupOf(number);
  return (
    <span className={`coup coup-${coup.winner}`} data-number={number} title={describeCoup(coup)}>
      <b>{LETTER[coup.winner]}</b> {coup.player}–{coup.banker}
    </span>
  );
}
