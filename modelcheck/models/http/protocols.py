"""How rows are put to a service and what it answers: one small class for each protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from modelcheck.config.http_words import AnswerPath, parse_answer, parse_request
from modelcheck.config.tables import HttpTable
from modelcheck.errors import ModelError
from modelcheck.models.http.answers import Answers, answers_at, parsed
from modelcheck.models.http.client import Client, Reply
from modelcheck.models.http.failures import excerpt
from modelcheck.models.http.values import Rows, dumped

__all__ = ["About", "JsonProtocol", "MlflowProtocol", "ServiceProtocol", "version_marks"]

_VERSION_HEADERS = ("x-model-version", "model-version", "x-served-model", "x-mlflow-model-version")
_LONGEST = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a service says of itself before it predicts.

    Attributes
    ----------
    versions : mapping of str to str
        Of the model or of what serves it.
    classes : tuple or None
        Labels in the order of probabilities, where it names them.
    features : tuple of str or None
        Columns that it takes, where it names them.
    etag : str or None
        Of its description.
    """

    versions: Mapping[str, str] = field(default_factory=dict)
    classes: tuple[Any, ...] | None = None
    features: tuple[str, ...] | None = None
    etag: str | None = None


class ServiceProtocol(Protocol):
    """One way to ask."""

    def about(self, client: Client) -> About:
        """Ask the service whether it is ready and what it serves; it may have nothing to say."""
        ...

    def prepare(self, rows: Rows) -> Rows:
        """Return rows as the protocol carries them, before the first request; what it can't carry is refused."""
        ...

    def body(self, rows: Rows, begin: int, end: int) -> bytes:
        """Return the request for the rows from `begin` to `end`."""
        ...

    def answers(self, reply: Reply, begin: int, end: int, gives: str, secrets: tuple[str, ...]) -> Answers:
        """Return what the service answered to them."""
        ...


class MlflowProtocol:
    """MLflow's scoring server: ``POST /invocations`` with ``dataframe_split``.

    Parameters
    ----------
    table : HttpTable
        `answer` where the predictions lie elsewhere.
    path : str
        The declared one; ``/ping`` and ``/version`` lie beside it.
    """

    def __init__(self, table: HttpTable, path: str) -> None:
        self._path = _path_of(table)
        self._beside = path.rstrip("/").rpartition("/")[0]
        self._head: tuple[tuple[str, ...], str] = ((), "")

    def about(self, client: Client) -> About:
        """Wait for ``/ping`` and take MLflow's version; a service without them is asked all the same."""
        client.get(f"{self._beside}/ping")
        version = client.get(f"{self._beside}/version")
        said = "" if version is None else version.body[:_LONGEST].decode("utf-8", "replace").strip().strip('"')
        # Anything else that answers there, such as a gateway's page, is no version.
        return About(versions={"mlflow": said} if said[:1].isdigit() and len(said) <= 40 and said.isprintable() else {})

    def prepare(self, rows: Rows) -> Rows:
        """Return the rows as they are."""
        return rows

    def body(self, rows: Rows, begin: int, end: int) -> bytes:
        """Return columns and data."""
        names, head = self._head
        if names != rows.names:
            head = f'{{"dataframe_split":{{"columns":{dumped(list(rows.names))},"data":'
            self._head = (rows.names, head)
        return f"{head}{dumped(list(zip(*rows.cut(begin, end), strict=True)))}}}}}".encode()

    def answers(self, reply: Reply, begin: int, end: int, gives: str, secrets: tuple[str, ...]) -> Answers:
        """Return ``predictions``."""
        values = answers_at(parsed(reply, secrets), self._path)
        return Answers(values=values, marks=version_marks(reply))


class JsonProtocol:
    """A service with JSON of its own, by the declared template and path.

    Parameters
    ----------
    table : HttpTable
        `request`, `rows` and `answer`.
    """

    def __init__(self, table: HttpTable) -> None:
        self._template = parse_request(table.request or "$rows")
        self._form = table.rows
        self._path = _path_of(table)

    def about(self, client: Client) -> About:
        """Nothing is asked: where such a service would tell isn't known."""
        return About()

    def prepare(self, rows: Rows) -> Rows:
        """Return the rows as they are."""
        return rows

    def body(self, rows: Rows, begin: int, end: int) -> bytes:
        """Return the template with the rows in their place."""
        data: Any = list(zip(*rows.cut(begin, end), strict=True))
        if self._form == "records":
            data = [dict(zip(rows.names, row, strict=True)) for row in data]
        elif self._form == "split":
            data = {"columns": list(rows.names), "data": data}
        return f"{self._template.before}{dumped(data)}{self._template.after}".encode()

    def answers(self, reply: Reply, begin: int, end: int, gives: str, secrets: tuple[str, ...]) -> Answers:
        """Return what lies at the declared path."""
        values = answers_at(parsed(reply, secrets), self._path)
        return Answers(values=values, marks=version_marks(reply))


def version_marks(reply: Reply) -> dict[str, str]:
    """Return what an answer's headers say of the model's version."""
    return {name: excerpt(reply.headers[name])[:_LONGEST] for name in _VERSION_HEADERS if name in reply.headers}


def _path_of(table: HttpTable) -> AnswerPath | None:
    try:
        return None if table.answer is None else parse_answer(table.answer)
    except ValueError as error:
        raise ModelError(f"answer = {table.answer!r} {error}") from error
