"""Hypothesis strategies for the wire's structs, read from their types."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect as ms

_SCALARS: dict[type, st.SearchStrategy[Any]] = {
    ms.IntType: st.integers(-(2**63), 2**64 - 1),
    ms.StrType: st.text(max_size=12),
    ms.BoolType: st.booleans(),
    ms.BytesType: st.binary(max_size=20),
}


def struct_of(cls: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    """Return a strategy for any value of a struct that its types allow."""
    info = ms.type_info(cls)
    assert isinstance(info, ms.StructType)
    return st.builds(cls, *(_of(field.type) for field in info.fields))


def _of(info: ms.Type) -> st.SearchStrategy[Any]:
    if isinstance(info, ms.ListType):
        return st.lists(_of(info.item_type), max_size=4)
    if isinstance(info, ms.DictType):
        return st.dictionaries(_of(info.key_type), _of(info.value_type), max_size=4)
    if isinstance(info, ms.StructType):
        return struct_of(info.cls)
    return _SCALARS[type(info)]
