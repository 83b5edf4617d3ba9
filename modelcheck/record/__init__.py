"""The versioned record of a run, and how it is written and read."""

from __future__ import annotations

from modelcheck.record.schema import GateRecord, Record, RunVerdict
from modelcheck.record.store import read_record, write_record

__all__ = ["GateRecord", "Record", "RunVerdict", "read_record", "write_record"]
