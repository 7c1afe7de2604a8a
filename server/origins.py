"""Whose pages may talk to us, and by which names we may be called: one rule for the gateways and the HTTP API.

A browser tells where a page came from (`Origin`) and whom it means to reach (`Host`); other clients send no `Origin` and
are not asked for one. A page from elsewhere must not act in a player's browser, and a name that somebody else has
pointed at this machine (DNS rebinding) must not make his page look like ours.
"""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

_PORTS: Final = {"http": 80, "https": 443}


class _Place(NamedTuple):
    """A scheme, a host in lower case without brackets, a port."""

    scheme: str
    host: str
    port: int


def parse_origin(text: str) -> str:
    """Return an origin in the form that browsers send. Raises ValueError for what is none."""
    place = _place(text.rstrip("/"))
    if place is None:
        raise ValueError(f"{text!r} is no origin such as https://casino.example")
    host = f"[{place.host}]" if ":" in place.host else place.host
    port = "" if place.port == _PORTS[place.scheme] else f":{place.port}"
    return f"{place.scheme}://{host}{port}"


class Origins(Collector):
    """allowed: origins of pages that may talk to us besides our own. http_port: where our own page is served.

    Own names are addresses, names without a dot (nobody can register those), `localhost`, and the names in `allowed`.
    A page is our own when it came from the name it talks to, at our port.
    """

    def __init__(self, allowed: Iterable[str], http_port: int, *, tls: bool = False) -> None:
        self._allowed = frozenset(filter(None, map(_place, allowed)))
        self._names = frozenset(place.host for place in self._allowed)
        self._http_port = http_port
        self._tls = tls
        self.refused: Counter[str] = Counter()

    def refusal(self, host: str, origins: Sequence[str]) -> str:
        """Return "host" or "origin", which of them is refused; "" when neither. A refusal is counted.

        host: the `Host` header, "" for none. origins: every `Origin` header.
        """
        reason = self.reason_against(host, origins)
        if reason:
            self.refused[reason] += 1
        return reason

    def collect(self) -> Iterator[Metric]:
        """Yield what was refused, for Prometheus."""
        text = "Requests and handshakes refused for where they came from or whom they meant."
        family = CounterMetricFamily("croupier_origin_refused_total", text, labels=["reason"])
        for reason in ("host", "origin"):
            family.add_metric([reason], self.refused[reason])
        yield family

    def reason_against(self, host: str, origins: Sequence[str]) -> str:
        """Return what `refusal` does, and count nothing."""
        called = _place(f"{'https' if self._tls else 'http'}://{host}") if host else None
        if host and (called is None or not self._is_own(called.host)):
            return "host"
        if not origins:
            return ""
        origin = _place(origins[0]) if len(origins) == 1 else None
        if origin is None:  # several, opaque ("null"), or none that a browser sends
            return "origin"
        return "" if origin in self._allowed or self._is_our_page(origin, called) else "origin"

    def _is_our_page(self, origin: _Place, called: _Place | None) -> bool:
        if called is None or origin.host != called.host or (self._tls and origin.scheme != "https"):
            return False
        return origin.port in (self._http_port, called.port)

    def _is_own(self, name: str) -> bool:
        if "." not in name and ":" not in name:
            return True
        if name in self._names or name.endswith(".localhost"):
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def _place(text: str) -> _Place | None:
    """Return the parts of `scheme://host:port`; None when it is anything else."""
    try:
        found = urlsplit(text)
        port = found.port
    except ValueError:
        return None
    host = found.hostname or ""
    if found.scheme not in _PORTS or not _is_name(host) or found.username is not None:
        return None
    if found.path or found.query or found.fragment or text.endswith(("?", "#")):
        return None
    return _Place(found.scheme, host, _PORTS[found.scheme] if port is None else port)


def _is_name(host: str) -> bool:
    return bool(host) and all(c.isascii() and (c.isalnum() or c in ".-_:") for c in host)
