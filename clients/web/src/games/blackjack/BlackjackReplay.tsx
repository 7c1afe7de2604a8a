import type { RoundRecord } from "../../api/rounds";
import { Fan } from "../shared/Cards";
import { readDetail, stateOf, totalOf } from "./seats";

const WORDS: Readonly<Record<string, string>> = { won: "Won", lost: "Lost", push: "Push", bust: "Bust", blackjack: "Blackjack" };

/** All cards of a recorded round, seat by seat; mine: seats with a main bet of mine. */
export function BlackjackReplay({ record, mine }: { record: RoundRecord; mine: ReadonlySet<number> }) {
  const { dealer, hands } = readDetail(record.detail);
  const { total } = totalOf(dealer);
  return (
    <div className="replay-cards">
      <div className="replay-hand" data-testid="replay-dealer" data-total={total}>
        <b>Dealer</b>
        <Fan cards={dealer} label="Dealer" />
        <span className="bj-total">{total > 21 ? "Bust" : dealer.length === 2 && total === 21 ? "Blackjack" : total}</span>
      </div>
      {hands.map((hand) => {
        const seat = Math.floor(hand.hand / 10);
        const state = stateOf(hand, dealer);
        const notes = [hand.doubled ? "doubled" : "", hand.ofSplit ? "split" : "", hand.insured ? "insured" : ""].filter((note) => note !== "");
        return (
          <div key={hand.hand} className={`replay-hand bj-${state}`} data-testid={`replay-hand-${hand.hand}`} data-state={state}>
            <b>
              Seat {seat + 1}
              {mine.has(seat * 10) && " (you)"}
            </b>
            <Fan cards={hand.cards} label={`Seat ${seat + 1}`} />
            <span className="bj-total">{totalOf(hand.cards).total}</span>
            <span className="bj-word">{WORDS[state]}</span>
            {notes.length > 0 && <small className="faint">{notes.join(", ")}</small>}
          </div>
        );
      })}
    </div>
  );
}
