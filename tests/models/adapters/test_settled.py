"""What a file says of its answers against what is declared: who wins, and which line mends a contradiction."""

from __future__ import annotations

import pytest

from modelcheck.config.tables import ModelTable
from modelcheck.errors import ModelError
from modelcheck.models.adapters.settled import settle


def _settle(tells, *, outputs=1, task=None, stored=None, usual=None, **table):
    return settle(
        "The model",
        tells,
        objective="has an objective",
        outputs=outputs,
        stored=stored,
        usual=usual,
        table=ModelTable(**table),
        task=task,
    )


@pytest.mark.parametrize(
    ("tells", "given", "expected"),
    [
        ("probability", {"outputs": 2, "stored": ("a", "b")}, ("binary", "probability", ("a", "b"))),
        ("probability", {"outputs": 2, "usual": (0, 1)}, ("binary", "probability", (0, 1))),
        ("probability", {"outputs": 2, "usual": (0, 1), "classes": ("n", "y")}, ("binary", "probability", ("n", "y"))),
        ("probability", {"outputs": 3, "usual": (0, 1, 2)}, ("multiclass", "probability", (0, 1, 2))),
        ("label", {"outputs": 2, "usual": (0, 1)}, ("binary", "label", (0, 1))),
        ("value", {}, ("regression", "value", None)),
        ("share", {}, ("regression", "value", None)),
        ("share", {"task": "binary", "usual": (0, 1)}, ("binary", "probability", (0, 1))),
        ("raw", {"output": "value"}, ("regression", "value", None)),
        ("raw", {"output": "probability", "classes": ("n", "y")}, ("binary", "probability", ("n", "y"))),
        ("value", {"output": "probability", "usual": (0, 1)}, ("binary", "probability", (0, 1))),
    ],
)
def test_file_and_declaration_agree(tells, given, expected):
    found = _settle(tells, **given)
    assert (found.task, found.gives, found.classes) == expected


@pytest.mark.parametrize(
    ("tells", "given", "words"),
    [
        ("raw", {}, 'say so beside the model: output = "value"'),
        ("raw", {"output": "label"}, "may be margins"),
        ("value", {"task": "binary"}, 'write task = "regression"'),
        ("value", {"output": "label"}, 'gives a value, and output = "label" is declared. Remove the line'),
        ("probability", {"outputs": 2, "usual": (0, 1), "output": "value"}, "Remove the line"),
        ("probability", {"outputs": 3, "usual": (0, 1, 2), "task": "binary"}, 'Allowed here: task = "multiclass"'),
        ("probability", {"outputs": 2}, r'classes = \["no", "yes"\]'),
        ("probability", {"outputs": 2, "classes": ("a", "b", "c")}, "2 classes, and 3 are declared"),
        ("probability", {"outputs": 2, "stored": ("a", "b"), "classes": ("b", "a")}, "Remove `classes`"),
    ],
)
def test_a_contradiction_says_which_line_mends_it(tells, given, words):
    with pytest.raises(ModelError, match=words):
        _settle(tells, **given)
