"""The pytest-xdist side of a run: workers share one cache and say which user checks they collected."""

from __future__ import annotations

from typing import Any

import pytest

from modelcheck.runner.state import RUN


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Hand the run's private cache folder to a worker."""
    node.workerinput["modelcheck_cache"] = str(node.config.stash[RUN].cache)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take over what a worker collected, so that deselected checks are known to the controller."""
    seen = getattr(node, "workeroutput", {}).get("modelcheck_seen", {})
    node.config.stash[RUN].seen.update(seen)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In a worker: report the user checks that were collected."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["modelcheck_seen"] = dict(session.config.stash[RUN].seen)
