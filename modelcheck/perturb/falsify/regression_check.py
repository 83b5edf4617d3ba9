"""A counterexample as a check to paste into a `check_*.py` file."""

from __future__ import annotations

import hashlib
import math
import re
from typing import TYPE_CHECKING, Any

from modelcheck.perturb.falsify.change import apply_change, plain_cell, plain_cells
from modelcheck.perturb.falsify.frames import own_frame

if TYPE_CHECKING:
    import pandas as pd

    from modelcheck.perturb.falsify.counterexample import Counterexample

__all__ = ["as_check", "slug"]


def as_check(example: Counterexample, model_name: str, *, score_column: int = 1) -> str:
    """Return the text of a check that fails as long as the model breaks the property at this row.

    Parameters
    ----------
    example : Counterexample
        Of one of the built-in properties.
    model_name : str
        Names the function, with the property.
    score_column : int
        Which column of ``predict_proba`` is the score.

    Returns
    -------
    str
        A module: an import and one function of the fixture `candidate`. Valid Python whatever columns and values are
        called; needs pandas only.

    Raises
    ------
    ValueError
        A property whose rule can't be written down.
    """
    before = own_frame(example)
    after = apply_change(before, example.change)
    name = "_".join(part for part in ("check", slug(model_name), slug(example.name), _mark(example)) if part)
    lines = [
        "import pandas as pd",
        "",
        "",
        f"def {name}(candidate):",
        f"    {_one_line(example)!r}",
        "    before = pd.DataFrame(",
        "        {",
        *(f"            {column!r}: {_column(before[column])}," for column in before.columns),
        "        }",
        "    )",
        "    after = before.copy()",
        *(f"    after[{column!r}] = {_column(after[column])}" for column in example.changes),
        *(f"    {line}" for line in _judging(example, score_column)),
    ]
    return "\n".join(lines) + "\n"


def slug(text: str) -> str:
    """Return a name that functions and files may bear: ``increasing(age)`` is ``increasing_age``."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:60].strip("_")


def _mark(example: Counterexample) -> str:
    return hashlib.sha256(example.dump().encode()).hexdigest()[:6]


def _one_line(example: Counterexample) -> str:
    return f"{example.title[:1].upper()}{example.title[1:]}. {example.sentence()}"


def _column(column: pd.Series) -> str:
    import pandas as pd

    cell = column.iloc[0]
    if isinstance(column.dtype, pd.CategoricalDtype):
        return f"pd.Categorical([{_value(cell)}], categories={plain_cells(column.dtype.categories)!r})"
    return f"pd.Series([{_value(cell)}], dtype={str(column.dtype)!r})"


def _value(cell: Any) -> str:
    if isinstance(cell, float) and math.isinf(cell):
        return f"float({'-inf' if cell < 0 else 'inf'!r})"
    return repr(plain_cell(cell))


def _judging(example: Counterexample, score_column: int) -> list[str]:
    rule = example.rule
    kind = rule.get("kind")
    ask, column = _ask(example, score_column)
    if kind == "no_crash":
        return [f"candidate.{ask}(before)", f"candidate.{ask}(after)  # raised an exception"]
    if kind == "finite":
        return [
            f"answer = pd.DataFrame(candidate.{ask}(after))",
            "assert not answer.isin([None, float('inf'), float('-inf')]).any(axis=None)",
            "assert answer.notna().all(axis=None)",
        ]
    if kind == "unmoved":
        if ask == "predict" and example.before is not None and example.before.decision is not None:
            return ["assert candidate.predict(after)[0] == candidate.predict(before)[0]"]
        whole = f"abs(candidate.{ask}(after) - candidate.{ask}(before)).max()"
        return [f"assert {whole} <= {rule['tolerance']!r}"]
    if kind == "increasing":
        was, now = example.changes[rule["column"]]
        up = (now > was) == (rule["sign"] == 1)
        limit = f">= was - {rule['tolerance']!r}" if up else f"<= was + {rule['tolerance']!r}"
        return [
            f"was, now = candidate.{ask}(before){column}, candidate.{ask}(after){column}",
            f"assert now {limit}",
        ]
    raise ValueError(f"The property {example.name!r} can't be written as a check: it has no rule of a known kind.")


def _ask(example: Counterexample, score_column: int) -> tuple[str, str]:
    """Return what gave the score, and where in it the score of the row stands."""
    was = example.before
    if was is not None and was.decision is not None and was.score is not None:
        return "predict_proba", f"[0, {score_column}]"
    return "predict", "[0]"
