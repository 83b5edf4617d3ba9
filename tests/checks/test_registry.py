"""Names become functions, and wrong names become sentences."""

from __future__ import annotations

import sys

import pytest

from modelcheck.checks.registry import resolve
from modelcheck.suites.catalog import all_checks


@pytest.mark.parametrize("default", all_checks(), ids=lambda default: default.check)
def test_every_check_of_the_suites_resolves(default):
    assert callable(resolve(default.function))


@pytest.mark.parametrize("text", ["", "modelcheck.checks.context", ":measure", "a:b c", "modelcheck:"])
def test_a_text_of_the_wrong_form_is_refused_with_the_right_form(text):
    with pytest.raises(ValueError, match=r"'package\.module:function'"):
        resolve(text)


def test_a_missing_module_is_named():
    with pytest.raises(ValueError, match=r"no module named 'modelcheck\.checks\.nowhere'"):
        resolve("modelcheck.checks.nowhere:measure")


def test_a_missing_function_is_named():
    with pytest.raises(ValueError, match="no function named 'nothing'"):
        resolve("modelcheck.checks.performance.metrics:nothing")


def test_a_thing_that_cannot_be_called_is_refused():
    with pytest.raises(ValueError, match="no function named 'METRICS'"):
        resolve("modelcheck.checks.performance.metrics:METRICS")


def test_a_module_that_needs_something_missing_says_what_it_needs(tmp_path, monkeypatch):
    (tmp_path / "needy_check.py").write_text("import surely_not_installed\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="surely_not_installed"):
        resolve("needy_check:measure")
    sys.modules.pop("needy_check", None)
