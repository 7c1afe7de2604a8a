// Generated from the Python source by `make schema`. Do not edit.

/** A stake on one position. In one bet a position may stand more than once; equal positions are added up. */
export interface Chip {
  readonly position: number;
  readonly stake_minor: number;
}

/** An announced bet. name: "voisins" (9 units), "tiers" (6 units) or "orphelins" (5 units). */
export interface Call {
  readonly name: string;
  readonly unit_minor: number;
}

/**
 * The player's money as the books have it at journal sequence `seq` of his shard.
 *
 * Units: minor units of the account's currency. available_minor: may be staked now.
 * reserved_minor: staked in rounds that are not yet settled.
 */
export interface Money {
  readonly available_minor: number;
  readonly reserved_minor: number;
  readonly seq: number;
}

/**
 * One table as the lobby shows it.
 *
 * game: "roulette". kind: "rng" (the server spins) or "live" (a dealer spins).
 * max_table_minor: the most one player may have on the whole layout in a round.
 * players: how many are seated now. phase: see `TableSnapshot.phase`. last: its last outcomes, newest first, at most 12.
 */
export interface TableInfo {
  readonly table_id: string;
  readonly game: string;
  readonly kind: string;
  readonly title: string;
  readonly currency: string;
  readonly min_stake_minor: number;
  readonly max_table_minor: number;
  readonly players: number;
  readonly phase: string;
  readonly last: readonly number[];
}

/** One jackpot. amount_minor: what a hit now would pay, in minor units of currency. */
export interface JackpotPool {
  readonly jackpot: number;
  readonly name: string;
  readonly currency: string;
  readonly amount_minor: number;
}

/**
 * Per-position limits by kind of position, and for the whole layout.
 *
 * max_by_size: by class of position, the most one player may have on one position of it. Roulette: a position that
 * covers k numbers is of class k (1, 2, 3, 4, 6, 12, 18). Baccarat: each position is its own class. Blackjack: the kind of
 * bet (position % 10). Crash: all are of class 1.
 */
export interface Limits {
  readonly min_stake_minor: number;
  readonly max_table_minor: number;
  readonly max_by_size: Readonly<Record<number, number>>;
}

/**
 * What one player has on the layout, as everyone at the table may see it: replaces what was shown for `name`.
 *
 * Only the first 60 who bet in a round are shown. stake_minor 0: nothing any more.
 */
export interface SeatBets {
  readonly name: string;
  readonly stake_minor: number;
  readonly chips: readonly Chip[];
}

/** One accepted bet of mine in the current round. */
export interface Bet {
  readonly bet_id: Uint8Array;
  readonly chips: readonly Chip[];
  readonly stake_minor: number;
}

/** A bet that left a flight in time. multiplier: in hundredths. */
export interface CashedOut {
  readonly name: string;
  readonly stake_minor: number;
  readonly multiplier: number;
  readonly payout_minor: number;
}

/**
 * A flight of crash as everybody sees it. takeoff_ms: by the server's clock; the curve in the rules follows from it.
 *
 * riding: bets that are still in it. outs: who left it, the latest first, at most 60.
 */
export interface Flight {
  readonly takeoff_ms: number;
  readonly riding: number;
  readonly outs: readonly CashedOut[];
}

/**
 * A hand at blackjack. seat: 0 .. 6. bet_id: of its owner's main bet. cards: as dealt, numbered as in the rules.
 *
 * state: "waiting", "acting", "stood", "bust", "blackjack"; when all is over "won", "push", "lost" of a hand that was none
 * of the last two. hand: its number, seat * 10 + its place among the seat's hands, 0 .. 3. insured: its seat is.
 */
export interface Hand {
  readonly seat: number;
  readonly name: string;
  readonly bet_id: Uint8Array;
  readonly stake_minor: number;
  readonly cards: readonly number[];
  readonly total: number;
  readonly soft: boolean;
  readonly state: string;
  readonly hand: number;
  readonly insured: boolean;
}

/**
 * All hands of a round of blackjack. dealer: his cards, -1 the hidden one.
 *
 * acting: index into hands of the one that is asked, -1: none (or all, while insurance is offered: then those in state
 * "acting" have not answered). actions: what it may do, see `Act`. until_ms: when the clock acts in its place.
 * insurance: whether it is being offered.
 */
export interface Hands {
  readonly hands: readonly Hand[];
  readonly dealer: readonly number[];
  readonly dealer_total: number;
  readonly acting: number;
  readonly actions: readonly string[];
  readonly until_ms: number;
  readonly insurance: boolean;
}

/**
 * A coup of baccarat while a dealer deals it. player, banker: their cards in the order dealt, numbered as in the rules.
 *
 * due: whose the next card is, 0 the player's, 1 the banker's; -1: all are dealt, the dealer confirms. shoe: number of the
 * shoe at this table. left: how many cards are in it.
 */
export interface Coup {
  readonly player: readonly number[];
  readonly banker: readonly number[];
  readonly player_total: number;
  readonly banker_total: number;
  readonly due: number;
  readonly shoe: number;
  readonly left: number;
}

/** Someone who was paid. payout_minor includes the winning stake. */
export interface Winner {
  readonly name: string;
  readonly payout_minor: number;
}

/** One of my bets after the round. payout_minor includes the stake of winning chips; 0: lost. */
export interface SettledBet {
  readonly bet_id: Uint8Array;
  readonly stake_minor: number;
  readonly payout_minor: number;
}

/**
 * The shoe of a live table and the coup that is dealt from it. seq: the number of the last event; 0: there was none.
 *
 * number: which shoe of the table. state: "loaded" (none yet), "burning", "between" (coups), "round" (cards are out), "over".
 * left: cards in it. to_burn: cards still to be burned. cut: how many cards from the end the cut card lies. rounds: coups dealt
 * to their end. rounds_left: coups that may still be dealt, with the one in play; -1: the cut card has not come.
 * cards: of the coup in play, in the order dealt. due: to whom the next one goes, 0 player, 1 banker; -1: all are dealt.
 */
export interface Shoe {
  readonly seq: number;
  readonly number: number;
  readonly state: string;
  readonly left: number;
  readonly to_burn: number;
  readonly cut: number;
  readonly rounds: number;
  readonly rounds_left: number;
  readonly cards: readonly number[];
  readonly due: number;
}

/** A pair out of use. server_seed: 64 hexadecimal digits, used as text. rounds: how many were played by it. */
export interface RevealedSeed {
  readonly server_seed: string;
  readonly commitment: string;
  readonly client_seed: string;
  readonly rounds: number;
}

/**
 * First request on a connection. Anything else first is a protocol fault.
 *
 * token: the access token from the HTTP API. client: name and version of the client, for logs, at most 64 characters.
 * session_id: of the last `Welcome`, to go on with that session's personal stream behind the envelope's seq.
 */
export interface Hello {
  readonly t: "Hello";
  readonly token: string;
  readonly client?: string;
  readonly session_id?: string;
}

/**
 * Keeps the connection alive. client_ms comes back unchanged, so that the client can measure the round trip.
 *
 * rtt_ms: the round trip of the last answered Ping; -1: none yet.
 */
export interface Ping {
  readonly t: "Ping";
  readonly client_ms: number;
  readonly rtt_ms?: number;
}

/** Asks for the player's money. */
export interface GetBalance {
  readonly t: "GetBalance";
}

/** Asks for the lobby. */
export interface ListTables {
  readonly t: "ListTables";
}

/**
 * Takes a seat, or takes it again. Answered with `TableResumed` or a fresh `TableSnapshot`; the stream's pushes follow.
 *
 * epoch, version: what the client has and can go on from; 0, 0: nothing.
 */
export interface JoinTable {
  readonly t: "JoinTable";
  readonly table_id: string;
  readonly epoch?: number;
  readonly version?: number;
}

/** Stops the table's pushes. Accepted bets stay and are settled. */
export interface LeaveTable {
  readonly t: "LeaveTable";
  readonly table_id: string;
}

/**
 * Places a batch of chips: all or nothing, one stake, one id.
 *
 * Send it unchanged until it is answered; the same bet_id always has the same answer.
 */
export interface PlaceBets {
  readonly t: "PlaceBets";
  readonly table_id: string;
  readonly round_id: Uint8Array;
  readonly bet_id: Uint8Array;
  readonly chips: readonly Chip[];
  readonly calls?: readonly Call[];
}

/** Places once more what I had in my last settled round at this table. */
export interface RepeatBets {
  readonly t: "RepeatBets";
  readonly table_id: string;
  readonly round_id: Uint8Array;
  readonly bet_id: Uint8Array;
}

/** Places once more all that I have on the layout now. */
export interface DoubleBets {
  readonly t: "DoubleBets";
  readonly table_id: string;
  readonly round_id: Uint8Array;
  readonly bet_id: Uint8Array;
}

/** Takes bets back before betting closes. bet_ids: which; empty: all of mine in this round. */
export interface UndoBets {
  readonly t: "UndoBets";
  readonly table_id: string;
  readonly round_id: Uint8Array;
  readonly command_id: Uint8Array;
  readonly bet_ids?: readonly Uint8Array[];
}

/**
 * Does something with one of my bets in phase "playing". Send it unchanged until it is answered.
 *
 * action: crash "cash_out"; blackjack "hit", "stand", "double", "split", "insure", "no_insurance".
 * value: by the game's rules (blackjack: `hand`, the hand's number). Where a stake is put down with it, command_id is the
 * id of that bet.
 */
export interface Act {
  readonly t: "Act";
  readonly table_id: string;
  readonly round_id: Uint8Array;
  readonly command_id: Uint8Array;
  readonly bet_id: Uint8Array;
  readonly action: string;
  readonly value?: number;
}

/** Takes over a live table (the newer dealer wins) and asks for its state. */
export interface DealerSit {
  readonly t: "DealerSit";
  readonly table_id: string;
}

/**
 * Opens a round for betting.
 *
 * command_id: made by the client, of origin class 0. window_s: how long bets are taken; 0: until closed by hand.
 */
export interface DealerOpen {
  readonly t: "DealerOpen";
  readonly table_id: string;
  readonly command_id: Uint8Array;
  readonly window_s?: number;
}

/** No more bets. */
export interface DealerClose {
  readonly t: "DealerClose";
  readonly table_id: string;
  readonly round_id: Uint8Array;
}

/**
 * Enters the number the wheel shows. source: "manual" or "sensor" (role device may send this one message).
 *
 * A number that differs from one already entered replaces it until it is confirmed.
 */
export interface DealerNumber {
  readonly t: "DealerNumber";
  readonly table_id: string;
  readonly round_id: Uint8Array;
  readonly number: number;
  readonly source?: string;
}

/** Confirms the entered number, which must be repeated: the outcome is recorded, published and settled. */
export interface DealerConfirm {
  readonly t: "DealerConfirm";
  readonly table_id: string;
  readonly round_id: Uint8Array;
  readonly number: number;
}

/** Voids the round before a number is confirmed: every stake goes back. */
export interface DealerVoid {
  readonly t: "DealerVoid";
  readonly table_id: string;
  readonly round_id: Uint8Array;
  readonly reason: string;
}

/**
 * Deals the next card of the coup, once no more bets are taken (role device may send it: a scanner).
 *
 * seq: one more than `Shoe.seq`; the same again is answered and not dealt twice. hand: 0 player, 1 banker, -1: whose it is.
 * card: numbered as in the rules. source: "manual" or "sensor".
 */
export interface DealerCard {
  readonly t: "DealerCard";
  readonly table_id: string;
  readonly round_id: Uint8Array;
  readonly seq: number;
  readonly card: number;
  readonly hand?: number;
  readonly source?: string;
}

/** Takes the last card of the coup back, before the coup is confirmed: it was read wrongly, another lies there. */
export interface DealerTakeBack {
  readonly t: "DealerTakeBack";
  readonly table_id: string;
  readonly round_id: Uint8Array;
  readonly seq: number;
  readonly card: number;
  readonly reason?: string;
}

/**
 * Something happened to the shoe. seq: as in `DealerCard`.
 *
 * event: "new": a shuffled shoe is on the table, value is the card turned over first, cut how many cards from the end the
 * cut card lies (14 - 104), reason why, where the shoe before was not over. "burned": value cards were burned, unseen.
 * "cut": the cut card has come.
 */
export interface DealerShoe {
  readonly t: "DealerShoe";
  readonly table_id: string;
  readonly seq: number;
  readonly event: string;
  readonly value?: number;
  readonly cut?: number;
  readonly reason?: string;
}

/**
 * Plays a round. Send it unchanged until it is answered; the same spin_id always has the same answer.
 *
 * game: `TableInfo.table_id` of a table of kind "instant". Ask for `GetSeeds` before the first one.
 */
export interface Spin {
  readonly t: "Spin";
  readonly game: string;
  readonly spin_id: Uint8Array;
  readonly stake_minor: number;
}

/** Asks by which seeds I play; makes the first pair where there is none. */
export interface GetSeeds {
  readonly t: "GetSeeds";
  readonly game: string;
}

/**
 * Takes the pair out of use and reveals it; the seed that next_commitment was told of comes into use with this client_seed.
 *
 * client_seed: 1 to 64 printable ASCII characters without blanks and ":". Send it unchanged until it is answered.
 */
export interface RotateSeed {
  readonly t: "RotateSeed";
  readonly game: string;
  readonly command_id: Uint8Array;
  readonly client_seed: string;
}

/**
 * Answers `Hello`: who you are, what you have, where you can play.
 *
 * server_ms: the server's clock, milliseconds since 1970, to estimate the clock offset.
 * heartbeat_s: send a `Ping` at least this often; silence for twice as long closes the connection.
 * roles: any of "player", "dealer", "device", "staff".
 * recovered: the session of `Hello.session_id` goes on: every personal push behind the seq of Hello follows. If not, the
 * personal stream begins anew at 1, and what may have been missed shows in money and in the tables.
 * started_ms: when this session of play began. net_since_ms: since when net_minor counts; later where that was lost.
 */
export interface Welcome {
  readonly t: "Welcome";
  readonly player_id: number;
  readonly name: string;
  readonly roles: readonly string[];
  readonly session_id: string;
  readonly server_ms: number;
  readonly heartbeat_s: number;
  readonly currency: string;
  readonly exponent: number;
  readonly play_money: boolean;
  readonly money: Money;
  readonly net_minor: number;
  readonly tables: readonly TableInfo[];
  readonly recovered: boolean;
  readonly started_ms: number;
  readonly net_since_ms: number;
}

/** Answers `Ping`. */
export interface Pong {
  readonly t: "Pong";
  readonly client_ms: number;
  readonly server_ms: number;
}

/**
 * Answers `GetBalance`; also pushed on the personal stream. Of two, the one with the higher `money.seq` is true.
 *
 * net_minor: wins minus stakes of rounds settled since this session began.
 */
export interface Balance {
  readonly t: "Balance";
  readonly money: Money;
  readonly net_minor: number;
}

/** Personal push: a play-money bonus tick was paid. tick: its number, the same for all players. */
export interface BonusGranted {
  readonly t: "BonusGranted";
  readonly amount_minor: number;
  readonly tick: number;
  readonly money: Money;
}

/** Personal push: a message for a person. code: a stable word such as "draining"; text: English. */
export interface Notice {
  readonly t: "Notice";
  readonly code: string;
  readonly text: string;
}

/**
 * Answers a request that was refused or could not be carried out; `code` is from the error registry.
 *
 * retryable: the same request with the same ids may be sent again. For OUTCOME_UNKNOWN it must be,
 * until an answer comes: the money may or may not have moved.
 * retry_after_ms: wait at least so long. detail: English, for logs; never needed to understand the refusal.
 */
export interface Error {
  readonly t: "Error";
  readonly code: number;
  readonly name: string;
  readonly retryable: boolean;
  readonly retry_after_ms: number;
  readonly detail: string;
}

/**
 * Personal push: this server is about to close the connection with 4000, and no fault is anybody's.
 *
 * Connect again after_ms later to the same address, where another process is by then, without a back-off of your own: the
 * server has spread its clients. Where nobody answers there, ask for another address, with back-off. reason: a stable word.
 */
export interface Reconnect {
  readonly t: "Reconnect";
  readonly after_ms: number;
  readonly reason: string;
}

/** Table push: this version of the table holds nothing that you may see. It counts like any other. */
export interface Skipped {
  readonly t: "Skipped";
}

/**
 * Push outside of every stream (stream 0, seq 0): all jackpots, at most once a second and only after a change.
 *
 * Only the latest counts. One that a slow client has not read is replaced by the next, so its seq counts nothing.
 */
export interface JackpotPools {
  readonly t: "JackpotPools";
  readonly pools: readonly JackpotPool[];
}

/** Answers `ListTables`. */
export interface Tables {
  readonly t: "Tables";
  readonly tables: readonly TableInfo[];
}

/**
 * Everything a client must know to show the table; the pushes of stream `stream` with seq > `version` change it.
 *
 * phase: "idle" (no round), "betting", "closed" (no more bets, no result yet), "playing" (see flight, hands, coup),
 * "result" (decided, being settled), "paused" (no rounds for now).
 * round_id, round_no: empty bytes and 0 when phase is "idle" or "paused".
 * opens_ms, closes_ms: the betting window by the server's clock; 0 when there is no window, closes_ms 0 for a live
 * round that the dealer closes. number: the outcome in phase "result", else -1; detail: the rest of it (cards), by the
 * game's rules. history: the last numbers, newest first, at most 50. my_bets: my accepted bets in this round, oldest first.
 * can_repeat: I had bets in the last round of mine that was settled.
 * dealer: who deals (live tables), else "". started_ms: when this session of play began.
 * entered, source: a number that is entered and not confirmed, and by whom; only for dealers and staff, else -1 and "".
 * game: as in the lobby. commitment: what the round's outcome was committed to before it opened; "" where a dealer makes it.
 * flight, hands, coup: what is being played, in phase "playing" and until the round ends; at most one of each.
 */
export interface TableSnapshot {
  readonly t: "TableSnapshot";
  readonly stream: number;
  readonly epoch: number;
  readonly version: number;
  readonly info_table_id: string;
  readonly title: string;
  readonly kind: string;
  readonly currency: string;
  readonly limits: Limits;
  readonly phase: string;
  readonly round_id: Uint8Array;
  readonly round_no: number;
  readonly opens_ms: number;
  readonly closes_ms: number;
  readonly server_ms: number;
  readonly number: number;
  readonly history: readonly number[];
  readonly seats: readonly SeatBets[];
  readonly my_bets: readonly Bet[];
  readonly can_repeat: boolean;
  readonly money: Money;
  readonly net_minor: number;
  readonly rules_version: string;
  readonly dealer: string;
  readonly started_ms: number;
  readonly entered: number;
  readonly source: string;
  readonly game: string;
  readonly detail: readonly number[];
  readonly commitment: string;
  readonly flight: readonly Flight[];
  readonly hands: readonly Hands[];
  readonly coup: readonly Coup[];
}

/** Answers `LeaveTable`. */
export interface LeftTable {
  readonly t: "LeftTable";
  readonly table_id: string;
}

/**
 * Answers `PlaceBets`, `RepeatBets` and `DoubleBets`: the stake is reserved in the books, durably.
 *
 * received_ms: when the server got the order, by its clock.
 */
export interface BetsAccepted {
  readonly t: "BetsAccepted";
  readonly table_id: string;
  readonly round_id: Uint8Array;
  readonly bet: Bet;
  readonly received_ms: number;
  readonly money: Money;
}

/** Answers `UndoBets`: the stakes are available again. */
export interface BetsUndone {
  readonly t: "BetsUndone";
  readonly table_id: string;
  readonly round_id: Uint8Array;
  readonly bet_ids: readonly Uint8Array[];
  readonly returned_minor: number;
  readonly money: Money;
}

/**
 * Table push: a round takes bets until closes_ms (0: until the dealer closes it). phase becomes "betting".
 *
 * commitment: SHA-256 (hex) of the text of the seed that decides this round; "" where a dealer does.
 */
export interface RoundOpened {
  readonly t: "RoundOpened";
  readonly round_id: Uint8Array;
  readonly round_no: number;
  readonly opens_ms: number;
  readonly closes_ms: number;
  readonly server_ms: number;
  readonly commitment: string;
}

/** Table push: what these players have on the layout now. Gathers the changes of 200 ms, of more where over 500 look on. */
export interface TableBets {
  readonly t: "TableBets";
  readonly round_id: Uint8Array;
  readonly seats: readonly SeatBets[];
}

/** Table push: no more bets. phase becomes "closed". */
export interface BetsClosed {
  readonly t: "BetsClosed";
  readonly round_id: Uint8Array;
}

/**
 * Table push: the outcome, already durable together with every payout. phase becomes "result".
 *
 * detail: the rest of the outcome, by the game's rules. seed: what was committed to, so that everybody can check; "" where
 * a dealer made the outcome.
 */
export interface RoundResult {
  readonly t: "RoundResult";
  readonly round_id: Uint8Array;
  readonly number: number;
  readonly detail: readonly number[];
  readonly seed: string;
}

/** Table push: every bet is settled in the books. winners: at most 20, the largest first. phase becomes "idle". */
export interface RoundSettled {
  readonly t: "RoundSettled";
  readonly round_id: Uint8Array;
  readonly winners: readonly Winner[];
  readonly next_opens_ms: number;
}

/** Table push: the round does not count; every stake goes back. phase becomes "idle". */
export interface RoundVoided {
  readonly t: "RoundVoided";
  readonly round_id: Uint8Array;
  readonly reason: string;
}

/** Table push: phase becomes "paused" (paused) or "idle" (not paused). dealer: who deals now. */
export interface TablePaused {
  readonly t: "TablePaused";
  readonly paused: boolean;
  readonly reason: string;
  readonly dealer: string;
}

/**
 * Table push, for dealers and staff only: what the wheel shows, not confirmed. source: "manual" or "sensor".
 *
 * Where cards are dealt: what they come to, source "cards"; number -1, source "": a card was taken back.
 *
 * For everyone else this version is `Skipped`.
 */
export interface NumberEntered {
  readonly t: "NumberEntered";
  readonly round_id: Uint8Array;
  readonly number: number;
  readonly source: string;
}

/** Table push: what is played at a table of crash, whole. phase becomes "playing". */
export interface FlightShown {
  readonly t: "FlightShown";
  readonly round_id: Uint8Array;
  readonly server_ms: number;
  readonly flight: Flight;
}

/**
 * Answers a `JoinTable` that told a version: all that was missed follows, nothing else was.
 *
 * Next on stream `stream` come the pushes from the version that JoinTable told, without a hole, up to `version` and on.
 * my_bets, can_repeat, money, net_minor: as in `TableSnapshot`, as of `version`: they hold once that push is applied.
 */
export interface TableResumed {
  readonly t: "TableResumed";
  readonly table_id: string;
  readonly stream: number;
  readonly epoch: number;
  readonly version: number;
  readonly server_ms: number;
  readonly my_bets: readonly Bet[];
  readonly can_repeat: boolean;
  readonly money: Money;
  readonly net_minor: number;
  readonly started_ms: number;
}

/** Personal push: my bets of a round are settled in the books. */
export interface BetsSettled {
  readonly t: "BetsSettled";
  readonly table_id: string;
  readonly round_id: Uint8Array;
  readonly number: number;
  readonly bets: readonly SettledBet[];
  readonly stake_minor: number;
  readonly payout_minor: number;
  readonly money: Money;
  readonly net_minor: number;
}

/** Personal push: these bets do not count; the stakes are available again. reason: a stable word. */
export interface BetsVoided {
  readonly t: "BetsVoided";
  readonly table_id: string;
  readonly round_id: Uint8Array;
  readonly bet_ids: readonly Uint8Array[];
  readonly returned_minor: number;
  readonly reason: string;
  readonly money: Money;
}

/**
 * Answers `Act`: it counts, durably; what came of it is in `FlightShown` or `HandsShown`.
 *
 * stake_minor: what was put down with it. value: crash: the multiplier, in hundredths. money: as of that stake; seq 0
 * where nothing was put down.
 */
export interface Acted {
  readonly t: "Acted";
  readonly table_id: string;
  readonly round_id: Uint8Array;
  readonly command_id: Uint8Array;
  readonly value: number;
  readonly stake_minor: number;
  readonly money: Money;
}

/** Table push: what is played at a table of blackjack, whole. phase becomes "playing". */
export interface HandsShown {
  readonly t: "HandsShown";
  readonly round_id: Uint8Array;
  readonly server_ms: number;
  readonly hands: Hands;
}

/**
 * Table push: what is dealt at a live table of baccarat, whole: each card, and each that is taken back. phase becomes
 * "playing".
 */
export interface CoupShown {
  readonly t: "CoupShown";
  readonly round_id: Uint8Array;
  readonly server_ms: number;
  readonly coup: Coup;
}

/**
 * Answers every dealer message, and is pushed on the personal stream of the dealer (and device) at each change.
 *
 * phase: as in `TableSnapshot`, and "number" (a number is entered, or all cards are dealt; not confirmed).
 * number: entered or confirmed, else -1. source: of that number. bets, players, stake_minor: of this round.
 * shoe: one where cards are dealt.
 */
export interface DealerState {
  readonly t: "DealerState";
  readonly table_id: string;
  readonly phase: string;
  readonly round_id: Uint8Array;
  readonly round_no: number;
  readonly closes_ms: number;
  readonly server_ms: number;
  readonly number: number;
  readonly source: string;
  readonly bets: number;
  readonly players: number;
  readonly stake_minor: number;
  readonly dealer: string;
  readonly shoe: readonly Shoe[];
}

/**
 * Answers `Spin`: the round is in the books, stake and payout in one row.
 *
 * payout_minor: all that was won. number, detail: the outcome by the game's rules; everything that is shown follows from it.
 * commitment, client_seed, nonce: what it was drawn from.
 */
export interface SpinResult {
  readonly t: "SpinResult";
  readonly game: string;
  readonly spin_id: Uint8Array;
  readonly stake_minor: number;
  readonly payout_minor: number;
  readonly number: number;
  readonly detail: readonly number[];
  readonly commitment: string;
  readonly client_seed: string;
  readonly nonce: number;
  readonly money: Money;
  readonly net_minor: number;
  readonly rules_version: string;
}

/**
 * Answers `GetSeeds` and `RotateSeed`. nonce: of the next round. next_commitment: to the server's seed after this one.
 *
 * revealed: the last pairs out of use, the latest first, at most 5.
 */
export interface Seeds {
  readonly t: "Seeds";
  readonly game: string;
  readonly commitment: string;
  readonly client_seed: string;
  readonly nonce: number;
  readonly next_commitment: string;
  readonly revealed: readonly RevealedSeed[];
}

/** Everything a client may say. */
export type ClientMessage =
  | Hello
  | Ping
  | GetBalance
  | ListTables
  | JoinTable
  | LeaveTable
  | PlaceBets
  | RepeatBets
  | DoubleBets
  | UndoBets
  | Act
  | DealerSit
  | DealerOpen
  | DealerClose
  | DealerNumber
  | DealerConfirm
  | DealerVoid
  | DealerCard
  | DealerTakeBack
  | DealerShoe
  | Spin
  | GetSeeds
  | RotateSeed;

/** Everything the gateway may say. */
export type ServerMessage =
  | Welcome
  | Pong
  | Balance
  | BonusGranted
  | Notice
  | Error
  | Reconnect
  | Skipped
  | JackpotPools
  | Tables
  | TableSnapshot
  | LeftTable
  | BetsAccepted
  | BetsUndone
  | RoundOpened
  | TableBets
  | BetsClosed
  | RoundResult
  | RoundSettled
  | RoundVoided
  | TablePaused
  | NumberEntered
  | FlightShown
  | TableResumed
  | BetsSettled
  | BetsVoided
  | Acted
  | HandsShown
  | CoupShown
  | DealerState
  | SpinResult
  | Seeds;
