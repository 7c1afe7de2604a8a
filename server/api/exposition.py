"""Joining the metrics of several hosts into one page of Prometheus' text format."""

from __future__ import annotations

from collections.abc import Mapping


def join_expositions(texts: Mapping[str, str]) -> str:
    """Return one exposition of all hosts: each sample gets the label host, each family's comments appear once.

    Shape: every text is Prometheus text format 0.0.4. Families keep together, as the format demands.
    """
    families: dict[str, _Family] = {}
    for host, text in texts.items():
        _add(families, _escape(host), text)
    lines = [line for family in families.values() for line in (*family.comments.values(), *family.samples)]
    return "\n".join(lines) + "\n" if lines else ""


class _Family:
    """The comments of a metric, by kind, and its samples from all hosts."""

    def __init__(self) -> None:
        self.comments: dict[str, str] = {}
        self.samples: list[str] = []


def _add(families: dict[str, _Family], host: str, text: str) -> None:
    family = families.setdefault("", _Family())
    for line in text.splitlines():
        if line.startswith("# "):
            _, kind, name, *_ = (*line.split(" ", 3), "", "")
            if kind in ("HELP", "TYPE"):
                family = families.setdefault(name, _Family())
                family.comments.setdefault(kind, line)
        elif line and not line.startswith("#"):
            family.samples.append(_with_host(line, host))


def _with_host(line: str, host: str) -> str:
    name_end = line.find(" ")
    brace = line.find("{")
    if brace == -1 or brace > name_end:
        return f'{line[:name_end]}{{host="{host}"}}{line[name_end:]}'
    rest = line[brace + 1 :]
    comma = "" if rest.startswith("}") else ","
    return f'{line[: brace + 1]}host="{host}"{comma}{rest}'


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
