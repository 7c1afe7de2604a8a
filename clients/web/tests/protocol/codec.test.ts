/** The wire as the server speaks it: what was once agreed stays readable and writable, byte for byte. */
import { describe, expect, it } from "vitest";
import {
  decodeClientFrame,
  type Decoded,
  decodeServerFrame,
  encodeClientFrame,
  encodeServerFrame,
  MAX_CLIENT_FRAME_BYTES,
  MAX_SERVER_FRAME_BYTES,
  WireError,
} from "../../src/protocol/codec";
import { Code, CODES } from "../../src/protocol/errors";
import { CLIENT_GOLDENS, SERVER_GOLDENS } from "../../src/protocol/golden";
import { fromHex, idKey, newId, sameId } from "../../src/protocol/ids";

/** Numbers in [0, 1), the same from a seed every time (mulberry32): a failure can be seen again. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Frames from before their message got more fields are read for ever and written no more: written again they are longer,
 * and say the same. All others are written as they are.
 */
function sameOrGrown(again: Uint8Array, hex: string): void {
  const written = idKey(again);
  if (written.length <= hex.length) expect(written).toBe(hex);
}

describe("goldens", () => {
  it.each(CLIENT_GOLDENS)("$name", ({ hex, frame }) => {
    expect(decodeClientFrame(fromHex(hex))).toStrictEqual({ ok: true, frame });
    const again = encodeClientFrame(frame.ref, frame.seq, frame.body);
    expect(decodeClientFrame(again)).toStrictEqual({ ok: true, frame });
    sameOrGrown(again, hex);
  });

  it.each(SERVER_GOLDENS)("$name", ({ hex, frame }) => {
    expect(decodeServerFrame(fromHex(hex))).toStrictEqual({ ok: true, frame });
    const again = encodeServerFrame(frame.kind, frame.ref, frame.seq, frame.body);
    // The encoder for test doubles writes a map's keys as strings, so only the meaning is the same for snapshots.
    expect(decodeServerFrame(again)).toStrictEqual({ ok: true, frame });
    if (frame.body.t !== "TableSnapshot") sameOrGrown(again, hex);
  });

  it("are read from an ArrayBuffer too, as a WebSocket gives them", () => {
    for (const { hex, frame } of SERVER_GOLDENS) {
      const bytes = fromHex(hex);
      const buffer = new ArrayBuffer(bytes.length);
      new Uint8Array(buffer).set(bytes);
      expect(decodeServerFrame(buffer)).toStrictEqual({ ok: true, frame });
    }
  });

  it("cover every error code", () => {
    const covered = new Set(SERVER_GOLDENS.flatMap(({ frame }) => (frame.body.t === "Error" ? [frame.body.code] : [])));
    expect(Object.keys(CODES).map(Number).filter((code) => !covered.has(code))).toEqual([]);
  });
});

describe("bytes that are no frame", () => {
  const known = new Set<number>(Object.values(Code));

  /** A decoder answers with a frame or with a registered fault; anything thrown fails the test. */
  function judge(data: Uint8Array): void {
    const answers: Decoded<unknown>[] = [decodeServerFrame(data), decodeClientFrame(data)];
    for (const answer of answers) {
      if (!answer.ok && !known.has(answer.fault.code)) throw new Error(`unregistered fault ${String(answer.fault.code)}`);
    }
  }

  it("random bytes give a fault", () => {
    const random = randomNumbers(1);
    for (let run = 0; run < 2000; run += 1) judge(Uint8Array.from({ length: Math.floor(random() * 64) }, () => random() * 256));
  });

  it("random bytes behind a sound envelope give a fault", () => {
    const random = randomNumbers(2);
    for (let run = 0; run < 2000; run += 1) {
      const tail = Array.from({ length: Math.floor(random() * 64) }, () => random() * 256);
      judge(Uint8Array.from([0x95, 1, 1 + Math.floor(random() * 4), 1, 0, 0x90 + Math.floor(random() * 16), ...tail]));
    }
  });

  it("goldens with a wrong byte or a missing end give a fault or another frame", () => {
    const random = randomNumbers(3);
    for (const { hex } of [...CLIENT_GOLDENS, ...SERVER_GOLDENS]) {
      const bytes = fromHex(hex);
      for (let length = 0; length < bytes.length; length += 1) {
        if (decodeServerFrame(bytes.slice(0, length)).ok) throw new Error("half a frame was taken for a whole one");
        judge(bytes.slice(0, length));
      }
      for (let run = 0; run < 10; run += 1) {
        const broken = bytes.slice();
        broken[Math.floor(random() * broken.length)] = random() * 256;
        judge(broken);
      }
    }
  });

  it("deep nesting and false lengths do no harm", () => {
    judge(new Uint8Array(MAX_CLIENT_FRAME_BYTES).fill(0x91));
    judge(new Uint8Array(MAX_CLIENT_FRAME_BYTES).fill(0x81));
    judge(fromHex("ddffffffff"));
    judge(fromHex("dfffffffff"));
    judge(fromHex("c6ffffffff"));
    judge(fromHex("dbffffffff"));
  });

  it("are refused by size before they are read", () => {
    const large = decodeServerFrame(new Uint8Array(MAX_SERVER_FRAME_BYTES + 1));
    expect(large).toMatchObject({ ok: false, fault: { code: Code.FRAME_TOO_LARGE } });
    const fromClient = decodeClientFrame(new Uint8Array(MAX_CLIENT_FRAME_BYTES + 1));
    expect(fromClient).toMatchObject({ ok: false, fault: { code: Code.FRAME_TOO_LARGE } });
  });

  it("a frame does not travel against its direction", () => {
    for (const { hex } of CLIENT_GOLDENS) expect(decodeServerFrame(fromHex(hex))).toMatchObject({ ok: false, fault: { code: Code.MALFORMED_FRAME } });
    for (const { hex, frame } of SERVER_GOLDENS) {
      const code = frame.ref === 0 ? Code.BAD_REF : Code.MALFORMED_FRAME;
      expect(decodeClientFrame(fromHex(hex))).toMatchObject({ ok: false, fault: { code } });
    }
  });
});

describe("versions", () => {
  it("passes over fields that a newer server adds behind the known ones", () => {
    // Pong with a third field; the envelope with a sixth.
    expect(decodeServerFrame(fromHex("950102020094040506a3616263"))).toStrictEqual({
      ok: true,
      frame: { kind: 2, ref: 2, seq: 0, body: { t: "Pong", client_ms: 5, server_ms: 6 } },
    });
    expect(decodeServerFrame(fromHex("96010202009304050607")).ok).toBe(true);
  });

  it("names an unknown tag, a wrong field and another protocol version", () => {
    expect(decodeServerFrame(fromHex("9501020700917f"))).toMatchObject({ ok: false, fault: { code: Code.UNKNOWN_MESSAGE, ref: 7 } });
    expect(decodeServerFrame(fromHex("950102070093040506").fill(0xc0, 7, 8))).toMatchObject({ ok: false, fault: { code: Code.BAD_FIELD, ref: 7 } });
    expect(decodeServerFrame(fromHex("950202070093040506"))).toMatchObject({ ok: false, fault: { code: Code.UNSUPPORTED_VERSION } });
  });
});

describe("encoding", () => {
  it.each([1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])("refuses %d as a stake", (stake_minor) => {
    const chips = [{ position: 1, stake_minor }];
    const id = newId(0);
    const body = { t: "PlaceBets", table_id: "roulette-1", round_id: id, bet_id: id, chips } as const;
    expect(() => encodeClientFrame(1, 0, body)).toThrow(WireError);
  });
});

describe("ids", () => {
  it("carry their time and the client's origin class", () => {
    const id = newId(0x0199c0de0001);
    expect(idKey(id)).toMatch(/^0199c0de000170[0-9a-f]{2}[89ab][0-9a-f]{15}$/);
    expect(sameId(id, fromHex(idKey(id)))).toBe(true);
    expect(sameId(id, newId(0x0199c0de0001))).toBe(false);
    expect(sameId(id, new Uint8Array(0))).toBe(false);
  });
});
