import { useMemo } from "react";
import type { GameRules, RouletteRules } from "../../api/rules";
import { type Loaded, useRules } from "../../app/hooks";

export interface Rules {
  readonly rules: RouletteRules;
  readonly red: ReadonlySet<number>;
}

export function isRoulette(rules: GameRules): rules is RouletteRules {
  return "wheel" in rules && "positions" in rules;
}

/** Returns the rules of roulette, and a way to ask again. */
export function useRouletteRules(): [Loaded<Rules>, () => void] {
  const [loaded, again] = useRules("roulette");
  const rules = useMemo((): Loaded<Rules> => {
    if (loaded.state !== "ready") return loaded;
    if (!isRoulette(loaded.value)) return { state: "error", message: "The rules of roulette cannot be read." };
    return { state: "ready", value: { rules: loaded.value, red: new Set(loaded.value.red) } };
  }, [loaded]);
  return [rules, again];
}
