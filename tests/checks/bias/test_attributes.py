"""Who is in the data, and which columns look protected."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from modelcheck.checks.bias.attributes import attributes
from modelcheck.checks.bias.protected_names import looks_protected
from modelcheck.stats.rates import clopper_pearson


def told(context_of, rows, **more):
    return attributes(context_of("attributes", rows, **more))


def features(codes_of, *names):
    return codes_of({name: np.arange(2000) % 3 for name in names})


@pytest.mark.parametrize(
    "name",
    [
        *("sex", "Gender", "race", "ethnicity", "age", "age_group", "AgeYears", "religion", "disability_status"),
        *("nationality", "marital.status", "MaritalStatus", "native_country", "date_of_birth", "dob", "sex_male"),
        *("Geschlecht", "Alter", "Familienstand", "Staatsangehörigkeit", "Behinderung", "Geburtsdatum", "race_White"),
        *("sexe", "âge", "état civil", "situation_familiale", "handicap", "nationalité", "date de naissance"),
        *("sexo", "edad", "estado_civil", "género", "raza", "discapacidad", "fecha_nacimiento", "AGE"),
    ],
)
def test_names_of_protected_attributes_are_known(name):
    assert looks_protected(name)


@pytest.mark.parametrize(
    "name",
    [
        *("message", "usage", "page", "agent", "sector", "housing_median_age", "account_age", "race_time", "average"),
        *("income", "hours_per_week", "alternative", "sexton", "trace", "", "12", "group", "storage", "edadd"),
    ],
)
def test_names_that_only_look_alike_are_not(name):
    assert not looks_protected(name)


def test_groups_have_sizes_and_shares_of_dataset_and_reference(binary, context_of):
    found = told(context_of, binary, reference=binary.take(np.arange(500)))
    table = found.tables[0]
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert [(row["attribute"], row["group"]) for row in rows] == [
        *(("sex", "female"), ("sex", "male")),
        *(("race", "a"), ("race", "b"), ("race", "c")),
    ]
    sizes = np.bincount(binary.groups["race"].codes)
    before = np.bincount(binary.groups["race"].codes[:500])
    last = rows[-1]
    assert (last["rows"], last["share"]) == (sizes[2], sizes[2] / 2000)
    assert (last["low"], last["high"]) == clopper_pearson(sizes[2], 2000, 1 - 0.05 / 3)
    assert (last["reference rows"], last["reference share"]) == (before[2], before[2] / 500)
    assert found.estimate.value == sizes[2] / 2000
    assert "race: 3 groups, the smallest c with" in found.reading


def test_without_a_reference_only_the_dataset_is_told(binary, context_of):
    found = told(context_of, binary)
    assert all(row[6:8] == (None, None) for row in found.tables[0].rows)
    assert "no reference" in found.tables[0].note


def test_a_group_that_only_the_reference_has_is_shown(binary, context_of):
    found = told(context_of, binary.take(binary.groups["race"].codes != 2), reference=binary)
    row = next(one for one in found.tables[0].rows if one[:2] == ("race", "c"))
    assert row[2] == 0
    assert row[-1] == "not in the dataset"


def test_columns_that_look_protected_and_are_not_declared_are_named(binary, codes_of, context_of):
    rows = dataclasses.replace(
        binary,
        features=features(codes_of, "sex", "income", "marital_status", "gender_code", "age"),
        protected={"age": binary.groups["race"]},
    )
    found = told(context_of, rows, follows={"gender_code": "sex"})
    assert found.tables[1].rows == (("marital_status",),)
    assert "not declared: marital_status." in found.reading


def test_without_attributes_it_says_how_to_declare_them(binary, codes_of, context_of):
    rows = dataclasses.replace(binary, groups={}, features=features(codes_of, "gender", "income"))
    found = told(context_of, rows)
    assert 'protected = ["sex"' in found.not_applicable
    assert "not declared: gender." in found.not_applicable


def test_weights_count_in_the_shares(binary, context_of):
    weight = np.where(binary.groups["sex"].codes == 0, 3.0, 1.0)
    found = told(context_of, dataclasses.replace(binary, weight=weight))
    row = found.tables[0].rows[0]
    women = np.count_nonzero(binary.groups["sex"].codes == 0)
    assert row[2] == women
    assert row[3] == pytest.approx(3 * women / (3 * women + 2000 - women))
