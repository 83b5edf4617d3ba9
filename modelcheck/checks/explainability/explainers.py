"""How the models of a run are explained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import Drawn, Scores
from modelcheck.errors import ModelError
from modelcheck.explain.attributions import Attributions
from modelcheck.explain.choosing import choose
from modelcheck.explain.elsewhere import sources_in
from modelcheck.explain.subject import Explainer, Subject
from modelcheck.scoring.asking import Asking

if TYPE_CHECKING:
    import pandas as pd

    from modelcheck.models.stages import Stages, StagesElsewhere

__all__ = ["FEWEST", "SECONDS", "WALKS", "explain_with", "explainer_of"]


SECONDS = 2.0  # what shap may take, as the size of the model says
FEWEST = 100
WALKS = (8, 4, 2)


def explainer_of(
    context: Context,
    asking: Asking,
    ready: Drawn,
    scores: Scores,
    *,
    columns: tuple[str, ...] | None = None,
    scale: str | None = None,
    background: pd.DataFrame | None = None,
    walks: int = WALKS[0],
    inside: bool = True,
    fewest: int = FEWEST,
    purpose: str = "attribution",
) -> Explainer:
    """Choose how a model is explained; the same choice whenever it is made for one purpose.

    Parameters
    ----------
    context : Context
        Of the run.
    asking : Asking
        The model.
    ready : Drawn
        The sample.
    scores : Scores
        The same model as explainers ask it.
    columns : tuple of str or None
        What the answer is shared out to; None: every feature.
    scale : str or None
        As for `modelcheck.explain.choosing.choose`.
    background : DataFrame or None
        None: the sample's.
    walks : int
        For a model that isn't looked into.
    inside : bool
        Whether the model may be looked into.
    fewest : int
        How many rows are to be explained at least.
    purpose : str
        Names the random stream.
    """
    rows = ready.scored
    stages = asking.stages if inside else None
    sources: NDArray[np.intp] | str | None = None
    if stages is not None and columns in (None, ready.columns):
        sources = _sources(context, asking, stages, ready)
    subject = Subject(
        ask=scores,
        stages=stages,
        columns=ready.columns if columns is None else columns,
        background=ready.background if background is None else background,
        support=ready.support,
        task=rows.task,
        order=asking.class_order,
        probabilistic=rows.score is not None and rows.probabilistic,
        sources=sources,
    )
    return choose(
        subject,
        ready.rows,
        rng=context.generator(f"explainability {purpose}"),
        scale=scale,
        seconds=SECONDS,
        fewest=min(fewest, len(ready.rows)),
        walks=walks,
    )


def _sources(
    context: Context, asking: Asking, stages: Stages | StagesElsewhere, ready: Drawn
) -> NDArray[np.intp] | str:
    """Return whose column each input of a model's last step is; traced once a run for candidate and baseline."""

    def trace() -> NDArray[np.intp] | str:
        # Every level of the rows that are explained is tried, rare ones that the support lacks among them.
        return sources_in(stages, _levels(ready), ready.columns)

    for whose, known in (("candidate", context.asking), ("baseline", context.asking_baseline)):
        if asking is known:
            return context.share(f"explainability-sources-{whose}", trace)
    return trace()


def _levels(ready: Drawn) -> pd.DataFrame:
    """Return the support, and the rows that are explained after it."""
    import pandas as pd

    return pd.concat([ready.support, ready.rows[list(ready.support.columns)]], ignore_index=True)


def explain_with(explainer: Explainer, rows: pd.DataFrame) -> tuple[Attributions, NDArray[np.intp]]:
    """Return the attributions of the rows that could be explained, and which these are.

    Raises
    ------
    ModelError
        None of them could.
    """
    found = explainer.explain(rows)
    sound = np.isfinite(found.values).all(axis=(1, 2)) & np.isfinite(found.output).all(axis=1)
    if not np.isfinite(found.base).all() or not sound.any():
        raise ModelError(
            f"Not one of {len(rows):,} rows could be explained: the model gives no answer to rows in which some "
            "columns hold another row's entry. See robustness.crash for what it doesn't survive."
        )
    kept = np.flatnonzero(sound)
    return (found if len(kept) == len(rows) else found.take(kept)), kept
