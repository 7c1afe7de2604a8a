/** Gap detection: which pushes of which stream may be applied. Sequence numbers are dense per stream. */

export type Verdict = "apply" | "duplicate" | "gap" | "wait";

/** Pushes that arrive before their snapshot are kept, but not without end. */
const EARLY_MAX = 256;

interface Stream<T> {
  next: number;
  healing: boolean;
  early: { seq: number; push: T }[];
}

/** Knows the next sequence number of each stream. `T`: what a push is. */
export class Streams<T> {
  private readonly streams = new Map<number, Stream<T>>();

  /** A snapshot says: everything up to `version` is in me. Returns the early pushes that follow it, in order. */
  restart(id: number, version: number): T[] {
    const early = this.streams.get(id)?.early ?? [];
    const stream: Stream<T> = { next: version + 1, healing: false, early: [] };
    this.streams.set(id, stream);
    const following: T[] = [];
    for (const { seq, push } of early.sort((a, b) => a.seq - b.seq)) {
      if (seq !== stream.next) continue;
      stream.next += 1;
      following.push(push);
    }
    return following;
  }

  /** Judges a push. "gap": something is missing, ask for a snapshot (said once); "wait": kept until the snapshot comes. */
  judge(id: number, seq: number, push: T): Verdict {
    let stream = this.streams.get(id);
    if (stream === undefined) {
      stream = { next: -1, healing: true, early: [] };
      this.streams.set(id, stream);
    }
    if (stream.healing) return this.keep(stream, seq, push);
    if (seq < stream.next) return "duplicate";
    if (seq > stream.next) {
      stream.healing = true;
      this.keep(stream, seq, push);
      return "gap";
    }
    stream.next += 1;
    return "apply";
  }

  /** Returns the highest sequence number handled on a stream, 0 if none. */
  handled(id: number): number {
    const stream = this.streams.get(id);
    return stream === undefined || stream.next < 1 ? 0 : stream.next - 1;
  }

  forget(id: number): void {
    this.streams.delete(id);
  }

  clear(): void {
    this.streams.clear();
  }

  private keep(stream: Stream<T>, seq: number, push: T): Verdict {
    stream.early.push({ seq, push });
    if (stream.early.length > EARLY_MAX) stream.early.shift();
    return "wait";
  }
}
