/** A scripted gateway and a clock that stands still until it is moved. */
import type { Listener, SocketLike, Status } from "../../src/net/around";
import { Connection } from "../../src/net/socket";
import { decodeClientFrame, encodeServerFrame, Kind } from "../../src/protocol/codec";
import type { ClientMessage, Money, ServerMessage, TableResumed, TableSnapshot, Welcome } from "../../src/protocol/messages";

export const MONEY: Money = { available_minor: 100_000, reserved_minor: 0, seq: 1 };
export const ROUND = new Uint8Array(16).fill(7);
export const ID = (n: number): Uint8Array => new Uint8Array(16).fill(n);

export function aWelcome(change: Partial<Welcome> = {}): Welcome {
  return {
    t: "Welcome",
    player_id: 1,
    name: "ann",
    roles: ["player"],
    session_id: "s",
    server_ms: 1_000_000,
    heartbeat_s: 15,
    currency: "PLAY",
    exponent: 2,
    play_money: true,
    money: MONEY,
    net_minor: 0,
    tables: [],
    recovered: false,
    started_ms: 1_000_000,
    net_since_ms: 1_000_000,
    ...change,
  };
}

export function aSnapshot(change: Partial<TableSnapshot> = {}): TableSnapshot {
  return {
    t: "TableSnapshot",
    stream: 9,
    epoch: 1,
    version: 10,
    info_table_id: "roulette-1",
    title: "European Roulette",
    kind: "rng",
    currency: "PLAY",
    limits: { min_stake_minor: 100, max_table_minor: 500_000, max_by_size: { 1: 10_000, 2: 20_000, 3: 30_000, 4: 40_000, 6: 60_000, 12: 120_000, 18: 200_000 } },
    phase: "betting",
    round_id: ROUND,
    round_no: 3,
    opens_ms: 1_000_000,
    closes_ms: 1_015_000,
    server_ms: 1_000_000,
    number: -1,
    history: [5, 0, 17],
    seats: [],
    my_bets: [],
    can_repeat: false,
    money: MONEY,
    net_minor: 0,
    rules_version: "r",
    dealer: "",
    started_ms: 1_000_000,
    entered: -1,
    source: "",
    game: "roulette",
    detail: [],
    commitment: "",
    flight: [],
    hands: [],
    coup: [],
    ...change,
  };
}

export class FakeSocket implements SocketLike {
  binaryType = "";
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  readonly sent: { ref: number; seq: number; body: ClientMessage }[] = [];
  closedWith: number | null = null;

  send(data: Uint8Array): void {
    const decoded = decodeClientFrame(data);
    if (!decoded.ok) throw new Error(decoded.fault.detail);
    this.sent.push(decoded.frame);
  }

  close(code?: number): void {
    this.closedWith = code ?? 1000;
  }

  opens(): void {
    this.onopen?.({} as never);
  }

  says(kind: 2 | 3 | 4, ref: number, seq: number, body: ServerMessage): void {
    this.onmessage?.({ data: encodeServerFrame(kind, ref, seq, body) } as never);
  }

  ends(code: number): void {
    this.onclose?.({ code } as never);
  }

  last(type: ClientMessage["t"]): { ref: number; seq: number; body: ClientMessage } {
    const found = this.sent.filter((frame) => frame.body.t === type).at(-1);
    if (!found) throw new Error(`no ${type} was sent`);
    return found;
  }

  count(type: ClientMessage["t"]): number {
    return this.sent.filter((frame) => frame.body.t === type).length;
  }
}

interface Timer {
  readonly atMs: number;
  readonly run: () => void;
}

export class World {
  now = 5_000;
  readonly sockets: FakeSocket[] = [];
  readonly statuses: Status[] = [];
  readonly snapshots: TableSnapshot[] = [];
  readonly resumes: TableResumed[] = [];
  readonly tablePushes: { seq: number; message: ServerMessage }[] = [];
  readonly personal: ServerMessage[] = [];
  readonly renewals: boolean[] = [];
  token: (renew: boolean) => Promise<string> = async () => "token";
  private timers: Timer[] = [];
  readonly connection: Connection;

  constructor() {
    const listener: Listener = {
      onStatus: (status) => this.statuses.push(status),
      onWelcome: () => undefined,
      onSnapshot: (snapshot) => this.snapshots.push(snapshot),
      onResumed: (resumed) => this.resumes.push(resumed),
      onTablePush: (_, seq, message) => this.tablePushes.push({ seq, message }),
      onPersonalPush: (message) => this.personal.push(message),
      onRoundTrip: () => undefined,
    };
    this.connection = new Connection(
      {
        openSocket: () => {
          const socket = new FakeSocket();
          this.sockets.push(socket);
          return socket;
        },
        now: () => this.now,
        random: () => 0.5,
        setTimer: (run, ms) => {
          const timer = { atMs: this.now + ms, run };
          this.timers.push(timer);
          return timer;
        },
        clearTimer: (timer) => {
          this.timers = this.timers.filter((other) => other !== timer);
        },
      },
      {
        url: async () => "ws://gateway",
        token: (renew) => {
          this.renewals.push(renew);
          return this.token(renew);
        },
      },
      listener,
      "test",
    );
  }

  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error("nothing was opened");
    return socket;
  }

  /** Moves the clock and runs what was due, oldest first. */
  async pass(ms: number): Promise<void> {
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
    await settle();
  }

  /** Goes through hello; answers JoinTable of seats kept from before. */
  async welcomes(snapshot: TableSnapshot | null = null): Promise<void> {
    await settle();
    this.socket.opens();
    this.socket.says(Kind.REPLY, this.socket.last("Hello").ref, 0, aWelcome());
    await settle();
    if (snapshot) {
      this.socket.says(Kind.REPLY, this.socket.last("JoinTable").ref, 0, snapshot);
      await settle();
    }
  }

  async connects(): Promise<void> {
    this.connection.start();
    await this.welcomes();
  }

  async joins(snapshot: TableSnapshot = aSnapshot()): Promise<void> {
    void this.connection.join(snapshot.info_table_id);
    this.socket.says(Kind.REPLY, this.socket.last("JoinTable").ref, 0, snapshot);
    await settle();
  }
}

/** Lets every promise that can settle, settle. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
}
