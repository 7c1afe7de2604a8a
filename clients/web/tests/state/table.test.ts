import { describe, expect, it } from "vitest";
import type { Money, ServerMessage, TableSnapshot } from "../../src/protocol/messages";
import { applyMine, applyResumed, applyTablePush, applyToSnapshot, fromSnapshot, HISTORY_MAX, type TableState } from "../../src/state/table";
import { aSnapshot, ID, MONEY, ROUND } from "../net/fakes";

/**
 * The table as the server keeps it, written independently of the reducer and as dully as possible: it changes by events
 * and can give a fresh snapshot at any moment. The law: snapshot + events = fresh snapshot.
 */
class ServerTable {
  private phase = "idle";
  private round: { id: Uint8Array; no: number; opens: number; closes: number } | null = null;
  private number = -1;
  private history: number[] = [];
  private readonly seats = new Map<string, { stake: number; chips: { position: number; stake_minor: number }[] }>();
  private dealer = "";
  private version = 0;

  constructor(private readonly random: () => number) {}

  private upTo(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  /** Makes one legal change and returns its event. */
  step(): ServerMessage {
    this.version += 1;
    switch (this.phase) {
      case "idle":
        return this.upTo(6) === 0 ? this.pause() : this.open();
      case "paused":
        return this.pause();
      case "betting":
        return [() => this.bets(), () => this.bets(), () => this.close(), () => this.voids()][this.upTo(4)]!();
      case "closed":
        return this.upTo(5) === 0 ? this.voids() : this.decide();
      default:
        return this.settled();
    }
  }

  private leave(): Uint8Array {
    const id = this.round!.id;
    this.round = null;
    this.number = -1;
    this.seats.clear();
    this.phase = "idle";
    return id;
  }

  private open(): ServerMessage {
    const no = this.version;
    this.round = { id: ID(no % 250), no, opens: no * 10, closes: this.upTo(2) * no * 20 };
    this.phase = "betting";
    return { t: "RoundOpened", round_id: this.round.id, round_no: no, opens_ms: this.round.opens, closes_ms: this.round.closes, server_ms: 77, commitment: "" };
  }

  private bets(): ServerMessage {
    const name = ["ann", "bob", "cyd"][this.upTo(3)]!;
    const stake = this.upTo(3) * 100;
    const chips = stake > 0 ? [{ position: this.upTo(157), stake_minor: stake }] : [];
    if (stake > 0) this.seats.set(name, { stake, chips });
    else this.seats.delete(name);
    return { t: "TableBets", round_id: this.round!.id, seats: [{ name, stake_minor: stake, chips }] };
  }

  private close(): ServerMessage {
    this.phase = "closed";
    return { t: "BetsClosed", round_id: this.round!.id };
  }

  private decide(): ServerMessage {
    this.phase = "result";
    this.number = this.upTo(37);
    this.history = [this.number, ...this.history].slice(0, 50);
    return { t: "RoundResult", round_id: this.round!.id, number: this.number, detail: [], seed: "" };
  }

  private settled(): ServerMessage {
    return { t: "RoundSettled", round_id: this.leave(), winners: [], next_opens_ms: 0 };
  }

  private voids(): ServerMessage {
    return { t: "RoundVoided", round_id: this.leave(), reason: "test" };
  }

  private pause(): ServerMessage {
    const paused = this.phase === "idle" && this.upTo(2) === 0;
    this.dealer = ["", "dora"][this.upTo(2)]!;
    this.phase = paused ? "paused" : "idle";
    return { t: "TablePaused", paused, reason: "test", dealer: this.dealer };
  }

  snapshot(): TableSnapshot {
    return aSnapshot({
      version: this.version,
      phase: this.phase,
      round_id: this.round?.id ?? new Uint8Array(0),
      round_no: this.round?.no ?? 0,
      opens_ms: this.round?.opens ?? 0,
      closes_ms: this.round?.closes ?? 0,
      number: this.number,
      history: this.history,
      seats: [...this.seats].map(([name, seat]) => ({ name, stake_minor: seat.stake, chips: seat.chips })),
      dealer: this.dealer,
    });
  }
}

/** mulberry32: the same numbers from the same seed. */
function seeded(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** What the law speaks of: the order of seats and the time of asking mean nothing. */
function comparable(snapshot: TableSnapshot): unknown {
  return { ...snapshot, server_ms: 0, seats: [...snapshot.seats].sort((a, b) => a.name.localeCompare(b.name)) };
}

describe("snapshot + events = fresh snapshot", () => {
  it.each(Array.from({ length: 60 }, (_, seed) => seed))("seed %i", (seed) => {
    const random = seeded(seed + 1);
    const server = new ServerTable(random);
    for (let i = Math.floor(random() * 30); i > 0; i -= 1) server.step();
    let mine = server.snapshot();
    for (let version = mine.version + 1; version <= mine.version + 120; version += 1) {
      mine = applyToSnapshot(mine, version, server.step());
      if (version % 7 === 0) expect(comparable(mine)).toEqual(comparable(server.snapshot()));
      if (version > 300) break;
    }
    expect(comparable(mine)).toEqual(comparable(server.snapshot()));
  });

  it("keeps at most fifty numbers", () => {
    const full = aSnapshot({ phase: "closed", history: Array.from({ length: HISTORY_MAX }, () => 1) });
    const after = applyToSnapshot(full, 11, { t: "RoundResult", round_id: ROUND, number: 9, detail: [], seed: "" });
    expect(after.history.length).toBe(HISTORY_MAX);
    expect(after.history[0]).toBe(9);
  });

  it("does not change the snapshot it is given", () => {
    const before = aSnapshot();
    const copy = structuredClone(before);
    applyToSnapshot(before, 11, { t: "RoundSettled", round_id: ROUND, winners: [], next_opens_ms: 1 });
    expect(before).toEqual(copy);
  });
});

const BET = { bet_id: ID(1), chips: [{ position: 17, stake_minor: 100 }], stake_minor: 100 };
const accepted = (round_id: Uint8Array = ROUND, seq = 2): ServerMessage => ({
  t: "BetsAccepted",
  table_id: "roulette-1",
  round_id,
  bet: BET,
  received_ms: 1,
  money: { available_minor: 99_900, reserved_minor: 100, seq },
});
const settledPush = (round_id: Uint8Array = ROUND): ServerMessage => ({
  t: "BetsSettled",
  table_id: "roulette-1",
  round_id,
  number: 17,
  bets: [{ bet_id: ID(1), stake_minor: 100, payout_minor: 3600 }],
  stake_minor: 100,
  payout_minor: 3600,
  money: { available_minor: 103_500, reserved_minor: 0, seq: 3 },
  net_minor: 3500,
});
const fresh = (): TableState => fromSnapshot(aSnapshot(), null);

describe("my bets", () => {
  it("accepted twice count once", () => {
    const state = applyMine(applyMine(fresh(), accepted()), accepted());
    expect(state.snapshot.my_bets).toHaveLength(1);
  });

  it("accepted late do not appear in another round, but the money is true", () => {
    const state = applyMine(fresh(), accepted(ID(99)));
    expect(state.snapshot.my_bets).toEqual([]);
    expect(state.snapshot.money.seq).toBe(2);
  });

  it("undone or voided disappear", () => {
    const one = applyMine(fresh(), accepted());
    const undone: ServerMessage = { t: "BetsUndone", table_id: "roulette-1", round_id: ROUND, bet_ids: [ID(1)], returned_minor: 100, money: MONEY };
    expect(applyMine(one, undone).snapshot.my_bets).toEqual([]);
  });

  it("older money does not replace newer", () => {
    const state = applyMine(applyMine(fresh(), accepted(ROUND, 8)), accepted(ROUND, 5));
    expect(state.snapshot.money.seq).toBe(8);
  });

  it("of another table are left alone", () => {
    const state = fresh();
    const other = { ...accepted(), table_id: "roulette-2" } as ServerMessage;
    expect(applyMine(state, other)).toBe(state);
  });
});

describe("the end of a round", () => {
  const closed = (state: TableState) => applyTablePush(state, 11, { t: "BetsClosed", round_id: ROUND });
  const result = (state: TableState) => applyTablePush(state, 12, { t: "RoundResult", round_id: ROUND, number: 17, detail: [], seed: "" });
  const settledRound = (state: TableState) =>
    applyTablePush(state, 13, { t: "RoundSettled", round_id: ROUND, winners: [{ name: "ann", payout_minor: 3600 }], next_opens_ms: 9 });

  it("keeps what was on the layout beside the result", () => {
    const state = settledRound(result(closed(applyMine(fresh(), accepted()))));
    expect(state.snapshot.my_bets).toEqual([]);
    expect(state.snapshot.can_repeat).toBe(true);
    expect(state.last).toMatchObject({ number: 17, bets: [BET], winners: [{ name: "ann" }] });
    expect(state.nextOpensMs).toBe(9);
  });

  it.each(["before the result", "after the result", "after the round"])("tells my win when it comes %s", (when) => {
    let state = closed(applyMine(fresh(), accepted()));
    if (when === "before the result") state = applyMine(state, settledPush());
    state = result(state);
    if (when === "after the result") state = applyMine(state, settledPush());
    state = settledRound(state);
    if (when === "after the round") state = applyMine(state, settledPush());
    expect(state.last).toMatchObject({ number: 17, mine: { stakeMinor: 100, payoutMinor: 3600 }, bets: [BET], winners: [{ name: "ann" }] });
  });

  it("of a long past round does not touch the current one", () => {
    const state = applyMine(fresh(), settledPush(ID(55)));
    expect(state.last).toBeNull();
    expect(state.snapshot.net_minor).toBe(3500);
  });

  it("that was missed leaves no old result behind", () => {
    const state = settledRound(result(closed(fresh())));
    const later = fromSnapshot(aSnapshot({ phase: "idle", round_id: new Uint8Array(0), round_no: 0, history: [4, 17] }), state);
    expect(later.last).toBeNull();
    const inResult = fromSnapshot(aSnapshot({ phase: "result", round_id: ID(60), round_no: 9, number: 4, history: [4, 17] }), state);
    expect(inResult.last).toMatchObject({ number: 4, mine: null });
  });

  it("void names the reason", () => {
    const state = applyTablePush(fresh(), 11, { t: "RoundVoided", round_id: ROUND, reason: "ball out" });
    expect(state.last).toMatchObject({ number: -1, voidReason: "ball out" });
  });
});

describe("a resume", () => {
  const bets = [{ bet_id: ID(4), chips: [{ position: 4, stake_minor: 300 }], stake_minor: 300 }];
  const resumed = { t: "TableResumed", table_id: "roulette-1", stream: 9, epoch: 1, version: 12, server_ms: 1, my_bets: bets, can_repeat: true, net_minor: -300, started_ms: 7 } as const;
  const state: TableState = fromSnapshot(aSnapshot({ my_bets: [] }), null);

  it("says what is mine at the table, and what I have", () => {
    const money = { available_minor: 99_700, reserved_minor: 300, seq: 9 };
    const { snapshot } = applyResumed(state, { ...resumed, money });
    expect(snapshot).toMatchObject({ my_bets: bets, can_repeat: true, net_minor: -300, money });
  });

  it("does not turn money back that a newer message told", () => {
    const money = { available_minor: 1, reserved_minor: 0, seq: 0 };
    expect(applyResumed(state, { ...resumed, money }).snapshot).toMatchObject({ my_bets: bets, net_minor: 0, money: MONEY });
  });

  it("of another table changes nothing", () => {
    expect(applyResumed(state, { ...resumed, table_id: "roulette-2", money: MONEY })).toBe(state);
  });
});

describe("the rest of an outcome", () => {
  const play = { takeoff_ms: 1_000, riding: 1, outs: [] };
  const flying = () => applyTablePush(applyTablePush(fresh(), 11, { t: "BetsClosed", round_id: ROUND }), 12, { t: "FlightShown", round_id: ROUND, server_ms: 1, flight: play });
  const result: ServerMessage = { t: "RoundResult", round_id: ROUND, number: 247, detail: [3, 9], seed: "5e" };

  it("stays with the last round when the table is idle again", () => {
    const ended = applyTablePush(applyTablePush(flying(), 13, result), 14, { t: "RoundSettled", round_id: ROUND, winners: [], next_opens_ms: 0 });
    expect(ended.snapshot).toMatchObject({ phase: "idle", detail: [], flight: [] });
    expect(ended.last).toMatchObject({ number: 247, detail: [3, 9], seed: "5e", flight: [play] });
  });

  it("is not yet there when only my bets are known to be settled, and comes with the result", () => {
    const early = applyMine(flying(), settledPush());
    expect(early.last).toMatchObject({ detail: [], mine: { payoutMinor: 3600 } });
    expect(applyTablePush(early, 13, result).last).toMatchObject({ detail: [3, 9], mine: { payoutMinor: 3600 } });
  });

  it("comes with a snapshot taken between result and settling", () => {
    const state = fromSnapshot(aSnapshot({ phase: "result", number: 5, detail: [1, 2, 3, 4] }), null);
    expect(state.last).toMatchObject({ number: 5, detail: [1, 2, 3, 4], seed: "" });
  });
});

describe("an act with a stake", () => {
  it("takes its money from what I have, and an act without one takes nothing", () => {
    const acted = (money: Money): ServerMessage => ({ t: "Acted", table_id: "roulette-1", round_id: ROUND, command_id: ID(3), value: 0, stake_minor: 0, money });
    const staked = { available_minor: 99_000, reserved_minor: 1_000, seq: 9 };
    expect(applyMine(fresh(), acted(staked)).snapshot.money).toEqual(staked);
    expect(applyMine(fresh(), acted({ available_minor: 0, reserved_minor: 0, seq: 0 })).snapshot.money).toEqual(MONEY);
  });
});

describe("CoupShown", () => {
  const coup = { player: [8, 35], banker: [12], player_total: 8, banker_total: 0, due: 1, shoe: 1, left: 401 };
  const shown = (snapshot: TableSnapshot) => applyToSnapshot(snapshot, snapshot.version + 1, { t: "CoupShown", round_id: ROUND, server_ms: 5, coup });

  it("shows what is dealt so far, until the round is over", () => {
    const playing = shown(aSnapshot({ phase: "closed", round_id: ROUND }));
    expect([playing.phase, playing.coup]).toEqual(["playing", [coup]]);
    const settled = applyToSnapshot(playing, playing.version + 1, { t: "RoundSettled", round_id: ROUND, winners: [], next_opens_ms: 0 });
    expect([settled.phase, settled.coup]).toEqual(["idle", []]);
  });
});
