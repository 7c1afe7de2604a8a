import { useEffect, useState } from "react";
import { Link } from "wouter";
import { ApiError } from "../api/client";
import type { GameRules } from "../api/rules";
import type { Decision, MyRound, RoundRecord } from "../api/rounds";
import { titleOf, viewOf } from "../games/registry";
import { formatMinor, formatSigned } from "../state/money";
import { type Loaded, useApp, useRules, useSession, useTitle } from "./hooks";
import { BackIcon } from "./icons";
import { Shell } from "./Shell";
import { voidText } from "./words";

function useRound(roundId: string): [Loaded<MyRound>, () => void] {
  const session = useSession();
  const [loaded, setLoaded] = useState<Loaded<MyRound>>({ state: "loading" });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let gone = false;
    setLoaded({ state: "loading" });
    session.api.round(roundId).then(
      (value) => gone || setLoaded({ state: "ready", value }),
      (error: unknown) => gone || setLoaded({ state: "error", message: error instanceof ApiError ? error.message : "This round cannot be shown right now." }),
    );
    return () => {
      gone = true;
    };
  }, [session, roundId, attempt]);
  return [loaded, () => setAttempt(attempt + 1)];
}

/** What a position is called: by the game's rules, else by its number. */
export function positionName(rules: GameRules | null, spot: ((position: number) => string) | undefined, position: number): string {
  if (spot) return spot(position);
  const named = rules as { positions?: readonly { name: string }[]; paytable?: unknown } | null;
  const rows = Array.isArray(named?.paytable) ? (named.paytable as readonly { position?: number; name: string }[]) : [];
  return named?.positions?.[position]?.name ?? rows.find((row) => row.position === position)?.name ?? `position ${position}`;
}

function Bets({ record, exponent }: { record: MyRound; exponent: number }) {
  const [rules] = useRules(record.game);
  const known = rules.state === "ready" ? rules.value : null;
  const spot = viewOf(record.game)?.spot;
  return (
    <table className="sheet" data-testid="replay-bets">
      <thead>
        <tr>
          <th>My bet</th>
          <th className="num">Stake</th>
          <th className="num">Paid</th>
        </tr>
      </thead>
      <tbody>
        {record.bets.map((bet) => (
          <tr key={bet.bet_id} data-testid="replay-bet" data-stake={bet.stake_minor} data-payout={bet.payout_minor}>
            <td>
              {bet.chips.map(([position, stake]) => `${formatMinor(stake, exponent)} on ${positionName(known, spot, position)}`).join(", ") || (record.client_seed === undefined ? "Put down in play" : "Spin")}
              <small className="replay-id">
                <code>{bet.bet_id}</code>
              </small>
            </td>
            <td className="num">{formatMinor(bet.stake_minor, exponent)}</td>
            <td className="num">{bet.state === "voided" ? "went back" : formatMinor(bet.payout_minor, exponent)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What a verifier needs of a round that was played alone: nobody but its player has it. */
function verifiable(record: MyRound): string {
  const { round_id, game, rules_version, state, commitment, seed, client_seed, nonce, number, detail, stake_minor, payout_minor } = record;
  return JSON.stringify({ round_id, game, rules_version, state, commitment, seed, client_seed, nonce, number, detail, stake_minor, payout_minor });
}

function Fair({ record }: { record: MyRound }) {
  if (record.commitment === "") return <p className="faint">{!record.dealer ? "This round was played before rounds had seeds." : `Dealt by ${record.dealer}: there is no seed.`}</p>;
  const query = new URLSearchParams({ game: record.game, table: record.table_id ?? record.game, round: String(record.round_no ?? record.nonce ?? 0), commitment: record.commitment, seed: record.seed });
  const rows = [
    { name: "Commitment, told before bets", value: record.commitment },
    { name: "Seed, told with the result", value: record.seed },
    { name: "Salt of the chain", value: record.salt ?? "" },
    { name: "Your client seed", value: record.client_seed ?? "" },
    { name: "Nonce", value: record.nonce === undefined ? "" : String(record.nonce) },
  ];
  return (
    <>
      <dl className="seeds-list">
        {rows
          .filter((row) => row.value !== "")
          .map((row) => (
            <div key={row.name}>
              <dt>{row.name}</dt>
              <dd>
                <code>{row.value}</code>
              </dd>
            </div>
          ))}
      </dl>
      {record.client_seed === undefined ? (
        <Link href={`/verify?${query}`} className="button small" data-testid="verify-link">
          Check this round
        </Link>
      ) : record.seed === "" ? (
        <p className="faint">The server's seed is told when you change your seeds, on the game's page. Then this round can be checked.</p>
      ) : (
        <label className="field">
          <span>
            The record as verifiers read it: copy it and <Link href="/verify" data-testid="verify-link">check it</Link>
          </span>
          <textarea readOnly rows={5} value={verifiable(record)} data-testid="replay-record" onFocus={(event) => event.target.select()} />
        </label>
      )}
    </>
  );
}

const ACTIONS: Readonly<Record<string, string>> = {
  hit: "hit",
  stand: "stood",
  double: "doubled",
  split: "split",
  insure: "insured",
  no_insurance: "did not insure",
  cash_out: "cashed out",
};

/** What I did in the round, and what the clock did in my place. */
function Decisions({ decisions }: { decisions: readonly Decision[] }) {
  const known = decisions.filter((one) => one.action in ACTIONS);
  if (known.length === 0) return null;
  return (
    <ol className="plain" aria-label="Decisions" data-testid="replay-decisions">
      {known.map((one, index) => (
        <li key={index} data-action={one.action} data-rule={one.by_rule}>
          {one.by_rule ? "By rule, for want of an answer: " : "You "}
          {ACTIONS[one.action]}
        </li>
      ))}
    </ol>
  );
}

function timeOf(ms: number | null): string {
  return ms === null ? "" : new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" }).format(ms);
}

function Shown({ record }: { record: MyRound }) {
  const exponent = useApp((state) => state.account?.exponent ?? 2);
  const view = viewOf(record.game);
  const mine = new Set(record.bets.flatMap((bet) => bet.chips.map(([position]) => position)));
  const paid = record.payout_minor + record.returned_minor;
  const net = record.payout_minor - record.stake_minor;
  const Replay = view?.Replay;
  const Outcome = view?.Outcome;
  return (
    <div className="replay" data-testid="replay" data-game={record.game} data-round={record.round_id} data-number={record.number ?? ""}>
      <section className="replay-stage" aria-label="Replay of the round">
        <p className="replay-mark" data-testid="replay-mark">
          Replay
        </p>
        {record.number === null ? (
          <p>{record.state === "voided" ? `${voidText(record.void_reason ?? "")} Stakes went back.` : "This round is not over."}</p>
        ) : Replay ? (
          <Replay record={record} mine={mine} />
        ) : (
          Outcome && <Outcome number={record.number} />
        )}
      </section>
      <section className="panel" aria-labelledby="replay-mine">
        <h3 id="replay-mine">My part in it</h3>
        <p data-testid="replay-net" data-net={net}>
          Staked {formatMinor(record.stake_minor, exponent)}, paid {formatMinor(paid, exponent)}, net {formatSigned(net, exponent)}.
        </p>
        <div className="scroll">
          <Bets record={record} exponent={exponent} />
        </div>
        <Decisions decisions={record.decisions} />
      </section>
      <section className="panel" aria-labelledby="replay-fair">
        <h3 id="replay-fair">Fairness</h3>
        <Fair record={record} />
        <p className="faint" data-testid="replay-rules">
          Rules {record.rules_version || "of that time"} · opened {timeOf(record.opened_ms)} · finished {timeOf(record.finished_ms)} · round <code>{record.round_id}</code>
        </p>
      </section>
    </div>
  );
}

function titleOfRound(record: RoundRecord): string {
  return `${titleOf(record.game)}, ${record.table_id === undefined ? `nonce ${record.nonce ?? 0}` : `${record.table_id}, round ${record.round_no ?? 0}`}`;
}

/** One round of mine, looked at again: nothing here is played, nothing can be staked. */
export function ReplayPage({ roundId }: { roundId: string }) {
  const [loaded, again] = useRound(roundId);
  useTitle("Replay");
  const title = loaded.state === "ready" ? titleOfRound(loaded.value) : "A round of yours";
  return (
    <Shell>
      <div className="table-title">
        <Link href="/history" className="button quiet small" data-testid="replay-back">
          <BackIcon /> History
        </Link>
        <h1>{title}</h1>
      </div>
      {loaded.state === "loading" && (
        <p className="empty" role="status">
          Opening the books…
        </p>
      )}
      {loaded.state === "error" && (
        <div className="empty" role="alert" data-testid="replay-error">
          <p>{loaded.message}</p>
          <button type="button" className="button" onClick={again}>
            Try again
          </button>
        </div>
      )}
      {loaded.state === "ready" && <Shown record={loaded.value} />}
    </Shell>
  );
}
