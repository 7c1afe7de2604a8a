import { useEffect, useRef, useState } from "react";
import { Link } from "wouter";
import { useApp, useConnectionState, useMedia, useNow, useRules } from "../../app/hooks";
import { KeyboardIcon } from "../../app/icons";
import { Dialog } from "../../app/Dialog";
import { percentOf } from "../../state/fraction";
import { formatMinor, formatSigned } from "../../state/money";
import { ClothNote } from "../shared/ClothNote";
import { isTaken } from "../shared/useBetting";
import { isSlot, lineStake, type SlotRules, type SpinShown } from "./machine";
import { Reels } from "./Reels";
import { SeedsPanel } from "./SeedsPanel";
import { freeSpins, isBusy, isWin, seenSpin, type Show, stopsOf, unitsSeen } from "./show";
import { SymbolSheet } from "./Symbols";
import type { SlotController } from "./controller";
import { useSlot } from "./useSlot";

const KEYS: readonly { keys: string; what: string }[] = [
  { keys: "Space", what: "spin" },
  { keys: "Arrow up, down", what: "raise or lower the stake" },
  { keys: "Escape", what: "skip the rest of the free spins' show" },
  { keys: "?", what: "this help" },
];

/** The wins of a spin in words, the dearest first. */
function Wins({ rules, spin, stakeMinor, exponent }: { rules: SlotRules; spin: SpinShown; stakeMinor: number; exponent: number }) {
  const table = rules.paytable;
  const unit = lineStake(table, stakeMinor);
  const nameOf = (symbol: number) => table.symbols.find((one) => one.symbol === symbol)?.name ?? "";
  const lines = [...spin.wins].sort((a, b) => b.units - a.units);
  if (spin.units === 0) return null;
  return (
    <ul className="slot-wins" data-testid="slot-wins">
      {spin.scatterUnits > 0 && (
        <li>
          {spin.scatters} × {nameOf(table.scatter)} <b>{formatMinor(spin.scatterUnits * unit, exponent)}</b>
        </li>
      )}
      {lines.slice(0, 4).map((win) => (
        <li key={win.line} data-testid="slot-line" data-line={win.line + 1}>
          Line {win.line + 1}: {win.count} × {nameOf(win.symbol)} <b>{formatMinor(win.units * unit, exponent)}</b>
        </li>
      ))}
      {lines.length > 4 && <li>and {lines.length - 4} more lines</li>}
    </ul>
  );
}

/** What the round came to, once it has been seen. What is not above the stake is told like any loss. */
function Outcome({ show, rules, exponent }: { show: Show; rules: SlotRules; exponent: number }) {
  if (show.at !== "over") {
    const free = freeSpins(show);
    const seen = "played" in show ? unitsSeen(show) * lineStake(rules.paytable, show.played.stakeMinor) : 0;
    const text = show.at === "waiting" ? "The reels turn" : free ? `Won so far ${formatMinor(seen, exponent)}` : show.at === "resting" ? "Choose your stake and spin" : "The reels turn";
    return (
      <p className="slot-outcome" data-testid="slot-status">
        {text}
      </p>
    );
  }
  const { played } = show;
  const net = played.payoutMinor - played.stakeMinor;
  const text = played.payoutMinor === 0 ? `No win this time, ${formatSigned(net, exponent)}` : `Paid ${formatMinor(played.payoutMinor, exponent)}, net ${formatSigned(net, exponent)}`;
  return (
    <p className={`slot-outcome ${isWin(played) ? "slot-won" : ""}`} role="status" data-testid="slot-result" data-payout={played.payoutMinor} data-net={net} data-spin={played.key}>
      {text}
    </p>
  );
}

function FreeSpins({ show, controller }: { show: Show; controller: SlotController }) {
  const free = freeSpins(show);
  if (free === null || show.at === "over") return null;
  return (
    <div className="slot-free" data-testid="free-spins" data-number={free.number} data-of={free.of}>
      <strong role="status">{free.number === 0 ? `${free.of} free spins` : `Free spin ${free.number} of ${free.of}`}</strong>
      <button type="button" className="button small" data-testid="slot-skip" onClick={() => controller.step({ t: "skip" })}>
        Skip
      </button>
    </div>
  );
}

interface StakeProps {
  rules: SlotRules;
  stake: number;
  exponent: number;
  disabled: boolean;
  onStake: (minor: number) => void;
}

/** The stake of a round: whole units on each line, all lines are always played. */
function StakePicker({ rules, stake, exponent, disabled, onStake }: StakeProps) {
  const at = rules.stakes.indexOf(stake);
  const step = (by: number) => rules.stakes[at + by];
  const lines = rules.paytable.lines.length;
  const button = (by: number, sign: string, label: string) => (
    <button type="button" className="button round" aria-label={label} data-testid={by < 0 ? "stake-less" : "stake-more"} disabled={disabled || step(by) === undefined} onClick={() => onStake(step(by)!)}>
      {sign}
    </button>
  );
  return (
    <div className="slot-stake">
      {button(-1, "−", "Lower the stake")}
      <label className="figure">
        <span className="figure-label">Stake</span>
        <select value={stake} disabled={disabled} data-testid="stake" data-minor={stake} onChange={(event) => onStake(Number(event.target.value))}>
          {rules.stakes.map((minor) => (
            <option key={minor} value={minor}>
              {formatMinor(minor, exponent)}
            </option>
          ))}
        </select>
        <span className="figure-note">
          {lines} lines × {formatMinor(lineStake(rules.paytable, stake), exponent)}
        </span>
      </label>
      {button(1, "+", "Raise the stake")}
    </div>
  );
}

/** Wakes when the least time of a round is over. */
function SpinButton({ controller, stake, rules }: { controller: SlotController; stake: number; rules: SlotRules }) {
  useNow(100);
  const wait = controller.waitMs();
  const can = controller.canSpin(stake);
  return (
    <button type="button" className="button primary slot-spin" data-testid="spin" data-ready={can} aria-keyshortcuts="Space" disabled={!can} onClick={() => controller.spin(stake)}>
      Spin
      <i aria-hidden="true" style={{ width: `${(100 * wait) / rules.min_cycle_ms}%` }} />
    </button>
  );
}

function Machine({ rules }: { rules: SlotRules }) {
  const exponent = useApp((state) => state.account?.exponent ?? 2);
  const connection = useConnectionState();
  const lessMotion = useMedia("(prefers-reduced-motion: reduce)");
  const controller = useSlot(rules);
  const [chosen, setStake] = useState(rules.stakes.find((minor) => minor >= 100) ?? rules.min_stake_minor);
  const [help, setHelp] = useState(false);
  const show = controller.show();
  const busy = isBusy(show);
  const seen = seenSpin(show);
  const motion = show.at === "waiting" && !lessMotion ? "turning" : show.at === "landing" && !lessMotion ? "landing" : "still";
  const spinKey = "played" in show ? `${show.played.key}:${"spin" in show ? show.spin : "end"}` : "";
  const won = show.at === "over" && isWin(show.played);

  const now = useRef({ controller, chosen, busy, rules });
  now.current = { controller, chosen, busy, rules };
  useEffect(() => {
    function onKey(event: KeyboardEvent): void {
      if (isTaken(event)) return;
      const { controller: machine, chosen: stake, busy: shown, rules: its } = now.current;
      const step = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
      const next = its.stakes[its.stakes.indexOf(stake) + step];
      if (event.key === "?") setHelp(true);
      else if (event.key === "Escape") machine.step({ t: "skip" });
      // On a button Space presses that button; a key that is held down orders one round, not many.
      else if (event.key === " " && !(event.target instanceof HTMLButtonElement)) event.repeat || machine.spin(stake);
      else if (step !== 0 && next !== undefined && !shown) setStake(next);
      else return;
      event.preventDefault();
    }
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);

  return (
    <div className="table table-slot" data-testid="slot" data-show={show.at}>
      <SymbolSheet />
      <section className={`slot-cabinet ${won ? "won" : ""} ${freeSpins(show) && busy ? "free" : ""}`} aria-label="Reels">
        <div className="slot-marquee" aria-hidden="true">
          {rules.title}
        </div>
        <div className="slot-window">
          <Reels table={rules.paytable} stops={stopsOf(show)} motion={motion} seen={seen} spinKey={spinKey} onLanded={() => controller.step({ t: "landed" })} />
          <FreeSpins show={show} controller={controller} />
          <ClothNote phase={controller.isSuspended() ? "paused" : ""} what="Spinning" rest="This game is suspended for now. Rounds that were played stand." />
        </div>
        <div className="slot-told">
          <Outcome show={show} rules={rules} exponent={exponent} />
          {seen && "played" in show && <Wins rules={rules} spin={seen} stakeMinor={show.played.stakeMinor} exponent={exponent} />}
        </div>
      </section>
      <div className="rail slot-rail">
        <StakePicker rules={rules} stake={chosen} exponent={exponent} disabled={busy} onStake={setStake} />
        <SpinButton controller={controller} stake={chosen} rules={rules} />
      </div>
      <section className="extras" aria-label="Fairness and rules">
        <SeedsPanel controller={controller} game={rules.game} busy={busy || connection !== "connected"} />
        <section className="panel" aria-labelledby="slot-how">
          <h3 id="slot-how">The machine</h3>
          <p>
            Returns <strong>{percentOf(rules.rtp)} %</strong> of all stakes over the long run, the same at every stake. A whole round pays at most {Number(rules.max_win).toLocaleString("en")} times the stake.
          </p>
          <p className="faint">A round is over on the server before the reels stop; they show its record. If the connection is lost, the result stands.</p>
          <Link href={`/rules/${rules.game}`} className="button small" data-testid="slot-paytable">
            Paytable and rules
          </Link>
        </section>
      </section>
      <div className="table-foot">
        <span>
          Stakes from {formatMinor(rules.min_stake_minor, exponent)} to {formatMinor(rules.max_stake_minor, exponent)} · one round in {rules.min_cycle_ms / 1000} seconds at most · rules {rules.rules_version}
        </span>
        <button type="button" className="button quiet small" data-testid="help-open" onClick={() => setHelp(true)}>
          <KeyboardIcon /> Keys
        </button>
      </div>
      {help && (
        <Dialog title="Playing with the keyboard" testId="help-dialog" onClose={() => setHelp(false)}>
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
        </Dialog>
      )}
    </div>
  );
}

/** A slot, which is played alone, once its rules are there. */
export function SlotPage({ game }: { game: string }) {
  const [rules, again] = useRules(game);
  if (rules.state === "ready" && isSlot(rules.value)) return <Machine rules={rules.value} />;
  if (rules.state === "loading") {
    return (
      <p className="empty" role="status">
        Fetching the rules…
      </p>
    );
  }
  return (
    <div className="empty" role="alert" data-testid="table-error">
      <p>{rules.state === "error" ? rules.message : "The rules of this machine cannot be read."}</p>
      <button type="button" className="button" onClick={again}>
        Try again
      </button>
    </div>
  );
}
