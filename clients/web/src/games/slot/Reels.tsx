import { useEffect, useRef } from "react";
import { type Paytable, ROWS, type SpinShown } from "./machine";
import { SymbolPicture } from "./Symbols";

/** So many symbols run by while a reel comes to its stop. */
const RUN = 12;
/** What follows the strip's end, so that a reel can be seen to run over it. */
const TAIL = RUN + ROWS;
const TURN_MS_PER_SYMBOL = 34;
export const FIRST_STOP_MS = 620;
export const NEXT_STOP_MS = 240;
const SETTLE_EASE = "cubic-bezier(0.16, 0.84, 0.36, 1.04)";

type Motion = "still" | "turning" | "landing";

interface ReelProps {
  strip: readonly number[];
  stop: number;
  motion: Motion;
  reel: number;
  lit: readonly boolean[];
  dimmed: boolean;
  onLanded: () => void;
}

function offset(place: number, length: number): string {
  return `translateY(${(-100 * place) / length}%)`;
}

/** One reel. It is drawn as a whole and pushed so that its stop stands in the top row: it can end nowhere else. */
function Reel({ strip, stop, motion, reel, lit, dimmed, onLanded }: ReelProps) {
  const ref = useRef<HTMLDivElement>(null);
  const landed = useRef(onLanded);
  landed.current = onLanded;
  const length = strip.length + TAIL;

  useEffect(() => {
    const column = ref.current;
    if (column === null || motion === "still") return;
    if (motion === "turning") {
      const turn = column.animate([{ transform: offset(strip.length, length) }, { transform: offset(0, length) }], { duration: strip.length * TURN_MS_PER_SYMBOL, iterations: Infinity });
      return () => turn.cancel();
    }
    const run = column.animate([{ transform: offset(stop + RUN, length) }, { transform: offset(stop, length) }], { duration: FIRST_STOP_MS + reel * NEXT_STOP_MS, easing: SETTLE_EASE });
    run.onfinish = () => landed.current();
    return () => run.cancel();
  }, [motion, stop, reel, strip.length, length]);

  return (
    <div className={`reel ${dimmed ? "reel-dimmed" : ""}`} data-testid="reel" data-stop={stop}>
      <div ref={ref} className={`reel-strip ${motion === "turning" ? "reel-turning" : ""}`} style={{ transform: offset(stop, length), height: `${(100 * length) / ROWS}%` }}>
        {Array.from({ length }, (_, place) => (
          <div key={place} className={`reel-cell ${lit[place - stop] ? "lit" : ""}`}>
            <SymbolPicture symbol={strip[place % strip.length] ?? 0} />
          </div>
        ))}
      </div>
    </div>
  );
}

/** Returns which of the cells take part in a win, by reel and row. */
export function litCells(table: Paytable, spin: SpinShown | null): boolean[][] {
  const lit = table.strips.map(() => Array.from({ length: ROWS }, () => false));
  if (spin === null) return lit;
  for (const win of spin.wins) {
    for (let reel = 0; reel < win.count; reel += 1) {
      const row = table.lines[win.line]?.[reel];
      if (row !== undefined) lit[reel]![row] = true;
    }
  }
  if (spin.scatterUnits > 0) spin.window.forEach((column, reel) => column.forEach((symbol, row) => (lit[reel]![row] ||= symbol === table.scatter)));
  return lit;
}

const CELL = 100;

function WinLines({ table, spin }: { table: Paytable; spin: SpinShown }) {
  return (
    <svg className="win-lines" viewBox={`0 0 ${CELL * table.strips.length} ${CELL * ROWS}`} preserveAspectRatio="none" aria-hidden="true">
      {spin.wins.map((win) => (
        <polyline key={win.line} className={`win-line win-line-${win.line % 5}`} points={(table.lines[win.line] ?? []).map((row, reel) => `${(reel + 0.5) * CELL},${(row + 0.5) * CELL}`).join(" ")} />
      ))}
    </svg>
  );
}

interface Props {
  table: Paytable;
  stops: readonly number[];
  motion: Motion;
  /** The spin whose wins are seen now. */
  seen: SpinShown | null;
  /** Changes with every spin: two spins may have the same stops. */
  spinKey: string;
  onLanded: () => void;
}

/** All reels. Called when the last of them lies still. */
export function Reels({ table, stops, motion, seen, spinKey, onLanded }: Props) {
  const lit = litCells(table, seen);
  const anyLit = lit.flat().includes(true);
  const last = table.strips.length - 1;
  return (
    <div className="reels" data-testid="reels" data-motion={motion} data-stops={stops.join(" ")}>
      {table.strips.map((strip, reel) => (
        <Reel
          key={`${reel}:${motion === "landing" ? spinKey : ""}`}
          strip={strip}
          stop={stops[reel] ?? 0}
          motion={motion}
          reel={reel}
          lit={lit[reel] ?? []}
          dimmed={anyLit && !lit[reel]?.includes(true)}
          onLanded={() => reel === last && onLanded()}
        />
      ))}
      {seen && seen.wins.length > 0 && <WinLines table={table} spin={seen} />}
    </div>
  );
}
