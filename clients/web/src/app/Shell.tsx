import { type ReactNode, useEffect, useState } from "react";
import { Link, useLocation } from "wouter";
import { formatMinor, formatSigned } from "../state/money";
import { sittingNet } from "../state/account";
import { useApp, useNow, useSession } from "./hooks";
import { BookIcon, DoorIcon, Mark } from "./icons";
import { RulesDialog } from "./Rules";
import { clockText } from "./words";

function Money() {
  const account = useApp((state) => state.heldAccount ?? state.account);
  if (account === null) return <div className="purse purse-empty" aria-hidden="true" />;
  if (!account.roles.includes("player")) return null; // staff have no purse
  const { exponent, currency, money } = account;
  const net = sittingNet(account);
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
      </div>
    </div>
  );
}

function SessionTime() {
  const since = useApp((state) => state.sinceMs);
  const now = useNow(1000);
  return (
    <div className="figure session-time">
      <span className="figure-label">Session</span>
      <span className="figure-value" data-testid="session-time">
        {clockText(since === 0 ? 0 : now - since)}
      </span>
    </div>
  );
}

const CONNECTION: Readonly<Record<string, string>> = {
  connected: "Connected",
  connecting: "Connecting",
  reconnecting: "Reconnecting",
  offline: "Offline",
};

/** Returns "connected", "connecting", "reconnecting" or "offline". */
export function useConnectionState(): string {
  const status = useApp((state) => state.status);
  const online = useApp((state) => state.online);
  if (status === "connected") return "connected";
  if (!online || status === "failed" || status === "replaced" || status === "signed-out" || status === "idle") return "offline";
  return status;
}

function ConnectionLamp() {
  const state = useConnectionState();
  const rtt = useApp((app) => app.rttMs);
  const ms = state === "connected" && rtt !== null ? Math.round(rtt) : null;
  return (
    <div className={`lamp lamp-${state}`} role="status" data-testid="connection" data-state={state} title={ms === null ? CONNECTION[state] : `Round trip ${ms} ms`}>
      <i aria-hidden="true" />
      <span className="lamp-word">{CONNECTION[state]}</span>
      {ms !== null && (
        <span className="lamp-rtt" data-testid="rtt">
          {ms} ms
        </span>
      )}
    </div>
  );
}

function Interruption() {
  const session = useSession();
  const status = useApp((state) => state.status);
  if (status !== "replaced" && status !== "failed") return null;
  return (
    <div className="interruption" role="alert" data-testid="interruption">
      <p>
        {status === "replaced"
          ? "You connected from another place, so this page was disconnected. Your bets are safe."
          : "This page is out of date and cannot talk to the casino any more."}
      </p>
      {status === "replaced" ? (
        <button type="button" className="button primary" data-testid="play-here" onClick={() => session.connection.start()}>
          Play here
        </button>
      ) : (
        <button type="button" className="button primary" onClick={() => location.reload()}>
          Reload
        </button>
      )}
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
      {rules && <RulesDialog onClose={() => setRules(false)} />}
    </div>
  );
}
