"""From the address in a configuration to a model."""

from __future__ import annotations

from modelcheck.config.addresses import Address, AddressRefused, ip_of, parse_address, protocol_of
from modelcheck.config.tables import HttpTable, ModelTable
from modelcheck.errors import ModelError
from modelcheck.models.calling import Preparation
from modelcheck.models.http.client import Client
from modelcheck.models.http.headers import environment_headers
from modelcheck.models.http.inference import InferenceProtocol
from modelcheck.models.http.model import HttpModel
from modelcheck.models.http.protocols import About, JsonProtocol, MlflowProtocol, ServiceProtocol
from modelcheck.models.protocol import ModelDescription

__all__ = ["load_served"]

_OUTPUTS = ("label", "probability", "value")


def load_served(table: ModelTable, *, task: str | None = None, prepare: Preparation | None = None) -> HttpModel:
    """Make a model of a service.

    Parameters
    ----------
    table : ModelTable
        `model` is its address; `http` says how it is asked, `output` and `classes` what it answers.
    task : str or None
        The declared task.
    prepare : callable or None
        Maps raw rows to what is sent.

    Returns
    -------
    HttpModel
        The service was asked whether it is ready, where its protocol has a place for that.

    Raises
    ------
    ModelError
        The address or what is declared can't be used, or the service can't be reached.
    """
    source = table.model or ""
    try:
        address = parse_address(source)
    except AddressRefused as error:
        raise ModelError(f"The model's address {error}") from None
    http = table.http or HttpTable()
    protocol = http.protocol or protocol_of(address)
    if protocol is None:
        raise ModelError(
            f"The address {address} doesn't tell the service's protocol. Declare it in the table http beside the model:"
            ' protocol = "mlflow", "v2" or "json".'
        )
    if protocol == "json" and http.request is None:
        raise ModelError('protocol = "json" needs the request\'s form, e.g. request = \'{"instances": $rows}\'.')
    headers, secrets = environment_headers(http.headers_from)
    client = Client(address, http, headers, secrets)
    spoken: ServiceProtocol
    if protocol == "v2":
        spoken = InferenceProtocol(http, address.target)
    else:
        spoken = MlflowProtocol(http, address.path) if protocol == "mlflow" else JsonProtocol(http)
    # What is declared is looked at before anybody is asked.
    gives = _gives(address, table.output, task)
    about = spoken.about(client)
    description = _described(address, about, table, gives, task, notes=_notes(address, bool(secrets), http.proxy))
    return HttpModel(client, spoken, http, description, about, prepare)


def _gives(address: Address, output: str | None, task: str | None) -> str:
    output = output or ("value" if task == "regression" else None)
    if output not in _OUTPUTS:
        raise ModelError(
            f"The service {address.name} doesn't say what it gives (received {output!r}). Declare it beside the model: "
            'output = "label", "probability" or "value".'
        )
    if (output == "value") != (task == "regression") and task is not None:
        raise ModelError(
            f'The service {address.name} gives a {output} (output = "{output}"), but the declared task is {task!r}.'
        )
    return output


def _described(
    address: Address, about: About, table: ModelTable, gives: str, task: str | None, notes: tuple[str, ...]
) -> ModelDescription:
    classes = table.classes or about.classes or ()
    if table.classes and about.classes and set(table.classes) != set(about.classes):
        raise ModelError(
            f"The service {address.name} names the classes {list(about.classes)[:20]!r}, and the configuration "
            f"declares {list(table.classes)[:20]!r}. Correct `classes`, or leave it out."
        )
    if gives == "value":
        classes = ()
    found = "regression" if gives == "value" else {0: None, 2: "binary"}.get(len(classes), "multiclass")
    if task is not None and found is not None and task != found:
        raise ModelError(f"The service {address.name} has {len(classes)} classes, but the declared task is {task!r}.")
    return ModelDescription(
        name=address.name,
        kind="service",
        source=str(address),
        task=task or found,
        classes=tuple(classes) or None,
        feature_names=about.features,
        gives=gives,
        decides_by_probability=gives == "probability" and len(classes) > 0,
        isolation="remote",
        versions=dict(about.versions),
        notes=notes,
    )


def _notes(address: Address, secrets: bool, proxy: bool) -> tuple[str, ...]:
    notes = []
    literal = ip_of(address.host)
    near = address.host == "localhost" or (literal is not None and (literal.is_loopback or literal.is_private))
    if secrets and address.scheme == "http" and not near:
        notes.append(f"Credentials were sent to {address.host} without encryption (http, not https).")
    if proxy:
        notes.append("Requests may go through the proxy that the environment names; it looks the service's name up.")
    return tuple(notes)
