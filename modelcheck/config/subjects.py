"""The tables about models as frozen data: who is judged, and how a file or a service is reached."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "ISOLATION",
    "MOST_RETRAINED",
    "OUTPUTS",
    "PROTOCOLS",
    "ROW_FORMS",
    "BaselineTable",
    "CandidateTable",
    "HttpTable",
    "ModelTable",
    "TrustEntry",
    "WorkerTable",
]

MOST_RETRAINED = 5
ISOLATION = ("none", "process", "sandbox")
OUTPUTS = ("label", "probability", "logit", "value")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustEntry:
    """``[[trust]]`` of a trust file: one name that somebody reviewed, until a date.

    Attributes
    ----------
    name : str
        Exact import name, e.g. ``mypackage.features.LogScaler``.
    owner, reason : str
        Who answers for it, and why.
    expires : date
        The last day on which it allows anything.
    sha256 : str or None
        Hash of the source file that defines the name, as it was reviewed; None where `package` is given.
    package : str or None
        The installed distribution that defines it, with its exact version: ``feature-store==1.4.2``.
    artifact : str or None
        Hash of the only model file that may use it; None: any.
    """

    name: str
    owner: str
    reason: str
    expires: datetime.date
    sha256: str | None = None
    package: str | None = None
    artifact: str | None = None


PROTOCOLS = ("mlflow", "v2", "json")
ROW_FORMS = ("records", "split", "matrix")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpTable:
    """``[candidate.http]`` or ``[baseline.http]``: how a served model is asked.

    Attributes
    ----------
    protocol : str or None
        ``mlflow``, ``v2`` (Open Inference Protocol) or ``json``; None: told by the address.
    request : str or None
        For ``json``: the request's body, JSON with ``$rows`` where the rows go.
    rows : str
        For ``json``: ``records`` (objects), ``split`` (columns and data) or ``matrix`` (lists).
    answer : str or None
        Where the answers lie, e.g. ``predictions[*].score``; for ``v2`` the name of the output. None: looked for.
    batch : int
        Rows in a request.
    concurrency : int
        Requests under way at a time.
    connect_timeout, timeout : float
        Seconds until a connection stands, and from sending a request to the last byte of its answer.
    retries : int
        How often a request is sent again after 429, 500, 502, 503, 504, a time-out or a broken connection.
    total_timeout : float
        Seconds for a request with all its retries.
    headers_from : mapping of str to str
        Header to the environment variable that holds its value, maybe with a word before it: ``Bearer MODEL_TOKEN``.
    proxy : bool
        Whether the proxies that the environment names are used.
    """

    protocol: str | None = None
    request: str | None = None
    rows: str = "records"
    answer: str | None = None
    batch: int = 64
    concurrency: int = 4
    connect_timeout: float = 5.0
    timeout: float = 30.0
    retries: int = 4
    total_timeout: float = 120.0
    headers_from: Mapping[str, str] = field(default_factory=dict)
    proxy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTable:
    """What is common to candidate and baseline.

    Attributes
    ----------
    model : str or None
        A file (relative to the configuration's folder), ``package.module:object``, or the http or https address of a
        served model.
    score : str or None
        Column of the table that holds the predictions, instead of `model`.
    prepare : str or None
        ``package.module:function`` that maps raw rows to the model's X.
    output : str or None
        What a plain function, a served model, a network, the `score` column, or a model file that doesn't tell gives:
        ``label``, ``probability`` or ``value``; a network also ``logit``, scores that become probabilities by the
        logistic function (one column) or softmax (several).
    classes : tuple
        Class labels in the order of probability columns, for functions, served models and model files without them.
    columns : tuple of str
        The columns that the model takes, in its order, where its file doesn't name them; empty: every feature.
    factory : str or None
        ``package.module:function`` that builds the PyTorch module whose weights the file holds.
    trusted : tuple of str
        Exact import names allowed besides the built-in list in a pickle-based file.
    http : HttpTable or None
        How a served model is asked; None for any other.
    isolation : str
        Where a model file is loaded and asked: ``none`` (the run's own process), ``process`` (one of its own) or
        ``sandbox`` (one that reaches no network).
    trust_file : str or None
        The trust file as the user wrote it, relative to the configuration's folder.
    trust : tuple of TrustEntry
        Its entries, those out of force too: whether one still holds is for the run to say.
    """

    model: str | None = None
    score: str | None = None
    prepare: str | None = None
    output: str | None = None
    classes: tuple[Any, ...] = ()
    columns: tuple[str, ...] = ()
    factory: str | None = None
    trusted: tuple[str, ...] = ()
    http: HttpTable | None = None
    isolation: str = "process"
    trust_file: str | None = None
    trust: tuple[TrustEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateTable(ModelTable):
    """``[candidate]``: the model under test; `task` and `threshold` hold for the baseline too.

    Attributes
    ----------
    task : str or None
        ``binary``, ``multiclass`` or ``regression``; None: inferred.
    threshold : float or None
        A score at or over it decides for the positive class; None: the model decides.
    purpose : str or None
        What the decision is used for, in a sentence or two, for readers of the pages.
    retrained : tuple of str
        The same recipe trained again with other seeds, named as `model` is, for `explainability.stability`.
    served : ModelTable or None
        Where the same model is served (or whatever else answers for it), for `deployment.parity`.
    onnx : str or None
        The same model converted to ONNX, for `deployment.onnx_parity`.
    requirements : str or None
        The file of requirements that the model is deployed with, for `deployment.environment`.
    interval : float or None
        The level that the intervals of a regression promise; None: it offers none.
    lower, upper : str or None
        Columns of the table with their ends, beside a `score` column; a model answers `predict_interval`.
    """

    task: str | None = None
    threshold: float | None = None
    purpose: str | None = None
    retrained: tuple[str, ...] = ()
    served: ModelTable | None = None
    onnx: str | None = None
    requirements: str | None = None
    interval: float | None = None
    lower: str | None = None
    upper: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineTable(ModelTable):
    """``[baseline]``: the champion the candidate is compared with.

    Attributes
    ----------
    store : str or None
        Instead of a model: the folder where ``--modelcheck-baseline=accept`` keeps the accepted baseline.
    """

    store: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerTable:
    """``[worker]``: what the process in which a model file runs may use up.

    Attributes
    ----------
    seconds : float
        For one question: a batch of rows, or loading.
    memory_gb : float or None
        Memory beyond what the libraries take, in units of 10^9 bytes; None: no limit.
    restarts : int
        How often a process that died is started again in a run.
    """

    seconds: float = 600.0
    memory_gb: float | None = None
    restarts: int = 400
