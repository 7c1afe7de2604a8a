/** Lantern Bay: strips, lines and pays as published with its rules, and what a round of stops wins. */

const LETTERS = "WSABCDEFGH";
const STRIPS: readonly string[] = [
  "FESAHDCBFHCFGEFBCDHGDHEGHEAG",
  "BCEHAGDFHDGHCSEFGBEHDWFACFBGH",
  "BGEHFEDWCGAHFBHCWDHBEGSDFGCE",
  "GBFDEHFEHGCFGDHEDCWGHSAEGFABC",
  "BGHSDCHFECGFDHGABFHEDGFEGHEC",
];
const LINES: readonly string[] = [
  ...["11111", "00000", "22222", "01210", "21012", "00122", "22100", "10001", "12221", "10121"],
  ...["12101", "01110", "21112", "01010", "21212", "11011", "11211", "00200", "22022", "02020"],
];
const LINE_PAYS: Readonly<Record<string, readonly number[]>> = {
  A: [60, 300, 2000],
  B: [40, 150, 800],
  C: [30, 120, 400],
  D: [20, 75, 300],
  E: [15, 40, 150],
  F: [10, 30, 120],
  G: [8, 25, 100],
  H: [5, 20, 80],
};
const SCATTER_PAYS: Readonly<Record<number, readonly [times: number, freeSpins: number]>> = { 3: [2, 10], 4: [10, 15], 5: [50, 20] };
const MULTIPLIER = 3;
const MAX_FREE_SPINS = 100;

function lineUnits(window: readonly string[], rows: string): number {
  const symbols = window.map((reel, index) => reel[Number(rows[index])] as string);
  const first = symbols[0] as string;
  const other = symbols.findIndex((symbol) => symbol !== first && symbol !== LETTERS[0]);
  return LINE_PAYS[first]?.[(other < 0 ? symbols.length : other) - 3] ?? 0;
}

/** Plays a round to its end. units: stakes of a line, twenty of them in a stake. stops: five for each spin. */
export function slotRound(below: (length: number) => number): { units: number; stops: number[] } {
  const all: number[] = [];
  let units = 0;
  let given = 0;
  for (let spin = 0; spin <= given; spin += 1) {
    const stops = STRIPS.map((strip) => below(strip.length));
    const window = STRIPS.map((strip, reel) => (strip + strip).slice(stops[reel], (stops[reel] as number) + 3));
    const scatters = window.join("").split("S").length - 1;
    const [times, free] = SCATTER_PAYS[scatters] ?? [0, 0];
    const won = LINES.reduce((sum, rows) => sum + lineUnits(window, rows), 0) + times * LINES.length;
    units += spin === 0 ? won : won * MULTIPLIER;
    given = Math.min(MAX_FREE_SPINS, given + free);
    all.push(...stops);
  }
  return { units, stops: all };
}
