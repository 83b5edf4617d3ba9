"""Boosted trees in their libraries' own formats: data only, checked to be whole and to point nowhere outside."""

from __future__ import annotations

import re
from typing import IO, Any

from modelcheck.models.inspection.dry_run import starts_a_pickle
from modelcheck.models.inspection.json_text import read_json, read_json_stream
from modelcheck.models.inspection.outcome import Forbidden, NotAnalysable
from modelcheck.models.inspection.seen import Seen
from modelcheck.models.inspection.source import Source, whole
from modelcheck.models.inspection.ubjson import read_ubjson

__all__ = ["CBM_MAGIC", "LIGHTGBM_MAGIC", "follow_cbm", "follow_json", "follow_lightgbm", "follow_ubjson"]

CBM_MAGIC = b"CBM1"
LIGHTGBM_MAGIC = (b"tree\n", b"tree\r\n")
_NODE_LISTS = ("left_children", "right_children", "parents", "split_indices", "split_conditions", "default_left")
_BOOSTERS = {"gbtree", "gblinear", "dart"}


class _Checked:
    """A tree that was complete and consistent: which columns it reads."""

    __slots__ = ("columns",)

    def __init__(self, columns: int) -> None:
        self.columns = columns


def follow_json(stream: IO[bytes], size: int, seen: Seen) -> str:
    """Follow a model written as JSON and return its format: ``xgboost`` or ``catboost``.

    Raises
    ------
    NotAnalysable
        It is broken, or JSON of something else.
    """
    model = read_json_stream(stream, size, seen.bounds, close=_close)
    if isinstance(model, dict) and "learner" in model:
        return _xgboost(model, seen)
    if isinstance(model, dict) and "features_info" in model and "model_info" in model:
        return _catboost_json(model, seen)
    raise NotAnalysable("it is JSON, but not of a model that XGBoost or CatBoost wrote")


def follow_ubjson(stream: IO[bytes], size: int, seen: Seen) -> str:
    """Follow a model written as UBJSON and return its format, ``xgboost``."""
    model = read_ubjson(whole(stream, size), seen.bounds, close=_close)
    if not isinstance(model, dict) or "learner" not in model:
        raise NotAnalysable("it is UBJSON, but not of a model that XGBoost wrote")
    return _xgboost(model, seen)


def _close(found: dict[str, Any]) -> Any:
    return _xgboost_tree(found) if "left_children" in found and "tree_param" in found else found


def _xgboost_tree(tree: dict[str, Any]) -> _Checked:
    lists: list[Any] = [tree.get(key) for key in _NODE_LISTS]
    left, right, _, columns = lists[:4]
    parameters = tree["tree_param"]
    try:
        count = len(left)
        whole_lists = count > 0 and all(len(values) == count for values in lists)
        if not whole_lists or str(parameters.get("num_nodes")) != str(count):
            raise NotAnalysable("the lists of one of its trees don't have one entry for each node")
        inside = all(min(children) >= -1 and max(children) < count for children in (left, right))
        # The upper bit once held the default direction.
        largest = max(int(column) & 0x7FFFFFFF for column in columns)
    except (TypeError, ValueError, AttributeError) as error:
        raise NotAnalysable("a tree holds something else than numbers") from error
    if not inside:
        raise NotAnalysable("a node of one of its trees points outside the tree")
    return _Checked(largest)


def _xgboost(model: dict[str, Any], seen: Seen) -> str:
    try:
        learner = model["learner"]
        version = model["version"]
        booster = learner["gradient_booster"]
        columns = int(learner["learner_model_param"]["num_feature"])
        names = {booster["name"]} | ({booster["gbtree"]["name"]} if booster["name"] == "dart" else set())
        tree_part = booster["gbtree"]["model"] if booster["name"] == "dart" else booster["model"]
        trees = tree_part["trees"] if booster["name"] != "gblinear" else []
        sound = names <= _BOOSTERS and len(version) == 3 and all(type(part) is int for part in version)
        sound = sound and isinstance(trees, list) and all(isinstance(tree, _Checked) for tree in trees)
        beyond = any(tree.columns >= max(columns, 1) for tree in trees) if sound else False
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NotAnalysable(f"it is no whole XGBoost model ({type(error).__name__}: {error})") from error
    if not sound:
        raise NotAnalysable("it is no whole XGBoost model")
    if beyond:
        raise NotAnalysable("a tree reads a column beyond those that the model says it has")
    seen.versions["xgboost"] = {".".join(map(str, version))}
    return "xgboost"


def _catboost_json(model: dict[str, Any], seen: Seen) -> str:
    trees = model.get("oblivious_trees", model.get("trees"))
    if not isinstance(trees, list) or not isinstance(model["model_info"], dict):
        raise NotAnalysable("it is no whole CatBoost model")
    for tree in trees if "oblivious_trees" in model else ():
        splits, leaves = (tree.get("splits"), tree.get("leaf_values")) if isinstance(tree, dict) else (None, None)
        if not isinstance(leaves, list) or not isinstance(splits or [], list) or len(splits or ()) > 16:
            raise NotAnalysable("one of its trees is incomplete")
        if not leaves or len(leaves) % 2 ** len(splits or ()):
            raise NotAnalysable("one of its trees has more or fewer leaves than its splits ask for")
    _catboost_version(str(model["model_info"].get("catboost_version_info", "")), seen)
    return "catboost"


def _catboost_version(text: str, seen: Seen) -> None:
    found = re.search(r"CatBoost release (\d+(?:\.\d+)+)|tags/v(\d+(?:\.\d+)+)", text)
    if found:
        seen.versions["catboost"] = {found[1] or found[2]}


def follow_cbm(stream: IO[bytes], size: int, seen: Seen) -> str:
    """Follow CatBoost's own binary format as far as its outer frame and return ``catboost``.

    CatBoost itself verifies the offsets within the frame before it reads them.
    """
    content = whole(stream, size)
    core = int.from_bytes(content[4:8], "little")
    if len(content) < 16 or core < 16 or 8 + core > len(content):
        raise NotAnalysable("the file ends early (truncated?)")
    inner = content[8 : 8 + core]
    if not _is_flatbuffer(inner) or b"FlabuffersModel_v1" not in bytes(inner[:4096]):
        raise NotAnalysable("it is no whole CatBoost model")
    stream.seek(0)
    # "C" is also a pickle's opcode: a file that is both would be one thing here and another elsewhere.
    if starts_a_pickle(Source(stream, size=size, bounds=seen.bounds), seen):
        raise Forbidden("it is a pickle as well as a CatBoost model")
    _catboost_version(str(content[-(2**20) :].tobytes() + inner[: 2**20].tobytes(), "latin-1"), seen)
    return "catboost"


def _is_flatbuffer(inner: memoryview) -> bool:
    """Whether the root's table and its list of fields lie inside."""
    root = int.from_bytes(inner[:4], "little")
    if root < 4 or root + 4 > len(inner):
        return False
    fields = root - int.from_bytes(inner[root : root + 4], "little", signed=True)
    if fields < 4 or fields + 4 > len(inner):
        return False
    length = int.from_bytes(inner[fields : fields + 2], "little")
    table = int.from_bytes(inner[fields + 2 : fields + 4], "little")
    return 4 <= length <= 200 and fields + length <= len(inner) and root + table <= len(inner)


_NODES = {"split_feature": -1, "left_child": -1, "right_child": -1, "threshold": -1, "decision_type": -1}
_LINE = 32 * 2**20
_LEAVES = {"leaf_value": 0}


def follow_lightgbm(stream: IO[bytes], size: int, seen: Seen) -> str:
    """Follow LightGBM's text and return ``lightgbm``."""
    if size > seen.bounds.text_bytes * 4:
        raise NotAnalysable(f"it is text of more than {seen.bounds.text_bytes * 4:,} bytes")
    stream.seek(0)
    part: dict[str, bytes] = {}
    head: dict[str, bytes] | None = None
    trees = 0
    ended = False
    for line in iter(lambda: stream.readline(_LINE + 1), b""):
        if len(line) > _LINE or b"\0" in line:
            raise NotAnalysable("a line is too long, or holds bytes that no text has")
        line = line.rstrip(b"\r\n")
        if line == b"end of trees" or line.startswith(b"Tree="):
            if head is None:
                head = part
            else:
                _lightgbm_tree(part, head)
            part = {}
            trees += line.startswith(b"Tree=")
            ended = line == b"end of trees"
            if ended:
                break
        key, equals, value = line.partition(b"=")
        if equals:
            part[key.decode("latin-1")] = value
    if not ended or head is None:
        raise NotAnalysable("the file ends early (truncated?)")
    sizes = head.get("tree_sizes", b"").split()
    if len(sizes) != trees or b"max_feature_idx" not in b" ".join(key.encode() for key in head):
        raise NotAnalysable("it is no whole LightGBM model")
    _lightgbm_tail(stream, seen)
    seen.versions["lightgbm model text"] = {head.get("version", b"?").decode("latin-1")[:20]}
    return "lightgbm"


def _lightgbm_tree(part: dict[str, bytes], head: dict[str, bytes]) -> None:
    try:
        leaves = int(part["num_leaves"])
        if leaves == 1:
            return
        for name, less in (_NODES | _LEAVES).items():
            if len(part[name].split()) != leaves + less:
                raise NotAnalysable("the lists of one of its trees don't have one entry for each node")
        for name in ("left_child", "right_child"):
            children = [int(child) for child in part[name].split()]
            if not (-leaves <= min(children) and max(children) < leaves - 1):
                raise NotAnalysable("a node of one of its trees points outside the tree")
        if not 0 <= max(int(column) for column in part["split_feature"].split()) <= int(head["max_feature_idx"]):
            raise NotAnalysable("a tree reads a column beyond those that the model says it has")
    except (KeyError, ValueError) as error:
        raise NotAnalysable(f"one of its trees is incomplete ({type(error).__name__}: {error})") from error


def _lightgbm_tail(stream: IO[bytes], seen: Seen) -> None:
    rest = stream.read(seen.bounds.text_bytes)
    if b"\0" in rest:
        raise NotAnalysable("it holds bytes that no text has")
    line = next((line for line in reversed(rest.splitlines()) if line.startswith(b"pandas_categorical:")), None)
    if b"end of parameters" not in rest and b"parameters:" in rest:
        raise NotAnalysable("the file ends early (truncated?)")
    if line is not None:
        read_json(line.partition(b":")[2])
