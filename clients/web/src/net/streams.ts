/**
 * One table's pushes: in order, each once, none missing, whatever the wire loses or repeats.
 *
 *   unknown  --any push--> kept                                 --snapshot--> live, kept ones behind it follow
 *   live     --next push--> applied   --seen push--> dropped    --push further on--> stale, kept; gap said once
 *   stale    --any push--> kept       --snapshot--> live, kept ones behind it follow    --resumed--> live, from its position
 *
 * A stale stream keeps its position over connections: it is what `JoinTable` tells, so that only what was missed is sent.
 */

export type Verdict = "apply" | "drop" | "gap";

/** Pushes that arrive before their answer are kept, but not without end: a gap then shows again and is asked for again. */
const KEPT_MAX = 512;

export interface Push<T> {
  readonly stream: number;
  readonly seq: number;
  /** null: of a newer server, not understood; its place counts. */
  readonly body: T | null;
}

export interface Position {
  readonly epoch: number;
  readonly version: number;
}

/** `T`: what a push is. `R`: what a resume owes when the pushes have come so far. */
export class TableStream<T, R extends Position & { readonly stream: number }> {
  stream = -1;
  live = false;
  /** Answers to JoinTable that are awaited. */
  waiting = 0;
  private epoch = 0;
  private seq = 0;
  private owed: R | null = null;
  private kept: Push<T>[] = [];

  /** Where to go on from; zeros: nowhere. */
  get position(): Position {
    return { epoch: this.epoch, version: this.seq };
  }

  /** Judges a push of this stream, or of one that nobody knows while an answer is awaited. */
  judge(push: Push<T>): Verdict {
    if (this.waiting > 0) this.keep(push);
    if (!this.live || push.stream !== this.stream || push.seq <= this.seq) return "drop";
    if (push.seq !== this.seq + 1) {
      this.live = false;
      this.owed = null;
      if (this.waiting === 0) this.keep(push);
      return "gap";
    }
    this.seq = push.seq;
    return "apply";
  }

  /** Begins anew at a snapshot. Returns the pushes kept meanwhile that belong behind it, in order: judge them again. */
  restart(at: Position & { readonly stream: number }): Push<T>[] {
    this.stream = at.stream;
    this.epoch = at.epoch;
    this.seq = at.version;
    this.live = true;
    this.owed = null;
    const behind = this.kept.filter((push) => push.stream === this.stream && push.seq > this.seq);
    this.kept = [];
    return behind.sort((a, b) => a.seq - b.seq);
  }

  /** Goes on from the position; what came before this answer comes again in its place. False: that was never asked for. */
  resume(resumed: R): boolean {
    if (this.epoch === 0 || resumed.epoch !== this.epoch) return false;
    this.stream = resumed.stream;
    this.live = true;
    this.owed = resumed;
    this.kept = [];
    return true;
  }

  /** What is personal, as soon as the pushes have come so far; once. */
  takeOwed(): R | null {
    const owed = this.owed;
    if (owed === null || owed.version > this.seq) return null;
    this.owed = null;
    return owed;
  }

  /** The connection is lost: nothing is live, nothing is awaited; the position stays. */
  cut(): void {
    this.live = false;
    this.waiting = 0;
    this.owed = null;
    this.kept = [];
  }

  private keep(push: Push<T>): void {
    this.kept.push(push);
    if (this.kept.length > KEPT_MAX) this.kept.shift();
  }
}

/** The personal stream: belongs to a session, which may outlive a connection. */
export class PersonalStream {
  sessionId = "";
  /** The highest push handled. */
  seq = 0;

  /** The session of `Hello` goes on (recovered), or another begins at 1. */
  welcomed(sessionId: string, recovered: boolean): void {
    if (!recovered) this.seq = 0;
    this.sessionId = sessionId;
  }

  /** Counts a push. "gap": something before it was missed; it counts and may be applied all the same. */
  judge(seq: number): Verdict {
    if (seq === 0) return "apply"; // outside of every stream: only the latest matters
    if (seq <= this.seq) return "drop";
    const verdict = seq === this.seq + 1 ? "apply" : "gap";
    if (verdict === "gap") this.sessionId = ""; // what is missing will not come: a later Hello must not claim to have it
    this.seq = seq;
    return verdict;
  }

  forget(): void {
    this.sessionId = "";
    this.seq = 0;
  }
}
