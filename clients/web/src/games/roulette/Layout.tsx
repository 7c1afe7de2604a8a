import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import type { Chip, SeatBets } from "../../protocol/messages";
import { formatMinor } from "../../state/money";
import { stakesByPosition } from "../../state/table";
import { ChipDisc, chipTone } from "../shared/Chip";
import { type Box, colourOf, type Direction, layOut, neighbour, type Orientation, project, type Spot } from "./geometry";
import type { RulesPosition } from "../../api/rules";

interface Props {
  positions: readonly RulesPosition[];
  red: ReadonlySet<number>;
  orientation: Orientation;
  exponent: number;
  chipValues: readonly number[];
  mine: readonly Chip[];
  pending: readonly Chip[];
  others: readonly SeatBets[];
  /** The number that lies in the wheel, shown on the layout; null while none does. */
  winning: number | null;
  enabled: boolean;
  /** Numbers to light up from elsewhere (announced bets). */
  hinted: readonly number[];
  onPlace: (position: number) => void;
}

const ARROWS: Readonly<Record<string, Direction>> = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" };

const FIELD_TEXT: Readonly<Record<string, string>> = { low: "1–18", even: "Even", odd: "Odd", high: "19–36" };
const DOZENS = ["1st 12", "2nd 12", "3rd 12"];

function fieldLabel(spot: Spot): string {
  if (spot.kind === "straight") return String(spot.numbers[0]);
  if (spot.kind === "column") return "2 to 1";
  if (spot.kind === "dozen") return DOZENS[Math.floor(((spot.numbers[0] ?? 1) - 1) / 12)] ?? "";
  return FIELD_TEXT[spot.kind] ?? "";
}

/** The label a screen reader speaks, such as "Split 17-20, pays 17 to 1, your stake 5.00". */
function spoken(spot: Spot, colour: string, stake: number, waiting: number, exponent: number): string {
  const parts = [spot.kind === "straight" ? `${spot.numbers[0]} ${colour}, straight up` : spot.name, `pays ${spot.pays} to 1`];
  if (stake > 0) parts.push(`your stake ${formatMinor(stake, exponent)}`);
  if (waiting > 0) parts.push(`${formatMinor(waiting, exponent)} being placed`);
  return parts.join(", ");
}

function Field({ spot, box, red, tall, lit, won }: { spot: Spot; box: Box; red: ReadonlySet<number>; tall: boolean; lit: boolean; won: boolean }) {
  const [cx, cy] = [box.x + box.width / 2, box.y + box.height / 2];
  const number = spot.kind === "straight" ? spot.numbers[0]! : null;
  const tone = number !== null ? colourOf(number, red) : spot.kind === "red" || spot.kind === "black" ? spot.kind : "plain";
  const turned = tall && (spot.kind === "dozen" || (spot.cell && FIELD_TEXT[spot.kind] !== undefined));
  const className = `cell cell-${tone} cell-${number === null ? "outside" : "number"} ${lit ? "lit" : ""} ${won ? "won" : ""}`;
  return (
    <g className={className}>
      <rect x={box.x + 1} y={box.y + 1} width={box.width - 2} height={box.height - 2} rx={5} />
      {spot.kind === "red" || spot.kind === "black" ? (
        <g transform={`translate(${cx} ${cy}) ${tall ? "rotate(90)" : ""}`}>
          <path className={`diamond diamond-${spot.kind}`} d="M-24 0 0 -12 24 0 0 12Z" />
          <text className="cell-small" dy="0.36em">{spot.name}</text>
        </g>
      ) : (
        <text className={number === null ? "cell-word" : "cell-figure"} transform={`translate(${cx} ${cy}) ${turned ? "rotate(90)" : ""}`} dy="0.35em">
          {fieldLabel(spot)}
        </text>
      )}
    </g>
  );
}

/**
 * The cloth: all 157 positions as buttons. Mouse and finger place where they press; the arrow keys walk from position to
 * position (with Shift from field to field), Enter and the space bar place.
 */
export function Layout(props: Props) {
  const { positions, red, orientation, exponent, chipValues, enabled } = props;
  const spots = useMemo(() => layOut(positions), [positions]);
  const view = useMemo(() => project(orientation), [orientation]);
  const [active, setActive] = useState(17);
  const [pointed, setPointed] = useState<number | null>(null);
  const refs = useRef(new Map<number, SVGRectElement>());

  const mine = useMemo(() => stakesByPosition(props.mine), [props.mine]);
  const pending = useMemo(() => stakesByPosition(props.pending), [props.pending]);
  const others = useMemo(() => stakesByPosition(props.others.flatMap((seat) => seat.chips)), [props.others]);

  const lit = new Set(!enabled ? [] : pointed === null ? props.hinted : (spots[pointed]?.numbers ?? []));
  const tall = orientation === "tall";
  const fields = spots.filter((spot) => spot.cell);
  const zones = [...fields, ...spots.filter((spot) => !spot.cell)];
  const wins = (spot: Spot) => props.winning !== null && spot.numbers.includes(props.winning);

  function onKeyDown(event: KeyboardEvent): void {
    const direction = ARROWS[event.key];
    const spot = spots[active];
    if (!spot || event.ctrlKey || event.metaKey || event.altKey) return;
    if (direction) {
      event.preventDefault();
      const next = neighbour(spots, spot, direction, view, event.shiftKey);
      if (next) refs.current.get(next.position)?.focus();
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      props.onPlace(active);
    }
  }

  return (
    <svg
      className={`layout layout-${orientation} ${enabled ? "" : "layout-closed"}`}
      viewBox={`-2 -2 ${view.width + 4} ${view.height + 4}`}
      role="group"
      aria-label="Betting layout. Arrow keys move, Enter places the chosen chip."
      data-testid="layout"
      onKeyDown={onKeyDown}
      onPointerLeave={() => setPointed(null)}
    >
      {fields.map((spot) => (
        <Field key={spot.position} spot={spot} box={view.box(spot)} red={red} tall={tall} lit={spot.kind === "straight" && lit.has(spot.numbers[0]!)} won={spot.kind === "straight" && wins(spot)} />
      ))}
      {zones.map((spot) => {
        const stake = mine.get(spot.position) ?? 0;
        const waiting = pending.get(spot.position) ?? 0;
        return (
          <rect
            key={spot.position}
            ref={(element) => {
              if (element) refs.current.set(spot.position, element);
            }}
            {...view.box(spot)}
            rx={spot.cell ? 5 : 4}
            className={`zone ${spot.cell ? "" : "zone-fine"}`}
            role="button"
            tabIndex={spot.position === active ? 0 : -1}
            aria-label={spoken(spot, colourOf(spot.numbers[0] ?? 0, red), stake, waiting, exponent)}
            aria-disabled={!enabled}
            data-testid="position"
            data-position={spot.position}
            data-stake={stake}
            data-pending={waiting}
            onClick={() => props.onPlace(spot.position)}
            onFocus={(event) => {
              setActive(spot.position);
              if (event.currentTarget.matches(":focus-visible")) setPointed(spot.position);
            }}
            onBlur={() => setPointed(null)}
            onPointerEnter={() => setPointed(spot.position)}
            onPointerUp={(event) => {
              if (event.pointerType === "touch") setPointed(null); // a finger that has left points at nothing
            }}
          />
        );
      })}
      <g className="chips" aria-hidden="true">
        {[...others].map(([position, stake]) => {
          const spot = spots[position];
          if (!spot) return null;
          const { x, y } = view.centre(spot);
          const away = mine.has(position) || pending.has(position) || spot.kind === "straight" ? view.chip * 0.85 : 0;
          return <ChipDisc key={`o${position}`} other x={x + away} y={y - away * 0.8} r={view.chip * 0.62} minor={stake} exponent={exponent} tone="" />;
        })}
        {[...new Set([...mine.keys(), ...pending.keys()])].map((position) => {
          const spot = spots[position];
          if (!spot) return null;
          const { x, y } = view.centre(spot);
          const total = (mine.get(position) ?? 0) + (pending.get(position) ?? 0);
          const state = pending.has(position) ? "pending" : props.winning === null ? "" : wins(spot) ? "won" : "lost";
          return <ChipDisc key={position} x={x} y={y} r={view.chip} minor={total} exponent={exponent} tone={chipTone(total, chipValues)} state={state} />;
        })}
        {props.winning !== null && spots[props.winning] && <Marker {...view.centre(spots[props.winning]!)} r={view.chip} />}
      </g>
    </svg>
  );
}

/** The dolly: what a croupier puts on the winning number. */
function Marker({ x, y, r }: { x: number; y: number; r: number }) {
  return (
    <g className="dolly" transform={`translate(${x + r * 1.05} ${y - r * 0.3})`}>
      <ellipse cx={0} cy={r * 0.62} rx={r * 0.5} ry={r * 0.2} className="dolly-foot" />
      <path d={`M${-r * 0.42} ${r * 0.6} C ${-r * 0.1} ${r * 0.2} ${-r * 0.3} ${-r * 0.1} ${-r * 0.22} ${-r * 0.35} a ${r * 0.28} ${r * 0.28} 0 1 1 ${r * 0.44} 0 C ${r * 0.3} ${-r * 0.1} ${r * 0.1} ${r * 0.2} ${r * 0.42} ${r * 0.6} Z`} />
    </g>
  );
}
