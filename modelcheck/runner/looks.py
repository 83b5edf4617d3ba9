"""How often the same rows have judged candidates of this model: noted at the end of each run."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping
from typing import Any

from modelcheck.config import Config

__all__ = ["look_facts"]


def look_facts(config: Config, subjects: Mapping[str, Any], *, verdict: str, started: float) -> dict[str, Any]:
    """Note this run's look at its dataset and return what the record says about it.

    Parameters
    ----------
    config : Config
        The model's configuration; its name is the lineage.
    subjects : mapping
        What was written about candidate and dataset; may lack them where reading them failed.
    verdict : str
        The run's.
    started : float
        Seconds since the epoch.

    Returns
    -------
    dict
        `looks`: how many candidates these rows have judged, this one included; None where nothing was measured or the
        ledger can't be read. `looks_note`: what a reader must know of it, or nothing.
    """
    dataset = subjects.get("dataset", {}).get("sha256")
    outputs = subjects.get("candidate", {}).get("outputs_sha256")
    if not dataset or not outputs:
        return {"looks": None}
    from modelcheck.history.looks import LOOKS_NAME, note_look, sentence

    looks = note_look(
        config.history / LOOKS_NAME,
        lineage=config.name,
        dataset_sha256=dataset,
        candidate_digest=outputs,
        when=datetime.datetime.fromtimestamp(started, datetime.UTC),
        verdict=verdict,
    )
    # The record travels; where the ledger lies on this machine is nobody's business.
    note = sentence(looks).replace(f"{config.folder}{os.sep}", "")
    return {"looks": looks.candidates or None, "looks_note": note}
