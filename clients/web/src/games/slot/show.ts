/**
 * What the reels show, and when: the round is over on the server before they stop. Pure.
 *
 * | state     | what is seen                          | ends with                | then                                |
 * | --------- | ------------------------------------- | ------------------------ | ----------------------------------- |
 * | resting   | the last round's end                  | order                    | waiting                             |
 * | waiting   | reels turn, nothing is known yet      | answer / refusal         | landing / resting                   |
 * | landing   | the reels of one spin come to a stop  | landed                   | shown                               |
 * | shown     | what this spin won                    | next, or its time is up  | landing of the next free spin, over |
 * | over      | the whole round                       | order                    | waiting                             |
 *
 * `skip` leads from landing and shown to over at once: the result stands, only its show is cut short.
 */
import type { SpinShown } from "./machine";

export interface Played {
  /** For keys and tests. */
  readonly key: string;
  readonly stakeMinor: number;
  readonly payoutMinor: number;
  readonly spins: readonly SpinShown[];
}

export type Show =
  | { readonly at: "resting"; readonly stops: readonly number[] }
  | { readonly at: "waiting"; readonly stops: readonly number[] }
  | { readonly at: "landing" | "shown"; readonly played: Played; readonly spin: number }
  | { readonly at: "over"; readonly played: Played; readonly skipped: boolean };

export type ShowEvent =
  | { readonly t: "order" }
  | { readonly t: "refusal" }
  | { readonly t: "answer"; readonly played: Played; readonly atOnce: boolean }
  | { readonly t: "landed" }
  | { readonly t: "next" }
  | { readonly t: "skip" };

/** How long a spin's win is shown before the next free spin begins: longer where there is more to see. */
export const SHOWN_MS = 700;
export const SHOWN_WIN_MS = 1_500;
export const SHOWN_GIVEN_MS = 2_200;

/** Returns the stops on which the reels lie, or from which they start to turn. */
export function stopsOf(show: Show): readonly number[] {
  if ("stops" in show) return show.stops;
  const { spins } = show.played;
  return (show.at === "over" ? spins.at(-1) : spins[show.spin])?.stops ?? [];
}

/** Returns the spin whose wins may be seen now. */
export function seenSpin(show: Show): SpinShown | null {
  if (show.at === "shown") return show.played.spins[show.spin] ?? null;
  return show.at === "over" ? (show.played.spins.at(-1) ?? null) : null;
}

export function isBusy(show: Show): boolean {
  return show.at === "waiting" || show.at === "landing" || show.at === "shown";
}

/** Returns how long a spin's win stays in sight. */
export function shownMs(spin: SpinShown): number {
  return spin.given > 0 ? SHOWN_GIVEN_MS : spin.units > 0 ? SHOWN_WIN_MS : SHOWN_MS;
}

/** Returns what was won so far in this show, in stakes of a line: of spins whose end has been seen. */
export function unitsSeen(show: Show): number {
  if (show.at === "over") return show.played.spins.reduce((sum, spin) => sum + spin.units, 0);
  if (show.at !== "landing" && show.at !== "shown") return 0;
  return show.played.spins.slice(0, show.at === "shown" ? show.spin + 1 : show.spin).reduce((sum, spin) => sum + spin.units, 0);
}

export interface FreeSpins {
  /** Which one this is, from 1; 0: the paid spin, which gave some. */
  readonly number: number;
  /** How many have been given so far as seen. */
  readonly of: number;
}

/** Returns how far the free spins are, or null where there are none to be seen. */
export function freeSpins(show: Show): FreeSpins | null {
  if (show.at !== "landing" && show.at !== "shown" && show.at !== "over") return null;
  const { spins } = show.played;
  const spin = show.at === "over" ? spins.length - 1 : show.spin;
  const seen = show.at === "landing" ? spin : spin + 1;
  const of = spins.slice(0, seen).reduce((sum, one) => sum + one.given, 0);
  return of === 0 ? null : { number: spin, of };
}

/** A return that is not above the stake is no win: nothing is celebrated (domain rule "no losses disguised as wins"). */
export function isWin(played: Pick<Played, "stakeMinor" | "payoutMinor">): boolean {
  return played.payoutMinor > played.stakeMinor;
}

export function stepShow(show: Show, event: ShowEvent): Show {
  switch (event.t) {
    case "order":
      return isBusy(show) ? show : { at: "waiting", stops: stopsOf(show) };
    case "refusal":
      return show.at === "waiting" ? { at: "resting", stops: show.stops } : show;
    case "answer":
      return event.atOnce ? { at: "over", played: event.played, skipped: true } : { at: "landing", played: event.played, spin: 0 };
    case "landed":
      if (show.at !== "landing") return show;
      // The last spin's end is the round's end.
      return show.spin + 1 < show.played.spins.length ? { ...show, at: "shown" } : { at: "over", played: show.played, skipped: false };
    case "next":
      return show.at === "shown" ? { ...show, at: "landing", spin: show.spin + 1 } : show;
    case "skip":
      return show.at === "landing" || show.at === "shown" ? { at: "over", played: show.played, skipped: true } : show;
  }
}
