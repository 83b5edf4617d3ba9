"""The words of a report, for a reader who meets them for the first time."""

from __future__ import annotations

__all__ = ["BURDENS", "GLOSSARY", "PROOF_ALONE", "VERDICTS"]

VERDICTS = {
    "pass": ("✓", "pass"),
    "fail": ("✕", "fail"),
    "inconclusive": ("?", "inconclusive"),
    "error": ("!", "error"),
    "not_applicable": ("-", "not applicable"),
    "not_run": ("○", "not run"),
    "waived": ("~", "waived"),
    "metric": ("·", "no limit"),
}
"""Icon and word of each verdict; the icon only repeats the word."""

BURDENS = {
    "breach": "Fails when the interval proves the limit broken; passes only if a breach worth noting would show.",
    "compliance": "Passes only when the whole interval keeps the limit; what isn't proved doesn't pass.",
}

PROOF_ALONE = "Fails when the interval proves the limit broken; else passes and says what would have shown."
"""How a search and a built-in warning are judged: absence can't be proved."""

GLOSSARY = (
    ("candidate", "The model under test."),
    ("baseline", "The model in use now, measured on the same rows."),
    ("dataset", "The labelled rows that the candidate was judged on; it was not trained on them."),
    ("reference", "Rows that the candidate was trained on, or rows like them."),
    ("gate", "A measurement with a limit. Blocking gates stop promotion, warnings don't, information has no say."),
    ("interval", "The values that the data can't rule out at the stated confidence. Few rows make it wide."),
    ("n", "How many rows the number rests on; for a rate, the rows it is a share of."),
    (
        "clusters",
        "Rows that belong together, such as visits of one person; they count less than as many separate rows.",
    ),
    ("limit", "What the number must keep. It is judged by the interval, not by the number alone."),
    ("margin", "How much worse than the baseline the candidate may be. Being better never fails."),
    ("negative flip", "A row that the baseline gets right and the candidate gets wrong."),
    (
        "calibrated",
        "Of rows promised 30 %, 30 % come true. What chance alone adds to the distance is taken out.",
    ),
    ("slice", "A part of the rows, such as people over 65. A group is a slice by a protected attribute."),
    (
        "protected attribute",
        "What must not decide about people by itself, such as sex or origin. No value is a group, too: (missing).",
    ),
    ("intersection", "People who share several protected attributes, such as older women of one origin."),
    ("base rate", "How often something is true in a group, whatever the model says."),
    ("parity", "That groups fare alike. Of its several kinds some exclude each other where base rates differ."),
    (
        "counterfactual",
        "The same row with one entry changed. What would have changed with it in life is left as it was.",
    ),
    ("proxy", "A column that stands in for another: scores can follow sex without being given it."),
    (
        "pass",
        "No breach is proved. Unless it says “not proved broken”, the limit is proved kept.",
    ),
    ("fail", "The data proves the limit broken."),
    ("inconclusive", "The data proves neither. More rows would decide."),
    ("error", "The check crashed. A crash is never a pass: it stops promotion even where a failure would only warn."),
    ("not applicable", "The question doesn't arise here, for the reason given."),
    ("not run", "The gate was planned but didn't run; the run is incomplete."),
    ("waived", "The gate doesn't hold; somebody answers for accepting that until a date."),
    ("finding", "One concrete problem: where, how bad, how sure."),
)
