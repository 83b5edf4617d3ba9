"""How many rows a plan may predict, known before it runs: for whoever shows how far the run is."""

from __future__ import annotations

from collections.abc import Sequence

from modelcheck.checks.bias.counterfactual.changes import MOST_TARGETS
from modelcheck.config.tables import Config
from modelcheck.gates.plan import PlannedGate
from modelcheck.scoring.progress import Tally
from modelcheck.suites.catalog import BUDGET_PARTS

__all__ = ["tally_of"]

_ASKING_AGAIN = "bias.counterfactual"


def tally_of(gates: Sequence[PlannedGate], config: Config) -> Tally:
    """Return a tally for the gates of a run.

    Parameters
    ----------
    gates : sequence of PlannedGate
        Those that will run.
    config : Config
        Its budget of changed rows.

    Returns
    -------
    Tally
        Nothing is counted yet. The tables' rows are added when they are known.
    """
    suites = [gate.default.suite for gate in gates]
    # A row is asked about once as it is, and once as a member of each of a few groups.
    swapped = {gate.by for gate in gates if gate.default.check.startswith(_ASKING_AGAIN)}
    return Tally(
        suites,
        allowed={suite: int(part * config.budget) for suite, part in BUDGET_PARTS.items()},
        again={"bias": len(swapped) * (2 + MOST_TARGETS)},
    )
