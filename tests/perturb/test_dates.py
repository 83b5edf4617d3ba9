import numpy as np
import pandas as pd
import pytest

KIND = {"d": "date"}
DAYS = pd.to_datetime(["2020-01-05", "2020-02-03", "2020-03-20", "2021-12-31", None])
TIMES = DAYS + pd.Timedelta(hours=13, minutes=30)
FORMS = {
    "dates": pd.Series(TIMES),
    "nanoseconds": pd.Series(TIMES.as_unit("ns")),
    "seconds": pd.Series(TIMES.as_unit("s")),
    "zone": pd.Series(TIMES.tz_localize("Europe/Berlin")),
    "text": pd.Series(TIMES.strftime("%Y-%m-%dT%H:%M:%SZ")),
    "object": pd.Series(TIMES.strftime("%Y-%m-%d %H:%M+02:00"), dtype=object),
}


def _wall(cells):
    """Dates and times as the clock on the wall shows them."""
    if isinstance(cells.iloc[0], str):
        return [pd.Timestamp(one[:16].replace("T", " ")) for one in cells]
    return [one.tz_localize(None) for one in cells]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("severity", [1.0, 7.0, 30.0, 365.0])
def test_days_move_by_so_many_within_the_range(changed, form, severity):
    rows = pd.DataFrame({"d": FORMS[form]})
    found = changed("date_shift", rows, KIND, severity=severity)
    assert found.values["d"].dtype == rows["d"].dtype
    assert 4 not in found.rows
    moved = np.array(_wall(found.values["d"])) - np.array(_wall(rows["d"].iloc[found.rows]))
    assert all(abs(one) == pd.Timedelta(days=severity) for one in moved)
    assert all(pd.Timestamp("2020-01-05 13:30") <= one <= pd.Timestamp("2021-12-31 13:30")
               for one in _wall(found.values["d"]))  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_day_and_month_change_places_where_the_day_can_be_a_month(changed, form):
    reference = pd.concat([FORMS[form], FORMS[form].iloc[:1]], ignore_index=True)
    found = changed("day_month_swapped", {"d": reference}, KIND)
    assert found.rows.tolist() == [0, 1, 5]
    assert [str(one) for one in _wall(found.values["d"])] == [
        "2020-05-01 13:30:00", "2020-03-02 13:30:00", "2020-05-01 13:30:00",
    ]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("severity", "hours"), [(1.0, 1), (5.0, -5), (12.0, 12)])
def test_a_time_zone_moves_all_times_alike(changed, form, severity, hours):
    found = changed("time_zone", {"d": FORMS[form]}, KIND, severity=severity)
    moved = np.array(_wall(found.values["d"])) - np.array(TIMES[:4].to_pydatetime())
    assert all(one == pd.Timedelta(hours=hours) for one in moved)


def test_a_day_without_a_time_becomes_the_day_before_in_an_earlier_zone(column):
    days = {"d": ["2020-01-31", "2020-03-01"]}
    assert column("time_zone", days, KIND, severity=5.0) == ["2020-01-30", "2020-02-29"]
    assert column("time_zone", days, KIND, severity=1.0) == []


def test_text_keeps_its_pattern(column):
    before = ["2020-01-31T10:00:07.250Z", "2020-01-31 10:00", "2020-01-31T10:00+02:00", "2020-01-31"]
    assert column("time_zone", {"d": before}, KIND, severity=12.0) == [
        "2020-01-31T22:00:07.250Z", "2020-01-31 22:00", "2020-01-31T22:00+02:00",
    ]  # fmt: skip


def test_the_time_of_day_is_lost_only_where_there_is_one(column, places):
    assert places("time_lost", {"d": DAYS}, KIND) == []
    reference = {"d": pd.to_datetime(["2020-01-01T00:00", "2020-01-02T13:30"])}
    assert column("time_lost", reference, KIND) == [pd.Timestamp("2020-01-02")]


@pytest.mark.parametrize("form", FORMS)
def test_every_date_becomes_the_first_day_of_unix(changed, form):
    found = changed("epoch", {"d": FORMS[form]}, KIND)
    assert found.rows.tolist() == [0, 1, 2, 3]
    assert {one.normalize() for one in _wall(found.values["d"])} == {pd.Timestamp(0)}


def test_a_clock_that_jumps_is_no_obstacle(changed):
    times = pd.to_datetime(["2021-03-28 01:30", "2021-10-31 01:30", "2021-10-31 14:30"]).tz_localize("Europe/Berlin")
    for severity in (1.0, 5.0, 12.0):
        assert len(changed("time_zone", {"d": times}, KIND, severity=severity).rows) == 3


def test_dates_at_the_end_of_time_stay(changed):
    last = pd.Timestamp.max.as_unit("ns")
    for zone in (None, "UTC"):
        rows = {"d": pd.Series([last, pd.Timestamp("2020-01-01")]).dt.as_unit("ns").dt.tz_localize(zone)}
        assert changed("time_zone", rows, KIND, severity=12.0).rows.tolist() == [1]


def test_text_that_is_no_date_stays(changed):
    rows = {"d": ["2020-02-31", "soon", "2020-01-05T25:00", None, "2020-01-06"]}
    assert changed("epoch", {"d": ["2020-01-01", "2020-02-02"]}, KIND, rows).rows.tolist() == [4]


def test_one_date_or_none_has_no_place(places):
    for cells in (["2020-01-01"] * 2, [None, None], []):
        assert places("date_shift", {"d": pd.Series(cells, dtype="str")}, KIND) == []
