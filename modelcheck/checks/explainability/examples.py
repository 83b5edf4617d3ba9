"""Single decisions explained: what each column added, what would change it, and who is alike."""

from __future__ import annotations

import numpy as np

from modelcheck.checks.context import Context
from modelcheck.checks.explainability.alike import ALIKE, alike, truth_of_support
from modelcheck.checks.explainability.chosen import Chosen, choose_rows
from modelcheck.checks.explainability.drawn import (
    NO_BUDGET,
    Decisions,
    Drawn,
    Scores,
    drawn,
    nothing,
    rows_for,
)
from modelcheck.checks.explainability.explained import Explained, explained
from modelcheck.checks.explainability.explainers import explain_with, explainer_of
from modelcheck.checks.explainability.nearest import Change, grids_of, nearest_changes
from modelcheck.checks.explainability.single import line_of, output_of, parts_of, typical_of, waterfall
from modelcheck.checks.words import count
from modelcheck.explain.attributions import LOG_ODDS, PATHS, PERMUTATION, PROBABILITY, Attributions
from modelcheck.explain.walks import asked_by_walks
from modelcheck.record.evidence import Chart, Evidence, Table

__all__ = ["examples", "explain_rows"]

_FEWEST_WALKS = 8
_FEWEST = 2
_BACKGROUND = 1_000  # rows: a person is told reasons, so they must not hang on who stands for "typical"
_FEWEST_BACKGROUND = 50


def examples(context: Context) -> Evidence:
    """Explain the decisions that somebody will ask about.

    Parameters
    ----------
    context : Context
        With `asking`.

    Returns
    -------
    Evidence
        For each row a waterfall of what columns add, on the scale of the score; the nearest change of one entry that
        decides otherwise, within what occurs and never of a protected or forbidden column; the most similar rows of the
        reference. As many walks as the budget affords; what a column adds has the range that they leave.

    References
    ----------
    Wachter, Mittelstadt and Russell (2018), Harvard Journal of Law and Technology 31, 841-887. Lundberg and Lee (2017),
    NeurIPS 30.
    """
    ready, found = drawn(context), explained(context)
    if isinstance(ready, str) or isinstance(found, str):
        return nothing(str(ready) if isinstance(ready, str) else str(found))
    return explain_rows(context, ready, found, choose_rows(context, ready, found))


def explain_rows(context: Context, ready: Drawn, found: Explained, chosen: list[Chosen]) -> Evidence:
    """Explain some rows of the sample one by one.

    Parameters
    ----------
    context : Context
        With `asking`.
    ready : Drawn
        The sample.
    found : Explained
        Attributions of the run.
    chosen : list of Chosen
        Which rows, and why.
    """
    assert context.asking is not None  # noqa: S101 - `drawn` answered otherwise
    scores, deciding = Scores(context.asking, ready.scored), Decisions(context.asking)
    columns = tuple(name for name in found.columns if name not in found.still)
    scale = PROBABILITY if found.attributions.scale == LOG_ODDS else None
    offered = _offered(context, ready)
    grids = grids_of(ready.support, offered) if ready.scored.decision is not None else {}
    beside = 1 + sum(len(grid.points) for grid in grids.values()) + ALIKE
    allowed = rows_for(context, "examples", explainers=1)
    background = ready.support.iloc[: min(max(allowed // 8, _FEWEST_BACKGROUND), _BACKGROUND)]
    allowed -= max(len(background) - len(ready.background), 0)
    walks, affordable = _affordable(allowed, len(chosen), len(columns), beside, len(background))
    if affordable < min(_FEWEST, len(chosen)):
        each = asked_by_walks(len(columns), _FEWEST_WALKS) + beside
        return nothing(f"{NO_BUDGET} One decision explained takes {each:,} rows.")
    left_out = max(len(chosen) - affordable, 0)
    chosen = chosen[:affordable]
    explainer = explainer_of(
        context,
        context.asking,
        ready,
        scores,
        columns=columns,
        scale=scale,
        background=background,
        walks=walks,
        inside=found.attributions.explainer != PERMUTATION,
        fewest=len(chosen),
        purpose="examples",
    )
    places = np.array([one.place for one in chosen], dtype=np.intp)
    rows = ready.rows.take(places).reset_index(drop=True)
    said, kept = explain_with(explainer, rows)
    chosen, places, rows = [chosen[at] for at in kept], places[kept], rows.take(kept).reset_index(drop=True)
    decided = ready.scored.decision
    changes: list[list[Change]] = [[] for _ in chosen]
    if decided is not None:
        own = decided[places].astype(np.intp)
        changes = nearest_changes(deciding, rows, ready.support, grids, own)
    truth = truth_of_support(context, ready)
    tables: list[Table] = []
    charts: list[Chart] = []
    lines = []
    weights = dict(zip(found.columns, found.attributions.shares.tolist(), strict=True))
    typical = {name: typical_of(ready, name) for name in said.columns}
    for at, one in enumerate(chosen):
        name = f"example {at + 1}"
        output = output_of(ready, one.place, said)
        lines.append(line_of(context, ready, one, at + 1, said.output[at, output], changes[at]))
        charts.append(waterfall(context, ready, name, rows.iloc[at], said, at, output))
        tables.append(parts_of(typical, name, rows.iloc[at], said, at, output))
        tables.append(alike(context, ready, name, rows.iloc[at], weights, truth, context.asking, scores))
    reading = f"{count(len(chosen), 'decision')} explained one by one."
    if left_out:
        reading += f" The budget leaves {left_out} of the chosen ones out."
    if len(kept) < affordable and len(kept) < len(chosen) + left_out:
        reading += " Rows without an answer on the way are left out."
    return Evidence(
        tables=(
            Table(
                name="decisions",
                columns=("example", "row", "why", "decided", "score", "truth", "what would change it"),
                private=("truth",) if ready.scored.task == "regression" else (),
                rows=tuple(lines),
                note=(
                    "What would change it: the nearest change of one entry, other entries as they are, within what "
                    f"occurs in the {ready.source}; protected and forbidden columns, and those that follow one, are "
                    "never offered."
                ),
            ),
            *tables,
            _how(ready, said, explainer.why),
        ),
        charts=tuple(charts),
        reading=reading,
        predicted_rows=scores.asked + deciding.asked,
    )


def _affordable(allowed: int, rows: int, columns: int, beside: int, background: int) -> tuple[int, int]:
    """Return how many walks for each of how many rows the budget allows: all rows first, then more walks."""
    each = max(asked_by_walks(columns, 1), 1)
    affordable = max(allowed, 0) // (_FEWEST_WALKS * each + beside)
    if affordable < rows:
        return _FEWEST_WALKS, affordable
    return min(max((allowed // max(rows, 1) - beside) // each, _FEWEST_WALKS), background), affordable


def _how(ready: Drawn, said: Attributions, why: str) -> Table:
    """Say how the decisions were explained, for whoever checks it."""
    background = f"{said.background:,} rows of the {ready.source}"
    if said.explainer == PATHS:
        background = "none: each tree's own training rows"
    lines = [
        ("explainer", f"{said.explainer}{f', because {why}' if why else ''}"),
        ("scale", said.scale),
        ("background", background),
    ]
    if said.walks:
        lines.append(("walks", f"{said.walks:,} a row, there and back, each from another row of the background"))
        lines.append(("ranges", "95 %, by the spread of the walks (Student's t)"))
    return Table(name="how it was explained", columns=("what", "value"), rows=tuple(lines))


def _offered(context: Context, ready: Drawn) -> tuple[str, ...]:
    never = {*context.rows.protected, *context.forbidden, *context.follows, *context.unchangeable}
    return tuple(name for name in ready.columns if name not in never)
