/**
 * What I do at an instant game: one order is a whole round. The order is kept until it is answered, here and, so that a
 * reload loses nothing, in the browser's memory of this page: it is then sent again, unchanged.
 */
import type { Answer, Refusal } from "../../net/unanswered";
import { Code } from "../../protocol/errors";
import { fromHex, idKey } from "../../protocol/ids";
import type { ClientMessage, RevealedSeed, Seeds, SpinResult } from "../../protocol/messages";
import { type SlotRules, spinsOf } from "./machine";
import { isBusy, type Played, type Show, type ShowEvent, stepShow } from "./show";

/** An order older than this is not sent again by itself: its round, if it was one, stands in the history. */
export const REMEMBER_MS = 60_000;

export interface SlotHost {
  request(body: ClientMessage, keep: boolean): Promise<Answer>;
  connected(): boolean;
  availableMinor(): number;
  serverNow(): number;
  newId(nowMs: number): Uint8Array;
  setTimer(run: () => void, ms: number): unknown;
  clearTimer(timer: unknown): void;
  /** What this page remembers over a reload; null: nothing. */
  recall(): string | null;
  remember(text: string | null): void;
}

export interface SlotReports {
  changed(): void;
  refused(refusal: Refusal): void;
  /** The money of a round may be shown now. */
  revealed(key: string): void;
}

interface Order {
  readonly spin_id: string;
  readonly stake_minor: number;
  readonly at_ms: number;
}

export interface Fairness {
  readonly commitment: string;
  readonly clientSeed: string;
  /** Of the next round. */
  readonly nonce: number;
  readonly nextCommitment: string;
  readonly revealed: readonly RevealedSeed[];
}

function local(code: Code, name: string): Refusal {
  return { code, name, detail: "" };
}

/** Returns the order that was remembered, if it is one and young enough. */
export function recalled(text: string | null, nowMs: number): Order | null {
  try {
    const { spin_id, stake_minor, at_ms } = JSON.parse(text ?? "null") as Order;
    const sound = /^[0-9a-f]{32}$/.test(spin_id) && Number.isSafeInteger(stake_minor) && Number.isSafeInteger(at_ms);
    return sound && Math.abs(nowMs - at_ms) < REMEMBER_MS ? { spin_id, stake_minor, at_ms } : null;
  } catch {
    return null;
  }
}

/** A client seed is 1 to 64 printable ASCII characters without blanks and ":". */
export function isClientSeed(text: string): boolean {
  return /^[!-9;-~]{1,64}$/.test(text);
}

export class SlotController {
  private showing: Show;
  private known: Fairness | null = null;
  private readyMs = 0;
  private timer: unknown = null;
  private rotating = false;
  private suspended = false;
  private asking = false;
  private begun = false;

  constructor(
    private readonly host: SlotHost,
    private readonly rules: SlotRules,
    private readonly reports: SlotReports,
  ) {
    this.showing = { at: "resting", stops: rules.paytable.strips.map(() => 0) };
  }

  show(): Show {
    return this.showing;
  }

  fairness(): Fairness | null {
    return this.known;
  }

  isRotating(): boolean {
    return this.rotating;
  }

  /** Returns whether the last order was refused because the house lets nobody play this game for now. */
  isSuspended(): boolean {
    return this.suspended;
  }

  /** Call whenever the connection is there: asks for my seeds, and takes up an order that a reload has cut off. */
  connected(): void {
    void this.askSeeds();
    if (this.begun) return;
    this.begun = true;
    const order = recalled(this.host.recall(), this.host.serverNow());
    if (order === null) this.host.remember(null);
    else void this.send(order, true);
  }

  /** Returns how long the last round still has to last. 0: another may begin. */
  waitMs(): number {
    return Math.max(0, this.readyMs - this.host.serverNow());
  }

  canSpin(stakeMinor: number): boolean {
    return this.known !== null && !isBusy(this.showing) && !this.rotating && this.waitMs() === 0 && this.host.connected() && stakeMinor <= this.host.availableMinor();
  }

  /** Orders a round. Does nothing while one is on its way or is being shown. */
  spin(stakeMinor: number): boolean {
    if (stakeMinor > this.host.availableMinor() && !isBusy(this.showing)) this.reports.refused(local(Code.INSUFFICIENT_FUNDS, "INSUFFICIENT_FUNDS"));
    if (!this.canSpin(stakeMinor)) return false;
    const nowMs = this.host.serverNow();
    const order = { spin_id: idKey(this.host.newId(nowMs)), stake_minor: stakeMinor, at_ms: Math.floor(nowMs) };
    this.host.remember(JSON.stringify(order));
    void this.send(order, false);
    return true;
  }

  /** The reels lie still, a spin's win was seen, or the rest is not to be seen. */
  step(event: Extract<ShowEvent, { t: "landed" | "next" | "skip" }>): void {
    this.play(event);
  }

  /** Takes my seeds out of use: they are told, and the next pair begins with this client seed. */
  async rotate(clientSeed: string): Promise<boolean> {
    if (this.rotating || isBusy(this.showing) || !isClientSeed(clientSeed)) return false;
    this.rotating = true;
    this.reports.changed();
    const answer = await this.host.request({ t: "RotateSeed", game: this.rules.game, command_id: this.host.newId(this.host.serverNow()), client_seed: clientSeed }, true);
    this.rotating = false;
    if (answer.ok && answer.body.t === "Seeds") this.learn(answer.body);
    else if (!answer.ok) this.reports.refused(answer.refusal);
    this.reports.changed();
    return answer.ok;
  }

  dispose(): void {
    this.host.clearTimer(this.timer);
  }

  private async askSeeds(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    const answer = await this.host.request({ t: "GetSeeds", game: this.rules.game }, false);
    this.asking = false;
    if (answer.ok && answer.body.t === "Seeds") this.learn(answer.body);
    else if (!answer.ok && answer.refusal.code !== 0) this.reports.refused(answer.refusal);
    this.reports.changed();
  }

  private learn(seeds: Seeds): void {
    this.known = { commitment: seeds.commitment, clientSeed: seeds.client_seed, nonce: seeds.nonce, nextCommitment: seeds.next_commitment, revealed: seeds.revealed };
  }

  private async send(order: Order, atOnce: boolean): Promise<void> {
    this.play({ t: "order" });
    const answer = await this.host.request({ t: "Spin", game: this.rules.game, spin_id: fromHex(order.spin_id), stake_minor: order.stake_minor }, true);
    if (answer.ok && answer.body.t === "SpinResult") this.answered(answer.body, atOnce);
    else if (!answer.ok) this.denied(answer.refusal);
  }

  private answered(result: SpinResult, atOnce: boolean): void {
    const played: Played = {
      key: idKey(result.spin_id),
      stakeMinor: result.stake_minor,
      payoutMinor: result.payout_minor,
      spins: spinsOf(this.rules.paytable, result.detail),
    };
    if (this.known?.commitment === result.commitment) this.known = { ...this.known, nonce: Math.max(this.known.nonce, result.nonce + 1) };
    this.suspended = false;
    this.rest();
    this.play({ t: "answer", played, atOnce });
  }

  private denied(refusal: Refusal): void {
    this.host.remember(null);
    this.suspended = refusal.code === Code.SUSPENDED;
    // Played on another device, which has changed the seeds: they are to be seen before anything is staked on them.
    if (refusal.code === Code.SEEDS_UNSEEN) void this.askSeeds();
    if (refusal.code === Code.TOO_SOON) this.rest();
    this.play({ t: "refusal" });
    this.reports.refused(refusal);
  }

  /** A round lasts at least so long; the button wakes when the next may begin. */
  private rest(): void {
    this.readyMs = this.host.serverNow() + this.rules.min_cycle_ms;
    this.host.clearTimer(this.timer);
    this.timer = this.host.setTimer(() => this.reports.changed(), this.rules.min_cycle_ms + 5);
  }

  private play(event: ShowEvent): void {
    this.showing = stepShow(this.showing, event);
    if (this.showing.at === "over") {
      this.host.remember(null);
      this.reports.revealed(this.showing.played.key);
    }
    this.reports.changed();
  }
}
