"""Simulations ask how often something happens, and call the same lines thousands of times."""

from __future__ import annotations

import sys

import pytest


@pytest.fixture(scope="module", autouse=True)
def _without_a_tracer():
    """Pause the measurement of coverage: other tests show which lines run, and tracing doubles the time here."""
    coverage = sys.modules.get("coverage")
    measured = coverage.Coverage.current() if coverage else None
    if measured is None:
        yield
        return
    measured.stop()
    try:
        yield
    finally:
        measured.start()
