"""The page that a run of the inspection prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.inspection.judge import Verdict, outside_by_chance

if TYPE_CHECKING:
    from tests.inspection.run import Found, SourceFound


def page(found: Found) -> str:
    """Return the report in Markdown."""
    head = found.head
    lines = [
        "# Inspection of the generators",
        "",
        f"{head['date']}; {head['machine']}; `{head['command']}`; {head['took_s']} s. Nothing is seeded: no run repeats another.",
        "",
        f"**{'Passed: both generators are good, and every control fails' if found.is_good else 'NOT PASSED'}.** All tests of one"
        " line together reject a fair source in 1 % of runs (Holm).",
        "",
        "| source | tests | verdict | least P-value |",
        "| --- | --- | --- | --- |",
    ]
    for name, one in found.sources.items():
        lines.append(_line(f"{name}: SP 800-22, {head['sequences']} x {head['bits']:,} bits", one.raw, must_pass=True))
        lines.append(_line(f"{name}: outcomes, {head['rounds']:,} rounds", one.verdict, must_pass=True))
    for name, verdict in found.controls.items():
        lines.append(_line(f"control: {name}, {head['control_rounds']:,} rounds", verdict, must_pass=False))
    lines += ["", _power(found)]
    for name, one in found.sources.items():
        lines += ["", f"## {name}", "", *_source(name, one)]
    return "\n".join(lines) + "\n"


def _line(name: str, verdict: Verdict, *, must_pass: bool) -> str:
    if verdict.is_good:
        said = "passes" if must_pass else "PASSES, AND MUST NOT"
    else:
        worst = ", ".join(list(verdict.failed)[:3])
        said = f"{'FAILS' if must_pass else 'fails, as it must'}: {len(verdict.failed)} ({worst})"
    return f"| {name} | {verdict.tests} | {said} | {verdict.least_p:.3g} ({verdict.least_name}) |"


def _power(found: Found) -> str:
    head = found.head
    return (
        f"Power: {head['rounds']:,} spins show a relative bias of one pocket of {100 * head['least_bias_at_5_sigma']:.2f} % at five"
        " standard deviations (5 * sqrt(36 / spins)); 1 % needs nine million. Smaller ones are excluded by construction (rejection"
        " sampling), not by this run."
    )


def _source(name: str, one: SourceFound) -> list[str]:
    within = sum(s.is_within for s in one.streams)
    outside = [
        f"{s.name} ({s.passed} of {s.sequences}, uniformity {s.uniformity:.4f})" for s in one.streams if not s.is_within
    ]
    lines = [
        f"SP 800-22: of {len(one.streams)} P-values {within} have share and uniformity within the standard's bounds for one test"
        f" (about {sum(map(outside_by_chance, one.streams)):.1f} of a fair source's are outside by chance). Outside:"
        f" {', '.join(outside) or 'none'}.",
        "",
        f"![P-values]({name}-p-values.svg)",
        f"![shares]({name}-proportions.svg)",
        f"![pockets]({name}-pockets.svg)",
        "",
        "| outcome test | P-value |",
        "| --- | --- |",
        *(f"| {test} | {p:.4f} |" for test, p in one.outputs.items()),
        "",
    ]
    if one.dieharder is None:
        return [*lines, "dieharder is not installed here and was not run."]
    return [*lines, "```", *one.dieharder, "```"]
