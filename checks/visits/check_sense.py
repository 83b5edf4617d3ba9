"""Checks of our own: what a nurse would expect of the visits model. Plain functions with modelcheck's fixtures."""

from __future__ import annotations

from typing import Any

HEALTH = {"hlthg": 0.0, "hlthf": 0.0, "hlthp": 0.0}


def _average_risk(candidate: Any, rows: Any) -> float:
    return float(candidate.predict_proba(rows)[:, 1].mean())


def check_poor_health_raises_the_average_risk(candidate: Any, dataset: Any) -> None:
    """The same people in poor health see a doctor more often than in excellent health."""
    excellent = dataset.X.assign(**HEALTH)
    poor = dataset.X.assign(**HEALTH | {"hlthp": 1.0})
    assert _average_risk(candidate, poor) > _average_risk(candidate, excellent)


def check_more_chronic_diseases_raise_the_average_risk(candidate: Any, dataset: Any) -> None:
    """Five more chronic diseases never make people healthier."""
    sicker = dataset.X.assign(disea=dataset.X["disea"] + 5.0)
    assert _average_risk(candidate, sicker) > _average_risk(candidate, dataset.X)


def check_nobody_is_called_certain(candidate: Any, dataset: Any) -> None:
    """Nine facts about a person can't settle how often they see a doctor next year."""
    risk = candidate.predict_proba(dataset.X)[:, 1]
    assert risk.min() > 0.005
    assert risk.max() < 0.95
