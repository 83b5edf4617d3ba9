"""What is counted while a run lasts, and what is promised of the rest."""

from __future__ import annotations

import threading

import pytest

from modelcheck.scoring.progress import Tally


def test_nothing_is_promised_before_the_dataset_is_known():
    tally = Tally(["performance"], allowed={"robustness": 100})
    tally.begin("performance::roc_auc", "performance")
    tally.plan("reference", 50)
    standing = tally.standing()
    assert (standing.rows, standing.most_rows, standing.seconds_left) == (0, None, None)


def test_rows_are_counted_whoever_predicts_them_and_the_bound_holds_all_that_may_come():
    tally = Tally(["performance", "robustness", "bias"], allowed={"robustness": 100}, again={"bias": 3})
    tally.begin("performance::roc_auc", "performance")
    tally.plan("dataset", 40, models=2)
    tally.plan("reference", 50)
    assert tally.standing().most_rows == 2 * 40 + 50 + 100 + 3 * 80
    tally.predicted(40, 0.1, "dataset")
    assert tally.standing().rows == 40
    assert tally.standing().most_rows == 2 * 40 + 50 + 100 + 3 * 80


def test_what_a_suite_did_not_use_is_given_back_with_its_last_gate():
    tally = Tally(["robustness", "robustness", "explainability"], allowed={"robustness": 100, "explainability": 60})
    tally.plan("dataset", 10)
    tally.begin("robustness::noise", "robustness")
    tally.predicted(30, 0.1)
    tally.end()
    assert tally.standing().most_rows == 10 + 100 + 60
    tally.begin("robustness::zeros", "robustness")
    tally.end()
    assert tally.standing().most_rows == 10 + 30 + 60
    tally.begin("explainability::importance", "explainability")
    tally.end()
    standing = tally.standing()
    assert (standing.gates_done, standing.gates, standing.most_rows) == (3, 3, 10 + 30)


def test_a_table_that_holds_its_predictions_costs_none():
    tally = Tally(["performance"])
    tally.plan("dataset", 1_000, models=0)
    assert tally.standing().most_rows == 0


def test_the_time_left_follows_from_the_speed_so_far():
    tally = Tally(["performance"] * 2, allowed={})
    tally.begin("performance::roc_auc", "performance")
    tally.plan("dataset", 1_000)
    assert tally.standing().seconds_left is None
    tally.predicted(100, 10.0, "dataset")
    assert tally.standing().seconds_left == pytest.approx(90.0, abs=1.0)


def test_threads_count_without_losing_a_row():
    tally = Tally()
    threads = [threading.Thread(target=lambda: [tally.predicted(1, 0.0) for _ in range(2_000)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tally.standing().rows == 8_000
