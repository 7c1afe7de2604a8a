"""What an order says besides amounts and ids, as the text that the journal keeps and the chain covers.

JSON with keys in the order given. Stored: a key never changes its meaning.
"""

from __future__ import annotations

from typing import Final

import msgspec

_encode: Final = msgspec.json.Encoder().encode


def meta_text(**given: int | str) -> str:
    """Return the text for these facts; those that are empty or 0 are left out, and nothing at all is the empty text."""
    facts = {key: value for key, value in given.items() if value}
    return _encode(facts).decode() if facts else ""
