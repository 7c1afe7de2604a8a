import { useEffect, useMemo, useRef, useState } from "react";
import { useApp, useConnectionState, useSession } from "../../app/hooks";
import { refusalText } from "../../app/words";
import { formatMinor } from "../../state/money";
import type { TableState } from "../../state/table";
import { ClothNote } from "../shared/ClothNote";
import { HelpDialog, type Key } from "../shared/Help";
import { Seats, Winners } from "../shared/Panels";
import { Rail } from "../shared/Rail";
import { Countdown, MyResult, PhaseLine, resultClass, RoundVoid, TimeBar } from "../shared/Stage";
import { TableFoot } from "../shared/TableFoot";
import { isTaken, useBetting, useBettingKeys } from "../shared/useBetting";
import { BetPanel } from "./BetPanel";
import { CashOuts } from "./controller";
import { Curve } from "./Curve";
import { formatMultiplier } from "./curve";
import { CashedOutList, LastBusts, Latency, MyRides } from "./Panels";
import { ridesOf, riding } from "./rides";
import { useFlight } from "./useFlight";

const KEYS: readonly Key[] = [{ keys: "Space", what: "cash out everything of yours that rides" }];
const WORDS = { closed: "No more bets", playing: "In flight", result: "Bust" };

/** All targets are of one class. */
const classOf = (): number => 1;

/** Makes the keeper of my cash-outs; it lives as long as the table is shown. */
function useCashOuts(table: TableState): CashOuts {
  const session = useSession();
  const [, setVersion] = useState(0);
  const cashOuts = useMemo(
    () =>
      new CashOuts(
        {
          request: (body, keep) => session.request(body, keep),
          snapshot: () => session.get().table?.snapshot ?? null,
          connected: () => session.get().status === "connected",
          serverNow: () => session.serverNow(),
          newId: session.newId,
        },
        {
          changed: () => setVersion((before) => before + 1),
          refused: (refusal) => session.toast("error", refusalText(refusal), refusal.name),
        },
      ),
    [session],
  );
  cashOuts.roundChanged(table.snapshot);
  return cashOuts;
}

/** One press of the space bar, wherever the focus is. Holding it down is one press. */
function useSpace(press: (() => void) | null): void {
  const now = useRef(press);
  now.current = press;
  useEffect(() => {
    function onKey(event: KeyboardEvent): void {
      if (event.key !== " " || now.current === null || isTaken(event)) return;
      event.preventDefault();
      if (!event.repeat) now.current();
    }
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

function Result({ table, exponent }: { table: TableState; exponent: number }) {
  const { last, snapshot } = table;
  if (last === null || snapshot.phase === "betting" || snapshot.phase === "closed" || snapshot.phase === "playing") return null;
  if (last.number < 0) return <RoundVoid reason={last.voidReason} />;
  return (
    <div className={resultClass(last.mine)} data-testid="result" role="status">
      <div>
        <strong data-testid="result-number" data-number={last.number}>
          {last.number <= 100 ? "Bust at take-off" : `Bust at ${formatMultiplier(last.number)}`}
        </strong>
        <MyResult mine={last.mine} exponent={exponent} />
      </div>
    </div>
  );
}

/** A table of crash: stake before take-off, leave before the bust. */
export function CrashTable({ table }: { table: TableState }) {
  const { snapshot } = table;
  const exponent = useApp((state) => state.account?.exponent ?? 2);
  const me = useApp((state) => state.player?.name ?? "");
  const connected = useConnectionState() === "connected";
  const [help, setHelp] = useState(false);
  const betting = useBetting(table, classOf);
  useBettingKeys(betting, () => setHelp(true));
  const cashOuts = useCashOuts(table);
  const flight = useFlight(table);

  const over = flight.stage === "over";
  const past = over ? table.last : null;
  const bets = snapshot.my_bets.length > 0 ? snapshot.my_bets : (past?.bets ?? []);
  const shown = snapshot.flight[0] ?? past?.flight[0] ?? null;
  const rides = useMemo(() => ridesOf(bets, (shown?.outs ?? []).filter((out) => out.name === me), cashOuts.answered()), [bets, shown, me, cashOuts.answered()]);
  const seats = past && snapshot.seats.length === 0 ? past.seats : snapshot.seats;

  const flying = flight.stage === "flying" && connected;
  const out = () => cashOuts.cashOut(riding(rides).map((ride) => ride.betId));
  useSpace(flying ? out : null);

  return (
    <div className="table table-crash" data-testid="table" data-table={snapshot.info_table_id}>
      <section className="stage stage-plain" aria-label="Stake and cash-out">
        <div className="stage-now">
          <Countdown snapshot={snapshot} nextOpensMs={table.nextOpensMs} />
          <PhaseLine snapshot={snapshot} words={WORDS} />
        </div>
        <BetPanel betting={betting} exponent={exponent} flight={flight} rides={rides} asked={riding(rides).some((ride) => cashOuts.isAsked(ride.betKey))} connected={connected} onCashOut={out} />
        <div className="stage-result">
          <Result table={table} exponent={exponent} />
          <MyRides rides={rides} pendingMinor={betting.pendingMinor} exponent={exponent} over={over} onOut={flying ? (betId) => cashOuts.cashOut([betId]) : null} />
        </div>
        <Latency />
      </section>
      <section className="cloth cloth-sky" aria-label="Flight" data-testid="layout">
        <ClothNote phase={snapshot.phase} what="Play" />
        <LastBusts history={snapshot.history} />
        <Curve flight={flight} />
      </section>
      <Rail betting={betting} exponent={exponent} time={<TimeBar snapshot={snapshot} />} />
      <section className="extras extras-three" aria-label="Players">
        <CashedOutList flight={shown} me={me} exponent={exponent} />
        <Seats seats={seats} me={me} exponent={exponent} title="In this flight" />
        <Winners winners={table.last?.winners ?? null} me={me} exponent={exponent} />
      </section>
      <TableFoot table={table} exponent={exponent} words={`at most ${formatMinor(snapshot.limits.max_by_size[1] ?? 0, exponent)} on one target · automatic cash-outs return 99 %`} onHelp={() => setHelp(true)} />
      <p className="unseen" aria-live="polite" data-testid="said">
        {betting.said}
      </p>
      {help && <HelpDialog first={KEYS} hint="The space bar works wherever the focus is, except in a field for text." onClose={() => setHelp(false)} />}
    </div>
  );
}
