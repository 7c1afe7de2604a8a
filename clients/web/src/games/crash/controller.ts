/**
 * Cash-outs by hand: one order for each bet, with an id of its own, sent unchanged until it is answered.
 *
 * A bet:  riding --cashOut--> asked --Acted--> out at a multiplier
 *                             asked --Error--> riding (the flight may be over), with the reason
 */
import type { Answer, Refusal } from "../../net/unanswered";
import { idKey } from "../../protocol/ids";
import type { ClientMessage, TableSnapshot } from "../../protocol/messages";

export interface Surroundings {
  request(body: ClientMessage, keep: boolean): Promise<Answer>;
  snapshot(): TableSnapshot | null;
  connected(): boolean;
  serverNow(): number;
  newId(nowMs: number): Uint8Array;
}

export interface Reports {
  changed(): void;
  refused(refusal: Refusal): void;
}

export class CashOuts {
  private readonly asked = new Set<string>();
  private outs: ReadonlyMap<string, number> = new Map();
  private roundKey = "";

  constructor(
    private readonly around: Surroundings,
    private readonly reports: Reports,
  ) {}

  /** Bet -> the multiplier at which it left, as answered in this round. */
  answered(): ReadonlyMap<string, number> {
    return this.outs;
  }

  isAsked(betKey: string): boolean {
    return this.asked.has(betKey);
  }

  /** Tells whether a cash-out would be sent now: in flight and connected. Take-off is the server's to judge. */
  canAct(): boolean {
    const snapshot = this.around.snapshot();
    return snapshot !== null && snapshot.phase === "playing" && this.around.connected();
  }

  /** Asks for these bets, each once. */
  cashOut(betIds: readonly Uint8Array[]): void {
    const snapshot = this.around.snapshot();
    if (snapshot === null || !this.canAct()) return;
    this.roundChanged(snapshot);
    for (const betId of betIds) {
      const key = idKey(betId);
      if (!this.asked.has(key) && !this.outs.has(key)) void this.ask(snapshot, betId, key);
    }
    this.reports.changed();
  }

  /** Call when the table's state changed: another round has other bets. */
  roundChanged(snapshot: TableSnapshot | null): void {
    const key = snapshot ? idKey(snapshot.round_id) : "";
    if (key === "" || key === this.roundKey) return; // between rounds, what was last stays in sight
    this.roundKey = key;
    this.asked.clear();
    this.outs = new Map();
  }

  private async ask(snapshot: TableSnapshot, betId: Uint8Array, key: string): Promise<void> {
    const { roundKey } = this;
    this.asked.add(key);
    const commandId = this.around.newId(this.around.serverNow());
    const answer = await this.around.request(
      { t: "Act", table_id: snapshot.info_table_id, round_id: snapshot.round_id, command_id: commandId, bet_id: betId, action: "cash_out", value: 0 },
      true,
    );
    if (!answer.ok) this.reports.refused(answer.refusal);
    if (roundKey !== this.roundKey) return; // the next round has begun: its bets are others
    this.asked.delete(key);
    if (answer.ok && answer.body.t === "Acted") this.outs = new Map([...this.outs, [key, answer.body.value]]);
    this.reports.changed();
  }
}
