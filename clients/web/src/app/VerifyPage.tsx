import { type ChangeEvent, type KeyboardEvent, useRef, useState } from "react";
import { Link } from "wouter";
import { Fan } from "../games/shared/Cards";
import { cardsIn, checksOf, nameOf, outcomeText, readRecords, whyNothing } from "../verify/record.ts";
import { commitmentOf } from "../verify/sha256.ts";
import { type Verdict, verify } from "../verify/verify.ts";
import { useTitle } from "./hooks";
import { Mark } from "./icons";

/** So many records are shown one by one; of more only the bad ones are. */
const SHOWN_MAX = 20;

interface Judged {
  readonly record: unknown;
  readonly verdict: Verdict;
  /** Why there is nothing to check. */
  readonly nothing: string | null;
  /** The record commits to something else than what this page was told before. */
  readonly broken: boolean;
}

/** What a link from a table brings along: what the player was shown there. */
interface Seen {
  readonly table: string;
  readonly round: string;
  readonly commitment: string;
  readonly seed: string;
}

function seenIn(search: string): Seen | null {
  const query = new URLSearchParams(search);
  const seen = { table: query.get("table") ?? "", round: query.get("round") ?? "", commitment: query.get("commitment") ?? "", seed: query.get("seed") ?? "" };
  return seen.commitment === "" ? null : seen;
}

function judge(record: unknown, seen: Seen | null): Judged {
  const fields = (typeof record === "object" && record !== null ? record : {}) as Readonly<Record<string, unknown>>;
  const same = seen !== null && fields.table_id === seen.table && String(fields.round_no) === seen.round;
  return { record, verdict: verify(record), nothing: whyNothing(record), broken: same && fields.commitment !== seen.commitment };
}

const isGood = ({ verdict, broken, nothing }: Judged): boolean => nothing === null && verdict.ok && !broken;
const isBad = (judged: Judged): boolean => judged.broken || (judged.nothing === null && !judged.verdict.ok);

function Result({ judged }: { judged: Judged }) {
  const { record, verdict, nothing, broken } = judged;
  const cards = cardsIn(record, verdict.found);
  const state = broken ? "bad" : nothing !== null ? "nothing" : verdict.ok ? "good" : "bad";
  return (
    <section className={`verdict verdict-${state}`} data-testid="verdict" data-ok={state} data-problems={verdict.problems.join(" ")}>
      <h2>{nameOf(record)}</h2>
      {broken && <p className="check check-bad">The house committed to something ELSE than what you were shown at the table.</p>}
      {nothing !== null ? (
        <p>{nothing}</p>
      ) : (
        <>
          <ul className="plain">
            {checksOf(record, verdict.problems).map(({ problem, good, text }) => (
              <li key={problem} className={`check ${good ? "check-good" : "check-bad"}`}>
                <span className="unseen">{good ? "Right: " : "Wrong: "}</span>
                {text}
              </li>
            ))}
          </ul>
          {verdict.found.length > 0 && (
            <div className="verdict-found" data-testid="verdict-found" data-found={verdict.found.join(" ")}>
              <p>{outcomeText(record, verdict.found)}</p>
              {cards !== null && <Fan cards={cards} />}
            </div>
          )}
        </>
      )}
    </section>
  );
}

function SeenAtTable({ seen, onRecord }: { seen: Seen; onRecord: (text: string) => void }) {
  const [error, setError] = useState("");
  const hashed = seen.seed === "" ? "" : commitmentOf(seen.seed);
  async function fetchRecord(): Promise<void> {
    setError("");
    try {
      const answer = await fetch(`/api/fairness/rounds/${encodeURIComponent(seen.table)}/${encodeURIComponent(seen.round)}`);
      if (answer.ok) onRecord(JSON.stringify(await answer.json(), null, 2));
      else setError(answer.status === 404 ? "The house does not know this round." : "The house does not answer. Try again soon.");
    } catch {
      setError("The house cannot be reached. Paste the record if you have it.");
    }
  }
  return (
    <section className="verdict" data-testid="verify-seen">
      <h2>What you were shown</h2>
      <p>
        {seen.table}, round {seen.round}, was committed to as <code>{seen.commitment}</code>.
      </p>
      {seen.seed !== "" && (
        <p className={`check ${hashed === seen.commitment ? "check-good" : "check-bad"}`}>
          {hashed === seen.commitment ? "The seed that came with the result hashes to it." : "The seed that came with the result does NOT hash to it."}
        </p>
      )}
      <p className="dim">The whole record also has the salt, the chain and the outcome. Fetching it is the only thing on this page that asks the house.</p>
      <button type="button" className="button" data-testid="verify-fetch" onClick={() => void fetchRecord()}>
        Fetch the record
      </button>
      {error !== "" && <p role="alert">{error}</p>}
    </section>
  );
}

/** Checks rounds here, in the browser, by this page's own arithmetic: nothing that is pasted leaves it. */
export function VerifyPage() {
  useTitle("Verify a round");
  const [seen] = useState(() => seenIn(location.search));
  const [text, setText] = useState("");
  const [error, setError] = useState("");
  const [judged, setJudged] = useState<readonly Judged[]>([]);
  const results = useRef<HTMLDivElement>(null);

  function check(given: string): void {
    const read = readRecords(given);
    if ("error" in read) {
      setError(read.error);
      setJudged([]);
      return;
    }
    setError("");
    setJudged(read.records.map((record) => judge(record, seen)));
    requestAnimationFrame(() => results.current?.focus());
  }

  function take(given: string): void {
    setText(given);
    check(given);
  }

  async function open(event: ChangeEvent<HTMLInputElement>): Promise<void> {
    const file = event.target.files?.[0];
    if (file !== undefined) take(await file.text());
  }

  function onKey(event: KeyboardEvent): void {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) check(text);
  }

  const good = judged.filter(isGood).length;
  const bad = judged.filter(isBad).length;
  const shown = judged.length > SHOWN_MAX ? judged.filter(isBad).slice(0, SHOWN_MAX) : judged;
  return (
    <div className="shell">
      <header className="bar">
        <Link href="/" className="brand" aria-label="Croupier, to the door">
          <Mark />
          <span>Croupier</span>
        </Link>
        <span className="play-money">Play money</span>
      </header>
      <main className="page page-read" data-testid="verify-page">
        <header className="page-head">
          <h1>Verify a round</h1>
          <p>
            Paste the record of a round, or several in a list. This page hashes its seed, follows its chain and deals the round again, all by itself: it
            works without a connection, and nothing you paste is sent anywhere.
          </p>
        </header>
        {seen !== null && <SeenAtTable seen={seen} onRecord={take} />}
        <form
          className="verify-form"
          onSubmit={(event) => {
            event.preventDefault();
            check(text);
          }}
        >
          <label className="field">
            <span>Record (JSON)</span>
            <textarea
              data-testid="verify-text"
              rows={9}
              spellCheck={false}
              value={text}
              aria-invalid={error !== ""}
              aria-describedby="verify-error"
              onChange={(event) => setText(event.target.value)}
              onKeyDown={onKey}
            />
            <small>Control and Enter checks it, too.</small>
          </label>
          <div className="verify-row">
            <button type="submit" className="button primary" data-testid="verify-go">
              Verify
            </button>
            <label className="button verify-file">
              Open a file
              <input type="file" accept="application/json,.json" className="unseen" data-testid="verify-file" onChange={(event) => void open(event)} />
            </label>
          </div>
          <p id="verify-error" className="verify-error" role="alert" data-testid="verify-error">
            {error}
          </p>
        </form>
        <div ref={results} tabIndex={-1} className="verify-results" aria-live="polite" data-testid="verify-results" data-good={good} data-bad={bad}>
          {judged.length > 1 && (
            <p className="strong" data-testid="verify-count">
              {good.toLocaleString("en")} of {judged.length.toLocaleString("en")} verified
              {bad > 0 && `; NOT as their seeds say: ${bad.toLocaleString("en")}`}
            </p>
          )}
          {shown.map((one, index) => (
            <Result key={index} judged={one} />
          ))}
        </div>
      </main>
    </div>
  );
}
