"""``[slices]`` from TOML: names for parts of the rows, and which names a gate's id may carry."""

from __future__ import annotations

from collections.abc import Collection

from modelcheck.config.fields import Fields, kind_of
from modelcheck.config.toml_text import shorten, toml_value

__all__ = ["name_problem", "read_slices"]

_LONGEST = 200


def name_problem(name: str) -> str:
    """Return why `name` can't stand in a gate's id; empty when it can.

    Parameters
    ----------
    name : str
        Name of a slice or of a protected attribute.

    Examples
    --------
    >>> name_problem("65+"), name_problem("age [years]")
    ('', 'it holds "["')
    """
    if not name.strip() or name != name.strip():
        return "it is empty, or begins or ends with a space"
    if len(name) > _LONGEST:
        return f"it has {len(name):,} characters, at most {_LONGEST} are allowed"
    if "::" in name or name[0] == ":":
        return "it holds `::` or begins with a colon"
    bad = next((character for character in name if character in "[]" or not character.isprintable()), None)
    return f"it holds {toml_value(bad)}" if bad is not None else ""


def read_slices(fields: Fields, *, taken: Collection[str]) -> dict[str, str]:
    """Read the declared slices.

    Parameters
    ----------
    fields : Fields
        The table; mistakes are noted there.
    taken : collection of str
        Names that protected attributes already have.

    Returns
    -------
    dict of str to str
        Name to condition. A slice with a mistake in its condition is there too, so that gates which
        name it are not called wrong as well.
    """
    from modelcheck.conditions import ConditionError, parse_condition

    slices: dict[str, str] = {}
    for name, value in fields.values.items():
        problem = name_problem(name)
        if problem:
            fields.wrong(name, f"can't be a slice's name: {problem}.")
        if name in taken:
            fields.wrong(name, "is a protected attribute's name already; choose another name for this slice.")
        if not isinstance(value, str):
            fields.wrong(name, f'must be a condition in text, e.g. "age >= 65", not {kind_of(value)}.')
        else:
            try:
                parse_condition(value)
            except ConditionError as error:
                # The error draws a caret under the place; one line is kept here, the value stands before it.
                text = " ".join(str(error).splitlines()[0].split())
                fields.wrong(name, f"is no condition: {shorten(text, 300)}", 'Write for example "age >= 65".')
        slices[name] = value if isinstance(value, str) else ""
    return slices
