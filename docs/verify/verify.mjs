#!/usr/bin/env node
/**
 * Verifies rounds of Croupier without any of Croupier's code. Needs Node 18 or newer, no packages, no network.
 *
 *   node verify.mjs round.json            one record, or a list of them; "-" reads standard input
 *   node verify.mjs --lines rounds.jsonl  one record a line; answers one verdict a line
 *   node verify.mjs --key HEX round.json  also checks the house's signature, by its public key
 *
 * Exit code 0: every round is as its seed says. 1: one is not. 2: the file cannot be read.
 * What is checked, and what that proves, is in fairness.md. Written from that page alone.
 */
import { createHash, createHmac, createPublicKey, verify as verifySignature } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const sha256 = (text) => createHash("sha256").update(text).digest("hex");

// --- numbers from a seed -------------------------------------------------------------------------------------------

/** block i = HMAC-SHA-256(seed, "client:nonce:i"); eight big-endian words of four bytes each; rejection, then remainder. */
function* words(seed, client, nonce) {
  for (let number = 0; ; number += 1) {
    const block = createHmac("sha256", seed).update(`${client}:${nonce}:${number}`).digest();
    for (let offset = 0; offset < 32; offset += 4) yield block.readUInt32BE(offset);
  }
}

export function numbers(seed, client, nonce) {
  const stream = words(seed, client, nonce);
  return (n) => {
    const limit = 2 ** 32 - (2 ** 32 % n);
    let word;
    do word = stream.next().value;
    while (word >= limit);
    return word % n;
  };
}

/** Takes the k-th card from those not dealt yet. A card is 0 .. 51: rank = card % 13 (ace 0 ... king 12). */
export function deal(below, decks, count) {
  const left = [];
  for (let deck = 0; deck < decks; deck += 1) for (let card = 0; card < 52; card += 1) left.push(card);
  const dealt = [];
  // Whoever is dealt changes places with the first of those left.
  for (let k = 0; k < count; k += 1) {
    const at = k + below(left.length - k);
    dealt.push(left[at]);
    left[at] = left[k];
  }
  return dealt;
}

export function chain(root, length) {
  const elements = [root];
  while (elements.length <= length) elements.unshift(sha256(elements[0]));
  return elements;
}

// --- games -----------------------------------------------------------------------------------------------------------

const equal = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);
const plain = (number, detail, round) => ({
  found: [number, ...detail],
  same: round.number === number && equal(round.detail, detail),
  paid: true,
});

function roulette(round) {
  return plain(numbers(round.seed, round.client, round.nonce)(37), [], round);
}

/** Punto banco. The table of the banker's third card: banker's total, then by what the player's third card counts, 0 .. 9. */
const BANKER = ["1111111111", "1111111111", "1111111111", "1111111101", "0011111100", "0000111100", "0000001100", "0000000000"];

function baccarat(round) {
  const cards = deal(numbers(round.seed, round.client, round.nonce), 8, 6);
  const count = (card) => (card % 13 > 8 ? 0 : (card % 13) + 1);
  const hands = [[cards[0], cards[2]], [cards[1], cards[3]]];
  const total = (hand) => hand.reduce((sum, card) => sum + count(card), 0) % 10;
  const [player, banker] = hands.map(total);
  let used = 4;
  if (player < 8 && banker < 8) {
    if (player < 6) {
      const third = cards[used++];
      hands[0].push(third);
      if (BANKER[banker][count(third)] === "1") hands[1].push(cards[used++]);
    } else if (banker < 6) hands[1].push(cards[used++]);
  }
  const [p, b] = hands.map(total);
  const pair = ([x, y]) => (x % 13 === y % 13 ? 1 : 0);
  const winner = p === b ? 2 : p > b ? 0 : 1;
  const number = winner + (pair(hands[0]) << 2) + (pair(hands[1]) << 3) + (p << 4) + (b << 8) + (used << 12);
  return plain(number, cards.slice(0, used), round);
}

/** Hundredths. The digest is HMAC with the salt as key and the seed as message. */
function crash(round) {
  const digest = createHmac("sha256", round.client).update(round.seed).digest("hex");
  const left = 2n ** 52n - BigInt(`0x${digest.slice(0, 13)}`);
  let bust = (99n * 2n ** 52n) / left;
  if (bust < 100n) bust = 100n;
  if (bust > 2n ** 53n - 1n) bust = 2n ** 53n - 1n;
  return plain(Number(bust), [], round);
}

/** detail: n, the dealer's n cards; then of each hand: seat * 10 + place, flags, n, n cards. */
function blackjack(round) {
  const none = { found: [], same: false, paid: true };
  const rest = [...round.detail];
  const take = () => {
    const n = rest.shift();
    return n === undefined || n > rest.length ? null : rest.splice(0, n);
  };
  const dealer = take();
  if (dealer === null || dealer.length < 2) return none;
  const seats = [];
  let hands = 0;
  let held = dealer.length;
  while (rest.length > 0) {
    const seat = Math.floor(rest.shift() / 10);
    rest.shift();
    const cards = take();
    if (cards === null) return none;
    held += cards.length;
    hands += 1;
    const known = seats.find((other) => other.seat === seat);
    if (known === undefined) seats.push({ seat, hands: 1, cards });
    else {
      known.hands += 1;
      known.cards.push(...cards);
    }
  }
  if (hands > 28 || held > 312) return none;
  const shoe = deal(numbers(round.seed, round.client, round.nonce), 6, held);
  // One to each seat, one to the dealer, and again; then seat by seat what was asked for; then the dealer.
  const n = seats.length;
  let place = 2 * n + 2;
  let same = true;
  seats.forEach(({ hands: split, cards }, i) => {
    const end = place + Math.max(0, cards.length - 2);
    const want = [shoe[i], shoe[n + 1 + i], ...shoe.slice(place, end)];
    const order = (list) => (split > 1 ? [...list].sort((a, b) => a - b) : list);
    if (!equal(order(cards), order(want))) same = false;
    place = end;
  });
  if (!equal(dealer, [shoe[n], shoe[2 * n + 1], ...shoe.slice(place)])) same = false;
  let total = 0;
  let aces = 0;
  for (const card of dealer) {
    total += Math.min(10, (card % 13) + 1);
    if (card % 13 === 0) aces += 1;
  }
  if (aces > 0 && total < 12) total += 10;
  const number = total === 21 && dealer.length === 2 ? 0 : total > 21 ? 22 : total;
  return { found: shoe, same: same && round.number === number, paid: true };
}

/** Lantern Bay, from its published rules. W the wild lantern, S the lighthouse. */
const REELS = [
  "FESAHDCBFHCFGEFBCDHGDHEGHEAG",
  "BCEHAGDFHDGHCSEFGBEHDWFACFBGH",
  "BGEHFEDWCGAHFBHCWDHBEGSDFGCE",
  "GBFDEHFEHGCFGDHEDCWGHSAEGFABC",
  "BGHSDCHFECGFDHGABFHEDGFEGHEC",
];
const ROWS = (
  "11111 00000 22222 01210 21012 00122 22100 10001 12221 10121 " +
  "12101 01110 21112 01010 21212 11011 11211 00200 22022 02020"
).split(" ");
const PAYS = {
  A: [60, 300, 2000],
  B: [40, 150, 800],
  C: [30, 120, 400],
  D: [20, 75, 300],
  E: [15, 40, 150],
  F: [10, 30, 120],
  G: [8, 25, 100],
  H: [5, 20, 80],
};
const LIGHTHOUSES = { 3: { times: 2, free: 10 }, 4: { times: 10, free: 15 }, 5: { times: 50, free: 20 } };

function slot(round) {
  const below = numbers(round.seed, round.client, round.nonce);
  const all = [];
  let units = 0;
  for (let left = 1, given = 0, multiplier = 1; left > 0; left -= 1, multiplier = 3) {
    const stops = REELS.map((reel) => below(reel.length));
    const shown = (reel, row) => REELS[reel][(stops[reel] + row) % REELS[reel].length];
    let won = 0;
    for (const rows of ROWS) {
      const symbols = REELS.map((_, reel) => shown(reel, Number(rows[reel]))).join("");
      const run = new RegExp(`^${symbols[0]}[${symbols[0]}W]*`).exec(symbols)[0].length;
      if (run >= 3) won += PAYS[symbols[0]]?.[run - 3] ?? 0;
    }
    let lighthouses = 0;
    for (let reel = 0; reel < 5; reel += 1) for (let row = 0; row < 3; row += 1) if (shown(reel, row) === "S") lighthouses += 1;
    const scatter = LIGHTHOUSES[lighthouses] ?? { times: 0, free: 0 };
    units += (won + scatter.times * ROWS.length) * multiplier;
    const free = Math.min(scatter.free, 100 - given);
    given += free;
    left += free;
    all.push(...stops);
  }
  const judged = plain(units * 5, all, round); // a line's stake is a twentieth: 5 hundredths
  const asked = round.stake !== null && round.payout !== null;
  return { ...judged, paid: !asked || round.payout * 20 === units * round.stake };
}

const GAMES = new Map([
  ["roulette-eu-1", roulette],
  ["baccarat-pb-1", baccarat],
  ["baccarat-nc-1", baccarat],
  ["crash-99-1", crash],
  ["blackjack-6d-s17-1", blackjack],
  ["slot-lantern-1", slot],
]);

// --- records ---------------------------------------------------------------------------------------------------------

class Malformed extends Error {}

function must(fine, value) {
  if (!fine) throw new Malformed();
  return value;
}
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const hex64 = (value) => must(typeof value === "string" && /^[0-9a-f]{64}$/.test(value), value);
const text = (value) => must(typeof value === "string" && value.length >= 1 && value.length <= 256, value);
const whole = (value) => must(Number.isSafeInteger(value) && value >= 0, value);
const optional = (value) => (value === undefined || value === null ? null : whole(value));

function read(record) {
  must(isObject(record));
  const voided = record.state === "voided";
  const given = record.chain ?? null;
  must(given === null || isObject(given));
  const detail = voided ? [] : (record.detail ?? []);
  must(Array.isArray(detail) && detail.length <= 1000);
  return {
    family: text(record.rules_version).split(":")[0],
    seed: hex64(record.seed),
    commitment: hex64(record.commitment),
    client: text(record.salt ?? record.client_seed),
    nonce: whole(record.round_no ?? record.nonce),
    voided,
    number: voided ? 0 : whole(record.number),
    detail: detail.map(whole),
    stake: optional(record.stake_minor),
    payout: optional(record.payout_minor),
    chain: given === null ? null : { first: whole(given.first_round_no), terminal: hex64(given.terminal) },
  };
}

function inChain({ chain: given, nonce, seed }) {
  if (given === null) return true;
  const steps = nonce - given.first + 1;
  if (steps < 1 || steps > 2 ** 20) return false;
  let element = seed;
  for (let i = 0; i < steps; i += 1) element = sha256(element);
  return element === given.terminal;
}

/** Judges one record. problems: malformed, game, commitment, chain, outcome, payout, signature, in this order. */
export function verify(record, publicKey = "") {
  let round;
  try {
    round = read(record);
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, problems: ["malformed"], found: [] };
    throw error;
  }
  const problems = [];
  const game = GAMES.get(round.family);
  if (game === undefined) problems.push("game");
  if (sha256(round.seed) !== round.commitment) problems.push("commitment");
  if (!inChain(round)) problems.push("chain");
  const played = game === undefined || round.voided ? { found: [], same: true, paid: true } : game(round);
  if (!played.same) problems.push("outcome");
  if (!played.paid) problems.push("payout");
  if (publicKey !== "" && !isSigned(record, publicKey)) problems.push("signature");
  return { ok: problems.length === 0, problems, found: played.found };
}

// --- signatures ------------------------------------------------------------------------------------------------------

/** Reads the kinds of MessagePack that a signed record is made of: whole numbers, texts, binaries, lists. */
export function unpack(bytes) {
  let place = 0;
  const some = (n) => bytes.subarray(place, (place += n));
  const number = (n) => Number(BigInt(`0x${some(n).toString("hex")}`));
  const list = (n) => Array.from({ length: n }, one);
  function one() {
    const kind = bytes[place++];
    if (kind < 0x80) return kind;
    if (kind >> 4 === 0x9) return list(kind & 15);
    if (kind >> 5 === 0b101) return some(kind & 31).toString("utf8");
    switch (kind) {
      case 0xc4: return some(number(1)).toString("hex");
      case 0xcc: return number(1);
      case 0xcd: return number(2);
      case 0xce: return number(4);
      case 0xcf: return number(8);
      case 0xd9: return some(number(1)).toString("utf8");
      case 0xda: return some(number(2)).toString("utf8");
      case 0xdc: return list(number(2));
      default: throw new Malformed();
    }
  }
  return one();
}

/** Whether the house has signed what this record says of the round. */
function isSigned(record, publicKey) {
  try {
    const body = Buffer.from(record.record, "hex");
    const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), Buffer.from(publicKey, "hex")]);
    const key = createPublicKey({ key: der, format: "der", type: "spki" });
    if (!verifySignature(null, body, key, Buffer.from(record.signature, "hex"))) return false;
    const [what, table, , roundId, roundNo, , rules, state, commitment, seed, salt, number, detail] = unpack(body);
    const voided = record.state === "voided";
    const says = [what, table, roundId, roundNo, rules, state, commitment, seed, salt, number, JSON.stringify(detail)];
    const claims = [
      ...["croupier/round/1", record.table_id, record.round_id, record.round_no, record.rules_version, record.state],
      ...[record.commitment, voided ? "" : record.seed, record.salt, voided ? 0 : record.number],
      JSON.stringify(voided ? [] : record.detail),
    ];
    return equal(says, claims);
  } catch {
    return false;
  }
}

// --- the command -----------------------------------------------------------------------------------------------------

const EXPLAIN = {
  malformed: "this is not a record of a round, or something is missing in it",
  game: "these rules are not known to this program",
  commitment: "the seed is not the one that was committed to",
  chain: "the seed is not of the chain that was published",
  outcome: "the outcome is not the one that follows from the seed",
  payout: "the outcome is right, but it pays something else",
  signature: "the house has not signed this",
};

function main(args) {
  const lines = args[0] === "--lines";
  const keyed = args[0] === "--key";
  const file = args[lines ? 1 : keyed ? 2 : 0];
  if (file === undefined) {
    console.error("usage: node verify.mjs [--lines | --key HEX] FILE   (- for standard input)");
    return 2;
  }
  let records;
  try {
    const content = readFileSync(file === "-" ? 0 : file, "utf8");
    const parts = lines ? content.split("\n").filter((line) => line !== "") : [content];
    records = parts.map((part) => JSON.parse(part)).flatMap((part) => (lines || !Array.isArray(part) ? [part] : part));
  } catch (error) {
    console.error(`cannot be read: ${error.message}`);
    return 2;
  }
  let bad = 0;
  for (const [index, record] of records.entries()) {
    const verdict = verify(record, keyed ? args[1] : "");
    if (!verdict.ok) bad += 1;
    if (lines) console.log(JSON.stringify(verdict));
    else {
      const name = isObject(record) ? `${record.table_id ?? record.game ?? "round"} ${record.round_no ?? record.nonce ?? index}` : `#${index}`;
      console.log(verdict.ok ? `${name}: as its seed says` : `${name}: NOT as its seed says`);
      for (const problem of verdict.problems) console.log(`  ${problem}: ${EXPLAIN[problem]}`);
    }
  }
  if (!lines) console.log(`${records.length - bad} of ${records.length} verified`);
  return bad > 0 ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main(process.argv.slice(2));
