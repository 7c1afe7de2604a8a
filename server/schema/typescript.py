"""TypeScript for the web client: `messages.ts`, `codec.ts`, `errors.ts`, `ids.ts`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from protocol import envelope, errors
from server.schema.reflect import Field, Shape, Wire, WireType

BANNER: Final = "// Generated from the Python source by `make schema`. Do not edit.\n"

_TYPES: Final = {"int": "number", "str": "string", "bool": "boolean", "bytes": "Uint8Array"}

_CODEC_HEAD: Final = """\
import { decode, encode } from "@msgpack/msgpack";
import { Code } from "./errors";
import type {
  %(imports)s,
} from "./messages";

export const PROTOCOL_VERSION = %(version)d;
/** The gateway refuses larger frames. Bytes. */
export const MAX_CLIENT_FRAME_BYTES = %(client_bytes)d;
/** No frame from the gateway is larger. Bytes. */
export const MAX_SERVER_FRAME_BYTES = %(server_bytes)d;
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
"""

_CODEC_TAIL: Final = """
export function encodeClientFrame(ref: number, seq: number, body: ClientMessage): Uint8Array {
  return encode([PROTOCOL_VERSION, Kind.REQUEST, int(ref, "ref"), int(seq, "seq"), packClientMessage(body)]);
}

export function encodeServerFrame(kind: Kind, ref: number, seq: number, body: ServerMessage): Uint8Array {
  return encode([PROTOCOL_VERSION, kind, int(ref, "ref"), int(seq, "seq"), packServerMessage(body)]);
}

/** Never throws. UNKNOWN_MESSAGE and BAD_FIELD mean a newer server: such a frame may be passed over. */
export function decodeServerFrame(data: ArrayBuffer | Uint8Array): Decoded<ServerFrame> {
  const open = openEnvelope(data, MAX_SERVER_FRAME_BYTES, 0);
  if (!open.ok) return open;
  const { kind, ref, seq, body } = open.frame;
  if (kind !== Kind.REPLY && kind !== Kind.PUSH && kind !== Kind.ERROR) {
    return fault(Code.MALFORMED_FRAME, ref, "kind does not travel in this direction");
  }
  const message = readBody(ref, () => readServerMessage(body));
  return message.ok ? { ok: true, frame: { kind, ref, seq, body: message.frame } } : message;
}

/** Never throws. For test doubles of the gateway. */
export function decodeClientFrame(data: ArrayBuffer | Uint8Array): Decoded<ClientFrame> {
  const open = openEnvelope(data, MAX_CLIENT_FRAME_BYTES, 1);
  if (!open.ok) return open;
  const { kind, ref, seq, body } = open.frame;
  if (kind !== Kind.REQUEST) return fault(Code.MALFORMED_FRAME, ref, "kind does not travel in this direction");
  const message = readBody(ref, () => readClientMessage(body));
  return message.ok ? { ok: true, frame: { kind, ref, seq, body: message.frame } } : message;
}

interface Envelope {
  readonly kind: number;
  readonly ref: number;
  readonly seq: number;
  readonly body: readonly unknown[];
}

function fault(code: Code, ref: number, detail: string): { readonly ok: false; readonly fault: Fault } {
  return { ok: false, fault: { code, ref, detail } };
}

function openEnvelope(data: ArrayBuffer | Uint8Array, most: number, minRef: number): Decoded<Envelope> {
  if (data.byteLength > most) return fault(Code.FRAME_TOO_LARGE, 0, `${data.byteLength} bytes`);
  let raw: unknown;
  try {
    raw = decode(data);
  } catch (error) {
    return fault(Code.MALFORMED_FRAME, 0, String(error));
  }
  if (!Array.isArray(raw) || !Number.isSafeInteger(raw[0])) return fault(Code.MALFORMED_FRAME, 0, "not an envelope");
  const [version, kind, ref, seq, body] = raw as readonly unknown[];
  if (version !== PROTOCOL_VERSION) return fault(Code.UNSUPPORTED_VERSION, 0, `version ${String(version)}`);
  if (!isInt(kind)) return fault(Code.MALFORMED_FRAME, 0, "kind is not a whole number");
  if (!isInt(ref) || ref < minRef || ref > MAX_REF) return fault(Code.BAD_REF, 0, "ref is out of range");
  if (!isInt(seq) || seq < 0) return fault(Code.MALFORMED_FRAME, ref, "seq is not a whole number from 0");
  if (!Array.isArray(body) || !isInt(body[0])) return fault(Code.MALFORMED_FRAME, ref, "body does not begin with a tag");
  return { ok: true, frame: { kind, ref, seq, body: body as readonly unknown[] } };
}

function isInt(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value);
}

function readBody<T>(ref: number, read: () => T): Decoded<T> {
  try {
    return { ok: true, frame: read() };
  } catch (error) {
    if (error instanceof WireError) return fault(error.code, ref, error.message);
    throw error;
  }
}
"""

_IDS: Final = """\
/** Ids of orders: 16 bytes in UUIDv7 layout, origin class 0 (byte 6 is 0x70). The server refuses others from clients. */

export const ID_BYTES = 16;

/** A fresh id of this time. Keep it with the order and send it unchanged until the order is answered. */
export function newId(nowMs: number): Uint8Array {
  const id = crypto.getRandomValues(new Uint8Array(ID_BYTES));
  new DataView(id.buffer).setUint16(0, Math.floor(nowMs / 2 ** 32));
  new DataView(id.buffer).setUint32(2, nowMs % 2 ** 32);
  id[6] = 0x70;
  id[8] = 0x80 | ((id[8] ?? 0) & 0x3f);
  return id;
}

/** Lower-case hexadecimal: usable as a key. */
export function idKey(id: Uint8Array): string {
  let key = "";
  for (const byte of id) key += byte.toString(16).padStart(2, "0");
  return key;
}

export function fromHex(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

export function sameId(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
"""


def ids_ts() -> str:
    """Return `ids.ts`."""
    return BANNER + "\n" + _IDS


def messages_ts(wire: Wire) -> str:
    """Return `messages.ts`: an interface per struct; messages carry their name as the discriminant `t`."""
    blocks = [_interface(shape, lenient=False) for shape in wire.parts]
    blocks += [_interface(shape, lenient=True) for shape in wire.client]
    blocks += [_interface(shape, lenient=False) for shape in wire.server]
    blocks.append(_union("ClientMessage", wire.client, "Everything a client may say."))
    blocks.append(_union("ServerMessage", wire.server, "Everything the gateway may say."))
    return BANNER + "\n" + "\n".join(blocks)


def codec_ts(wire: Wire) -> str:
    """Return `codec.ts`: a reader and a packer per struct, and the envelope round them."""
    names = sorted([*(shape.name for shape in wire.shapes()), "ClientMessage", "ServerMessage"])
    head = _CODEC_HEAD % {
        "imports": ",\n  ".join(names),
        "version": wire.version,
        "client_bytes": envelope.MAX_CLIENT_FRAME_BYTES,
        "server_bytes": envelope.MAX_SERVER_FRAME_BYTES,
    }
    blocks = [head]
    for shape in wire.shapes():
        blocks += [_reader(shape), _packer(shape)]
    blocks += [_dispatch("Client", wire.client), _dispatch("Server", wire.server), _CODEC_TAIL.lstrip("\n")]
    return BANNER + "\n" + "\n".join(blocks)


def errors_ts() -> str:
    """Return `errors.ts`: the registry of error codes and close codes."""
    codes = "".join(f"  {code.name}: {code.value},\n" for code in errors.Code)
    closes = "".join(f"  {close.name}: {close.value},\n" for close in errors.Close)
    entries = "".join(
        f"  [{code.value}]: {{ name: {_js(code.name)}, meaning: {_js(entry.meaning)}, "
        f"retryable: {_js(entry.retryable)}, close: {entry.close:d} }},\n"
        for code, entry in errors.REGISTRY.items()
    )
    meanings = "".join(f"  [{close.value}]: {_js(errors.CLOSE_MEANINGS[close])},\n" for close in errors.Close)
    return f"""{BANNER}
/** What an `Error` says. 1xx the frame, 2xx who you are, 3xx the table's rules, 4xx money, 5xx the service. */
export const Code = {{
{codes}}} as const;
export type Code = (typeof Code)[keyof typeof Code];

/** WebSocket close codes. 40xx reconnect with back-off, 41xx get a new token first, 42xx do not reconnect. */
export const Close = {{
{closes}}} as const;
export type Close = (typeof Close)[keyof typeof Close];

/** meaning: English. retryable: the same request with the same ids may be sent again. close: 0 if it stays open. */
export interface CodeEntry {{
  readonly name: string;
  readonly meaning: string;
  readonly retryable: boolean;
  readonly close: Close | 0;
}}

export const CODES: Readonly<Record<Code, CodeEntry>> = {{
{entries}}};

export const CLOSE_MEANINGS: Readonly<Record<Close, string>> = {{
{meanings}}};

/** What to do after the connection closed. Codes that are not ours (1006 and such) are outages: back off. */
export function afterClose(code: number): "backoff" | "token" | "never" {{
  if (code >= 4100 && code < 4200) return "token";
  if (code >= 4200 && code < 4300) return "never";
  return "backoff";
}}
"""


def _js(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _comment(text: str, indent: str = "") -> str:
    lines = text.splitlines()
    if len(lines) == 1:
        return f"{indent}/** {lines[0]} */\n"
    return f"{indent}/**\n" + "".join(f"{indent} * {line}".rstrip() + "\n" for line in lines) + f"{indent} */\n"


def ts_type(type_: WireType) -> str:
    """Return a field's TypeScript type."""
    if isinstance(type_, str):
        return _TYPES[type_]
    if type_[0] == "list":
        return f"readonly {ts_type(type_[1])}[]"
    if type_[0] == "map":
        return f"Readonly<Record<number, {ts_type(type_[2])}>>"
    return str(type_[1])


def _interface(shape: Shape, *, lenient: bool) -> str:
    """Return an interface. lenient: fields with defaults may be left out, as in messages that clients make."""
    lines = [f'  readonly t: "{shape.name}";\n'] if shape.tag is not None else []
    for field in shape.fields:
        mark = "?" if lenient and field.optional else ""
        lines.append(f"  readonly {field.name}{mark}: {ts_type(field.type)};\n")
    return f"{_comment(shape.doc)}export interface {shape.name} {{\n{''.join(lines)}}}\n"


def _union(name: str, shapes: Iterable[Shape], doc: str) -> str:
    return f"/** {doc} */\nexport type {name} =\n" + "\n".join(f"  | {shape.name}" for shape in shapes) + ";\n"


def _read(type_: WireType) -> str:
    """Return the name of the function that reads a scalar or a struct."""
    return type_ if isinstance(type_, str) else f"read{type_[1]}"


def _read_call(type_: WireType, value: str, at: str) -> str:
    if isinstance(type_, str) or type_[0] == "struct":
        return f"{_read(type_)}({value}, {at})"
    return f"{type_[0]}({value}, {_read(type_[-1])}, {at})"


def _reader(shape: Shape) -> str:
    skip = 0 if shape.tag is None else 1
    least = skip + sum(not field.optional for field in shape.fields)
    if not shape.fields:
        return f'function read{shape.name}(): {shape.name} {{\n  return {{ t: "{shape.name}" }};\n}}\n'
    lines = [f'    t: "{shape.name}",\n'] if skip else []
    for index, field in enumerate(shape.fields, skip):
        call = _read_call(field.type, f"f[{index}]", f'"{shape.name}.{field.name}"')
        if field.optional:
            call = f"f.length > {index} ? {call} : {_js(field.default)}"
        lines.append(f"    {field.name}: {call},\n")
    if skip:
        head = f"function read{shape.name}(value: unknown): {shape.name} {{\n"
        head += f'  const f = fields(value, {least}, "{shape.name}");\n'
    else:
        head = f"function read{shape.name}(value: unknown, at: string): {shape.name} {{\n"
        head += f"  const f = fields(value, {least}, at);\n"
    return head + "  return {\n" + "".join(lines) + "  };\n}\n"


def _pack(field: Field, owner: str) -> str:
    at = f'"{owner}.{field.name}"'
    value = f"m.{field.name}"
    if field.optional:
        value = f"({value} ?? {_js(field.default)})"
    type_ = field.type
    if type_ == "int":
        return f"int({value}, {at})"
    if isinstance(type_, str):
        return value.strip("()")
    if type_[0] == "struct":
        return f"pack{type_[1]}({value})"
    if type_[0] == "map":
        return f"packMap({value}, {at})"
    if type_[1] == "int":
        return f"{value}.map((each) => int(each, {at}))"
    return value.strip("()") if isinstance(type_[1], str) else f"{value}.map(pack{type_[1][1]})"


def _packer(shape: Shape) -> str:
    items = [str(shape.tag)] if shape.tag is not None else []
    items += [_pack(field, shape.name) for field in shape.fields]
    parameter = f"m: {shape.name}" if shape.fields else ""
    return f"function pack{shape.name}({parameter}): unknown[] {{\n  return [{', '.join(items)}];\n}}\n"


def _dispatch(side: str, shapes: Iterable[Shape]) -> str:
    reads, packs = [], []
    for shape in shapes:
        arguments = ("body", "message") if shape.fields else ("", "")
        reads.append(f"    case {shape.tag}:\n      return read{shape.name}({arguments[0]});\n")
        packs.append(f'    case "{shape.name}":\n      return pack{shape.name}({arguments[1]});\n')
    return f"""\
function read{side}Message(body: readonly unknown[]): {side}Message {{
  switch (body[0]) {{
{"".join(reads)}    default:
      throw new WireError(Code.UNKNOWN_MESSAGE, `tag ${{String(body[0])}}`);
  }}
}}

function pack{side}Message(message: {side}Message): unknown[] {{
  switch (message.t) {{
{"".join(packs)}  }}
}}
"""
