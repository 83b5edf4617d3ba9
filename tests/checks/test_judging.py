from __future__ import annotations

import numpy as np
import pytest

from modelcheck.checks.judging import JudgedPlace, nearest_places, share_hit
from modelcheck.record.evidence import Estimate
from modelcheck.stats.design import Design


def place(label, value, low, high, **more):
    found = Estimate(metric="rate", value=value, low=low, high=high, confidence=0.95, n=50, method="-", **more)
    return JudgedPlace(label=label, estimate=found, p_adjusted=None, broken=low > 0.1)


RANKED = [
    place("broken", 0.4, 0.3, 0.5),
    place("near", 0.09, 0.05, 0.2),
    place("kept", 0.05, 0.01, 0.09),
    place("wide", 0.0, 0.0, 0.3),
    place("few", 0.0, 0.0, 0.05, unproven="too few"),
]


@pytest.mark.parametrize(
    ("declared", "shown"), [(False, ["broken", "near"]), (True, ["broken", "near", "wide", "few"])]
)
def test_who_is_not_proved_to_keep_a_declared_limit_is_not_left_out(declared, shown):
    assert [one.label for one in nearest_places(RANKED, 1, limit=0.1, declared=declared)] == shown


def test_rows_of_few_clusters_prove_no_share_but_one_row_is_a_fact_where_none_is_allowed():
    hit, design = np.arange(100) < 1, Design(cluster=np.arange(100) % 5)
    assert "5 clusters" in share_hit(hit, design, metric="rate", confidence=0.95, limit=0.05).unproven
    fact = share_hit(hit, design, metric="rate", confidence=0.95, limit=0.0)
    assert not fact.unproven
    assert fact.low > 0.0
