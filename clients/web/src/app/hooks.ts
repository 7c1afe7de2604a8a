/** React's eyes on the session. */
import { createContext, useContext, useEffect, useState, useSyncExternalStore } from "react";
import type { GameRules } from "../api/rules";
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

export type ConnectionState = "connected" | "connecting" | "reconnecting" | "moving" | "offline";

/** Returns how the way to the server is, as a person should hear it. */
export function useConnectionState(): ConnectionState {
  const status = useApp((state) => state.status);
  const online = useApp((state) => state.online);
  if (status === "connected") return "connected";
  return online && (status === "connecting" || status === "reconnecting" || status === "moving") ? status : "offline";
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

const LOADING = { state: "loading" } as const;

/** Returns the rules of a game, and a way to ask again. */
export function useRules(game: string): [Loaded<GameRules>, () => void] {
  const session = useSession();
  const [loaded, setLoaded] = useState<{ readonly game: string; readonly answer: Loaded<GameRules> }>({ game, answer: LOADING });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let gone = false;
    const told = (answer: Loaded<GameRules>) => gone || setLoaded({ game, answer });
    told(LOADING);
    session.api.rules(game).then(
      (value) => told({ state: "ready", value }),
      (error: Error) => told({ state: "error", message: error.message }),
    );
    return () => {
      gone = true;
    };
  }, [session, game, attempt]);
  return [loaded.game === game ? loaded.answer : LOADING, () => setAttempt(attempt + 1)];
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Croupier`;
  }, [title]);
}
