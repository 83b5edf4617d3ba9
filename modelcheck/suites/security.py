"""The security suite: which checks, with which default limits."""

from __future__ import annotations

from modelcheck.suites.catalog import CheckDefault

__all__ = ["CHECKS"]

CHECKS: tuple[CheckDefault, ...] = (
    CheckDefault(
        check="security.artifact",
        function="modelcheck.checks.security.artifact:artifact",
        title="What the model's file would run",
        tasks=("binary", "multiclass", "regression"),
        severity="blocking",
        max=0.0,
        lower=0.0,
        upper=0.0,
        side="max",
        burden="breach",
        by_slice=False,
        needs_rows=False,
        # Told first, because a refused file is why the others break; run last, to see one that was replaced meanwhile.
        cost=-1,
        looks_back=True,
        about=(
            "What would loading the model's file import and call? Every name has to be on the list that comes with "
            "modelcheck, or be trusted by somebody. And is the file still the one that was loaded and measured? "
            "Names are counted, all of them: there is no sample and no margin."
        ),
    ),
)
