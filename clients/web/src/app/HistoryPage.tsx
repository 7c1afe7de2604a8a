import { Fragment, useEffect, useState } from "react";
import { Link } from "wouter";
import { ApiError } from "../api/client";
import type { History, HistoryItem } from "../api/types";
import { titleOf, viewOf } from "../games/registry";
import { formatMinor, formatSigned } from "../state/money";
import { type Loaded, useApp, useSession, useTitle } from "./hooks";
import { Shell } from "./Shell";
import { voidText } from "./words";

const PAGE = 20;
const KIND_NAMES: Readonly<Record<string, string>> = { deposit: "Welcome money", bonus: "Bonus" };

function when(ms: number): string {
  return new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }).format(ms);
}

/** Returns which game a table plays; tables that closed meanwhile are not known. */
function useGameOf(tableId: string): string {
  return useApp((state) => state.tables.find((table) => table.table_id === tableId)?.game ?? "");
}

function Outcome({ game, number }: { game: string; number: number }) {
  const Shown = viewOf(game)?.Outcome;
  return Shown ? <Shown number={number} /> : <span className="ball ball-small ball-black">{number}</span>;
}

function Row({ item, exponent }: { item: HistoryItem; exponent: number }) {
  const table = useGameOf(item.table_id);
  const alone = viewOf(item.table_id)?.Instant !== undefined;
  const game = alone ? item.table_id : table;
  const [open, setOpen] = useState(false);
  const round = item.kind === "round";
  return (
    <Fragment>
      <tr data-testid="history-row" data-kind={item.kind} data-seq={item.seq}>
        <td className="dim">{when(item.at_ms)}</td>
        <td>
          {round ? (
            <button type="button" className="link" aria-expanded={open} onClick={() => setOpen(!open)}>
              {alone ? `${titleOf(item.table_id)}, nonce ${item.round_no}` : `${item.table_id}, round ${item.round_no}`}
            </button>
          ) : (
            (KIND_NAMES[item.kind] ?? item.kind)
          )}
        </td>
        <td>
          {item.number !== null && round && <Outcome game={game} number={item.number} />}
          {item.voided && <span className="tag">void</span>}
        </td>
        <td className="num">{round ? formatMinor(item.stake_minor, exponent) : ""}</td>
        <td className="num">{round ? formatMinor(item.payout_minor + item.returned_minor, exponent) : ""}</td>
        <td className={`num strong ${item.net_minor > 0 ? "up" : item.net_minor < 0 ? "down" : ""}`}>{formatSigned(item.net_minor, exponent)}</td>
        <td className="num">
          {round && (
            <Link href={`/history/${item.round_id}`} data-testid="replay-open" aria-label={`Replay ${item.table_id}, round ${item.round_no}`}>
              Replay
            </Link>
          )}
        </td>
      </tr>
      {open && (
        <tr className="history-bets">
          <td colSpan={7}>
            {item.voided && <p>{voidText(item.void_reason)} Stakes went back.</p>}
            <ul className="plain">
              {item.bets.map((bet) => (
                <li key={bet.bet_id}>
                  <code>{bet.bet_id}</code> · {bet.state} · stake {formatMinor(bet.stake_minor, exponent)} · paid {formatMinor(bet.payout_minor, exponent)}
                </li>
              ))}
            </ul>
          </td>
        </tr>
      )}
    </Fragment>
  );
}

/** What happened to my money: rounds, deposits and bonuses, page by page, straight from the books. */
export function HistoryPage() {
  useTitle("History");
  const session = useSession();
  const exponent = useApp((state) => state.account?.exponent ?? 2);
  const [loaded, setLoaded] = useState<Loaded<History>>({ state: "loading" });
  /** Cursors of the pages before this one; the first page has none. */
  const [cursors, setCursors] = useState<readonly (number | null)[]>([null]);
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    let gone = false;
    setLoaded({ state: "loading" });
    session.api.history(cursors.at(-1) ?? null, PAGE).then(
      (value) => gone || setLoaded({ state: "ready", value }),
      (error: Error) => gone || setLoaded({ state: "error", message: error instanceof ApiError ? error.message : "The history cannot be shown right now." }),
    );
    return () => {
      gone = true;
    };
  }, [session, cursors, attempt]);

  const next = loaded.state === "ready" ? loaded.value.next_before : null;
  return (
    <Shell>
      <header className="page-head">
        <h1>Your history</h1>
        <p>Every round, deposit and bonus, as the books have it. Newest first.</p>
      </header>
      {loaded.state === "loading" && (
        <p className="empty" role="status" data-testid="history-loading">
          Opening the books…
        </p>
      )}
      {loaded.state === "error" && (
        <div className="empty" role="alert" data-testid="history-error">
          <p>{loaded.message}</p>
          <button type="button" className="button" onClick={() => setAttempt(attempt + 1)}>
            Try again
          </button>
        </div>
      )}
      {loaded.state === "ready" && loaded.value.items.length === 0 && (
        <p className="empty" data-testid="history-empty">
          Nothing here yet. Play a round, and it will be.
        </p>
      )}
      {loaded.state === "ready" && loaded.value.items.length > 0 && (
        <div className="scroll">
          <table className="sheet history" data-testid="history">
            <thead>
              <tr>
                <th>When</th>
                <th>What</th>
                <th>Outcome</th>
                <th className="num">Stake</th>
                <th className="num">Paid</th>
                <th className="num">Net</th>
                <th>
                  <span className="unseen">Replay</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {loaded.value.items.map((item) => (
                <Row key={`${item.kind}-${item.seq}-${item.round_id}`} item={item} exponent={exponent} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <nav className="pager" aria-label="Pages">
        <button type="button" className="button" data-testid="history-newer" disabled={cursors.length === 1} onClick={() => setCursors(cursors.slice(0, -1))}>
          Newer
        </button>
        <span>Page {cursors.length}</span>
        <button type="button" className="button" data-testid="history-older" disabled={next === null} onClick={() => setCursors([...cursors, next])}>
          Older
        </button>
      </nav>
    </Shell>
  );
}
