"""Lines over time as SVG, with marks where something happened. No library, no script: it shows wherever it is opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

_WIDTH, _HEIGHT = 860, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 12, 30, 26
_COLOURS: Final = ("#1f6fb2", "#c2552d", "#2f8f4e", "#8a4fb5", "#b58900", "#5b6770", "#c0326f", "#15807a")
_TICKS: Final = 4

Line = Sequence[tuple[float, float]]


def plot(title: str, lines: Mapping[str, Line], marks: Sequence[tuple[float, str]] = (), unit: str = "") -> str:
    """Return an SVG of these lines. Units: x in seconds, shown as minutes; y in `unit`, from zero."""
    points = [point for line in lines.values() for point in line]
    most_x = max([x for x, _ in points] + [x for x, _ in marks] + [1.0])
    most_y = max([y for _, y in points] + [1e-9]) * 1.08
    across, down = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def at(x: float, y: float) -> tuple[float, float]:
        return _LEFT + across * x / most_x, _TOP + down * (1 - y / most_y)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
        ' font-family="system-ui, sans-serif" font-size="11">',
        f'<text x="{_LEFT}" y="14" font-size="13" font-weight="600">{escape(title)}</text>',
    ]
    parts += [_grid(at, most_x, most_y, unit, tick / _TICKS) for tick in range(_TICKS + 1)]
    parts += [_mark(at(x, most_y)[0], words) for x, words in marks]
    for number, (name, line) in enumerate(lines.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        path = " ".join("{:.1f},{:.1f}".format(*at(x, y)) for x, y in line)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.4"/>')
        parts.append(
            f'<text x="{_LEFT + 6 + 120 * (number % 6)}" y="{26 + 12 * (number // 6)}" fill="{colour}">{escape(name)}</text>'
        )
    return "".join((*parts, "</svg>"))


def _grid(at: object, most_x: float, most_y: float, unit: str, share: float) -> str:
    assert callable(at)
    x, y = at(share * most_x, share * most_y)
    value = f"{share * most_y:,.0f}" if most_y >= 10 else f"{share * most_y:.2f}"
    return (
        f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
        f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" fill="#555">{value} {escape(unit)}</text>'
        f'<text x="{x:.1f}" y="{_HEIGHT - 8}" text-anchor="middle" fill="#555">{share * most_x / 60:.1f} min</text>'
    )


def _mark(x: float, words: str) -> str:
    return (
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}" stroke="#c0392b" stroke-dasharray="3 3">'
        f"<title>{escape(words)}</title></line>"
    )


def page(title: str, sections: Sequence[str]) -> str:
    """Return a whole HTML page of these sections, without anything from elsewhere."""
    style = (
        "body{font:15px/1.45 system-ui,sans-serif;max-width:900px;margin:24px auto;padding:0 12px;color:#222}"
        "table{border-collapse:collapse;margin:8px 0}td,th{border:1px solid #ddd;padding:3px 8px;text-align:right}"
        "td:first-child,th:first-child{text-align:left}.pass{color:#1d7a3a}.fail{color:#b3261e}pre{white-space:pre-wrap}"
    )
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{style}</style></head><body>{''.join(sections)}</body></html>"
    )


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return an HTML table."""
    cells = "".join(f"<th>{escape(one)}</th>" for one in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{cells}</tr>{body}</table>"


def verdict(findings: Sequence[str], passed: str = "PASSED") -> str:
    """Return the verdict and what was found, at most a hundred lines of it."""
    if not findings:
        return f'<h2 class="pass">{escape(passed)}</h2>'
    lines = "".join(f"<li>{escape(words)}</li>" for words in findings[:100])
    return f'<h2 class="fail">FAILED: {len(findings)} findings</h2><ul>{lines}</ul>'
