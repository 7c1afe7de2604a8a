import type { CSSProperties } from "react";
import type { Hand } from "../../protocol/messages";
import { formatMinor } from "../../state/money";
import { ChipDisc, chipTone } from "../shared/Chip";
import { Fan } from "../shared/Cards";
import { BEHIND, KIND_NAMES, MAIN, mayBet, PAIRS, positionOf, type Kind, type SeatView, SEATS, THREE, totalText } from "./seats";

/** How a hand stands, in words for its badge. Nothing is said of hands that only wait. */
const STATES: Readonly<Record<string, string>> = { acting: "asked", stood: "stands", bust: "Bust", blackjack: "Blackjack", won: "Won", push: "Push", lost: "Lost" };
const ENDS = ["won", "push", "lost"];

interface HandProps {
  hand: Hand;
  /** It is this hand that must be played now, not only insured. */
  asked: boolean;
  /** Which of several hands of the seat, from 1; 0: it has one. */
  place: number;
  exponent: number;
  /** The end is known here and not shown yet. */
  hidden: boolean;
  orderOf: (index: number) => number;
}

function HandOfSeat({ hand, asked, place, exponent, hidden, orderOf }: HandProps) {
  const state = hidden && ENDS.includes(hand.state) ? "stood" : hand.state;
  const word = state === "acting" && !asked ? "" : (STATES[state] ?? "");
  return (
    <div className={`bj-hand bj-${state} ${asked ? "bj-asked" : ""}`} data-testid={`hand-${hand.hand}`} data-state={state} data-total={hand.total} data-stake={hand.stake_minor}>
      <Fan cards={hand.cards} label={place > 0 ? `Hand ${place}` : "Hand"} orderOf={orderOf} />
      <span className="bj-total" title={hand.soft ? "an ace counts eleven" : undefined}>
        <span className="unseen">{`total ${hand.soft ? "soft " : ""}${hand.total}, `}</span>
        <span aria-hidden="true">{state === "acting" || state === "waiting" ? totalText(hand) : hand.total}</span>
      </span>
      {word !== "" && <span className="bj-word">{word}</span>}
      {hand.insured && <span className="bj-insured">insured</span>}
      {place > 0 && <span className="bj-hand-stake">{formatMinor(hand.stake_minor, exponent)}</span>}
    </div>
  );
}

const SHORT: Readonly<Record<Kind, string>> = { [MAIN]: "", [PAIRS]: "PP", [THREE]: "21+3", [BEHIND]: "Behind" };

interface SpotProps {
  view: SeatView;
  kind: Kind;
  open: boolean;
  values: readonly number[];
  exponent: number;
  onPlace: (position: number) => void;
}

/** A circle on the cloth that takes chips. */
function SpotButton({ view, kind, open, values, exponent, onPlace }: SpotProps) {
  const { stakeMinor, pendingMinor } = view.spots[kind];
  const shown = stakeMinor + pendingMinor;
  const may = open && mayBet(view, kind);
  const mine = kind === BEHIND || view.mine || view.owner === "";
  const what = `Seat ${view.seat + 1}, ${KIND_NAMES[kind]}`;
  const label = shown > 0 ? `${what}: ${formatMinor(shown, exponent)}${pendingMinor > 0 ? ", being placed" : ""}` : what;
  return (
    <button
      type="button"
      className={`bj-spot bj-spot-${kind} ${may ? "open" : ""}`}
      data-testid="position"
      data-position={positionOf(view.seat, kind)}
      data-stake={stakeMinor}
      data-pending={pendingMinor}
      aria-label={label}
      disabled={!may}
      onClick={() => onPlace(positionOf(view.seat, kind))}
    >
      {shown > 0 ? (
        <svg viewBox="-19 -19 38 38" aria-hidden="true">
          <ChipDisc x={0} y={0} r={16} minor={shown} exponent={exponent} tone={chipTone(shown, values)} state={pendingMinor > 0 ? "pending" : ""} other={!mine} />
        </svg>
      ) : (
        <span aria-hidden="true">{kind === MAIN ? (view.owner === "" && open ? "Sit" : "") : SHORT[kind]}</span>
      )}
    </button>
  );
}

interface Props {
  view: SeatView;
  me: string;
  /** The hand that is asked to play, by its number; -1: none. */
  askedHand: number;
  open: boolean;
  values: readonly number[];
  exponent: number;
  hidden: boolean;
  /** The place among the first cards dealt of the seat's card. */
  dealOrder: (seat: number, index: number) => number;
  onPlace: (position: number) => void;
}

/** One seat: its hands, its circles, and whose it is. */
export function Seat({ view, me, askedHand, open, values, exponent, hidden, dealOrder, onPlace }: Props) {
  const { seat, owner, hands } = view;
  // The first seat to play is at the dealer's left hand: on the right of whoever sits opposite.
  const style = { "--from-middle": (SEATS - 1) / 2 - seat } as CSSProperties;
  const title = owner === "" ? `Seat ${seat + 1}` : owner === me ? "You" : owner;
  const many = hands.length > 1;
  const behind = view.spots[BEHIND];
  const follows = behind.stakeMinor + behind.pendingMinor > 0 || (open && mayBet(view, BEHIND));
  return (
    <li className={`bj-seat ${view.mine ? "mine" : ""} ${view.asked ? "asked" : ""} hands-${Math.max(1, hands.length)}`} style={style} data-testid={`bj-seat-${seat}`} data-owner={owner}>
      <div className="bj-hands">
        {hands.map((hand, index) => (
          <HandOfSeat
            key={hand.hand}
            hand={hand}
            asked={hand.hand === askedHand}
            place={many ? index + 1 : 0}
            exponent={exponent}
            hidden={hidden}
            orderOf={(card) => (many || card > 1 ? 0 : dealOrder(seat, card))}
          />
        ))}
      </div>
      <div className="bj-spots">
        {(view.mine || owner !== "") && <SpotButton view={view} kind={PAIRS} open={open} values={values} exponent={exponent} onPlace={onPlace} />}
        <SpotButton view={view} kind={MAIN} open={open} values={values} exponent={exponent} onPlace={onPlace} />
        {(view.mine || owner !== "") && <SpotButton view={view} kind={THREE} open={open} values={values} exponent={exponent} onPlace={onPlace} />}
        {follows && <SpotButton view={view} kind={BEHIND} open={open} values={values} exponent={exponent} onPlace={onPlace} />}
      </div>
      <p className="bj-name">
        <b>{title}</b>
        {owner !== "" && <span className="unseen">{`, seat ${seat + 1}`}</span>}
        {view.followers > 0 && (
          <small>
            {" "}
            +{view.followers} behind, {formatMinor(view.followedMinor, exponent)}
          </small>
        )}
      </p>
    </li>
  );
}
