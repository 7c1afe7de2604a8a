import { useEffect } from "react";
import { Link } from "wouter";
import { type GameView, VIEWS, viewOf } from "../games/registry";
import type { TableInfo } from "../protocol/messages";
import { formatMinor } from "../state/money";
import { useApp, useSession, useTitle } from "./hooks";
import { UserIcon } from "./icons";
import { Shell } from "./Shell";
import { phaseName } from "./words";

const REFRESH_MS = 2_000;

const LAST = 7;

/** How the last rounds of a table ended, newest first, in its game's own marks. */
function LastOutcomes({ table }: { table: TableInfo }) {
  const Outcome = viewOf(table.game)?.Outcome;
  if (!Outcome || table.last.length === 0) return null;
  return (
    <ol className="table-card-last" aria-label="Last rounds, newest first" data-testid={`table-last-${table.table_id}`}>
      {table.last.slice(0, LAST).map((number, index) => (
        <li key={table.last.length - index}>
          <Outcome number={number} />
        </li>
      ))}
    </ol>
  );
}

function TableCard({ table, exponent }: { table: TableInfo; exponent: number }) {
  const live = table.kind === "live";
  const view = viewOf(table.game);
  return (
    <Link href={`/table/${encodeURIComponent(table.table_id)}`} className={`table-card table-card-${table.kind}`} data-testid={`table-card-${table.table_id}`}>
      <div className={`table-card-art art-${view?.art ?? "none"}`} aria-hidden="true">
        <i />
      </div>
      <div className="table-card-text">
        <div className="table-card-tags">
          <span className={`tag ${live ? "tag-live" : ""}`}>{live ? "Live dealer" : (view?.tag ?? table.game)}</span>
          <span className={`phase-pill phase-${table.phase}`} data-testid={`table-phase-${table.table_id}`} data-phase={table.phase}>
            {phaseName(table.phase)}
          </span>
        </div>
        <h2>{table.title}</h2>
        <LastOutcomes table={table} />
        <dl className="table-card-facts">
          <div>
            <dt>Chips from</dt>
            <dd>{formatMinor(table.min_stake_minor, exponent)}</dd>
          </div>
          <div>
            <dt>Table maximum</dt>
            <dd>{formatMinor(table.max_table_minor, exponent)}</dd>
          </div>
          <div>
            <dt>At the table</dt>
            <dd data-testid={`table-players-${table.table_id}`}>
              <UserIcon /> {table.players}
            </dd>
          </div>
        </dl>
        <span className="button primary table-card-go" aria-hidden="true">
          Sit down
        </span>
      </div>
    </Link>
  );
}

/** A game that is played alone, at once. */
function InstantCard({ view, name, title }: { view: GameView; name: string; title: string }) {
  return (
    <Link href={`/play/${name}`} className="table-card table-card-instant" data-testid={`game-card-${name}`}>
      <div className={`table-card-art art-${view.art}`} aria-hidden="true">
        <i />
      </div>
      <div className="table-card-text">
        <div className="table-card-tags">
          <span className="tag">{view.tag}</span>
        </div>
        <h2>{title}</h2>
        <span className="button primary table-card-go" aria-hidden="true">
          Play
        </span>
      </div>
    </Link>
  );
}

/** Tables of games that this client has no view for stand last, so that a person learns of them. */
const OTHERS: Pick<GameView, "title" | "about"> = { title: "More games", about: "Load this page again if a table cannot be shown." };

function Hall({ view, tables, exponent }: { view: GameView | null; tables: readonly TableInfo[]; exponent: number }) {
  const { title, about } = view ?? OTHERS;
  const instant = view?.Instant ? view.games : [];
  if (tables.length + instant.length === 0) return null;
  return (
    <section className="hall" aria-label={title} data-testid={`hall-${view?.games[0]?.name ?? "other"}`}>
      <header className="hall-head">
        <h2>{title}</h2>
        <p>{about}</p>
      </header>
      <div className="table-grid">
        {tables.map((table) => (
          <TableCard key={table.table_id} table={table} exponent={exponent} />
        ))}
        {view && instant.map((game) => <InstantCard key={game.name} view={view} {...game} />)}
      </div>
    </section>
  );
}

/** Which games and tables there are, and what happens at them now. */
export function LobbyPage() {
  useTitle("Lobby");
  const session = useSession();
  const tables = useApp((state) => state.tables);
  const known = useApp((state) => state.tablesKnown);
  const exponent = useApp((state) => state.account?.exponent ?? 2);
  const name = useApp((state) => state.player?.name ?? "");
  const status = useApp((state) => state.status);
  useEffect(() => {
    if (status !== "connected") return;
    void session.refreshTables();
    const timer = setInterval(() => void session.refreshTables(), REFRESH_MS);
    return () => clearInterval(timer);
  }, [session, status]);
  return (
    <Shell>
      <header className="page-head">
        <h1>Good to see you, {name}</h1>
        <p>Choose a table. Everyone at it plays the same round, with play money.</p>
      </header>
      {!known && (
        <p className="empty" role="status">
          Opening the doors…
        </p>
      )}
      {known && tables.length === 0 && (
        <p className="empty" data-testid="lobby-empty">
          No table is open right now. This page looks again by itself.
        </p>
      )}
      <div className="halls" data-testid="lobby">
        {[...VIEWS, null].map((view) => (
          <Hall key={view?.title ?? ""} view={view} tables={tables.filter((table) => table.kind !== "instant" && viewOf(table.game) === view)} exponent={exponent} />
        ))}
      </div>
    </Shell>
  );
}
