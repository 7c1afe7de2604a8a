/** What the client makes of a table's events, held against a small table that knows the truth. */
import { describe, expect, it } from "vitest";
import type { Bet, BetsSettled, SeatBets, ServerMessage, TableSnapshot } from "../src/protocol/messages";
import { applyToAccount, fromWelcome, sittingNet } from "../src/state/account";
import { dealerRights, newerDealerState } from "../src/state/dealer";
import { applyMine, applyTablePush, applyToSnapshot, fromSnapshot, HISTORY_MAX, newerMoney, stakesByPosition, totalStake } from "../src/state/table";
import { id, money, NO_ROUND, snapshot, TABLE, welcome } from "./support";

const BET: Bet = { bet_id: id(101), chips: [{ position: 17, stake_minor: 500 }], stake_minor: 500 };

function seat(name: string, stake_minor: number): SeatBets {
  return { name, stake_minor, chips: stake_minor > 0 ? [{ position: 17, stake_minor }] : [] };
}

/** A table that tells what changes and can at any time say all of it afresh. */
class Table {
  private version = 1;
  private phase = "idle";
  private round: { id: Uint8Array; no: number; opens: number; closes: number } | null = null;
  private rounds = 0;
  private number = -1;
  private history: number[] = [17, 0];
  private seats = new Map<string, SeatBets>();
  private dealer = "";

  fresh(): TableSnapshot {
    const round = this.round;
    return snapshot({
      version: this.version,
      phase: this.phase,
      round_id: round?.id ?? NO_ROUND,
      round_no: round?.no ?? 0,
      opens_ms: round?.opens ?? 0,
      closes_ms: round?.closes ?? 0,
      number: this.number,
      history: this.history,
      seats: [...this.seats.values()],
      dealer: this.dealer,
    });
  }

  open(): ServerMessage {
    this.rounds += 1;
    const opens = this.rounds * 60_000;
    this.round = { id: id(this.rounds), no: this.rounds, opens, closes: opens + 20_000 };
    return this.tell("betting", { t: "RoundOpened", round_id: id(this.rounds), round_no: this.rounds, opens_ms: opens, closes_ms: opens + 20_000, server_ms: opens });
  }

  stakes(...changed: SeatBets[]): ServerMessage {
    for (const one of changed) {
      this.seats.delete(one.name);
      if (one.stake_minor > 0) this.seats.set(one.name, one);
    }
    return this.tell(this.phase, { t: "TableBets", round_id: id(this.rounds), seats: changed });
  }

  close(): ServerMessage {
    return this.tell("closed", { t: "BetsClosed", round_id: id(this.rounds) });
  }

  decide(number: number): ServerMessage {
    this.number = number;
    this.history = [number, ...this.history].slice(0, HISTORY_MAX);
    return this.tell("result", { t: "RoundResult", round_id: id(this.rounds), number });
  }

  settle(): ServerMessage {
    this.leaveRound();
    return this.tell("idle", { t: "RoundSettled", round_id: id(this.rounds), winners: [{ name: "Ana", payout_minor: 18_000 }], next_opens_ms: 99 });
  }

  cancel(): ServerMessage {
    this.leaveRound();
    return this.tell("idle", { t: "RoundVoided", round_id: id(this.rounds), reason: "table_restarted" });
  }

  pause(paused: boolean, dealer: string): ServerMessage {
    this.dealer = dealer;
    return this.tell(paused ? "paused" : "idle", { t: "TablePaused", paused, reason: "dealer", dealer });
  }

  private leaveRound(): void {
    this.round = null;
    this.number = -1;
    this.seats.clear();
  }

  private tell(phase: string, event: ServerMessage): ServerMessage {
    this.phase = phase;
    this.version += 1;
    return event;
  }
}

/** A fresh snapshot is stamped with the time it was taken, which no event tells. */
function timeless(one: TableSnapshot): TableSnapshot {
  return { ...one, server_ms: 0 };
}

/** Two settled rounds, a voided one before and one after closing, and a pause, told step by step. */
const SCRIPT: readonly ((table: Table) => ServerMessage)[] = [
  (table) => table.open(),
  (table) => table.stakes(seat("Ana", 500), seat("Bo", 300)),
  (table) => table.stakes(seat("Ana", 700), seat("Cy", 100)),
  (table) => table.stakes(seat("Bo", 0)),
  (table) => table.stakes(seat("Bo", 200), seat("Cy", 0)),
  (table) => table.close(),
  (table) => table.stakes(seat("Dee", 100)),
  (table) => table.decide(17),
  (table) => table.settle(),
  (table) => table.open(),
  (table) => table.stakes(seat("Ana", 500)),
  (table) => table.cancel(),
  (table) => table.pause(true, "Dora"),
  (table) => table.pause(false, "Dora"),
  (table) => table.open(),
  (table) => table.stakes(seat("Bo", 500)),
  (table) => table.close(),
  (table) => table.cancel(),
  (table) => table.open(),
  (table) => table.close(),
  (table) => table.decide(0),
  (table) => table.settle(),
];

describe("a snapshot and the events after it give a fresh snapshot", () => {
  it.each(SCRIPT.map((_, start) => start))("for who joins after %d events", (start) => {
    const table = new Table();
    for (const step of SCRIPT.slice(0, start)) step(table);
    let folded = table.fresh();
    let state = fromSnapshot(table.fresh(), null);
    for (const step of SCRIPT.slice(start)) {
      const event = step(table);
      const seq = folded.version + 1;
      folded = applyToSnapshot(folded, seq, event);
      state = applyTablePush(state, seq, event);
      expect(timeless(folded)).toStrictEqual(timeless(table.fresh()));
      expect(state.snapshot).toStrictEqual(folded);
    }
  });

  it("keeps no more of the history than a snapshot holds", () => {
    const table = new Table();
    let folded = table.fresh();
    const tell = (event: ServerMessage) => (folded = applyToSnapshot(folded, folded.version + 1, event));
    for (let number = 0; number < HISTORY_MAX + 2; number += 1) {
      tell(table.open());
      tell(table.decide(number % 37));
      tell(table.settle());
    }
    expect(folded.history).toHaveLength(HISTORY_MAX);
    expect(timeless(folded)).toStrictEqual(timeless(table.fresh()));
  });

  it("passes over stakes of another round and messages it does not know", () => {
    const table = new Table();
    const before = applyToSnapshot(table.fresh(), 2, table.open());
    const late: ServerMessage = { t: "TableBets", round_id: id(77), seats: [seat("Ana", 500)] };
    expect(applyToSnapshot(before, 3, late)).toStrictEqual({ ...before, version: 3 });
    expect(applyToSnapshot(before, 3, { t: "Notice", code: "draining", text: "" })).toStrictEqual({ ...before, version: 3 });
  });

  it("changes nothing in place, since the screen compares by identity", () => {
    const table = new Table();
    let folded = Object.freeze(table.fresh());
    for (const step of SCRIPT) {
      Object.freeze(folded.seats);
      Object.freeze(folded.history);
      const event = step(table);
      folded = Object.freeze(applyToSnapshot(folded, folded.version + 1, event));
    }
  });
});

describe("my bets", () => {
  const open = applyTablePush(fromSnapshot(snapshot(), null), 2, new Table().open());
  const accepted: ServerMessage = { t: "BetsAccepted", table_id: TABLE, round_id: id(1), bet: BET, received_ms: 0, money: money(5, 99_500, 500) };
  const settled: BetsSettled = {
    t: "BetsSettled",
    table_id: TABLE,
    round_id: id(1),
    number: 17,
    bets: [{ bet_id: BET.bet_id, stake_minor: 500, payout_minor: 18_000 }],
    stake_minor: 500,
    payout_minor: 18_000,
    money: money(6, 117_500),
    net_minor: 17_500,
  };

  it("count once, however often they are told", () => {
    const once = applyMine(open, accepted);
    expect(once.snapshot.my_bets).toEqual([BET]);
    expect(applyMine(once, accepted).snapshot.my_bets).toEqual([BET]);
    expect(totalStake(once.snapshot.my_bets)).toBe(500);
  });

  it("of another table or a former round stay off the layout, but the money of this table's is taken", () => {
    expect(applyMine(open, { ...accepted, table_id: "roulette-2" })).toBe(open);
    const former = applyMine(open, { ...accepted, round_id: id(77) });
    expect(former.snapshot.my_bets).toEqual([]);
    expect(former.snapshot.money).toEqual(money(5, 99_500, 500));
  });

  it.each(["BetsUndone", "BetsVoided"] as const)("leave the layout by %s", (t) => {
    const back = { table_id: TABLE, round_id: id(1), bet_ids: [BET.bet_id], returned_minor: 500, reason: "undone", money: money(6) };
    expect(applyMine(applyMine(open, accepted), { t, ...back }).snapshot).toMatchObject({ my_bets: [], money: money(6) });
  });

  it("show the same result whether the table or the books tell it first", () => {
    const result: ServerMessage = { t: "RoundResult", round_id: id(1), number: 17 };
    const bet = applyMine(open, accepted);
    const tableFirst = applyMine(applyTablePush(bet, 3, result), settled);
    const booksFirst = applyTablePush(applyMine(bet, settled), 3, result);
    expect(booksFirst).toStrictEqual(tableFirst);
    expect(tableFirst.last).toMatchObject({ number: 17, mine: { stakeMinor: 500, payoutMinor: 18_000 }, bets: [BET] });
  });

  it("can be repeated after the round, and stand beside its result until the next but one", () => {
    const result = applyTablePush(applyMine(open, accepted), 3, { t: "RoundResult", round_id: id(1), number: 17 });
    const after = applyTablePush(result, 4, { t: "RoundSettled", round_id: id(1), winners: [], next_opens_ms: 9 });
    expect(after.snapshot).toMatchObject({ phase: "idle", can_repeat: true, my_bets: [] });
    expect(after).toMatchObject({ nextOpensMs: 9, last: { number: 17, winners: [], bets: [BET] } });
    expect(fromSnapshot(snapshot({ phase: "betting", round_id: id(2), round_no: 2, history: [17] }), after).last).toBe(after.last);
    expect(fromSnapshot(snapshot({ phase: "betting", round_id: id(9), round_no: 9, history: [3] }), after).last).toBeNull();
    expect(fromSnapshot(snapshot({ info_table_id: "roulette-2", history: [17] }), after).last).toBeNull();
  });

  it("of a voided round are shown with the reason", () => {
    const gone = applyTablePush(applyMine(open, accepted), 3, { t: "RoundVoided", round_id: id(1), reason: "table_restarted" });
    expect(gone.last).toMatchObject({ number: -1, voidReason: "table_restarted", bets: [BET] });
  });
});

describe("money", () => {
  const messages: ServerMessage[] = [
    { t: "Balance", money: money(5, 900), net_minor: -100 },
    { t: "BonusGranted", amount_minor: 500, tick: 1, money: money(7, 1_400) },
    { t: "BetsAccepted", table_id: TABLE, round_id: id(1), bet: BET, received_ms: 0, money: money(6, 400, 500) },
  ];
  const orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

  it.each(orders)("of the highest seq stays, told in order %d %d %d", (...order) => {
    let state = fromSnapshot(snapshot(), null);
    let account = fromWelcome(welcome(), null);
    for (const index of order) {
      const message = messages[index];
      if (message === undefined) throw new RangeError("no such message");
      state = applyMine(state, message);
      account = applyToAccount(account, message);
    }
    expect(state.snapshot.money).toEqual(money(7, 1_400));
    expect(account.money).toEqual(money(7, 1_400));
  });

  it("told anew at the same seq is taken", () => {
    const told = money(5, 2);
    expect(newerMoney(money(5, 1), told)).toBe(told);
  });

  it("of an old message does not turn the net position back", () => {
    const account = applyToAccount(fromWelcome(welcome(), null), { t: "Balance", money: money(9), net_minor: 300 });
    expect(applyToAccount(account, { t: "Balance", money: money(8), net_minor: -700 })).toBe(account);
  });

  it("won on an earlier connection stays in the sitting's net, for the same player only", () => {
    const before = applyToAccount(fromWelcome(welcome(), null), { t: "Balance", money: money(9, 100_300), net_minor: 300 });
    const again = fromWelcome(welcome({ money: money(12, 100_500) }), before);
    expect(sittingNet(again)).toBe(500);
    expect(sittingNet(fromWelcome(welcome({ player_id: 8 }), before))).toBe(0);
  });
});

describe("chips", () => {
  it("on one position add up", () => {
    const chips = [{ position: 1, stake_minor: 100 }, { position: 2, stake_minor: 300 }, { position: 1, stake_minor: 200 }];
    expect([...stakesByPosition(chips)]).toEqual([[1, 300], [2, 300]]);
  });
});

describe("the dealer's desk", () => {
  const state = {
    t: "DealerState",
    table_id: "live-1",
    phase: "closed",
    round_id: id(1),
    round_no: 1,
    closes_ms: 0,
    server_ms: 10,
    number: -1,
    source: "",
    bets: 0,
    players: 0,
    stake_minor: 0,
    dealer: "Dora",
  } as const;

  it("shows the later state of one table, whichever arrives last", () => {
    const later = { ...state, phase: "number", server_ms: 11 };
    expect(newerDealerState(state, later)).toBe(later);
    expect(newerDealerState(later, state)).toBe(later);
    expect(newerDealerState(later, { ...state, table_id: "live-2" }).table_id).toBe("live-2");
  });

  it("never lets a number in while bets are open, nor confirm one that was not entered", () => {
    const phases = ["idle", "paused", "betting", "closed", "number", "result", "unheard of"];
    expect(phases.filter((phase) => dealerRights(phase).number)).toEqual(["closed", "number"]);
    expect(phases.filter((phase) => dealerRights(phase).confirm)).toEqual(["number"]);
    expect(phases.filter((phase) => dealerRights(phase).open)).toEqual(["idle", "paused"]);
  });
});
