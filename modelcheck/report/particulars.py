"""What is known of a run, a model or a table, in words: the keys of a record are for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from modelcheck.record.numbers import format_count, format_duration, format_value
from modelcheck.report.cells import Cell, facts
from modelcheck.report.text import one_line, shorten

__all__ = ["dataset_facts", "model_facts", "run_facts"]

_MOST = 20
_MOST_DEPTH = 5
_MOST_WHOLE = 2**64
_Known = Mapping[str, Any]
# What to say of a value; None where it isn't of the kind that was expected, and is then shown as it is.
_Say = Callable[[Any, _Known], str | None]
_Facts = tuple[tuple[str, Cell], ...]


def run_facts(run: _Known, *, compared: bool = True) -> _Facts:
    """Return what a reader may want to know of a run.

    Parameters
    ----------
    run : mapping
        A record's `run`. Keys that this version doesn't know are shown as they are.
    compared : bool
        Whether there was a baseline.

    Returns
    -------
    tuple of (str, Cell)
    """
    return _told(_mapping(run), _RUN, {"command", "task_reason", "looks_note"} | (set() if compared else {"baseline"}))


def model_facts(model: _Known | None, task: str = "") -> _Facts:
    """Return what a reader may want to know of a model, without what means nothing to its task."""
    known = _mapping(model)
    hidden = {"decides_by_probability", "classes", "threshold"} if known.get("task", task) == "regression" else set()
    return _told(known, _MODEL, hidden)


def dataset_facts(dataset: _Known | None, *, columns_shown: bool = False) -> _Facts:
    """Return what a reader may want to know of a table; its columns where they aren't shown elsewhere."""
    return _told(_mapping(dataset), _DATASET, {"notes", "columns", "schema"} if columns_shown else {"notes"})


def _mapping(known: Any) -> _Known:
    return known if isinstance(known, Mapping) else {}


def _told(known: _Known, words: Mapping[str, tuple[str, _Say]], hidden: set[str]) -> _Facts:
    pairs: list[tuple[str, Cell]] = []
    for key in [*(key for key in words if key in known), *(key for key in known if key not in words)]:
        if key in hidden:
            # Not even looked at: a wide table's columns are shown elsewhere.
            continue
        value = _tame(known[key])
        if value in (None, "", [], {}):
            continue
        label, say = words.get(key, ("", _as_it_is))
        text = say(value, known)
        if text is None:
            pairs += facts({key: value})
        elif text:
            pairs.append((label, Cell(text=shorten(text, 600))))
    return tuple(pairs)


def _tame(value: Any, depth: int = 0) -> Any:
    """Return a value of a record that can be counted, rounded and written out, however large or deep it was."""
    if isinstance(value, int) and abs(value) >= _MOST_WHOLE:
        # Python itself refuses to write such numbers out, or to turn them into floats.
        return f"a whole number of {value.bit_length():,} bits"
    if isinstance(value, (list, tuple, Mapping)) and depth == _MOST_DEPTH:
        return "..."
    if isinstance(value, Mapping):
        return {key: _tame(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_tame(item, depth + 1) for item in value]
    return value


def _as_it_is(_value: Any, _known: _Known) -> str | None:
    return None


def _text(value: Any, _known: _Known) -> str | None:
    return one_line(value[:600]) if isinstance(value, str) else None


def _list(value: Any, _known: _Known) -> str | None:
    if not isinstance(value, (list, tuple)):
        return None
    more = f" and {len(value) - _MOST:,} more" if len(value) > _MOST else ""
    return ", ".join(one_line(str(item)[:80]) for item in value[:_MOST]) + more


def _count(value: Any, _known: _Known) -> str | None:
    return format_count(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: Any, _known: _Known) -> str | None:
    return format_value(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _seconds(value: Any, _known: _Known) -> str | None:
    return format_duration(float(value)) if isinstance(value, (int, float)) else None


def _task(value: Any, known: _Known) -> str | None:
    reason = _tame(known.get("task_reason"))
    return f"{value} ({reason})" if reason else _text(value, known)


def _versions(value: Any, _known: _Known) -> str | None:
    if not isinstance(value, Mapping):
        return None
    return ", ".join(f"{name} {version}" for name, version in list(value.items())[: 2 * _MOST])


def _trusted_by(value: Any, _known: _Known) -> str | None:
    if not isinstance(value, Mapping) or not value:
        return None
    return "; ".join(f"{name} by {who}" for name, who in list(value.items())[: 2 * _MOST])


def _git(value: Any, _known: _Known) -> str | None:
    if not isinstance(value, Mapping) or not isinstance(value.get("commit"), str):
        return None
    clean = value.get("clean", None if value.get("dirty") is None else not value["dirty"])
    state = ""
    if isinstance(clean, bool):
        state = ", no uncommitted changes" if clean else ", with uncommitted changes"
    return f"commit {value['commit']}{state}"


def _baseline(value: Any, _known: _Known) -> str | None:
    words = {
        "compare": "compared with the candidate on the same rows",
        "accept": "compared with the candidate on the same rows; this candidate was offered as the next one",
        "ignore": "left out on request",
    }
    return words.get(str(value), _text(value, _known))


def _looks(value: Any, _known: _Known) -> str | None:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else None


def _alpha(value: Any, _known: _Known) -> str | None:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    if value == 0:
        return "no limits declared"
    return f"at most {format_value(100.0 * value)} % for all of them together"


def _bytes(value: Any, _known: _Known) -> str | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if value >= size:
            return f"{value / size:.3g} {unit}" if value < 999.5 * size else f"{value / size:,.0f} {unit}"
    return f"{value:,} bytes"


def _kind(value: Any, _known: _Known) -> str | None:
    words = {"estimator": "fitted estimator", "column": "column of the table", "stored": "answers kept when accepted"}
    words["service"] = "served model, asked over the network"
    return words.get(str(value), _text(value, _known))


def _services(value: Any, _known: _Known) -> str | None:
    if not isinstance(value, Mapping):
        return None
    told = []
    for name, one in value.items():
        counts = [one.get(key) for key in ("requests", "retries", "rows_sent")] if isinstance(one, Mapping) else []
        if counts and all(isinstance(count, int) for count in counts):
            requests, retries, rows = (format_count(count or 0) for count in counts)
            told.append(f"{one_line(str(name)[:40])}: {rows} rows in {requests} requests, {retries} of them sent again")
    return "; ".join(told) or None


def _accepted_on(value: Any, _known: _Known) -> str | None:
    if not isinstance(value, Mapping) or not isinstance(value.get("rows"), int):
        return None
    return f"{format_count(value['rows'])} rows, SHA-256 {one_line(str(value.get('sha256'))[:80])}"


def _gives(value: Any, _known: _Known) -> str | None:
    words = {"probability": "probabilities", "label": "classes", "value": "numbers", "score": "scores"}
    return words.get(str(value), _text(value, _known))


def _decides(value: Any, known: _Known) -> str | None:
    if not isinstance(value, bool):
        return None
    if isinstance(known.get("threshold"), (int, float)):
        return ""
    return "class of the highest probability" if value else "by the model itself"


def _threshold(value: Any, _known: _Known) -> str | None:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    return f"positive from a probability of {format_value(value)}"


def _classes(value: Any, _known: _Known) -> str | None:
    if not isinstance(value, (list, tuple)):
        return None
    shown = []
    for item in value[:_MOST]:
        if isinstance(item, Mapping):
            rows = item.get("rows")
            counted = f" ({format_count(rows)} rows)" if isinstance(rows, int) else ""
            shown.append(f"{one_line(str(item.get('label'))[:80])}{counted}")
        else:
            shown.append(one_line(str(item)[:80]))
    return ", ".join(shown) + (f" and {len(value) - _MOST:,} more" if len(value) > _MOST else "")


def _name(value: Any, known: _Known) -> str | None:
    return "" if value in ("dataset", "reference") and known.get("path") else _text(value, known)


def _weighted(value: Any, _known: _Known) -> str | None:
    return {True: "rows are weighted", False: ""}.get(value) if isinstance(value, bool) else None


def _bins(value: Any, _known: _Known) -> str | None:
    came = value.get("edges_from") if isinstance(value, Mapping) else None
    return f"from the {one_line(came[:80])}" if isinstance(came, str) else None


def _cost(value: Any, _known: _Known) -> str | None:
    if not isinstance(value, Mapping):
        return None
    rows, seconds = value.get("predicted_rows"), value.get("duration_s")
    if not isinstance(rows, int) or not isinstance(seconds, (int, float)):
        return None
    return f"{format_count(rows)} rows in {format_duration(float(seconds))}"


_RUN: dict[str, tuple[str, _Say]] = {
    "config": ("Configuration", _text),
    "task": ("Task", _task),
    "profile": ("Profile", _text),
    "suites_selected": ("Suites selected", _list),
    "baseline": ("Baseline", _baseline),
    "declared_alpha": ("False alarms of your limits", _alpha),
    "default_alpha": ("False alarms of built-in limits", _alpha),
    "looks": ("Candidates these rows have judged", _looks),
    "services": ("Asked of services", _services),
    "seed": ("Seed", _number),
    "started": ("Started", _text),
    "duration_s": ("Took", _seconds),
    "git": ("Git", _git),
    "versions": ("Versions", _versions),
    "machine": ("Machine", _text),
    "id": ("Run", _text),
}
_MODEL: dict[str, tuple[str, _Say]] = {
    "name": ("Model", _text),
    "class": ("Class", _text),
    "source": ("Source", _text),
    "kind": ("Kind", _kind),
    "task": ("Task", _text),
    "classes": ("Classes", _classes),
    "gives": ("Gives", _gives),
    "threshold": ("Decides", _threshold),
    "decides_by_probability": ("Decides", _decides),
    "feature_names": ("Features", _list),
    "versions": ("Libraries", _versions),
    "bytes": ("File size", _bytes),
    "trusted_names": ("Trusted names", _list),
    "trusted_by": ("Trusted by", _trusted_by),
    "notes": ("Notes", _list),
    "accepted": ("Accepted", _text),
    "commit": ("Commit", _text),
    "dataset": ("Accepted on", _accepted_on),
    "note": ("Rows compared", _text),
    "sha256": ("SHA-256", _text),
    "outputs_sha256": ("SHA-256 of its answers", _text),
}
_DATASET: dict[str, tuple[str, _Say]] = {
    "name": ("Name", _name),
    "path": ("Source", _text),
    "rows": ("Rows", _count),
    "target": ("Target", _text),
    "positive": ("Positive class", _text),
    "classes": ("Classes", _classes),
    "clusters": ("Clusters", _count),
    "weighted": ("Weights", _weighted),
    "codes": ("Bins of features", _bins),
    "cost": ("Predictions", _cost),
    "sha256": ("SHA-256", _text),
}
