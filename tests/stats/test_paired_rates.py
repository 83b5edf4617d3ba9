import numpy as np
import pytest

from modelcheck.stats.design import Design
from modelcheck.stats.paired.rates import Discordant, discordance, mcnemar, share_difference, tango


def _difference(gained, lost, n, confidence=0.95):
    return share_difference(Discordant(gained=gained, lost=lost, n=n), metric="d", confidence=confidence)


def test_discordant_rows_are_counted_by_side():
    right = np.random.default_rng(0).random((2, 5000)) < 0.8
    found = discordance(*right)
    assert found.gained == np.sum(right[0] & ~right[1])
    assert found.lost == np.sum(~right[0] & right[1])
    assert (found.n, found.changes) == (5000, None)


def test_the_difference_is_what_was_gained_less_what_was_lost():
    found = _difference(30, 50, 400)
    assert (found.value, found.n) == (-0.05, 400)
    assert found.low < -0.05 < found.high


def test_the_interval_mirrors_when_the_sides_change_places():
    one, two = _difference(3, 11, 300), _difference(11, 3, 300)
    assert (one.low, one.high) == pytest.approx((-two.high, -two.low))


@pytest.mark.parametrize("pairs", [(0, 0, 50), (0, 4, 50), (7, 0, 9), (120, 160, 5000)])
def test_the_interval_holds_tangos(pairs):
    found = _difference(*pairs)
    low, high = tango(*pairs, 0.95)
    assert found.low <= low
    assert found.high >= high


def test_equal_answers_still_leave_room_for_an_unseen_change():
    found = _difference(0, 0, 300)
    assert (found.value, found.unproven) == (0.0, "")
    # Clopper and Pearson's limit of a share never seen: 1 - .025 ** (1 / n).
    assert found.high >= 1 - 0.025 ** (1 / 300)
    assert found.low == pytest.approx(-found.high)


def test_the_limits_never_leave_the_possible():
    assert _difference(3, 0, 3).high == 1.0
    assert _difference(0, 1, 1).low == -1.0


def test_there_is_no_difference_without_rows():
    nothing = discordance(np.zeros(0, dtype=bool), np.zeros(0, dtype=bool), Design(cluster=np.zeros(0, dtype=int)))
    found = share_difference(nothing, metric="d", confidence=0.95, of="positive rows")
    assert found.value is None
    assert found.unproven == "there are no positive rows"


def test_weighted_rows_count_by_their_weight():
    right = [np.array([True, True, False, False] * 50), np.array([True, False, True, False] * 50)]
    weight = np.array([1.0, 3.0, 1.0, 1.0] * 50)
    found = share_difference(discordance(*right, Design(weight=weight)), metric="d", confidence=0.95)
    assert found.value == pytest.approx(2 / 6)
    assert "weighted" in found.method


def test_answers_that_change_by_cluster_say_less_than_independent_ones():
    rng = np.random.default_rng(0)
    step = np.repeat(rng.choice([-1, 0, 1], 100, p=[0.1, 0.8, 0.1]), 10)
    right = [step > 0, step < 0]
    clustered = share_difference(
        discordance(*right, Design(cluster=np.repeat(np.arange(100), 10))), metric="d", confidence=0.95
    )
    plain = share_difference(discordance(*right), metric="d", confidence=0.95)
    assert clustered.value == pytest.approx(plain.value)
    assert clustered.high - clustered.low > 2.5 * (plain.high - plain.low)
    assert clustered.clusters == 100


def test_equal_answers_in_clusters_have_a_width_and_no_rounding():
    right = np.random.default_rng(0).random(500) < 0.7
    design = Design(cluster=np.arange(500) // 5, weight=np.random.default_rng(1).random(500) + 0.1)
    found = share_difference(discordance(right, right, design), metric="d", confidence=0.95)
    assert found.value == 0.0
    assert found.low < 0.0 < found.high < 0.1


def test_mcnemar_counts_the_observed_outcome_half_in_mid_p():
    assert mcnemar(0, 0) == (1.0, 1.0)
    exact, mid = mcnemar(2, 12)
    assert mid < exact
    assert mcnemar(12, 2) == (exact, mid)
    assert mcnemar(5, 5)[1] < mcnemar(5, 5)[0] == 1.0


def test_mid_p_and_the_interval_agree_on_zero():
    for gained, lost in ((5, 20), (30, 60), (400, 500)):
        found = _difference(gained, lost, 10_000)
        assert (mcnemar(gained, lost)[1] < 0.05) == (found.high < 0)
