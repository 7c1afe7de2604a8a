import { type FormEvent, useState } from "react";
import { Link, useLocation } from "wouter";
import { ApiError } from "../api/client";
import { useSession, useTitle } from "./hooks";
import { Mark } from "./icons";

type Mode = "login" | "register";

const WORDS = {
  login: { title: "Welcome back", action: "Log in", other: "New here?", otherAction: "Make an account", otherPath: "/register", complete: "current-password" },
  register: { title: "Take a seat", action: "Make an account", other: "Been here before?", otherAction: "Log in", otherPath: "/login", complete: "new-password" },
} as const;

function Form({ mode }: { mode: Mode }) {
  const session = useSession();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [error, setError] = useState<{ code: string; message: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const words = WORDS[mode];

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      session.enter(await session.api[mode](name, password));
    } catch (problem) {
      if (!(problem instanceof ApiError)) throw problem;
      setError(problem);
      setBusy(false);
    }
  }

  return (
    <form className="auth-form" onSubmit={(event) => void submit(event)} data-testid={`${mode}-form`}>
      <h1>{words.title}</h1>
      <p className="auth-note">
        {mode === "register" ? "You get play money at once. It has no value; nothing can be bought with it or paid out." : "Log in to your play-money account."}
      </p>
      <label className="field">
        <span>Name</span>
        <input
          data-testid={`${mode}-name`}
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          maxLength={24}
          value={name}
          autoFocus
          onChange={(event) => setName(event.target.value)}
        />
        {mode === "register" && <small>3 to 24 letters, digits or _ . -</small>}
      </label>
      <label className="field">
        <span>Password</span>
        <input
          data-testid={`${mode}-password`}
          name="password"
          type="password"
          autoComplete={words.complete}
          required
          maxLength={128}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        {mode === "register" && <small>At least 8 characters</small>}
      </label>
      {error && (
        <p className="form-error" role="alert" data-testid="auth-error" data-code={error.code}>
          {error.message}
        </p>
      )}
      <button type="submit" className="button primary large" data-testid={`${mode}-submit`} disabled={busy}>
        {busy ? "One moment…" : words.action}
      </button>
      <p className="auth-other">
        {words.other} <Link href={words.otherPath + location.search}>{words.otherAction}</Link>
      </p>
    </form>
  );
}

/** The door: log in or make an account. */
export function AuthPage() {
  const [path] = useLocation();
  const mode: Mode = path === "/register" ? "register" : "login";
  useTitle(WORDS[mode].action);
  return (
    <div className="auth">
      <section className="auth-hero" aria-hidden="true">
        <div className="auth-wheel">
          <i />
        </div>
        <div className="auth-claim">
          <p>Real rules.</p>
          <p>Open books.</p>
          <p>Everyone at once.</p>
        </div>
      </section>
      <section className="auth-side">
        <div className="brand brand-large">
          <Mark />
          <span>Croupier</span>
          <span className="play-money">Play money</span>
        </div>
        <Form key={mode} mode={mode} />
        <p className="auth-foot">
          <Link href="/rules" data-testid="rules-link">
            Rules and returns of every game
          </Link>{" "}
          · 18+
        </p>
      </section>
    </div>
  );
}
