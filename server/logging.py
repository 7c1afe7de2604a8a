"""Structured logs: one JSON object a line, with UTC time, level, host and event.

Ids, codes and durations with units; never payloads, hidden cards, seeds or tokens.
"""

from __future__ import annotations

import logging
import sys
from typing import Any, TextIO, cast

import structlog

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
LEVELS = tuple(_LEVELS)


def configure_logging(host: str, level: str = "info", stream: TextIO | None = None) -> None:
    """Send the logs of this process to the stream (standard error by default), each line with the host's name.

    Lines of libraries, which log through the standard module, come out in the same shape from warnings up.
    """
    output = stream or sys.stderr
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _with_host(host),
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(output),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(output)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.WARNING, _LEVELS[level]))


def get_logger(subject: str) -> structlog.typing.FilteringBoundLogger:
    """Return a logger whose lines carry the subject."""
    return cast("structlog.typing.FilteringBoundLogger", structlog.get_logger(subject=subject))


def _with_host(host: str) -> structlog.typing.Processor:
    def add(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        event["host"] = host
        return event

    return add
