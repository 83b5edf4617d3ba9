"""The same recipe with other seeds: whether its reasons stay."""

import re
from dataclasses import replace

import numpy as np
import pytest
import skops.io
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from modelcheck.checks.explainability.stability import stability
from modelcheck.config.tables import CandidateTable, Config, DatasetTable
from modelcheck.errors import ModelError, RetrainedError
from modelcheck.scoring.store import Store
from modelcheck.scoring.subjects import Subjects

NUMBERS = ["big", "small", "noise", "twin"]


def expit(x):
    return 1.0 / (1.0 + np.exp(-x))


def weighing(*weights):
    return lambda rows: expit(rows[NUMBERS].to_numpy(dtype=float) @ np.array(weights))


def with_models(context, **askings):
    return replace(context, find_retrained=lambda: askings)


@pytest.fixture
def own(context_for, people):
    return context_for(weighing(2.0, 1.0, 0.3, 0.1), people()[[*NUMBERS, "y"]], budget=200_000)


def test_the_same_model_agrees_fully_and_one_of_other_reasons_does_not(own, context_for, people, lines_of):
    table = people()[[*NUMBERS, "y"]]
    other = context_for(weighing(0.1, 0.3, 1.0, 2.0), table).asking
    found = stability(with_models(own, same=own.asking, other=other))
    same, way, moved, _ = lines_of(found)[3:]
    assert (way["agreement"], way["explained again with"]) == (1.0, "retrained: same, direction")
    assert [same["explained again with"], moved["explained again with"]] == ["retrained: same", "retrained: other"]
    assert (same["agreement"], same["high"]) == (1.0, 1.0)
    assert 0.8 < same["low"] < 1.0
    assert moved["low"] <= moved["agreement"] <= moved["high"] < 0.0
    assert "the least by other" in found.reading


def test_a_model_that_answers_the_other_way_round_keeps_the_order_and_is_found_by_its_direction(
    own, context_for, people, lines_of
):
    other = context_for(weighing(-2.0, -1.0, -0.3, -0.1), people()[[*NUMBERS, "y"]]).asking
    found = stability(with_models(own, flipped=other))
    order, direction = lines_of(found)[3:]
    assert order["agreement"] > 0.9
    assert direction["low"] <= direction["agreement"] <= direction["high"] < 0.1
    assert re.search(r"and 0(\.0+)? % of what moves an answer moves it the same way", found.reading)


def test_a_model_of_no_answers_is_an_error_that_blocks_and_names_it(own, context_for, people):
    asking = context_for(weighing(1.0, 1.0, 1.0, 1.0), people()[[*NUMBERS, "y"]]).asking

    class Silent:
        sha256 = ""
        stages = None

        def __getattr__(self, name):
            return getattr(asking, name)

        def answer(self, rows):
            raise ModelError("it says nothing")

    with pytest.raises(RetrainedError, match=r"retrained names 'silent', which can't be explained") as caught:
        stability(with_models(own, silent=Silent()))
    assert caught.value.blocks


def test_rows_that_other_seeds_cost_are_counted_and_a_small_budget_says_how_often(own, lines_of):
    alone, three = stability(own), stability(with_models(own, a=own.asking, b=own.asking, c=own.asking))
    assert three.predicted_rows > alone.predicted_rows
    assert len(lines_of(alone)) == 3
    assert "agreement" in lines_of(three)[0]
    small = stability(with_models(replace(own, budget=12_000), **{str(one): own.asking for one in range(5)}))
    assert "explained 8 times" in str(small)


def test_trees_of_two_seeds_share_most_of_their_order(context_for, people, lines_of):
    table = people(600)[[*NUMBERS, "y"]]
    models = [
        HistGradientBoostingClassifier(max_iter=20, random_state=seed, early_stopping=True).fit(
            table[NUMBERS], table["y"]
        )
        for seed in (0, 1)
    ]
    own, other = (context_for(model, table) for model in models)
    line, way = lines_of(stability(with_models(own, other=other.asking)))[3:]
    assert way["agreement"] > 0.8
    assert line["agreement"] > 0.6
    assert "by Tree" in line["how"]


def subjects_for(folder, people, retrained):
    table = people()[[*NUMBERS, "y"]]
    config = Config(
        name="demo",
        file=folder / "modelcheck.toml",
        label="modelcheck.toml",
        candidate=CandidateTable(model="m:f", task="binary", retrained=retrained),
        dataset=DatasetTable(path="rows:all", target="y", positive="yes"),
    )
    own = LogisticRegression().fit(table[NUMBERS], table["y"])
    return Subjects.of(
        config, task="binary", candidate=own, baseline=None, dataset=table, reference=None,
        store=Store(folder / "store", shared=False),
    )  # fmt: skip


def test_files_are_inspected_loaded_and_named_with_their_hash(tmp_path, people, context_for, lines_of):
    table = people(seed=3)[[*NUMBERS, "y"]]
    skops.io.dump(LogisticRegression().fit(table[NUMBERS], table["y"]), tmp_path / "seed-1.skops")
    subjects = subjects_for(tmp_path, people, ("seed-1.skops",))
    context = context_for(LogisticRegression().fit(table[NUMBERS], table["y"]), table)
    found = stability(replace(context, asking=subjects.asking, find_retrained=subjects.retrained))
    line = lines_of(found)[3]
    assert line["explained again with"] == "retrained: seed-1.skops"
    assert "sha256 " in line["how"]
    assert line["agreement"] > 0.5


def test_a_model_of_other_columns_or_none_at_all_is_an_error_that_names_it(tmp_path, people):
    table = people()
    skops.io.dump(LogisticRegression().fit(table[["big", "small"]], table["y"]), tmp_path / "less.skops")
    with pytest.raises(RetrainedError, match=r"'less\.skops' takes the columns 'big', 'small', the candidate"):
        subjects_for(tmp_path, people, ("less.skops",)).retrained()
    with pytest.raises(RetrainedError, match=r"gone\.skops"):
        subjects_for(tmp_path, people, ("gone.skops",)).retrained()


def test_a_model_of_other_classes_is_told_before_it_is_asked(tmp_path, people):
    table = people()
    model = LogisticRegression().fit(table[NUMBERS], np.where(table["y"] == "yes", 1, 0))
    skops.io.dump(model, tmp_path / "coded.skops")
    with pytest.raises(RetrainedError, match=r"coded\.skops.*retrained model knows the classes \[0, 1\]"):
        subjects_for(tmp_path, people, ("coded.skops",)).retrained()
