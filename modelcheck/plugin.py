"""The pytest entry point. Imported by every pytest run of its users: pytest and the standard library only."""

from __future__ import annotations

import pytest

__all__ = ["pytest_addhooks", "pytest_addoption", "pytest_configure"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options; `--modelcheck` is the switch, the others shape a run that is switched on."""
    group = parser.getgroup("modelcheck", "gates for trained models")
    add = group.addoption
    add(
        "--modelcheck",
        action="store_true",
        help="run the model gates of this repository (and nothing else, unless paths are given)",
    )
    add(
        "--modelcheck-config",
        action="append",
        default=[],
        metavar="FILE",
        help="configuration of one model; may be repeated (default: modelcheck.toml or [tool.modelcheck] in rootdir)",
    )
    add(
        "--modelcheck-profile",
        metavar="dev|ci|release",
        help="how strict the run is (default: the configuration's)",
    )
    add("--modelcheck-suite", action="append", default=[], metavar="NAME", help="run only this suite; may be repeated")
    add("--modelcheck-report", metavar="DIR", help="where reports are written (default: reports under rootdir)")
    add(
        "--modelcheck-baseline",
        metavar="compare|accept|ignore",
        default="compare",
        help="compare with the baseline (default), keep this candidate's answers as the baseline, or leave it out",
    )
    add(
        "--modelcheck-budget",
        metavar="ROWS",
        help="how many changed rows may be predicted for each model, e.g. 50000 (default: the configuration's, 500000)",
    )
    add(
        "--modelcheck-force",
        action="store_true",
        help="with --modelcheck-baseline=accept: also in CI, on other rows, or although gates fail",
    )


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Register the hook specifications, in every run: a hook in a conftest must not break ordinary runs."""
    from modelcheck import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Hand over to the runner when the switch is on; last, so that a conftest may prepare model files first."""
    if config.getoption("modelcheck"):
        from modelcheck.runner.activation import activate

        activate(config)
