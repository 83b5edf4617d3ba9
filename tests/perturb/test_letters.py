import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.perturb.letters import LOOK_ALIKES, accented, doubled_space, look_alike, typo, unaccented


@given(st.text(min_size=1, max_size=12), st.integers(0, 2**32))
def test_a_typo_is_always_another_text_with_at_most_one_letter_more_or_less(text, seed):
    found = typo(text, np.random.default_rng(seed))
    assert found
    assert found != text
    assert abs(len(found) - len(text)) <= 1
    assert found == typo(text, np.random.default_rng(seed))


def test_typos_are_of_four_sorts():
    rng = np.random.default_rng(0)
    found = {typo("paper", rng) for _ in range(400)}
    assert {"apper", "aper", "ppaper", "oaper"} <= found


def test_typos_of_keys_keep_the_case():
    rng = np.random.default_rng(0)
    assert all(one.isupper() for one in (typo("PAPER", rng) for _ in range(100)))


def test_an_empty_text_has_no_typo():
    assert typo("", np.random.default_rng(0)) == ""


def test_accents_are_taken_off_and_put_on_once():
    assert unaccented("Élève ñ ü ß 中") == "Eleve n u ß 中"
    assert accented("rhythm and blues") == "rhythm ánd blues"
    assert accented("rhythm") == "rhythm"


@given(st.text(max_size=12))
def test_a_look_alike_changes_one_letter_at_most_and_to_one_outside_ascii(text):
    found = look_alike(text)
    changed = [(old, new) for old, new in zip(text, found, strict=True) if old != new]
    assert len(changed) <= 1
    assert all(old.isascii() and not new.isascii() for old, new in changed)
    assert bool(changed) == any(ord(letter) in LOOK_ALIKES for letter in text)


def test_every_space_is_doubled():
    assert doubled_space("a b  c") == "a  b    c"
