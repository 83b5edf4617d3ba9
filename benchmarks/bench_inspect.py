"""How long a look at a large model file takes, and its peak memory. Target: 500 MB of joblib in 5 s and 300 MB."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MEGABYTES = 500

# In a process of its own: the library's import counts, the peak is this look's alone.
LOOK = """
import json, resource, sys, time
began = time.perf_counter()
from modelcheck.models.inspection import inspect_path
found = inspect_path(sys.argv[1])
spent = time.perf_counter() - began
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"answer": found.answer, "format": found.format, "seconds": spent, "peak": peak}))
"""


def main() -> None:
    """Fit one forest of about MEGABYTES, save it in several ways, and print what each look costs."""
    with tempfile.TemporaryDirectory() as folder:
        # Made in another process: a child's peak memory counts from what its parent held.
        made = subprocess.run([sys.executable, __file__, folder], capture_output=True, text=True, check=True)
        for path in map(Path, made.stdout.split()):
            began = time.perf_counter()
            done = subprocess.run([sys.executable, "-c", LOOK, str(path)], capture_output=True, text=True, check=True)
            whole = time.perf_counter() - began
            found = json.loads(done.stdout)
            print(
                f"{path.name:22} {path.stat().st_size / 1e6:6.0f} MB: {found['answer']} as {found['format']}, "
                f"{found['seconds']:.2f} s ({whole:.2f} s with the interpreter's start), peak {found['peak']:.0f} MB"
            )


def _files(folder: Path) -> list[Path]:
    import joblib
    import numpy as np
    import skops.io
    from sklearn.ensemble import RandomForestClassifier

    rng = np.random.default_rng(0)
    rows = rng.normal(size=(40_000, 10)).astype("f4")
    labels = (rows[:, 0] + rng.normal(size=len(rows)) > 0).astype(int)
    trees, size, files = 40, 0, []
    while size < MEGABYTES * 1e6:
        forest = RandomForestClassifier(trees, n_jobs=2, random_state=0).fit(rows, labels)
        joblib.dump(forest, folder / "forest.joblib")
        size = (folder / "forest.joblib").stat().st_size
        trees = int(trees * max(1.05, MEGABYTES * 1e6 / size * 1.02))
    files.append(folder / "forest.joblib")
    joblib.dump(forest, folder / "forest.zlib.joblib", compress=3)
    skops.io.dump(forest, folder / "forest.skops")
    import pickle

    (folder / "forest.pkl").write_bytes(pickle.dumps(forest, 5))
    return [*files, folder / "forest.zlib.joblib", folder / "forest.skops", folder / "forest.pkl"]


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(*_files(Path(sys.argv[1])))
    else:
        main()
