"""A few flipped rows as people read them: who they are, what both models said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.columns import decisions_of
from modelcheck.checks.performance.comparison.where import Place
from modelcheck.checks.words import short
from modelcheck.scoring.rows import ScoredRows

__all__ = ["LEVEL", "flipped_rows"]

LEVEL = " (level)"
"""How the name of a feature ends where a row's level of it is told."""

_FEATURES = 5


def flipped_rows(
    rows: ScoredRows, baseline: ScoredRows, positions: NDArray[np.intp], places: Sequence[Place], *, most: int
) -> list[dict[str, Any]]:
    """Return examples of flipped rows.

    Parameters
    ----------
    rows, baseline : ScoredRows
        The same rows, scored by the candidate and by the baseline, with decisions.
    positions : ndarray of int
        The flipped rows.
    places : sequence of Place
        Conditions whose features are shown first.
    most : int
        How many examples.

    Returns
    -------
    list of dict
        The largest change of the true class's score first, ties and rows without comparable scores by row id. Row id,
        truth, both decisions, both scores, and the readable levels of up to 5 features.
    """
    ids = positions if rows.row_id is None else rows.row_id[positions]
    old, new = _truth_scores(baseline, positions), _truth_scores(rows, positions)
    scored = old is not None and new is not None and baseline.probabilistic == rows.probabilistic
    change = new - old if scored and old is not None and new is not None else np.zeros(len(positions))
    chosen = np.lexsort((ids, change))[:most]
    shown = _features(rows, places)
    before, after = decisions_of(baseline), decisions_of(rows)
    examples = []
    for place in chosen.tolist():
        at = int(positions[place])
        example: dict[str, Any] = {
            "row": int(ids[place]),
            "truth": short(rows.classes[int(rows.target[at])]),
            "baseline": short(rows.classes[int(before[at])]),
            "candidate": short(rows.classes[int(after[at])]),
        }
        if old is not None:
            example["baseline's score of the truth"] = float(old[place])
        if new is not None:
            example["candidate's score of the truth"] = float(new[place])
        if rows.features is not None:
            for feature in shown:
                code = int(rows.features.values[feature, at])
                example[f"{rows.features.names[feature]}{LEVEL}"] = rows.features.labels[feature][code]
        examples.append(example)
    return examples


def _truth_scores(rows: ScoredRows, positions: NDArray[np.intp]) -> NDArray[np.float64] | None:
    """Return what each row gave its true class; a score that only ranks is turned round for negative rows."""
    if rows.score is None:
        return None
    target = rows.target[positions]
    score = rows.score[positions]
    if score.ndim == 2:
        return np.take_along_axis(score, target.astype(np.intp)[:, None], axis=1)[:, 0]
    return np.where(target == 1, score, 1.0 - score if rows.probabilistic else -score)


def _features(rows: ScoredRows, places: Sequence[Place]) -> list[int]:
    if rows.features is None:
        return []
    names = rows.features.names
    first = [names.index(place.name) for place in places if place.name in names]
    return list(dict.fromkeys([*first, *range(len(names))]))[:_FEATURES]
