"""Words and limits of the page for everyone: what a reader must know before quoting a number from it."""

from __future__ import annotations

__all__ = ["LIMITS", "TECHNICAL", "WORDS"]

LIMITS = (
    "What moves the score need not cause anything. The model follows patterns in its data: changing a person's entry "
    "changes the score, not the person's fate.",
    "Columns that go together share the credit. A column with a small share may matter as much as its companion that "
    "got the larger one.",
    "Shares tell what the model does, not whether it does it rightly. A wrong model can be explained as neatly as a "
    "right one.",
    "The single decisions are examples. How often something happens is told by the tests, not by them.",
    "Where few rows lie (low grey bars under a curve) model and curve are little more than a guess.",
    "What would change a decision is told of the model. It isn't a promise, and no advice to anyone.",
    "Everything here holds for the rows that were tested. Other people, places or times may differ.",
)

WORDS = (
    ("model", "A rule that a computer has learned from rows with known truth. It answers for new rows."),
    ("row", "One case, such as one person or one visit."),
    ("column", "One thing that is known of each row, such as age."),
    ("score", "The model's answer before it decides: a probability, or a number."),
    ("probability", "Of rows that are given 30 %, 30 of 100 should come true."),
    ("contribution", "How far one column moves the score of one row, up or down, away from the typical score."),
    ("share", "What part of all contributions, without their signs, comes from one column."),
    ("typical score", "The average score of the rows that the explanation starts from."),
    ("range (interval)", "The values that the data can't rule out. Few rows make it wide."),
    ("confidence", "How often such ranges hold what they claim: at 95 %, 95 times in 100."),
    ("shuffling", "Giving each row another row's entry in one column, to see whether answers get worse without it."),
    ("loss", "One number for how wrong the answers are, all rows together. The smaller, the better."),
    ("test", "A question with a limit that was agreed on before. Some tests stop the model, others only warn."),
    ("limit", "What a measured number must keep."),
    ("left open", "The data prove neither that the limit is kept nor that it is broken. More rows would decide."),
    ("weak place", "A part of the rows where the model does worse, with proof."),
    ("protected", "What must not decide about people by itself, such as sex or origin."),
    ("group", "All rows with the same entry in a protected column."),
    ("waiver", "Somebody's signature, with a reason and an end date, under a test that fails."),
    ("model in use now", "The model that this one would replace. Engineers call it the baseline."),
)
"""Everyday words of the page."""

TECHNICAL = (
    ("SHAP", "The method that shares a score out among columns: each gets what it adds, averaged over all orders."),
    (
        "log-odds",
        "Chances on a stretched scale: 0 is even odds, each step of 1 multiplies the odds by about 2.7. Contributions "
        "add up exactly there.",
    ),
    ("background", "The rows whose entries stand in for a column when its contribution is worked out."),
    ("selection rate", "The part of a group that gets the decision."),
    ("n", "How many rows a number rests on."),
    ("ROC AUC", "How often the right one of a pair gets the higher score: 0.5 is guessing, 1 is perfect."),
    ("SHA-256", "A fingerprint of a file: the same file has the same one."),
)
"""Words of engineers that the tables of the page may hold."""
