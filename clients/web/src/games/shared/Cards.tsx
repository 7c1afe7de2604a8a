import type { CSSProperties } from "react";
import { cardsText, faceOf, HIDDEN, type Suit } from "./cards";

const SHAPES: Readonly<Record<Suit, string>> = {
  spades: "M12 2C9.5 6.6 3.4 9.9 3.4 14.6a4.3 4.3 0 0 0 7.5 2.9L9.6 22h4.8l-1.3-4.5a4.3 4.3 0 0 0 7.5-2.9C20.6 9.9 14.5 6.6 12 2z",
  hearts: "M12 21.4C5.6 15.9 2.6 12.5 2.6 8.5A5 5 0 0 1 12 6.1a5 5 0 0 1 9.4 2.4c0 4-3 7.4-9.4 12.9z",
  diamonds: "M12 1.8 20 12l-8 10.2L4 12z",
  clubs: "M12 2.2a4.5 4.5 0 0 0-3.5 7.3 4.6 4.6 0 1 0 2.4 7.6L9.6 22h4.8l-1.3-4.9a4.6 4.6 0 1 0 2.4-7.6A4.5 4.5 0 0 0 12 2.2z",
};

/** A card, face up, or its back. order: its place among cards that are dealt at one time; they come one after another. */
export function PlayingCard({ card, order = 0 }: { card: number; order?: number }) {
  const style = { "--deal": order } as CSSProperties;
  if (card === HIDDEN) return <span className="card card-back" style={style} data-testid="card" data-card={card} />;
  const { rank, suit, red } = faceOf(card);
  return (
    <span className={`card ${red ? "card-red" : ""}`} style={style} data-testid="card" data-card={card}>
      <b>{rank}</b>
      <svg className="card-pip" viewBox="0 0 24 24">
        <path d={SHAPES[suit]} />
      </svg>
      <svg className="card-suit" viewBox="0 0 24 24">
        <path d={SHAPES[suit]} />
      </svg>
    </span>
  );
}

/** Cards lying on each other, so far as they must. from: which of them have just been dealt, and come in turn. */
export function Fan({ cards, label, orderOf = () => 0, testId }: { cards: readonly number[]; label?: string; orderOf?: (index: number) => number; testId?: string }) {
  return (
    <span className="fan" data-testid={testId}>
      <span className="unseen">{`${label === undefined ? "" : `${label}: `}${cardsText(cards)}`}</span>
      <span className="fan-cards" aria-hidden="true">
        {cards.map((card, index) => (
          <PlayingCard key={`${index}:${card}`} card={card} order={orderOf(index)} />
        ))}
      </span>
    </span>
  );
}
