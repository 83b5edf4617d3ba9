"""What all tests need."""

import pytest


@pytest.fixture(autouse=True)
def _not_in_a_job_of_github(monkeypatch):
    """Runs inside tests must not write into the summary of the job that runs the tests."""
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)
