"""Whether the same rows get the same answers: asked again, in other processes, with other threads and hashes."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager

from modelcheck.checks.context import Context
from modelcheck.checks.deployment.difference import part_of
from modelcheck.checks.deployment.sample import Sample, deployed_of, sample_of
from modelcheck.checks.deployment.ways import Way, evidence_of, not_asked, on_all, silent
from modelcheck.errors import ModelError
from modelcheck.record.evidence import Evidence
from modelcheck.scoring.asking import Asking
from modelcheck.scoring.deployed import Deployed

__all__ = ["determinism"]

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_CAUSES = (
    "Fix the model's random state, switch off sampling and dropout, sort what comes out of sets, and let nothing hang "
    "on the number of threads, the time or the process."
)


def determinism(context: Context) -> Evidence:
    """Ask about the same rows again: here, in a new process, and in new interpreters.

    Parameters
    ----------
    context : Context
        With `deployed`.

    Returns
    -------
    Evidence
        ``other_answer_rate``, see `modelcheck.checks.deployment.ways.evidence_of`. Two new interpreters have hashes of
        different seeds (the order of sets of texts hangs on it) and 1 and all threads: 32 bit sums may differ by
        rounding, answers may not.
    """
    deployed = deployed_of(context)
    if isinstance(deployed, str):
        return Evidence(not_applicable=deployed)
    sample = sample_of(context)
    asking = context.asking
    assert asking is not None  # noqa: S101 - `deployed_of` answered otherwise
    again = on_all("asked again", asking, sample)
    ways = [_second(sample, again), *_elsewhere(deployed, sample), *_threads_here(deployed, asking, sample)]
    return evidence_of(ways, sample, context=context, what="asked again", causes=_CAUSES)


def _second(sample: Sample, third: Way) -> Way:
    """Count what the sample's second asking gave with the third."""
    import numpy as np

    n = len(sample)
    return Way(
        title="asked again, twice",
        rows=np.concatenate([np.arange(n), third.rows]),
        calls=2,
        answers=((np.arange(n), part_of(sample.again, np.arange(n))), *((n + at, one) for at, one in third.answers)),
        problems=third.problems,
    )


def _elsewhere(deployed: Deployed, sample: Sample) -> list[Way]:
    cores = os.cpu_count() or 1
    places: list[tuple[str, Callable[[], AbstractContextManager[Asking]]]] = [
        ("in a new process", lambda: deployed.fresh()),
        ("in a new interpreter, 1 thread", lambda: deployed.fresh(environment=_environment(1), hash_seed=1)),
        ("in a new interpreter, all cores", lambda: deployed.fresh(environment=_environment(cores), hash_seed=2)),
    ]
    ways = []
    for title, fresh in places:
        if deployed.stays:
            ways.append(not_asked(title, deployed.stays))
            continue
        try:
            with fresh() as asking:
                ways.append(on_all(title, asking, sample))
        except ModelError as error:
            ways.append(silent(title, len(sample), str(error)))
    return ways


def _environment(threads: int) -> dict[str, str]:
    return {name: str(threads) for name in _THREADS}


def _threads_here(deployed: Deployed, asking: Asking, sample: Sample) -> list[Way]:
    """Ask a model of the run's own process with other numbers of threads; workers were asked so already."""
    if not deployed.stays or deployed.remote:
        return []
    from threadpoolctl import threadpool_limits

    ways = []
    for title, threads in (("here, 1 thread", 1), ("here, all cores", os.cpu_count() or 1)):
        with threadpool_limits(limits=threads):
            ways.append(on_all(title, asking, sample))
    return ways
