"""Player names: what may be one, and when two are the same."""

from __future__ import annotations

import unicodedata
from typing import Final

NAME_CHARS_MIN: Final = 3
NAME_CHARS_MAX: Final = 24

_PUNCTUATION: Final = "_.-"


def clean_name(text: str) -> str | None:
    """Return the name in the form it is stored and shown in (NFKC), or None when it may not be a name.

    Shape: 3 .. 24 characters, letters, marks and digits of any script and `_.-`; the first is a letter or digit.
    """
    name = unicodedata.normalize("NFKC", text.strip())
    if not NAME_CHARS_MIN <= len(name) <= NAME_CHARS_MAX or not name[0].isalnum():
        return None
    return name if all(_may_be_in_name(character) for character in name) else None


def name_key(text: str) -> str:
    """Return what is equal for two names that are the same: NFKC, case folded, NFKC again (folding may undo it)."""
    folded = unicodedata.normalize("NFKC", text.strip()).casefold()
    return unicodedata.normalize("NFKC", folded)


def _may_be_in_name(character: str) -> bool:
    return character in _PUNCTUATION or unicodedata.category(character)[0] in "LMN"
