/** Checks the record of a round against its seed. Pure, and asks no server: everything it needs is in the record. */
import { Draws } from "./draws.ts";
import { GAMES } from "./games.ts";
import { commitmentOf } from "./sha256.ts";

/** In the order in which they are looked for. The same words in all three verifiers. */
export type Problem = "malformed" | "game" | "commitment" | "chain" | "outcome" | "payout";

export interface Verdict {
  readonly ok: boolean;
  readonly problems: readonly Problem[];
  /** What the seed makes of the round: the number and the rest of its outcome; of blackjack the cards in the order dealt. */
  readonly found: readonly number[];
}

interface Round {
  readonly family: string;
  readonly seed: string;
  readonly commitment: string;
  readonly client: string;
  readonly nonce: number;
  readonly voided: boolean;
  readonly number: number;
  readonly detail: readonly number[];
  readonly stake: number | null;
  readonly payout: number | null;
  readonly chain: { readonly first: number; readonly terminal: string } | null;
}

type Fields = Readonly<Record<string, unknown>>;

const HEX64 = /^[0-9a-f]{64}$/;
/** A chain has 65,536 rounds; longer ones are not looked at. */
const CHAIN_MAX = 2 ** 20;

class Malformed extends Error {}

function fieldsOf(value: unknown): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Malformed();
  return value as Fields;
}

function hex(value: unknown): string {
  if (typeof value !== "string" || !HEX64.test(value)) throw new Malformed();
  return value;
}

function text(value: unknown): string {
  if (typeof value !== "string" || value === "" || value.length > 256) throw new Malformed();
  return value;
}

function whole(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw new Malformed();
  return value;
}

function read(value: unknown): Round {
  const fields = fieldsOf(value);
  const voided = fields.state === "voided";
  const chain = fields.chain === undefined || fields.chain === null ? null : fieldsOf(fields.chain);
  const detail = voided ? [] : (fields.detail ?? []);
  if (!Array.isArray(detail) || detail.length > 1_000) throw new Malformed();
  const optional = (amount: unknown): number | null => (amount === undefined || amount === null ? null : whole(amount));
  return {
    family: text(fields.rules_version).split(":")[0] as string,
    seed: hex(fields.seed),
    commitment: hex(fields.commitment),
    client: text(fields.salt ?? fields.client_seed),
    nonce: whole(fields.round_no ?? fields.nonce),
    voided,
    number: voided ? 0 : whole(fields.number),
    detail: detail.map(whole),
    stake: optional(fields.stake_minor),
    payout: optional(fields.payout_minor),
    chain: chain === null ? null : { first: whole(chain.first_round_no), terminal: hex(chain.terminal) },
  };
}

/** Whether hashing the seed once for each round since the chain's first leads to what was published before all of them. */
function followsChain(round: Round): boolean {
  if (round.chain === null) return true;
  const index = round.nonce - round.chain.first + 1;
  if (index < 1 || index > CHAIN_MAX) return false;
  let seed = round.seed;
  for (let step = 0; step < index; step += 1) seed = commitmentOf(seed);
  return seed === round.chain.terminal;
}

function judge(round: Round): Verdict {
  const problems: Problem[] = [];
  let found: readonly number[] = [];
  const rule = Object.hasOwn(GAMES, round.family) ? GAMES[round.family] : undefined;
  if (rule === undefined) problems.push("game");
  if (commitmentOf(round.seed) !== round.commitment) problems.push("commitment");
  if (!followsChain(round)) problems.push("chain");
  if (rule !== undefined && !round.voided) {
    const played = rule(new Draws(round.seed, round.client, round.nonce), round);
    found = played.found;
    if (!played.same) problems.push("outcome");
    if (!played.paid) problems.push("payout");
  }
  return { ok: problems.length === 0, problems, found };
}

/** Judges one record: an object as the API gives it, or of the same shape. */
export function verify(record: unknown): Verdict {
  try {
    return judge(read(record));
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, problems: ["malformed"], found: [] };
    throw error;
  }
}
