/** The web client's connection against the scripted servers that every client must satisfy: docs/conformance.md. */
import { readdirSync, readFileSync } from "node:fs";
import { decode } from "@msgpack/msgpack";
import { describe, expect, it } from "vitest";
import { Connection } from "../../src/net/socket";
import type { Listener, SocketLike } from "../../src/net/around";
import { decodeClientFrame } from "../../src/protocol/codec";
import { fromHex, idKey } from "../../src/protocol/ids";
import type { ClientMessage, ServerMessage } from "../../src/protocol/messages";
import { type Account, applyToAccount, fromWelcome } from "../../src/state/account";
import { applyMine, applyResumed, applyTablePush, fromSnapshot, type TableState } from "../../src/state/table";
import { pack } from "./pack";
import { settle } from "./fakes";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Step = { [verb: string]: Json };
interface File {
  readonly bodies: { [name: string]: Json[] };
  readonly transcripts: { readonly name: string; readonly random?: number; readonly steps: Step[] }[];
}

const FOLDER = new URL("../../../../tests/conformance/", import.meta.url);
const PING = 3;
const STEP_MS = 10;
const STOPPED = ["replaced", "away", "expired", "revoked", "failed", "signed-out"];

function plain(value: unknown): Json {
  if (value instanceof Uint8Array) return `hex:${idKey(value)}`;
  return Array.isArray(value) ? value.map(plain) : (value as Json);
}

/** A client on a stage: its clock, its sockets and its server are the transcript's. */
class Player {
  private now = 5_000;
  private timers: { readonly atMs: number; readonly run: () => void }[] = [];
  private sockets: SocketLike[] = [];
  private readonly connection: Connection;
  private readonly names = new Map<string, Json>();
  private outbox: Json[][] = [];
  private events: string[] = [];
  private renewed = false;
  private account: Account | null = null;
  private readonly tables = new Map<string, TableState>();

  constructor(
    private readonly bodies: File["bodies"],
    random: number,
  ) {
    const listener: Listener = {
      onStatus: () => undefined,
      onRoundTrip: () => undefined,
      onWelcome: (welcome) => {
        this.account = fromWelcome(welcome, null);
      },
      onSnapshot: (snapshot) => {
        this.tables.set(snapshot.info_table_id, fromSnapshot(snapshot, this.tables.get(snapshot.info_table_id) ?? null));
        this.mine(snapshot);
        this.events.push(`snapshot ${snapshot.info_table_id} ${snapshot.version}`);
      },
      onResumed: (resumed) => {
        this.tables.set(resumed.table_id, applyResumed(this.table(resumed.table_id), resumed));
        this.mine(resumed);
        this.events.push(`resumed ${resumed.table_id} ${resumed.version}`);
      },
      onTablePush: (tableId, seq, message) => {
        this.tables.set(tableId, applyTablePush(this.table(tableId), seq, message));
        this.events.push(`push ${tableId} ${message.t}`);
      },
      onPersonalPush: (message) => {
        this.mine(message);
        this.events.push(`personal ${message.t}`);
      },
    };
    const around = {
      openSocket: () => this.openSocket(),
      now: () => this.now,
      random: () => random,
      setTimer: (run: () => void, ms: number) => {
        const timer = { atMs: this.now + ms, run };
        this.timers.push(timer);
        return timer;
      },
      clearTimer: (timer: unknown) => {
        this.timers = this.timers.filter((other) => other !== timer);
      },
    };
    const token = async (renew: boolean) => {
      this.renewed = renew;
      return renew ? "token-2" : "token-1";
    };
    this.connection = new Connection(around, { url: async () => "ws://gateway", token }, listener, "test");
  }

  // --- steps --------------------------------------------------------------------------------------------------------

  async play(step: Step): Promise<void> {
    const [verb] = Object.keys(step);
    const value = step[verb as string] as Json;
    const list = value as Json[];
    switch (verb) {
      case "do":
        this.order(step);
        break;
      case "pass_ms":
        await this.pass(value as number);
        break;
      case "server":
        this.socket.onmessage?.({ data: pack(this.wire(value)) } as never);
        break;
      case "close":
        this.outbox = [];
        this.socket.onclose?.({ code: value } as never);
        break;
      case "reconnect":
        await this.reconnect(value as string);
        break;
      case "expect_send":
        this.expectSend(list);
        break;
      case "expect_silence":
        expect(this.outbox.filter((frame) => !isPing(frame))).toEqual([]);
        break;
      case "expect_events":
        expect(this.events.splice(0)).toEqual(value);
        break;
      case "expect_table":
        expect(this.seen(list[0] as string)).toMatchObject(list[1] as object);
        break;
      case "expect_money": {
        const { money, netMinor, earlierNetMinor } = this.account as Account;
        expect([money.available_minor, money.reserved_minor, money.seq, netMinor + earlierNetMinor]).toEqual(value);
        break;
      }
      case "expect_longer": {
        const waits = list.map((name) => this.names.get(name as string) as number);
        expect(waits).toEqual([...new Set(waits)].sort((a, b) => a - b));
        break;
      }
      case "expect_within":
        this.expectWithin(this.names.get(list[0] as string) as number, list[1] as number, list[2] as number);
        break;
      case "expect_renewed":
        expect(this.renewed).toBe(value);
        break;
      case "expect_stopped": {
        const opened = this.sockets.length;
        await this.pass(60_000);
        expect(this.sockets).toHaveLength(opened);
        expect(STOPPED).toContain(this.connection.status);
        break;
      }
      case "expect_clock_ms":
        this.expectWithin(this.connection.clock.serverNow() - this.now, list[0] as number, list[1] as number);
        break;
      default:
        throw new Error(`no such step: ${verb}`);
    }
    await settle();
  }

  private order(step: Step): void {
    const table = step.table as string;
    if (step.do === "start") this.connection.start();
    else if (step.do === "join") void this.connection.join(table);
    else if (step.do === "leave") this.connection.leave(table);
    else if (step.do === "order") void this.send(step.handle as string, step.body as Json);
    else throw new Error(`cannot do ${step.do}`);
  }

  private async send(handle: string, body: Json): Promise<void> {
    const frame = decodeClientFrame(pack([1, 1, 1, 0, this.wire(body)] as Json[]));
    if (!frame.ok) throw new Error(frame.fault.detail);
    const answer = await this.connection.request(frame.frame.body as ClientMessage, true);
    if (answer.ok) this.mine(answer.body);
    this.events.push(`answer ${handle} ${answer.ok ? answer.body.t : `refused ${answer.refusal.code}`}`);
  }

  /** Lets time pass until another socket is asked for. */
  private async reconnect(name: string): Promise<void> {
    const [opened, from] = [this.sockets.length, this.now];
    await this.pass(0);
    while (this.sockets.length === opened && this.now - from < 60_000) await this.pass(STEP_MS);
    expect(this.sockets.length).toBe(opened + 1);
    this.names.set(name, this.now - from);
  }

  private async pass(ms: number): Promise<void> {
    await settle();
    const end = this.now + ms;
    for (;;) {
      const due = this.timers.filter((timer) => timer.atMs <= end).sort((a, b) => a.atMs - b.atMs)[0];
      if (!due) break;
      this.timers = this.timers.filter((timer) => timer !== due);
      this.now = Math.max(this.now, due.atMs);
      due.run();
      await settle();
    }
    this.now = end;
  }

  // --- the stage ----------------------------------------------------------------------------------------------------

  private openSocket(): SocketLike {
    const socket: SocketLike = {
      binaryType: "",
      onopen: null,
      onmessage: null,
      onclose: null,
      send: (data) => this.outbox.push(plain(decode(data)) as Json[]),
      close: () => undefined,
    };
    this.sockets.push(socket);
    this.outbox = [];
    void Promise.resolve().then(() => socket.onopen?.({} as never));
    return socket;
  }

  private get socket(): SocketLike {
    return this.sockets.at(-1) as SocketLike;
  }

  private table(tableId: string): TableState {
    return this.tables.get(tableId) as TableState;
  }

  private mine(message: ServerMessage): void {
    if (this.account) this.account = applyToAccount(this.account, message);
    for (const [tableId, table] of this.tables) this.tables.set(tableId, applyMine(table, message));
  }

  private seen(tableId: string): object {
    const { phase, number, history, can_repeat, my_bets } = this.table(tableId).snapshot;
    return { phase, number, history, can_repeat, bets: my_bets.map((bet) => `hex:${idKey(bet.bet_id)}`) };
  }

  private expectWithin(value: number, least: number, most: number): void {
    expect(value).toBeGreaterThanOrEqual(least);
    expect(value).toBeLessThanOrEqual(most);
  }

  private expectSend(pattern: Json[]): void {
    const ping = (pattern[4] as Json[])[0] === PING;
    const found = this.outbox.filter((frame) => isPing(frame) === ping);
    const frame = ping ? found.at(-1) : found[0];
    if (frame === undefined) throw new Error(`nothing was sent: ${JSON.stringify(pattern)}`);
    this.outbox = this.outbox.slice(this.outbox.indexOf(frame) + 1).filter((other) => !ping || !isPing(other));
    this.match(pattern, frame);
  }

  /** Fills in names, bodies and bytes. */
  private wire(value: Json): unknown {
    if (Array.isArray(value)) {
      const [first, changes] = value;
      if (typeof first === "string" && first.startsWith("@")) return this.wire(Object.assign([...(this.bodies[first.slice(1)] as Json[])], changes));
      return value.map((item) => this.wire(item));
    }
    if (value !== null && typeof value === "object") return new Map(value.map as [number, number][]);
    if (typeof value !== "string") return value;
    if (value.startsWith("@")) return this.wire(this.bodies[value.slice(1)] as Json);
    if (value.startsWith("$")) return this.names.get(value);
    return value.startsWith("hex:") ? fromHex(value.slice(4)) : value;
  }

  /** "*" is anything, "$x" is remembered, fields behind those of the pattern may be anything. */
  private match(pattern: Json, seen: Json): void {
    if (typeof pattern === "string" && pattern.startsWith("@")) return this.match(this.bodies[pattern.slice(1)] as Json, seen);
    if (typeof pattern === "string" && pattern.startsWith("$")) this.names.set(pattern, seen);
    else if (Array.isArray(pattern)) pattern.forEach((item, index) => this.match(item, (seen as Json[])[index] as Json));
    else if (pattern !== "*") expect(seen).toEqual(pattern);
  }
}

function isPing(frame: Json[]): boolean {
  return (frame[4] as Json[])[0] === PING;
}

for (const name of readdirSync(FOLDER).filter((file) => file.endsWith(".json"))) {
  const file = JSON.parse(readFileSync(new URL(name, FOLDER), "utf8")) as File;
  describe(name.replace(".json", ""), () => {
    it.each(file.transcripts.map((script) => [script.name, script] as const))("%s", async (_, script) => {
      const player = new Player(file.bodies, script.random ?? 0.5);
      for (const step of script.steps) await player.play(step);
    });
  });
}
