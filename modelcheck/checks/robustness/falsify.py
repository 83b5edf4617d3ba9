"""A search for a row and a plausible change that break a property: shrunk, kept, and asked about first next time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from modelcheck.checks.answering import Answering
from modelcheck.checks.cells import cell
from modelcheck.checks.context import Context
from modelcheck.checks.robustness.determinism import unsteady
from modelcheck.checks.robustness.direction import TOLERANCE
from modelcheck.checks.robustness.measuring import Measured, measured, nothing
from modelcheck.checks.robustness.sweep.asked import Prepared
from modelcheck.checks.robustness.sweep.asking import NO_BUDGET, positions_of, prepared
from modelcheck.checks.words import count, number, short
from modelcheck.record.evidence import Estimate, Evidence, Finding, Severity, Table
from modelcheck.record.privacy import quoted
from modelcheck.stats.rates import rate_from_counts

if TYPE_CHECKING:
    from modelcheck.perturb.falsify.counterexample import Counterexample, Said
    from modelcheck.perturb.falsify.folder import ExamplesFolder
    from modelcheck.perturb.falsify.properties import Property

__all__ = ["falsify"]

_SHARE = 0.09  # of the budget
_EXAMPLES = 100
_ANSWERED = 50  # for each of the two properties that every change of the sweep has tried already
_BLOCK = 64
_METRIC = "falsified"
_FORBIDDEN = 0.25  # spreads that one row's score may move with a forbidden column
_MOST_CELLS = 30
_SHOW = '[report] examples = "show"'


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Looked:
    """What became of one property."""

    prop: Property
    example: Counterexample | None
    stored: int
    again: int
    asked: int
    calls: int
    examples: int
    stopped: str
    notes: tuple[str, ...]
    file: str


def falsify(context: Context) -> Evidence:
    """Search with Hypothesis for a row and a change that break a property of the model.

    The properties: no exception and a valid answer on plausible input; each declared direction, whatever the other
    entries are; each forbidden column, which may move no score by more than a quarter of the distance between two
    rows'. Changed entries stay inside the reference's support: values that occur, categories that occur, missing only
    where values are missing there, entries of one row together. Whole blocks of real rows are asked about in one
    call, while searching and while shrinking. What is found is shrunk to the fewest columns and the simplest values,
    stored as JSON under ``.modelcheck/examples`` and asked about first in the next run.

    Parameters
    ----------
    context : Context
        Of any task, with `asking`; `examples` is where counterexamples are kept.

    Returns
    -------
    Evidence
        By property whether a counterexample was found, over the rows that were asked about, with exact limits. A
        search: that there is none can't be proved. Each finding has a check to paste.

    References
    ----------
    Claessen, K. and Hughes, J. (2000). QuickCheck: a lightweight tool for random testing of Haskell programs. ICFP.
    MacIver, D. R. and Donaldson, A. F. (2020). Test-case reduction via test-case generation: insights from the
    Hypothesis reducer. ECOOP.
    """
    found = measured(context)
    ready = prepared(context)
    if isinstance(found, str) or isinstance(ready, str):
        return nothing(str(found))
    if unsteady(found).any():
        text = (
            "the candidate answers the same rows otherwise each time (robustness.determinism): nothing found would "
            "last."
        )
        return Evidence(not_applicable=text)
    properties = _properties(context, found, ready)
    share = int(_SHARE * context.budget) // len(properties)
    if share < _BLOCK:
        return nothing(
            f"{NO_BUDGET} Of {context.budget:,} rows it has {share:,} for each of "
            f"{_properties_of(len(properties))}; {_BLOCK} are needed."
        )
    return _evidence(context, found, [_look(context, found, ready, prop, share) for prop in properties])


def _properties(context: Context, found: Measured, ready: Prepared) -> list[Property]:
    from modelcheck.perturb.falsify.properties import finite, increasing, no_crash, unmoved

    properties = [no_crash(), finite()]
    spread = found.measures.spread or 1.0
    score = found.sweep.before.score
    if score is not None and score.ndim == 1:
        properties += [
            _within(increasing(name, 1 if way == "increasing" else -1, TOLERANCE * spread), TOLERANCE * spread)
            for name, way in context.monotonic.items()
            if name in ready.profile.columns and ready.profile.columns[name].numeric
        ]
    tolerance = _FORBIDDEN * spread
    properties += [
        _within(unmoved(name, tolerance), tolerance) for name in context.forbidden if name in ready.profile.columns
    ]
    return properties


def _within(prop: Property, tolerance: float) -> Property:
    return replace(prop, title=f"{prop.title} by more than {number(tolerance)}")


def _look(context: Context, found: Measured, ready: Prepared, prop: Property, share: int) -> _Looked:
    from modelcheck.perturb.falsify.folder import ExamplesFolder
    from modelcheck.perturb.falsify.replay import Replayed, replay
    from modelcheck.perturb.falsify.search import search

    asking = context.asking
    assert asking is not None  # noqa: S101 - `measured` answered otherwise
    answering = Answering(asking, most_rows=share)
    labels = list(context.rows.classes) or None
    folder = None if context.examples is None else ExamplesFolder(context.examples)
    notes: tuple[str, ...] = ()
    replayed, stored = Replayed(), 0
    if folder is not None:
        kept = folder.read(prop.name)
        notes += kept.problems
        stored = len(kept.examples)
        replayed = replay(prop, kept.examples, ready.rows, answering.one, labels=labels)
        notes += replayed.skipped
    example = next(iter(replayed.still_broken), None)
    stopped, tried, file = "a stored example still breaks it", 0, ""
    if example is None:
        ended = search(
            prop,
            ready.rows,
            ready.profile,
            answering.one,
            seed=_seed(context, prop),
            examples=_ANSWERED if prop.columns is None else _EXAMPLES,
            block=_BLOCK,
            most_rows=max(share - answering.rows, 1),
            labels=labels,
        )
        example, stopped, tried = ended.counterexample, ended.stopped, ended.examples
        if example is not None:
            place = found.sweep.positions[[example.row]]
            example = replace(example, row=int(positions_of(context, place)[0]))
            file = _kept(folder, example)
    return _Looked(
        prop=prop,
        example=example,
        stored=stored,
        again=len(replayed.still_broken),
        asked=answering.rows,
        calls=answering.calls,
        examples=tried,
        stopped=stopped,
        notes=notes,
        file=file,
    )


def _seed(context: Context, prop: Property) -> int:
    digest = hashlib.sha256(f"{context.seed} falsify {prop.name}".encode()).digest()
    return int.from_bytes(digest[:4], "little")


def _kept(folder: ExamplesFolder | None, example: Counterexample) -> str:
    return "" if folder is None else f".modelcheck/examples/{folder.path.name}/{folder.keep(example).name}"


def _evidence(context: Context, found: Measured, looked: list[_Looked]) -> Evidence:
    groups: dict[str, Estimate] = {}
    for one in looked:
        groups[short(one.prop.title, 100)] = rate_from_counts(
            int(one.example is not None), max(one.asked, 1), metric=_METRIC, confidence=context.confidence, of="rows"
        )
    broken = [one for one in looked if one.example is not None]
    asked, calls = sum(one.asked for one in looked), sum(one.calls for one in looked)
    tables = [_searches(looked)]
    tables += [_counterexample(one, one.example) for one in broken if one.example is not None]
    where = f"{asked:,} rows were asked about in {count(calls, 'call')}"
    reading = f"Nothing was found that breaks any of {_properties_of(len(looked))}. "
    if broken:
        reading = "What is found is one row, as simple as it could be made; it says that, and not how often. "
    disproved = "\n".join(
        [
            f"{len(broken)} of {_properties_of(len(looked))} {'is' if len(broken) == 1 else 'are'} broken:",
            *(
                f"{short(one.prop.title, 100)}. {one.example.sentence(quoted)}"
                for one in broken
                if one.example is not None
            ),
        ]
    )
    return Evidence(
        # A counterexample is a fact: how many rows were tried before it was met is no rate of anything.
        estimate=None if broken else max(groups.values(), key=lambda one: one.n),
        groups={} if broken else groups,
        looked_at=0 if broken else len(groups),
        disproved=disproved if broken else "",
        searched=f"{where}; a search finds, it doesn't prove absence.",
        findings=tuple(_finding(context, one, one.example) for one in broken if one.example is not None),
        tables=tuple(tables),
        reading=f"{reading}{where}.",
        predicted_rows=asked,
    )


def _finding(context: Context, one: _Looked, example: Counterexample) -> Finding:
    shown: dict[str, Any] = {"row": example.row}
    for name, (was, now) in list({**example.context, **example.changes}.items())[:6]:
        shown[short(name)] = f"{cell(was)} -> {cell(now)}"
    shown |= _told("before", example.before) | _told("after", example.after)
    kept = f" Kept in {one.file}." if one.file else " Kept from an earlier run." if one.again else ""
    return Finding(
        title=f"Broken: {short(one.prop.title, 120)}.{kept}",
        n=one.asked,
        effect=None,
        severity=Severity.BLOCKING,
        examples=(shown,),
        reproduce=quoted(
            example.as_check("model", score_column=1 if context.asking is None else context.asking.score_column),
            f"The check to paste holds the row's entries. Show them: {_SHOW}",
        ),
    )


def _properties_of(number_of: int) -> str:
    return "1 property" if number_of == 1 else f"{number_of} properties"


def _told(when: str, said: Said | None) -> dict[str, Any]:
    if said is None:
        return {}
    told: dict[str, Any] = {}
    if said.decision is not None:
        told[f"prediction {when}"] = short(said.decision)
    if said.score is not None:
        told[f"score {when}"] = said.score
    return told or {f"said {when}": short(str(said), 160)}


def _searches(looked: list[_Looked]) -> Table:
    lines = [
        (
            short(one.prop.title, 100),
            "broken" if one.example is not None else "holds as far as seen",
            one.stored,
            one.again,
            one.examples,
            one.asked,
            one.calls,
            one.stopped,
        )
        for one in looked
    ]
    notes = [note for one in looked for note in one.notes]
    return Table(
        name="what was searched",
        columns=(
            "property",
            "found",
            "stored examples",
            "still broken",
            "examples tried",
            "rows asked",
            "calls",
            "ended",
        ),
        rows=tuple(lines),
        note=" ".join(notes)[:1_000],
    )


def _counterexample(one: _Looked, example: Counterexample) -> Table:
    lines: list[tuple[Any, ...]] = [
        (
            short(name),
            quoted(cell(was)),
            quoted(cell(now)),
            "changed" if name in example.changes else "both alike" if name in example.context else "",
        )
        for name, was, now in example.table_rows()
    ]
    said = (_told("", example.before), _told("", example.after))
    head = [
        (key.strip(), _shown(said[0].get(key)), _shown(said[1].get(key)), "the answer")
        for key in dict.fromkeys([*said[0], *said[1]])
    ]
    note = f"Row {example.row:,}. " + (
        "It happens when the model is asked about this row alone, too." if example.alone else "Only among other rows."
    )
    if example.context:
        note += " Columns marked as alike were changed before and after."
    if len(lines) > _MOST_CELLS:
        note += f" The first {_MOST_CELLS} of {len(lines)} columns; the stored example has all."
    return Table(
        name=f"counterexample: {short(one.prop.name, 80)}",
        columns=("column", "before", "after", ""),
        rows=(*head, *lines[:_MOST_CELLS]),
        note=note,
    )


def _shown(value: Any) -> str:
    return number(value, 4) if isinstance(value, float) else short(value, 160)
