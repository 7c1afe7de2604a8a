/**
 * When to connect again: full jitter, so that a crowd that lost its server does not come back at once.
 *
 * What fails is connecting *and* taking up play again: a server that welcomes and then falls over is not well. So a Welcome
 * does not end the back-off; a connection that stood for a while does.
 */

export const BACKOFF_BASE_MS = 400;
export const BACKOFF_CAP_MS = 10_000;
/** A connection that stood so long was a good one. */
export const STOOD_MS = 5_000;

/** attempt: 0 for the first try after a loss; random: in [0, 1). */
export function backoffMs(attempt: number, random: number): number {
  return Math.floor(random * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** Math.min(attempt, 10)));
}

/** Counts losses, and knows what a server that moves its clients has told. */
export class Comeback {
  private losses = 0;
  private readyMs: number | null = null;
  private toldMs: number | null = null;
  private leastMs = 0;

  constructor(
    private readonly now: () => number,
    private readonly random: () => number,
  ) {}

  /** The session stands, its seats are taken. */
  ready(): void {
    this.readyMs = this.now();
  }

  /** `Reconnect` came: the server has spread its clients, so no back-off of ours is added. */
  told(afterMs: number): void {
    this.toldMs = Math.max(0, afterMs);
  }

  /** A refusal said to wait at least so long. */
  notBefore(retryAfterMs: number): void {
    this.leastMs = Math.max(this.leastMs, retryAfterMs);
  }

  /** The connection is lost, or was never made. Returns how long to wait, and whether the server has told it. */
  lost(): { readonly waitMs: number; readonly moved: boolean } {
    if (this.readyMs !== null && this.now() - this.readyMs >= STOOD_MS) this.losses = 0;
    this.readyMs = null;
    const { toldMs, leastMs } = this;
    this.toldMs = null;
    this.leastMs = 0;
    if (toldMs !== null) return { waitMs: toldMs, moved: true };
    const waitMs = leastMs + backoffMs(this.losses, this.random());
    this.losses += 1;
    return { waitMs, moved: false };
  }

  /** A person wants to play now, or the network is said to be back. */
  begin(): void {
    this.losses = 0;
    this.readyMs = null;
    this.toldMs = null;
    this.leastMs = 0;
  }
}
