"""Checks of our own: what a physician would expect of the progression model."""

from __future__ import annotations

from typing import Any


def check_a_higher_body_mass_index_never_lowers_the_average_score(candidate: Any, dataset: Any) -> None:
    """Everything else equal, five points of body mass index don't slow the disease down."""
    heavier = dataset.X.assign(bmi=dataset.X["bmi"] + 5.0)
    assert candidate.predict(heavier).mean() >= candidate.predict(dataset.X).mean()


def check_no_prediction_leaves_the_scale_of_the_score(candidate: Any, dataset: Any) -> None:
    """The score was seen between 25 and 346; a patient predicted outside it would not be believed."""
    predicted = candidate.predict(dataset.X)
    assert predicted.min() > 25.0
    assert predicted.max() < 346.0
