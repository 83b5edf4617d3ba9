"""What `init` writes about a served model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from modelcheck.config.addresses import parse_address, protocol_of
from modelcheck.config.toml_text import toml_value
from modelcheck.errors import ModelError
from modelcheck.scaffold.target import Target

if TYPE_CHECKING:
    from modelcheck.models.protocol import ModelDescription

__all__ = ["described_service", "outputs_of_service", "service_lines"]


def described_service(model: str, folder: Path) -> tuple[ModelDescription | None, list[str]]:
    """Return what a service says of itself, or comment lines that say why it was not asked.

    Parameters
    ----------
    model : str
        Its address.
    folder : Path
        Where the configuration will lie.

    Notes
    -----
    No rows are sent: what the service gives isn't known before it is declared, and its readers may count requests.
    """
    from modelcheck.config.tables import HttpTable, ModelTable
    from modelcheck.models.loading import load_model

    protocol = protocol_of(parse_address(model))
    if protocol is None:
        return None, ["# Not asked: the address doesn't tell the service's protocol."]
    patience = HttpTable(protocol=protocol, timeout=5.0, total_timeout=5.0, retries=0)
    try:
        return load_model(ModelTable(model=model, output="label", http=patience), folder).describe(), []
    except ModelError as error:
        text = " ".join("".join(letter if letter.isprintable() else "?" for letter in str(error)).split())
        return None, [f"# Not asked: {text}"]


def outputs_of_service(target: Target, described: ModelDescription | None) -> list[str]:
    """Return the lines that say what a service answers: it doesn't say that itself."""
    if target.task == "regression":
        return ['output = "value"']
    lines = ['output = "probability"  # or "label": say which of them the service answers']
    if described is not None and described.classes is not None:
        return [*lines, f"# classes = {toml_value(list(described.classes))}  # as the service names them"]
    labels = sorted(target.column.values, key=str)
    return [*lines, f"classes = {toml_value(labels)}  # guessed: in the order of the service's probabilities"]


def service_lines(model: str) -> list[str]:
    """Return the table that says how a service is asked.

    Examples
    --------
    >>> service_lines("http://127.0.0.1:5000/invocations")[2]
    'protocol = "mlflow"  # the address tells it'
    """
    protocol = protocol_of(parse_address(model))
    lines = ["", "[candidate.http]"]
    if protocol is None:
        lines += [
            'protocol = "json"  # or "mlflow", "v2" (Open Inference Protocol): the address doesn\'t tell',
            "request = '{\"instances\": $rows}'  # the body that is sent; rows go where $rows stands",
            'rows = "records"  # objects; or "matrix" (lists), "split" (columns and data)',
            'answer = "predictions"  # where the answers lie, e.g. predictions[*].score',
        ]
    else:
        lines.append(f'protocol = "{protocol}"  # the address tells it')
    return [
        *lines,
        "batch = 64  # rows in a request",
        "concurrency = 4  # requests under way at a time",
        '# headers_from = { Authorization = "Bearer MODEL_TOKEN" }  # the NAME of an environment variable',
    ]
