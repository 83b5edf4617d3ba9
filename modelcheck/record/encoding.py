"""Evidence as plain JSON, with keys in a fixed order."""

from __future__ import annotations

from typing import Any

from modelcheck.record.evidence import Chart, Criterion, Estimate, Finding, Table
from modelcheck.record.plain import number, plain

__all__ = ["baseline_json", "chart_json", "criterion_json", "estimate_json", "finding_json", "table_json"]


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def estimate_json(estimate: Estimate) -> dict[str, Any]:
    """Return an estimate as JSON; infinite ends of an interval become null."""
    return {
        "metric": estimate.metric,
        "value": number(estimate.value),
        "low": number(estimate.low),
        "high": number(estimate.high),
        "confidence": number(estimate.confidence),
        "n": int(estimate.n),
        "clusters": _whole(estimate.clusters),
        "method": estimate.method,
        "resolution": number(estimate.resolution),
        "unproven": estimate.unproven,
        "n_needed": _whole(estimate.n_needed),
    }


def baseline_json(estimate: Estimate) -> dict[str, Any]:
    """Return a baseline's estimate as JSON: value, low and high first, then what is needed to trust them."""
    whole = estimate_json(estimate)
    first = {key: whole.pop(key) for key in ("value", "low", "high")}
    return first | whole


def criterion_json(criterion: Criterion) -> dict[str, Any]:
    """Return a criterion as JSON, with the error probability of one limit (`alpha`) spelled out."""
    return {
        "min": number(criterion.min),
        "max": number(criterion.max),
        "margin": number(criterion.margin),
        "burden": str(criterion.burden),
        # Rounded, because (1 - 0.95) / 2 is 0.025000000000000022 in binary.
        "alpha": round(float(criterion.alpha), 12),
        "confidence": number(criterion.confidence),
        "reason": criterion.reason,
        "resolution": number(criterion.resolution),
    }


def finding_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON."""
    return {
        "title": finding.title,
        "slice": finding.slice,
        "n": int(finding.n),
        "effect": number(finding.effect),
        "low": number(finding.low),
        "high": number(finding.high),
        "p_adjusted": number(finding.p_adjusted),
        "severity": str(finding.severity),
        "examples": [plain(example) for example in finding.examples],
        "reproduce": finding.reproduce,
    }


def table_json(table: Table) -> dict[str, Any]:
    """Return a table as JSON."""
    return {
        "name": table.name,
        "columns": [str(column) for column in table.columns],
        "rows": [plain(row) for row in table.rows],
        "note": table.note,
    }


def chart_json(chart: Chart) -> dict[str, Any]:
    """Return a chart as JSON: what it shows, not how."""
    return {
        "name": chart.name,
        "kind": chart.kind,
        "title": chart.title,
        "x": chart.x,
        "y": chart.y,
        "reading": chart.reading,
        "data": [plain(row) for row in chart.data],
        "reference": plain(chart.reference),
    }
