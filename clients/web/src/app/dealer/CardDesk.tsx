/** Where a dealer deals a coup of punto banco: the shoe, the two hands, rank and suit, take back, confirm. */
import { useState } from "react";
import { coupOf, describeCoup, handOf, totalOf } from "../../games/baccarat/punto";
import { faceOf, SUITS } from "../../games/shared/cards";
import { PlayingCard } from "../../games/shared/Cards";
import type { Answer } from "../../net/unanswered";
import type { ClientMessage, DealerState, Shoe } from "../../protocol/messages";
import { type DealerRights, dueText, rankOfKey, suitOfKey } from "../../state/dealer";
import { useDeskKeys } from "./keys";
import { ShoePanel } from "./ShoePanel";

const SIGNS = ["♠", "♥", "♦", "♣"] as const;

function HandRow({ side, cards, isDue }: { side: "player" | "banker"; cards: readonly number[]; isDue: boolean }) {
  const hand = handOf(side, cards);
  return (
    <div className={`desk-hand ${isDue ? "due" : ""}`} data-testid={`desk-${side}`} data-cards={hand.join(" ")}>
      <p>
        {side === "player" ? "Player" : "Banker"} <b>{hand.length > 0 ? totalOf(hand) : "–"}</b>
      </p>
      <div className="desk-cards">
        {hand.map((card, index) => (
          <PlayingCard key={index} card={card} />
        ))}
        {isDue && <span className="card-place card-due" aria-hidden="true" />}
      </div>
    </div>
  );
}

function CardPad({ rank, enabled, onRank, onSuit }: { rank: number; enabled: boolean; onRank: (rank: number) => void; onSuit: (suit: number) => void }) {
  return (
    <div className="card-pad" role="group" aria-label="Next card: rank, then suit">
      <div className="card-ranks">
        {Array.from({ length: 13 }, (_, one) => (
          <button key={one} type="button" className={`pad-key ${one === rank ? "entered" : ""}`} data-testid={`dealer-rank-${one}`} aria-pressed={one === rank} disabled={!enabled} onClick={() => onRank(one)}>
            {faceOf(one).rank}
          </button>
        ))}
      </div>
      <div className="card-suits">
        {SUITS.map((suit, index) => (
          <button key={suit} type="button" className={`pad-key suit-${suit}`} data-testid={`dealer-suit-${index}`} aria-label={suit} disabled={!enabled || rank < 0} onClick={() => onSuit(index)}>
            {rank >= 0 && <b>{faceOf(rank).rank}</b>} {SIGNS[index]}
          </button>
        ))}
      </div>
    </div>
  );
}

interface Props {
  readonly state: DealerState;
  readonly shoe: Shoe;
  readonly rights: DealerRights;
  /** Whether an order that is legal may be given now. */
  readonly may: (right: boolean) => boolean;
  readonly order: (body: ClientMessage) => Promise<Answer>;
  readonly onConfirm: () => void;
}

export function CardDesk({ state, shoe, rights, may, order, onConfirm }: Props) {
  const [rank, setRank] = useState(-1);
  const round = { table_id: state.table_id, round_id: state.round_id, seq: shoe.seq + 1 };
  const canDeal = may(rights.card);
  const canTakeBack = may(rights.back);
  const last = shoe.cards.at(-1);

  const deal = (suit: number): void => {
    setRank(-1);
    void order({ t: "DealerCard", ...round, card: suit * 13 + rank, hand: shoe.due, source: "manual" });
  };
  const takeBack = (): void => {
    if (last !== undefined) void order({ t: "DealerTakeBack", ...round, card: last, reason: "misread" });
  };
  useDeskKeys((key) => {
    if (key === "Backspace" || key === "Escape") {
      if (rank >= 0) setRank(-1);
      else if (key === "Backspace" && canTakeBack) takeBack();
      else return false;
      return true;
    }
    if (!rights.card) return false;
    // A rank may be typed while the card before is on its way; its suit waits for the answer.
    const suit = rank >= 0 ? suitOfKey(key) : -1;
    if (suit >= 0 && canDeal) deal(suit);
    else if (rankOfKey(key) >= 0) setRank(rankOfKey(key));
    else return false;
    return true;
  });

  const dealing = rights.card || rights.back;
  const place = shoe.due < 0 ? 0 : handOf(shoe.due === 0 ? "player" : "banker", shoe.cards).length;
  return (
    <>
      <ShoePanel state={state} shoe={shoe} may={may} order={order} />
      <div className="card-desk">
        <section className="desk-cloth" aria-label="The coup">
          <HandRow side="player" cards={shoe.cards} isDue={rights.card && shoe.due === 0} />
          <HandRow side="banker" cards={shoe.cards} isDue={rights.card && shoe.due === 1} />
          <p className="desk-due" data-testid="dealer-due" data-due={rights.card ? shoe.due : -1} aria-live="polite">
            {rights.card ? (rank >= 0 ? `${faceOf(rank).rank} of …` : dueText(shoe.due, place)) : state.phase === "number" ? "All cards are out. Look at them, then confirm." : "Cards come when betting is closed."}
          </p>
        </section>
        <CardPad rank={rank} enabled={canDeal} onRank={setRank} onSuit={deal} />
      </div>
      <div className="desk-confirm">
        <div className="desk-entered" aria-live="polite">
          {state.number >= 0 ? (
            <strong data-testid="dealer-entered" data-number={state.number}>
              {describeCoup(coupOf(state.number))}
            </strong>
          ) : (
            <span className="dim">{dealing ? "The coup is not complete." : "No coup is dealt."}</span>
          )}
        </div>
        <div className="desk-actions">
          <button type="button" className="button large" data-testid="dealer-back" disabled={!canTakeBack} aria-keyshortcuts="Backspace" onClick={takeBack}>
            {last === undefined || !rights.back ? "Take back" : `Take back ${faceOf(last).rank}${SIGNS[Math.floor(last / 13)]}`}
          </button>
          <button type="button" className="button primary large" data-testid="dealer-confirm" disabled={!may(rights.confirm)} onClick={onConfirm}>
            Confirm the coup
          </button>
        </div>
      </div>
      <p className="faint">Keys: O opens, C closes, then A 2 – 9 T J Q K and S H D C deal a card, Backspace takes the last one back, V voids. Confirm with Tab and Enter, so that no slip of a finger decides a round.</p>
    </>
  );
}
