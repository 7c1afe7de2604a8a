import { useState } from "react";
import type { GameRules, PaytableRow, RulesTable } from "../api/rules";
import { titleOf, VIEWS, viewOf } from "../games/registry";
import { percentOf } from "../state/fraction";
import { formatMinor } from "../state/money";
import { Dialog } from "./Dialog";
import { useApp, useRules } from "./hooks";

/** A return as per cent and, exactly, as the fraction it is. */
function Return({ fraction }: { fraction: string }) {
  const percent = percentOf(fraction);
  return (
    <span className="return" data-testid="rtp" data-rtp={fraction}>
      {percent === null ? fraction : <strong>{percent} %</strong>} {percent !== null && <small>exactly {fraction}</small>}
    </span>
  );
}

/** "1.50 times the stake" for "150/100"; what is no fraction of hundredths stays as it is. */
function payText(pays: string): string {
  const hundredths = /^(\d+)\/100$/.exec(pays)?.[1];
  return hundredths === undefined ? pays : `${percentOf(hundredths + "/10000", 2)} times the stake`;
}

function returnOf(rules: GameRules, row: PaytableRow): string | undefined {
  return row.rtp ?? (typeof rules.rtp === "object" ? rules.rtp[row.name] : undefined);
}

/** What each bet pays and returns. */
function Paytable({ rules }: { rules: GameRules }) {
  const rows = Array.isArray(rules.paytable) ? rules.paytable : [];
  const Own = viewOf(rules.game)?.Paytable;
  if (Own) return <Own rules={rules} />;
  if (rows.length === 0) return null;
  const withReturn = rows.some((row) => returnOf(rules, row) !== undefined);
  return (
    <table className="sheet" data-testid="paytable">
      <thead>
        <tr>
          <th>Bet</th>
          <th className="num">Pays</th>
          {withReturn && <th className="num">Returns</th>}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => {
          const fraction = returnOf(rules, row);
          return (
            <tr key={row.name}>
              <th scope="row">{row.name}</th>
              <td className="num">{payText(row.pays)}</td>
              {withReturn && <td className="num">{fraction !== undefined && <Return fraction={fraction} />}</td>}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Tables({ tables, exponent }: { tables: readonly RulesTable[]; exponent: number }) {
  if (tables.length === 0) return null;
  return (
    <>
      <h3>Limits</h3>
      <table className="sheet" data-testid="rules-limits">
        <thead>
          <tr>
            <th>Table</th>
            <th className="num">Stakes from</th>
            <th className="num">Most in a round</th>
          </tr>
        </thead>
        <tbody>
          {tables.map((table) => (
            <tr key={table.table_id}>
              <th scope="row">{table.title}</th>
              <td className="num">{formatMinor(table.min_stake_minor, exponent)}</td>
              <td className="num">{formatMinor(table.max_table_minor, exponent)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function Sheet({ rules }: { rules: GameRules }) {
  const exponent = useApp((state) => state.account?.exponent ?? 2);
  return (
    <>
      {typeof rules.rtp === "string" && (
        <p className="lead">
          Every bet returns <Return fraction={rules.rtp} /> of what is staked on it over the long run.
        </p>
      )}
      {rules.text?.map((paragraph) => <p key={paragraph}>{paragraph}</p>)}
      <Paytable rules={rules} />
      <Tables tables={rules.tables ?? []} exponent={exponent} />
      <h3>How a round goes</h3>
      <ul className="plain">
        {viewOf(rules.game)?.Table && (
          <>
            <li>Bets count when the server had them before closing time, by the server's clock, and answered “accepted”.</li>
            <li>You may undo bets until betting closes. Several chips laid at once are one bet: all of them count, or none.</li>
          </>
        )}
        <li>If a round cannot be finished, the rules above say what becomes of the stakes; where they say nothing, every stake goes back.</li>
        <li>All amounts are play money. It has no value and cannot be exchanged for money.</li>
      </ul>
      <p className="faint">
        Rules <code data-testid="rules-version">{rules.rules_version}</code>. Every round says by which version it was played.
      </p>
    </>
  );
}

/** The rules of one game: text, paytable, return, limits, version. Needs no login and no money. */
export function RulesOf({ game }: { game: string }) {
  const [loaded, again] = useRules(game);
  if (loaded.state === "loading") return <p role="status">Fetching the rules…</p>;
  if (loaded.state === "ready") return <Sheet rules={loaded.value} />;
  return (
    <p role="alert">
      {loaded.message}{" "}
      <button type="button" className="button small" onClick={again}>
        Try again
      </button>
    </p>
  );
}

const GAMES = VIEWS.flatMap((view) => view.games);

/** House rules and paytable of every game: reachable from every page, before any bet. */
export function RulesDialog({ game, onClose }: { game: string; onClose: () => void }) {
  const [shown, setShown] = useState(game);
  return (
    <Dialog title="Rules and paytable" testId="rules-dialog" onClose={onClose}>
      <div className="tabs" role="group" aria-label="Games">
        {GAMES.map(({ name }) => (
          <button key={name} type="button" className="tab" aria-pressed={name === shown} data-testid={`rules-of-${name}`} onClick={() => setShown(name)}>
            {titleOf(name)}
          </button>
        ))}
      </div>
      <RulesOf key={shown} game={shown} />
    </Dialog>
  );
}
