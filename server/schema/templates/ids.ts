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
