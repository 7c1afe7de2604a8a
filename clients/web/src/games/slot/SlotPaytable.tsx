import type { GameRules } from "../../api/rules";
import { isSlot, type Paytable } from "./machine";
import { SymbolPicture, SymbolSheet } from "./Symbols";

const COUNTS = [3, 4, 5];

function LinePicture({ rows, line }: { rows: readonly number[]; line: number }) {
  return (
    <figure className="line-picture">
      <svg viewBox={`0 0 ${rows.length * 10} 30`} aria-hidden="true">
        <path d={rows.flatMap((_, reel) => [0, 1, 2].map((row) => `M${reel * 10 + 1} ${row * 10 + 1}h8v8h-8z`)).join("")} />
        <polyline points={rows.map((row, reel) => `${reel * 10 + 5},${row * 10 + 5}`).join(" ")} />
      </svg>
      <figcaption>{line + 1}</figcaption>
    </figure>
  );
}

function Pays({ table }: { table: Paytable }) {
  const nameOf = (symbol: number) => table.symbols.find((one) => one.symbol === symbol)?.name ?? String(symbol);
  return (
    <>
      <SymbolSheet />
      <table className="sheet" data-testid="paytable">
        <thead>
          <tr>
            <th>Symbol</th>
            {COUNTS.map((count) => (
              <th key={count} className="num">
                {count} of them
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.line_pays.map(({ symbol, pays }) => (
            <tr key={symbol}>
              <th scope="row" className="pay-symbol">
                <SymbolPicture symbol={symbol} /> {nameOf(symbol)}
              </th>
              {COUNTS.map((count, index) => (
                <td key={count} className="num">
                  {pays[index]}
                </td>
              ))}
            </tr>
          ))}
          <tr>
            <th scope="row" className="pay-symbol">
              <SymbolPicture symbol={table.scatter} /> {nameOf(table.scatter)}, anywhere
            </th>
            {COUNTS.map((count) => {
              const pay = table.scatter_pays.find((one) => one.count === count);
              return (
                <td key={count} className="num">
                  {pay ? `${pay.pays} × stake, ${pay.free_spins} free spins` : ""}
                </td>
              );
            })}
          </tr>
        </tbody>
      </table>
      <p className="faint">
        Symbols on a line pay so many times the stake of that line, from the leftmost reel on. <SymbolPicture symbol={table.wild} /> counts as any symbol but {nameOf(table.scatter)}. Wins of free spins count{" "}
        {table.multiplier} times.
      </p>
      <h3>Lines</h3>
      <div className="line-pictures">
        {table.lines.map((rows, line) => (
          <LinePicture key={line} rows={rows} line={line} />
        ))}
      </div>
    </>
  );
}

/** What the machine pays: symbols, scatters, and how its lines run. */
export function SlotPaytable({ rules }: { rules: GameRules }) {
  return isSlot(rules) ? <Pays table={rules.paytable} /> : null;
}

/** A round in a line of text. number: the whole win in hundredths of the stake. */
export function SlotOutcome({ number }: { number: number }) {
  return <span className="tag">{number === 0 ? "no win" : `${number / 100} × stake`}</span>;
}
