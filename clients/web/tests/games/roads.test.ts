import { describe, expect, it } from "vitest";
import { beadPlate, bigRoad, countWinners } from "../../src/games/baccarat/roads";
import { historyOf } from "./coups";

/** The big road as text: a line for each row, "." where nothing stands, lower case with a tie. */
function drawn(winners: string): string[] {
  const { marks } = bigRoad(historyOf(winners));
  const rows: string[][] = [];
  for (const mark of marks) {
    const row = (rows[mark.row] ??= []);
    const letter = mark.winner === "player" ? "P" : "B";
    row[mark.column] = mark.ties > 0 ? letter.toLowerCase() : letter;
  }
  return rows.map((row) => Array.from(row, (cell) => cell ?? ".").join(""));
}

describe("the bead plate", () => {
  it("fills columns of six in the order of play", () => {
    const beads = beadPlate(historyOf("PPPBBBT"));
    expect(beads.map((bead) => `${bead.column}${bead.row}`)).toEqual(["00", "01", "02", "03", "04", "05", "10"]);
    expect(beads.at(-1)?.coup.winner).toBe("tie");
  });
});

describe("the big road", () => {
  it("begins a new column when another wins", () => {
    expect(drawn("PPBBBP")).toEqual(["PBP", "PB", ".B"]);
  });

  it("turns right at the bottom", () => {
    expect(drawn("PPPPPPPP")).toEqual(["P", "P", "P", "P", "P", "PPP"]);
  });

  it("turns right where a tail is in the way, and begins the next run beside the last one's head", () => {
    const rows = drawn("PPPPPPPP" + "BBBBBB" + "P");
    expect(rows[0]).toBe("PBP");
    expect(rows[4]).toBe("PBB");
    expect(rows[5]).toBe("PPP");
  });

  it("notes ties on the win before them", () => {
    expect(drawn("PTTB")).toEqual(["pB"]);
    expect(bigRoad(historyOf("PTTB")).marks[0]).toMatchObject({ ties: 2 });
  });

  it("counts ties before the first win apart", () => {
    expect(bigRoad(historyOf("TTP"))).toMatchObject({ tiesBefore: 2, marks: [{ ties: 0 }] });
  });
});

describe("counts", () => {
  it("are by winner", () => {
    expect(countWinners(historyOf("PBBT"))).toEqual({ player: 1, banker: 2, tie: 1 });
    expect(countWinners([])).toEqual({ player: 0, banker: 0, tie: 0 });
  });
});
