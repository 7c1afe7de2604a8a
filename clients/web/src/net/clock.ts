/** The server's clock and the round trip, estimated from Ping and Pong. */

interface Sample {
  readonly rttMs: number;
  readonly offsetMs: number;
}

const SAMPLES = 8;

/** Keeps the last samples; the one with the shortest round trip says the offset, since it had the least queueing. */
export class ServerClock {
  private samples: Sample[] = [];

  constructor(private readonly now: () => number) {}

  /** A request sent at `sentMs` (our clock) was answered just now with the server's time. */
  observe(sentMs: number, serverMs: number): void {
    const rttMs = Math.max(0, this.now() - sentMs);
    this.samples = [...this.samples, { rttMs, offsetMs: serverMs + rttMs / 2 - this.now() }].slice(-SAMPLES);
  }

  /** Returns the server's time in milliseconds since 1970. */
  serverNow(): number {
    const best = this.samples.reduce<Sample | null>((a, b) => (a === null || b.rttMs < a.rttMs ? b : a), null);
    return this.now() + (best?.offsetMs ?? 0);
  }

  /** Returns the last round trip, or null before the first. */
  rttMs(): number | null {
    return this.samples.at(-1)?.rttMs ?? null;
  }

  /** Forgets the samples: after a reconnect the path may be another. */
  reset(): void {
    this.samples = [];
  }
}
