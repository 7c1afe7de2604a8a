/** What several tests share: numbers from a seed, ids, snapshots. */
import type { Money, TableSnapshot, Welcome } from "../src/protocol/messages";

export const TABLE = "roulette-1";
export const NO_ROUND = new Uint8Array(0);

/** Returns a generator of numbers in [0, 1), the same for a seed every time (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Returns 16 bytes that end in `n`: recognisable in a failure. */
export function id(n: number): Uint8Array {
  return new Uint8Array(16).fill(n, 15);
}

export function money(seq: number, available_minor = 100_000, reserved_minor = 0): Money {
  return { available_minor, reserved_minor, seq };
}

/** A table between rounds, at version 1 of stream 3. */
export function snapshot(changes: Partial<TableSnapshot> = {}): TableSnapshot {
  return {
    t: "TableSnapshot",
    stream: 3,
    epoch: 1,
    version: 1,
    info_table_id: TABLE,
    title: "Roulette One",
    kind: "rng",
    currency: "PLAY",
    limits: { min_stake_minor: 100, max_table_minor: 1_000_000, max_by_size: { 1: 20_000, 18: 360_000 } },
    phase: "idle",
    round_id: NO_ROUND,
    round_no: 0,
    opens_ms: 0,
    closes_ms: 0,
    server_ms: 0,
    number: -1,
    history: [],
    seats: [],
    my_bets: [],
    can_repeat: false,
    money: money(1),
    net_minor: 0,
    rules_version: "roulette-eu-1:000000000000",
    dealer: "",
    ...changes,
  };
}

export function welcome(changes: Partial<Welcome> = {}): Welcome {
  return {
    t: "Welcome",
    player_id: 7,
    name: "Ana",
    roles: ["player"],
    session_id: "s-1",
    server_ms: 0,
    heartbeat_s: 10,
    currency: "PLAY",
    exponent: 2,
    play_money: true,
    money: money(1),
    net_minor: 0,
    tables: [],
    ...changes,
  };
}
