/**
 * SHA-256 and HMAC-SHA-256 (FIPS 180-4, RFC 2104), written out: the browser's own are kept from pages without TLS, and
 * answer only later. Checked against vectors.
 */

/** The first bits of the fractional parts of the roots of primes: cube roots for the rounds, square roots to begin with. */
function roots(count: number, degree: 2 | 3): Uint32Array {
  const found = new Uint32Array(count);
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n += 1) {
    if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  }
  for (const [index, prime] of primes.entries()) {
    // The largest whole x with x^degree <= prime * 2^(32 * degree): exact, whatever the machine's floating point does.
    const bound = BigInt(prime) << BigInt(32 * degree);
    let x = 0n;
    for (let bit = 1n << 36n; bit > 0n; bit >>= 1n) if ((x + bit) ** BigInt(degree) <= bound) x += bit;
    found[index] = Number(x & 0xffffffffn);
  }
  return found;
}

const ROUND = roots(64, 3);
const START = roots(8, 2);

function at(words: Uint32Array | Uint8Array, index: number): number {
  return words[index] as number;
}

function turn(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

function compress(state: Uint32Array, block: Uint8Array, start: number, w: Uint32Array): void {
  for (let i = 0; i < 16; i += 1) {
    const p = start + 4 * i;
    w[i] = (at(block, p) << 24) | (at(block, p + 1) << 16) | (at(block, p + 2) << 8) | at(block, p + 3);
  }
  for (let i = 16; i < 64; i += 1) {
    const x = at(w, i - 15);
    const y = at(w, i - 2);
    w[i] = at(w, i - 16) + (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) + at(w, i - 7) + (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10));
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
  for (let i = 0; i < 64; i += 1) {
    const t1 = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + at(ROUND, i) + at(w, i)) | 0;
    const t2 = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
  }
  for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) state[i] = at(state, i) + word;
}

export function sha256(message: Uint8Array): Uint8Array {
  const padded = new Uint8Array(((message.length + 8) >> 6 << 6) + 64);
  padded.set(message);
  padded[message.length] = 0x80;
  new DataView(padded.buffer).setBigUint64(padded.length - 8, BigInt(message.length) * 8n);
  const state = START.slice();
  const w = new Uint32Array(64);
  for (let start = 0; start < padded.length; start += 64) compress(state, padded, start, w);
  const digest = new Uint8Array(32);
  const view = new DataView(digest.buffer);
  for (const [i, word] of state.entries()) view.setUint32(4 * i, word);
  return digest;
}

export function hmac(key: Uint8Array, message: Uint8Array): Uint8Array {
  const short = key.length > 64 ? sha256(key) : key;
  const inner = new Uint8Array(64 + message.length).fill(0x36, 0, 64);
  const outer = new Uint8Array(96).fill(0x5c, 0, 64);
  for (const [i, byte] of short.entries()) {
    inner[i] = byte ^ 0x36;
    outer[i] = byte ^ 0x5c;
  }
  inner.set(message, 64);
  outer.set(sha256(inner), 64);
  return sha256(outer);
}

const encoder = new TextEncoder();

export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}

export function hexOf(bytes: Uint8Array): string {
  let hex = "";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return hex;
}

/** What is shown before bets open: SHA-256 of the seed's text. */
export function commitmentOf(seed: string): string {
  return hexOf(sha256(bytesOf(seed)));
}
