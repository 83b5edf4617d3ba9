"""Rows of the RAND Health Insurance Experiment, with one question: who sees a doctor at least five times a year.

The experiment (1974 to 1982) gave families in six places in the United States insurance plans at random. The rows ship
inside statsmodels and are in the public domain. Each row is one person in one year, but only 2,760 distinct sets of
covariates occur: the years of one person share them, and so do alike people. Rows with equal covariates therefore stay
together, on one side of the split and in one cluster. Otherwise the holdout would repeat rows that the model has seen,
and the intervals would count the same person several times.

References
----------
Deb, P. and Trivedi, P. K. (2002). The structure of demand for health care: latent class versus two-part models.
Journal of Health Economics 21, 601-625.
"""

from __future__ import annotations

import pandas as pd
from sklearn.model_selection import GroupShuffleSplit
from statsmodels.datasets import randhie

__all__ = ["FEATURES", "TARGET", "holdout", "training"]

FEATURES = ["lncoins", "idp", "lpi", "fmde", "physlm", "disea", "hlthg", "hlthf", "hlthp"]
TARGET = "frequent"
HELD_OUT = 0.4
VISITS = 5


def training() -> pd.DataFrame:
    """Return the rows that the models are fitted on.

    Returns
    -------
    DataFrame, shape (12108, 12)
        The features, ``frequent`` (1: at least five visits in the year), ``covariate_set`` (the cluster) and
        ``limitation`` (``limited`` or ``not limited``).
    """
    return _split()[0]


def holdout() -> pd.DataFrame:
    """Return the rows that the models never saw; no covariate set of `training` occurs here.

    Returns
    -------
    DataFrame, shape (8082, 12)
        The same columns as `training`.
    """
    return _split()[1]


def _split() -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = _rows()
    splitter = GroupShuffleSplit(n_splits=1, test_size=HELD_OUT, random_state=0)
    fitted, held_out = next(splitter.split(rows, groups=rows["covariate_set"]))
    return rows.iloc[fitted].reset_index(drop=True), rows.iloc[held_out].reset_index(drop=True)


def _rows() -> pd.DataFrame:
    raw: pd.DataFrame = randhie.load_pandas().data
    rows = raw[FEATURES].copy()
    rows[TARGET] = (raw["mdvis"] >= VISITS).astype("int64")
    rows["covariate_set"] = rows.groupby(FEATURES).ngroup()
    # `physlm` is 0 or 1 where it was asked and a fraction where it was imputed.
    rows["limitation"] = (raw["physlm"] >= 0.5).map({True: "limited", False: "not limited"})
    return rows
