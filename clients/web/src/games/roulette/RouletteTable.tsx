import { useCallback, useState } from "react";
import { useApp, useMedia } from "../../app/hooks";
import { formatMinor } from "../../state/money";
import type { TableState } from "../../state/table";
import { ClothNote } from "../shared/ClothNote";
import { HelpDialog, type Key } from "../shared/Help";
import { Seats, Winners } from "../shared/Panels";
import { Rail } from "../shared/Rail";
import { Countdown, PhaseLine, TimeBar } from "../shared/Stage";
import { TableFoot } from "../shared/TableFoot";
import { useBetting, useBettingKeys } from "../shared/useBetting";
import { useRoundShow } from "../shared/useRoundShow";
import { wheelNeighbours } from "./geometry";
import { Layout } from "./Layout";
import { Racetrack } from "./Racetrack";
import { LastNumbers, Result } from "./Stage";
import { type Rules, useRouletteRules } from "./useRouletteRules";
import { Wheel } from "./Wheel";

const KEYS: readonly Key[] = [
  { keys: "Arrows", what: "walk over all positions, edges and corners too" },
  { keys: "Shift + arrows", what: "walk from field to field" },
  { keys: "Enter, Space", what: "place the chosen chip" },
];

const NO_NUMBERS: readonly number[] = [];

function Game({ table, rules }: { table: TableState; rules: Rules }) {
  const { snapshot } = table;
  const exponent = useApp((state) => state.account?.exponent ?? 2);
  const me = useApp((state) => state.player?.name ?? "");
  const tall = useMedia("(max-width: 640px)");
  const [hinted, setHinted] = useState<readonly number[]>([]);
  const [help, setHelp] = useState(false);
  const { positions, wheel, calls } = rules.rules;
  const classOf = useCallback((position: number) => positions[position]?.numbers.length ?? 0, [positions]);
  const betting = useBetting(table, classOf, calls);
  const { controller, chip, open, say } = betting;
  useBettingKeys(betting, () => setHelp(true));
  const show = useRoundShow(table);

  const between = snapshot.phase === "idle" || snapshot.phase === "paused";
  const ended = show.shown !== null && between ? show.shown : null;
  const rollingLast = show.rolling && between ? table.last : null;
  const past = ended ?? rollingLast;
  const counted = past !== null && past.number >= 0 ? past : null; // chips of a void round went back
  const bets = between ? (counted?.bets ?? []) : snapshot.my_bets;
  const seats = between ? (counted?.seats ?? []) : snapshot.seats;
  const winning = !show.rolling && show.shown !== null && show.shown.number >= 0 && (between || snapshot.phase === "result") ? show.shown.number : null;
  const wheelNumber = table.last && table.last.number >= 0 && snapshot.phase !== "betting" ? table.last.number : (show.history[0] ?? null);

  const place = (position: number) => {
    const spot = positions[position];
    if (controller.place(position, chip) && spot) say(`${formatMinor(chip, exponent)} on ${spot.name}`);
  };

  return (
    <div className={`table table-${tall ? "tall" : "wide"}`} data-testid="table" data-table={snapshot.info_table_id}>
      <section className="stage" aria-label="Wheel and result">
        <Wheel wheel={wheel} red={rules.red} phase={snapshot.phase} number={wheelNumber} show={show} />
        <div className="stage-text">
          <div className="stage-now">
            <Countdown snapshot={snapshot} nextOpensMs={table.nextOpensMs} />
            <PhaseLine snapshot={snapshot} hidden={show.rolling} />
          </div>
          <div className="stage-result">{snapshot.phase !== "betting" && !show.rolling && snapshot.phase !== "closed" && <Result show={show} red={rules.red} exponent={exponent} />}</div>
          <LastNumbers history={show.history} red={rules.red} count={tall ? 8 : 14} />
        </div>
      </section>
      <section className="cloth" aria-label="Bets">
        <ClothNote phase={snapshot.phase} />
        <Layout
          positions={positions}
          red={rules.red}
          orientation={tall ? "tall" : "wide"}
          exponent={exponent}
          chipValues={betting.values}
          mine={bets.flatMap((bet) => bet.chips)}
          pending={betting.pending}
          others={seats.filter((seat) => seat.name !== me)}
          winning={winning}
          enabled={open}
          hinted={open ? hinted : NO_NUMBERS}
          onPlace={place}
        />
      </section>
      <Rail betting={betting} exponent={exponent} time={<TimeBar snapshot={snapshot} />} />
      <section className="extras" aria-label="Announced bets and players">
        <section className="panel panel-race" aria-labelledby="race-title">
          <h3 id="race-title">
            Announced bets <small>units of {formatMinor(chip, exponent)}</small>
          </h3>
          <Racetrack
            wheel={wheel}
            red={rules.red}
            enabled={open}
            unitText={formatMinor(chip, exponent)}
            onCall={(name) => controller.call(name, chip) && say(`${name} placed`)}
            onNeighbours={(number) => controller.placeMany(wheelNeighbours(wheel, number), chip) && say(`${number} and neighbours placed`)}
            onHint={setHinted}
          />
        </section>
        <Seats seats={seats} me={me} exponent={exponent} />
        <Winners winners={show.rolling ? null : (show.shown?.winners ?? null)} me={me} exponent={exponent} />
      </section>
      <TableFoot
        table={table}
        exponent={exponent}
        words={`straight up to ${formatMinor(snapshot.limits.max_by_size[1] ?? 0, exponent)} · returns 97.30 %`}
        hidden={show.rolling}
        onHelp={() => setHelp(true)}
      />
      <p className="unseen" aria-live="polite" data-testid="said">
        {betting.said}
      </p>
      {help && <HelpDialog first={KEYS} hint="Start by moving the focus to the layout with Tab." onClose={() => setHelp(false)} />}
    </div>
  );
}

/** One roulette table, once its rules are there. */
export function RouletteTable({ table }: { table: TableState }) {
  const [rules, again] = useRouletteRules();
  if (rules.state === "ready") return <Game table={table} rules={rules.value} />;
  if (rules.state === "loading") {
    return (
      <p className="empty" role="status">
        Fetching the rules…
      </p>
    );
  }
  return (
    <div className="empty" role="alert" data-testid="table-error">
      <p>{rules.message}</p>
      <button type="button" className="button" onClick={again}>
        Try again
      </button>
    </div>
  );
}
