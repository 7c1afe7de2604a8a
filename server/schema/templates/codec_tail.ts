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

/** What a frame is, though its body may be of a newer server; null: not even that can be told. */
export function peekServerEnvelope(data: ArrayBuffer | Uint8Array): { readonly kind: number; readonly ref: number; readonly seq: number } | null {
  const open = openEnvelope(data, MAX_SERVER_FRAME_BYTES, 0);
  return open.ok ? { kind: open.frame.kind, ref: open.frame.ref, seq: open.frame.seq } : null;
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
  if (!Array.isArray(body) || !isInt(body[0])) return fault(Code.MALFORMED_FRAME, ref, "body has no tag");
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
