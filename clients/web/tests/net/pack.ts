/** A MessagePack encoder of a few lines, so that tests can say what the client's own codec would refuse to say. */

function head(tag: number, bytes: number, value: number): number[] {
  const digits = Array.from({ length: bytes }, (_, i) => Math.floor(value / 2 ** (8 * (bytes - 1 - i))) % 256);
  return [tag, ...digits];
}

function packInto(out: number[], value: unknown): void {
  if (value === null || value === undefined) out.push(0xc0);
  else if (typeof value === "boolean") out.push(value ? 0xc3 : 0xc2);
  else if (typeof value === "number") out.push(...(value >= 0 ? head(0xcf, 8, value) : [0xd3, ...negative(value)]));
  else if (typeof value === "string") {
    const bytes = new TextEncoder().encode(value);
    out.push(...head(0xda, 2, bytes.length), ...bytes);
  } else if (value instanceof Uint8Array) out.push(...head(0xc5, 2, value.length), ...value);
  else if (value instanceof Map) {
    out.push(...head(0xde, 2, value.size));
    for (const pair of value) for (const item of pair) packInto(out, item);
  } else if (Array.isArray(value)) {
    out.push(...head(0xdc, 2, value.length));
    for (const item of value) packInto(out, item);
  } else throw new TypeError(`cannot pack ${typeof value}`);
}

function negative(value: number): number[] {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigInt64(0, BigInt(value));
  return [...new Uint8Array(view.buffer)];
}

export function pack(value: unknown): Uint8Array {
  const out: number[] = [];
  packInto(out, value);
  return new Uint8Array(out);
}
