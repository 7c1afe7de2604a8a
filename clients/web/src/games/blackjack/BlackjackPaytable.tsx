import type { GameRules } from "../../api/rules";

interface Way {
  readonly name: string;
  readonly pays: string | number;
}

interface Row {
  readonly kind: number;
  readonly name: string;
  readonly pays: readonly Way[];
}

function rowsOf(rules: GameRules): readonly Row[] {
  const rows = rules.paytable as unknown;
  return Array.isArray(rows) ? (rows as Row[]).filter((row) => Array.isArray(row.pays)) : [];
}

function toOne(pays: string | number): string {
  return String(pays).includes(":") ? String(pays).replace(":", " to ") : `${pays} to 1`;
}

/** What each bet at blackjack pays, by its winning cases. */
export function BlackjackPaytable({ rules }: { rules: GameRules }) {
  return (
    <table className="sheet" data-testid="paytable">
      <thead>
        <tr>
          <th>Bet</th>
          <th>Wins with</th>
          <th className="num">Pays</th>
        </tr>
      </thead>
      <tbody>
        {rowsOf(rules).flatMap((row) =>
          row.pays.map((way, index) => (
            <tr key={`${row.kind}:${way.name}`}>
              {index === 0 && (
                <th scope="rowgroup" rowSpan={row.pays.length}>
                  {row.name}
                </th>
              )}
              <td>{way.name}</td>
              <td className="num">{toOne(way.pays)}</td>
            </tr>
          )),
        )}
      </tbody>
    </table>
  );
}

/** The dealer's total in a line of text. */
export function BlackjackOutcome({ number }: { number: number }) {
  const text = number === 0 ? "blackjack" : number > 21 ? "bust" : String(number);
  return <span className="tag">dealer {text}</span>;
}
