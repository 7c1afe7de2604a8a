"""Locust's statistics as the figures that `loadtest/limits.py` judges."""

from __future__ import annotations

from typing import Any

from loadtest.limits import KindFigures


def figures_of(stats: Any) -> list[KindFigures]:
    """Return one for each kind of request, by name."""
    return [
        KindFigures(
            entry.name,
            entry.num_requests,
            entry.num_failures,
            float(entry.get_response_time_percentile(0.5) or 0),
            float(entry.get_response_time_percentile(0.99) or 0),
            float(entry.max_response_time or 0),
            [f"{error.error} ({error.occurrences})" for error in stats.errors.values() if error.name == entry.name][:5],
        )
        for entry in sorted(stats.entries.values(), key=lambda one: one.name)
    ]
