import { decode, encode } from "@msgpack/msgpack";
import { Code } from "./errors";
import type {
  @@IMPORTS@@,
} from "./messages";

export const PROTOCOL_VERSION = @@VERSION@@;
/** The gateway refuses larger frames. Bytes. */
export const MAX_CLIENT_FRAME_BYTES = @@CLIENT_BYTES@@;
/** No frame from the gateway is larger. Bytes. */
export const MAX_SERVER_FRAME_BYTES = @@SERVER_BYTES@@;
const MAX_REF = 0xffffffff;

/** What a frame is. Only REQUEST travels from client to server. */
export const Kind = { REQUEST: 1, REPLY: 2, PUSH: 3, ERROR: 4 } as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

export interface ClientFrame {
  readonly kind: typeof Kind.REQUEST;
  /** Chosen by the client, 1 .. 2^32-1; the answer repeats it. */
  readonly ref: number;
  /** The highest personal push `seq` the client has handled. */
  readonly seq: number;
  readonly body: ClientMessage;
}

export interface ServerFrame {
  readonly kind: typeof Kind.REPLY | typeof Kind.PUSH | typeof Kind.ERROR;
  /** REPLY and ERROR: the request's ref. PUSH: the stream; 0 is the personal one. */
  readonly ref: number;
  /** PUSH: number within the stream, dense. Otherwise 0. */
  readonly seq: number;
  readonly body: ServerMessage;
}

/** What is wrong with a frame. ref: of the request it answers, 0 if it cannot be told. */
export interface Fault {
  readonly code: Code;
  readonly ref: number;
  readonly detail: string;
}

export type Decoded<Frame> =
  | { readonly ok: true; readonly frame: Frame }
  | { readonly ok: false; readonly fault: Fault };

/** Thrown by the encoders for a value that the wire cannot carry, such as a fractional stake. */
export class WireError extends Error {
  readonly code: Code;

  constructor(code: Code, detail: string) {
    super(detail);
    this.name = "WireError";
    this.code = code;
  }
}

function bad(at: string, expected: string): WireError {
  return new WireError(Code.BAD_FIELD, `${at}: expected ${expected}`);
}

function int(value: unknown, at: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw bad(at, "a safe whole number");
}

function str(value: unknown, at: string): string {
  if (typeof value === "string") return value;
  throw bad(at, "a string");
}

function bool(value: unknown, at: string): boolean {
  if (typeof value === "boolean") return value;
  throw bad(at, "a boolean");
}

function bytes(value: unknown, at: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw bad(at, "bytes");
}

/** An array of at least so many fields; fields behind the known ones come from a newer version and are passed over. */
function fields(value: unknown, least: number, at: string): readonly unknown[] {
  if (Array.isArray(value) && value.length >= least) return value as readonly unknown[];
  throw bad(at, `an array of at least ${least}`);
}

function list<T>(value: unknown, item: (value: unknown, at: string) => T, at: string): T[] {
  if (Array.isArray(value)) return value.map((each: unknown) => item(each, at));
  throw bad(at, "an array");
}

function map<T>(value: unknown, item: (value: unknown, at: string) => T, at: string): Record<number, T> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw bad(at, "a map");
  const result: Record<number, T> = {};
  for (const [key, each] of Object.entries(value)) result[int(Number(key), at)] = item(each, at);
  return result;
}

/** The encoder writes the keys as strings; readers here take both. Only test doubles send maps. */
function packMap(value: Readonly<Record<number, number>>, at: string): Record<number, number> {
  return map(value, int, at);
}
