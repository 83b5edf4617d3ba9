"""Kinds of model files that other packages bring, by the entry point group ``modelcheck.models``.

A package adds to its pyproject.toml ::

    [project.entry-points."modelcheck.models"]
    toy = "toy_models.gate:ADAPTER"

and promises what `ForeignAdapter` says. It is asked about files that modelcheck itself can't place, never about those
of a built-in format, so installing a package can't change who reads a pickle.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from modelcheck.errors import ModelError
from modelcheck.models.content import Content
from modelcheck.models.inspection import Inspection

__all__ = ["GROUP", "Foreign", "ForeignAdapter", "Offers", "foreign_adapters", "inspected_by", "recognised"]

GROUP = "modelcheck.models"
_HEAD = 4096
_ANSWERS = ("allowed", "refused", "not_analysable")


@runtime_checkable
class ForeignAdapter(Protocol):
    """What an entry point of the group gives: an object (an instance or a module) with these four.

    Attributes
    ----------
    title : str
        What a message calls such a file, e.g. ``Toy model``.
    formats : tuple of str
        Names of its own for what `inspect` finds; none of modelcheck's, none of another package's.
    """

    title: str
    formats: tuple[str, ...]

    def recognises(self, head: bytes, name: str) -> bool:
        """Whether a file is of its kind, by its first 4,096 bytes; the name is a hint only."""
        ...

    def inspect(self, content: Content) -> Inspection:
        """Look into the file without running or importing anything that it names.

        ``allowed`` promises that `load` runs no code that the file brings or names. Its `format` is one of `formats`.
        """
        ...

    def load(self, request: Any) -> Any:
        """Return a fitted object with scikit-learn's API, a `Model`, or a `Loaded`, from a `LoadRequest`.

        Called only after ``allowed``, in the worker where models are isolated. What it raises as `ModelError` reaches
        the user as it is.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """One entry point that keeps its promise as far as that can be seen.

    Attributes
    ----------
    name : str
        Of the entry point, with its package.
    adapter : ForeignAdapter
        What it gave.
    """

    name: str
    adapter: ForeignAdapter


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """What the installed packages offer.

    Attributes
    ----------
    adapters : tuple of Foreign
        Usable ones.
    broken : tuple of str
        A sentence for each that isn't.
    """

    adapters: tuple[Foreign, ...] = ()
    broken: tuple[str, ...] = field(default=())


def foreign_adapters(built_in: Iterable[str] = ()) -> Offers:
    """Return what other packages bring.

    Parameters
    ----------
    built_in : iterable of str
        Formats that belong to modelcheck.

    Returns
    -------
    Offers
        A broken entry point is told by name and leaves the others alone.

    Raises
    ------
    ModelError
        Two packages claim one format, or one of them claims a built-in one: which of them reads a file would be chance.
    """
    found: list[Foreign] = []
    broken: list[str] = []
    for point in sorted(importlib.metadata.entry_points(group=GROUP), key=lambda one: (one.name, one.value)):
        package = point.dist.name if point.dist is not None else "an unknown package"
        name = f"{point.name!r} of {package}"
        try:
            adapter = point.load()
        except (Exception, SystemExit) as error:
            broken.append(f"The adapter {name} ({point.value}) can't be imported: {type(error).__name__}: {error}.")
            continue
        lack = _lack(adapter)
        if lack:
            broken.append(f"The adapter {name} ({point.value}) {lack}.")
            continue
        found.append(Foreign(name=name, adapter=adapter))
    _refuse_clash(found, set(built_in))
    return Offers(adapters=tuple(found), broken=tuple(broken))


def recognised(content: Content, offers: Offers) -> Foreign | None:
    """Return the one adapter that recognises a file; None where none does.

    Raises
    ------
    ModelError
        Several do, or one of them raises.
    """
    with content.open() as stream:
        head = stream.read(_HEAD)
    claims = []
    for one in offers.adapters:
        try:
            if one.adapter.recognises(head, content.name) is True:
                claims.append(one)
        except Exception as error:
            raise ModelError(
                f"The adapter {one.name} raised {type(error).__name__} when asked about {content.name}: {error}. Tell "
                "its authors, or uninstall it."
            ) from error
    if len(claims) > 1:
        names = ", ".join(one.name for one in claims)
        raise ModelError(
            f"The model file {content.name} is claimed by {len(claims)} adapters: {names}. "
            "Uninstall all but one of these packages."
        )
    return claims[0] if claims else None


def inspected_by(one: Foreign, content: Content) -> Inspection:
    """Return what an adapter's own look says of a file that it recognises, if that look keeps its form.

    Raises
    ------
    ModelError
        It raises, or gives no `Inspection` of one of its formats.
    """
    try:
        inspection: Any = one.adapter.inspect(content)
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(
            f"The adapter {one.name} raised {type(error).__name__} while looking into {content.name}: {error}. The "
            "file was not loaded."
        ) from error
    if (
        not isinstance(inspection, Inspection)
        or inspection.answer not in _ANSWERS
        or inspection.format not in one.adapter.formats
    ):
        raise ModelError(
            f"The adapter {one.name} looked into {content.name} and answered {inspection!r:.200}. Allowed: an "
            f"Inspection whose format is one of {', '.join(map(repr, one.adapter.formats))}. The file was not loaded."
        )
    return inspection


def _lack(adapter: Any) -> str:
    """Return what an object lacks of the promise; empty when nothing."""
    if not isinstance(getattr(adapter, "title", None), str):
        return "has no text `title`"
    formats = getattr(adapter, "formats", None)
    if not isinstance(formats, tuple) or not formats or not all(isinstance(item, str) and item for item in formats):
        return "has no `formats`, a tuple of names"
    lacking = [name for name in ("recognises", "inspect", "load") if not callable(getattr(adapter, name, None))]
    return f"has no function {', '.join(f'`{name}`' for name in lacking)}" if lacking else ""


def _refuse_clash(found: Iterable[Foreign], built_in: set[str]) -> None:
    owners: dict[str, str] = {}
    for one in found:
        for item in one.adapter.formats:
            if item in built_in:
                raise ModelError(
                    f"The adapter {one.name} claims the format {item!r}, which is modelcheck's own and can't be taken "
                    "over. Uninstall that package, or ask its authors for a name of its own."
                )
            if item in owners:
                raise ModelError(
                    f"The adapters {owners[item]} and {one.name} both claim the format {item!r}. Uninstall one of "
                    "these packages."
                )
            owners[item] = one.name
