"""Parts of an answer: some rows, and those that got a prediction before and after."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from modelcheck.checks.robustness.sweep.asking import swept
from modelcheck.perturb.outcomes import RAISED


def test_only_rows_with_an_answer_before_and_after_are_sound(healthy_context):
    sweep = swept(healthy_context)
    one = sweep.about("gaussian_noise", severity=0.1)[0]
    before, after = sweep.before.state.copy(), one.after.state.copy()
    before[one.rows[2]] = after[5] = RAISED
    broken = replace(sweep, before=replace(sweep.before, state=before))
    sound = broken.sound(replace(one, after=replace(one.after, state=after)))
    assert sound.rows.tolist() == np.delete(one.rows, [2, 5]).tolist()
    assert sound.after.score.tolist() == np.delete(one.after.score, [2, 5]).tolist()


def test_some_of_the_rows_keep_what_the_baseline_says_of_them(context_for, healthy, people):
    context = context_for(healthy, people(), baseline=healthy)
    one = next(item for item in swept(context).answered if item.baseline is not None)
    mask = np.arange(len(one.rows)) % 3 == 0
    part = one.among(mask)
    assert part.rows.tolist() == one.rows[mask].tolist()
    assert part.baseline.score.tolist() == one.baseline.score[mask].tolist()
