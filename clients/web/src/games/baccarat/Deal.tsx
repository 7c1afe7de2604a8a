import { useEffect, useState } from "react";
import { cardsText } from "../shared/cards";
import { PlayingCard } from "../shared/Cards";
import type { RoundShow } from "../shared/useRoundShow";
import { type Coup, handOf, type Side, totalOf } from "./punto";

/** Returns how many cards are on the cloth: they come one by one while the show runs, and are all there when it is over. */
export function useDealt(cards: readonly number[], show: RoundShow): number {
  const [dealt, setDealt] = useState(0);
  const { rolling, rollMs, key } = show;
  const count = cards.length;
  useEffect(() => {
    setDealt(0);
    if (!rolling || count === 0 || rollMs <= 0) return;
    const timer = setInterval(() => setDealt((before) => Math.min(count, before + 1)), rollMs / (count + 1));
    return () => clearInterval(timer);
    // the pace is set once for a round: a later word on when the next one opens only ends the show earlier
  }, [key, rolling, count]);
  return rolling ? dealt : count;
}

const NAMES: Readonly<Record<Side, string>> = { player: "Player", banker: "Banker" };

function Hand({ side, cards, dealt, coup }: { side: Side; cards: readonly number[]; dealt: number; coup: Coup | null }) {
  const hand = handOf(side, cards, dealt);
  const won = coup?.winner === side;
  const total = hand.length > 0 ? totalOf(hand) : null;
  return (
    <div className={`punto-hand punto-${side} ${won ? "won" : ""}`} data-testid={`hand-${side}`} data-total={total ?? ""} data-cards={hand.length}>
      <p className="punto-name">
        {NAMES[side]} <b>{total ?? "–"}</b>
      </p>
      <div className="punto-cards" aria-hidden="true">
        {hand.map((card, index) => (
          <span key={index} className={index === 2 ? "third" : ""}>
            <PlayingCard card={card} />
          </span>
        ))}
        {Array.from({ length: Math.max(0, 2 - hand.length) }, (_, index) => (
          <span key={`empty ${index}`} className="card-place" />
        ))}
      </div>
      <span className="unseen">{hand.length > 0 && `${cardsText(hand)}, total ${total}${won ? ", wins" : ""}`}</span>
    </div>
  );
}

/** The hands as a dealer deals them: each card when he has laid it. left: cards in the shoe, -1: not known. */
export function LiveDeal({ cards, coup, shoe, left }: { cards: readonly number[]; coup: Coup | null; shoe: number; left: number }) {
  return (
    <div className="punto-deal" data-testid="deal" data-dealt={cards.length}>
      <Hand side="player" cards={cards} dealt={cards.length} coup={coup} />
      <Hand side="banker" cards={cards} dealt={cards.length} coup={coup} />
      <p className="punto-shoe faint" data-testid="shoe" data-shoe={shoe} data-left={left}>
        {left < 0 ? "Dealt from one shoe of eight decks" : `Shoe ${shoe}, ${left} cards left`}
      </p>
    </div>
  );
}

/** The two hands, dealt card by card. The outcome is known when the first card falls: whoever does not want to wait skips. */
export function Deal({ cards, show, coup }: { cards: readonly number[]; show: RoundShow; coup: Coup | null }) {
  const dealt = useDealt(cards, show);
  return (
    <div className="punto-deal" data-testid="deal" data-dealt={dealt}>
      <Hand side="player" cards={cards} dealt={dealt} coup={coup} />
      <Hand side="banker" cards={cards} dealt={dealt} coup={coup} />
      {show.rolling && (
        <button type="button" className="button small punto-skip" data-testid="skip-deal" onClick={show.skip}>
          Show all cards
        </button>
      )}
    </div>
  );
}
