import type { RoundRecord } from "../../api/rounds";
import { RED } from "../../protocol/roulette";
import { describeNumber } from "./geometry";
import { NumberBall } from "./Stage";

/** The pocket of a recorded round. */
export function RouletteReplay({ record }: { record: RoundRecord }) {
  const number = record.number ?? 0;
  return (
    <div className="replay-number">
      <NumberBall number={number} red={RED} size="big" testId="replay-number" />
      <span>{describeNumber(number, RED)}</span>
    </div>
  );
}
