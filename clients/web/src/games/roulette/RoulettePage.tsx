import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Link } from "wouter";
import { useApp, useMedia, useRules, useSession, useTitle, type Rules } from "../../app/hooks";
import { Dialog } from "../../app/Dialog";
import { BackIcon, KeyboardIcon } from "../../app/icons";
import { Shell, useConnectionState } from "../../app/Shell";
import { refusalText } from "../../app/words";
import { chipValues, formatMinor } from "../../state/money";
import { totalStake, type TableState } from "../../state/table";
import { RouletteController } from "./controller";
import { wheelNeighbours } from "./geometry";
import { Layout } from "./Layout";
import { Seats, Winners } from "./Panels";
import { Racetrack } from "./Racetrack";
import { type Action, Rail } from "./Rail";
import { Countdown, LastNumbers, PhaseLine, Result, TimeBar } from "./Stage";
import { useRoundShow } from "./useRoundShow";
import { Wheel } from "./Wheel";

const KEYS: readonly { keys: string; what: string }[] = [
  { keys: "Arrows", what: "walk over all positions, edges and corners too" },
  { keys: "Shift + arrows", what: "walk from field to field" },
  { keys: "Enter, Space", what: "place the chosen chip" },
  { keys: "1 – 6", what: "choose a chip" },
  { keys: "U", what: "undo the last bet" },
  { keys: "C", what: "take back all bets" },
  { keys: "R", what: "repeat the bets of your last round" },
  { keys: "D", what: "double everything you have on the layout" },
  { keys: "?", what: "this help" },
];

const NO_NUMBERS: readonly number[] = [];

function HelpDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Playing with the keyboard" testId="help-dialog" onClose={onClose}>
      <dl className="keys">
        {KEYS.map((key) => (
          <div key={key.keys}>
            <dt>
              <kbd>{key.keys}</kbd>
            </dt>
            <dd>{key.what}</dd>
          </div>
        ))}
      </dl>
      <p className="faint">Start by moving the focus to the layout with Tab.</p>
    </Dialog>
  );
}

/** Makes the controller of this table; it lives as long as the page shows the table. */
function useController(rules: Rules): { controller: RouletteController; version: number; said: string; say: (text: string) => void } {
  const session = useSession();
  const [version, setVersion] = useState(0);
  const [said, say] = useState("");
  const controller = useMemo(() => {
    const sizes = rules.rules.positions.map((position) => position.numbers.length);
    return new RouletteController(
      {
        request: (body, keep) => session.request(body, keep),
        snapshot: () => session.get().table?.snapshot ?? null,
        connected: () => session.get().status === "connected",
        serverNow: () => session.serverNow(),
        newId: (nowMs) => session.newId(nowMs),
        setTimer: (run, ms) => setTimeout(run, ms),
        clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
      },
      rules.rules.calls,
      sizes,
      {
        changed: () => setVersion((before) => before + 1),
        refused: (refusal, lostMinor) => {
          const text = refusalText(refusal);
          session.toast("error", lostMinor > 0 ? `${text} Your chips came back.` : text, refusal.name);
        },
      },
    );
  }, [session, rules]);
  useEffect(() => () => controller.dispose(), [controller]);
  return { controller, version, said, say };
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));
}

function Game({ table, rules }: { table: TableState; rules: Rules }) {
  const { snapshot } = table;
  const exponent = useApp((state) => state.account?.exponent ?? 2);
  const me = useApp((state) => state.player?.name ?? "");
  const connection = useConnectionState();
  const tall = useMedia("(max-width: 640px)");
  const values = useMemo(() => chipValues(snapshot.limits.min_stake_minor, snapshot.limits.max_table_minor), [snapshot.limits]);
  const [chosen, setChosen] = useState<number | null>(null);
  const chip = chosen !== null && values.includes(chosen) ? chosen : (values[0] ?? snapshot.limits.min_stake_minor);
  const [hinted, setHinted] = useState<readonly number[]>([]);
  const [help, setHelp] = useState(false);
  const { controller, said, say } = useController(rules);
  const show = useRoundShow(table);

  useEffect(() => controller.tableChanged(), [controller, snapshot]);

  const open = snapshot.phase === "betting" && connection === "connected";
  const pending = controller.pending();
  const pendingChips = pending.flatMap((one) => controller.expand(one));
  const pendingMinor = pendingChips.reduce((sum, one) => sum + one.stake_minor, 0);
  const between = snapshot.phase === "idle" || snapshot.phase === "paused";
  const ended = show.shown !== null && between ? show.shown : null;
  const rollingLast = show.rolling && between ? table.last : null;
  const past = ended ?? rollingLast;
  const counted = past !== null && past.number >= 0 ? past : null; // chips of a void round went back
  const bets = between ? (counted?.bets ?? []) : snapshot.my_bets;
  const seats = between ? (counted?.seats ?? []) : snapshot.seats;
  const myStake = totalStake(snapshot.my_bets);
  const hasBets = snapshot.my_bets.length > 0;
  const can: Record<Action, boolean> = {
    undo: open && (hasBets || pending.some((one) => !one.sent)),
    clear: open && (hasBets || pending.length > 0),
    repeat: open && snapshot.can_repeat,
    double: open && hasBets,
  };
  const winning = !show.rolling && show.shown !== null && show.shown.number >= 0 && (between || snapshot.phase === "result") ? show.shown.number : null;
  const wheelNumber = table.last && table.last.number >= 0 && snapshot.phase !== "betting" ? table.last.number : (show.history[0] ?? null);

  const place = (position: number) => {
    const spot = rules.rules.positions[position];
    if (controller.place(position, chip) && spot) say(`${formatMinor(chip, exponent)} on ${spot.name}`);
  };
  const act = useCallback((action: Action) => controller[action](), [controller]);

  const keyState = useRef({ values, act, can });
  keyState.current = { values, act, can };
  useEffect(() => {
    function onKey(event: KeyboardEvent): void {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) return;
      const { values: chips, act: run, can: allowed } = keyState.current;
      const action = ({ u: "undo", c: "clear", r: "repeat", d: "double" } as const)[event.key.toLowerCase() as "u" | "c" | "r" | "d"];
      const picked = /^[1-6]$/.test(event.key) ? chips[Number(event.key) - 1] : undefined;
      if (event.key === "?") setHelp(true);
      else if (picked !== undefined) setChosen(picked);
      else if (action && allowed[action]) run(action);
      else return;
      event.preventDefault();
    }
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);

  return (
    <div className={`table table-${tall ? "tall" : "wide"}`} data-testid="table" data-table={snapshot.info_table_id}>
      <section className="stage" aria-label="Wheel and result">
        <Wheel wheel={rules.rules.wheel} red={rules.red} phase={snapshot.phase} number={wheelNumber} show={show} />
        <div className="stage-text">
          <div className="stage-now">
            <Countdown snapshot={snapshot} nextOpensMs={table.nextOpensMs} />
            <PhaseLine snapshot={snapshot} rolling={show.rolling} />
          </div>
          <div className="stage-result">{snapshot.phase !== "betting" && !show.rolling && snapshot.phase !== "closed" && <Result show={show} red={rules.red} exponent={exponent} />}</div>
          <LastNumbers history={show.history} red={rules.red} count={tall ? 8 : 14} />
        </div>
      </section>
      <section className="cloth" aria-label="Bets">
        {connection !== "connected" && (
          <p className="cloth-note" role={connection === "moving" ? "status" : "alert"} data-testid="betting-blocked">
            {connection === "moving" ? "Moving to another server, one moment." : `${connection === "offline" ? "You are offline." : "Connecting again."} Betting is not possible right now; bets already accepted stand.`}
          </p>
        )}
        {connection === "connected" && snapshot.phase === "paused" && (
          <p className="cloth-note" role="status">
            This table is paused.
          </p>
        )}
        <Layout
          positions={rules.rules.positions}
          red={rules.red}
          orientation={tall ? "tall" : "wide"}
          exponent={exponent}
          chipValues={values}
          mine={bets.flatMap((bet) => bet.chips)}
          pending={pendingChips}
          others={seats.filter((seat) => seat.name !== me)}
          winning={winning}
          enabled={open}
          hinted={open ? hinted : NO_NUMBERS}
          onPlace={place}
        />
      </section>
      <Rail
        chipValues={values}
        chip={chip}
        exponent={exponent}
        stakeMinor={myStake}
        pendingMinor={pendingMinor}
        busy={controller.busy()}
        can={can}
        time={<TimeBar snapshot={snapshot} />}
        onChip={setChosen}
        onAction={act}
      />
      <section className="extras" aria-label="Announced bets and players">
        <section className="panel panel-race" aria-labelledby="race-title">
          <h3 id="race-title">
            Announced bets <small>units of {formatMinor(chip, exponent)}</small>
          </h3>
          <Racetrack
            wheel={rules.rules.wheel}
            red={rules.red}
            enabled={open}
            unitText={formatMinor(chip, exponent)}
            onCall={(name) => controller.call(name, chip) && say(`${name} placed`)}
            onNeighbours={(number) => controller.placeMany(wheelNeighbours(rules.rules.wheel, number), chip) && say(`${number} and neighbours placed`)}
            onHint={setHinted}
          />
        </section>
        <Seats seats={seats} me={me} exponent={exponent} />
        <Winners winners={show.rolling ? null : (show.shown?.winners ?? null)} me={me} exponent={exponent} />
      </section>
      <div className="table-foot">
        <span>
          Stakes from {formatMinor(snapshot.limits.min_stake_minor, exponent)}, straight up to {formatMinor(snapshot.limits.max_by_size[1] ?? 0, exponent)}, table maximum{" "}
          {formatMinor(snapshot.limits.max_table_minor, exponent)} · returns 97.30 % · rules {snapshot.rules_version}
        </span>
        <button type="button" className="button quiet small" data-testid="help-open" onClick={() => setHelp(true)}>
          <KeyboardIcon /> Keys
        </button>
      </div>
      <p className="unseen" aria-live="polite" data-testid="said">
        {said}
      </p>
      {help && <HelpDialog onClose={() => setHelp(false)} />}
    </div>
  );
}

/** One roulette table. Joining is done here; what happens at it comes from the session. */
export function RoulettePage({ tableId }: { tableId: string }) {
  const session = useSession();
  const [rules, again] = useRules();
  const table = useApp((state) => (state.table?.snapshot.info_table_id === tableId ? state.table : null));
  const connected = useApp((state) => state.status === "connected");
  const [refused, setRefused] = useState("");
  useTitle(table?.snapshot.title ?? "Table");

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

  const problem = refused || (rules.state === "error" ? rules.message : "");
  return (
    <Shell wide>
      <div className="table-title">
        <Link href="/lobby" className="button quiet small" data-testid="leave-table">
          <BackIcon /> Lobby
        </Link>
        <h1>{table?.snapshot.title ?? "Table"}</h1>
      </div>
      {table !== null && rules.state === "ready" ? (
        <Game key={tableId} table={table} rules={rules.value} />
      ) : problem ? (
        <div className="empty" role="alert" data-testid="table-error">
          <p>{problem}</p>
          {rules.state === "error" && (
            <button type="button" className="button" onClick={again}>
              Try again
            </button>
          )}
        </div>
      ) : (
        <p className="empty" role="status">
          Taking a seat…
        </p>
      )}
    </Shell>
  );
}
