import { useEffect, useState } from "react";
import { Link } from "wouter";
import { useApp, useSession, useTitle } from "../app/hooks";
import { BackIcon } from "../app/icons";
import { Shell } from "../app/Shell";
import { refusalText } from "../app/words";
import type { TableState } from "../state/table";
import { viewOf } from "./registry";

/** Takes a seat, and leaves it with the page. Returns the table once we sit there, and why we may not. */
function useSeat(tableId: string): { table: TableState | null; refused: string } {
  const session = useSession();
  const table = useApp((state) => (state.table?.snapshot.info_table_id === tableId ? state.table : null));
  const connected = useApp((state) => state.status === "connected");
  const [refused, setRefused] = useState("");
  useEffect(() => () => session.leaveTable(tableId), [session, tableId]);
  const wanted = connected && table === null;
  useEffect(() => {
    let gone = false;
    setRefused("");
    void session.joinTable(tableId).then((answer) => {
      if (!gone && answer && !answer.ok && answer.refusal.code !== 0) setRefused(refusalText(answer.refusal));
    });
    return () => {
      gone = true;
    };
  }, [session, tableId, wanted]);
  return { table, refused };
}

function Game({ table }: { table: TableState }) {
  const { game } = table.snapshot;
  const Table = viewOf(game)?.Table;
  if (Table) return <Table table={table} />;
  return (
    <div className="empty" role="alert" data-testid="table-error">
      <p>This page cannot show the game “{game}” yet. Load it again; it may be out of date. Nothing was staked.</p>
      <button type="button" className="button" onClick={() => location.reload()}>
        Reload
      </button>
    </div>
  );
}

/** One table of any game. Joining is done here; what happens at it comes from the session. */
export function TablePage({ tableId }: { tableId: string }) {
  const { table, refused } = useSeat(tableId);
  useTitle(table?.snapshot.title ?? "Table");
  return (
    <Shell wide>
      <div className="table-title">
        <Link href="/lobby" className="button quiet small" data-testid="leave-table">
          <BackIcon /> Lobby
        </Link>
        <h1>{table?.snapshot.title ?? "Table"}</h1>
      </div>
      {table !== null ? (
        <Game key={tableId} table={table} />
      ) : refused ? (
        <div className="empty" role="alert" data-testid="table-error">
          <p>{refused}</p>
        </div>
      ) : (
        <p className="empty" role="status">
          Taking a seat…
        </p>
      )}
    </Shell>
  );
}
