/** The one living thing behind the pages: login, connection, and the state that React reads. */
import { Api, ApiError, browserApi } from "../api/client";
import type { PlayerInfo } from "../api/types";
import { NoLogin, type SocketLike, type Status } from "../net/around";
import { Connection } from "../net/socket";
import type { Answer } from "../net/unanswered";
import { idKey, newId } from "../protocol/ids";
import type { ClientMessage, DealerState, ServerMessage, TableInfo, TableResumed, TableSnapshot, Welcome } from "../protocol/messages";
import { type Account, applyToAccount, fromWelcome, parseSitting, sittingOf } from "../state/account";
import { applyMine, applyResumed, applyTablePush, fromSnapshot, type TableState } from "../state/table";
import { newerDealerState } from "../state/dealer";

export type ToastTone = "info" | "error" | "win";

export interface Toast {
  readonly id: number;
  readonly tone: ToastTone;
  readonly text: string;
  /** The code of an error, for people who ask for help; "" if there is none. */
  readonly code: string;
}

export interface AppState {
  readonly login: "checking" | "out" | "in";
  readonly player: PlayerInfo | null;
  readonly status: Status;
  readonly online: boolean;
  readonly rttMs: number | null;
  readonly account: Account | null;
  /** While a ball rolls: what the screen goes on showing, so that the balance does not tell the result. */
  readonly heldAccount: Account | null;
  readonly tables: readonly TableInfo[];
  readonly tablesKnown: boolean;
  readonly table: TableState | null;
  readonly dealer: DealerState | null;
  readonly toasts: readonly Toast[];
}

const TOAST_MS = 5_000;
const TOASTS_MAX = 4;
const HOLD_MS = 6_000;
const SITTING_KEY = "croupier.sitting";
export const CLIENT_NAME = "croupier-web/0.1";

/** Why a person must log in again, by what ended the session. */
const LOGIN_AGAIN: Readonly<Partial<Record<Status, string>>> = {
  "signed-out": "Your login has ended. Please log in again.",
  expired: "You have played as long as one session may last. Please log in again.",
  revoked: "Your session was ended, by you on another device or by us. Please log in again.",
};

const INITIAL: AppState = {
  login: "checking",
  player: null,
  status: "idle",
  online: true,
  rttMs: null,
  account: null,
  heldAccount: null,
  tables: [],
  tablesKnown: false,
  table: null,
  dealer: null,
  toasts: [],
};

export class Session {
  readonly api: Api = browserApi();
  readonly connection: Connection;
  private state: AppState = INITIAL;
  private readonly watchers = new Set<() => void>();
  private lastToast = 0;
  private suspense = false;
  private revealed = "";
  private holdTimer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.connection = new Connection(
      {
        openSocket: (url) => new WebSocket(url) as unknown as SocketLike,
        now: () => Date.now(),
        random: () => Math.random(),
        setTimer: (run, ms) => setTimeout(run, ms),
        clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
      },
      { url: () => this.api.gateway(), token: (renew) => this.token(renew) },
      {
        onStatus: (status) => this.onStatus(status),
        onWelcome: (welcome) => this.onWelcome(welcome),
        onSnapshot: (snapshot) => this.onSnapshot(snapshot),
        onResumed: (resumed) => this.onResumed(resumed),
        onTablePush: (tableId, seq, message) => this.onTablePush(tableId, seq, message),
        onPersonalPush: (message) => this.onMine(message),
        onRoundTrip: (rttMs) => this.set({ rttMs }),
      },
      CLIENT_NAME,
    );
    this.set({ online: navigator.onLine });
    addEventListener("online", () => {
      this.set({ online: true });
      this.connection.poke();
    });
    // A hidden page's timers hardly run: whoever comes back to it should not wait for one.
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.connection.poke();
    });
    addEventListener("offline", () => this.set({ online: false }));
  }

  // --- reading ------------------------------------------------------------------------------------------------------

  get = (): AppState => this.state;

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  serverNow(): number {
    return this.connection.clock.serverNow();
  }

  // --- login --------------------------------------------------------------------------------------------------------

  /** Call once: takes up the login that this browser has kept. */
  async begin(): Promise<void> {
    if (!this.api.hasLogin()) {
      this.set({ login: "out" });
      return;
    }
    try {
      this.enter((await this.api.refresh()).player);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 401) this.set({ login: "out" });
      else setTimeout(() => void this.begin(), 2_000); // the service is away: the login is kept and tried again
    }
  }

  enter(player: PlayerInfo): void {
    this.set({ login: "in", player });
    this.connection.start();
  }

  async leave(): Promise<void> {
    this.connection.stop();
    sessionStorage.removeItem(SITTING_KEY);
    this.set({ ...INITIAL, online: this.state.online, toasts: this.state.toasts, login: "out" });
    await this.api.logout();
  }

  private async token(renew: boolean): Promise<string> {
    try {
      return await this.api.accessToken(renew);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) throw new NoLogin();
      throw error;
    }
  }

  // --- orders -------------------------------------------------------------------------------------------------------

  /** Sends a request and folds its answer into the state. */
  async request(body: ClientMessage, keep = false): Promise<Answer> {
    const answer = await this.connection.request(body, keep);
    if (answer.ok) this.onMine(answer.body);
    return answer;
  }

  newId = (nowMs: number): Uint8Array => newId(nowMs);

  /** Sits down, unless we sit there already. */
  async joinTable(tableId: string): Promise<Answer | null> {
    if (this.state.table?.snapshot.info_table_id === tableId) return null;
    return this.connection.join(tableId);
  }

  leaveTable(tableId: string): void {
    this.connection.leave(tableId);
    if (this.state.table?.snapshot.info_table_id === tableId) this.set({ table: null });
  }

  async refreshTables(): Promise<void> {
    await this.request({ t: "ListTables" });
  }

  forgetDealer(): void {
    this.set({ dealer: null });
  }

  /** suspense: a page shows a ball that takes its time, so settled money is held back until `reveal`. */
  setSuspense(suspense: boolean): void {
    this.suspense = suspense;
    if (!suspense) this.holdMoney(false);
  }

  /** The end of this round is in sight now: the money may be as well. */
  reveal(roundKey: string): void {
    this.revealed = roundKey;
    this.holdMoney(false);
  }

  /** A show that has several steps says at each that it goes on. */
  holdOn(): void {
    if (this.state.heldAccount === null) return;
    clearTimeout(this.holdTimer);
    this.holdTimer = setTimeout(() => this.holdMoney(false), HOLD_MS);
  }

  /**
   * Freezes or frees the money shown. It frees itself, so that a fault in an animation cannot hide the truth for long.
   * stakeMinor: of a round whose stake and payout come in one: the stake is seen to go at once.
   */
  private holdMoney(hold: boolean, stakeMinor = 0): void {
    const { account } = this.state;
    if (hold === (this.state.heldAccount !== null)) return;
    clearTimeout(this.holdTimer);
    this.set({ heldAccount: hold && account ? { ...account, money: { ...account.money, available_minor: account.money.available_minor - stakeMinor } } : null });
    if (hold) this.holdTimer = setTimeout(() => this.holdMoney(false), HOLD_MS);
  }

  toast(tone: ToastTone, text: string, code = ""): void {
    const toast = { id: ++this.lastToast, tone, text, code };
    this.set({ toasts: [...this.state.toasts.filter((one) => one.text !== text), toast].slice(-TOASTS_MAX) });
    setTimeout(() => this.dismiss(toast.id), TOAST_MS);
  }

  dismiss(id: number): void {
    this.set({ toasts: this.state.toasts.filter((toast) => toast.id !== id) });
  }

  // --- what comes in ------------------------------------------------------------------------------------------------

  private onStatus(status: Status): void {
    this.set({ status, ...(status === "connected" ? {} : { rttMs: null }) });
    const why = LOGIN_AGAIN[status];
    if (why === undefined) return;
    this.toast("error", why);
    void this.leave();
  }

  private onWelcome(welcome: Welcome): void {
    const before = this.state.account;
    const account = fromWelcome(welcome, before ? sittingOf(before) : parseSitting(sessionStorage.getItem(SITTING_KEY)));
    this.set({ account, tables: welcome.tables, tablesKnown: true, heldAccount: before ? this.state.heldAccount : null });
  }

  private onSnapshot(snapshot: TableSnapshot): void {
    const account = this.state.account && applyToAccount(this.state.account, snapshot);
    this.set({ table: fromSnapshot(snapshot, this.state.table), account });
  }

  private onResumed(resumed: TableResumed): void {
    const { account, table } = this.state;
    this.set({ ...(account && { account: applyToAccount(account, resumed) }), ...(table && { table: applyResumed(table, resumed) }) });
  }

  private onTablePush(tableId: string, seq: number, message: ServerMessage): void {
    const { table } = this.state;
    if (table?.snapshot.info_table_id === tableId) this.set({ table: applyTablePush(table, seq, message) });
  }

  private onMine(message: ServerMessage): void {
    if (message.t === "BetsSettled" && this.suspense && idKey(message.round_id) !== this.revealed) this.holdMoney(true);
    if (message.t === "SpinResult" && this.suspense && idKey(message.spin_id) !== this.revealed) this.holdMoney(true, message.stake_minor);
    const { account, table } = this.state;
    const next: Partial<{ -readonly [K in keyof AppState]: AppState[K] }> = {};
    if (account) next.account = applyToAccount(account, message);
    if (table) next.table = applyMine(table, message);
    if (message.t === "Tables") next.tables = message.tables;
    if (message.t === "DealerState") next.dealer = newerDealerState(this.state.dealer, message);
    this.set(next);
    if (message.t === "Notice") this.toast("info", message.text, message.code);
    if (message.t === "BonusGranted") this.onBonus?.(message.amount_minor);
  }

  /** Set by the shell, which knows how money is written. */
  onBonus: ((amountMinor: number) => void) | null = null;

  private set(change: Partial<AppState>): void {
    this.state = { ...this.state, ...change };
    if (change.account) sessionStorage.setItem(SITTING_KEY, JSON.stringify(sittingOf(change.account)));
    for (const watcher of this.watchers) watcher();
  }
}
