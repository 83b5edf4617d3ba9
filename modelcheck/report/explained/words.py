"""Words and limits of the pages for everyone: what a reader must know before quoting a number from them."""

from __future__ import annotations

__all__ = ["limits_for", "words_for"]

_BOTH, _RUN, _DECISION = ("run", "decision"), ("run",), ("decision",)

_LIMITS = (
    (
        "What moves the score need not cause anything. The model follows patterns in its data: changing a person's "
        "entry "
        "changes the score, not the person's fate.",
        _BOTH,
    ),
    (
        "Columns that go together share the credit. A column with a small share may matter as much as its companion "
        "that got the larger one.",
        _BOTH,
    ),
    (
        "Shares tell what the model does, not whether it does it rightly. A wrong model can be explained as neatly as "
        "a right one.",
        _RUN,
    ),
    (
        "This page tells how the model came to its answer, not whether the answer is right. A wrong answer can be "
        "explained as neatly as a right one.",
        _DECISION,
    ),
    ("The single decisions are examples. How often something happens is told by the tests, not by them.", _RUN),
    ("Where few rows lie (low grey bars under a curve) model and curve are little more than a guess.", _RUN),
    ("What would change a decision is told of the model. It isn't a promise, and no advice to anyone.", _BOTH),
    ("Everything here holds for the rows that were tested. Other people, places or times may differ.", _RUN),
)

_WORDS = (
    ("model", "A rule that a computer has learned from rows with known truth. It answers for new rows.", _BOTH),
    ("row", "One case, such as one person or one visit.", _BOTH),
    ("column", "One thing that is known of each row, such as age.", _BOTH),
    ("score", "The model's answer before it decides: a probability, or a number.", _BOTH),
    ("probability", "Of rows that are given 30 %, 30 of 100 should come true.", _BOTH),
    ("contribution", "How far one column moves the score of one row, up or down, away from the typical score.", _BOTH),
    ("share", "What part of all contributions, without their signs, comes from one column.", _RUN),
    ("typical score", "The average score of the rows that the explanation starts from.", _BOTH),
    ("range (interval)", "The values that the data can't rule out. Few rows make it wide.", _RUN),
    ("confidence", "How often such ranges hold what they claim: at 95 %, 95 times in 100.", _RUN),
    (
        "shuffling",
        "Giving each row another row's entry in one column, to see whether answers get worse without it.",
        _RUN,
    ),
    ("loss", "One number for how wrong the answers are, all rows together. The smaller, the better.", _RUN),
    ("test", "A question with a limit that was agreed on before. Some tests stop the model, others only warn.", _RUN),
    ("limit", "What a measured number must keep.", _RUN),
    ("left open", "The data prove neither that the limit is kept nor that it is broken. More rows would decide.", _RUN),
    ("weak place", "A part of the rows where the model does worse, with proof.", _RUN),
    ("protected", "What must not decide about people by itself, such as sex or origin.", _BOTH),
    ("group", "All rows with the same entry in a protected column.", _RUN),
    ("waiver", "Somebody's signature, with a reason and an end date, under a test that fails.", _RUN),
    ("model in use now", "The model that this one would replace. Engineers call it the baseline.", _RUN),
    (
        "proved kept",
        "The whole range lies inside the limit: whatever the true number is within it, the limit is kept.",
        _RUN,
    ),
    (
        "not proved broken",
        "The range reaches beyond the limit, or a search found nothing: the data speak neither for nor against the "
        "model with certainty.",
        _RUN,
    ),
    (
        "log-odds",
        "Chances on a stretched scale: 0 is even odds, each step of 1 multiplies the odds by about 2.7. Contributions "
        "add up exactly there.",
        _BOTH,
    ),
    ("ROC AUC", "How often the right one of a pair gets the higher score: 0.5 is guessing, 1 is perfect.", _RUN),
    ("SHA-256", "A fingerprint of a file: the same file has the same one.", _DECISION),
)


def limits_for(page: str) -> tuple[str, ...]:
    """Return what a page can't tell; `page` is ``run`` or ``decision``."""
    return tuple(text for text, pages in _LIMITS if page in pages)


def words_for(page: str) -> tuple[tuple[str, str], ...]:
    """Return the words that a page uses, with what they mean; `page` is ``run`` or ``decision``."""
    return tuple((word, text) for word, text, pages in _WORDS if page in pages)
