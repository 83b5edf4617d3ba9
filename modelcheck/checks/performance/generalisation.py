"""How much worse the model is on the dataset than on the rows it was trained on."""

from __future__ import annotations

from modelcheck.checks.columns import design_of, lean
from modelcheck.checks.context import Context
from modelcheck.checks.performance.catalogue import METRICS, estimate, linearise, unusable
from modelcheck.checks.performance.trivial.rivals import ranked, yardstick
from modelcheck.checks.words import level, number, with_interval
from modelcheck.record.evidence import Estimate, Evidence, Table
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.linearised import undefined, unpaired_difference

__all__ = ["generalisation_gap"]

_COMPARED = {
    "binary": ("roc_auc", "average_precision", "accuracy", "balanced_accuracy", "f1", "log_loss", "brier_score"),
    "multiclass": ("roc_auc", "accuracy", "balanced_accuracy", "f1", "log_loss", "brier_score"),
    "regression": ("root_mean_squared_error", "mean_absolute_error", "median_absolute_error", "r2", "mean_bias"),
}


def generalisation_gap(context: Context) -> Evidence:
    """Measure the primary metric on the reference and on the dataset, and their difference.

    Parameters
    ----------
    context : Context
        With a reference. The two samples are taken as independent: no row and no cluster may be in both.

    Returns
    -------
    Evidence
        Positive means worse on the dataset. The primary metric is ROC AUC (balanced accuracy for more than two
        classes with labels only), or the root mean squared error. Not applicable without a reference.

    References
    ----------
    Welch, B. L. (1947). The generalization of "Student's" problem when several different population variances are
    involved. Biometrika 34, 28-35.
    """
    if context.reference is None:
        return Evidence(not_applicable='No reference rows are declared. Add [reference] path = "..." to compare with.')
    rows, reference = ranked(lean(context.rows)), ranked(lean(context.reference))
    name = yardstick(rows)
    reason = unusable(name, rows) or unusable(name, reference)
    if reason:
        return Evidence(not_applicable=reason)
    gap = _gap(name, reference, rows, context.confidence)
    there, here = (estimate(name, side, context.confidence) for side in (reference, rows))
    if gap.value is None:
        text = f"The gap could not be measured: {gap.unproven}."
    else:
        text = (
            f"{there.metric} is {number(there.value)} on the reference and {number(here.value)} on the dataset: "
            f"a gap of {with_interval(gap)}, {_told(gap)}."
        )
    return Evidence(
        estimate=gap,
        tables=(_table(context.reference, context.rows, context.confidence),),
        reading=text,
        predicted_rows=len(rows) + len(reference),
    )


def _told(gap: Estimate) -> str:
    if gap.low is not None and gap.low > 0.0:
        return "worse on the dataset"
    if gap.high is not None and gap.high < 0.0:
        return "better on the dataset"
    return "which may be chance"


def _gap(name: str, reference: ScoredRows, rows: ScoredRows, confidence: float) -> Estimate:
    metric = f"{name}_gap"
    there, here = linearise(name, reference), linearise(name, rows)
    if there is None or here is None:
        side = "reference" if there is None else "dataset"
        return undefined(metric, confidence, f"{name} has no value on the {side}", n=len(rows))
    return unpaired_difference(
        there,
        design_of(reference),
        here,
        design_of(rows),
        metric=metric,
        confidence=confidence,
        sign=1 if METRICS[name].higher_is_better else -1,
    )


def _table(reference: ScoredRows, rows: ScoredRows, confidence: float) -> Table:
    lines: list[tuple[object, ...]] = []
    for name in _COMPARED[rows.task]:
        if unusable(name, rows) or unusable(name, reference):
            continue
        cells: list[object] = []
        for side in (reference, rows):
            found = estimate(name, side, confidence)
            cells += [found.value, found.low, found.high]
        lines.append((name, *cells))
    return Table(
        name="reference and dataset",
        columns=("metric", "reference", "reference low", "reference high", "dataset", "dataset low", "dataset high"),
        rows=tuple(lines),
        note=f"Reference: {len(reference):,} rows; dataset: {len(rows):,} rows. Intervals at {level(confidence)}.",
    )
