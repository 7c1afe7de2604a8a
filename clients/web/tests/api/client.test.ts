import { describe, expect, it } from "vitest";
import { Api, ApiError } from "../../src/api/client";

interface Call {
  readonly path: string;
  readonly init: RequestInit;
}

function session(n: number) {
  return { player: { player_id: 1, name: "ann", roles: ["player"] }, access_token: `access-${n}`, access_expires_s: 900, refresh_token: `refresh-${n}`, funded: true };
}

function answer(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
}

const refused = (status: number, code: string) => answer(status, { error: { code, message: `no: ${code}`, status } });

function makeApi(handle: (call: Call, n: number) => Response | Promise<Response>) {
  const calls: Call[] = [];
  const kept = new Map<string, string>();
  const clock = { now: 0 };
  const api = new Api({
    fetch: async (path, init) => {
      calls.push({ path, init });
      return handle({ path, init }, calls.length);
    },
    store: { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key) },
    now: () => clock.now,
    exclusively: (_, work) => work(),
  });
  return { api, calls, kept, clock };
}

describe("tokens", () => {
  it("keep only the refresh token in storage", async () => {
    const { api, kept } = makeApi(() => answer(201, session(1)));
    await api.register("ann", "secret-password");
    expect([...kept.values()]).toEqual(["refresh-1"]);
    expect(await api.accessToken()).toBe("access-1");
  });

  it("are refreshed once, however many ask", async () => {
    const { api, calls, clock } = makeApi((_, n) => answer(200, session(n)));
    await api.login("ann", "secret-password");
    clock.now = 900_000;
    const tokens = await Promise.all([api.accessToken(), api.accessToken(), api.accessToken(true)]);
    expect(new Set(tokens)).toEqual(new Set(["access-2"]));
    expect(calls.filter((call) => call.path === "/api/refresh")).toHaveLength(1);
  });

  it("are forgotten when the refresh token is refused", async () => {
    const { api, kept } = makeApi((call, n) => (call.path === "/api/refresh" ? refused(401, "TOKEN_INVALID") : answer(200, session(n))));
    await api.login("ann", "secret-password");
    await expect(api.accessToken(true)).rejects.toMatchObject({ status: 401 });
    expect(kept.size).toBe(0);
    expect(api.hasLogin()).toBe(false);
  });

  it("are kept when the service is only away", async () => {
    const { api } = makeApi((call, n) => (call.path === "/api/refresh" ? refused(503, "UNAVAILABLE") : answer(200, session(n))));
    await api.login("ann", "secret-password");
    await expect(api.accessToken(true)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(api.hasLogin()).toBe(true);
  });
});

describe("calls", () => {
  it("are repeated once with a new token after 401", async () => {
    let asked = 0;
    const { api, calls } = makeApi((call, n) => {
      if (!call.path.startsWith("/api/history")) return answer(200, session(n));
      asked += 1;
      return asked === 1 ? refused(401, "TOKEN_EXPIRED") : answer(200, { items: [], next_before: null });
    });
    await api.login("ann", "secret-password");
    expect(await api.history(77, 20)).toEqual({ items: [], next_before: null });
    expect(calls.at(-1)?.path).toBe("/api/history?limit=20&before=77");
    expect((calls.at(-1)?.init.headers as Record<string, string>).Authorization).toBe("Bearer access-3");
  });

  it("that never arrive say so in words", async () => {
    const { api } = makeApi(() => Promise.reject(new TypeError("network")));
    await expect(api.config()).rejects.toMatchObject({ code: "OFFLINE" });
  });

  it("answered by something that is not ours are an outage", async () => {
    const { api } = makeApi(() => new Response("<html>", { status: 502 }));
    const problem = await api.config().catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(ApiError);
    expect(problem).toMatchObject({ code: "UNAVAILABLE", status: 502 });
  });

  it("log out here even when the server cannot be told", async () => {
    const { api } = makeApi((call, n) => (call.path === "/api/logout" ? refused(503, "UNAVAILABLE") : answer(200, session(n))));
    await api.login("ann", "secret-password");
    await api.logout();
    expect(api.hasLogin()).toBe(false);
  });

  it("ask for the rules again after a failure, and only then", async () => {
    const { api, calls } = makeApi((_, n) => (n === 1 ? refused(503, "UNAVAILABLE") : answer(200, { game: "roulette" })));
    await expect(api.rules("roulette")).rejects.toBeInstanceOf(ApiError);
    await api.rules("roulette");
    await api.rules("roulette");
    expect(calls).toHaveLength(2);
  });
});

describe("gateway", () => {
  const config = (ws_url: string, ...ws_urls: string[]) => answer(200, { ws_url, ws_urls });

  it("stays the one we were at while it takes clients, whosever turn it is", async () => {
    const { api } = makeApi((_, n) => config(n === 1 ? "ws://a" : "ws://b", "ws://a", "ws://b"));
    expect([await api.gateway(), await api.gateway()]).toEqual(["ws://a", "ws://a"]);
  });

  it("is another one when ours takes no clients any more", async () => {
    const { api } = makeApi((_, n) => (n === 1 ? config("ws://a", "ws://a", "ws://b") : config("ws://b", "ws://b")));
    expect([await api.gateway(), await api.gateway()]).toEqual(["ws://a", "ws://b"]);
  });
});
