import { formatMinor } from "../../state/money";
import type { SeatBets, Winner } from "../../protocol/messages";

/** Who has what on the layout. */
export function Seats({ seats, me, exponent, title = "On the layout" }: { seats: readonly SeatBets[]; me: string; exponent: number; title?: string }) {
  const sorted = [...seats].sort((a, b) => b.stake_minor - a.stake_minor);
  return (
    <section className="panel" aria-labelledby="seats-title">
      <h3 id="seats-title">{title}</h3>
      {sorted.length === 0 ? (
        <p className="faint">No bets yet in this round.</p>
      ) : (
        <ul className="people" data-testid="seats">
          {sorted.slice(0, 8).map((seat) => (
            <li key={seat.name} data-testid={`seat-${seat.name}`}>
              <i className={seat.name === me ? "dot-me" : "dot-other"} aria-hidden="true" />
              <span>{seat.name === me ? `${seat.name} (you)` : seat.name}</span>
              <b>{formatMinor(seat.stake_minor, exponent)}</b>
            </li>
          ))}
          {sorted.length > 8 && <li className="faint">and {sorted.length - 8} more</li>}
        </ul>
      )}
    </section>
  );
}

/** Who was paid in the last round. */
export function Winners({ winners, me, exponent }: { winners: readonly Winner[] | null; me: string; exponent: number }) {
  return (
    <section className="panel" aria-labelledby="winners-title">
      <h3 id="winners-title">Last winners</h3>
      {winners === null || winners.length === 0 ? (
        <p className="faint">{winners === null ? "The first round will tell." : "Nobody won in the last round."}</p>
      ) : (
        <ol className="people" data-testid="winners">
          {winners.slice(0, 8).map((winner) => (
            <li key={winner.name} data-testid={`winner-${winner.name}`}>
              <i className="dot-win" aria-hidden="true" />
              <span>{winner.name === me ? `${winner.name} (you)` : winner.name}</span>
              <b>{formatMinor(winner.payout_minor, exponent)}</b>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
