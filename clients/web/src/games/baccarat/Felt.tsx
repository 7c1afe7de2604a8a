import type { Chip, SeatBets } from "../../protocol/messages";
import { formatMinor } from "../../state/money";
import { stakesByPosition } from "../../state/table";
import { ChipDisc, chipTone } from "../shared/Chip";
import { BANKER, BANKER_PAIR, type Coup, type Fate, fateOf, PLAYER, PLAYER_PAIR, SUPER_SIX, TIE } from "./punto";

interface Spot {
  readonly position: number;
  readonly name: string;
  readonly className: string;
}

const SPOTS: readonly Spot[] = [
  { position: PLAYER_PAIR, name: "Player pair", className: "side" },
  { position: TIE, name: "Tie", className: "side tie" },
  { position: SUPER_SIX, name: "Super six", className: "side" },
  { position: BANKER_PAIR, name: "Banker pair", className: "side" },
  { position: PLAYER, name: "Player", className: "main player" },
  { position: BANKER, name: "Banker", className: "main banker" },
];

export function nameOf(position: number): string {
  return SPOTS.find((spot) => spot.position === position)?.name ?? "";
}

interface Props {
  superSix: boolean;
  /** What each position pays, in words. */
  pays: ReadonlyMap<number, string>;
  exponent: number;
  chipValues: readonly number[];
  mine: readonly Chip[];
  pending: readonly Chip[];
  others: readonly SeatBets[];
  coup: Coup | null;
  enabled: boolean;
  onPlace: (position: number) => void;
}

const FATES: Readonly<Record<Fate, string>> = { won: "won", lost: "lost", push: "" };

/** The cloth: a field for each bet. Fields are buttons, so that mouse, finger, Tab and Enter all place a chip. */
export function Felt(props: Props) {
  const { exponent, chipValues, coup, enabled } = props;
  const mine = stakesByPosition(props.mine);
  const pending = stakesByPosition(props.pending);
  const others = stakesByPosition(props.others.flatMap((seat) => seat.chips));
  const spots = SPOTS.filter((spot) => props.superSix || spot.position !== SUPER_SIX);
  return (
    <div className={`felt ${props.superSix ? "felt-six" : ""} ${enabled ? "" : "felt-closed"}`} role="group" aria-label="Betting layout" data-testid="layout">
      {spots.map(({ position, name, className }) => {
        const stake = mine.get(position) ?? 0;
        const waiting = pending.get(position) ?? 0;
        const theirs = others.get(position) ?? 0;
        const fate = coup === null ? "" : fateOf(position, coup);
        const pays = props.pays.get(position) ?? "";
        const words = [pays && `pays ${pays}`, stake > 0 && `your stake ${formatMinor(stake, exponent)}`, waiting > 0 && `${formatMinor(waiting, exponent)} being placed`];
        return (
          <button
            key={position}
            type="button"
            className={`spot ${className} ${fate === "won" ? "spot-won" : ""}`}
            aria-label={[name, ...words.filter(Boolean)].join(", ")}
            aria-disabled={!enabled}
            data-testid="position"
            data-position={position}
            data-stake={stake}
            data-pending={waiting}
            data-fate={fate}
            onClick={() => props.onPlace(position)}
          >
            <span className="spot-name">{name}</span>
            <small>{pays}</small>
            {stake + waiting > 0 && (
              <svg className="spot-chip" viewBox="-22 -22 44 44" aria-hidden="true">
                <ChipDisc x={0} y={0} r={18} minor={stake + waiting} exponent={exponent} tone={chipTone(stake + waiting, chipValues)} state={waiting > 0 ? "pending" : fate === "" ? "" : (FATES[fate] as "" | "won" | "lost")} />
              </svg>
            )}
            {theirs > 0 && <span className="spot-others" title="Stakes of others">{formatMinor(theirs, exponent)}</span>}
          </button>
        );
      })}
    </div>
  );
}
