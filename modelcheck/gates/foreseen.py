"""How many rows a plan may predict, known before it runs: for whoever shows how far the run is."""

from __future__ import annotations

from collections.abc import Sequence

from modelcheck.checks.bias.counterfactual.changes import MOST_TARGETS
from modelcheck.checks.deployment.sample import MOST_ASKED, MOST_TIMED
from modelcheck.config.tables import Config
from modelcheck.gates.plan import PlannedGate
from modelcheck.scoring.progress import Tally
from modelcheck.suites.catalog import BUDGET_PARTS

__all__ = ["tally_of"]

_TIMED = ("deployment.latency", "deployment.latency_ratio", "deployment.memory")
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
    allowed = {suite: int(part * config.budget) for suite, part in BUDGET_PARTS.items()}
    timed = any(gate.default.check in _TIMED for gate in gates)
    return Tally(
        suites,
        allowed=allowed | {"deployment": MOST_ASKED + (MOST_TIMED if timed else 0)},
        again={"bias": len(swapped) * (2 + MOST_TARGETS)},
    )
