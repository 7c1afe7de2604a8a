import { useEffect, useState } from "react";
import { useApp, useConnectionState } from "../../app/hooks";
import { formatMinor } from "../../state/money";
import type { LastRound, TableState } from "../../state/table";
import { ClothNote } from "../shared/ClothNote";
import { HelpDialog, type Key } from "../shared/Help";
import { Seats, Winners } from "../shared/Panels";
import { Rail } from "../shared/Rail";
import { Countdown, MyResult, PhaseLine, resultClass, RoundVoid, TimeBar } from "../shared/Stage";
import { TableFoot } from "../shared/TableFoot";
import { useBetting, useBettingKeys } from "../shared/useBetting";
import { useRoundShow } from "../shared/useRoundShow";
import { Felt } from "./Felt";
import { PlayBar, questionText } from "./PlayBar";
import { askedHand, classOf, dealerText, endOf, isOver, KIND_NAMES, type Kind, seatsOf, totalOf } from "./seats";
import { useActing } from "./useActing";

const KEYS: readonly Key[] = [
  { keys: "Tab, Enter", what: "walk over the circles and lay the chosen chip" },
  { keys: "H", what: "hit: take a card" },
  { keys: "S", what: "stand" },
  { keys: "D", what: "in your turn: double the hand" },
  { keys: "P", what: "split a pair" },
  { keys: "I, N", what: "insure, or not" },
];
const WORDS = { closed: "Cards are dealt", playing: "Cards are in play" };
const TURN_CARD_MS = 600;
const DRAW_CARD_MS = 550;

/** Returns how long the dealer's end takes to be seen: his hidden card is turned, then the others come one by one. */
function dealerMs(last: LastRound): number {
  const cards = endOf(last)?.dealer.length ?? 0;
  return TURN_CARD_MS + Math.max(0, cards - 2) * DRAW_CARD_MS;
}

/** Says what happens to my hands while nobody hears me. */
function Away({ asked, playing }: { asked: boolean; playing: boolean }) {
  if (!playing) return null;
  return (
    <p className="bj-away" role="alert" data-testid="turn-away" data-asked={asked}>
      {asked ? "It is your turn, and the clock goes on: " : "You have hands in play. When one is asked while you are away, "}
      if no answer comes in time, the hand stands and is not insured.
    </p>
  );
}

function History({ history }: { history: readonly number[] }) {
  if (history.length === 0) return null;
  return (
    <ol className="bj-history" aria-label="The dealer's last totals, newest first" data-testid="last-numbers">
      {history.slice(0, 10).map((number, index) => (
        <li key={history.length - index} data-number={number}>
          {dealerText(number)}
        </li>
      ))}
    </ol>
  );
}

function Result({ last, exponent }: { last: LastRound; exponent: number }) {
  if (last.number < 0) return <RoundVoid reason={last.voidReason} />;
  const dealer = endOf(last)?.dealer ?? [];
  const { total } = totalOf(dealer);
  const what = total > 21 ? "Dealer is bust" : dealer.length === 2 && total === 21 ? "Dealer has a blackjack" : `Dealer has ${total}`;
  return (
    <div className={resultClass(last.mine)} data-testid="result" data-number={last.number} role="status">
      <div>
        <strong>{dealer.length > 0 ? what : `Dealer: ${dealerText(last.number)}`}</strong>
        <MyResult mine={last.mine} exponent={exponent} />
      </div>
    </div>
  );
}

/** One blackjack table: bets before the cards, decisions in between, and the end. */
export function BlackjackTable({ table }: { table: TableState }) {
  const { snapshot } = table;
  const exponent = useApp((state) => state.account?.exponent ?? 2);
  const me = useApp((state) => state.player?.name ?? "");
  const connected = useConnectionState() === "connected";
  const [help, setHelp] = useState(false);
  const betting = useBetting(table, classOf);
  const acting = useActing();
  useBettingKeys(betting, () => setHelp(true));
  const show = useRoundShow(table, dealerMs);

  const between = snapshot.phase === "idle" || snapshot.phase === "paused";
  const past = between && table.last !== null && table.last.number >= 0 ? table.last : null;
  const ended = between ? past : snapshot.phase === "result" ? table.last : null;
  const hands = ended ? endOf(ended) : (snapshot.hands[0] ?? null);
  const hidden = show.rolling || (!between && snapshot.phase !== "result" && hands !== null && isOver(hands));
  const layout = { seats: between ? (past?.seats ?? []) : snapshot.seats, bets: between ? (past?.bets ?? []) : snapshot.my_bets, pending: betting.pending, hands };
  const seats = seatsOf(layout, me);
  const playing = snapshot.phase === "playing" && hands !== null && !isOver(hands);
  const asked = playing ? askedHand(hands, me) : null;
  const iPlay = playing && seats.some((seat) => seat.mine && seat.hands.length > 0);
  const waiting = acting.waiting()?.action ?? "";
  const question = asked && hands ? questionText(hands, asked, exponent) : "";
  const { say } = betting;
  useEffect(() => {
    if (question !== "") say(question);
  }, [question, say]);

  const place = (position: number) => {
    const kind = KIND_NAMES[classOf(position) as Kind];
    if (betting.controller.place(position, betting.chip)) say(`${formatMinor(betting.chip, exponent)} on seat ${Math.floor(position / 10) + 1}, ${kind}`);
  };

  return (
    <div className="table table-bj" data-testid="table" data-table={snapshot.info_table_id}>
      <Felt seats={seats} hands={hands} me={me} open={betting.open} values={betting.values} exponent={exponent} hidden={hidden} onPlace={place}>
        <div className="bj-corner">
          <div className="stage-now">
            {snapshot.phase !== "playing" && <Countdown snapshot={snapshot} nextOpensMs={table.nextOpensMs} />}
            <PhaseLine snapshot={snapshot} words={hidden ? { closed: "The dealer plays" } : WORDS} hidden={show.rolling} />
          </div>
          <div className="stage-result">{(between || snapshot.phase === "result") && show.shown !== null && <Result last={show.shown} exponent={exponent} />}</div>
        </div>
        <History history={show.history} />
        <ClothNote phase={snapshot.phase} />
        {!connected && <Away asked={asked !== null} playing={iPlay} />}
      </Felt>
      {playing ? (
        <PlayBar
          hands={hands}
          asked={asked}
          waiting={waiting}
          connected={connected}
          availableMinor={snapshot.money.available_minor}
          exponent={exponent}
          onAct={(hand, action) => acting.act(hand, action)}
        />
      ) : (
        <Rail betting={betting} exponent={exponent} time={<TimeBar snapshot={snapshot} />} />
      )}
      <section className="extras" aria-label="Players">
        <section className="panel" aria-labelledby="bj-how">
          <h3 id="bj-how">How to sit down</h3>
          <p className="faint">
            Lay a chip on a free circle: the seat is yours for this round. PP (perfect pairs) and 21+3 stand beside your main bet; on another's seat you may bet behind. Who is asked has 12 seconds; then the
            clock stands for the hand.
          </p>
        </section>
        <Seats seats={layout.seats} me={me} exponent={exponent} />
        <Winners winners={show.rolling ? null : (show.shown?.winners ?? null)} me={me} exponent={exponent} />
      </section>
      <TableFoot table={table} exponent={exponent} words="main bet returns 99.59 % at best play" hidden={hidden} onHelp={() => setHelp(true)} />
      <p className="unseen" aria-live="polite" data-testid="said">
        {betting.said}
      </p>
      {help && <HelpDialog first={KEYS} hint="Keys work wherever the focus is." onClose={() => setHelp(false)} />}
    </div>
  );
}
