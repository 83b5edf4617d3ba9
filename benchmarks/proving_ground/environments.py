"""An environment of its own for each peer, made once from names of packages, and weighed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import platform
import re
import subprocess
import sys
import time
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["BASES_NEED", "FOLDER", "REQUIREMENTS", "Environment", "EnvironmentFailed", "prepare", "weigh"]

FOLDER = Path(__file__).resolve().parents[2] / ".proving_ground" / "environments"
"""Where environments are kept unless a folder is given."""

REQUIREMENTS: Mapping[str, tuple[str, ...]] = {
    # This checkout; made to be weighed.
    "modelcheck": (str(Path(__file__).resolve().parents[2]),),
    "giskard": ("giskard==2.19.2",),
    # The last release works with little that is current; from scikit-learn 1.4 on checks of regressions crash.
    "deepchecks": ("deepchecks==0.19.1", "scikit-learn<1.4", "numpy<2", "pandas<3", "plotly<6"),
    "evidently": ("evidently==0.7.23", "pandas<3"),
    "fairlearn": ("fairlearn",),
    # With numba, which its documentation recommends for speed.
    "sliceline": ("sliceline[optimized]",),
}
"""What a tool is installed by: its name, and bounds only where it doesn't work without them."""

BASES_NEED = ("numpy", "pandas", "scipy", "scikit-learn", "statsmodels")
"""What draws the trials; added after the peer was weighed."""

MARKER = "proving_ground.json"
BROUGHT_BY_VENV = ("pip", "setuptools")
ADDRESS = re.compile(r"\w+://\S+")


class EnvironmentFailed(Exception):
    """An environment could not be made; the tool counts as failed, never as silent. It ends with pip's last words."""


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What is known of an environment.

    Attributes
    ----------
    name : str
        The peer's.
    digest : str
        Of the requirements and of Python's version: another digest, another environment.
    python : str
        Its interpreter, within its folder.
    versions : mapping
        Version by distribution, of all that is installed.
    packages : int
        Distributions that the peer brings, itself included, without what every virtual environment has.
    megabytes : float
        Sizes of its files, in units of 1,000,000 bytes, when the peer was installed and nothing else.
    seconds : float
        Wall time of the peer's installation.
    """

    name: str
    digest: str
    python: str
    versions: Mapping[str, str]
    packages: int
    megabytes: float
    seconds: float


def prepare(name: str, folder: Path | None = None) -> tuple[Path, Environment]:
    """Return the interpreter of a peer's environment and what is known of it, made now if it isn't there.

    Parameters
    ----------
    name : str
        One of `REQUIREMENTS`.
    folder : Path, optional
        Where environments are kept, each in a folder of its name. Default `FOLDER`.

    Raises
    ------
    EnvironmentFailed
        With pip's last words. They are kept beside the folder as ``NAME.failed.txt``; the next call tries again.
    """
    home = (FOLDER if folder is None else Path(folder)).resolve() / name
    known = _read(home)
    if known is not None and known.digest == _digest(name):
        return home / known.python, known
    failed = home.with_name(f"{name}.failed.txt")
    failed.unlink(missing_ok=True)
    home.parent.mkdir(parents=True, exist_ok=True)
    try:
        made = _make(name, home)
    except EnvironmentFailed as fault:
        failed.write_text(f"{fault}\n", encoding="utf-8")
        raise
    return home / made.python, made


def weigh(home: Path) -> tuple[int, float]:
    """Return how many distributions a virtual environment has beyond an empty one's, and the megabytes of its files."""
    parts = [part for part in home.rglob("*.dist-info") if part.parent.name == "site-packages"]
    found = {part.name.partition("-")[0].lower() for part in parts} - set(BROUGHT_BY_VENV)
    size = 0
    for top, _, files in os.walk(home):
        for file in files:
            path = Path(top) / file
            if not path.is_symlink():
                size += path.stat().st_size
    return len(found), size / 1e6


def _digest(name: str) -> str:
    asked = json.dumps([REQUIREMENTS[name], BASES_NEED, platform.python_version()])
    return hashlib.sha256(asked.encode()).hexdigest()[:16]


def _read(home: Path) -> Environment | None:
    """Return what the marker says; it is written last, so that half an environment has none."""
    try:
        told = json.loads((home / MARKER).read_text(encoding="utf-8"))
        known = Environment(**told)
    except (OSError, ValueError, TypeError):
        return None
    return known if (home / known.python).exists() else None


def _make(name: str, home: Path) -> Environment:
    began = time.perf_counter()
    try:
        venv.EnvBuilder(clear=True, with_pip=True, symlinks=os.name != "nt").create(home)
    except (OSError, subprocess.CalledProcessError) as fault:
        raise EnvironmentFailed(f"{name}: no virtual environment in {home}: {fault}") from fault
    python = Path("Scripts", "python.exe") if os.name == "nt" else Path("bin", "python")
    _install(name, home / python, REQUIREMENTS[name])
    seconds = time.perf_counter() - began
    packages, megabytes = weigh(home)
    _install(name, home / python, (*REQUIREMENTS[name], *BASES_NEED))
    made = Environment(
        name=name,
        digest=_digest(name),
        python=python.as_posix(),
        versions=_versions(name, home / python),
        packages=packages,
        megabytes=round(megabytes, 1),
        seconds=round(seconds, 1),
    )
    unfinished = home / f"{MARKER}.tmp"
    unfinished.write_text(json.dumps(dataclasses.asdict(made), indent=1), encoding="utf-8")
    unfinished.replace(home / MARKER)
    return made


def _pip(name: str, python: Path, *words: str) -> str:
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = "\n".join((done.stderr or done.stdout).strip().splitlines()[-15:])
        said = ADDRESS.sub("(address)", said)
        raise EnvironmentFailed(f"{name}: pip {' '.join(words)} ended with {done.returncode}:\n{said}")
    return done.stdout


def _install(name: str, python: Path, requirements: tuple[str, ...]) -> None:
    _pip(name, python, "install", "--quiet", *requirements)


def _versions(name: str, python: Path) -> dict[str, str]:
    return {one["name"]: one["version"] for one in json.loads(_pip(name, python, "list", "--format", "json"))}


def main(names: list[str]) -> int:
    """Prepare the named environments, or all, and say what each weighs; 1 if one of them failed."""
    failed = 0
    for name in names or REQUIREMENTS:
        try:
            _, made = prepare(name)
        except EnvironmentFailed as fault:
            failed = 1
            print(fault)
        else:
            print(f"{name}: {made.packages} packages, {made.megabytes:,.0f} MB, installed in {made.seconds:.0f} s")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
