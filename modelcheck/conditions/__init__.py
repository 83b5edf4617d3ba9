"""The small grammar of slice conditions: parsed, never evaluated as code.

::

    condition  = all { "or" all }
    all        = one { "and" one }
    one        = "not" one | "(" condition ")" | comparison
    comparison = column operator value | value operator column
               | column [ "not" ] "in" "[" value { "," value } "]"
               | column "is" [ "not" ] "missing"
    operator   = "==" | "!=" | "<" | "<=" | ">" | ">="
    column     = a name | `any text, a backtick is written twice`
    value      = number | 'text' | "text" | true | false

A comparison with a missing value is false, also ``!=`` and ``not in``. ``not (a == 1)`` is true where ``a`` is missing.
"""

from __future__ import annotations

from modelcheck.conditions.parser import ConditionError, parse_condition
from modelcheck.conditions.query import pandas_query
from modelcheck.conditions.tree import And, Comparison, Condition, Membership, Missing, Not, Or, Value

__all__ = [
    "And",
    "Comparison",
    "Condition",
    "ConditionError",
    "Membership",
    "Missing",
    "Not",
    "Or",
    "Value",
    "pandas_query",
    "parse_condition",
]
