"""Hand-written parts of generated files, with `@@NAME@@` where generated text goes."""

from __future__ import annotations

from importlib import resources


def template(name: str, /, **values: object) -> str:
    """Return a part with its places filled. Raises KeyError for a place that gets no value."""
    text = resources.files(__name__).joinpath(name).read_text(encoding="utf-8")
    for place, value in values.items():
        text = text.replace(f"@@{place}@@", str(value))
    if "@@" in text:
        raise KeyError(text[text.index("@@") :].split("@@")[1])
    return text
