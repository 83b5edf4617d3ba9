"""Which of a peer's findings mean which planted defect, as a table with reasons. In doubt in the peer's favour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.proving_ground.catalogue import CASES
from benchmarks.proving_ground.tools.outcome import NotCovered

__all__ = ["PLANTED_IN", "Meaning"]

PLANTED_IN: dict[str, tuple[str, ...]] = {
    "approved_by_lot": ("sex",),
    "cancelling_columns": ("income", "last_year"),
    "chest_pain": ("complaint",),
    "cooks_of_the_east": ("job", "region"),
    "copies_of_target": ("letters", "days_late", "charged"),
    "copy_of_target": ("fee",),
    "deaf_to_some": ("sex",),
    "drawn_for_some": ("origin",),
    "driven_by_canary": ("draw",),
    "driven_by_noise": ("hours",),
    "drivers_of_the_north": ("job", "region"),
    "filled_afterwards": ("closed_in",),
    "identifier_in_order": ("number",),
    "in_their_thirties": ("age",),
    "income_as_a_name": ("income",),
    "mean_before_the_split": ("dealer_paid",),
    "mean_with_own_outcome": ("dealer_paid",),
    "not_reweighed": ("sex",),
    "one_coast_too_high": ("ocean_proximity", "longitude", "latitude"),
    "pair_unheard": ("marital_status", "education_num"),
    "refused_by_lot": ("sex",),
    "rent_by_difference": ("area", "area_again"),
    "score_by_club": ("club", "sex"),
    "sex_adds": ("sex",),
    "sex_alone": ("sex",),
    "sex_cuts_both_ways": ("sex",),
    "sex_moves_scores": ("sex",),
    "shortcut": ("channel",),
    "stand_in_for_sex": ("relationship", "sex"),
    "sure_about_women": ("sex",),
    "sure_in_the_south": ("region",),
    "teachers": ("job",),
    "teachers_unlearnt": ("job",),
    "too_hopeful_in_the_north": ("region",),
    "trusts_one_column": ("state",),
    "turned_for_women": ("sex",),
    "unmeasured_pressure": ("pressure",),
    "women_of_one_origin": ("sex", "origin"),
    "women_score_lower": ("sex",),
    "women_unlearnt": ("sex",),
    "womens_labels_mixed_up": ("sex",),
}
"""Columns that a case is planted in. A finding that tells its column counts if it names one of them; for a case that
isn't listed it counts whatever it names."""

_SUITES = {"dirty_input": "robustness"}


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """A peer's names for the defects of the catalogue.

    An entry is either the names of findings, any of which counts, or a sentence that says why the peer has none.

    Attributes
    ----------
    by_gate : mapping
        By the gate of modelcheck that says the same, ``suite.check``; else by the longest beginning of it that is
        listed, so that ``deployment`` holds for all of that suite that isn't listed itself.
    by_family : mapping
        By the family of the case, added to what its gates give.
    by_case : mapping
        By the name of the case, in place of all else.
    never : mapping
        By what a case needs (`Case.needs`): why the peer can't be shown or told that.
    located : frozenset of str
        Names of findings that tell a column; they are also found as ``name: column``.
    """

    by_gate: Mapping[str, tuple[str, ...] | str]
    by_family: Mapping[str, tuple[str, ...] | str] = field(default_factory=dict)
    by_case: Mapping[str, tuple[str, ...] | str] = field(default_factory=dict)
    never: Mapping[str, str] = field(default_factory=dict)
    located: frozenset[str] = frozenset()

    def of_gate(self, gate: str) -> tuple[str, ...] | str:
        """Return the entry of the longest beginning of the gate's name; no entry is a mistake in the table."""
        words = gate.split(".")
        for length in range(len(words), 0, -1):
            found = self.by_gate.get(".".join(words[:length]))
            if found is not None:
                return found
        raise LookupError(f"No entry for the gate {gate!r}: write down which findings say it, or why none does.")

    def right(self, case: str) -> frozenset[str]:
        """Return the names that mean the case; `NotCovered` with the reason if there are none."""
        entries = self._entries(case)
        names = {name for entry in entries if not isinstance(entry, str) for name in entry}
        if not names:
            reasons = dict.fromkeys(entry for entry in entries if isinstance(entry, str))
            raise NotCovered("; ".join(reasons) or f"nothing is written down for {case}")
        columns = PLANTED_IN.get(case, ())
        if not columns:
            return frozenset(names)
        told = {f"{name}: {column}" for name in names & self.located for column in columns}
        return frozenset(told | (names - self.located))

    def _entries(self, case: str) -> list[tuple[str, ...] | str]:
        if case in self.by_case:
            return [self.by_case[case]]
        about = CASES[case]
        refused = [self.never[need] for need in about.needs if need in self.never]
        if refused:
            return list(refused)
        family = [self.by_family[about.family]] if about.family in self.by_family else []
        # What no gate of modelcheck says yet is looked up by the suite that would.
        gates = about.gates or (() if family else (_SUITES[about.family],))
        return [*family, *(self.of_gate(gate) for gate in gates)]
