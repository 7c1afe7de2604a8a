import { describeCoup } from "./punto";
import { beadPlate, bigRoad, countWinners, ROWS } from "./roads";

const CELL = 22;
const LETTER = { player: "P", banker: "B", tie: "T" } as const;

function Grid({ columns }: { columns: number }) {
  const lines = [...Array.from({ length: columns + 1 }, (_, i) => `M${i * CELL} 0V${ROWS * CELL}`), ...Array.from({ length: ROWS + 1 }, (_, i) => `M0 ${i * CELL}H${columns * CELL}`)];
  return <path className="road-grid" d={lines.join("")} />;
}

/** Shifts a road so that its newest columns fit; never shows fewer than `columns`. */
function shiftOf(marks: readonly { readonly column: number }[], columns: number): number {
  return Math.max(0, marks.reduce((most, mark) => Math.max(most, mark.column + 1), 0) - columns);
}

function BeadPlate({ history, columns }: { history: readonly number[]; columns: number }) {
  const beads = beadPlate(history);
  const shift = shiftOf(beads, columns);
  const newest = beads.length - 1;
  return (
    <svg className="road" viewBox={`-1 -1 ${columns * CELL + 2} ${ROWS * CELL + 2}`} role="img" aria-label={`Bead plate, newest first: ${history.slice(0, 12).map((one) => LETTER[beadPlate([one])[0]!.coup.winner]).join(" ") || "empty"}`} data-testid="bead-plate" data-count={beads.length}>
      <Grid columns={columns} />
      {beads.map((bead, index) =>
        bead.column < shift ? null : (
          <g key={index} className={`bead bead-${bead.coup.winner} ${index === newest ? "newest" : ""}`} transform={`translate(${(bead.column - shift + 0.5) * CELL} ${(bead.row + 0.5) * CELL})`}>
            <title>{describeCoup(bead.coup)}</title>
            <circle r={9} />
            <text dy="0.36em">{LETTER[bead.coup.winner]}</text>
            {bead.coup.playerPair && <circle className="pair pair-player" cx={7} cy={7} r={2.6} />}
            {bead.coup.bankerPair && <circle className="pair pair-banker" cx={-7} cy={-7} r={2.6} />}
          </g>
        ),
      )}
    </svg>
  );
}

function Road({ history, columns }: { history: readonly number[]; columns: number }) {
  const { marks, tiesBefore } = bigRoad(history);
  const shift = shiftOf(marks, columns);
  return (
    <svg className="road" viewBox={`-1 -1 ${columns * CELL + 2} ${ROWS * CELL + 2}`} role="img" aria-label={`Big road: ${marks.length} wins in ${new Set(marks.map((mark) => mark.column)).size} columns, ${tiesBefore} ties before the first`} data-testid="big-road" data-count={marks.length}>
      <Grid columns={columns} />
      {marks.map((mark, index) =>
        mark.column < shift ? null : (
          <g key={index} className={`road-mark road-mark-${mark.winner}`} transform={`translate(${(mark.column - shift + 0.5) * CELL} ${(mark.row + 0.5) * CELL})`}>
            <circle r={7.6} />
            {mark.ties > 0 && <path className="mark-tie" d="M-6 6 6 -6" />}
            {mark.ties > 1 && <text dy="0.36em">{mark.ties}</text>}
            {mark.playerPair && <circle className="pair pair-player" cx={7} cy={7} r={2.6} />}
            {mark.bankerPair && <circle className="pair pair-banker" cx={-7} cy={-7} r={2.6} />}
          </g>
        ),
      )}
    </svg>
  );
}

/** Every coup. live: of one shoe until its cut card; else every round has a fresh one, so no board says what comes next. */
export function Beads({ history, live }: { history: readonly number[]; live: boolean }) {
  return (
    <section className="panel" aria-labelledby="beads-title">
      <h3 id="beads-title">Last rounds</h3>
      <BeadPlate history={history} columns={9} />
      <p className="faint">
        {live ? "Dealt from one shoe until its cut card comes. The last coups may be of the shoe before." : "Each round is dealt from a fresh shoe: what was says nothing of what comes."}
      </p>
    </section>
  );
}

/** Who won how often, and the runs. */
export function Roads({ history }: { history: readonly number[] }) {
  const counts = countWinners(history);
  return (
    <section className="panel roads" aria-label="Wins and runs">
      <dl className="road-counts" data-testid="road-counts">
        <div className="count-player">
          <dt>Player</dt>
          <dd>{counts.player}</dd>
        </div>
        <div className="count-tie">
          <dt>Tie</dt>
          <dd>{counts.tie}</dd>
        </div>
        <div className="count-banker">
          <dt>Banker</dt>
          <dd>{counts.banker}</dd>
        </div>
      </dl>
      <Road history={history} columns={14} />
    </section>
  );
}
