"""The wire's messages as data, read from the struct classes: the one source of everything that is generated."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, get_args

import msgspec
from msgspec import inspect as ms

from protocol import envelope
from protocol.messages import ClientMessage, ServerMessage

#: What a struct's field holds: "int", "str", "bool", "bytes", ("list", T), ("map", K, V) or ("struct", name).
WireType = Any

_SCALARS: Final[dict[type, str]] = {
    ms.IntType: "int",
    ms.StrType: "str",
    ms.BoolType: "bool",
    ms.BytesType: "bytes",
}


class Field(NamedTuple):
    """A field of a struct. default: what a reader takes for it where a frame ends before it."""

    name: str
    type: WireType
    optional: bool
    default: Any


class Shape(NamedTuple):
    """A struct. tag: None for one that only stands inside others. doc: its docstring, cleaned."""

    name: str
    tag: int | None
    doc: str
    fields: tuple[Field, ...]
    cls: type[msgspec.Struct]


class Wire(NamedTuple):
    """All there is. parts: structs that stand inside messages, inner ones first."""

    version: int
    parts: tuple[Shape, ...]
    client: tuple[Shape, ...]
    server: tuple[Shape, ...]

    def shapes(self) -> Iterator[Shape]:
        """Yield every struct."""
        yield from self.parts
        yield from self.client
        yield from self.server


def read_wire() -> Wire:
    """Return the wire as the classes in `protocol.messages` describe it; messages in the order of their tags."""
    client = tuple(sorted(map(_shape, get_args(ClientMessage)), key=_tag))
    server = tuple(sorted(map(_shape, get_args(ServerMessage)), key=_tag))
    parts: dict[str, Shape] = {}
    for shape in (*client, *server):
        for field in shape.fields:
            _collect(shape.cls, field.type, parts)
    return Wire(envelope.PROTOCOL_VERSION, tuple(parts.values()), client, server)


def is_message(wire: Wire, name: str) -> bool:
    """Tell whether a struct of this name travels as a body."""
    return any(shape.name == name for shape in (*wire.client, *wire.server))


def _tag(shape: Shape) -> int:
    assert shape.tag is not None
    return shape.tag


def _shape(cls: type[msgspec.Struct]) -> Shape:
    info = ms.type_info(cls)
    assert isinstance(info, ms.StructType)
    assert info.array_like
    fields = tuple(map(_field, info.fields))
    tag = info.tag if isinstance(info.tag, int) else None
    return Shape(cls.__name__, tag, inspect.getdoc(cls) or "", fields, cls)


def _field(field: ms.Field) -> Field:
    default = field.default
    if default is msgspec.NODEFAULT and field.default_factory is not msgspec.NODEFAULT:
        default = field.default_factory()
    return Field(field.name, _wire_type(field.type), not field.required, None if field.required else default)


def _wire_type(info: ms.Type) -> WireType:
    if isinstance(info, ms.ListType):
        return ("list", _wire_type(info.item_type))
    if isinstance(info, ms.DictType):
        return ("map", _wire_type(info.key_type), _wire_type(info.value_type))
    if isinstance(info, ms.StructType):
        return ("struct", info.cls.__name__)
    return _SCALARS[type(info)]


def _collect(owner: type[msgspec.Struct], type_: WireType, parts: dict[str, Shape]) -> None:
    """Add the structs that this type is made of, inner ones first."""
    if isinstance(type_, str):
        return
    if type_[0] != "struct":
        for inner in type_[1:]:
            _collect(owner, inner, parts)
        return
    name = type_[1]
    if name in parts:
        return
    shape = _shape(_find_class(name))
    for field in shape.fields:
        _collect(shape.cls, field.type, parts)
    parts[name] = shape


def _find_class(name: str) -> type[msgspec.Struct]:
    from protocol import messages

    cls = getattr(messages, name)
    assert isinstance(cls, type)
    assert issubclass(cls, msgspec.Struct)
    return cls
