"""The schema as JSON: what a generator for another language reads. `protocol/schema/v1.json`."""

from __future__ import annotations

import json
from typing import Any

from protocol import envelope, errors
from server.schema.reflect import Shape, Wire, WireType


def schema_json(wire: Wire) -> str:
    """Return messages, parts, error codes and close codes."""
    schema = {
        "protocol": envelope.SUBPROTOCOL,
        "version": wire.version,
        "limits": {
            "client_frame_bytes_max": envelope.MAX_CLIENT_FRAME_BYTES,
            "server_frame_bytes_max": envelope.MAX_SERVER_FRAME_BYTES,
        },
        "kinds": {kind.name: kind.value for kind in envelope.Kind},
        "parts": [_shape(shape) for shape in wire.parts],
        "client_messages": [_shape(shape) for shape in wire.client],
        "server_messages": [_shape(shape) for shape in wire.server],
        "codes": [
            {
                "code": code.value,
                "name": code.name,
                "meaning": e.meaning,
                "retryable": e.retryable,
                "close": int(e.close),
            }
            for code, e in errors.REGISTRY.items()
        ],
        "closes": [
            {
                "code": close.value,
                "name": close.name,
                "meaning": errors.CLOSE_MEANINGS[close],
                "after": errors.after_close(close).value,
            }
            for close in errors.Close
        ],
    }
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def type_name(type_: WireType) -> str:
    """Return a field's type for people: "int", "list of Chip", "map of int to int"."""
    if isinstance(type_, str):
        return type_
    if type_[0] == "list":
        return f"list of {type_name(type_[1])}"
    if type_[0] == "map":
        return f"map of {type_name(type_[1])} to {type_name(type_[2])}"
    return str(type_[1])


def _shape(shape: Shape) -> dict[str, Any]:
    described: dict[str, Any] = {"name": shape.name, "doc": shape.doc}
    if shape.tag is not None:
        described["tag"] = shape.tag
    described["fields"] = [
        {"name": field.name, "type": type_name(field.type)} | ({"default": field.default} if field.optional else {})
        for field in shape.fields
    ]
    return described
