"""What accepting a candidate as the new baseline would change, and when it is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from modelcheck.history.baseline import NewBaseline, StoredBaseline
from modelcheck.history.facts import BaselineFacts, Measured
from modelcheck.record.numbers import decimals_for, format_range, format_value

__all__ = ["difference", "refusal"]

_ABSENT = "-"


def difference(old: StoredBaseline | None, new: NewBaseline) -> tuple[str, ...]:
    """Return what accepting would change, to be shown before it is written.

    Parameters
    ----------
    old : StoredBaseline or None
        The baseline so far; None when this is the first.
    new : NewBaseline
        The candidate about to be accepted.

    Returns
    -------
    tuple of str
        Aligned lines without marks of control: model, commit, date, dataset, rows, then each metric, old -> new.
    """
    before = None if old is None else old.facts
    rows = [(label, _ABSENT if before is None else read(before), read(new.facts)) for label, read in _READ.items()]
    gates = [
        *new.facts.metrics,
        *(gate for gate in (before.metrics if before else {}) if gate not in new.facts.metrics),
    ]
    rows += [(gate, _metric(before, gate), _metric(new.facts, gate)) for gate in gates]
    rows = [row for row in rows if row[1:] != (_ABSENT, _ABSENT)]
    first = max(len(label) for label, _, _ in rows)
    if before is None:
        return tuple(f"{_line(label):<{first}}  {_line(value)}" for label, _, value in rows)
    second = max(len(_line(value)) for _, value, _ in rows)
    return tuple(
        f"{_line(label):<{first}}  {_line(left):<{second}}  ->  {'same' if left == right else _line(right)}"
        for label, left, right in rows
    )


def refusal(old: StoredBaseline | None, new: NewBaseline, *, ci: bool, failing: Sequence[str], forced: bool) -> str:
    """Return why a candidate isn't accepted as the baseline.

    Parameters
    ----------
    old : StoredBaseline or None
        The baseline so far.
    new : NewBaseline
        The candidate.
    ci : bool
        Whether the environment says that this is a build machine.
    failing : sequence of str
        Ids of blocking gates that didn't pass.
    forced : bool
        The user insists.

    Returns
    -------
    str
        Empty when nothing speaks against it.
    """
    if forced:
        return ""
    reasons = []
    if ci:
        reasons.append(
            "the variable CI is set, and a build machine must not choose what later builds are compared with"
        )
    if failing:
        names = ", ".join(failing[:5]) + (f" and {len(failing) - 5:,} more" if len(failing) > 5 else "")
        reasons.append(f"{len(failing):,} blocking gate{'s' if len(failing) > 1 else ''} did not pass ({_line(names)})")
    if old is not None and old.facts.dataset["sha256"] != new.facts.dataset["sha256"]:
        reasons.append(
            f"the dataset is another one than the stored baseline's (sha256 {_hash(new.facts.dataset)} instead of "
            f"{_hash(old.facts.dataset)}); accepting would change the rows that later candidates are compared on"
        )
    if not reasons:
        return ""
    return (
        f"{'; '.join(reasons)}. Mend that, or insist with `--modelcheck-baseline=accept "
        "--modelcheck-force`. The stored baseline is unchanged."
    )


def _metric(facts: BaselineFacts | None, gate: str) -> str:
    one: Measured | None = None if facts is None else facts.metrics.get(gate)
    if one is None or one.value is None:
        return _ABSENT
    decimals = decimals_for(one.value, one.low, one.high)
    value = format_value(one.value, decimals)
    return value if one.low is None and one.high is None else f"{value} ({format_range(one.low, one.high, decimals)})"


def _hash(facts: Any) -> str:
    return str(facts.get("sha256") or "unknown")[:12]


def _model(facts: BaselineFacts) -> str:
    name = str(facts.candidate.get("name") or facts.name)
    return f"{name if len(name) <= 60 else name[:57] + '...'} ({_hash(facts.candidate)})"


def _commit(facts: BaselineFacts) -> str:
    if facts.commit is None:
        return _ABSENT
    return facts.commit[:12] + (", uncommitted changes" if facts.clean is False else "")


def _rows(facts: BaselineFacts) -> str:
    count = facts.dataset["rows"]
    return f"{count:,}" if isinstance(count, int) else _ABSENT


_READ: dict[str, Callable[[BaselineFacts], str]] = {
    "model": _model,
    "accepted": lambda facts: facts.created[:10],
    "commit": _commit,
    "task": lambda facts: facts.task,
    "threshold": lambda facts: _ABSENT if facts.threshold is None else format_value(facts.threshold),
    "dataset": lambda facts: _hash(facts.dataset),
    "rows": _rows,
}


def _line(text: str) -> str:
    """Return text from a file as one printable line."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
