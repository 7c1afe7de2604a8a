import { RED } from "../../protocol/roulette";
import { NumberBall } from "./Stage";

/** A pocket in a line of text. */
export function RouletteOutcome({ number }: { number: number }) {
  return <NumberBall number={number} red={RED} size="small" />;
}
