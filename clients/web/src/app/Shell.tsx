import { type ReactNode, useEffect, useState } from "react";
import { Link, useLocation } from "wouter";
import { formatMinor, formatSigned } from "../state/money";
import { netSince, sittingNet } from "../state/account";
import { type ConnectionState, useApp, useConnectionState, useNow, useSession } from "./hooks";
import { BookIcon, DoorIcon, Mark } from "./icons";
import { gameOf } from "../games/registry";
import { RulesDialog } from "./Rules";
import type { Status } from "../net/around";
import type { Session } from "./session";
import { clockText, QUALITY, qualityOf, timeText } from "./words";

function Money() {
  const account = useApp((state) => state.heldAccount ?? state.account);
  if (account === null) return <div className="purse purse-empty" aria-hidden="true" />;
  if (!account.roles.includes("player")) return null; // staff have no purse
  const { exponent, currency, money } = account;
  const net = sittingNet(account);
  const since = netSince(account);
  const staked = money.reserved_minor;
  return (
    <div className="purse">
      <div className="figure">
        <span className="figure-label">Balance</span>
        <span className="figure-value" data-testid="balance" data-minor={money.available_minor}>
          {formatMinor(money.available_minor, exponent)} <abbr title="play money">{currency}</abbr>
        </span>
        {staked > 0 && (
          <span className="figure-note" data-testid="reserved">
            {formatMinor(staked, exponent)} in play
          </span>
        )}
      </div>
      <div className="figure">
        <span className="figure-label">Net</span>
        <span className={`figure-value ${net > 0 ? "up" : net < 0 ? "down" : ""}`} data-testid="net" data-minor={net}>
          {formatSigned(net, exponent)}
        </span>
        {since !== null && (
          <span className="figure-note" data-testid="net-since" title="What was won or lost before is not known here.">
            since {timeText(since)}
          </span>
        )}
      </div>
    </div>
  );
}

function SessionTime() {
  const session = useSession();
  const since = useApp((state) => state.account?.startedMs ?? 0);
  useNow(1000);
  return (
    <div className="figure session-time">
      <span className="figure-label">Session</span>
      <span className="figure-value" data-testid="session-time">
        {clockText(since === 0 ? 0 : session.serverNow() - since)}
      </span>
    </div>
  );
}

const CONNECTION: Readonly<Record<ConnectionState, string>> = {
  connected: "Connected",
  connecting: "Connecting",
  reconnecting: "Reconnecting",
  moving: "Moving to another server",
  offline: "Offline",
};

/** How good the way to the server is, by its last round trip. */
function ConnectionLamp() {
  const state = useConnectionState();
  const rtt = useApp((app) => app.rttMs);
  const ms = state === "connected" && rtt !== null ? Math.round(rtt) : null;
  const quality = ms === null ? null : qualityOf(ms);
  return (
    <div className={`lamp lamp-${state} ${quality === null ? "" : `lamp-${quality}`}`} data-testid="connection" data-state={state} data-quality={quality ?? ""} title={quality === null ? CONNECTION[state] : `${QUALITY[quality]}: ${ms} ms there and back`}>
      <i aria-hidden="true" />
      {/* Only a change is told: a reader that says every round trip is turned off. */}
      <span className="lamp-word" role="status">
        {CONNECTION[state]}
        {quality !== null && `. ${QUALITY[quality]}`}
      </span>
      {ms !== null && (
        <span className="lamp-rtt" data-testid="rtt" data-ms={ms}>
          <span aria-hidden="true">{ms} ms</span>
          <span className="unseen">{ms} milliseconds to the server and back</span>
        </span>
      )}
    </div>
  );
}

interface Ending {
  readonly text: string;
  readonly button: string;
  readonly testId: string;
  readonly act: (session: Session) => void;
}

const start = (session: Session): void => session.connection.start();

/** Ends that a person must answer. */
const ENDINGS: Readonly<Partial<Record<Status, Ending>>> = {
  replaced: { text: "You connected from another place, so this page was disconnected. Your bets are safe.", button: "Play here", testId: "play-here", act: start },
  away: { text: "You were away for a while, so this page was disconnected. Your bets are safe.", button: "Go on playing", testId: "go-on", act: start },
  failed: { text: "This page is out of date and cannot talk to the casino any more.", button: "Reload", testId: "reload", act: () => location.reload() },
};

function Interruption() {
  const session = useSession();
  const status = useApp((state) => state.status);
  const ending = ENDINGS[status];
  if (ending === undefined) return null;
  return (
    <div className="interruption" role="alert" data-testid="interruption" data-why={status}>
      <p>{ending.text}</p>
      <button type="button" className="button primary" data-testid={ending.testId} onClick={() => ending.act(session)}>
        {ending.button}
      </button>
    </div>
  );
}

function Navigation({ onRules }: { onRules: () => void }) {
  const [location] = useLocation();
  const session = useSession();
  const player = useApp((state) => state.player);
  const item = (href: string, label: string, id: string) => (
    <Link href={href} className={`nav-link ${location.startsWith(href) ? "current" : ""}`} aria-current={location.startsWith(href) ? "page" : undefined} data-testid={id}>
      {label}
    </Link>
  );
  return (
    <nav className="nav" aria-label="Main">
      {item("/lobby", "Lobby", "nav-lobby")}
      {item("/history", "History", "nav-history")}
      {player?.roles.includes("dealer") && item("/dealer", "Dealer", "nav-dealer")}
      <button type="button" className="nav-link" data-testid="rules-open" onClick={onRules}>
        <BookIcon />
        <span>Rules</span>
      </button>
      <button type="button" className="nav-link" data-testid="logout" title={`Log out ${player?.name ?? ""}`} onClick={() => void session.leave()}>
        <DoorIcon />
        <span className="nav-name" data-testid="player-name">
          {player?.name}
        </span>
      </button>
    </nav>
  );
}

/** The frame round every page of a player who is logged in. */
export function Shell({ children, wide = false }: { children: ReactNode; wide?: boolean }) {
  const [rules, setRules] = useState(false);
  const [path] = useLocation();
  const played = useApp((state) => state.table?.snapshot.game ?? "");
  const session = useSession();
  const exponent = useApp((state) => state.account?.exponent ?? 2);
  useEffect(() => {
    session.onBonus = (amount) => session.toast("win", `Bonus: ${formatMinor(amount, exponent)} play money for playing.`);
    return () => {
      session.onBonus = null;
    };
  }, [session, exponent]);
  return (
    <div className="shell">
      <header className="bar">
        <Link href="/lobby" className="brand" aria-label="Croupier, to the lobby">
          <Mark />
          <span>Croupier</span>
        </Link>
        <span className="play-money" data-testid="play-money" title="Play money has no value and cannot be exchanged for money.">
          Play money
        </span>
        <Navigation onRules={() => setRules(true)} />
        <div className="vitals">
          <Money />
          <SessionTime />
          <ConnectionLamp />
        </div>
      </header>
      <Interruption />
      <main className={wide ? "page page-wide" : "page"}>{children}</main>
      {rules && <RulesDialog game={gameOf(path, played)} onClose={() => setRules(false)} />}
    </div>
  );
}
