/** React's eyes on the session. */
import { createContext, useContext, useEffect, useState, useSyncExternalStore } from "react";
import type { RouletteRules } from "../api/types";
import type { AppState, Session } from "./session";

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("no session around this component");
  return session;
}

/** Returns a part of the state. `select` must return something that stays the same while nothing changed. */
export function useApp<T>(select: (state: AppState) => T): T {
  const session = useSession();
  return useSyncExternalStore(session.watch, () => select(session.get()));
}

/** Returns the client's time, and renders again every so many milliseconds. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

export function useMedia(query: string): boolean {
  const [list] = useState(() => matchMedia(query));
  return useSyncExternalStore(
    (changed) => {
      list.addEventListener("change", changed);
      return () => list.removeEventListener("change", changed);
    },
    () => list.matches,
  );
}

export type Loaded<T> = { readonly state: "loading" } | { readonly state: "error"; readonly message: string } | { readonly state: "ready"; readonly value: T };

export interface Rules {
  readonly rules: RouletteRules;
  readonly red: ReadonlySet<number>;
}

/** Returns the rules of roulette, and a way to ask again. */
export function useRules(): [Loaded<Rules>, () => void] {
  const session = useSession();
  const [loaded, setLoaded] = useState<Loaded<Rules>>({ state: "loading" });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let gone = false;
    session.api.rules().then(
      (rules) => gone || setLoaded({ state: "ready", value: { rules, red: new Set(rules.red) } }),
      (error: Error) => gone || setLoaded({ state: "error", message: error.message }),
    );
    return () => {
      gone = true;
    };
  }, [session, attempt]);
  const again = () => {
    setLoaded({ state: "loading" });
    setAttempt(attempt + 1);
  };
  return [loaded, again];
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Croupier`;
  }, [title]);
}
