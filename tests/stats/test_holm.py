"""Holm's step-down: intervals and adjusted p-values tell the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from modelcheck.record.evidence import Estimate
from modelcheck.stats.holm import holm_adjusted, proved_below, stepdown_intervals


def normal(value, **more):
    def find(confidence):
        half = ndtri(0.5 + confidence / 2)
        return Estimate(
            metric="d",
            value=value,
            low=value - half,
            high=value + half,
            confidence=confidence,
            n=99,
            method="z",
            **more,
        )

    return find


def test_an_interval_excludes_the_limit_exactly_where_holm_rejects():
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(300):
        values = rng.normal(-1.5, 1.5, rng.integers(1, 9))
        places = {str(place): normal(value) for place, value in enumerate(values)}
        found = stepdown_intervals(places, broken=lambda one: proved_below(one, -0.5), confidence=0.9)
        rejected = holm_adjusted(ndtr(values + 0.5)) <= 0.05
        assert [proved_below(item, -0.5) for item in found.values()] == rejected.tolist()
        hits += rejected.sum()
    assert hits > 100


def test_a_rejected_place_keeps_the_interval_that_rejected_it_and_the_others_get_narrower_ones():
    found = stepdown_intervals(
        {"a": normal(-9.0), "b": normal(-9.0), "c": normal(0.0)},
        broken=lambda one: proved_below(one, 0.0),
        confidence=0.94,
    )
    assert [item.confidence for item in found.values()] == pytest.approx([0.98, 0.98, 0.94])


def test_an_unproven_place_counts_and_is_never_rejected():
    found = stepdown_intervals(
        {"a": normal(-9.0, unproven="few"), "b": normal(-2.1)},
        broken=lambda one: proved_below(one, 0.0),
        confidence=0.95,
    )
    assert not any(proved_below(item, 0.0) for item in found.values())
    assert [item.confidence for item in found.values()] == pytest.approx([0.975, 0.975])


def test_nothing_to_look_at_is_no_interval():
    assert stepdown_intervals({}, broken=lambda one: proved_below(one, 0.0), confidence=0.95) == {}
    assert holm_adjusted([]).tolist() == []


def test_adjusted_p_values_keep_their_order_and_stay_at_most_one():
    p = np.array([0.4, 0.001, 0.02, 0.9])
    assert holm_adjusted(p).tolist() == pytest.approx([0.8, 0.004, 0.06, 0.9])


def test_no_limit_proves_nothing():
    assert not proved_below(replace(normal(-9.0)(0.95), high=None), 0.0)
