/**
 * The connection to a gateway: hello, requests and answers, re-sending, gaps, heartbeat, reconnecting. No DOM.
 *
 * States and what moves between them:
 *
 *   idle --start--> connecting --Welcome--> connected --lost--> reconnecting --Welcome--> connected
 *   connected --Reconnect, lost--> moving --Welcome--> connected      moving --lost--> reconnecting
 *   any --close 4102--> replaced      any --close 4104--> away        any --close 4105--> expired      any --close 4106--> revoked
 *   any --close 42xx--> failed        any --no valid login--> signed-out      any --stop--> idle
 *
 * `replaced`, `away`, `expired`, `revoked` and `failed` end only by `start`.
 */
import { type Credentials, type Ended, type Listener, NoLogin, type SocketLike, type Status, type Surroundings } from "./around";
import { backoffMs, Comeback } from "./backoff";
import { ServerClock } from "./clock";
import { decodeServerFrame, encodeClientFrame, type Fault, Kind, peekServerEnvelope, type ServerFrame } from "../protocol/codec";
import { afterClose, Close, Code, CODES } from "../protocol/errors";
import type { ClientMessage, Error as WireError, ServerMessage, TableResumed, TableSnapshot, Welcome } from "../protocol/messages";
import { PersonalStream, type Push, TableStream } from "./streams";
import { type Answer, LOST, TIMEOUT, Unanswered, type Waiting } from "./unanswered";

type Seat = TableStream<ServerMessage, TableResumed>;

const PERSONAL = 0;
/** What a close code means where a person must decide what comes next. */
const ENDINGS: Readonly<Partial<Record<number, Ended>>> = {
  [Close.SESSION_REPLACED]: "replaced",
  [Close.SESSION_IDLE]: "away",
  [Close.SESSION_EXPIRED]: "expired",
  [Close.SESSION_REVOKED]: "revoked",
};
const MAY_START: ReadonlySet<Status> = new Set<Status>(["idle", "replaced", "away", "expired", "revoked", "failed", "signed-out"]);
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
  private readonly comeback: Comeback;
  private readonly personal = new PersonalStream();
  private readonly seats = new Map<string, Seat>();
  private socket: SocketLike | null = null;
  /** Every connection attempt has a number; what belongs to an older one is ignored. */
  private attemptId = 0;
  private renewals = 0;
  private renew = false;
  private ready = false;
  private lastHeardMs = 0;
  private heartbeatMs = 15_000;
  /** The round trip of the last answered Ping on this connection; -1: none yet. */
  private pingRttMs = -1;
  private retryTimer: unknown = null;
  private beatTimer: unknown = null;

  constructor(
    private readonly around: Surroundings,
    private readonly credentials: Credentials,
    private readonly listener: Listener,
    private readonly clientName: string,
  ) {
    this.clock = new ServerClock(() => around.now());
    this.comeback = new Comeback(
      () => around.now(),
      () => around.random(),
    );
  }

  start(): void {
    if (!MAY_START.has(this.status)) return;
    this.comeback.begin();
    this.renewals = 0;
    this.setStatus("connecting");
    void this.connect();
  }

  stop(): void {
    this.end("idle");
    this.seats.clear();
    this.personal.forget();
  }

  /** The network is said to be back: do not wait for the timer. */
  poke(): void {
    if (this.status !== "reconnecting" || this.socket !== null) return;
    this.comeback.begin();
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
    if (!this.seats.has(tableId)) this.seats.set(tableId, new TableStream());
    if (!this.ready) return { ok: false, refusal: LOST };
    return this.sendJoin(tableId);
  }

  leave(tableId: string): void {
    if (!this.seats.delete(tableId)) return;
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
    const waiting = this.unanswered.add({ t: "Hello", token, client: this.clientName, session_id: this.personal.sessionId }, false, (answer) => {
      if (answer.ok && answer.body.t === "Welcome") this.welcomed(answer.body, sentMs);
    });
    this.send(waiting);
  }

  private welcomed(welcome: Welcome, sentMs: number): void {
    this.watchHandshake(this.attemptId);
    this.renewals = 0;
    this.pingRttMs = -1;
    this.clock.reset();
    this.clock.observe(sentMs, welcome.server_ms);
    this.heartbeatMs = Math.max(1, welcome.heartbeat_s) * 1000;
    this.personal.welcomed(welcome.session_id, welcome.recovered);
    this.listener.onWelcome(welcome);
    this.listener.onRoundTrip(this.clock.rttMs() ?? 0);
    void this.comeBack(this.attemptId);
  }

  /** First the seats, then what was never answered, in its old order and with its old ids. */
  private async comeBack(attempt: number): Promise<void> {
    await Promise.all([...this.seats.keys()].map((tableId) => this.sendJoin(tableId)));
    if (attempt !== this.attemptId) return;
    this.around.clearTimer(this.retryTimer);
    this.ready = true;
    this.comeback.ready();
    this.beat();
    this.setStatus("connected");
    for (const waiting of this.unanswered.all()) if (waiting.sentMs === 0) this.send(waiting);
  }

  /** Asks for a seat, from where it was; a table that is away for a moment is asked again in the background. */
  private async sendJoin(tableId: string, tries = 0): Promise<Answer> {
    const attempt = this.attemptId;
    const seat = this.seats.get(tableId);
    const { epoch, version } = seat?.position ?? { epoch: 0, version: 0 };
    const answer = await new Promise<Answer>((resolve) => {
      if (seat) seat.waiting += 1;
      const answered = (answer: Answer) => {
        if (seat) seat.waiting = Math.max(0, seat.waiting - 1);
        resolve(answer);
      };
      this.send(this.unanswered.add({ t: "JoinTable", table_id: tableId, epoch, version }, false, answered));
    });
    const away = !answer.ok && (answer.refusal === TIMEOUT || answer.refusal.code >= OUTAGES_FROM);
    if (away) {
      this.around.setTimer(() => {
        if (attempt === this.attemptId && this.seats.has(tableId)) void this.sendJoin(tableId, tries + 1);
      }, JOIN_AGAIN_MS + backoffMs(tries, this.around.random()));
    }
    return answer;
  }

  // --- frames -------------------------------------------------------------------------------------------------------

  private send(waiting: Waiting): void {
    const ref = this.unanswered.stamp(waiting, this.around.now());
    this.socket?.send(encodeClientFrame(ref, this.personal.seq, waiting.body));
  }

  private heard(data: ArrayBuffer): void {
    this.lastHeardMs = this.around.now();
    const decoded = decodeServerFrame(data);
    if (!decoded.ok) return this.misunderstood(data, decoded.fault);
    const { frame } = decoded;
    if (frame.kind === Kind.PUSH) this.pushed(frame.ref, frame.seq, frame.body);
    else if (frame.kind === Kind.REPLY) this.answered(frame);
    else if (frame.kind === Kind.ERROR && frame.body.t === "Error") this.refused(frame.ref, frame.body);
  }

  /** A message of a newer server is passed over, but a push's place in its stream counts. Anything else is a broken line. */
  private misunderstood(data: ArrayBuffer, { code, detail }: Fault): void {
    const envelope = code === Code.UNKNOWN_MESSAGE || code === Code.BAD_FIELD ? peekServerEnvelope(data) : null;
    if (envelope === null) return this.drop(Close.INTERNAL);
    if (envelope.kind === Kind.PUSH) return this.pushed(envelope.ref, envelope.seq, null);
    const waiting = this.unanswered.find(envelope.ref);
    if (waiting) this.unanswered.settle(waiting, { ok: false, refusal: { code, name: CODES[code].name, detail } });
  }

  private answered(frame: ServerFrame): void {
    const waiting = this.unanswered.find(frame.ref);
    if (frame.body.t === "TableSnapshot") this.snapshot(frame.body);
    if (frame.body.t === "TableResumed") this.resumed(frame.body);
    if (waiting === undefined) return;
    if (frame.body.t === "Pong") this.ponged(waiting.sentMs, frame.body.server_ms);
    this.unanswered.settle(waiting, { ok: true, body: frame.body });
  }

  private ponged(sentMs: number, serverMs: number): void {
    this.clock.observe(sentMs, serverMs);
    this.pingRttMs = Math.round(this.clock.rttMs() ?? -1);
    this.listener.onRoundTrip(this.clock.rttMs() ?? 0);
  }

  private refused(ref: number, error: WireError): void {
    const waiting = this.unanswered.find(ref);
    if (waiting === undefined || waiting.body.t === "Hello") this.comeback.notBefore(error.retry_after_ms);
    if (waiting === undefined) return;
    if (error.code === Code.NOT_JOINED && "table_id" in waiting.body && this.seats.has(waiting.body.table_id)) void this.sendJoin(waiting.body.table_id);
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

  /** A table begins anew at this snapshot, however it came. */
  private snapshot(snapshot: TableSnapshot): void {
    const tableId = snapshot.info_table_id;
    const seat = this.seats.get(tableId);
    if (seat === undefined) return;
    const behind = seat.restart(snapshot);
    this.listener.onSnapshot(snapshot);
    for (const push of behind) this.pushedTo(tableId, seat, push);
  }

  /** A table goes on from its position: what was missed comes next. */
  private resumed(resumed: TableResumed): void {
    const seat = this.seats.get(resumed.table_id);
    if (seat === undefined) return;
    if (seat.resume(resumed)) return this.owed(seat);
    this.seats.set(resumed.table_id, new TableStream()); // nothing was asked to be resumed: begin from nothing
    this.drop(Close.INTERNAL);
  }

  private owed(seat: Seat): void {
    const owed = seat.takeOwed();
    if (owed !== null) this.listener.onResumed(owed);
  }

  private pushed(stream: number, seq: number, body: ServerMessage | null): void {
    if (stream === PERSONAL) this.pushedPersonally(seq, body);
    else if (body?.t === "TableSnapshot") this.snapshot(body); // the table was replaced: its new state instead of a sequence
    else this.pushedToSomeone({ stream, seq, body });
  }

  private pushedPersonally(seq: number, body: ServerMessage | null): void {
    const verdict = this.personal.judge(seq);
    if (verdict === "drop") return;
    if (verdict === "gap") this.askForMissed();
    if (body === null) return;
    if (body.t === "Reconnect") this.comeback.told(body.after_ms);
    if (body.t === "TableSnapshot") this.snapshot(body);
    else this.listener.onPersonalPush(body);
  }

  /** Something personal was missed. What it said is in the tables, or in the balance. */
  private askForMissed(): void {
    for (const tableId of this.seats.keys()) void this.sendJoin(tableId);
    if (this.seats.size > 0) return;
    const tell = (answer: Answer) => answer.ok && this.listener.onPersonalPush(answer.body);
    this.send(this.unanswered.add({ t: "GetBalance" }, false, tell));
  }

  /** A stream that nobody knows may be that of any table whose answer is awaited. */
  private pushedToSomeone(push: Push<ServerMessage>): void {
    const owner = [...this.seats].find(([, seat]) => seat.live && seat.stream === push.stream);
    if (owner !== undefined) return this.pushedTo(...owner, push);
    for (const seat of this.seats.values()) if (seat.waiting > 0) seat.judge(push);
  }

  private pushedTo(tableId: string, seat: Seat, push: Push<ServerMessage>): void {
    const verdict = seat.judge(push);
    if (verdict === "gap" && seat.waiting === 0) void this.sendJoin(tableId);
    if (verdict !== "apply") return;
    if (push.body !== null) this.listener.onTablePush(tableId, push.seq, push.body);
    this.owed(seat);
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
    void this.request({ t: "Ping", client_ms: Math.floor(this.around.now()), rtt_ms: this.pingRttMs });
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
    const ending = ENDINGS[code];
    if (ending !== undefined) return this.end(ending);
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
    const { waitMs, moved } = this.comeback.lost();
    this.setStatus(moved ? "moving" : "reconnecting");
    this.retryTimer = this.around.setTimer(() => void this.connect(), waitMs);
  }

  private forgetSocket(): void {
    this.attemptId += 1;
    this.socket = null;
    this.ready = false;
    this.around.clearTimer(this.beatTimer);
    this.around.clearTimer(this.retryTimer);
    this.unanswered.connectionLost();
    for (const seat of this.seats.values()) seat.cut();
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
