import { Link } from "wouter";
import { titleOf, VIEWS } from "../games/registry";
import { useTitle } from "./hooks";
import { Mark } from "./icons";
import { RulesOf } from "./Rules";

/** Rules without a login: whoever thinks about playing reads them first. */
export function RulesPage({ game }: { game: string }) {
  useTitle(`Rules of ${titleOf(game)}`);
  return (
    <div className="shell">
      <header className="bar">
        <Link href="/" className="brand" aria-label="Croupier, to the door">
          <Mark />
          <span>Croupier</span>
        </Link>
        <span className="play-money">Play money</span>
      </header>
      <main className="page page-read" data-testid="rules-page">
        <header className="page-head">
          <h1>{titleOf(game)}</h1>
        </header>
        <nav className="tabs" aria-label="Games">
          {VIEWS.flatMap((view) => view.games).map(({ name, title }) => (
            <Link key={name} href={`/rules/${name}`} className="tab" aria-current={name === game ? "page" : undefined}>
              {title}
            </Link>
          ))}
        </nav>
        <RulesOf game={game} />
      </main>
    </div>
  );
}
