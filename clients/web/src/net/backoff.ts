/** How long to wait before connecting again: full jitter, so that a crowd that lost its server does not come back at once. */

export const BACKOFF_BASE_MS = 400;
export const BACKOFF_CAP_MS = 10_000;

/** attempt: 0 for the first try after a loss; random: in [0, 1). */
export function backoffMs(attempt: number, random: number): number {
  return Math.floor(random * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** Math.min(attempt, 10)));
}
