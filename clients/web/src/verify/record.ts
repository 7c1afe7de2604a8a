/** What people bring to the page: text to records, and records to words. Pure. */
import type { Problem } from "./verify.ts";

/** Rounds by the text of a file or a clipboard; a sentence for people where there are none. */
export function readRecords(text: string): { readonly records: readonly unknown[] } | { readonly error: string } {
  if (text.trim() === "") return { error: "Paste the record of a round first." };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { error: `This is not a record: ${error instanceof Error ? error.message : String(error)}` };
  }
  const records: readonly unknown[] = Array.isArray(value) ? value : [value];
  return records.length === 0 ? { error: "The list is empty." } : { records };
}

/** Name, number of the round, as far as the record says them. */
export function nameOf(record: unknown): string {
  if (typeof record !== "object" || record === null) return "Record";
  const fields = record as Readonly<Record<string, unknown>>;
  const name = fields.table_id ?? fields.game ?? "Record";
  const number = fields.round_no ?? fields.nonce;
  return number === undefined ? String(name) : `${String(name)}, round ${String(number)}`;
}

/** What is told of a round that has no seed to check, instead of calling its record broken; null where there is one. */
export function whyNothing(record: unknown): string | null {
  if (typeof record !== "object" || record === null) return null;
  const fields = record as Readonly<Record<string, unknown>>;
  if (fields.state === "in progress") return "This round is not over. Its seed is told with its result.";
  if (typeof fields.dealer === "string" && fields.dealer !== "") return "This round was dealt by a person at a live table. It has no seed.";
  if (fields.commitment === "") return "This round was played before rounds had seeds.";
  if (fields.state === "voided" && fields.seed === "") return "This round was voided: stakes went back. Its seed is told by the next round's commitment.";
  if (typeof fields.client_seed === "string" && fields.seed === "") return "The seed of this round is still in use. It is told when you take another pair of seeds.";
  return null;
}

export const CHECKS: readonly { readonly problem: Problem; readonly good: string; readonly bad: string }[] = [
  { problem: "malformed", good: "It is the record of a round.", bad: "This is not the record of a round, or something is missing in it." },
  { problem: "game", good: "Its rules are known here.", bad: "These rules are not known to this page." },
  { problem: "commitment", good: "The seed is the one that was committed to before the bets.", bad: "The seed is NOT the one that was committed to." },
  { problem: "chain", good: "The seed belongs to the chain that was published.", bad: "The seed does NOT belong to the chain that was published." },
  { problem: "outcome", good: "The seed leads to this outcome and to no other.", bad: "The seed leads to ANOTHER outcome." },
  { problem: "payout", good: "It paid what this outcome pays.", bad: "This outcome pays something ELSE." },
];

/** Which of the checks were made: a record without a chain is not of a chain that is right. */
export function checksOf(record: unknown, problems: readonly Problem[]): readonly { readonly problem: Problem; readonly good: boolean; readonly text: string }[] {
  const fields = (typeof record === "object" && record !== null ? record : {}) as Readonly<Record<string, unknown>>;
  const made = CHECKS.filter(({ problem }) => {
    if (problem === "malformed") return problems.includes("malformed");
    if (problems.includes("malformed")) return false;
    if (problem === "chain") return fields.chain !== undefined && fields.chain !== null;
    if (problem === "payout") return typeof fields.payout_minor === "number";
    return problem !== "outcome" || (fields.state !== "voided" && !problems.includes("game"));
  });
  return made.map(({ problem, good, bad }) => ({ problem, good: !problems.includes(problem), text: problems.includes(problem) ? bad : good }));
}

/** Cards in what a seed leads to, by game; null where it deals none. */
export function cardsIn(record: unknown, found: readonly number[]): readonly number[] | null {
  const version = (record as { rules_version?: unknown } | null)?.rules_version;
  if (typeof version !== "string" || found.length === 0) return null;
  if (version.startsWith("baccarat-")) return found.slice(1);
  return version.startsWith("blackjack-") ? found : null;
}

/** What a seed leads to, in words. */
export function outcomeText(record: unknown, found: readonly number[]): string {
  const version = String((record as { rules_version?: unknown } | null)?.rules_version ?? "");
  const number = found[0];
  if (number === undefined) return "";
  if (version.startsWith("roulette-")) return `The ball falls into ${number}.`;
  if (version.startsWith("crash-")) return `The flight busts at ${Math.floor(number / 100)}.${String(number % 100).padStart(2, "0")}×.`;
  if (version.startsWith("slot-")) return `The reels stop at ${found.slice(1, 6).join(", ")}${found.length > 6 ? `, then come ${(found.length - 6) / 5} free spins` : ""}; the round wins ${number / 100} times the stake.`;
  if (version.startsWith("baccarat-")) {
    const winner = ["the player wins", "the banker wins", "it is a tie"][number & 3];
    return `Player ${(number >> 4) & 15}, banker ${(number >> 8) & 15}: ${winner}. Cards as they are dealt:`;
  }
  return version.startsWith("blackjack-") ? "Cards as they leave the shoe:" : found.join(", ");
}
