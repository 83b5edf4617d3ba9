"""A context refuses what no check could work with."""

from __future__ import annotations

import numpy as np
import pytest


def test_the_name_is_what_follows_the_suite(context_of, binary):
    assert context_of("regression.roc_auc", binary).name == "regression.roc_auc"


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95])
def test_a_confidence_outside_zero_and_one_is_refused(context_of, binary, confidence):
    with pytest.raises(ValueError, match=f"confidence is {confidence}"):
        context_of("accuracy", binary, confidence=confidence)


def test_an_attribute_that_is_not_declared_is_refused_with_those_that_are(context_of, binary):
    with pytest.raises(ValueError, match=r"by is 'age'.*sex, race"):
        context_of("accuracy", binary, by="age")


def test_a_baseline_of_other_rows_is_refused(context_of, binary):
    with pytest.raises(ValueError, match="baseline scored 10 rows and the candidate 2000"):
        context_of("accuracy", binary, baseline=binary.take(np.arange(10)))
