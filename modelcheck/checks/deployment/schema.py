"""What the model does with requests that break its schema: answer, refuse in words, or fall over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.context import Context
from modelcheck.checks.deployment.difference import TOLERANCE
from modelcheck.checks.deployment.input_changes import WHOLE, InputChange, changes_of
from modelcheck.checks.deployment.sample import deployed_of, sample_of
from modelcheck.checks.in_time import OutOfTime, in_time
from modelcheck.checks.words import count, short
from modelcheck.errors import ModelError, WorkerDied
from modelcheck.record.evidence import Evidence, Finding, Severity, Table
from modelcheck.scoring.deployed import Deployed

__all__ = ["schema", "schema_messages"]

_ROWS = 5
_COLUMNS = 40
_PATIENCE_S = 30.0
_MOST_DEATHS = 3
_PROBE = "modelcheck.models.probes.questions:plainly_asked"

ANSWERS, NOTHING, SILENT, REFUSES, UNCLEAR, WRONG, CRASHES = (
    "answered",
    "answered with no number",
    "answered otherwise, without a word",
    "refused with a reason",
    "refused without a reason",
    "columns mixed up",
    "fell over",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What came of one change."""

    column: str
    change: str
    outcome: str
    words: str


def schema(context: Context) -> Evidence:
    """Ask about rows with a column missing, extra, in another place, empty, or of another type.

    Parameters
    ----------
    context : Context
        With `deployed`.

    Returns
    -------
    Evidence
        A plain fact. What no model may do: end its process, hang, give another number of answers than rows, or take
        columns with names by their places. Everything else is told, column by column: answering, refusing.
    """
    return _evidence(
        context, (CRASHES, WRONG), everything=True, words="ends, gives no answer for each row or mixes columns up"
    )


def schema_messages(context: Context) -> Evidence:
    """Look at what the model says when it refuses such rows, and at what it takes without a word.

    Parameters
    ----------
    context : Context
        With `deployed`.

    Returns
    -------
    Evidence
        A plain fact: refusals that name neither the column, nor the value, nor the fault, so that whoever sent the
        request reads a stack trace; answers that differ because a column is missing, without a word about it; and
        answers that are no finite numbers, as of a plain function to an empty entry.
    """
    return _evidence(
        context, (UNCLEAR, SILENT, NOTHING), everything=False, words="gives whoever sent it nothing to go by"
    )


def _evidence(context: Context, faults: Sequence[str], *, words: str, everything: bool) -> Evidence:
    deployed = deployed_of(context)
    if isinstance(deployed, str):
        return Evidence(not_applicable=deployed)
    told, left, asked = context.share("deployment_schema", lambda: _asked(context, deployed))
    bad = [one for one in told if one.outcome in faults]
    counts = Counter(one.outcome for one in told)
    reading = f"{count(len(told), 'change')} of the schema: " + ", ".join(
        f"{counts[outcome]} {outcome}"
        for outcome in (ANSWERS, REFUSES, UNCLEAR, SILENT, NOTHING, WRONG, CRASHES)
        if counts[outcome]
    )
    note = f" {left:,} columns were not changed one by one." if left else ""
    table = Table(
        name="column by change",
        columns=("column", "change", "outcome", "in its words"),
        rows=tuple((one.column, one.change, one.outcome, one.words) for one in (told if everything else bad)),
        note=f"Asked as a server would: columns are not put right first.{note}",
        private=("in its words",),
    )
    if not bad:
        none = f"In none of {len(told):,} changes of the schema the model {words}."
        return Evidence(proved=none, reading=f"{reading}.", tables=(table,) if everything else (), predicted_rows=asked)
    first = bad[0]
    more = f" and {len(bad) - 1:,} more" if len(bad) > 1 else ""
    fact = (
        f"In {len(bad)} of {len(told):,} changes of the schema the model {words}: {short(first.column)}, "
        f"{first.change}: {first.outcome}{more}."
    )
    return Evidence(
        disproved=fact,
        findings=tuple(
            Finding(
                title=f"{short(one.column)}, {one.change}: {one.outcome}",
                n=_ROWS,
                severity=Severity.BLOCKING,
                reproduce=(
                    "Hand over rows changed in this way.\nCheck columns and types before predicting, and say which "
                    "column is wrong and what is allowed."
                ),
            )
            for one in bad[:20]
        ),
        tables=(table,),
        reading=f"{reading}.",
        predicted_rows=asked,
    )


def _asked(context: Context, deployed: Deployed) -> tuple[list[_Told], int, int]:
    """Return what came of each change, how many columns were left out, and how many rows were asked about."""
    sample = sample_of(context)
    asking = context.asking
    assert asking is not None  # noqa: S101 - `deployed_of` answered otherwise
    rows = sample.rows.iloc[:_ROWS].reset_index(drop=True)
    base = _ask(deployed, rows)
    kinds = asking.kinds
    names = tuple(name for name in rows.columns if name in kinds)
    chosen = names
    if len(names) > _COLUMNS:
        drawn = context.generator("deployment schema").choice(len(names), size=_COLUMNS, replace=False)
        chosen = tuple(names[place] for place in np.sort(drawn))
    told: list[_Told] = []
    deaths = 0
    for change in changes_of(rows, kinds, chosen):
        if change.change == "columns reordered" and deployed.description.by_position:
            continue
        if deaths >= _MOST_DEATHS:
            break
        outcome, words, died = _outcome(deployed, change, base)
        deaths += died
        told.append(_Told(column=change.column, change=change.change, outcome=outcome, words=words))
    return told, len(names) - len(chosen), len(rows) * (len(told) + 1)


def _ask(deployed: Deployed, rows: Any) -> tuple[dict[str, str], NDArray[Any] | None]:
    given = {"method": deployed.method}
    reply = in_time(
        lambda: deployed.beside(_PROBE, [rows], given, seconds=_PATIENCE_S, rows=len(rows)), 2.0 * _PATIENCE_S
    )
    return reply.told, reply.arrays[0] if reply.arrays else None


def _outcome(
    deployed: Deployed, change: InputChange, base: tuple[dict[str, str], NDArray[Any] | None]
) -> tuple[str, str, int]:
    try:
        raised, answer = _ask(deployed, change.rows)
    except (WorkerDied, OutOfTime) as error:
        return CRASHES, short(str(error), 200), 1
    except ModelError as error:
        # Cells that can't be sent to the worker, or an answer that can't be sent back.
        return CRASHES, short(str(error), 200), 0
    if answer is None:
        words = short(f"{raised['kind']}: {raised['text']}", 200)
        return (REFUSES if _says_why(raised, change) else UNCLEAR), words, 0
    n = len(change.rows)
    if answer.shape[:1] != (n,):
        return CRASHES, f"its answer to {n} rows has the shape {answer.shape}", 0
    if answer.dtype.kind in "fc" and not np.isfinite(answer).all():
        return NOTHING, "", 0
    own = base[1]
    same = own is not None and _alike(own, answer)
    if change.column == WHOLE and not same:
        return WRONG, "the same rows with columns in another order get other answers", 0
    if change.change == "column missing" and not same:
        return SILENT, "other answers than with the column, and no word that it is missing", 0
    return ANSWERS, "the same answers" if same else "", 0


def _says_why(raised: dict[str, str], change: InputChange) -> bool:
    text = f"{raised['kind']} {raised['text']}".lower()
    return change.column.lower() in text or any(word.lower() in text for word in change.words)


def _alike(one: NDArray[Any], other: NDArray[Any]) -> bool:
    if one.shape != other.shape:
        return False
    if one.dtype.kind in "fiu" and other.dtype.kind in "fiu":
        return bool(np.allclose(one, other, rtol=TOLERANCE, atol=TOLERANCE))
    return bool(np.array_equal(one, other))
