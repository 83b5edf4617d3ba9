"""What a user declared for a gate, and the gate could not look at: it may not vanish behind a pass."""

from __future__ import annotations

from collections.abc import Sequence

from modelcheck.checks.context import Context
from modelcheck.checks.words import short
from modelcheck.record.evidence import Evidence
from modelcheck.suites.catalog import CheckDefault

__all__ = ["declared_columns", "unseen"]


def declared_columns(declared: object, keys: Sequence[str]) -> str:
    """Return which columns are declared under some keys, in words: ``signs a, b; canary c``; empty without any.

    Parameters
    ----------
    declared : object
        With the keys as attributes, each a collection of names.
    keys : sequence of str
        Of ``[dataset]``.
    """
    named = [(key, [short(name) for name in getattr(declared, key)]) for key in keys]
    return "; ".join(f"{key} {', '.join(names)}" for key, names in named if names)


def unseen(default: CheckDefault, context: Context, evidence: Evidence) -> str:
    """Name the columns that are declared for a check and that it didn't look at.

    Parameters
    ----------
    default : CheckDefault
        With the keys under which columns are declared for it.
    context : Context
        What the check was given.
    evidence : Evidence
        What it made of it.

    Returns
    -------
    str
        Sentences, for `Evidence.unseen`: where the check doesn't apply all columns, else those that the candidate isn't
        given. Empty where there are none.
    """
    if evidence.not_applicable:
        declared = declared_columns(context, default.declared_by)
        return f"Declared and not looked at ({declared}): {evidence.not_applicable}" if declared else ""
    if context.asking is None:
        return ""
    given = set(context.asking.columns)
    absent = {key: [name for name in getattr(context, key) if name not in given] for key in default.given_by}
    told = [f"{key} {', '.join(map(short, names))}" for key, names in absent.items() if names]
    return f"Declared and not given to the candidate, so nothing is known of it: {'; '.join(told)}." if told else ""
