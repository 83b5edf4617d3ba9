"""A served model behind the protocol of all models."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from modelcheck.config.tables import HttpTable
from modelcheck.errors import ModelError
from modelcheck.models.calling import Preparation, prepared, select_features
from modelcheck.models.declared import DeclaredModel
from modelcheck.models.http.answers import Answers, as_array, taken_from_records
from modelcheck.models.http.client import Client
from modelcheck.models.http.protocols import About, ServiceProtocol
from modelcheck.models.http.values import rows_of
from modelcheck.models.protocol import ModelDescription

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["HttpModel"]


class HttpModel(DeclaredModel):
    """Asks a service for predictions, some rows in a request and some requests at a time.

    Parameters
    ----------
    client : Client
        Of the declared target.
    protocol : ServiceProtocol
        How it is asked.
    table : HttpTable
        Rows in a request.
    description : ModelDescription
        What is declared, and what the service says of itself.
    about : About
        The latter.
    prepare : callable or None
        Maps raw rows to what is sent; it runs here.
    """

    WHAT = "service"

    def __init__(
        self,
        client: Client,
        protocol: ServiceProtocol,
        table: HttpTable,
        description: ModelDescription,
        about: About,
        prepare: Preparation | None = None,
    ) -> None:
        # After `prepare` the table's columns are no longer the service's: don't ask the table for them.
        super().__init__(description if prepare is None else replace(description, feature_names=None))
        self._client = client
        self._protocol = protocol
        self._table = table
        self._names = description.feature_names
        self._prepare = prepare
        self._about = about
        self._lock = threading.Lock()
        self._marks: dict[str, list[str]] = {name: [text] for name, text in about.versions.items()}
        self._rows_sent = 0

    def describe(self) -> ModelDescription:
        """Return what is known about the model; a version that changed since it was loaded is noted."""
        changed = tuple(
            f"The service changed while it was asked: {name} was {', then '.join(texts[:5])}. Answers of different "
            "versions are mixed in this record."
            for name, texts in sorted(self._marks.items())
            if len(texts) > 1
        )
        seen = {name: texts[-1] for name, texts in sorted(self._marks.items()) if name != "description"}
        return replace(
            self._description,
            versions={**self._description.versions, **seen},
            notes=(*self._description.notes, *changed),
        )

    def traffic(self) -> dict[str, int]:
        """Return how many requests were sent, how many of them again, and for how many rows."""
        return {**self._client.traffic, "rows_sent": self._rows_sent}

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._client.close()

    def _answer(self, X: pd.DataFrame) -> NDArray[Any]:
        given: Any = X
        if self._prepare is not None:
            given = prepared(self._prepare, X)
            if not hasattr(given, "columns"):
                raise ModelError(f"`prepare` gave {type(given).__name__}; rows are sent from a DataFrame.")
        if self._names is not None:
            given = select_features(given, self._names)
        rows = self._protocol.prepare(rows_of(given))
        size = self._table.batch
        starts = range(0, rows.size, size)

        def one(number: int, stop: threading.Event) -> list[Any]:
            begin, end = starts[number], min(starts[number] + size, rows.size)
            reply = self._client.post(self._protocol.body(rows, begin, end), stop)
            found = self._protocol.answers(reply, begin, end, self._description.gives, self._client.secrets)
            return self._taken(found, end - begin)

        parts = self._client.each(one, len(starts))
        self._note_description()
        return as_array([value for part in parts for value in part])

    def _taken(self, found: Answers, size: int) -> list[Any]:
        # By request: one that is a row short and one that has a row too many would together have the right length.
        if len(found.values) != size:
            raise ModelError(
                f"The service {self._description.name} gave {len(found.values):,} answers for {size:,} rows. One for "
                "each row is needed, in their order."
            )
        with self._lock:
            self._rows_sent += size
            for name, text in found.marks.items():
                self._note(name, text)
        return taken_from_records(found.values, self._description.gives, self._description.classes)

    def _note_description(self) -> None:
        """Look whether the description is still the same, where the service marks it with an ETag."""
        target = getattr(self._protocol, "metadata_target", None)
        if self._about.etag is None or target is None:
            return
        reply = self._client.get(target)
        if reply is not None:
            with self._lock:
                self._marks.setdefault("description", [self._about.etag])
                self._note("description", reply.headers.get("etag", "none"))

    def _note(self, name: str, text: str) -> None:
        seen = self._marks.setdefault(name, [])
        if not seen or seen[-1] != text:
            seen.append(text)
