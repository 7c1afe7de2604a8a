import { useEffect, useMemo, useRef, useState } from "react";
import { useApp, useRules } from "../../app/hooks";
import { percentOf } from "../../state/fraction";
import { formatMinor } from "../../state/money";
import type { LastRound, TableState } from "../../state/table";
import { ClothNote } from "../shared/ClothNote";
import { HelpDialog, type Key } from "../shared/Help";
import { Seats, Winners } from "../shared/Panels";
import { Rail } from "../shared/Rail";
import { Countdown, MyResult, PhaseLine, resultClass, RoundVoid, TimeBar } from "../shared/Stage";
import { TableFoot } from "../shared/TableFoot";
import { isTaken, useBetting, useBettingKeys } from "../shared/useBetting";
import { LANDING_MS, type RoundShow, useRoundShow } from "../shared/useRoundShow";
import { Deal, LiveDeal } from "./Deal";
import { Felt, nameOf } from "./Felt";
import { BANKER, type Coup, coupOf, describeCoup, inOrder, PLAYER, TIE } from "./punto";
import { Beads, Roads } from "./Roads";

const KEYS: readonly Key[] = [
  { keys: "P, B, T", what: "the chosen chip on player, banker, tie" },
  { keys: "Tab, then Enter", what: "walk over all positions, place the chosen chip" },
  { keys: "S", what: "show all cards at once" },
];
const PLACES: Readonly<Record<string, number>> = { p: PLAYER, b: BANKER, t: TIE };
const CARD_MS = 650;
const LOOK_MS = 500;

/** A card at a time, and a moment to look. */
function dealMs(last: LastRound): number {
  return last.detail.length > 0 ? last.detail.length * CARD_MS + LOOK_MS : LANDING_MS;
}

/** The cards that a dealer dealt were seen one by one. */
const liveMs = (): number => 0;

/** Every position is of a class of its own. */
const classOf = (position: number): number => position;

/** Places by letter, and skips the deal. */
function usePuntoKeys(place: (position: number) => void, skip: (() => void) | null): void {
  const now = useRef({ place, skip });
  now.current = { place, skip };
  useEffect(() => {
    function onKey(event: KeyboardEvent): void {
      if (isTaken(event)) return;
      const key = event.key.toLowerCase();
      const position = PLACES[key];
      if (position !== undefined) now.current.place(position);
      else if (key === "s" && now.current.skip) now.current.skip();
      else return;
      event.preventDefault();
    }
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

function Result({ show, coup, exponent }: { show: RoundShow; coup: Coup | null; exponent: number }) {
  const { shown } = show;
  if (shown === null) return null;
  if (coup === null) return <RoundVoid reason={shown.voidReason} />;
  return (
    <div className={resultClass(shown.mine)} data-testid="result" role="status">
      <span className={`coup-big coup-${coup.winner}`} data-testid="result-number" data-number={shown.number} aria-hidden="true">
        {coup.winner === "tie" ? "T" : coup.winner === "player" ? "P" : "B"}
      </span>
      <div>
        <strong>{describeCoup(coup)}</strong>
        <MyResult mine={shown.mine} exponent={exponent} />
      </div>
    </div>
  );
}

/** A table of punto banco, with commission or without. */
export function BaccaratTable({ table }: { table: TableState }) {
  const { snapshot } = table;
  const live = snapshot.kind === "live";
  const exponent = useApp((state) => state.account?.exponent ?? 2);
  const me = useApp((state) => state.player?.name ?? "");
  const [rules] = useRules(snapshot.game);
  const [help, setHelp] = useState(false);
  const betting = useBetting(table, classOf);
  const { controller, chip, open, say } = betting;
  useBettingKeys(betting, () => setHelp(true));
  const show = useRoundShow(table, live ? liveMs : dealMs);

  const paytable = rules.state === "ready" ? rules.value.paytable : undefined;
  const pays = useMemo(() => new Map(paytable?.map((row) => [row.position ?? -1, row.pays])), [paytable]);
  const rtp = rules.state === "ready" && typeof rules.value.rtp === "object" ? rules.value.rtp : {};
  const returns = Object.entries(rtp).map(([name, fraction]) => `${name.toLowerCase()} ${percentOf(fraction, 2)} %`);

  const decided = !["betting", "closed", "playing"].includes(snapshot.phase) && table.last !== null;
  const between = snapshot.phase === "idle" || snapshot.phase === "paused";
  const last = decided && table.last !== null && table.last.number >= 0 ? table.last : null;
  const coup = last !== null && !show.rolling ? coupOf(last.number) : null;
  const dealing = snapshot.coup[0];
  const bets = between ? (last?.bets ?? []) : snapshot.my_bets;
  const seats = between ? (last?.seats ?? []) : snapshot.seats;

  const place = (position: number) => {
    if (controller.place(position, chip)) say(`${formatMinor(chip, exponent)} on ${nameOf(position)}`);
  };
  usePuntoKeys(place, show.rolling ? show.skip : null);

  return (
    <div className="table table-punto" data-testid="table" data-table={snapshot.info_table_id}>
      <section className="stage stage-plain" aria-label="Round and result">
        <div className="stage-now">
          <Countdown snapshot={snapshot} nextOpensMs={table.nextOpensMs} />
          <PhaseLine snapshot={snapshot} hidden={show.rolling} words={{ closed: "No more bets", playing: dealing?.due === -1 ? "All cards are out" : "Cards are dealt" }} />
        </div>
        <div className="stage-result">{decided && !show.rolling && <Result show={show} coup={coup} exponent={exponent} />}</div>
      </section>
      <Roads history={show.history} />
      <section className="cloth" aria-label="Cards and bets">
        <ClothNote phase={snapshot.phase} />
        {live ? (
          <LiveDeal cards={dealing ? inOrder(dealing.player, dealing.banker) : (last?.detail ?? [])} coup={coup} shoe={dealing?.shoe ?? 0} left={dealing?.left ?? -1} />
        ) : (
          <Deal cards={last?.detail ?? []} show={show} coup={coup} />
        )}
        <Felt
          superSix={snapshot.game === "baccarat-no-commission"}
          pays={pays}
          exponent={exponent}
          chipValues={betting.values}
          mine={bets.flatMap((bet) => bet.chips)}
          pending={betting.pending}
          others={seats.filter((seat) => seat.name !== me)}
          coup={coup}
          enabled={open}
          onPlace={place}
        />
      </section>
      <Rail betting={betting} exponent={exponent} time={<TimeBar snapshot={snapshot} />} />
      <section className="extras extras-three" aria-label="Last rounds and players">
        <Beads history={show.history} live={live} />
        <Seats seats={seats} me={me} exponent={exponent} />
        <Winners winners={show.rolling ? null : (show.shown?.winners ?? null)} me={me} exponent={exponent} />
      </section>
      <TableFoot table={table} exponent={exponent} words={returns.length > 0 ? `returns: ${returns.join(", ")}` : "returns: see the rules"} hidden={show.rolling} onHelp={() => setHelp(true)} />
      <p className="unseen" aria-live="polite" data-testid="said">
        {betting.said}
      </p>
      {help && <HelpDialog first={KEYS} hint="Letters work wherever the focus is, except in a field for text." onClose={() => setHelp(false)} />}
    </div>
  );
}
