"""One module for each kind of model file; which of them loads a file follows from its content, never from its name."""

from __future__ import annotations

from modelcheck.models.adapters.registry import ADAPTERS, Adapter, adapter_of
from modelcheck.models.adapters.request import Loaded, LoadRequest

__all__ = ["ADAPTERS", "Adapter", "LoadRequest", "Loaded", "adapter_of"]
