"""Dates and times that are off: other days and time zones, day and month swapped, the time of day lost, 1970."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from modelcheck.perturb.columns import coded
from modelcheck.perturb.perturbation import BEYOND, WITHIN, Maker, Perturbation, Places
from modelcheck.perturb.profile import TableProfile

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DATES", "wall_times"]

_HOURS = {1.0: 1, 5.0: -5, 12.0: 12}  # severity to hours: both directions occur
_ISO = re.compile(r"(\d{4}-\d{2}-\d{2})(?:([T ])(\d{2}:\d{2})((?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?))?")

Times: TypeAlias = NDArray[np.datetime64]
Change: TypeAlias = Callable[[Times, float, Generator], Times]


def wall_times(values: pd.Series) -> Times | None:
    """Return a column's dates and times as the clock on the wall shows them, without a time zone.

    Parameters
    ----------
    values : Series
        Dates, or ISO 8601 text such as ``2026-01-31`` or ``2026-01-31T12:00:00Z``.

    Returns
    -------
    ndarray of datetime64, shape (n_rows,), or None
        Not-a-time where missing or no date; of text the minute. None where the column holds neither.
    """
    import pandas as pd
    from pandas.api.types import is_datetime64_any_dtype, is_string_dtype

    if is_datetime64_any_dtype(values):
        found = (values if values.dt.tz is None else values.dt.tz_localize(None)).to_numpy()
        return found if found.dtype.kind == "M" else None
    if isinstance(values.dtype, pd.CategoricalDtype) or not (is_string_dtype(values) or values.dtype == object):
        return None
    codes, different = coded(values)
    return np.array([*(_minute(one) for one in different), "NaT"], dtype="datetime64[m]")[codes]


def _minute(text: Any) -> np.datetime64:
    match = _ISO.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return np.datetime64("NaT", "m")
    try:
        return np.datetime64(f"{match[1]}T{match[3] or '00:00'}", "m")
    except ValueError:  # of the right form, and no date: 2026-02-31
        return np.datetime64("NaT", "m")


def _maker(change: Change, *, within: bool) -> Maker:
    def make(
        rows: pd.DataFrame, columns: tuple[str, ...], profile: TableProfile, severity: float, rng: Generator
    ) -> dict[str, pd.Series]:
        made = {}
        for name in columns:
            before = wall_times(rows[name])
            if before is None:
                made[name] = rows[name]
                continue
            after = change(before, severity, rng).astype(before.dtype)
            changed = (after != before) & ~np.isnat(after) & ~np.isnat(before)
            changed &= _holds(before, after)
            if within:
                low, high = _range(profile.rows[name])
                changed &= (before >= low) & (before <= high) & (after >= low) & (after <= high)
            made[name] = _replaced(rows[name], after, changed)
        return made

    return make


def _holds(before: Times, after: Times) -> NDArray[np.bool_]:
    """Return where the type can hold the new time: beyond its ends a sum wraps around to the other end."""
    old, new = (times.astype(np.int64).astype(np.float64) for times in (before, after))
    # A little inside the ends, as a time zone may move a time once more.
    held: NDArray[np.bool_] = (np.abs(new - old) < 2.0**63) & (np.abs(new) < 0.9999 * 2.0**63)
    return held


def _range(values: pd.Series) -> tuple[np.datetime64, np.datetime64]:
    times = wall_times(values)
    seen = np.empty(0, dtype="datetime64[m]") if times is None else times[~np.isnat(times)]
    if not len(seen):
        return np.datetime64("NaT"), np.datetime64("NaT")
    return seen.min(), seen.max()


def _replaced(values: pd.Series, after: Times, changed: NDArray[np.bool_]) -> pd.Series:
    import pandas as pd
    from pandas.api.types import is_datetime64_any_dtype

    if not changed.any():
        return values
    if is_datetime64_any_dtype(values):
        new = pd.Series(after[changed])
        if values.dt.tz is not None:
            second = np.zeros(len(new), dtype=bool)  # an hour that comes twice counts as the second one
            new = new.dt.tz_localize(values.dt.tz, ambiguous=second, nonexistent="shift_forward")
        replaced = values.copy()
        replaced[changed] = new.array
        return replaced
    cells = values.to_numpy(dtype=object, copy=True)
    at = np.flatnonzero(changed)
    for place, text in zip(at.tolist(), np.datetime_as_string(after[at], unit="m").tolist(), strict=True):
        cells[place] = _written(cells[place], text)
    return pd.Series(cells, index=values.index, name=values.name, dtype=values.dtype)


def _written(before: str, minute: str) -> str:
    """Write a time in the pattern of another: what that leaves out is left out here, its end is kept."""
    match = _ISO.fullmatch(before)
    if match is None or match[2] is None:
        return minute[:10]
    return f"{minute[:10]}{match[2]}{minute[11:]}{match[4]}"


def _shift(times: Times, severity: float, rng: Generator) -> Times:
    later = np.where(rng.random(len(times)) < 0.5, 1, -1)
    return np.asarray(times + later * np.timedelta64(round(severity), "D"))


def _zone(times: Times, severity: float, rng: Generator) -> Times:
    return np.asarray(times + np.timedelta64(_HOURS.get(severity, round(severity)), "h"))


def _day_and_month(times: Times, severity: float, rng: Generator) -> Times:
    days, months, years = times.astype("datetime64[D]"), times.astype("datetime64[M]"), times.astype("datetime64[Y]")
    day = days - months.astype("datetime64[D]")
    month = months - years.astype("datetime64[M]")
    fits = day < np.timedelta64(12, "D")
    swapped = years.astype("datetime64[M]") + day.astype(np.int64) * np.timedelta64(1, "M")
    other = swapped.astype("datetime64[D]") + month.astype(np.int64) * np.timedelta64(1, "D")
    return np.where(fits, other + (times - days), times)


def _midnight(times: Times, severity: float, rng: Generator) -> Times:
    return times.astype("datetime64[D]")


def _epoch(times: Times, severity: float, rng: Generator) -> Times:
    return np.full(len(times), np.datetime64("1970-01-01", "D"))


def _dated(profile: TableProfile) -> list[tuple[str, ...]]:
    """Columns of dates that differ."""
    names = (column.name for column in profile.of("date"))
    ends = {name: _range(profile.rows[name]) for name in names}
    return [(name,) for name, (low, high) in ends.items() if low < high]


def _timed(profile: TableProfile) -> list[tuple[str, ...]]:
    """Columns of dates with times of day."""
    found: list[tuple[str, ...]] = []
    for (name,) in _dated(profile):
        times = wall_times(profile.rows[name])
        if times is not None and bool(
            (times[~np.isnat(times)] != times[~np.isnat(times)].astype("datetime64[D]")).any()
        ):
            found.append((name,))
    return found


def _date(
    name: str, title: str, population: str, change: Change, support: str, *, places: Places = _dated,
    unit: str = "", severities: tuple[float, ...] = (1.0,),
) -> Perturbation:  # fmt: skip
    return Perturbation(
        name=name,
        title=title,
        family="dates",
        population=population,
        unit=unit,
        severities=severities,
        support=support,
        places=places,
        make=_maker(change, within=support == WITHIN),
    )


DATES: tuple[Perturbation, ...] = (
    _date("date_shift", "Another day", "Entries made some days late, or dated back.", _shift, WITHIN,
          unit="days, earlier or later", severities=(1.0, 7.0, 30.0, 365.0)),
    _date("day_month_swapped", "Day and month swapped", "Dates from a country that writes the month first.",
          _day_and_month, WITHIN),
    _date("time_zone", "Another time zone", "A server in another time zone.", _zone, BEYOND,
          unit="hours (5: earlier, others: later)", severities=tuple(_HOURS)),
    _date("time_lost", "Time of day lost", "An export that knows days only.", _midnight, WITHIN, places=_timed),
    _date("epoch", "1970-01-01", "A program that has no date and writes its zero.", _epoch, BEYOND),
)  # fmt: skip
