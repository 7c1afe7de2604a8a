import { Link } from "wouter";
import type { TableState } from "../../state/table";

interface Proof {
  readonly roundNo: number;
  readonly commitment: string;
  readonly seed: string;
}

/** What can be said of fairness now: the running round's commitment, or the seed of the one that ended. */
export function proofOf({ snapshot, last }: TableState): Proof | null {
  if (snapshot.commitment !== "" && snapshot.phase !== "result") {
    return { roundNo: snapshot.round_no, commitment: snapshot.commitment, seed: "" };
  }
  if (last === null || last.commitment === "") return null;
  return { roundNo: last.roundNo, commitment: last.commitment, seed: last.seed };
}

/** The round's commitment before, its seed after, and the way to check it. Nothing where a dealer makes the outcome. */
export function Fairness({ table, hidden = false }: { table: TableState; hidden?: boolean }) {
  const proof = proofOf(table);
  if (proof === null) return null;
  const seed = hidden ? "" : proof.seed;
  const query = new URLSearchParams({ game: table.snapshot.game, table: table.snapshot.info_table_id, round: String(proof.roundNo), commitment: proof.commitment, seed });
  return (
    <p className="fairness" data-testid="fairness" data-commitment={proof.commitment} data-seed={seed}>
      <span>{seed === "" ? "This round is committed to" : `Seed of round ${proof.roundNo}`}</span> <code title={seed || proof.commitment}>{seed || proof.commitment}</code>{" "}
      <Link href={`/verify?${query}`} data-testid="verify-link">
        Check it
      </Link>
    </p>
  );
}
