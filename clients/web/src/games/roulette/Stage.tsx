import { colourOf, describeNumber } from "./geometry";
import { MyResult, resultClass, RoundVoid } from "../shared/Stage";
import type { RoundShow } from "../shared/useRoundShow";

export function NumberBall({ number, red, size = "", testId }: { number: number; red: ReadonlySet<number>; size?: "" | "big" | "small"; testId?: string }) {
  return (
    <span className={`ball ball-${colourOf(number, red)} ${size && `ball-${size}`}`} data-testid={testId} data-number={number}>
      {number}
    </span>
  );
}

const COLOUR_LETTER = { red: "R", black: "B", green: "G" } as const;

/** The last numbers, newest first: colour, and a letter for those who cannot see it. */
export function LastNumbers({ history, red, count }: { history: readonly number[]; red: ReadonlySet<number>; count: number }) {
  if (history.length === 0) return <p className="faint">No number yet.</p>;
  return (
    <ol className="last-numbers" aria-label="Last numbers, newest first" data-testid="last-numbers">
      {history.slice(0, count).map((number, index) => (
        <li key={history.length - index} className={index === 0 ? "newest" : ""}>
          <NumberBall number={number} red={red} />
          <small aria-label={colourOf(number, red)}>{COLOUR_LETTER[colourOf(number, red)]}</small>
        </li>
      ))}
    </ol>
  );
}

/** What just happened: the number, and what it did to my money. */
export function Result({ show, red, exponent }: { show: RoundShow; red: ReadonlySet<number>; exponent: number }) {
  const { shown } = show;
  if (shown === null) return null;
  if (shown.number < 0) return <RoundVoid reason={shown.voidReason} />;
  return (
    <div className={resultClass(shown.mine)} data-testid="result" role="status">
      <NumberBall number={shown.number} red={red} size="big" testId="result-number" />
      <div>
        <strong>{describeNumber(shown.number, red)}</strong>
        <MyResult mine={shown.mine} exponent={exponent} />
      </div>
    </div>
  );
}
