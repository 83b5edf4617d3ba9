"""Times and memory: what is told, never how much it is."""

from __future__ import annotations

import numpy as np

from modelcheck.checks.deployment.latency import latency, latency_ratio
from modelcheck.checks.deployment.memory import memory
from modelcheck.checks.deployment.timing import ROUNDS


def test_times_have_an_interval_a_machine_and_a_baseline(context_for, plants, lines_of):
    context = context_for(plants.Healthy(), baseline=plants.Healthy(), limit=None)
    found = latency(context)
    assert 0.0 < found.estimate.low <= found.estimate.value <= found.estimate.high
    assert found.estimate.n == ROUNDS
    assert {line[0] for line in found.tables[0].rows} == {"candidate", "baseline"}
    assert {"processor", "cores", "load before", "load after"} <= set(lines_of(found, "machine"))
    ratio = latency_ratio(context)
    assert 0.0 < ratio.estimate.low < ratio.estimate.high
    assert ratio.estimate.method.startswith("Hodges-Lehmann")


def test_a_candidate_that_is_many_times_slower_is_proved_to_be(context_for, plants):
    class Slow(plants.Healthy):
        def score(self, rows):
            import time

            time.sleep(0.02)
            return super().score(rows)

    found = latency_ratio(context_for(Slow(), baseline=plants.Healthy(), limit=1.5, confidence=0.99))
    assert found.estimate.low > 1.5


def test_without_a_live_baseline_nothing_is_compared(context_for, plants):
    assert latency_ratio(context_for(plants.Healthy())).not_applicable.startswith("first run, no baseline")


def test_the_memory_of_a_model_is_what_it_adds_to_a_worker(context_for, plants, tmp_path):
    model = plants.Healthy()
    model.weights = np.random.default_rng(0).random(10_000_000)  # 80 MB
    context = context_for(model, file=True, limit=None)
    found = memory(context)
    added = found.tables[0].rows[2][1]
    assert 70 < added < 400
    assert memory(context_for(plants.Healthy())).not_applicable.startswith("memory is measured in workers")
