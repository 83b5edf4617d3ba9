"""Served models: rows go out over http or https, answers come back and are checked like any other model's."""

from __future__ import annotations

from modelcheck.models.http.loading import load_served

__all__ = ["load_served"]
