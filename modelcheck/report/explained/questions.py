"""What each test asks, as somebody would ask it who has to answer for the model."""

from __future__ import annotations

from modelcheck.record.schema import GateRecord
from modelcheck.report.text import group_words, shorten

__all__ = ["SUITES", "question"]

SUITES = {
    "performance": "Does it still work?",
    "bias": "Does it work for everyone?",
    "robustness": "Does it stand messy input?",
    "explainability": "Does it decide for the right reasons?",
    "data": "Are the data sound?",
    "deployment": "Can it be put into use?",
    "security": "Is its file safe to load?",
    "user": "Your own tests",
}
"""The question of each suite, in reading order."""

_QUESTIONS = {
    "performance.accuracy": "How often is it right?",
    "performance.precision": "When it says yes, how often is that right?",
    "performance.recall": "How many of the true cases does it find?",
    "performance.false_positive_rate": "How often does it raise a false alarm?",
    "performance.false_negative_rate": "How many true cases does it miss?",
    "performance.roc_auc": "Does it rank true cases above the others?",
    "performance.log_loss": "How good are its probabilities?",
    "performance.brier_score": "How far are its probabilities from what happened?",
    "performance.mean_absolute_error": "How far off is it on average?",
    "performance.root_mean_squared_error": "How far off is it, large errors counting more?",
    "performance.r2": "How much of the differences does it explain?",
    "performance.better_than_trivial": "Is it better than a simple rule?",
    "performance.regression.roc_auc": "Is it as good as the model in use now?",
    "performance.regression.r2": "Is it as good as the model in use now?",
    "performance.regression_by_slice": "Is it as good as the model in use now for every part of the rows?",
    "performance.weak_slices": "Is there a part of the rows where it is needlessly wrong?",
    "performance.miscalibrated_slices": "Is there a part of the rows where its probabilities don't hold?",
    "performance.harder_slices": "Where is it wrong most often?",
    "performance.calibration": "Of rows promised 30 %, do 30 % come true?",
    "performance.overconfidence": "Is it too sure of itself?",
    "performance.cost": "What do its errors cost?",
    "performance.generalisation_gap": "Is it worse on new rows than on those it learned from?",
    "bias.representation": "Are the groups large enough to judge?",
    "bias.demographic_parity_difference": "Do groups get the decision equally often?",
    "bias.demographic_parity_ratio": "Does each group get at least four fifths of what the best-off group gets?",
    "bias.equal_opportunity_difference": "Are true cases found equally often in each group?",
    "bias.equalized_odds_difference": "Are hits and false alarms equally frequent in each group?",
    "bias.predictive_parity_difference": "Does a yes mean the same in each group?",
    "bias.accuracy_difference": "Is it equally often right in each group?",
    "bias.conditional_parity_difference": "Do people who are otherwise alike get the same decision?",
    "bias.error_difference": "Is it equally far off in each group?",
    "bias.calibration_gap": "Do its promises hold in each group?",
    "bias.group_loss": "Is a group served worse than it need be?",
    "bias.regression": "Is a group worse off than with the model in use now?",
    "bias.counterfactual": "How far does the answer change if only the protected entry does?",
    "bias.counterfactual_noticeable": "Does the answer noticeably change if only the protected entry does?",
    "bias.proxy": "Do other columns stand in for the protected one?",
    "bias.intersectional": "Is a combination of groups worse off?",
    "robustness.determinism": "Does the same row get the same answer twice?",
    "robustness.crash": "Does it always answer?",
    "robustness.nonfinite": "Are its answers always valid?",
    "robustness.invariance": "Does what must not matter leave the answer as it is?",
    "robustness.direction": "Do declared columns push the score the declared way?",
    "robustness.noise": "Does it stand small inaccuracies?",
    "robustness.regression": "Does it stand messy input as well as the model in use now?",
    "robustness.missing": "Does it stand a missing entry?",
    "robustness.unseen_category": "Does it stand an entry it has never seen?",
    "robustness.whitespace_and_case": "Does it stand sloppy spelling?",
    "robustness.units": "Does it stand a wrong unit?",
    "robustness.zeros": "Is 0 taken for the number 0?",
    "robustness.falsify": "Can a row be found that breaks a promise?",
    "deployment.environment": "Are the libraries those that it was made with?",
    "deployment.determinism": "Does the same row get the same answer on another day, in another process?",
    "deployment.batch_invariance": "Does a row get the same answer whoever it is asked with?",
    "deployment.roundtrip": "Does a saved copy answer as the model does?",
    "deployment.thread_safety": "Does it answer the same when several ask at a time?",
    "deployment.side_effects": "Does answering leave everything else alone?",
    "deployment.schema": "Does it stand requests that are put together wrongly?",
    "deployment.schema_messages": "Does it say what is wrong with such a request?",
    "deployment.latency": "How long does an answer take?",
    "deployment.latency_ratio": "Does it answer as fast as the model in use now?",
    "deployment.memory": "How much memory does it take?",
    "deployment.parity": "Does the service answer as the file does?",
    "deployment.onnx_parity": "Does its ONNX copy answer as it does?",
    "security.artifact": "Would the model's file run nothing but known code?",
    "explainability.forbidden": "Do columns that must not matter stay without weight?",
    "explainability.dominance": "Is the score carried by more than one column?",
    "explainability.direction": "Do declared columns push the score the declared way, row by row?",
    "explainability.stability": "Are the reasons the same when the question is asked again?",
    "explainability.faithfulness": "Are the reasons given the ones that really move the score?",
    "explainability.shift": "Are the reasons the same as on the rows it learned from?",
    "explainability.shift_from_baseline": "Are the reasons those of the model in use now?",
    "explainability.irrelevant": "Does a meaningless column stay without weight?",
    "explainability.additivity": "Do the single reasons add up to the score?",
}


def question(gate: GateRecord) -> str:
    """Return what a gate asks, and of which rows; its title where the question isn't known here."""
    text = _QUESTIONS.get(f"{gate.suite}.{gate.check}")
    if text is None:
        return shorten(gate.title or gate.id, 120)
    return f"{text[:-1]} ({shorten(group_words(gate.slice), 60)})?" if gate.slice else text
