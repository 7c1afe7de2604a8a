/**
 * The connection to a gateway: hello, requests and answers, re-sending, gaps, heartbeat, reconnecting. No DOM.
 *
 * States and what moves between them:
 *
 *   idle --start--> connecting --Welcome--> connected --lost--> reconnecting --Welcome--> connected
 *   any --close 4102--> replaced      any --close 42xx--> failed      any --no valid login--> signed-out      any --stop--> idle
 *
 * `replaced` and `failed` end only by `start`.
 */
import { backoffMs } from "./backoff";
import { ServerClock } from "./clock";
import { decodeServerFrame, encodeClientFrame, Kind, type ServerFrame } from "../protocol/codec";
import { afterClose, Close, Code } from "../protocol/errors";
import type { ClientMessage, Error as WireError, ServerMessage, TableSnapshot, Welcome } from "../protocol/messages";
import { Streams } from "./streams";
import { type Answer, LOST, TIMEOUT, Unanswered, type Waiting } from "./unanswered";

export type Status = "idle" | "connecting" | "connected" | "reconnecting" | "replaced" | "failed" | "signed-out";

export interface SocketLike {
  binaryType: string;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  send(data: Uint8Array): void;
  close(code?: number, reason?: string): void;
}

/** What the connection needs from its surroundings; a test scripts it. */
export interface Surroundings {
  openSocket(url: string): SocketLike;
  now(): number;
  random(): number;
  setTimer(run: () => void, ms: number): unknown;
  clearTimer(timer: unknown): void;
}

export interface Credentials {
  url(): Promise<string>;
  /** renew: the last token was refused. Rejects with `NoLogin` if the player must log in again. */
  token(renew: boolean): Promise<string>;
}

export class NoLogin extends Error {}

export interface Listener {
  onStatus(status: Status): void;
  onWelcome(welcome: Welcome): void;
  onSnapshot(snapshot: TableSnapshot): void;
  /** A push of a table's stream, in order and without gaps. */
  onTablePush(tableId: string, seq: number, message: ServerMessage): void;
  onPersonalPush(message: ServerMessage): void;
  onRoundTrip(rttMs: number): void;
}

const PERSONAL = 0;
const HANDSHAKE_MS = 10_000;
const RESEND_MS = 6_000;
const GIVE_UP_MS = 10_000;
const BUSY_RETRIES = 3;
const RENEWALS = 2;
const JOIN_AGAIN_MS = 300;
/** Codes from here on are outages: the same request may succeed later. */
const OUTAGES_FROM = 500;
const PING_MS_MAX = 8_000;

export class Connection {
  status: Status = "idle";
  readonly clock: ServerClock;
  private readonly unanswered = new Unanswered();
  private readonly streams = new Streams<ServerMessage>();
  private readonly tableOfStream = new Map<number, string>();
  private readonly joined = new Set<string>();
  private socket: SocketLike | null = null;
  /** Every connection attempt has a number; what belongs to an older one is ignored. */
  private attemptId = 0;
  private failures = 0;
  private renewals = 0;
  private renew = false;
  private ready = false;
  private lastHeardMs = 0;
  private heartbeatMs = 15_000;
  private retryTimer: unknown = null;
  private beatTimer: unknown = null;

  constructor(
    private readonly around: Surroundings,
    private readonly credentials: Credentials,
    private readonly listener: Listener,
    private readonly clientName: string,
  ) {
    this.clock = new ServerClock(() => around.now());
  }

  start(): void {
    if (this.status !== "idle" && this.status !== "replaced" && this.status !== "failed" && this.status !== "signed-out") return;
    this.failures = 0;
    this.renewals = 0;
    this.setStatus("connecting");
    void this.connect();
  }

  stop(): void {
    this.end("idle");
    this.joined.clear();
  }

  /** The network is said to be back: do not wait for the timer. */
  poke(): void {
    if (this.status !== "reconnecting" || this.socket !== null) return;
    this.failures = 0;
    void this.connect();
  }

  /** Sends a request. keep: it carries an id of ours, so it is sent again, unchanged, until it is answered. */
  request(body: ClientMessage, keep = false): Promise<Answer> {
    return new Promise((resolve) => {
      if (!keep && !this.ready) return resolve({ ok: false, refusal: LOST });
      const waiting = this.unanswered.add(body, keep, resolve);
      if (this.ready) this.send(waiting);
    });
  }

  /** Takes a seat now and after every reconnect, until `leave`. */
  async join(tableId: string): Promise<Answer> {
    this.joined.add(tableId);
    if (!this.ready) return { ok: false, refusal: LOST };
    return this.sendJoin(tableId);
  }

  leave(tableId: string): void {
    if (!this.joined.delete(tableId)) return;
    for (const [stream, table] of this.tableOfStream) {
      if (table !== tableId) continue;
      this.tableOfStream.delete(stream);
      this.streams.forget(stream);
    }
    void this.request({ t: "LeaveTable", table_id: tableId });
  }

  // --- connecting ---------------------------------------------------------------------------------------------------

  private async connect(): Promise<void> {
    const attempt = ++this.attemptId;
    this.around.clearTimer(this.retryTimer);
    let url: string, token: string;
    try {
      token = await this.credentials.token(this.renew);
      url = await this.credentials.url();
    } catch (error) {
      if (attempt !== this.attemptId) return;
      if (error instanceof NoLogin) this.end("signed-out");
      else this.retryLater();
      return;
    }
    if (attempt !== this.attemptId) return;
    this.renew = false;
    this.open(attempt, url, token);
  }

  private open(attempt: number, url: string, token: string): void {
    let socket: SocketLike;
    try {
      socket = this.around.openSocket(url);
    } catch {
      this.retryLater();
      return;
    }
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onopen = () => {
      if (attempt === this.attemptId) this.hello(token);
    };
    socket.onmessage = (event: { data: ArrayBuffer }) => {
      if (attempt === this.attemptId) this.heard(event.data);
    };
    socket.onclose = (event: { code: number }) => {
      if (attempt === this.attemptId) this.closed(event.code);
    };
    this.watchHandshake(attempt);
  }

  /** There is no heartbeat before the seats are taken: until then a dead link is known by this timer only. */
  private watchHandshake(attempt: number): void {
    this.around.clearTimer(this.retryTimer);
    this.retryTimer = this.around.setTimer(() => {
      if (attempt === this.attemptId && !this.ready) this.drop(Close.HEARTBEAT_LOST);
    }, HANDSHAKE_MS);
  }

  private hello(token: string): void {
    const sentMs = this.around.now();
    const waiting = this.unanswered.add({ t: "Hello", token, client: this.clientName }, false, (answer) => {
      if (answer.ok && answer.body.t === "Welcome") this.welcomed(answer.body, sentMs);
    });
    this.send(waiting);
  }

  private welcomed(welcome: Welcome, sentMs: number): void {
    this.watchHandshake(this.attemptId);
    this.failures = 0;
    this.renewals = 0;
    this.clock.reset();
    this.clock.observe(sentMs, welcome.server_ms);
    this.heartbeatMs = Math.max(1, welcome.heartbeat_s) * 1000;
    this.streams.clear();
    this.streams.restart(PERSONAL, 0);
    this.tableOfStream.clear();
    this.listener.onWelcome(welcome);
    this.listener.onRoundTrip(this.clock.rttMs() ?? 0);
    void this.comeBack(this.attemptId);
  }

  /** First the seats, then what was never answered, in its old order and with its old ids. */
  private async comeBack(attempt: number): Promise<void> {
    await Promise.all([...this.joined].map((tableId) => this.sendJoin(tableId)));
    if (attempt !== this.attemptId) return;
    this.around.clearTimer(this.retryTimer);
    this.ready = true;
    this.beat();
    this.setStatus("connected");
    for (const waiting of this.unanswered.all()) if (waiting.sentMs === 0) this.send(waiting);
  }

  /** Asks for a seat; a table that is away for a moment is asked again in the background. */
  private async sendJoin(tableId: string, tries = 0): Promise<Answer> {
    const attempt = this.attemptId;
    const answer = await new Promise<Answer>((resolve) => {
      this.send(this.unanswered.add({ t: "JoinTable", table_id: tableId }, false, resolve));
    });
    const away = !answer.ok && (answer.refusal === TIMEOUT || answer.refusal.code >= OUTAGES_FROM);
    if (away) {
      this.around.setTimer(() => {
        if (attempt === this.attemptId && this.joined.has(tableId)) void this.sendJoin(tableId, tries + 1);
      }, JOIN_AGAIN_MS + backoffMs(tries, this.around.random()));
    }
    return answer;
  }

  // --- frames -------------------------------------------------------------------------------------------------------

  private send(waiting: Waiting): void {
    const ref = this.unanswered.stamp(waiting, this.around.now());
    this.socket?.send(encodeClientFrame(ref, this.streams.handled(PERSONAL), waiting.body));
  }

  private heard(data: ArrayBuffer): void {
    this.lastHeardMs = this.around.now();
    const decoded = decodeServerFrame(data);
    if (!decoded.ok) return this.misunderstood(decoded.fault.code);
    const { frame } = decoded;
    if (frame.kind === Kind.PUSH) this.pushed(frame);
    else if (frame.kind === Kind.REPLY) this.answered(frame);
    else if (frame.kind === Kind.ERROR && frame.body.t === "Error") this.refused(frame.ref, frame.body);
  }

  /** A message of a newer server may be passed over (a gap shows if it was a push); anything else is a broken line. */
  private misunderstood(code: Code): void {
    if (code !== Code.UNKNOWN_MESSAGE && code !== Code.BAD_FIELD) this.drop(Close.INTERNAL);
  }

  private answered(frame: ServerFrame): void {
    const waiting = this.unanswered.find(frame.ref);
    if (frame.body.t === "TableSnapshot") this.snapshot(frame.body);
    if (waiting === undefined) return;
    if (frame.body.t === "Pong") {
      this.clock.observe(waiting.sentMs, frame.body.server_ms);
      this.listener.onRoundTrip(this.clock.rttMs() ?? 0);
    }
    this.unanswered.settle(waiting, { ok: true, body: frame.body });
  }

  private refused(ref: number, error: WireError): void {
    const waiting = this.unanswered.find(ref);
    if (waiting === undefined) return;
    if (error.code === Code.NOT_JOINED && "table_id" in waiting.body && this.joined.has(waiting.body.table_id)) void this.sendJoin(waiting.body.table_id);
    const again = error.retryable && waiting.keep && (error.code === Code.OUTCOME_UNKNOWN || waiting.retries < BUSY_RETRIES);
    if (!again) {
      this.unanswered.settle(waiting, { ok: false, refusal: { code: error.code, name: error.name, detail: error.detail } });
      return;
    }
    const waitMs = Math.max(error.retry_after_ms, backoffMs(waiting.retries, this.around.random()));
    waiting.retries += 1;
    waiting.notBeforeMs = this.around.now() + waitMs;
    const attempt = this.attemptId;
    this.around.setTimer(() => {
      const sentSince = waiting.sentMs >= waiting.notBeforeMs;
      if (attempt === this.attemptId && this.ready && !sentSince && this.unanswered.all().includes(waiting)) this.send(waiting);
    }, waitMs);
  }

  private snapshot(snapshot: TableSnapshot): void {
    const tableId = snapshot.info_table_id;
    if (!this.joined.has(tableId)) return;
    this.tableOfStream.set(snapshot.stream, tableId);
    const following = this.streams.restart(snapshot.stream, snapshot.version);
    this.listener.onSnapshot(snapshot);
    following.forEach((message, index) => this.listener.onTablePush(tableId, snapshot.version + 1 + index, message));
  }

  private pushed(frame: ServerFrame): void {
    if (frame.body.t === "TableSnapshot") {
      this.snapshot(frame.body); // the table was replaced: its new state instead of a sequence
      return;
    }
    const verdict = this.streams.judge(frame.ref, frame.seq, frame.body);
    if (verdict === "gap") this.heal(frame.ref);
    if (verdict !== "apply") return;
    if (frame.ref === PERSONAL) return this.listener.onPersonalPush(frame.body);
    const tableId = this.tableOfStream.get(frame.ref);
    if (tableId !== undefined) this.listener.onTablePush(tableId, frame.seq, frame.body);
  }

  /** Something was missed. A table gives a snapshot; the personal stream has none, so a new connection must tell all. */
  private heal(stream: number): void {
    const tableId = this.tableOfStream.get(stream);
    if (stream === PERSONAL) this.drop(Close.GOING_AWAY);
    else if (tableId !== undefined) void this.sendJoin(tableId);
  }

  // --- life and death -----------------------------------------------------------------------------------------------

  private beat(): void {
    this.around.clearTimer(this.beatTimer);
    const silentMs = this.around.now() - this.lastHeardMs;
    if (silentMs > 2 * this.heartbeatMs) {
      this.drop(Close.HEARTBEAT_LOST);
      return;
    }
    this.lookAfterUnanswered();
    void this.request({ t: "Ping", client_ms: Math.floor(this.around.now()) });
    this.beatTimer = this.around.setTimer(() => this.beat(), Math.min(PING_MS_MAX, this.heartbeatMs / 2));
  }

  private lookAfterUnanswered(): void {
    const now = this.around.now();
    for (const waiting of [...this.unanswered.all()]) {
      if (waiting.keep && now - waiting.sentMs > RESEND_MS && now >= waiting.notBeforeMs) this.send(waiting);
      else if (!waiting.keep && now - waiting.sentMs > GIVE_UP_MS) this.unanswered.settle(waiting, { ok: false, refusal: TIMEOUT });
    }
  }

  /** Ends the connection from our side and treats it as lost at once: a dead link never reports its end. */
  private drop(code: number): void {
    const socket = this.socket;
    this.closed(code);
    socket?.close(code);
  }

  private closed(code: number): void {
    this.forgetSocket();
    if (code === Close.SESSION_REPLACED) return this.end("replaced");
    if (afterClose(code) === "never") return this.end("failed");
    if (afterClose(code) === "token") {
      this.renew = true;
      this.renewals += 1;
      if (this.renewals > RENEWALS) return this.end("signed-out");
    }
    this.retryLater();
  }

  private retryLater(): void {
    this.forgetSocket();
    this.setStatus("reconnecting");
    const waitMs = backoffMs(this.failures, this.around.random());
    this.failures += 1;
    this.retryTimer = this.around.setTimer(() => void this.connect(), waitMs);
  }

  private forgetSocket(): void {
    this.attemptId += 1;
    this.socket = null;
    this.ready = false;
    this.around.clearTimer(this.beatTimer);
    this.around.clearTimer(this.retryTimer);
    this.unanswered.connectionLost();
  }

  private end(status: Status): void {
    const socket = this.socket;
    this.forgetSocket();
    socket?.close(1000);
    this.unanswered.refuseAll(LOST);
    this.setStatus(status);
  }

  private setStatus(status: Status): void {
    if (this.status === status) return;
    this.status = status;
    this.listener.onStatus(status);
  }
}
