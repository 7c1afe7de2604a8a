"""E-mail addresses: what we take for one, and when two are the same."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

COLUMN: Final = "email"
CHARS_MAX: Final = 254
_LOCAL_MAX: Final = 64
# Not the whole of RFC 5321: no quoted local parts, no addresses without a domain of two labels.
_FORM: Final = re.compile(r"[^\s@\"(),:;<>\[\]\\]+@(?!-)[\w-]{1,63}(?:\.(?!-)[\w-]{1,63})+", re.UNICODE)


def clean_email(text: str) -> str | None:
    """Return the address as it is stored (trimmed, NFC), or None when it is none."""
    email = unicodedata.normalize("NFC", text.strip())
    local = email.partition("@")[0]
    if len(email) > CHARS_MAX or len(local) > _LOCAL_MAX or not email.isprintable() or not _FORM.fullmatch(email):
        return None
    return None if local.startswith(".") or local.endswith(".") or ".." in local else email


def email_key(email: str) -> str:
    """Return what is equal for two addresses that reach the same mailbox nearly everywhere: case folded."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", email).casefold())
