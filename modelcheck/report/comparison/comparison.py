"""Two records, the older and the newer one, as one answer: what is new, fixed, unchanged, better and worse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from modelcheck.record.schema import Record, RunVerdict
from modelcheck.report.comparison.findings import FindingChange, compare_findings
from modelcheck.report.comparison.gates import Change, GateChange, compare_gates
from modelcheck.report.comparison.movement import Movement
from modelcheck.report.comparison.premises import Premise, cautions, premises, same_rows

__all__ = ["Comparison", "Place", "compare", "places"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What became of a model between two runs.

    Attributes
    ----------
    old, new : Record
        The earlier run and the later one.
    cautions : tuple of str
        What a reader must know before believing any difference.
    premises : tuple of Premise
        Facts about both runs, equal or not.
    same_rows : bool or None
        Whether both were judged on the same rows; None where that isn't known.
    gates : tuple of GateChange
        Every gate and metric of either run.
    findings : tuple of FindingChange
        Every finding of either run.
    """

    old: Record
    new: Record
    cautions: tuple[str, ...]
    premises: tuple[Premise, ...]
    same_rows: bool | None
    gates: tuple[GateChange, ...]
    findings: tuple[FindingChange, ...]

    @property
    def worse(self) -> bool:
        """Whether a gate newly stops promotion, or a model that might be promoted may be no longer."""
        lost = self.old.verdict == RunVerdict.PROMOTED != self.new.verdict
        return lost or any(gate.change is Change.NEWLY_STOPS for gate in self.gates)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One estimate that both runs have: of a gate as a whole, or of one of its groups.

    Attributes
    ----------
    gate : GateChange
        The gate.
    group : str or None
        The group's label; None for the gate's own estimate.
    movement : Movement
        Where it went.
    """

    gate: GateChange
    group: str | None
    movement: Movement


def compare(old: Record, new: Record) -> Comparison:
    """Compare two records.

    Parameters
    ----------
    old, new : Record
        The earlier run and the later one; of any models, on any rows: what makes them hard to compare is said.

    Returns
    -------
    Comparison
        Nothing is tested here: two intervals tell less than a comparison of both models on the same rows, which is
        what the gates against a baseline are for.
    """
    gates = compare_gates(old, new)
    return Comparison(
        old=old,
        new=new,
        cautions=cautions(old, new),
        premises=premises(old, new),
        same_rows=same_rows(old, new),
        gates=gates,
        findings=compare_findings(gates),
    )


def places(comparison: Comparison) -> Iterator[Place]:
    """Yield every estimate that both runs have; a group whose numbers are its gate's own is told once."""
    for gate in comparison.gates:
        if gate.movement is not None:
            yield Place(gate=gate, group=None, movement=gate.movement)
        for label, movement in gate.groups.items():
            if gate.movement is None or not _same_numbers(movement, gate.movement):
                yield Place(gate=gate, group=label, movement=movement)


def _same_numbers(one: Movement, other: Movement) -> bool:
    return (one.old, one.new) == (other.old, other.new)
