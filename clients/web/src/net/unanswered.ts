/** Requests that wait for their answer. Kept ones survive a lost connection and are sent again unchanged, in order. */
import type { ClientMessage, ServerMessage } from "../protocol/messages";

/** Why a request was not carried out. `code` is from the error registry, or 0 when the server never said a word. */
export interface Refusal {
  readonly code: number;
  readonly name: string;
  readonly detail: string;
}

export type Answer = { readonly ok: true; readonly body: ServerMessage } | { readonly ok: false; readonly refusal: Refusal };

export interface Waiting {
  readonly body: ClientMessage;
  /** Safe to send again: it carries an id of ours and has the same effect once or many times. */
  readonly keep: boolean;
  readonly resolve: (answer: Answer) => void;
  ref: number;
  sentMs: number;
  retries: number;
  /** The server asked us to wait; until then silence is no reason to send again. */
  notBeforeMs: number;
}

export const LOST: Refusal = { code: 0, name: "CONNECTION_LOST", detail: "The connection was lost before an answer came." };
export const TIMEOUT: Refusal = { code: 0, name: "NO_ANSWER", detail: "No answer came in time." };

const MAX_REF = 2 ** 32 - 1;

export class Unanswered {
  private readonly byRef = new Map<number, Waiting>();
  private order: Waiting[] = [];
  private lastRef = 0;

  add(body: ClientMessage, keep: boolean, resolve: (answer: Answer) => void): Waiting {
    const waiting: Waiting = { body, keep, resolve, ref: 0, sentMs: 0, retries: 0, notBeforeMs: 0 };
    this.order.push(waiting);
    return waiting;
  }

  /** Gives the request a fresh ref for one sending; an answer to an earlier sending is an answer as well. */
  stamp(waiting: Waiting, nowMs: number): number {
    this.lastRef = this.lastRef >= MAX_REF ? 1 : this.lastRef + 1;
    waiting.ref = this.lastRef;
    waiting.sentMs = nowMs;
    this.byRef.set(this.lastRef, waiting);
    return this.lastRef;
  }

  find(ref: number): Waiting | undefined {
    return this.byRef.get(ref);
  }

  settle(waiting: Waiting, answer: Answer): void {
    this.order = this.order.filter((other) => other !== waiting);
    for (const [ref, other] of this.byRef) if (other === waiting) this.byRef.delete(ref);
    waiting.resolve(answer);
  }

  /** The connection is gone: its refs mean nothing any more; what cannot be kept is refused. */
  connectionLost(): void {
    this.byRef.clear();
    for (const waiting of this.order.filter((one) => !one.keep)) this.settle(waiting, { ok: false, refusal: LOST });
    for (const waiting of this.order) waiting.sentMs = 0;
  }

  refuseAll(refusal: Refusal): void {
    for (const waiting of [...this.order]) this.settle(waiting, { ok: false, refusal });
  }

  all(): readonly Waiting[] {
    return this.order;
  }
}
