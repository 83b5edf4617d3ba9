"""Hooks that modelcheck offers to conftest files and plugins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from modelcheck.record import Record


def pytest_modelcheck_finished(config: pytest.Config, records: Sequence[Record]) -> None:
    """Receive the finished records, once, after the gates ran and the reports were written.

    Parameters
    ----------
    config : pytest.Config
        The running configuration.
    records : sequence of Record
        One record per model, in the order of the configuration.
    """
