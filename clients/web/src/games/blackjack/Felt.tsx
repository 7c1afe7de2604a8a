import type { ReactNode } from "react";
import type { Hands } from "../../protocol/messages";
import { HIDDEN } from "../shared/cards";
import { Fan } from "../shared/Cards";
import { Seat } from "./Seat";
import { isOver, type SeatView, totalOf, totalText } from "./seats";

/** The dealer's further cards come so much slower than the first ones: people follow them one by one. */
const DRAW_STEPS = 5;

interface Props {
  seats: readonly SeatView[];
  hands: Hands | null;
  me: string;
  open: boolean;
  values: readonly number[];
  exponent: number;
  /** The end is known here and not shown yet. */
  hidden: boolean;
  onPlace: (position: number) => void;
  children: ReactNode;
}

/** What is printed on the cloth. */
function Print() {
  return (
    <svg className="bj-print" viewBox="0 0 600 130" aria-hidden="true">
      <path id="bj-arc-1" d="M20 18 Q300 118 580 18" />
      <path id="bj-arc-2" d="M40 46 Q300 142 560 46" />
      <text className="bj-print-big">
        <textPath href="#bj-arc-1" startOffset="50%">
          BLACKJACK PAYS 3 TO 2
        </textPath>
      </text>
      <text className="bj-print-small">
        <textPath href="#bj-arc-2" startOffset="50%">
          Dealer stands on all 17s · Insurance pays 2 to 1
        </textPath>
      </text>
    </svg>
  );
}

function Dealer({ hands, dealt, hidden }: { hands: Hands | null; dealt: number; hidden: boolean }) {
  const cards = hands?.dealer ?? [];
  const over = hands !== null && isOver(hands);
  const total = totalOf(cards);
  const told = cards.length > 0 && !(hidden && over);
  return (
    <div className="bj-dealer" data-testid="dealer" data-total={told ? total.total : ""} data-cards={cards.join(" ")}>
      <span className="bj-dealer-name">Dealer</span>
      <div className="bj-dealer-cards">
        {cards.length > 0 && <Fan cards={cards} label="Dealer" orderOf={(index) => (over ? (index > 0 ? (index - 1) * DRAW_STEPS : 0) : index === 0 ? dealt : 2 * dealt + 1)} />}
        {told && (
          <span className="bj-total" aria-label={`dealer's total ${total.total}`}>
            {over && total.total > 21 ? "Bust" : over && cards.length === 2 && total.total === 21 ? "Blackjack" : totalText(total)}
            {cards.includes(HIDDEN) ? "+" : ""}
          </span>
        )}
      </div>
    </div>
  );
}

/** The cloth: the dealer, seven seats round him, and what lies between. */
export function Felt({ seats, hands, me, open, values, exponent, hidden, onPlace, children }: Props) {
  const played = seats.filter((view) => view.hands.length > 0).map((view) => view.seat);
  const asked = hands === null || hands.insurance ? -1 : (hands.hands[hands.acting]?.hand ?? -1);
  return (
    <section className={`bj-felt ${open ? "open" : ""}`} aria-label="Cards and bets" data-testid="felt">
      {children}
      <Print />
      <Dealer hands={hands} dealt={played.length} hidden={hidden} />
      <ol className="bj-seats" aria-label="Seats, in the order in which they play">
        {seats.map((view) => (
          <Seat
            key={view.seat}
            view={view}
            me={me}
            askedHand={asked}
            open={open}
            values={values}
            exponent={exponent}
            hidden={hidden}
            dealOrder={(seat, index) => Math.max(0, played.indexOf(seat)) + index * (played.length + 1)}
            onPlace={onPlace}
          />
        ))}
      </ol>
    </section>
  );
}
