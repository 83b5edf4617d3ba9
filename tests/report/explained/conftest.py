"""Records as the explainability suite leaves them: a real-looking one, a hostile one, a wide one, one decision."""
# ruff: noqa: E501

import math
from dataclasses import replace

import pytest

from modelcheck.record.evidence import Chart, Criterion, Estimate, Finding, Severity, Table, Verdict
from modelcheck.record.schema import GateRecord, Record, RunVerdict

# share, half its interval, what shuffling costs, half of that, effect, role
DRIVERS = {
    "disea": (0.41, 0.03, 0.0312, 0.0061, "higher raises", ""),
    "physlm": (0.19, 0.02, 0.0121, 0.0044, "higher raises", ""),
    "lpi": (0.13, 0.02, 0.0061, 0.0040, "both ways", ""),
    "fmde": (0.10, 0.02, 0.0007, 0.0020, "higher lowers", ""),
    "lncoins": (0.08, 0.01, 0.0051, 0.0030, "higher lowers", ""),
    "limitation": (0.05, 0.01, None, None, "", "protected"),
    "hlthp": (0.03, 0.01, 0.0016, 0.0012, "higher raises", ""),
    "zip": (0.01, 0.005, 0.0, 0.0004, "", "forbidden"),
}
COLUMNS = ("disea", "physlm", "lpi", "fmde", "lncoins", "hlthp")
ADVICE = ("rerun:  pytest --modelcheck 'modelcheck.toml::explainability::direction'",)


def estimate(metric, value, half, n=8082, **more):
    defaults = {"low": value - half, "high": value + half, "confidence": 0.95, "method": "bootstrap over rows"}
    return Estimate(metric=metric, value=value, n=n, **(defaults | more))


def gate(id_, title, verdict=None, severity=Severity.INFO, **more):
    suite, check, *rest = id_.split("::")
    defaults = {"slice": rest[0] if rest else None, "title": title, "verdict": verdict, "severity": severity}
    return GateRecord(id=id_, suite=suite, check=check, **(defaults | more))


def beeswarm(columns=COLUMNS, bins=31):
    rows = []
    for place, name in enumerate(columns):
        wide = 1.1 / (1 + place)
        for step in range(bins):
            at = (step / (bins - 1) - 0.5) * 2
            count = round(420 * math.exp(-((at * 3 - 0.6) ** 2)) / (1 + 0.2 * place))
            if count:
                level = None if name == "limitation" else (1 + at) / 2
                rows.append({"label": name, "x": wide * at, "count": count, "level": level})
    return Chart(
        name="beeswarm",
        kind="beeswarm",
        title="What moves the score, column by column",
        x="moves the score down or up",
        reading="High values of disea raise the score, low ones lower it.",
        data=tuple(rows),
    )


def shares(drivers=DRIVERS):
    data = tuple({"label": k, "value": v[0], "low": v[0] - v[1], "high": v[0] + v[1]} for k, v in drivers.items())
    return Chart(
        name="shares", kind="forest", title="Share of each column", x="share of what moves the score", data=data
    )


def dependence_of(name, place=0):
    curve = []
    for step in range(25):
        x = 58 * step / 24
        y = 0.12 + 0.35 / (1 + math.exp(-(x - 18) / (5 + place)))
        curve.append(
            {"part": "curve", "x": x, "y": y, "low": y - 0.06, "high": y + 0.09, "ale": y + 0.01 * math.sin(x)}
        )
    density = [
        {"part": "density", "low": 58 * k / 20, "high": 58 * (k + 1) / 20, "count": round(900 * math.exp(-k / 4))}
        for k in range(20)
    ]
    return Chart(
        name=f"dependence {name}",
        kind="dependence",
        title=f"The score against {name}",
        x=name,
        y="score",
        reading=f"The average score rises from 0.13 to 0.47 over the range of {name}.",
        data=(*curve, *density),
        reference={"limit": 0.2},
    )


def dependence_of_categories(name):
    rows = [("limited", 0.31, 0.27, 0.36, 914), ("not limited", 0.2, 0.18, 0.21, 7168)]
    data = tuple({"part": "level", "label": a, "y": y, "low": lo, "high": hi, "count": n} for a, y, lo, hi, n in rows)
    return Chart(
        name=f"dependence {name}", kind="dependence", title=f"The score by {name}", x=name, y="score", data=data
    )


def waterfall(
    number=1, steps=(("disea = 31", 0.22), ("physlm = 1", 0.11), ("lncoins = 4.6", -0.05), ("lpi = 6", 0.02))
):
    at, rows = 0.2, [{"label": "typical", "value": None, "start": None, "end": 0.2}]
    for label, value in steps:
        rows.append({"label": label, "value": value, "start": at, "end": at + value})
        at += value
    rows.append({"label": "this row", "value": None, "start": None, "end": at})
    return Chart(
        name=f"example {number}",
        kind="waterfall",
        title=f"How the score of example {number} comes about",
        x="score",
        reading="disea = 31 raises the score most, by 0.22.",
        data=tuple(rows),
        reference={"limit": 0.2},
    )


def example_tables(number=1):
    return (
        Table(
            name=f"example {number}",
            columns=("column", "value", "contribution", "typical"),
            rows=(("disea", 31.0, 0.22, 11.2), ("physlm", 1, 0.11, 0), ("lncoins", 4.6, -0.05, 2.4)),
        ),
        Table(
            name=f"similar to example {number}",
            columns=("row", "distance", "truth", "decided", "disea"),
            rows=((17, 0.12, "0", "1", 30.1), (912, 0.2, "1", "1", 33.0)),
        ),
    )


def examples_gate(count=2):
    why = ("the worst error", "closest to the threshold", "got worse than with the model in use")
    rows = tuple(
        (k, 4100 + k, why[(k - 1) % 3], "1", 0.5, "0", "It would be decided 0 with disea at most 9.9 instead of 31.")
        for k in range(1, count + 1)
    )
    columns = ("example", "row", "why", "decided", "score", "truth", "what would change it")
    tables = [Table(name="decisions", columns=columns, rows=rows)]
    for number in range(1, count + 1):
        tables += example_tables(number)
    return gate(
        "explainability::examples",
        "Single decisions explained",
        estimate=estimate("examples", float(count), 0.0, n=count, low=None, high=None),
        tables=tuple(tables),
        charts=tuple(waterfall(number) for number in range(1, count + 1)),
        reading=f"{count} decisions are explained.",
    )


def importance_gate(drivers=DRIVERS, charts=None):
    rows = tuple(
        (
            name, share, share - half, share + half, pays,
            None if pays is None else pays - more, None if pays is None else pays + more, effect, role,
        )
        for name, (share, half, pays, more, effect, role) in drivers.items()
    )  # fmt: skip
    columns = ("column", "share", "low", "high", "pays", "pays low", "pays high", "effect", "role")
    how = (
        ("explainer", "Tree (shap.TreeExplainer)"),
        ("scale", "log-odds"),
        ("background", "100 rows of the reference"),
        ("rows explained", "800 of 8,082"),
        ("share explained", "what each column adds to the score, without its sign, over all columns"),
    )
    return gate(
        "explainability::importance",
        "What drives the score",
        estimate=estimate("share", 0.41, 0.03, n=800),
        tables=(
            Table(name="drivers", columns=columns, rows=rows),
            Table(name="how it was explained", columns=("what", "value"), rows=how),
        ),
        charts=(beeswarm(), shares(drivers)) if charts is None else charts,
        reading="disea drives the score most, with 41 % of the mean |SHAP| value.",
    )


def explainability_gates(drivers=DRIVERS, charts=None, examples=2):
    limit = Criterion(max=0.05)
    columns = ("first", "second", "strength", "low", "high")
    pairs = Table(
        name="pairs",
        columns=columns,
        rows=(("disea", "physlm", 0.12, 0.08, 0.16), ("lpi", "fmde", 0.03, 0.01, 0.05)),
    )
    dependence = (
        *(dependence_of(name, place) for place, name in enumerate(COLUMNS)),
        dependence_of_categories("limitation"),
    )
    return (
        importance_gate(drivers, charts),
        gate("explainability::dependence", "Score against each column", estimate=estimate("n", 0.4, 0.1), charts=dependence),
        gate("explainability::interactions", "Pairs", estimate=estimate("strength", 0.12, 0.04, n=200), tables=(pairs,)),
        examples_gate(examples),
        gate(
            "explainability::forbidden", "Weight of forbidden columns", Verdict.PASS, Severity.BLOCKING,
            estimate=estimate("share", 0.01, 0.005, n=800), criterion=limit,
            reason="0.010 (95 % interval 0.005 to 0.015, n 800) keeps the maximum 0.05: the whole interval does.",
        ),
        gate(
            "explainability::dominance", "One column carries nearly everything", Verdict.PASS, Severity.WARNING,
            estimate=estimate("share", 0.41, 0.03, n=800), criterion=Criterion(max=0.8), reason="keeps the maximum 0.8.",
        ),
        gate(
            "explainability::direction", "Declared directions", Verdict.FAIL, Severity.BLOCKING,
            estimate=estimate("violations", 0.31, 0.05, n=400), criterion=limit, advice=ADVICE,
            reason="0.31 (95 % interval 0.26 to 0.36, n 400) breaks the maximum 0.05: all of it lies beyond.",
            reading="In 31 of 100 rows a higher disea lowers the score somewhere on its ICE curve (95 % interval 26 to 36).",
            findings=(Finding(title="A higher disea lowers the score", n=400, effect=0.31, low=0.26, high=0.36,
                              severity=Severity.BLOCKING),),
        ),
        gate("explainability::shift_from_baseline", "Reasons against the baseline", Verdict.NOT_APPLICABLE,
             Severity.WARNING, criterion=limit, reason="first run, no baseline: nothing to compare with yet"),
        gate("explainability::stability", "Stable reasons", Verdict.INCONCLUSIVE, Severity.WARNING,
             estimate=estimate("agreement", 0.88, 0.09, n=40), criterion=Criterion(min=0.8),
             reason="0.88 keeps the minimum 0.8, but the rows can't show it. About 400 rows would decide this."),
    )  # fmt: skip


def measures_tables(groups):
    sizes = tuple((label.partition(" = ")[2], one.n) for label, one in groups.items())
    rates = tuple(
        ("selection_rate", label.partition(" = ")[2], one.value, one.low, one.high, one.n)
        for label, one in groups.items()
    )
    return (
        Table(name="groups", columns=("group", "rows"), rows=sizes),
        Table(name="measures", columns=("measure", "group", "value", "low", "high", "n"), rows=rates),
    )


def other_gates():
    slow = Finding(
        title="Rows with a small fmde are decided wrongly more often",
        slice="fmde < 2.942",
        n=812,
        effect=0.338,
        low=0.127,
        high=0.549,
        p_adjusted=0.0003,
        severity=Severity.WARNING,
        examples=({"row": 17, "fmde": 1.2, "score": 0.12},),
        reproduce="frame.query('fmde < 2.942')",
    )
    groups = {
        "limitation = limited": estimate("selection_rate", 0.731, 0.08, n=914, confidence=0.975),
        "limitation = not limited": estimate("selection_rate", 0.379, 0.09, n=7168, confidence=0.975),
    }
    chart = Chart(
        name="selection_rate",
        kind="forest",
        title="Who gets the decision",
        x="selection rate",
        reading="From 0.379 (limitation = not limited) to 0.731 (limitation = limited).",
        data=tuple({"label": k, "value": e.value, "low": e.low, "high": e.high, "n": e.n} for k, e in groups.items()),
    )
    return (
        gate("performance::accuracy", "Accuracy", estimate=estimate("accuracy", 0.62, 0.05),
             reading="Of 100 rows the model decides 62 rightly (95 % interval 57 to 67)."),
        gate("performance::recall", "Recall", Verdict.PASS, Severity.BLOCKING,
             estimate=estimate("recall", 0.6, 0.07, n=1646), criterion=Criterion(min=0.5), reason="keeps the minimum 0.5.",
             reading="Of 100 positive rows the model finds 60 (95 % interval 53 to 67)."),
        gate("performance::weak_slices", "Weak slices", Verdict.FAIL, Severity.WARNING,
             estimate=estimate("loss", 0.08, 0.02, n=812), criterion=Criterion(max=0.05), reason="breaks 0.05.",
             findings=(slow,)),
        gate("bias::group_metrics::limitation", "Every group by every metric (limitation)", groups=groups,
             estimate=groups["limitation = limited"], charts=(chart,), tables=measures_tables(groups),
             reading="Of 100 people, 38 (97.5 % interval 29 to 48) are decided as 1 where limitation = not limited, "
             "73 (97.5 % interval 64 to 81) where limitation = limited."),
        gate("bias::demographic_parity_difference::limitation", "Demographic parity: difference (limitation)",
             Verdict.FAIL, Severity.WARNING, estimate=estimate("difference", 0.352, 0.112), criterion=Criterion(max=0.1),
             reason="0.352 breaks the maximum 0.1.",
             reading="Of 100 people, 38 where limitation = not limited and 73 where limitation = limited get the "
             "decision 1. Difference 0.352 (95 % interval 0.24 to 0.464)."),
        gate("bias::calibration_gap::limitation", "Promises that hold for every group (limitation)", Verdict.PASS,
             Severity.BLOCKING, estimate=estimate("gap", 0.01, 0.01), criterion=Criterion(max=0.1), reason="holds."),
        gate("bias::accuracy_difference::limitation", "Accuracy: difference (limitation)", Verdict.PASS,
             Severity.WARNING, estimate=estimate("difference", 0.12, 0.12, low=0.0, high=0.24),
             criterion=Criterion(max=0.1), reason="not proved.",
             reading="Of 100 people, 51 and 64 get the decision that is right."),
        gate("bias::counterfactual::limitation", "Only the protected entry (limitation)", Verdict.PASS,
             Severity.BLOCKING, estimate=estimate("mean_score_shift", 0.65, 0.08, n=3647),
             criterion=Criterion(max=0.8), reason="keeps.",
             reading="When only limitation is changed, the score moves by 0.65. The decision changes in 21 of 100 "
             "changes."),
        gate("robustness::crash", "No exception on plausible input", Verdict.PASS, Severity.BLOCKING,
             estimate=estimate("crashes", 0.0, 0.0, n=1077, low=0.0, high=0.003), criterion=Criterion(max=0.0),
             reason="None of 164 changes breaks it."),
        gate("robustness::unseen_category", "Loss by a category never seen", Verdict.NOT_APPLICABLE, Severity.WARNING,
             reason="no column holds categories."),
    )  # fmt: skip


def facts():
    roles = {"limitation": "protected", "zip": "forbidden", "disea": "monotonic increasing"}
    columns = [
        {"name": name, "role": "feature", "kind": "number", "distinct": 40, "missing_share": 0.0,
         "marks": [roles[name]] if name in roles else []}
        for name in DRIVERS
    ]  # fmt: skip
    return {
        "run": {"profile": "ci", "started": "2026-11-22T00:06:49+00:00", "task": "binary", "looks": 3},
        "candidate": {
            "name": "HistGradientBoostingClassifier", "source": "models/candidate.skops", "task": "binary",
            "classes": [0, 1], "feature_names": list(DRIVERS), "gives": "probability", "threshold": 0.2,
            "decides_by_probability": True,
        },
        "baseline": None,
        "dataset": {
            "name": "dataset", "path": "visits_data:holdout", "rows": 8082, "target": "frequent", "positive": "1",
            "classes": [{"label": 0, "rows": 6436}, {"label": 1, "rows": 1646}], "clusters": 1104, "columns": columns,
        },
        "reference": {"name": "reference", "path": "visits_data:training", "rows": 12108,
                      "classes": [{"label": 0, "rows": 9715}, {"label": 1, "rows": 2393}]},
    }  # fmt: skip


def visits_record(**more):
    gates = (*other_gates(), *explainability_gates())
    return Record(name="visits", verdict=RunVerdict.BLOCKED, gates=gates, **(facts() | more))


@pytest.fixture(scope="session")
def visits():
    return visits_record()


@pytest.fixture(scope="session")
def promoted():
    """Everything holds and nothing is declared protected."""
    gates = [
        replace(one, verdict=Verdict.PASS, findings=()) if one.verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE) else one
        for one in visits_record().gates
        if one.suite != "bias"
    ]
    known = facts()
    columns = [one | {"marks": []} for one in known["dataset"]["columns"]]
    return replace(
        visits_record(),
        verdict=RunVerdict.PROMOTED,
        gates=tuple(gates),
        dataset=known["dataset"] | {"columns": columns},
    )


@pytest.fixture(scope="session")
def wide():
    """500 columns, 40 examples."""
    drivers = {f"feature {k:03d}": (1 / 500, 0.0005, 0.001, 0.0005, "higher raises", "") for k in range(500)}
    charts = (beeswarm(tuple(drivers)), shares(drivers))
    gates = list(explainability_gates(drivers, charts, examples=40))
    gates[1] = replace(gates[1], charts=tuple(dependence_of(name) for name in drivers))
    findings = tuple(Finding(title=f"weak place {k}", slice=f"x = {k}", n=100 + k) for k in range(300))
    other = [replace(one, findings=findings) if one.check == "weak_slices" else one for one in other_gates()]
    return replace(visits_record(), gates=(*other, *gates))


@pytest.fixture(scope="session")
def one_decision():
    return replace(visits_record(), verdict=RunVerdict.NO_GATES, gates=(examples_gate(1),))


@pytest.fixture(scope="session")
def hostile_explained(hostile_strings):
    """Every name in the suite's evidence is an attack."""
    names = [text or "(empty)" for text in hostile_strings]
    drivers = {text: (1 / len(names), 0.01, 0.01, 0.005, text, text) for text in names}
    charts = (beeswarm(tuple(names)), shares(drivers))
    gates = list(explainability_gates(drivers, charts))
    gates[1] = replace(
        gates[1], charts=(*(dependence_of(text) for text in names[:4]), dependence_of_categories(names[0]))
    )
    decisions = Table(
        name="decisions",
        columns=("example", "row", "why", "decided", "score", "truth", "what would change it"),
        rows=tuple((k, text, text, text, 0.4, text, text) for k, text in enumerate(names, 1)),
    )
    similar = Table(name="similar to example 1", columns=("row", names[0]), rows=((names[1], names[2]),))
    values = Table(
        name="example 1",
        columns=("column", "value", "contribution", "typical"),
        rows=((names[0], names[1], 0.1, names[2]),),
    )
    gates[3] = replace(
        gates[3],
        tables=(decisions, values, similar),
        charts=(waterfall(1, tuple((text, 0.01) for text in names)),),
    )
    gates = [replace(one, reading=names[0], reason=names[1], title=names[0]) for one in gates]
    broken = [
        replace(
            one, reading=names[0], reason=names[3], title=names[0], slice=one.slice and names[1],
            findings=(Finding(title=names[0], slice=names[1], n=3, reproduce=names[2]),),
        )
        for one in other_gates()
    ]  # fmt: skip
    known = facts()
    known["candidate"] |= {"name": names[0], "classes": names, "feature_names": names}
    known["dataset"] |= {
        "target": names[0], "positive": names[1], "path": names[2], "classes": [{"label": names[0], "rows": 3}],
        "columns": [{"name": text, "role": "feature", "kind": text, "marks": [text]} for text in names],
    }  # fmt: skip
    return Record(name=names[0], verdict=RunVerdict.BLOCKED, gates=(*broken, *gates), **known)
