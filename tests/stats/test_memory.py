"""Temporary memory of the statistics that sort: scores without ties are the worst case."""

import tracemalloc

import numpy as np
import pytest

from modelcheck.stats.average_precision import average_precision
from modelcheck.stats.curves import precision_recall_points, roc_curve_points
from modelcheck.stats.ranking import roc_auc

N = 400_000


def _bytes_a_row(function, *arguments, **options):
    tracemalloc.start()
    try:
        function(*arguments, **options)
        return tracemalloc.get_traced_memory()[1] / N
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("score_type", [np.float64, np.float32], ids=["no ties", "few ties"])
@pytest.mark.parametrize(
    ("function", "options"),
    [
        (roc_auc, {"confidence": 0.95}),
        (average_precision, {"confidence": 0.95}),
        (roc_curve_points, {}),
        (precision_recall_points, {}),
    ],
)
def test_statistics_of_ranks_take_less_than_32_bytes_a_row_beyond_small_blocks(function, options, score_type):
    rng = np.random.default_rng(0)
    score = rng.random(N).astype(score_type)
    positive = rng.random(N) < score
    function(positive[:1000], score[:1000], **options)  # what is imported on first use is not the rows'
    assert _bytes_a_row(function, positive, score, **options) < 32 + 3
