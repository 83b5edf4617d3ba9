"""The configuration: ``modelcheck.toml`` or ``[tool.modelcheck]`` read into frozen tables.

One file describes one model: the candidate, the rows it is judged on, and the limits of its gates. A file that holds
only ``configs`` lists several for one run. `load_configs` finds and validates them and reports every mistake of every
file at once. Only the standard library is imported here, because a run reads its configuration before all else.
"""

from __future__ import annotations

from modelcheck.config.known_checks import CheckLike
from modelcheck.config.load import NoConfiguration, load_configs
from modelcheck.config.readiness import load_declarations
from modelcheck.config.tables import (
    BaselineTable,
    CandidateTable,
    Config,
    DatasetTable,
    DeclarationTable,
    GateTable,
    Limit,
    ModelTable,
    TrustEntry,
    WaiverTable,
)

__all__ = [
    "BaselineTable",
    "CandidateTable",
    "CheckLike",
    "Config",
    "DatasetTable",
    "DeclarationTable",
    "GateTable",
    "Limit",
    "ModelTable",
    "NoConfiguration",
    "TrustEntry",
    "WaiverTable",
    "load_configs",
    "load_declarations",
]
