/**
 * The HTTP API. The access token lives in memory; the refresh token, which serves once, in `Storage`.
 *
 * However many calls find the access token expired, one refresh runs: inside a page by a shared promise, between the
 * pages of one browser by a Web Lock, after which the stored token is read again.
 */
import type { GameRules } from "./rules";
import type { MyRound } from "./rounds";
import type { ClientConfig, History, LoginSession, PlayerInfo } from "./types";

export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

export interface TokenStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface ApiHost {
  fetch(path: string, init: RequestInit): Promise<Response>;
  store: TokenStore;
  now(): number;
  /** Runs `work` while no other page of this browser runs work under the same name. */
  exclusively<T>(name: string, work: () => Promise<T>): Promise<T>;
}

const REFRESH_KEY = "croupier.refresh";
/** Renew a little early, so that a token does not expire on its way. */
const MARGIN_MS = 20_000;

interface Access {
  readonly token: string;
  readonly untilMs: number;
}

export class Api {
  private access: Access | null = null;
  private refreshing: Promise<LoginSession> | null = null;
  private readonly rulesOnce = new Map<string, Promise<GameRules>>();
  private gatewayUrl = "";

  constructor(private readonly host: ApiHost) {}

  hasLogin(): boolean {
    return this.host.store.getItem(REFRESH_KEY) !== null;
  }

  async register(name: string, password: string): Promise<PlayerInfo> {
    return this.remember(await this.send<LoginSession>("POST", "/api/register", { name, password })).player;
  }

  async login(name: string, password: string): Promise<PlayerInfo> {
    return this.remember(await this.send<LoginSession>("POST", "/api/login", { name, password })).player;
  }

  /** Forgets the login here at once; the server is told, but its answer is not needed. */
  async logout(): Promise<void> {
    const refresh = this.host.store.getItem(REFRESH_KEY);
    this.forget();
    if (refresh === null) return;
    try {
      await this.send("POST", "/api/logout", { refresh_token: refresh });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }

  /** Returns a valid access token. renew: the one we have was refused. Throws ApiError 401 when a login is needed. */
  async accessToken(renew = false): Promise<string> {
    if (!renew && this.access !== null && this.access.untilMs > this.host.now()) return this.access.token;
    return (await this.refresh()).access_token;
  }

  /** Exchanges the stored refresh token; at most one exchange at a time. */
  refresh(): Promise<LoginSession> {
    this.refreshing ??= this.host
      .exclusively("croupier.refresh", () => this.exchange())
      .finally(() => {
        this.refreshing = null;
      });
    return this.refreshing;
  }

  config(): Promise<ClientConfig> {
    return this.send("GET", "/api/config");
  }

  /** Says where to connect: where we were, while that gateway takes clients. One that restarts has a successor there. */
  async gateway(): Promise<string> {
    const config = await this.config();
    if (!config.ws_urls?.includes(this.gatewayUrl)) this.gatewayUrl = config.ws_url;
    return this.gatewayUrl;
  }

  /** A game's rules do not change while a page lives: asked once, unless asking failed. Needs no login. */
  rules(game: string): Promise<GameRules> {
    const known = this.rulesOnce.get(game);
    if (known !== undefined) return known;
    const asked = this.send<GameRules>("GET", `/api/games/${encodeURIComponent(game)}`).catch((error: unknown) => {
      this.rulesOnce.delete(game);
      throw error;
    });
    this.rulesOnce.set(game, asked);
    return asked;
  }

  history(before: number | null, limit: number): Promise<History> {
    const query = before === null ? `limit=${limit}` : `limit=${limit}&before=${before}`;
    return this.authorised("GET", `/api/history?${query}`);
  }

  /** One round that I had a bet in. */
  round(roundId: string): Promise<MyRound> {
    return this.authorised("GET", `/api/me/rounds/${encodeURIComponent(roundId)}`);
  }

  private async exchange(): Promise<LoginSession> {
    const refresh = this.host.store.getItem(REFRESH_KEY);
    if (refresh === null) throw new ApiError("NO_LOGIN", "Please log in.", 401);
    try {
      return this.remember(await this.send<LoginSession>("POST", "/api/refresh", { refresh_token: refresh }));
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.forget();
      throw error;
    }
  }

  private remember(session: LoginSession): LoginSession {
    const lifetimeMs = session.access_expires_s * 1000;
    const untilMs = this.host.now() + Math.max(lifetimeMs - MARGIN_MS, lifetimeMs / 2);
    this.access = { token: session.access_token, untilMs };
    this.host.store.setItem(REFRESH_KEY, session.refresh_token);
    return session;
  }

  private forget(): void {
    this.access = null;
    this.host.store.removeItem(REFRESH_KEY);
  }

  private async authorised<T>(method: string, path: string): Promise<T> {
    try {
      return await this.send<T>(method, path, undefined, await this.accessToken());
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      return this.send<T>(method, path, undefined, await this.accessToken(true));
    }
  }

  private async send<T>(method: string, path: string, body?: unknown, token?: string): Promise<T> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (token !== undefined) headers.Authorization = `Bearer ${token}`;
    let response: Response;
    try {
      response = await this.host.fetch(path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    } catch {
      throw new ApiError("OFFLINE", "The casino cannot be reached. Check your connection and try again.", 0);
    }
    if (!response.ok) throw await readError(response);
    return (response.status === 204 ? undefined : await response.json()) as T;
  }
}

async function readError(response: Response): Promise<ApiError> {
  try {
    const { error } = (await response.json()) as { error: { code: string; message: string; status: number } };
    return new ApiError(error.code, error.message, response.status);
  } catch {
    return new ApiError("UNAVAILABLE", "The casino does not answer properly right now. Try again soon.", response.status);
  }
}

/** The API of this browser. */
export function browserApi(): Api {
  return new Api({
    fetch: (path, init) => fetch(path, init),
    store: localStorage,
    now: () => Date.now(),
    // Locks exist only on secure origins; elsewhere two pages may race, and the loser logs in again.
    exclusively: (name, work) => ("locks" in navigator ? navigator.locks.request(name, work) : work()) as ReturnType<typeof work>,
  });
}
