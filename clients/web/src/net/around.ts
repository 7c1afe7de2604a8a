/** What the connection needs from its surroundings, and what it tells them. A test scripts both. */
import type { ServerMessage, TableResumed, TableSnapshot, Welcome } from "../protocol/messages";

/** Ended for good, until `start`. */
export type Ended = "idle" | "replaced" | "away" | "expired" | "revoked" | "failed" | "signed-out";
export type Status = Ended | "connecting" | "connected" | "reconnecting" | "moving";

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
  /** Everything that was missed at a table has been told: what is mine there is as this says. */
  onResumed(resumed: TableResumed): void;
  /** A push of a table's stream, in order and without gaps. */
  onTablePush(tableId: string, seq: number, message: ServerMessage): void;
  onPersonalPush(message: ServerMessage): void;
  onRoundTrip(rttMs: number): void;
}
