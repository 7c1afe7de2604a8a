/** The numbers of a round, from its seed (docs/fairness.md): HMAC blocks of eight words, each number by rejection. */
import { bytesOf, hexOf, hmac } from "./sha256.ts";

const SPAN = 2 ** 32;

export class Draws {
  readonly #key: Uint8Array;
  readonly #client: string;
  readonly #nonce: number;
  #block: DataView = new DataView(new ArrayBuffer(32));
  #number = 0;
  #offset = 32;

  constructor(seed: string, client: string, nonce: number) {
    this.#key = bytesOf(seed);
    this.#client = client;
    this.#nonce = nonce;
  }

  /** HMAC the other way round, the client's text as key: what crash is decided by. */
  digest(): string {
    return hexOf(hmac(bytesOf(this.#client), this.#key));
  }

  word(): number {
    if (this.#offset === 32) {
      const block = hmac(this.#key, bytesOf(`${this.#client}:${this.#nonce}:${this.#number}`));
      this.#block = new DataView(block.buffer, block.byteOffset, 32);
      this.#number += 1;
      this.#offset = 0;
    }
    this.#offset += 4;
    return this.#block.getUint32(this.#offset - 4);
  }

  /** A whole number in 0 .. n - 1, each as likely as any other. */
  below(n: number): number {
    const usable = SPAN - (SPAN % n);
    for (;;) {
      const word = this.word();
      if (word < usable) return word % n;
    }
  }
}

/** The first cards of a shoe of so many decks, in the order dealt: Fisher-Yates from the first place up. */
export function shoe(draws: Draws, decks: number, count: number): number[] {
  const cards = Array.from({ length: 52 * decks }, (_, place) => place % 52);
  for (let place = 0; place < count; place += 1) {
    const other = place + draws.below(cards.length - place);
    const card = cards[other] as number;
    cards[other] = cards[place] as number;
    cards[place] = card;
  }
  return cards.slice(0, count);
}
