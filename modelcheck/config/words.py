"""The closest valid name: what a user who wrote another word most likely meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence

from modelcheck.config.toml_text import shorten, toml_value

__all__ = ["CHECK_SYNONYMS", "KEY_SYNONYMS", "VALUE_SYNONYMS", "closest", "did_you_mean", "listed"]

# Other libraries' names for the same measure. Where several checks could be meant the first that exists wins.
CHECK_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "auc": ("roc_auc",),
    "auroc": ("roc_auc",),
    "rocauc": ("roc_auc",),
    "gini": ("roc_auc",),
    "roc_auc_score": ("roc_auc",),
    "ap": ("average_precision",),
    "pr_auc": ("average_precision",),
    "prauc": ("average_precision",),
    "auprc": ("average_precision",),
    "auc_pr": ("average_precision",),
    "average_precision_score": ("average_precision",),
    "acc": ("accuracy",),
    "accuracy_score": ("accuracy",),
    "bacc": ("balanced_accuracy",),
    "balanced_acc": ("balanced_accuracy",),
    "balanced_accuracy_score": ("balanced_accuracy",),
    "ppv": ("precision",),
    "positive_predictive_value": ("precision",),
    "tpr": ("recall",),
    "true_positive_rate": ("recall",),
    "sensitivity": ("recall",),
    "hit_rate": ("recall",),
    "fpr": ("false_positive_rate",),
    "fall_out": ("false_positive_rate",),
    "specificity": ("false_positive_rate",),
    "tnr": ("false_positive_rate",),
    "true_negative_rate": ("false_positive_rate",),
    "fnr": ("false_negative_rate",),
    "miss_rate": ("false_negative_rate",),
    "f1_score": ("f1",),
    "fscore": ("f1",),
    "f_score": ("f1",),
    "f_measure": ("f1",),
    "macro_f1": ("f1_macro",),
    "logloss": ("log_loss",),
    "cross_entropy": ("log_loss",),
    "neg_log_loss": ("log_loss",),
    "brier": ("brier_score",),
    "brier_loss": ("brier_score",),
    "brier_score_loss": ("brier_score",),
    "rmse": ("root_mean_squared_error",),
    "mse": ("root_mean_squared_error",),
    "mean_squared_error": ("root_mean_squared_error",),
    "mae": ("mean_absolute_error",),
    "medae": ("median_absolute_error",),
    "median_ae": ("median_absolute_error",),
    "r2_score": ("r2",),
    "r_squared": ("r2",),
    "rsquared": ("r2",),
    "bias": ("mean_bias",),
    "mean_error": ("mean_bias",),
    "trivial": ("better_than_trivial",),
    "dummy": ("better_than_trivial",),
    "overfitting": ("generalisation_gap",),
    "overfit": ("generalisation_gap",),
    "generalization_gap": ("generalisation_gap",),
    "train_test_gap": ("generalisation_gap",),
}

KEY_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "model": ("candidate",),
    "champion": ("baseline",),
    "challenger": ("candidate",),
    "data": ("dataset", "path"),
    "test": ("dataset",),
    "train": ("reference",),
    "training": ("reference",),
    "path": ("model",),
    "file": ("model", "path"),
    "columns": ("drop", "categorical"),
    "label": ("target",),
    "outcome": ("target",),
    "y": ("target",),
    "positive_label": ("positive",),
    "pos_label": ("positive",),
    "sensitive": ("protected",),
    "sensitive_features": ("protected",),
    "group": ("cluster", "protected"),
    "groups": ("cluster", "protected"),
    "id": ("key",),
    "index": ("key",),
    "sample_weight": ("weight",),
    "ignore": ("drop",),
    "exclude": ("drop",),
    "bins": ("bands",),
    "cutoff": ("threshold",),
    "immutable": ("unchangeable",),
    "fixed": ("unchangeable",),
    "description": ("descriptions", "purpose"),
    "labels_in_words": ("answers",),
    "use": ("purpose",),
    "type": ("task",),
    "preprocess": ("prepare",),
    "random_state": ("seed",),
    "minimum": ("min",),
    "at_least": ("min",),
    "lower": ("min",),
    "maximum": ("max",),
    "at_most": ("max",),
    "upper": ("max",),
    "limit": ("min", "max"),
    "threshold": ("min",),
    "level": ("severity", "confidence"),
    "slice": ("slices",),
    "segments": ("slices",),
    "gate": ("gates",),
    "checks": ("gates", "check_paths"),
    "waiver": ("waivers",),
    "expiry": ("expires",),
    "until": ("expires",),
    "by": ("owner",),
}

VALUE_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "classification": ("binary", "multiclass"),
    "binary_classification": ("binary",),
    "classifier": ("binary", "multiclass"),
    "regressor": ("regression",),
    "multi_class": ("multiclass",),
    "development": ("dev",),
    "production": ("release",),
    "prod": ("release",),
    "error": ("blocking",),
    "block": ("blocking",),
    "fail": ("blocking",),
    "warn": ("warning",),
    "inform": ("info",),
    "proba": ("probability",),
    "score": ("probability",),
    "class": ("label",),
    "fairness": ("bias",),
    "metrics": ("performance",),
    "explain": ("explainability",),
    "up": ("increasing",),
    "positive": ("increasing",),
    "inc": ("increasing",),
    "1": ("increasing",),
    "+1": ("increasing",),
    "down": ("decreasing",),
    "negative": ("decreasing",),
    "dec": ("decreasing",),
    "-1": ("decreasing",),
}


def closest(word: str, allowed: Iterable[str], synonyms: Mapping[str, Sequence[str]] | None = None) -> str | None:
    """Return the allowed name that `word` most likely means.

    Parameters
    ----------
    word : str
        What the user wrote.
    allowed : iterable of str
        Valid names.
    synonyms : mapping of str to sequence of str, optional
        Other words, in lower case with ``_``, and the names they may stand for. They go before similar spelling.

    Returns
    -------
    str or None
        None when nothing is near.

    Examples
    --------
    >>> closest("AUC", ["accuracy", "roc_auc"], CHECK_SYNONYMS)
    'roc_auc'
    """
    names = list(allowed)
    plain = _plain(word)
    for name in (synonyms or {}).get(plain, ()):
        if name in names:
            return name
    spelled = {_plain(name): name for name in names}
    # Comparing a very long word takes quadratic time, and it is no misspelling.
    near = difflib.get_close_matches(plain[:100], spelled, n=1, cutoff=0.6)
    return spelled[near[0]] if near else None


def _plain(word: str) -> str:
    # Only between letters or digits, so that -1 stays a number of its own.
    return re.sub(r"(?<=\w)[\s_-]+(?=\w)", "_", word[:200].strip().lower())


def did_you_mean(word: str, allowed: Iterable[str], synonyms: Mapping[str, Sequence[str]] | None = None) -> str:
    """Return ``Did you mean "x"?`` with the closest allowed name, or an empty text when none is near."""
    near = closest(word, allowed, synonyms)
    return f"Did you mean {toml_value(near)}?" if near is not None else ""


def listed(names: Iterable[str], limit: int = 20) -> str:
    """Return names as a readable list, e.g. ``dev, ci or release``; what is beyond `limit` is counted."""
    shown = [shorten(name, 60) for name in names]
    if len(shown) > limit:
        return ", ".join(shown[:limit]) + f" and {len(shown) - limit} more"
    return ", ".join(shown[:-1]) + f" or {shown[-1]}" if len(shown) > 1 else "".join(shown)
