"""Weak slices: which conjunctions of conditions lose most, and whether that is more than chance."""

from modelcheck.slices.axes import Feature
from modelcheck.slices.find import find
from modelcheck.slices.result import SearchResult, WeakSlice

__all__ = ["Feature", "SearchResult", "WeakSlice", "find"]
