"""Whose certificates a client trusts."""

from __future__ import annotations

import ssl
from functools import lru_cache


@lru_cache(maxsize=8)
def trust(ca_file: str = "") -> ssl.SSLContext:
    """Return what connections to https: and wss: addresses are made with; one for all clients of a process.

    ca_file: PEM certificates that are trusted instead of the system's, such as the development certificate.
    Raises OSError for a file that cannot be read, ssl.SSLError (an OSError) for one without certificates.
    """
    return ssl.create_default_context(cafile=ca_file or None)
