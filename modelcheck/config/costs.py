"""``[cost]`` from TOML: what wrong decisions cost."""

from __future__ import annotations

from modelcheck.config.fields import Fields
from modelcheck.config.tables import CostTable

__all__ = ["read_cost"]


def read_cost(fields: Fields, *, task: str | None) -> CostTable:
    """Read what a false positive and a false negative cost.

    Parameters
    ----------
    fields : Fields
        The table; mistakes are noted there.
    task : str or None
        The declared task; costs are for binary decisions.

    Returns
    -------
    CostTable
        Only meaningful when no mistake was noted.
    """
    costs = {key: fields.number(key, low=0.0) for key in ("fp", "fn")}
    for key, cost in costs.items():
        if cost is None and key not in fields.values:
            fields.wrong(key, "is missing; give both, in one unit: what a false positive and a false negative cost.")
    if task in ("multiclass", "regression"):
        fields.wrong("", f'is for binary decisions; the task here is "{task}".')
    if costs["fp"] == 0.0 and costs["fn"] == 0.0:
        fields.wrong("fp", "and `fn` are both 0, so no decision would cost anything; one must be above 0.")
    fields.close()
    return CostTable(fp=costs["fp"] or 0.0, fn=costs["fn"] or 0.0)
