"""One way into the catalogue: a column as it is in reference and rows, and what a perturbation makes of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from modelcheck.perturb.catalogue import named
from modelcheck.perturb.perturbation import perturb
from modelcheck.perturb.profile import profile_table


def _places(name, reference, kinds):
    return named(name).places(profile_table(pd.DataFrame(reference), kinds))


def _changed(name, reference, kinds, rows=None, *, severity=None, seed=0, columns=None):
    """Return changed cells; by default of the reference's own rows, at the first place, as mild as possible."""
    reference = pd.DataFrame(reference)
    profile = profile_table(reference, kinds)
    perturbation = named(name)
    columns = perturbation.places(profile)[0] if columns is None else columns
    severity = perturbation.severities[0] if severity is None else severity
    rows = reference if rows is None else pd.DataFrame(rows)
    return perturb(perturbation, rows, columns, profile, severity, np.random.default_rng(seed))


@pytest.fixture
def places():
    return _places


@pytest.fixture
def changed():
    return _changed


@pytest.fixture
def column():
    """Return a function that gives the one changed column as a list."""

    def only(*args, **options):
        (values,) = _changed(*args, **options).values.values()
        return values.tolist()

    return only
