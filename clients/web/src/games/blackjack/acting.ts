/**
 * Orders about a hand in play: one at a time, however often a button is pressed.
 *
 * idle --act--> sent --Acted--> counted --the hand is seen changed, or the round is over--> idle
 *               sent --Error--> idle, with the reason
 * The order keeps its id for ever, so `net` may send it as often as it must.
 */
import type { Answer, Refusal } from "../../net/unanswered";
import { idKey } from "../../protocol/ids";
import type { ClientMessage, Hand, TableSnapshot } from "../../protocol/messages";

/** A second press so soon after the first is a slip of the hand, not a second card. */
export const SLIP_MS = 350;

export interface ActHost {
  request(body: ClientMessage, keep: boolean): Promise<Answer>;
  snapshot(): TableSnapshot | null;
  connected(): boolean;
  serverNow(): number;
  newId(nowMs: number): Uint8Array;
}

export interface ActReports {
  changed(): void;
  refused(refusal: Refusal): void;
}

interface Sent {
  readonly hand: number;
  readonly action: string;
  readonly roundKey: string;
  /** How the hand looked when the order was given. */
  readonly looked: string;
  readonly counted: boolean;
}

/** Everything that an order can change of a hand. */
function lookOf(snapshot: TableSnapshot, number: number): string {
  const hand = snapshot.hands[0]?.hands.find((one) => one.hand === number);
  return hand ? `${hand.state}:${hand.cards.join()}:${hand.stake_minor}:${hand.insured}` : "";
}

export class ActController {
  private sent: Sent | null = null;
  private lastMs = -SLIP_MS;

  constructor(
    private readonly host: ActHost,
    private readonly reports: ActReports,
  ) {}

  /** Returns the order that is on its way, or has not shown its effect yet. */
  waiting(): { readonly hand: number; readonly action: string } | null {
    const snapshot = this.host.snapshot();
    const { sent } = this;
    if (sent === null || snapshot === null || idKey(snapshot.round_id) !== sent.roundKey) return null;
    return sent.counted && lookOf(snapshot, sent.hand) !== sent.looked ? null : sent;
  }

  act(hand: Hand, action: string): boolean {
    const snapshot = this.host.snapshot();
    const nowMs = this.host.serverNow();
    if (snapshot === null || snapshot.phase !== "playing" || !this.host.connected() || this.waiting() !== null) return false;
    if (nowMs - this.lastMs < SLIP_MS || !snapshot.hands[0]?.actions.includes(action)) return false;
    this.lastMs = nowMs;
    const sent: Sent = { hand: hand.hand, action, roundKey: idKey(snapshot.round_id), looked: lookOf(snapshot, hand.hand), counted: false };
    this.sent = sent;
    this.reports.changed();
    const order = { t: "Act", table_id: snapshot.info_table_id, round_id: snapshot.round_id, command_id: this.host.newId(nowMs), bet_id: hand.bet_id, action, value: hand.hand } as const;
    void this.host.request(order, true).then((answer) => this.answered(sent, answer));
    return true;
  }

  private answered(sent: Sent, answer: Answer): void {
    if (this.sent === sent) this.sent = answer.ok ? { ...sent, counted: true } : null;
    if (!answer.ok) this.reports.refused(answer.refusal);
    this.reports.changed();
  }
}
