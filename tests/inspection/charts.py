"""Small SVG drawings for the evidence."""

from __future__ import annotations

from collections.abc import Sequence

_WIDTH, _HEIGHT, _EDGE = 720, 240, 36


def _frame(title: str, inner: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="12">'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/><text x="{_EDGE}" y="18">{title}</text>{inner}</svg>\n'
    )


def bars(title: str, counts: Sequence[int], expected: float, labels: Sequence[str]) -> str:
    """Return bars of counts with a line at what is expected; the scale spans 5 % around it, or all counts."""
    most = max(*counts, expected * 1.05)
    least = min(*counts, expected * 0.95)
    step = (_WIDTH - 2 * _EDGE) / len(counts)

    def y(value: float) -> float:
        return _HEIGHT - 24 - (value - least) / (most - least or 1) * (_HEIGHT - 60)

    drawn = []
    for place, (count, label) in enumerate(zip(counts, labels, strict=True)):
        x = _EDGE + place * step
        drawn.append(
            f'<rect x="{x + 1:.1f}" y="{y(count):.1f}" width="{step - 2:.1f}" height="{_HEIGHT - 24 - y(count):.1f}" '
            f'fill="#4a7bb5"/><text x="{x + step / 2:.1f}" y="{_HEIGHT - 8}" text-anchor="middle" font-size="9">{label}</text>'
        )
    line = f'<line x1="{_EDGE}" x2="{_WIDTH - _EDGE}" y1="{y(expected):.1f}" y2="{y(expected):.1f}" stroke="#b03030"/>'
    scale = f'<text x="2" y="{y(expected):.1f}" font-size="9">{expected:,.0f}</text>'
    return _frame(title, "".join(drawn) + line + scale)


def dots(title: str, values: Sequence[float], low: float, high: float) -> str:
    """Return one dot for each value and two lines that bound where they should be."""
    bottom = min(*values, low) - 0.005

    def y(value: float) -> float:
        return _HEIGHT - 20 - (value - bottom) / (1 - bottom) * (_HEIGHT - 50)

    step = (_WIDTH - 2 * _EDGE) / len(values)
    drawn = "".join(
        f'<circle cx="{_EDGE + n * step:.1f}" cy="{y(v):.1f}" r="2" fill="#4a7bb5"/>' for n, v in enumerate(values)
    )
    lines = "".join(
        f'<line x1="{_EDGE}" x2="{_WIDTH - _EDGE}" y1="{y(v):.1f}" y2="{y(v):.1f}" stroke="#b03030"/>'
        f'<text x="2" y="{y(v):.1f}" font-size="9">{v:.4f}</text>'
        for v in (low, high)
    )
    return _frame(title, drawn + lines)
