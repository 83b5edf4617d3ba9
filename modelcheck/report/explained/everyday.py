"""Phrases of checks that engineers read, and what everybody else is told instead."""

from __future__ import annotations

import re

__all__ = ["EVERYDAY", "FOR_ENGINEERS"]

FOR_ENGINEERS = re.compile(r" [A-Z][^.`]*`modelcheck\.[\w.]+`[^.`]*\.")
"""Whole sentences that name a function to call."""

EVERYDAY = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        # What a search looked at.
        (
            r"\bNone of ([\d,]+) places looked at is proved to break the limit \(([^()]*)\)\.",
            r"\1 cases were looked at; in none of them is the limit (\2) proved broken.",
        ),
        # The badge beside it says so.
        (r"\bThe one place looked at is not proved to break the limit \([^()]*\)\. ?", ""),
        (
            r"\bOf ([\d,]+) places looked at (\d+) fails?\.",
            r"\1 cases were looked at; in \2 of them the limit is broken.",
        ),
        (r"\bThe one place looked at fails\.", "The limit is broken."),
        (
            r"\bHalf of the places are known to within ([\d.e-]+) or less, jointly",
            r"Half of them are known to within \1 or less, all taken together",
        ),
        (r"\bEach has a joint interval \(Holm\)", "The ranges allow for how many were looked at"),
        (
            r"\b(\d+) places? with too few rows to say anything",
            r"for \1 of them there were too few rows to say anything",
        ),
        (
            r"\bAll slices of up to (\d+) conditions and at least ([\d,]+) rows",
            r"Searched: every part of the rows that up to \1 conditions describe and that has at least \2 rows",
        ),
        (r"\bBesides: Searched: every", "Besides, searched was every"),
        (r" Only the [\d,]+ strongest of each number of conditions were looked at closely\.", ""),
        (
            r"\b[Ww]ith 80 % power nothing would have been found in ([\d,]+) rows or in ([\d,]+) rows",
            r"That is few: in parts of \1 or of \2 rows not even a model that is always wrong there would have "
            r"been noticed",
        ),
        (r"; in ([\d,]+) rows none would\b", r"; in \1 rows none would have been"),
        (
            r"\bone in ([\d,]+) rows could be missed at 95 %",
            r"a fault in fewer than one of \1 rows could have been missed",
        ),
        (
            r"\bplausible changes of ([\d,]+) rows \([\d,]+ questions\) were asked",
            r"plausible changes of \1 rows were tried",
        ),
        (r" \([\d,]+ questions\)", ""),
        (r"\b[Ww]ith 80 % power\b(?: at [\d.]+ %)?", "in 8 of 10 such tests"),
        (r"(?:^|(?<=\. ))in 8 of 10 such tests", "In 8 of 10 such tests"),
        (r"\bbeyond the limit would have been found", "beyond the limit would have been noticed"),
        (r", (?:adjusted together|with intervals) by Holm\b", ", allowing for how many were looked at"),
        (r"\bslices\b", "parts of the rows"),
        (r"\bslice\b(?! =)", "part of the rows"),
        # What was measured.
        (r"\b[Mm]ean \|SHAP\|(?: values?)?", "average contribution"),
        (r"\bSHAP values?\b", "contributions"),
        (r"\bSHAP\b", "contribution"),
        (r"\bICE curves?\b", "curve for single rows"),
        (r"\bICE\b", "single rows"),
        (r"\b[Pp]artial dependence\b|\bPDP?s?\b", "average curve"),
        (r"\b[Aa]ccumulated local effects?\b|\bALE\b", "curve among nearby rows"),
        (r"\b[Pp]ermutation importance\b", "loss when a column is shuffled"),
        (r"\battributions?\b", "contributions"),
        (r"\blog-odds\b(?! \()", "log-odds (chances on a stretched scale)"),
        (r"\b[Aa]djusted p(?:-values?)?\b|\bp-values?\b", "probability of an accident"),
        (r"\brobust (?:standard deviations?|spreads?)\b", "typical spreads"),
        (r"\bGini mean difference\b", "typical distance between two rows"),
        (r"\bROC AUC\b(?! \()", "ROC AUC (how often the right one of a pair ranks first)"),
        (r"\bof its part in what columns earn\b", "of its part in what makes answers better (1 would be all of it)"),
        (r"\bpositive rows\b", "rows whose truth is yes"),
        (r"\b(?:selection_rate|selection rate)\b", "share that gets the decision"),
        (r"\bfalse[_ ]negative[_ ]rate\b", "share that is missed"),
        (r"\bfalse[_ ]positive[_ ]rate\b", "share that gets it without cause"),
        (r"\btrue[_ ]positive[_ ]rate\b", "share that is found"),
        (r"\(predictive parity, calibration\)", "(a yes that holds as often for everyone)"),
        (
            r"\bOf 100 rows the model calls positive, ([\d.]+) are\b",
            r"Of 100 rows to which the model says yes, \1 are truly yes",
        ),
        (r"\bfalse positives\b", "false alarms"),
        (r"\bfalse negatives\b", "missed true cases"),
        (r" \(columns that follow it can be named:[^()]*\)", ""),
        (r"[\d,]+ of [\d,]+ rows, drawn at random: where shifts differ[^.]*?\d\.\d+ at [\d.]+ %\. ?", ""),
        (r"; of each change those whose cells really change\b", ""),
        (r", of which [\d.e-]+ counts\b", ""),
        # Who is spoken of.
        (r"(?:(?<=^)|(?<=[.:!?] ))[Tt]he candidate\b", "The model"),
        (r"\b[Tt]he candidate\b", "the model"),
        (r"\bthe challenger\b", "a second model, made to compare with,"),
        (r"\bThe baseline\b", "The model in use now"),
        (r"\b(?:the|a) baseline\b", "the model in use now"),
        # Where a counterexample is kept is for engineers: report.html tells it.
        (r" Kept in \S+\.json\b\.?", ""),
    )
)
"""Patterns with their words, applied in this order; each is a whole phrase with one everyday meaning."""
