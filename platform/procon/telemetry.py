"""Structured logs: one line for each event, JSON in production."""

from __future__ import annotations

import logging
from typing import Literal

import structlog


def configure_logs(style: Literal["json", "plain"]) -> None:
    """Set up structlog for this process; other loggers stay quiet below WARNING."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.dict_tracebacks if style == "json" else _untouched,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )


def _untouched(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return event
