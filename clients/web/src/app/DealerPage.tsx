import { type KeyboardEvent, useCallback, useEffect, useRef, useState } from "react";
import type { Answer } from "../net/unanswered";
import type { ClientMessage, DealerState } from "../protocol/messages";
import { colourOf, describeNumber } from "../games/roulette/geometry";
import { dealerPhaseName, dealerRights } from "../state/dealer";
import { formatMinor } from "../state/money";
import { useRouletteRules } from "../games/roulette/useRouletteRules";
import { useApp, useConnectionState, useNow, useSession, useTitle } from "./hooks";
import { Dialog } from "./Dialog";
import { Shell } from "./Shell";
import { refusalText } from "./words";

const PHASES = ["idle", "betting", "closed", "number", "result"];
const WINDOW_S_MAX = 300;
/** A single typed digit that could begin a two-digit number waits so long for the second. */
const DIGITS_MS = 1_200;

/**
 * Digits typed one after the other, as a number. Nothing is sent before the number is complete: two digits, a digit that
 * can begin no other number, Enter, or a pause.
 */
function useTypedNumber(onNumber: (number: number) => void): { typed: string; type: (key: string) => boolean } {
  const [typed, setTyped] = useState("");
  const text = useRef("");
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const send = useRef(onNumber);
  send.current = onNumber;
  const keep = (next: string) => {
    text.current = next;
    setTyped(next);
  };
  const finish = () => {
    clearTimeout(timer.current);
    const number = Number(text.current);
    const complete = text.current !== "";
    keep("");
    if (complete) send.current(number);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  const type = (key: string): boolean => {
    if (key === "Enter" && text.current !== "") {
      finish();
      return true;
    }
    if (!/^\d$/.test(key)) return false;
    const joined = text.current + key;
    keep(Number(joined) <= 36 ? joined : key);
    clearTimeout(timer.current);
    if (text.current.length === 2 || Number(text.current) > 3) finish();
    else timer.current = setTimeout(finish, DIGITS_MS);
    return true;
  };
  return { typed, type };
}

function Steps({ phase }: { phase: string }) {
  const at = PHASES.indexOf(phase);
  return (
    <ol className="steps" aria-label="Phases of the round">
      {PHASES.map((name, index) => (
        <li key={name} className={index === at ? "now" : index < at ? "done" : ""} aria-current={index === at ? "step" : undefined}>
          {dealerPhaseName(name)}
        </li>
      ))}
    </ol>
  );
}

function Pad({ red, entered, enabled, onNumber }: { red: ReadonlySet<number>; entered: number; enabled: boolean; onNumber: (number: number) => void }) {
  const [active, setActive] = useState(0);
  const keys = useRef(new Map<number, HTMLButtonElement>());
  function onKeyDown(event: KeyboardEvent): void {
    const step = { ArrowRight: 3, ArrowLeft: -3, ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    keys.current.get(Math.max(0, Math.min(36, active + step)))?.focus();
  }
  const key = (number: number) => (
    <button
      key={number}
      ref={(element) => {
        if (element) keys.current.set(number, element);
      }}
      type="button"
      className={`pad-key pad-${colourOf(number, red)} ${entered === number ? "entered" : ""}`}
      style={number === 0 ? undefined : { gridColumn: 2 + Math.floor((number - 1) / 3), gridRow: 3 - ((number - 1) % 3) }}
      data-testid={`dealer-number-${number}`}
      aria-pressed={entered === number}
      aria-label={`${number} ${colourOf(number, red)}`}
      tabIndex={number === active ? 0 : -1}
      disabled={!enabled}
      onFocus={() => setActive(number)}
      onClick={() => onNumber(number)}
    >
      {number}
    </button>
  );
  return (
    <div className="pad" role="group" aria-label="Number the wheel shows" onKeyDown={onKeyDown}>
      {Array.from({ length: 37 }, (_, number) => key(number))}
    </div>
  );
}

function VoidDialog({ onVoid, onClose }: { onVoid: (reason: string) => void; onClose: () => void }) {
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
          <input data-testid="dealer-void-reason" required maxLength={100} value={reason} autoFocus onChange={(event) => setReason(event.target.value)} placeholder="Ball left the wheel" />
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
  const rights = dealerRights(state.phase);
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

  const { typed, type } = useTypedNumber((number) => {
    if (rights.number && connected && mine) enter(number);
  });
  const keyed = useRef({ open, close, type, may, rights });
  keyed.current = { open, close, type, may, rights };
  useEffect(() => {
    function onKey(event: globalThis.KeyboardEvent): void {
      const typing = event.target instanceof HTMLInputElement || document.querySelector("dialog[open]") !== null;
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      const { open: opens, close: closes, type: types, may: allowed, rights: legal } = keyed.current;
      const key = event.key.toLowerCase();
      if (key === "o" && allowed(legal.open)) opens();
      else if (key === "c" && allowed(legal.close)) closes();
      else if (key === "v" && allowed(legal.void)) setVoiding(true);
      else if (legal.number && types(event.key)) event.preventDefault();
    }
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);

  return (
    <div className="desk">
      <Steps phase={state.phase} />
      <div className="desk-head">
        <div>
          <strong className="desk-phase" data-testid="dealer-phase" data-phase={state.phase} aria-live="polite">
            {dealerPhaseName(state.phase)}
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
      <Pad red={red} entered={state.number} enabled={may(rights.number)} onNumber={enter} />
      <div className="desk-confirm">
        <div className="desk-entered" aria-live="polite">
          {typed !== "" ? (
            <span className="desk-typed" data-testid="dealer-typed">
              {typed}…
            </span>
          ) : state.number >= 0 ? (
            <>
              <span className={`ball ball-big ball-${colourOf(state.number, red)}`} data-testid="dealer-entered" data-source={state.source}>
                {state.number}
              </span>
              <div>
                <strong>{describeNumber(state.number, red)}</strong>
                <span className="dim" data-testid="dealer-source">
                  {state.source === "sensor" ? "from the wheel's sensor" : "entered by hand"}
                </span>
              </div>
            </>
          ) : (
            <span className="dim">No number entered.</span>
          )}
        </div>
        <button type="button" className="button primary large" data-testid="dealer-confirm" disabled={!may(rights.confirm)} onClick={confirm}>
          {rights.confirm && state.number >= 0 ? `Confirm ${state.number}` : "Confirm"}
        </button>
      </div>
      <p className="faint">Keys: O opens, C closes, digits enter the number, V voids. Confirm with Tab and Enter, so that no slip of a finger decides a round.</p>
      {voiding && (
        <VoidDialog
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

/** Where a dealer runs a live table: open, close, enter the number, confirm. */
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
