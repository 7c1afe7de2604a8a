import { useCallback, useEffect, useRef, useState } from "react";
import type { Answer } from "../net/unanswered";
import type { ClientMessage, DealerState } from "../protocol/messages";
import { dealerPhaseName, dealerRights } from "../state/dealer";
import { formatMinor } from "../state/money";
import { useRouletteRules } from "../games/roulette/useRouletteRules";
import { useApp, useConnectionState, useNow, useSession, useTitle } from "./hooks";
import { CardDesk } from "./dealer/CardDesk";
import { useDeskKeys } from "./dealer/keys";
import { WheelDesk } from "./dealer/WheelDesk";
import { Dialog } from "./Dialog";
import { Shell } from "./Shell";
import { refusalText } from "./words";

const PHASES = ["idle", "betting", "closed", "number", "result"];
const CARD_PHASES = ["idle", "betting", "closed", "playing", "number", "result"];
const WINDOW_S_MAX = 300;
function Steps({ phase, cards }: { phase: string; cards: boolean }) {
  const phases = cards ? CARD_PHASES : PHASES;
  const at = phases.indexOf(phase);
  return (
    <ol className={`steps ${cards ? "steps-six" : ""}`} aria-label="Phases of the round">
      {phases.map((name, index) => (
        <li key={name} className={index === at ? "now" : index < at ? "done" : ""} aria-current={index === at ? "step" : undefined}>
          {dealerPhaseName(name, cards)}
        </li>
      ))}
    </ol>
  );
}

function VoidDialog({ example, onVoid, onClose }: { example: string; onVoid: (reason: string) => void; onClose: () => void }) {
  const [reason, setReason] = useState("");
  return (
    <Dialog title="Void this round?" testId="void-dialog" onClose={onClose}>
      <p>Every stake of the round goes back. This cannot be undone.</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onVoid(reason.trim());
        }}
      >
        <label className="field">
          <span>Reason</span>
          <input data-testid="dealer-void-reason" required maxLength={100} value={reason} autoFocus onChange={(event) => setReason(event.target.value)} placeholder={example} />
        </label>
        <div className="dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            Keep the round
          </button>
          <button type="submit" className="button danger" data-testid="dealer-void-submit" disabled={reason.trim() === ""}>
            Void the round
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function WindowLeft({ state }: { state: DealerState }) {
  useNow(250);
  const session = useSession();
  if (state.phase !== "betting") return null;
  if (state.closes_ms === 0) return <span className="dim">until you close</span>;
  return <span data-testid="dealer-countdown">closes in {Math.max(0, Math.ceil((state.closes_ms - session.serverNow()) / 1000))} s</span>;
}

function Counts({ state, exponent }: { state: DealerState; exponent: number }) {
  const figures = [
    { label: "Bets", value: String(state.bets), id: "dealer-bets" },
    { label: "Players", value: String(state.players), id: "dealer-players" },
    { label: "Staked", value: formatMinor(state.stake_minor, exponent), id: "dealer-stake" },
  ];
  return (
    <div className="dealer-counts">
      {figures.map((figure) => (
        <div className="figure" key={figure.id}>
          <span className="figure-label">{figure.label}</span>
          <span className="figure-value" data-testid={figure.id}>
            {figure.value}
          </span>
        </div>
      ))}
    </div>
  );
}

function Desk({ state, red }: { state: DealerState; red: ReadonlySet<number> }) {
  const session = useSession();
  const exponent = useApp((app) => app.account?.exponent ?? 2);
  const me = useApp((app) => app.player?.name ?? "");
  const connected = useConnectionState() === "connected";
  const [windowS, setWindowS] = useState("");
  const [voiding, setVoiding] = useState(false);
  const [busy, setBusy] = useState(false);
  const mine = state.dealer === "" || state.dealer === me;
  const shoe = state.shoe[0];
  const rights = dealerRights(state.phase, shoe);
  const may = (right: boolean) => right && connected && mine && !busy;

  const order = useCallback(
    async (body: ClientMessage): Promise<Answer> => {
      setBusy(true);
      const answer = await session.request(body);
      setBusy(false);
      if (!answer.ok) session.toast("error", refusalText(answer.refusal), answer.refusal.name);
      return answer;
    },
    [session],
  );
  const round = { table_id: state.table_id, round_id: state.round_id };
  const seconds = Math.min(WINDOW_S_MAX, Math.max(0, Math.floor(Number(windowS) || 0)));
  const open = () => void order({ t: "DealerOpen", table_id: state.table_id, command_id: session.newId(session.serverNow()), window_s: seconds });
  const close = () => void order({ t: "DealerClose", ...round });
  const enter = (number: number) => void order({ t: "DealerNumber", ...round, number, source: "manual" });
  const confirm = () => void order({ t: "DealerConfirm", ...round, number: state.number });

  useDeskKeys((pressed) => {
    const key = pressed.toLowerCase();
    if (key === "o" && may(rights.open)) open();
    else if (key === "c" && may(rights.close)) close();
    else if (key === "v" && may(rights.void)) setVoiding(true);
    else return false;
    return true;
  });

  return (
    <div className="desk">
      <Steps phase={state.phase} cards={shoe !== undefined} />
      <div className="desk-head">
        <div>
          <strong className="desk-phase" data-testid="dealer-phase" data-phase={state.phase} aria-live="polite">
            {dealerPhaseName(state.phase, shoe !== undefined)}
          </strong>
          <span className="dim">
            {state.round_no > 0 && `Round ${state.round_no} `}
            <WindowLeft state={state} />
          </span>
        </div>
        <Counts state={state} exponent={exponent} />
      </div>
      {!mine && (
        <p className="cloth-note" role="alert" data-testid="dealer-replaced">
          {state.dealer} deals at this table now. Sit down again to take over.
        </p>
      )}
      <div className="desk-row">
        <label className="field field-inline">
          <span>Window, seconds</span>
          <input data-testid="dealer-window" inputMode="numeric" pattern="[0-9]*" placeholder="by hand" value={windowS} onChange={(event) => setWindowS(event.target.value.replace(/\D/g, ""))} />
        </label>
        <button type="button" className="button primary large" data-testid="dealer-open" disabled={!may(rights.open)} aria-keyshortcuts="O" onClick={open}>
          Open betting
        </button>
        <button type="button" className="button large" data-testid="dealer-close" disabled={!may(rights.close)} aria-keyshortcuts="C" onClick={close}>
          No more bets
        </button>
        <button type="button" className="button danger large" data-testid="dealer-void" disabled={!may(rights.void)} aria-keyshortcuts="V" onClick={() => setVoiding(true)}>
          Void round
        </button>
      </div>
      {shoe === undefined ? (
        <WheelDesk state={state} red={red} rights={rights} may={may} onNumber={enter} onConfirm={confirm} />
      ) : (
        <CardDesk state={state} shoe={shoe} rights={rights} may={may} order={order} onConfirm={confirm} />
      )}
      {voiding && (
        <VoidDialog
          example={shoe === undefined ? "Ball left the wheel" : "Card exposed"}
          onClose={() => setVoiding(false)}
          onVoid={(reason) => {
            setVoiding(false);
            void order({ t: "DealerVoid", ...round, reason });
          }}
        />
      )}
    </div>
  );
}

/** Where a dealer runs a live table: open, close, enter the number or the cards, confirm. */
export function DealerPage() {
  useTitle("Dealer");
  const session = useSession();
  const player = useApp((state) => state.player);
  const tables = useApp((state) => state.tables);
  const dealer = useApp((state) => state.dealer);
  const status = useApp((state) => state.status);
  const [rules] = useRouletteRules();
  const [chosen, setChosen] = useState<string | null>(null);
  const live = tables.filter((table) => table.kind === "live");
  const allowed = player?.roles.includes("dealer") ?? false;

  const sit = useCallback(
    async (tableId: string): Promise<void> => {
      const answer = await session.request({ t: "DealerSit", table_id: tableId });
      if (answer.ok) setChosen(tableId);
      else session.toast("error", refusalText(answer.refusal), answer.refusal.name);
    },
    [session],
  );
  // After a reconnect the table must be told again who deals.
  const seat = useRef<string | null>(null);
  seat.current = chosen;
  useEffect(() => {
    if (status === "connected" && seat.current !== null) void sit(seat.current);
  }, [status, sit]);
  useEffect(() => () => session.forgetDealer(), [session]);

  if (!allowed) {
    return (
      <Shell>
        <div className="empty" role="alert" data-testid="dealer-forbidden">
          <h1>For dealers only</h1>
          <p>{player?.name} does not have the role “dealer”. Log out and log in with a dealer's account.</p>
        </div>
      </Shell>
    );
  }
  const state = dealer !== null && dealer.table_id === chosen ? dealer : null;
  return (
    <Shell>
      <header className="page-head page-head-row">
        <div>
          <h1>Dealer's desk</h1>
          <p>{state ? (tables.find((table) => table.table_id === chosen)?.title ?? chosen) : "Choose the live table you deal at. The newer dealer takes over."}</p>
        </div>
        <div className="dealer-tables">
          {live.map((table) => (
            <button
              key={table.table_id}
              type="button"
              className={`button ${chosen === table.table_id ? "" : "primary"}`}
              data-testid={`dealer-sit-${table.table_id}`}
              disabled={status !== "connected"}
              onClick={() => void sit(table.table_id)}
            >
              {chosen === table.table_id ? `Take over ${table.title} again` : `Sit at ${table.title}`}
            </button>
          ))}
        </div>
      </header>
      {live.length === 0 && <p className="empty">There is no live table.</p>}
      {state && rules.state === "ready" && <Desk state={state} red={rules.value.red} />}
      {rules.state === "error" && (
        <p className="empty" role="alert">
          {rules.message}
        </p>
      )}
    </Shell>
  );
}
