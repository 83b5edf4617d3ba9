"""Columns whose names say that they may hold a protected attribute: English, German, French and Spanish words."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["looks_protected"]

# What these words mean doesn't depend on where in a name they stand.
_ANYWHERE = frozenset(
    (
        *("gender", "ethnicity", "ethnic", "religion", "religious", "creed", "disability", "disabled", "handicap"),
        *("nationality", "citizenship", "marital", "pregnancy", "pregnant", "hispanic", "latino", "veteran", "caste"),
        *("dob", "birthdate", "birthday", "birthyear", "birthplace", "ancestry", "transgender"),
        *("geschlecht", "ethnie", "hautfarbe", "konfession", "religionszugehorigkeit", "behinderung", "behindert"),
        *("schwerbehindert", "schwerbehinderung", "nationalitat", "nationalitaet", "staatsangehorigkeit", "anrede"),
        *("staatsangehoerigkeit", "staatsburgerschaft", "staatsbuergerschaft", "familienstand", "geburtsdatum"),
        *("geburtsjahr", "geburtsort", "geburtsland", "schwangerschaft", "schwanger", "verheiratet"),
        *("handicape", "nationalite", "citoyennete", "naissance", "matrimoniale", "grossesse"),
        *("etnia", "raza", "discapacidad", "minusvalia", "nacionalidad", "ciudadania", "nacimiento", "embarazo"),
    )
)
# These mean something else in front of another word (race time), or behind one (house age).
_LAST = frozenset(("sex", "race", "age", "male", "female", "origin"))
_LAST |= frozenset(("rasse", "alter", "herkunft", "sexe", "genre", "origine", "sexo", "genero", "edad", "origen"))
_AGES = frozenset(("age", "alter", "edad"))
_PHRASES = (
    *(("native", "country"), ("country", "of", "birth"), ("date", "of", "birth"), ("year", "of", "birth")),
    *(("birth", "date"), ("birth", "year"), ("birth", "country"), ("national", "origin"), ("sexual", "orientation")),
    *(("marriage", "status"), ("skin", "color"), ("skin", "colour"), ("etat", "civil"), ("estado", "civil")),
    *(("situation", "familiale"), ("sex", "at", "birth"), ("age", "at")),
)
# One column of an attribute that was spread over several.
_SPREAD = {
    "sex": ("male", "female", "m", "f"),
    "race": ("white", "black", "asian", "hispanic", "caucasian", "african", "amer", "native", "indian", "other"),
}
_CODINGS = frozenset(
    (
        *(
            "code",
            "coded",
            "cat",
            "category",
            "group",
            "grp",
            "band",
            "bucket",
            "bin",
            "range",
            "label",
            "desc",
            "name",
        ),
        *("years", "yrs", "year", "id", "gruppe", "klasse", "jahre", "groupe", "ans", "grupo", "anos"),
    )
)
_THINGS = frozenset(
    (
        *("housing", "house", "home", "building", "property", "vehicle", "car", "account", "loan", "credit", "policy"),
        *("company", "firm", "equipment", "machine", "item", "product", "device", "site", "domain", "page", "battery"),
        *("median", "mean", "average", "avg", "min", "max", "std", "total", "haus", "gebaude", "auto", "konto"),
    )
)


def looks_protected(name: str) -> bool:
    """Return whether a column's name says that it may hold a protected attribute.

    Parameters
    ----------
    name : str
        Of a column: ``age_group``, ``MaritalStatus``, ``Geschlecht``, ``date-of-birth``.

    Returns
    -------
    bool
        A hint for people, no more: a column of any name may stand for a protected attribute.

    Examples
    --------
    >>> [looks_protected(name) for name in ("sex", "MaritalStatus", "âge", "Staatsangehörigkeit", "estado_civil")]
    [True, True, True, True, True]
    >>> [looks_protected(name) for name in ("housing_median_age", "race_time", "message", "usage", "sector")]
    [False, False, False, False, False]
    """
    words = _words(name)
    while words and (words[-1] in _CODINGS or words[-1].isdigit()):
        words.pop()
    if not words:
        return False
    if any(word in _ANYWHERE for word in words) or any(_within(phrase, words) for phrase in _PHRASES):
        return True
    if len(words) > 1 and words[1] in _SPREAD.get(words[0], ()):
        return True
    if words[-1] in _AGES and _THINGS & set(words):
        return False
    return words[-1] in _LAST


def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", name)
    plain = "".join(part for part in plain if not unicodedata.combining(part))
    plain = re.sub(r"([a-z])([A-Z])", r"\1 \2", plain)
    return re.findall(r"[a-z]+|[0-9]+", plain.lower())


def _within(phrase: tuple[str, ...], words: list[str]) -> bool:
    last = len(words) - len(phrase)
    return any(tuple(words[place : place + len(phrase)]) == phrase for place in range(last + 1))
