/**
 * What a player's hands do at a table while it takes bets: chips laid within a moment of each other become one order.
 *
 * A batch of chips:  collecting --(250 ms, or betting about to close)--> sent --BetsAccepted--> gone (it is in my_bets)
 *                                                                       sent --Error--> gone, with the reason
 * The order keeps its id for ever, so `net` may send it as often as it must.
 */
import type { Answer, Refusal } from "../../net/unanswered";
import { idKey } from "../../protocol/ids";
import { Code } from "../../protocol/errors";
import type { Bet, Call, Chip, ClientMessage, TableSnapshot } from "../../protocol/messages";
import { stakesByPosition } from "../../state/table";

export const COLLECT_MS = 250;
/** So much before the window ends a batch no longer waits for more chips. */
export const HURRY_MS = 600;
/** The server takes at most 200 chips in one order. */
export const BATCH_CHIPS_MAX = 120;

export type CallChips = Readonly<Record<string, readonly { readonly position: number; readonly units: number }[]>>;

export interface Pending {
  readonly betId: Uint8Array;
  readonly roundKey: string;
  readonly chips: readonly Chip[];
  readonly calls: readonly Call[];
  readonly sent: boolean;
}

export interface Table {
  request(body: ClientMessage, keep: boolean): Promise<Answer>;
  snapshot(): TableSnapshot | null;
  connected(): boolean;
  serverNow(): number;
  newId(nowMs: number): Uint8Array;
  setTimer(run: () => void, ms: number): unknown;
  clearTimer(timer: unknown): void;
}

export interface Reports {
  changed(): void;
  refused(refusal: Refusal, lostStakeMinor: number): void;
}

function local(code: Code, name: string): Refusal {
  return { code, name, detail: "" };
}

export class BettingController {
  private pendings: readonly Pending[] = [];
  private timer: unknown = null;
  private waitingFor: "" | "repeat" | "double" | "undo" = "";

  constructor(
    private readonly table: Table,
    private readonly calls: CallChips,
    /** The class of a position in `Limits.max_by_size`. */
    private readonly classOf: (position: number) => number,
    private readonly reports: Reports,
  ) {}

  /** Batches not yet in `my_bets`. A batch that a snapshot already shows as accepted is not shown twice. */
  pending(): readonly Pending[] {
    const snapshot = this.table.snapshot();
    if (snapshot === null) return [];
    const accepted = new Set(snapshot.my_bets.map((bet: Bet) => idKey(bet.bet_id)));
    const round = idKey(snapshot.round_id);
    return this.pendings.filter((one) => one.roundKey === round && !accepted.has(idKey(one.betId)));
  }

  /** Which of the three order buttons waits for its answer. */
  busy(): string {
    return this.waitingFor;
  }

  canBet(): boolean {
    const snapshot = this.table.snapshot();
    if (snapshot === null || !this.table.connected() || snapshot.phase !== "betting") return false;
    return snapshot.closes_ms === 0 || this.table.serverNow() < snapshot.closes_ms;
  }

  place(position: number, stakeMinor: number): boolean {
    return this.add([{ position, stake_minor: stakeMinor }], []);
  }

  placeMany(positions: readonly number[], stakeMinor: number): boolean {
    return this.add(
      positions.map((position) => ({ position, stake_minor: stakeMinor })),
      [],
    );
  }

  call(name: string, unitMinor: number): boolean {
    return this.add([], [{ name, unit_minor: unitMinor }]);
  }

  /** Takes back the last thing done: chips not yet sent at once, an accepted bet by asking. */
  undo(): void {
    const collecting = this.pendings.find((one) => !one.sent);
    if (collecting) {
      this.removeLast(collecting);
      return;
    }
    const last = this.table.snapshot()?.my_bets.at(-1);
    if (last) void this.order("undo", [last.bet_id]);
  }

  clear(): void {
    this.pendings = this.pendings.filter((one) => one.sent);
    this.reports.changed();
    if (this.table.snapshot()?.my_bets.length) void this.order("undo", []);
  }

  repeat(): void {
    void this.order("repeat", []);
  }

  double(): void {
    void this.order("double", []);
  }

  /** Call when the table's state changed: what belongs to another round or came too late is dropped. */
  tableChanged(): void {
    const snapshot = this.table.snapshot();
    const round = snapshot ? idKey(snapshot.round_id) : "";
    const late = this.pendings.filter((one) => !one.sent && (one.roundKey !== round || snapshot?.phase !== "betting"));
    if (late.length === 0) return;
    this.pendings = this.pendings.filter((one) => !late.includes(one));
    this.reports.refused(local(Code.BETTING_CLOSED, "BETTING_CLOSED"), late.reduce((sum, one) => sum + this.stakeOf(one), 0));
    this.reports.changed();
  }

  dispose(): void {
    this.flush();
    this.table.clearTimer(this.timer);
  }

  expand(pending: Pick<Pending, "chips" | "calls">): readonly Chip[] {
    const called = pending.calls.flatMap((call) =>
      (this.calls[call.name] ?? []).map((chip) => ({ position: chip.position, stake_minor: chip.units * call.unit_minor })),
    );
    return [...pending.chips, ...called];
  }

  private stakeOf(pending: Pick<Pending, "chips" | "calls">): number {
    return this.expand(pending).reduce((sum, chip) => sum + chip.stake_minor, 0);
  }

  private add(chips: readonly Chip[], calls: readonly Call[]): boolean {
    const snapshot = this.table.snapshot();
    if (snapshot === null || !this.canBet()) {
      this.reports.refused(local(Code.BETTING_CLOSED, "BETTING_CLOSED"), 0);
      return false;
    }
    const refusal = this.check(snapshot, this.expand({ chips, calls }));
    if (refusal) {
      this.reports.refused(refusal, 0);
      return false;
    }
    const open = this.pendings.find((one) => !one.sent);
    const batch: Pending = open
      ? { ...open, chips: [...open.chips, ...chips], calls: [...open.calls, ...calls] }
      : { betId: this.table.newId(this.table.serverNow()), roundKey: idKey(snapshot.round_id), chips, calls, sent: false };
    this.pendings = [...this.pendings.filter((one) => one !== open), batch];
    this.schedule(snapshot, batch);
    this.reports.changed();
    return true;
  }

  /** The same refusals the server would give, in its order, so that one chip too many does not spoil a whole batch. */
  private check(snapshot: TableSnapshot, chips: readonly Chip[]): Refusal | null {
    const { limits, money } = snapshot;
    const unsettled = this.pending();
    const held = stakesByPosition([...snapshot.my_bets.flatMap((bet) => bet.chips), ...unsettled.flatMap((one) => this.expand(one))]);
    const onTable = [...held.values()].reduce((sum, stake) => sum + stake, 0);
    const waiting = unsettled.reduce((sum, one) => sum + this.stakeOf(one), 0);
    const wanted = stakesByPosition(chips);
    const total = [...wanted.values()].reduce((sum, stake) => sum + stake, 0);
    for (const [position, stake] of wanted) {
      if (stake < limits.min_stake_minor) return local(Code.STAKE_BELOW_MINIMUM, "STAKE_BELOW_MINIMUM");
      const most = limits.max_by_size[this.classOf(position)] ?? limits.max_table_minor;
      if (stake + (held.get(position) ?? 0) > most) return local(Code.STAKE_ABOVE_MAXIMUM, "STAKE_ABOVE_MAXIMUM");
    }
    if (total + onTable > limits.max_table_minor) return local(Code.TABLE_LIMIT_EXCEEDED, "TABLE_LIMIT_EXCEEDED");
    if (total + waiting > money.available_minor) return local(Code.INSUFFICIENT_FUNDS, "INSUFFICIENT_FUNDS");
    return null;
  }

  private schedule(snapshot: TableSnapshot, batch: Pending): void {
    const leftMs = snapshot.closes_ms === 0 ? Infinity : snapshot.closes_ms - this.table.serverNow();
    if (leftMs < HURRY_MS || batch.chips.length + batch.calls.length >= BATCH_CHIPS_MAX) {
      this.flush();
      return;
    }
    if (this.timer !== null) return;
    this.timer = this.table.setTimer(() => this.flush(), COLLECT_MS);
  }

  private flush(): void {
    this.table.clearTimer(this.timer);
    this.timer = null;
    const batch = this.pendings.find((one) => !one.sent);
    const snapshot = this.table.snapshot();
    if (!batch || !snapshot) return;
    const sent: Pending = { ...batch, chips: mergeChips(batch.chips), sent: true };
    this.pendings = this.pendings.map((one) => (one === batch ? sent : one));
    void this.table
      .request(
        {
          t: "PlaceBets",
          table_id: snapshot.info_table_id,
          round_id: snapshot.round_id,
          bet_id: sent.betId,
          chips: sent.chips,
          calls: sent.calls,
        },
        true,
      )
      .then((answer) => this.answered(sent, answer));
  }

  private answered(sent: Pending, answer: Answer): void {
    this.pendings = this.pendings.filter((one) => one !== sent);
    if (!answer.ok) this.reports.refused(answer.refusal, this.stakeOf(sent));
    this.reports.changed();
  }

  private async order(kind: "repeat" | "double" | "undo", betIds: readonly Uint8Array[]): Promise<void> {
    const snapshot = this.table.snapshot();
    if (snapshot === null || !this.canBet()) {
      this.reports.refused(local(Code.BETTING_CLOSED, "BETTING_CLOSED"), 0);
      return;
    }
    if (this.waitingFor !== "") return;
    this.flush();
    this.waitingFor = kind;
    this.reports.changed();
    const answer = await this.table.request(this.orderBody(kind, snapshot, betIds), true);
    this.waitingFor = "";
    if (!answer.ok) this.reports.refused(answer.refusal, 0);
    this.reports.changed();
  }

  private orderBody(kind: "repeat" | "double" | "undo", snapshot: TableSnapshot, betIds: readonly Uint8Array[]): ClientMessage {
    const round = { table_id: snapshot.info_table_id, round_id: snapshot.round_id };
    const id = this.table.newId(this.table.serverNow());
    switch (kind) {
      case "repeat":
        return { t: "RepeatBets", ...round, bet_id: id };
      case "double":
        return { t: "DoubleBets", ...round, bet_id: id };
      case "undo":
        return { t: "UndoBets", ...round, command_id: id, bet_ids: betIds };
    }
  }

  private removeLast(batch: Pending): void {
    const calls = batch.calls.slice(0, -1);
    const chips = batch.calls.length > 0 ? batch.chips : batch.chips.slice(0, -1);
    const rest = { ...batch, chips, calls: batch.calls.length > 0 ? calls : batch.calls };
    const empty = rest.chips.length === 0 && rest.calls.length === 0;
    this.pendings = this.pendings.flatMap((one) => (one !== batch ? [one] : empty ? [] : [rest]));
    this.reports.changed();
  }
}

function mergeChips(chips: readonly Chip[]): Chip[] {
  return [...stakesByPosition(chips)].map(([position, stake_minor]) => ({ position, stake_minor }));
}
