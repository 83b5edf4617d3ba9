import numpy as np
import pandas as pd
import pytest

from modelcheck.perturb.text import numbers_in_words, typos_in_words

KIND = {"t": "text"}
TEXTS = {"t": ["I paid 20 dollars, twice!", "déjà vu", "no  more", None, "plain"]}


@pytest.mark.parametrize(
    ("name", "after"),
    [
        ("text_upper_case", ["I PAID 20 DOLLARS, TWICE!", "DÉJÀ VU", "NO  MORE", "PLAIN"]),
        ("text_lower_case", ["i paid 20 dollars, twice!"]),
        ("text_punctuation_lost", ["I paid 20 dollars twice"]),
        ("text_punctuation_added", ["I paid 20 dollars, twice!!", "déjà vu.", "no  more.", "plain."]),
        ("text_doubled_spaces", ["I  paid  20  dollars,  twice!", "déjà  vu", "no    more"]),
        ("text_numbers_in_words", ["I paid twenty dollars, twice!"]),
        ("text_accents_lost", ["deja vu"]),
        ("text_accents_added", ["Í páid 20 dóllars, twíce!", "déjà vú", "nó  móre", "pláin"]),
        ("text_look_alikes", ["I \u0440\u0430id 20 d\u043ell\u0430rs, twi\u0441\u0435!", "déjà vu",
                              "n\u043e  m\u043er\u0435", "\u0440l\u0430in"]),
        ("text_invisible_characters", ["I \u200bpaid \u200b20 \u200bdollars, \u200btwice!", "déjà \u200bvu",
                                       "no \u200b \u200bmore"]),
    ],
)  # fmt: skip
def test_texts_change_as_it_says_and_missing_ones_stay(column, name, after):
    found = column(name, TEXTS, KIND)
    assert found == [one for one in after if one not in TEXTS["t"]]


@pytest.mark.parametrize("share", [0.02, 0.2, 1.0])
def test_the_share_of_words_has_a_typo(share):
    texts = ["some words of a text that goes on"] * 1_000
    found = typos_in_words(texts, share, np.random.default_rng(0))
    hits = [
        new != old
        for text, other in zip(texts, found, strict=True)
        for old, new in zip(text.split(" "), other.split(" "), strict=True)
    ]
    assert np.mean(hits) == pytest.approx(share, rel=0.15)


def test_white_space_survives_typos():
    assert typos_in_words(["  ", "", " a "], 0.0, np.random.default_rng(0)) == ["  ", "", " a "]
    assert typos_in_words([], 0.5, np.random.default_rng(0)) == []


def test_typos_change_some_texts_of_a_column(changed):
    rows = pd.DataFrame({"t": [f"text number {place} with seven words" for place in range(300)]})
    found = changed("text_typos", rows, KIND, severity=0.1)
    assert 0.3 < len(found.rows) / 300 < 0.7
    assert found.values["t"].tolist() == changed("text_typos", rows, KIND, severity=0.1).values["t"].tolist()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("0 7 10 19 20 99", "zero seven ten nineteen twenty ninety-nine"),
        ("at 21.", "at twenty-one."),
        ("3.5 or 1,000 or 2020-01-02 or A4 or 100", "3.5 or 1,000 or 2020-01-02 or A4 or 100"),
    ],
)
def test_small_numbers_are_spelled_out_and_others_stay(before, after):
    assert numbers_in_words(before) == after


def test_cells_that_are_lists_stay(changed):
    rows = pd.DataFrame({"t": [["a", "b"], ["c"]]})
    assert changed("text_upper_case", rows, KIND).rows.tolist() == []
