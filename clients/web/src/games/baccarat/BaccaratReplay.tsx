import type { RoundRecord } from "../../api/rounds";
import { Fan } from "../shared/Cards";
import { coupOf, describeCoup, handOf, type Side, totalOf } from "./punto";

const SIDES: readonly { readonly side: Side; readonly name: string }[] = [
  { side: "player", name: "Player" },
  { side: "banker", name: "Banker" },
];

/** Both hands of a recorded coup. */
export function BaccaratReplay({ record }: { record: RoundRecord }) {
  return (
    <>
      <div className="replay-cards">
        {SIDES.map(({ side, name }) => {
          const hand = handOf(side, record.detail);
          return (
            <div key={side} className="replay-hand" data-testid={`replay-${side}`} data-total={totalOf(hand)}>
              <b>{name}</b>
              <Fan cards={hand} label={name} />
              <span className="bj-total">{totalOf(hand)}</span>
            </div>
          );
        })}
      </div>
      <p>{describeCoup(coupOf(record.number ?? 0))}</p>
    </>
  );
}
