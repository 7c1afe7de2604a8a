/**
 * Which view plays which game. A new game is one more entry: nothing else in the client knows games by name. Pages import
 * this file, so views import no page and no `Shell`.
 */
import type { ComponentType } from "react";
import type { GameRules } from "../api/rules";
import type { RoundRecord } from "../api/rounds";
import type { TableState } from "../state/table";
import { BaccaratOutcome } from "./baccarat/BaccaratOutcome";
import { BaccaratReplay } from "./baccarat/BaccaratReplay";
import { BaccaratTable } from "./baccarat/BaccaratTable";
import { BlackjackOutcome, BlackjackPaytable } from "./blackjack/BlackjackPaytable";
import { BlackjackReplay } from "./blackjack/BlackjackReplay";
import { BlackjackTable } from "./blackjack/BlackjackTable";
import { spotName } from "./blackjack/seats";
import { CrashTable } from "./crash/CrashTable";
import { formatMultiplier } from "./crash/curve";
import { Bust } from "./crash/Panels";
import { RoulettePaytable } from "./roulette/RoulettePaytable";
import { RouletteReplay } from "./roulette/RouletteReplay";
import { RouletteOutcome } from "./roulette/RouletteOutcome";
import { RouletteTable } from "./roulette/RouletteTable";
import { SlotPage } from "./slot/SlotPage";
import { SlotOutcome, SlotPaytable } from "./slot/SlotPaytable";
import { SlotReplay } from "./slot/SlotReplay";

export interface GameName {
  /** As in `TableInfo.game` and `GET /api/games/{name}`. */
  readonly name: string;
  readonly title: string;
}

export interface GameView {
  readonly games: readonly GameName[];
  /** Heading in the lobby, and a sentence under it. */
  readonly title: string;
  readonly about: string;
  /** What makes the outcome where no dealer does, on the lobby's card. */
  readonly tag: string;
  /** The picture on the lobby's card: class `art-ART`. */
  readonly art: string;
  /** A table of this game, once the seat is taken. Its rules it fetches itself. */
  readonly Table?: ComponentType<{ readonly table: TableState }>;
  /** A game without a table: its page, at `/play/NAME`. */
  readonly Instant?: ComponentType<{ readonly game: string }>;
  /** An outcome in a line of text: history, lobby. */
  readonly Outcome: ComponentType<{ readonly number: number }>;
  /** Replaces the plain paytable of the rules page. */
  readonly Paytable?: ComponentType<{ readonly rules: GameRules }>;
  /** All of a recorded round. mine: positions that I had something on. */
  readonly Replay?: ComponentType<{ readonly record: RoundRecord; readonly mine: ReadonlySet<number> }>;
  /** What a position is called, where the rules do not name it. */
  readonly spot?: (position: number) => string;
}

export const VIEWS: readonly GameView[] = [
  {
    games: [{ name: "roulette", title: "European roulette" }],
    title: "Roulette",
    about: "One wheel, one zero, everyone at once.",
    tag: "Automatic wheel",
    art: "wheel",
    Table: RouletteTable,
    Outcome: RouletteOutcome,
    Paytable: RoulettePaytable,
    Replay: RouletteReplay,
  },
  {
    games: [{ name: "blackjack", title: "Blackjack" }],
    title: "Blackjack",
    about: "Seven seats, six decks, the dealer stands on every 17.",
    tag: "Dealt by the house",
    art: "blackjack",
    Table: BlackjackTable,
    Outcome: BlackjackOutcome,
    Paytable: BlackjackPaytable,
    Replay: BlackjackReplay,
    spot: spotName,
  },
  {
    games: [
      { name: "baccarat", title: "Punto banco" },
      { name: "baccarat-no-commission", title: "Punto banco without commission" },
    ],
    title: "Punto banco",
    about: "Player or banker: the hand nearer to nine wins.",
    tag: "Dealt by the house",
    art: "cards",
    Table: BaccaratTable,
    Outcome: BaccaratOutcome,
    Replay: BaccaratReplay,
  },
  {
    games: [{ name: "crash", title: "Crash" }],
    title: "Crash",
    about: "The multiplier climbs until it busts: leave in time.",
    tag: "Judged by the server's clock",
    art: "flight",
    Table: CrashTable,
    Outcome: ({ number }) => <Bust multiplier={number} />,
    spot: (position) => (position > 0 ? `an automatic cash-out at ${formatMultiplier(position)}` : "a cash-out by hand"),
  },
  {
    games: [{ name: "slot", title: "Lantern Bay" }],
    title: "Slot",
    about: "Five reels, twenty lines, alone and at your own pace.",
    tag: "Five reels",
    art: "slot",
    Instant: SlotPage,
    Outcome: SlotOutcome,
    Paytable: SlotPaytable,
    Replay: SlotReplay,
  },
];

/** Returns the view of a game, or null where this client has none. */
export function viewOf(game: string): GameView | null {
  return VIEWS.find((view) => view.games.some((one) => one.name === game)) ?? null;
}

export function titleOf(game: string): string {
  return viewOf(game)?.games.find((one) => one.name === game)?.title ?? game;
}

/** Returns the game that a page is about: the one at its table, of its path, or the first. */
export function gameOf(path: string, played: string): string {
  const named = /^\/(?:play|rules)\/([^/]+)/.exec(path)?.[1];
  if (named !== undefined) return decodeURIComponent(named);
  return (path.startsWith("/table/") && played) || VIEWS[0]!.games[0]!.name;
}
