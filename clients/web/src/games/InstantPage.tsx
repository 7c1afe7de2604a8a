import { Link, Redirect } from "wouter";
import { useTitle } from "../app/hooks";
import { BackIcon } from "../app/icons";
import { Shell } from "../app/Shell";
import { titleOf, viewOf } from "./registry";

/** A game without a table. */
export function InstantPage({ game }: { game: string }) {
  const Instant = viewOf(game)?.Instant;
  const title = titleOf(game);
  useTitle(title);
  if (!Instant) return <Redirect to="/lobby" replace />;
  return (
    <Shell wide>
      <div className="table-title">
        <Link href="/lobby" className="button quiet small" data-testid="leave-table">
          <BackIcon /> Lobby
        </Link>
        <h1>{title}</h1>
      </div>
      <Instant key={game} game={game} />
    </Shell>
  );
}
