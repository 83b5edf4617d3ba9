"""The shipped list: reproducible, exact, and free of what runs text, files or addresses."""

from __future__ import annotations

import importlib
import runpy
import warnings
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import pytest

from modelcheck.models.inspection.allow_list import LIST_FILE, Use, allowed_names, read_list

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "generate_allow_list.py"


def test_the_script_makes_the_shipped_list():
    text = LIST_FILE.read_text(encoding="utf-8")
    script = runpy.run_path(str(SCRIPT))
    try:
        installed = ", ".join(f"{name} {version(name)}" for name in script["LIBRARIES"])
    except PackageNotFoundError as error:
        pytest.skip(f"the list covers a library that isn't installed ({error.name})")
    if f"# versions: {installed}\n" not in text:
        pytest.skip(f"the list was generated for other versions than {installed}")
    assert script["render"]() == text


def test_every_listed_name_exists_and_has_no_dotted_part():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in allowed_names():
            module, _, attribute = name.rpartition(".")
            if find_spec(name.partition(".")[0]) is None:
                continue  # a booster that isn't installed here
            assert hasattr(importlib.import_module(module), attribute), name


@pytest.mark.parametrize(
    "word",
    [
        "load",
        "fetch",
        "testing",
        "tests",
        "memmap",
        "read_",
        "open",
        "eval",
        "exec",
        "import",
        "getattr",
        "partial",
        "stats",
    ],
)
def test_no_listed_name_speaks_of_loading_or_running(word):
    innocent = {"partial_dependence", "PartialDependence"}
    hits = [name for name in allowed_names() if word in name.lower() and not any(part in name for part in innocent)]
    assert [
        name
        for name in hits
        if not name.startswith(("sklearn.metrics.", "sklearn.pls")) and name.partition(".")[2].lower().find(word) >= 0
    ] == []


def test_estimators_may_be_restored_but_not_called():
    assert allowed_names()["sklearn.linear_model._logistic.LogisticRegression"] is Use.NEW
    assert allowed_names()["numpy.ndarray"] is Use.VALUE
    assert allowed_names()["numpy.log1p"] is Use.VALUE


def test_trusted_names_are_added_and_never_packages():
    names = allowed_names(["mine.features"])
    assert names["mine.features"] is Use.CALL
    assert "mine.features.Scaler" not in names
    assert "mine.features" not in allowed_names()


def test_a_list_reads_comments_and_uses():
    assert read_list("# a\n\ncall x.y # why\nvalue z.w") == {"x.y": Use.CALL, "z.w": Use.VALUE}
