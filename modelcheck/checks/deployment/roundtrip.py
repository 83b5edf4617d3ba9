"""Whether the model's file gives the model back: loaded in new processes, saved again and loaded once more."""

from __future__ import annotations

from modelcheck.checks.context import Context
from modelcheck.checks.deployment.sample import Sample, deployed_of, sample_of
from modelcheck.checks.deployment.ways import Way, evidence_of, not_asked, on_all, silent
from modelcheck.errors import ModelError
from modelcheck.models.probes.saving import SAVED
from modelcheck.record.evidence import Evidence
from modelcheck.scoring.deployed import Deployed

__all__ = ["roundtrip"]

_CAUSES = (
    "Look for what isn't saved with the object (attributes left out of its state, globals, random numbers drawn while "
    "loading) and for files that lie beside it."
)


def roundtrip(context: Context) -> Evidence:
    """Load the file in two new processes; save what was loaded in the file's own format and load that too.

    Parameters
    ----------
    context : Context
        With `deployed`.

    Returns
    -------
    Evidence
        ``other_answer_rate``, see `modelcheck.checks.deployment.ways.evidence_of`. Not applicable where the candidate
        is no file, or is unsteady by itself.
    """
    deployed = deployed_of(context)
    if isinstance(deployed, str):
        return Evidence(not_applicable=deployed)
    if deployed.stays:
        return Evidence(not_applicable=f"the candidate can't be loaded anew: {deployed.stays}.")
    sample = sample_of(context)
    if sample.unsteady:
        return Evidence(not_applicable=sample.unsteady)
    ways = [_loaded(deployed, sample, turn) for turn in ("once more", "a third time")]
    ways.append(_saved(deployed, sample))
    return evidence_of(ways, sample, context=context, what="loaded again", causes=_CAUSES)


def _loaded(deployed: Deployed, sample: Sample, turn: str) -> Way:
    title = f"the file, loaded {turn} in a new process"
    try:
        with deployed.fresh() as asking:
            return on_all(title, asking, sample)
    except ModelError as error:
        return silent(title, len(sample), str(error))


def _saved(deployed: Deployed, sample: Sample) -> Way:
    form = (deployed.description.format or "").partition(" in ")[0]
    title = f"saved again as {form or 'a file'}, and loaded in a new process"
    if form not in SAVED:
        return not_asked(title, f"files of the format {form or 'unknown'} are only loaded here, never written")
    try:
        reply = deployed.beside("modelcheck.models.probes.saving:saved_again", (), {"format": form})
        if reply.told["kept"]:
            return not_asked(title, reply.told["kept"])
        if reply.told["problem"]:
            return silent(title, len(sample), f"it can't be saved: {reply.told['problem']}")
        with deployed.saved(reply.arrays[0].tobytes()) as asking:
            return on_all(title, asking, sample)
    except ModelError as error:
        return silent(title, len(sample), str(error))
