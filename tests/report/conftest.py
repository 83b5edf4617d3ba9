"""Realistic records: what the pages have to show on a good day, on a bad day, and on a hostile one."""

import math
import os
import shutil
from pathlib import Path

import pytest

from modelcheck.record.evidence import Burden, Chart, Criterion, Estimate, Finding, Severity, Table, Verdict
from modelcheck.record.schema import GateRecord, Record, RunVerdict

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "]]></style></title><svg onload=alert(1)>",
    "{{ 7 * 7 }} {% raw %}",
    "line one\nline two\r\n\ttabbed",
    "\x1b[31mred\x1b[0m\x07\x9b2J",
    "[bold red]markup[/bold red] [link=https://evil.example]x[/link]",
    "https://evil.example/x www.evil.example @someone #1",
    "\u202eevil\u202c \u05e2\u05d1\u05e8\u05d9\u05ea",
    "\U0001f469\u200d\U0001f4bb \u4f60\u597d \ud800 lone",
    "`code` *bold* _it_ | pipe | ``` fence [a](javascript:alert(1))",
    "x" * 10_000,
    "",
    '\\backslash " + alert(1) + "',
)


def estimate(metric, value, half, n=8001, **more):
    defaults = {"low": value - half, "high": value + half, "confidence": 0.95, "method": "Wilson score"}
    return Estimate(metric=metric, value=value, n=n, **(defaults | more))


def roc(name="roc", steps=120):
    rows = [
        {"x": i / steps, "y": (i / steps) ** power, "series": series}
        for series, power in (("candidate", 0.35), ("baseline", 0.5))
        for i in range(steps + 1)
    ]
    return Chart(
        name=name,
        kind="line",
        title="ROC curve",
        x="False positive rate",
        y="True positive rate",
        reading="At a false positive rate of 10 % the candidate finds 45 % of the positives, the baseline 32 %.",
        data=tuple(rows),
        reference={"diagonal": True},
    )


def confusion():
    cells = [("0", "0", 5210, 0.92), ("0", "1", 452, 0.08), ("1", "0", 1240, 0.53), ("1", "1", 1099, 0.47)]
    return Chart(
        name="confusion",
        kind="matrix",
        title="Confusion matrix",
        x="Predicted",
        y="Observed",
        reading="Of 2,339 observed positives the model finds 1,099 (47 %).",
        data=tuple({"row": r, "column": c, "count": k, "share": s} for r, c, k, s in cells),
    )


def groups_forest(limit=0.6):
    rows = [
        {"label": "physlm=no", "value": 0.71, "low": 0.69, "high": 0.73, "n": 7102},
        {"label": "physlm=yes", "value": 0.58, "low": 0.53, "high": 0.63, "n": 899},
        {"label": "(missing)", "value": 0.66, "low": None, "high": None, "n": 12},
    ]
    return Chart(
        name="by physlm",
        kind="forest",
        title="ROC AUC by physlm",
        x="ROC AUC",
        reading="The model ranks rows with a limitation worse: 0.58 against 0.71.",
        data=tuple(rows),
        reference={"limit": limit},
    )


def residuals():
    rows = [
        {"x": 60.0 + 12 * i, "y": 18 * math.sin(i) + (j - 2) * 25, "count": 1 + (i * j) % 9}
        for i in range(20)
        for j in range(5)
    ]
    return Chart(
        name="residuals",
        kind="scatter",
        title="Residuals by prediction",
        x="Predicted",
        y="Observed minus predicted",
        reading="The spread grows with the prediction.",
        data=tuple(rows),
        reference={"zero": True},
    )


def score_histogram():
    rows = [
        {"low": i / 20, "high": (i + 1) / 20, "count": 900 * math.exp(-((i - centre) ** 2) / 18), "series": series}
        for series, centre in (("observed 0", 4), ("observed 1", 11))
        for i in range(20)
    ]
    return Chart(
        name="scores",
        kind="histogram",
        title="Scores by observed class",
        x="Score",
        y="Rows",
        reading="The two classes overlap between 0.2 and 0.6.",
        data=tuple(rows),
        reference={"limit": 0.5},
    )


def by_group_table(metric="roc_auc"):
    return Table(
        name="by physlm",
        columns=("group", "n", "value", "low", "high", "method"),
        rows=(
            ("physlm=no", 7102, 0.7123, 0.6911, 0.7335, "DeLong"),
            ("physlm=yes", 899, 0.5811, 0.5320, 0.6302, "DeLong"),
            ("(missing)", 12, 0.6612, None, None, "too few positives (3, about 10 needed)"),
        ),
        note="Groups too small for an interval are shown, never dropped.",
    )


def gate(id_, title, verdict=None, severity=Severity.INFO, **more):
    suite, check, *rest = id_.split("::")
    return GateRecord(
        id=id_,
        suite=suite,
        check=check,
        slice=rest[0] if rest else None,
        title=title,
        severity=severity,
        verdict=verdict,
        **({"duration_s": 0.0421, "predicted_rows": 8001} | more),
    )


ADVICE = (
    "rerun:  pytest --modelcheck --modelcheck-profile dev 'checks/visits/modelcheck.toml::performance::recall'",
    'accept: [gates."performance.recall"] min = 0.46',
    'waive:  [[waivers]] gate = "performance::recall", reason = "...", owner = "...", expires = YYYY-MM-DD',
)


def _provenance(rows=8001):
    return {
        "run": {
            "id": "6f1c2a90",
            "started": "2026-11-21T03:00:00+00:00",
            "duration_s": 12.4,
            "profile": "ci",
            "seed": 0,
            "command": "pytest --modelcheck",
            "versions": {"modelcheck": "0.1.0", "python": "3.11.9", "numpy": "2.4.1"},
            "git": {"commit": "4f0a9c1", "dirty": False},
            "looks": 3,
            "declared_alpha": 0.075,
        },
        "candidate": {
            "source": "checks/visits/candidate.skops",
            "sha256": "ab" * 32,
            "task": "binary",
            "class": "HistGradientBoostingClassifier",
            "classes": [0, 1],
        },
        "baseline": {"source": "checks/visits/baseline.skops", "sha256": "cd" * 32, "class": "LogisticRegression"},
        "dataset": {
            "name": "holdout.parquet",
            "sha256": "ef" * 32,
            "rows": rows,
            "target": "frequent",
            "positive": "1",
            "columns": [
                {
                    "name": "frequent",
                    "role": "target",
                    "kind": "boolean",
                    "reason": "declared as target",
                    "declared": True,
                    "distinct": 2,
                    "missing_share": 0.0,
                },
                {
                    "name": "physlm",
                    "role": "feature",
                    "kind": "number",
                    "reason": "float with 41 distinct values",
                    "declared": False,
                    "distinct": 41,
                    "missing_share": 0.0,
                },
                {
                    "name": "disea",
                    "role": "feature",
                    "kind": "number",
                    "reason": "float with 58 distinct values",
                    "declared": False,
                    "distinct": 58,
                    "missing_share": 0.0213,
                },
            ],
            "notes": ["labels 0/1 of the table were matched to the model's classes 0/1"],
        },
        "reference": {"name": "train.parquet", "sha256": "01" * 32, "rows": 12189},
    }


def blocked_record():
    """A binary candidate that fails, warns, is undecided, crashed, waived, and holds."""
    auc = estimate("roc_auc", 0.6732, 0.021, method="DeLong", clusters=1104)
    gates = (
        gate(
            "performance::roc_auc",
            "ROC AUC",
            Verdict.PASS,
            Severity.BLOCKING,
            estimate=auc,
            criterion=Criterion(min=0.62, reason="what the triage team can work with"),
            baseline=estimate("roc_auc", 0.655, 0.022, method="DeLong"),
            charts=(roc(), groups_forest()),
            tables=(by_group_table(),),
            reason="0.673 (95 % interval 0.652 to 0.694, n 8,001, 1,104 clusters) keeps the minimum 0.62.",
            reading="Of 100 pairs of visitors the model ranks 67 rightly (95 % interval 65 to 69).",
        ),
        gate(
            "performance::better_than_trivial",
            "Better than a constant and a one-feature stump",
            Verdict.PASS,
            Severity.BLOCKING,
            estimate=estimate("roc_auc", 0.062, 0.031, confidence=0.996),
            criterion=Criterion(min=0.0, burden=Burden.COMPLIANCE, confidence=0.996),
            reason="all of the interval is above 0.",
            reading="A stump on disea reaches 0.61, the model 0.67.",
        ),
        gate(
            "performance::recall",
            "Recall",
            Verdict.FAIL,
            Severity.BLOCKING,
            estimate=estimate("recall", 0.4699, 0.0202, n=2339),
            criterion=Criterion(min=0.6),
            advice=ADVICE,
            charts=(confusion(),),
            predicted_rows=0,
            reason="0.470 (95 % interval 0.450 to 0.490, n 2,339) breaks the minimum 0.6: all of it lies beyond.",
            reading="Of 100 frequent visitors the model finds 47 (95 % interval 45 to 49).",
        ),
        gate(
            "performance::roc_auc::physlm",
            "ROC AUC in physlm",
            Verdict.FAIL,
            Severity.BLOCKING,
            estimate=estimate("roc_auc", 0.58, 0.05, n=899, method="DeLong"),
            criterion=Criterion(min=0.65),
            advice=ADVICE[:1],
            groups={
                "no": estimate("roc_auc", 0.71, 0.02, n=7102),
                "yes": estimate("roc_auc", 0.58, 0.05, n=899),
                "(missing)": estimate(
                    "roc_auc",
                    0.66,
                    0.0,
                    n=12,
                    low=None,
                    high=None,
                    unproven="3 positives, the method needs 10",
                    n_needed=40,
                ),
            },
            reason="1 of 3 groups. yes: 0.58 (95 % interval 0.53 to 0.63, n 899) breaks the minimum 0.65.",
            findings=(
                Finding(
                    title="Rows with a physical limitation are ranked worse",
                    slice="physlm = yes",
                    n=899,
                    effect=-0.13,
                    low=-0.18,
                    high=-0.08,
                    p_adjusted=0.0004,
                    severity=Severity.BLOCKING,
                    examples=({"row": 17, "physlm": 1.0, "score": 0.12}, {"row": 41, "physlm": 1.0, "score": 0.08}),
                    reproduce="pytest --modelcheck -k physlm",
                ),
            ),
        ),
        gate(
            "performance::precision",
            "Precision",
            Verdict.INCONCLUSIVE,
            Severity.BLOCKING,
            estimate=estimate("precision", 0.7086, 0.028, n=1551),
            criterion=Criterion(min=0.72),
            advice=ADVICE[:1],
            reason="0.709 (95 % interval 0.681 to 0.737, n 1,551) misses the minimum 0.72, but that isn't proved. "
            "About 9,400 rows would decide this (here: 1,551).",
        ),
        gate(
            "performance::brier_score",
            "Brier score",
            Verdict.FAIL,
            Severity.WARNING,
            estimate=estimate("brier_score", 0.181, 0.006),
            criterion=Criterion(max=0.17),
            advice=ADVICE[:1],
            charts=(score_histogram(),),
            reason="0.181 breaks the maximum 0.17.",
        ),
        gate(
            "performance::f1",
            "F1",
            Verdict.WAIVED,
            Severity.BLOCKING,
            estimate=estimate("f1", 0.565, 0.02),
            criterion=Criterion(min=0.6),
            reason="accepted until 2027-01-31 by risk team: labels under repair, ticket 812. Measured: 0.565.",
        ),
        gate(
            "performance::log_loss",
            "Log loss",
            Verdict.ERROR,
            Severity.WARNING,
            advice=ADVICE[:1],
            reason="the check raised ZeroDivisionError: division by zero (in log_loss, line 41)",
        ),
        gate(
            "performance::regression.roc_auc",
            "ROC AUC against the baseline",
            Verdict.NOT_APPLICABLE,
            Severity.BLOCKING,
            reason="first run, no baseline: nothing to compare with yet",
        ),
        gate("bias::parity", "Demographic parity", Verdict.NOT_RUN, Severity.WARNING, reason="deselected by -k"),
        gate(
            "performance::accuracy",
            "Accuracy",
            estimate=estimate("accuracy", 0.7885, 0.0089),
            charts=(confusion(),),
            tables=(by_group_table("accuracy"),),
            reading="Of 100 decisions 79 are right (95 % interval 78 to 80).",
        ),
        gate(
            "performance::average_precision", "Average precision", estimate=estimate("average_precision", 0.5512, 0.024)
        ),
    )
    return Record(name="visits", verdict=RunVerdict.BLOCKED, gates=gates, **_provenance())


def regression_record():
    """A regression whose gates hold."""
    gates = (
        gate(
            "performance::root_mean_squared_error",
            "Root mean squared error",
            Verdict.PASS,
            Severity.BLOCKING,
            estimate=estimate("root_mean_squared_error", 54.3, 5.1, n=133, method="linearised"),
            criterion=Criterion(max=65),
            charts=(residuals(), score_histogram()),
            reason="54.3 (95 % interval 49.2 to 59.4, n 133) keeps the maximum 65: the whole interval does.",
            reading="A prediction is typically 54 points off.",
        ),
        gate("performance::r2", "R2", estimate=estimate("r2", 0.47, 0.12, n=133)),
        gate(
            "performance::mean_bias",
            "Mean bias (predicted minus observed)",
            estimate=estimate("mean_bias", -0.4, 9.1, n=133),
        ),
    )
    return Record(name="diabetes", verdict=RunVerdict.PROMOTED, gates=gates, **(_provenance(133) | {"baseline": None}))


def incomplete_record():
    """A run that was cut short."""
    gates = (
        gate("performance::roc_auc", "ROC AUC", Verdict.NOT_RUN, Severity.BLOCKING, reason="deselected by -k recall"),
        gate(
            "performance::recall",
            "Recall",
            Verdict.PASS,
            Severity.BLOCKING,
            estimate=estimate("recall", 0.7, 0.02),
            criterion=Criterion(min=0.6),
            reason="keeps the minimum 0.6.",
        ),
    )
    return Record(name="partial", verdict=RunVerdict.INCOMPLETE, gates=gates, **_provenance())


def empty_record():
    """A run in which nothing was judged and little is known."""
    return Record(name="empty", verdict=RunVerdict.NO_GATES, run={}, candidate={}, dataset={}, gates=())


def hostile_record():
    """Every text that a model, a table or a configuration can bring in is an attack."""
    gates = []
    for place, text in enumerate(HOSTILE):
        verdict = list(Verdict)[place % len(Verdict)]
        table = Table(name=text, columns=(text, "value"), rows=((text, float("nan")), (text, math.inf)), note=text)
        charts = (
            (
                Chart(
                    name=text,
                    kind="forest",
                    title=text,
                    x=text,
                    y=text,
                    reading=text,
                    data=tuple({"label": t, "value": 0.5, "low": 0.4, "high": 0.6, "n": 5} for t in (text, text + "b")),
                ),
                Chart(
                    name=f"{text}2",
                    kind="line",
                    title=text,
                    x=text,
                    y=text,
                    reading=text,
                    data=tuple({"x": x / 4, "y": x / 4, "series": s} for s in (text, "other") for x in range(5)),
                ),
                Chart(
                    name=f"{text}3",
                    kind="matrix",
                    title=text,
                    x=text,
                    y=text,
                    reading=text,
                    data=tuple(
                        {"row": a, "column": b, "count": 3, "share": 0.5} for a in (text, "o") for b in (text, "o")
                    ),
                ),
                Chart(name=f"{text}4", kind=text, title=text, data=({text: text},), reference={text: text}),
            )
            if place % 2 == 0 or place == len(HOSTILE) - 1
            else ()
        )
        finding = Finding(title=text, slice=text, n=3, examples=({text: text},), reproduce=text)
        measured = estimate(text, 0.5, 0.1, method=text, unproven=text)
        gates.append(
            GateRecord(
                id=f"suite{place}::{text}::{text}",
                suite=text,
                check=text,
                slice=text,
                title=text,
                verdict=verdict,
                severity=Severity.BLOCKING,
                reason=text,
                estimate=measured,
                criterion=Criterion(min=0.9, reason=text),
                baseline=measured,
                groups={text: measured},
                findings=(finding,),
                tables=(table,),
                charts=charts,
                reading=text,
                advice=(f"rerun:  {text}", text),
                duration_s=math.nan,
            )
        )
    facts = {text: text for text in HOSTILE}
    dataset = {
        "name": HOSTILE[0],
        "rows": 10,
        "columns": [{"name": t, "role": t, "kind": t, "reason": t} for t in HOSTILE],
        "notes": list(HOSTILE),
        **facts,
    }
    return Record(
        name=HOSTILE[0] + HOSTILE[6],
        verdict=RunVerdict.BLOCKED,
        gates=tuple(gates),
        run=facts | {"command": HOSTILE[1], "profile": HOSTILE[2], "duration_s": math.inf},
        candidate=facts,
        baseline=facts,
        dataset=dataset,
        reference=facts,
    )


BUILDERS = {
    "blocked": blocked_record,
    "regression": regression_record,
    "incomplete": incomplete_record,
    "empty": empty_record,
    "hostile": hostile_record,
}


@pytest.fixture(scope="session", params=list(BUILDERS))
def record(request):
    """Each of the sample records in turn."""
    return BUILDERS[request.param]()


@pytest.fixture(scope="session")
def records():
    """All sample records by name."""
    return {name: build() for name, build in BUILDERS.items()}


@pytest.fixture(scope="session")
def blocked():
    return blocked_record()


@pytest.fixture(scope="session")
def hostile():
    return hostile_record()


@pytest.fixture(scope="session")
def hostile_strings():
    return HOSTILE


# ----------------------------------------------------------------------------------------------------------------------
# A real browser: Debian's chromium through Playwright, and axe-core where npm has brought it

_OPTIONS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
]  # fmt: skip
_PROGRAMS = ("chromium", "chromium-headless-shell", "google-chrome")


@pytest.fixture(scope="session")
def browser():
    """A browser; tests that need one are skipped with a plain reason where there is none."""
    reason = "the browser tests need playwright: pip install playwright"
    playwright = pytest.importorskip("playwright.sync_api", reason=reason)
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if program is None:
        pytest.skip("the browser tests need Debian's chromium: apt-get install chromium")
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=program, args=_OPTIONS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def axe():
    """The text of axe-core."""
    named = os.environ.get("AXE_CORE")
    path = Path(named) if named else Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
    if not path.is_file():
        pytest.skip("the accessibility tests need axe-core: npm install axe-core, or its axe.min.js in AXE_CORE")
    return path.read_text(encoding="utf-8")
