import { formatChip } from "../../state/money";

/** Colours of the chips, smallest value first. */
const TONES = ["ivory", "red", "blue", "green", "black", "violet"] as const;

/** The tone of an amount: that of the largest chip that fits into it. */
export function chipTone(minor: number, values: readonly number[]): string {
  const index = values.reduce((found, value, i) => (value <= minor ? i : found), 0);
  return TONES[Math.min(index, TONES.length - 1)]!;
}

interface Props {
  x: number;
  y: number;
  r: number;
  minor: number;
  exponent: number;
  tone: string;
  state?: "" | "pending" | "won" | "lost";
  other?: boolean;
}

/** A chip on the layout; others' chips are smaller, slate, and carry a dot instead of a figure. */
export function ChipDisc({ x, y, r, minor, exponent, tone, state = "", other = false }: Props) {
  const text = formatChip(minor, exponent);
  const size = text.length > 4 ? r * 0.56 : text.length > 2 ? r * 0.72 : r * 0.9;
  return (
    <g className={`chip chip-${other ? "other" : tone} ${state}`} transform={`translate(${x} ${y})`}>
      <g className="chip-drop">
        <ellipse className="chip-shadow" cx={1} cy={r * 0.16} rx={r} ry={r} />
        <circle className="chip-rim" r={r} />
        <circle className="chip-notch" r={r * 0.86} strokeWidth={r * 0.28} strokeDasharray={`${r * 0.45} ${r * 0.45}`} />
        <circle className="chip-face" r={r * 0.7} />
        {other ? <circle className="chip-dot" r={r * 0.24} /> : (
          <text className="chip-text" fontSize={size} dy="0.36em">
            {text}
          </text>
        )}
        {state === "pending" && <circle className="chip-wait" r={r * 1.14} />}
      </g>
    </g>
  );
}
