import { type KeyboardEvent, useRef, useState } from "react";
import { colourOf, wheelNeighbours } from "./geometry";

interface Props {
  wheel: readonly number[];
  red: ReadonlySet<number>;
  enabled: boolean;
  unitText: string;
  onCall: (name: string) => void;
  onNeighbours: (number: number) => void;
  onHint: (numbers: readonly number[]) => void;
}

const CALLS: readonly { name: string; label: string; chips: number }[] = [
  { name: "tiers", label: "Tiers", chips: 6 },
  { name: "orphelins", label: "Orphelins", chips: 5 },
  { name: "voisins", label: "Voisins", chips: 9 },
];

/** Numbers of an announced bet, from the wheel: the three sectors tell them all. */
const SECTORS: Readonly<Record<string, readonly number[]>> = {
  voisins: [22, 18, 29, 7, 28, 12, 35, 3, 26, 0, 32, 15, 19, 4, 21, 2, 25],
  tiers: [27, 13, 36, 11, 30, 8, 23, 10, 5, 24, 16, 33],
  orphelins: [1, 20, 14, 31, 9, 17, 34, 6],
};

const WIDTH = 640;
const HEIGHT = 168;
const BAND = 34;
const END = HEIGHT / 2;

/** Returns the point so far along the rim, 0 .. 1 clockwise from the middle of the right end, `inset` inside it. */
function onRim(part: number, inset: number): { x: number; y: number } {
  const straight = WIDTH - 2 * END;
  const radius = END - BAND / 2;
  const arc = Math.PI * radius;
  const length = 2 * straight + 2 * arc;
  let way = (((part % 1) + 1) % 1) * length;
  const r = END - inset;
  const at = (angle: number, cx: number) => ({ x: cx + Math.cos(angle) * r, y: END + Math.sin(angle) * r });
  if (way < arc / 2) return at(way / radius, WIDTH - END);
  way -= arc / 2;
  if (way < straight) return { x: WIDTH - END - way, y: HEIGHT - inset };
  way -= straight;
  if (way < arc) return at(Math.PI / 2 + way / radius, END);
  way -= arc;
  if (way < straight) return { x: END + way, y: inset };
  way -= straight;
  return at(-Math.PI / 2 + way / radius, WIDTH - END);
}

function sectorPath(index: number, count: number): string {
  const steps = 6;
  const parts = Array.from({ length: steps + 1 }, (_, i) => (index - 0.5 + i / steps) / count);
  const outer = parts.map((part) => onRim(part, 1));
  const inner = [...parts].reverse().map((part) => onRim(part, BAND));
  return `M${[...outer, ...inner].map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}Z`;
}

/** The wheel laid flat: a number stands for itself and its neighbours, the middle for the announced bets. */
export function Racetrack({ wheel, red, enabled, unitText, onCall, onNeighbours, onHint }: Props) {
  const [active, setActive] = useState(0);
  const segments = useRef(new Map<number, SVGGElement>());
  const step = (way: number) => segments.current.get(wheel[(wheel.indexOf(active) + way + wheel.length) % wheel.length] ?? 0)?.focus();

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === "ArrowRight" || event.key === "ArrowDown") step(1);
    else if (event.key === "ArrowLeft" || event.key === "ArrowUp") step(-1);
    else if (event.key === "Enter" || event.key === " ") onNeighbours(active);
    else return;
    event.preventDefault();
  }

  return (
    <div className="racetrack">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="group" aria-label="Racetrack: a number and two neighbours on each side" onKeyDown={onKeyDown}>
        <rect className="race-bed" x="0.5" y="0.5" width={WIDTH - 1} height={HEIGHT - 1} rx={END} />
        {wheel.map((number, index) => {
          const { x, y } = onRim(index / wheel.length, BAND / 2);
          const five = wheelNeighbours(wheel, number);
          return (
            <g
              key={number}
              className={`race race-${colourOf(number, red)}`}
              role="button"
              ref={(element) => {
                if (element) segments.current.set(number, element);
              }}
              tabIndex={number === active ? 0 : -1}
              onFocus={() => {
                setActive(number);
                onHint(five);
              }}
              onBlur={() => onHint([])}
              aria-label={`${number} and its neighbours: ${five.join(", ")}`}
              aria-disabled={!enabled}
              data-testid={`neighbours-${number}`}
              onClick={() => onNeighbours(number)}
              onPointerEnter={() => onHint(five)}
              onPointerLeave={() => onHint([])}
            >
              <path d={sectorPath(index, wheel.length)} />
              <text x={x} y={y} dy="0.36em">
                {number}
              </text>
            </g>
          );
        })}
      </svg>
      <div className="race-calls">
        {CALLS.map((call) => (
          <button
            key={call.name}
            type="button"
            className="button call"
            data-testid={`call-${call.name}`}
            disabled={!enabled}
            aria-label={`${call.label}, ${call.chips} chips of ${unitText}`}
            onClick={() => onCall(call.name)}
            onPointerEnter={() => onHint(SECTORS[call.name] ?? [])}
            onPointerLeave={() => onHint([])}
            onFocus={() => onHint(SECTORS[call.name] ?? [])}
            onBlur={() => onHint([])}
          >
            {call.label}
            <small>{call.chips} chips</small>
          </button>
        ))}
      </div>
    </div>
  );
}
