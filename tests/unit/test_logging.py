"""Every log line is one JSON object that names its host."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from server.logging import configure_logging, get_logger


@pytest.fixture
def output() -> Iterator[io.StringIO]:
    """A stream in place of standard error; the configuration before the test comes back after it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def _lines(output: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in output.getvalue().splitlines()]


def test_line_carries_host_level_time_and_fields(output: io.StringIO) -> None:
    configure_logging("wallet/0", "info", output)
    get_logger("wallet").info("claimed", epoch=3, took_ms=12)
    (line,) = _lines(output)
    assert {**line, "timestamp": ""} == {
        "event": "claimed",
        "subject": "wallet",
        "host": "wallet/0",
        "level": "info",
        "timestamp": "",
        "epoch": 3,
        "took_ms": 12,
    }
    assert str(line["timestamp"]).endswith("Z")


def test_line_below_the_level_is_not_written(output: io.StringIO) -> None:
    configure_logging("wallet/0", "warning", output)
    get_logger("wallet").info("claimed")
    assert _lines(output) == []


def test_line_of_a_library_has_the_same_shape(output: io.StringIO) -> None:
    configure_logging("api/0", "info", output)
    logging.getLogger("some.library").warning("slow: %d ms", 12)
    (line,) = _lines(output)
    assert (line["event"], line["host"], line["logger"]) == ("slow: 12 ms", "api/0", "some.library")


def test_exception_is_one_line(output: io.StringIO) -> None:
    configure_logging("api/0", "info", output)
    try:
        raise ValueError("broken")
    except ValueError:
        get_logger("api").exception("failed")
    (line,) = _lines(output)
    assert "ValueError: broken" in str(line["exception"])
