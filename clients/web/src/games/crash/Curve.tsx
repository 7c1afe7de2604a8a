import { CEILING_MS, formatMultiplier, ticksUpTo } from "./curve";
import type { FlightNow } from "./useFlight";

const WIDTH = 640;
const HEIGHT = 340;
const LEFT = 46;
const BOTTOM = 30;
const TOP = 18;
const RIGHT = 26;
const POINTS = 64;
/** The least that the axes show. */
const MIN_S = 8;
const MIN_RISE = 1;

export interface Scene {
  readonly path: string;
  readonly tip: { readonly x: number; readonly y: number; readonly angle: number };
  readonly across: readonly { readonly x: number; readonly text: string }[];
  readonly up: readonly { readonly y: number; readonly text: string }[];
}

/** Returns the drawing of a flight so far: axes that grow with it. */
export function sceneOf(flownMs: number): Scene {
  const t = Math.min(CEILING_MS, Math.max(0, flownMs)) / 1000;
  const rise = Math.exp(0.06 * t) - 1;
  const [mostS, mostRise] = [Math.max(MIN_S, t), Math.max(MIN_RISE, rise)];
  const x = (s: number) => LEFT + ((WIDTH - LEFT - RIGHT) * s) / mostS;
  const y = (r: number) => HEIGHT - BOTTOM - ((HEIGHT - BOTTOM - TOP) * r) / mostRise;
  const points = Array.from({ length: POINTS + 1 }, (_, i) => (t * i) / POINTS);
  const path = points.map((s, i) => `${i === 0 ? "M" : "L"}${x(s).toFixed(1)} ${y(Math.exp(0.06 * s) - 1).toFixed(1)}`).join("");
  const slope = ((0.06 * (rise + 1)) / mostRise) * ((HEIGHT - BOTTOM - TOP) / ((WIDTH - LEFT - RIGHT) / mostS));
  return {
    path,
    tip: { x: x(t), y: y(rise), angle: (-Math.atan(slope) * 180) / Math.PI },
    across: ticksUpTo(mostS).map((s) => ({ x: x(s), text: `${s} s` })),
    up: ticksUpTo(mostRise).map((r) => ({ y: y(r), text: `${Number((r + 1).toFixed(1))}×` })),
  };
}

function caption(flight: FlightNow): string {
  if (flight.stage === "waiting") return `Take-off in ${(Math.ceil(-flight.flownMs / 100) / 10).toFixed(1)} s`;
  if (flight.stage === "over") return flight.multiplier <= 100 ? "Bust at take-off" : "Bust";
  return flight.stage === "flying" ? "" : "Waiting for the next flight";
}

/** The flight as a curve, and the multiplier in large figures. Readers are told the end, not each step. */
export function Curve({ flight }: { flight: FlightNow }) {
  const { stage, multiplier, flownMs } = flight;
  const scene = sceneOf(stage === "none" || stage === "waiting" ? 0 : flownMs);
  const shown = stage === "flying" || stage === "over";
  return (
    <div className={`flight flight-${stage}`} data-testid="flight" data-stage={stage} data-multiplier={multiplier}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
        {scene.up.map((tick) => (
          <g key={tick.text}>
            <path className="flight-line" d={`M${LEFT} ${tick.y}H${WIDTH - RIGHT}`} />
            <text className="flight-tick" x={LEFT - 8} y={tick.y} dy="0.35em" textAnchor="end">
              {tick.text}
            </text>
          </g>
        ))}
        {scene.across.map((tick) => (
          <text key={tick.text} className="flight-tick" x={tick.x} y={HEIGHT - 8} textAnchor="middle">
            {tick.text}
          </text>
        ))}
        <path className="flight-axis" d={`M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}`} />
        {shown && (
          <>
            <path className="flight-under" d={`${scene.path}L${scene.tip.x} ${HEIGHT - BOTTOM}L${LEFT} ${HEIGHT - BOTTOM}Z`} />
            <path className="flight-curve" d={scene.path} />
            <g transform={`translate(${scene.tip.x} ${scene.tip.y}) rotate(${scene.tip.angle})`}>
              {stage === "flying" ? <path className="flight-craft" d="M-15 -7 L14 0 L-15 7 L-9 0 Z" /> : <path className="flight-bust" d="M-11 -11 11 11M11 -11 -11 11" />}
            </g>
          </>
        )}
      </svg>
      <p className="flight-figure">
        <strong aria-hidden={stage === "flying"}>{shown ? formatMultiplier(multiplier) : ""}</strong>
        <span>{caption(flight)}</span>
      </p>
    </div>
  );
}
