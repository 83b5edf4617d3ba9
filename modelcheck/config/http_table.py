"""``[candidate.http]`` and ``[baseline.http]`` from TOML."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from modelcheck.config.addresses import AddressRefused, is_http, parse_address, protocol_of
from modelcheck.config.fields import Fields, as_number, kind_of
from modelcheck.config.http_words import GrammarError, parse_answer, parse_request
from modelcheck.config.tables import PROTOCOLS, ROW_FORMS, HttpTable
from modelcheck.config.toml_text import shorten, toml_key, toml_value

__all__ = ["read_http"]

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_FROM = re.compile(r"(?:[A-Za-z][A-Za-z0-9-]{0,40} )?[A-Za-z_][A-Za-z0-9_]{0,200}")
# What the client itself decides, or what would change where a request ends.
_OURS = frozenset(
    (
        *("accept", "accept-encoding", "connection", "content-encoding", "content-length", "content-type", "expect"),
        *("host", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
    )
)
_SECRETS = frozenset(("headers", "auth", "token", "password", "api_key", "key", "authorization"))
_MOST_BATCH = 100_000
_MOST_CONCURRENCY = 64
_MOST_RETRIES = 20
_LONGEST_WAIT = 3_600.0
_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "batch_size": ("batch",),
    "rows_per_request": ("batch",),
    "workers": ("concurrency",),
    "threads": ("concurrency",),
    "parallel": ("concurrency",),
    "read_timeout": ("timeout",),
    "deadline": ("total_timeout",),
    "headers": ("headers_from",),
    "auth": ("headers_from",),
    "token": ("headers_from",),
    "password": ("headers_from",),
    "api_key": ("headers_from",),
    "key": ("headers_from",),
    "authorization": ("headers_from",),
    "body": ("request",),
    "template": ("request",),
    "response": ("answer",),
    "path": ("answer",),
    "format": ("rows",),
}


def read_http(fields: Fields, model: str | None) -> HttpTable | None:
    """Read how a served model is asked.

    Parameters
    ----------
    fields : Fields
        ``[candidate]`` or ``[baseline]``; mistakes are noted there.
    model : str or None
        What its `model` names.

    Returns
    -------
    HttpTable or None
        None where no served model is named. Only meaningful when no mistake was noted.
    """
    named = fields.table("http")
    served = model is not None and is_http(model)
    # Who writes a secret where none belongs is told so without its being printed.
    values = {} if named is None else {key: "***" if key in _SECRETS else value for key, value in named.values.items()}
    own = fields.inside("http", values)
    if named is not None and not served:
        fields.wrong("http", "says how a served model is asked, and `model` names no http or https address.")
    protocol = own.text("protocol", choices=PROTOCOLS)
    table = HttpTable(
        protocol=protocol,
        request=own.text("request"),
        rows=own.text("rows", choices=ROW_FORMS) or "records",
        answer=own.text("answer"),
        batch=_whole(own, "batch", 1, _MOST_BATCH, 64),
        concurrency=_whole(own, "concurrency", 1, _MOST_CONCURRENCY, 4),
        connect_timeout=_seconds(own, "connect_timeout", 5.0),
        timeout=_seconds(own, "timeout", 30.0),
        retries=_whole(own, "retries", 0, _MOST_RETRIES, 4),
        total_timeout=_seconds(own, "total_timeout", 120.0),
        headers_from=_headers(own),
        proxy=_flag(own, "proxy"),
    )
    own.close(synonyms=_SYNONYMS)
    if not served or model is None:
        return None
    told, readable = _told(model)
    _check_protocol(own, table, protocol or told, silent="protocol" not in own.values and readable)
    if table.total_timeout < table.timeout:
        own.wrong(
            "total_timeout" if "total_timeout" in own.values else "timeout",
            f"leaves {table.total_timeout:g} s for a request with all its retries, less than the {table.timeout:g} s "
            "of one; total_timeout must be timeout or more.",
        )
    return table


def _told(model: str) -> tuple[str | None, bool]:
    """Return the protocol that an address tells, and whether it is an address at all."""
    try:
        return protocol_of(parse_address(model)), True
    except AddressRefused:
        return None, False


def _check_protocol(own: Fields, table: HttpTable, protocol: str | None, *, silent: bool) -> None:
    """Hold the keys of single protocols against the one that is spoken."""
    if protocol is None:
        if silent:
            own.wrong(
                "protocol",
                "is needed: the address doesn't tell it. Addresses that end in /invocations speak MLflow's, "
                "/v2/models/NAME/infer the Open Inference Protocol.",
                'For a service with JSON of its own: protocol = "json", request = \'{"instances": $rows}\'.',
            )
        return
    if protocol == "json":
        if table.request is None and "request" not in own.values:
            own.wrong("request", "is missing; it is required: the body that is sent, e.g. '{\"instances\": $rows}'.")
    else:
        for key in ("request", "rows"):
            if key in own.values:
                own.wrong(key, f'is for protocol = "json"; requests of "{protocol}" have their own form.')
    if table.request is not None:
        _follows(own, "request", lambda: parse_request(table.request or ""))
    if table.answer is not None and protocol != "v2":
        _follows(own, "answer", lambda: parse_answer(table.answer or ""))


def _follows(own: Fields, key: str, parse: Callable[[], object]) -> None:
    try:
        parse()
    except GrammarError as error:
        own.wrong(key, str(error))


def _whole(own: Fields, key: str, low: int, high: int, default: int) -> int:
    if not own.has(key):
        return default
    value = own.values[key]
    if isinstance(value, bool) or not isinstance(value, int):
        own.wrong(key, f"must be a whole number, not {kind_of(value)}.")
    elif not low <= value <= high:
        own.wrong(key, f"must be a whole number between {low} and {high:,}.")
    else:
        return value
    return default


def _seconds(own: Fields, key: str, default: float) -> float:
    if not own.has(key):
        return default
    value = as_number(own.values[key])
    if value is None:
        own.wrong(key, f"must be a number of seconds, not {kind_of(own.values[key])}.")
    elif not 0.0 < value <= _LONGEST_WAIT:
        own.wrong(key, f"must be above 0 and at most {_LONGEST_WAIT:g} seconds; without a limit a run could hang.")
    else:
        return value
    return default


def _flag(own: Fields, key: str) -> bool:
    value = own.values[key] if own.has(key) else False
    if not isinstance(value, bool):
        own.wrong(key, f"must be true or false, not {kind_of(value)}.")
        return False
    return value


def _headers(own: Fields) -> dict[str, str]:
    """Read headers; none of their values stands in the file, and none that could be one is repeated in a message."""
    if not own.has("headers_from"):
        return {}
    value = own.values["headers_from"]
    if not isinstance(value, Mapping):
        own.wrong(
            "headers_from", f"must be a table of header = environment variable, not {kind_of(value)}.", value="***"
        )
        return {}
    found: dict[str, str] = {}
    for name, source in value.items():
        shown = shorten(toml_key(name), 60)
        if not _HEADER.fullmatch(name):
            problem = f"holds {shown}, which can't be a header's name."
        elif name.lower() in _OURS:
            problem = f"holds {shown}, which the client sets itself; leave it out."
        elif name.lower() in {other.lower() for other in found}:
            problem = f"holds {shown} twice."
        elif not isinstance(source, str) or not _FROM.fullmatch(source):
            problem = (
                f"must give {shown} the NAME of an environment variable, maybe after one word such as Bearer; what "
                "stands there is none, and a secret doesn't belong in a file."
            )
        else:
            found[name] = source
            continue
        own.wrong("headers_from", problem, f"Write {toml_value({name: 'MODEL_TOKEN'})}.", value="***")
    return found
