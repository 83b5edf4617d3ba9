"""LightGBM's text, checked to be whole before LightGBM reads it.

LightGBM 4.7 reads the trees in threads, and an error in one of them ends the whole process, past any ``except``. So
whatever it would stumble over is looked for here.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

__all__ = ["check_whole", "header"]

# Key to how many entries it has beside one for each leaf; those of inner nodes are one fewer.
_LENGTHS = {
    "split_feature": -1, "split_gain": -1, "threshold": -1, "decision_type": -1, "left_child": -1, "right_child": -1,
    "internal_value": -1, "internal_weight": -1, "internal_count": -1,
    "leaf_value": 0, "leaf_weight": 0, "leaf_count": 0,
}  # fmt: skip
_NEEDED = ("split_feature", "threshold", "left_child", "right_child")


def header(text: str) -> dict[str, str]:
    r"""Return what stands before the first tree.

    Examples
    --------
    >>> header("tree\nversion=v4\nobjective=binary sigmoid:1\n\nTree=0\nnum_leaves=2")
    {'version': 'v4', 'objective': 'binary sigmoid:1'}
    """
    return _lines(text.partition("\nTree=0")[0])


def check_whole(text: str) -> None:
    """Refuse a file whose trees aren't all there, or hold something else than numbers.

    Parameters
    ----------
    text : str
        The file.

    Raises
    ------
    ValueError
        In words for the user.
    """
    head, found, trees = text.partition("\nTree=0\n")
    sizes = header(head).get("tree_sizes", "").split()
    if not found or not sizes:
        raise ValueError("it has no trees")
    encoded = f"Tree=0\n{trees}".encode()
    at = 0
    for index, size in enumerate(sizes):
        start = f"Tree={index}\n".encode()
        if not size.isdecimal() or encoded[at : at + len(start)] != start:
            raise ValueError(f"tree {index} of {len(sizes)} isn't where the file says")
        _check_tree(_lines(encoded[at : at + int(size)].decode()), index)
        at += int(size)
    if encoded[at : at + 12] != b"end of trees":
        raise ValueError(f"its {len(sizes)} trees don't end where the file says")


def _check_tree(tree: Mapping[str, str], index: int) -> None:
    try:
        leaves, categories = int(tree["num_leaves"]), int(tree["num_cat"])
        needed = (*_NEEDED, "leaf_value") if leaves > 1 else ("leaf_value",)
        for key, less in _LENGTHS.items():
            values = tree[key] if key in needed else tree.get(key, "")
            count = _numbers(values)
            if (count and count != leaves + less) or (not count and key in needed):
                raise ValueError(f"{key} has {count} entries for {leaves} leaves")
        if categories > 0:
            last = int(tree["cat_boundaries"].split()[-1])
            if (_numbers(tree["cat_boundaries"]), _numbers(tree["cat_threshold"])) != (categories + 1, last):
                raise ValueError("its splits by category are incomplete")
        for key in ("is_linear", "shrinkage"):
            _numbers(tree.get(key, ""))
    except KeyError as error:
        raise ValueError(f"tree {index} lacks {error}") from error
    except (ValueError, IndexError) as error:
        raise ValueError(f"tree {index} is damaged: {error}") from error


def _numbers(text: str) -> int:
    return int(np.array(text.split(), dtype=np.float64).size)


def _lines(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
