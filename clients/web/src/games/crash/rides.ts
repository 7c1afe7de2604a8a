/** My stakes in a flight, each with its own way out. Pure. */
import { idKey } from "../../protocol/ids";
import type { Bet, CashedOut } from "../../protocol/messages";

export interface Ride {
  readonly betId: Uint8Array;
  readonly betKey: string;
  readonly stakeMinor: number;
  /** Automatic cash-out in hundredths; 0: by hand. */
  readonly target: number;
  /** At what it left, in hundredths; 0: it rides, as far as is known. */
  readonly out: number;
}

/** Takes the first that fits out of the list. */
function takeFrom<T>(list: T[], fits: (one: T) => boolean): T | undefined {
  const index = list.findIndex(fits);
  return index < 0 ? undefined : list.splice(index, 1)[0];
}

/**
 * Returns my rides. outs: what the table shows of me. answered: bet -> the multiplier at which the server said it counts.
 *
 * The table shows names and stakes, not bets, so what it shows is matched: automatic ones by their target first, then the
 * ones that were answered here, then what is left (taken out by hand, before this page was loaded).
 */
export function ridesOf(bets: readonly Bet[], outs: readonly CashedOut[], answered: ReadonlyMap<string, number>): readonly Ride[] {
  const left = [...outs];
  const rides = bets.flatMap((bet) =>
    bet.chips.map((chip) => ({ betId: bet.bet_id, betKey: idKey(bet.bet_id), stakeMinor: chip.stake_minor, target: chip.position, out: 0 })),
  );
  const automatic = rides.map((ride) => {
    const found = ride.target > 0 ? takeFrom(left, (out) => out.stake_minor === ride.stakeMinor && out.multiplier === ride.target) : undefined;
    return found ? { ...ride, out: found.multiplier } : ride;
  });
  const told = automatic.map((ride) => {
    const multiplier = answered.get(ride.betKey);
    if (ride.out > 0 || multiplier === undefined) return ride;
    takeFrom(left, (out) => out.stake_minor === ride.stakeMinor && out.multiplier === multiplier);
    return { ...ride, out: multiplier };
  });
  return told.map((ride) => {
    const found = ride.out > 0 ? undefined : takeFrom(left, (out) => out.stake_minor === ride.stakeMinor);
    return found ? { ...ride, out: found.multiplier } : ride;
  });
}

export function riding(rides: readonly Ride[]): readonly Ride[] {
  return rides.filter((ride) => ride.out === 0);
}
