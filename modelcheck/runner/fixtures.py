"""Session fixtures that a conftest may override: candidate, baseline, dataset, reference, model_name."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from modelcheck.config.tables import Config
from modelcheck.runner.state import RUN, Run

if TYPE_CHECKING:
    from modelcheck.data.dataset import Dataset
    from modelcheck.models.protocol import Model
    from modelcheck.scoring.subjects import Subjects

__all__ = ["baseline", "candidate", "dataset", "model_name", "reference", "subjects_of"]


@pytest.fixture(scope="session")
def model_name(request: pytest.FixtureRequest) -> str:
    """Name of the model that a check runs for; checks are repeated for each model of the run."""
    given = getattr(request, "param", None)
    return str(given) if given is not None else request.config.stash[RUN].models[0].config.name


@pytest.fixture(scope="session")
def candidate(request: pytest.FixtureRequest, model_name: str) -> Model | None:
    """Return the model under test: ``predict(X)`` and, where it has them, ``predict_proba(X)``.

    None when its predictions lie in the table (``score = "column"``).
    """
    from modelcheck.models.loading import load_model

    config = request.config.stash[RUN].model(model_name).config
    if config.candidate.score is not None:
        return None
    return load_model(config.candidate, config.folder, task=config.candidate.task, worker=config.worker)


@pytest.fixture(scope="session")
def baseline(request: pytest.FixtureRequest, model_name: str) -> Model | None:
    """Return the champion; None when none is declared or it is ignored."""
    from modelcheck.models.loading import load_model

    config = request.config.stash[RUN].model(model_name).config
    if config.baseline is None or config.baseline.model is None:
        return None
    return load_model(config.baseline, config.folder, task=config.candidate.task, worker=config.worker)


@pytest.fixture(scope="session")
def dataset(request: pytest.FixtureRequest, model_name: str) -> Dataset:
    """Return the labelled evaluation rows: ``dataset.X``, ``dataset.y``, ``dataset.frame()``."""
    from modelcheck.data.dataset import open_dataset

    config = request.config.stash[RUN].model(model_name).config
    return open_dataset(config.dataset, config.folder, scores=config.score_columns)


@pytest.fixture(scope="session")
def reference(request: pytest.FixtureRequest, model_name: str) -> Dataset | None:
    """Return the rows the candidate was trained on; None when none are declared."""
    from modelcheck.data.dataset import open_dataset

    config = request.config.stash[RUN].model(model_name).config
    if config.reference is None:
        return None
    return open_dataset(
        config.dataset,
        config.folder,
        path=config.reference,
        name="reference",
        scores=config.score_columns,
        optional=("key", "time", "drop", "descriptions"),
    )


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: Any, request: pytest.FixtureRequest) -> Generator[None, Any, Any]:
    """Wrap what a conftest's fixture of one of our names returns, so that gates and user checks see the same object."""
    value = yield
    if value is None or fixturedef.argname not in ("candidate", "baseline", "dataset", "reference"):
        return value
    run = request.config.stash[RUN]
    if len(run.models) > 1 and "model_name" not in fixturedef.argnames:
        # Nothing says which model's configuration the object belongs to; the gates wrap it, each for its own model.
        return value
    name = request.getfixturevalue("model_name") if len(run.models) > 1 else run.models[0].config.name
    wrapped = _wrapped(fixturedef.argname, value, run.model(name).config)
    fixturedef.cached_result = (wrapped, *fixturedef.cached_result[1:])
    return wrapped


def _wrapped(what: str, value: Any, config: Config) -> Any:
    from modelcheck.scoring.subjects import dataset_of, model_of

    if what in ("dataset", "reference"):
        return dataset_of(value, config, what)
    return model_of(value, config.candidate if what == "candidate" else config.baseline, config)


def subjects_of(run: Run, name: str, candidate: Any, baseline: Any, dataset: Any, reference: Any) -> Subjects:
    """Return what a model's gates measure, made once per process from the fixtures' values."""
    from modelcheck.runner.accepting import stored_baseline
    from modelcheck.scoring.store import Store
    from modelcheck.scoring.subjects import Subjects

    if name not in run.subjects:
        model = run.model(name)
        run.subjects[name] = Subjects.of(
            model.config,
            task=model.task,
            candidate=candidate,
            baseline=None if run.baseline == "ignore" else baseline,
            stored=stored_baseline(model.config),
            dataset=dataset,
            reference=reference,
            store=Store(run.cache / name, shared=run.shares_cache),
            tally=run.tallies.get(name),
        )
    return run.subjects[name]
