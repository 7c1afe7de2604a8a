import { useEffect } from "react";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { InstantPage } from "../games/InstantPage";
import { VIEWS } from "../games/registry";
import { TablePage } from "../games/TablePage";
import { AuthPage } from "./AuthPage";
import { DealerPage } from "./DealerPage";
import { HistoryPage } from "./HistoryPage";
import { useApp, useSession } from "./hooks";
import { Mark } from "./icons";
import { LobbyPage } from "./LobbyPage";
import { ReplayPage } from "./ReplayPage";
import { RulesPage } from "./RulesPage";
import { Toasts } from "./Toasts";
import { VerifyPage } from "./VerifyPage";

const DOORS = ["/", "/login", "/register"];

/** Returns where a login should lead: the page that was asked for, if it is one of ours. */
function wanted(search: string, dealer: boolean): string {
  const next = new URLSearchParams(search).get("next") ?? "";
  return /^\/(lobby|table|play|history|dealer)(\/|$)/.test(next) ? next : dealer ? "/dealer" : "/lobby";
}

/** Pages for people who are logged in. */
function Rooms() {
  const login = useApp((state) => state.login);
  const roles = useApp((state) => state.player?.roles);
  const [path] = useLocation();
  if (login === "checking") {
    return (
      <div className="splash" role="status" aria-label="Loading">
        <Mark />
      </div>
    );
  }
  if (login === "out") return DOORS.includes(path) ? <AuthPage /> : <Redirect to={`/login?next=${encodeURIComponent(path)}`} replace />;
  const dealerOnly = roles !== undefined && roles.includes("dealer") && !roles.includes("player");
  if (DOORS.includes(path)) return <Redirect to={wanted(location.search, dealerOnly)} replace />;
  return (
    <Switch>
      <Route path="/lobby" component={LobbyPage} />
      <Route path="/table/:id">{({ id }) => <TablePage key={id} tableId={decodeURIComponent(id)} />}</Route>
      <Route path="/play/:game">{({ game }) => <InstantPage game={decodeURIComponent(game)} />}</Route>
      <Route path="/history" component={HistoryPage} />
      <Route path="/history/:round">{({ round }) => <ReplayPage key={round} roundId={decodeURIComponent(round)} />}</Route>
      <Route path="/dealer" component={DealerPage} />
      <Route>
        <Redirect to="/lobby" replace />
      </Route>
    </Switch>
  );
}

/** Pages for everybody stand before the door. */
function Pages() {
  return (
    <Switch>
      <Route path="/verify" component={VerifyPage} />
      <Route path="/rules">
        <RulesPage game={VIEWS[0]!.games[0]!.name} />
      </Route>
      <Route path="/rules/:game">{({ game }) => <RulesPage game={decodeURIComponent(game)} />}</Route>
      <Route>
        <Rooms />
      </Route>
    </Switch>
  );
}

export function App() {
  const session = useSession();
  useEffect(() => void session.begin(), [session]);
  return (
    <>
      <Pages />
      <Toasts />
    </>
  );
}
