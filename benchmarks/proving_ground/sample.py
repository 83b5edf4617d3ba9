"""A few cells once more as a user runs them: a folder, a configuration, pytest, and the record that it leaves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.progress import Progress

from benchmarks.proving_ground.as_user import as_user
from benchmarks.proving_ground.catalogue import CASES
from benchmarks.proving_ground.cells import code_of

__all__ = ["CELLS", "compare"]

# What answers by chance answers otherwise in a second run.
_STEADY = [name for name, case in CASES.items() if not any(gate.endswith(".determinism") for gate in case.gates)]
# Subject, rows, seed, strength: twins of two tasks, and every tenth case in the order of the families.
CELLS: tuple[tuple[str, int, int, float | None], ...] = (
    ("credit", 300, 0, None),
    ("price", 2000, 1, None),
    *((name, CASES[name].rows, seed, CASES[name].default) for seed, name in enumerate(_STEADY) if seed % 10 == 0),
)


def compare(
    file: Path, cells: Sequence[tuple[str, int, int, float | None]] = CELLS, *, run: bool = True
) -> list[dict[str, Any]]:
    """Compare each cell by scan and by pytest, and return one row for each; rows of this code are not made again.

    Without `run` only rows that are there already are returned.

    A row's ``faults`` are differences between the two that nothing explains: there must be none.
    """
    known = {}
    if file.exists():
        known = {tuple(row["cell"]): row for row in map(json.loads, file.read_text(encoding="utf-8").splitlines())}
    rows = []
    file.parent.mkdir(parents=True, exist_ok=True)
    with Progress() as progress, file.open("a", encoding="utf-8") as out:
        for cell in progress.track(cells, description="as a user"):
            code = _code(cell[0])
            row = known.get(cell)
            if row is None or row["code"] != code:
                if not run:
                    continue
                row = _row(cell) | {"code": code}
                out.write(json.dumps(row) + "\n")
                out.flush()
            rows.append(row)
    return rows


def _code(subject: str) -> str:
    """Digest what a comparison hangs on: the scan's code, and how a user's folder is made and compared."""
    digest = hashlib.sha256(code_of("modelcheck", subject).encode())
    for name in ("as_user.py", "user_folder.py"):
        digest.update(Path(__file__).with_name(name).read_bytes())
    return digest.hexdigest()[:16]


def _row(cell: tuple[str, int, int, float | None]) -> dict[str, Any]:
    subject, rows, seed, strength = cell
    found = as_user(subject, rows, seed, strength)
    return {
        "cell": list(cell),
        "form": found.form,
        "gates": found.gates,
        "scan": found.scan_verdict,
        "user": found.user_verdict,
        "explained": [asdict(one) for one in found.differences if one.why],
        "faults": [asdict(one) for one in found.faults],
    }
