"""TypeScript for the web client: `messages.ts`, `codec.ts`, `errors.ts`, `ids.ts`, `roulette.ts`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from actors.domain.games import roulette
from protocol import envelope, errors
from server.schema.reflect import Field, Shape, Wire, WireType
from server.schema.templates import template

BANNER: Final = "// Generated from the Python source by `make schema`. Do not edit.\n"

_TYPES: Final = {"int": "number", "str": "string", "bool": "boolean", "bytes": "Uint8Array"}


def ids_ts() -> str:
    """Return `ids.ts`."""
    return BANNER + "\n" + template("ids.ts")


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
    head = template(
        "codec_head.ts",
        IMPORTS=",\n  ".join(names),
        VERSION=wire.version,
        CLIENT_BYTES=envelope.MAX_CLIENT_FRAME_BYTES,
        SERVER_BYTES=envelope.MAX_SERVER_FRAME_BYTES,
    )
    blocks = [head]
    for shape in wire.shapes():
        blocks += [_reader(shape), _packer(shape)]
    blocks += [_dispatch("Client", wire.client), _dispatch("Server", wire.server), template("codec_tail.ts")]
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
  if (code === Close.SESSION_REPLACED || code === Close.SESSION_IDLE) return "never";
  if (code >= 4100 && code < 4200) return "token";
  if (code >= 4200 && code < 4300) return "never";
  return "backoff";
}}
"""


def roulette_ts() -> str:
    """Return `roulette.ts`: the layout, the wheel and the announced bets."""
    rules = roulette.export_rules()
    positions = "".join(
        f"  {{ position: {p['position']}, kind: {_js(p['kind'])}, name: {_js(p['name'])}, "
        f"numbers: {_js(p['numbers'])}, pays: {p['pays']} }},\n"
        for p in rules["positions"]
    )
    calls = "".join(
        f"  {name}: [\n"
        + "".join(f"    {{ position: {c['position']}, units: {c['units']} }},\n" for c in chips)
        + "  ],\n"
        for name, chips in rules["calls"].items()
    )
    kinds = dict.fromkeys(p["kind"] for p in rules["positions"])
    return (
        BANNER
        + "\n"
        + template(
            "roulette.ts",
            KINDS=" | ".join(map(_js, kinds)),
            NAMES=" | ".join(map(_js, rules["calls"])),
            VERSION=_js(rules["rules_version"]),
            WHEEL=_js(rules["wheel"]),
            RED=_js(rules["red"]),
            RTP=_js(rules["rtp"]),
            POSITIONS=positions,
            CALLS=calls,
        )
    )


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
