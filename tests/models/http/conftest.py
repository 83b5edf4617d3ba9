"""Real servers on this machine: MLflow's own, one that speaks version 2 with a real model, and one that misbehaves."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import re
import shutil
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from modelcheck.config.tables import HttpTable, ModelTable
from modelcheck.models.http import load_served

QUICK = HttpTable(connect_timeout=2.0, timeout=2.0, total_timeout=4.0, retries=3, batch=8, concurrency=2)


def people(rows, seed):
    """Simulated visits: whole and broken numbers with holes, text with holes, true or false, dates."""
    rng = np.random.default_rng(seed)
    days = pd.to_datetime(["2024-01-01", "2024-02-01T12:30", "2025-03-01"], format="ISO8601")
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 80, rows),
            "hours": rng.normal(40, 8, rows).round(3),
            "visits": rng.integers(0, 9, rows).astype(float),
            "city": rng.choice(["Bonn", "Ulm", 'Köln "Mitte"'], rows).astype(object),
            "member": rng.random(rows) < 0.5,
            "since": days[rng.integers(0, 3, rows)],
        }
    )
    signal = 0.06 * (frame.age - 49) + 0.1 * (frame.hours - 40) + frame.member + (frame.city == "Ulm")
    frame["outcome"] = np.where(signal + rng.logistic(0, 1, rows) > 0, "yes", "no")
    frame.loc[rng.random(rows) < 0.1, "hours"] = np.nan
    frame.loc[rng.random(rows) < 0.1, "visits"] = np.nan
    frame.loc[rng.random(rows) < 0.1, "city"] = None
    return frame


PLAIN = ["age", "hours", "visits"]
MIXED = [*PLAIN, "city", "member", "since"]


@pytest.fixture(scope="session")
def mixed_model():
    train = people(500, 1)
    encoded = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["city", "since"]), remainder="passthrough", sparse_threshold=0
    )
    return make_pipeline(encoded, HistGradientBoostingClassifier(max_iter=15)).fit(train[MIXED], train.outcome)


@pytest.fixture(scope="session")
def plain_model():
    train = people(500, 1)
    return HistGradientBoostingClassifier(max_iter=15).fit(train[PLAIN], train.outcome)


@pytest.fixture(scope="session")
def value_model():
    train = people(500, 1)
    return LinearRegression().fit(train[["age"]], train.age * 2.0 + train.member)


@pytest.fixture(scope="session")
def mlflow_address(mixed_model, tmp_path_factory):
    """`mlflow models serve` with a real pipeline; stopped afterwards."""
    pytest.importorskip("mlflow", reason="mlflow-skinny serves the model: pip install mlflow-skinny")
    folder = tmp_path_factory.mktemp("mlflow")
    _saved_by_mlflow(mixed_model, folder / "model")
    log = folder / "serve.log"
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", str(folder / "model"), "-h", "127.0.0.1"]
    env = {**os.environ, "PATH": f"{os.path.dirname(sys.executable)}{os.pathsep}{os.environ['PATH']}"}
    env.pop("PYTHONPATH", None)
    with log.open("wb") as out:
        served = subprocess.Popen(
            [*command, "-p", str(_free_port()), "-w", "1", "--env-manager", "local"],
            stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=env, cwd=folder, start_new_session=True,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + 120
        while not (found := re.search(r"running on (http://127\.0\.0\.1:\d+)", log.read_text())):
            if served.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"mlflow did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.2)
        yield f"{found[1]}/invocations"
    finally:
        # Its own process group: MLflow starts the server as a child.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(served.pid, signal.SIGKILL)
        served.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _free_port():
    # MLflow takes no port 0.
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def _saved_by_mlflow(model, place):
    # A process of its own: MLflow warns of things that are errors in these tests, and changes logging.
    script = (
        "import pickle, sys, warnings; warnings.simplefilter('ignore'); import mlflow.sklearn, mlflow.models\n"
        "model, rows = pickle.load(sys.stdin.buffer)\n"
        "signature = mlflow.models.infer_signature(rows, model.predict_proba(rows))\n"
        "mlflow.sklearn.save_model(model, sys.argv[1], signature=signature, pyfunc_predict_fn='predict_proba',\n"
        "    serialization_format='cloudpickle', pip_requirements=['scikit-learn'])\n"
    )
    given = pickle.dumps((model, people(50, 3)[MIXED]))
    subprocess.run([sys.executable, "-c", script, str(place)], input=given, check=True, capture_output=True)


class V2(BaseHTTPRequestHandler):
    """Version 2 of the Open Inference Protocol over a real model: enough of it to be asked as servers are."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        metadata = self.server.metadata
        found = {"/v2/health/ready": {}, "/v2/models/visits": metadata}.get(self.path)
        self._send(404 if found is None else 200, found or {}, etag='"one"' if found else None)

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(asked)
        kinds = {"FP64": "float64", "FP32": "float32", "INT64": "int64", "BOOL": "bool", "BYTES": "object"}
        columns = {}
        for one in asked["inputs"]:
            # numpy reads null as NaN, and raises where a type has none.
            values = np.array(one["data"], dtype=kinds[one["datatype"]]).reshape(one["shape"])
            if values.ndim == 2 and values.shape[1] > 1:
                columns.update(zip(self.server.names, values.T, strict=True))
            else:
                columns[one["name"]] = values.ravel()
        answers = self.server.model(pd.DataFrame(columns)[self.server.names])
        outputs = [
            {"name": name, "datatype": kind, "shape": list(values.shape), "data": values.ravel().tolist()}
            for name, kind, values in answers
        ]
        self._send(200, {"id": asked["id"], "model_name": "visits", "model_version": "7", "outputs": outputs})

    def _send(self, status, value, etag=None):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if etag:
            self.send_header("ETag", etag)
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def served(server):
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def v2_server(model, metadata, names):
    server = ThreadingHTTPServer(("127.0.0.1", 0), V2)
    server.daemon_threads, server.block_on_close = True, False
    server.model, server.metadata, server.names, server.asked = model, metadata, names, []
    server.address = f"http://127.0.0.1:{server.server_port}/v2/models/visits/infer"
    return served(server)


def classified(model):
    """Both outputs of a classifier, labels first, as such servers give them."""
    return lambda frame: [
        ("label", "BYTES", model.predict(frame)),
        ("probabilities", "FP64", model.predict_proba(frame)),
    ]


@pytest.fixture(scope="session")
def v2_columns(mixed_model):
    """One input for each column."""
    kinds = {"age": "INT64", "hours": "FP64", "visits": "FP64", "city": "BYTES", "member": "BOOL", "since": "BYTES"}
    metadata = {
        "name": "visits",
        "versions": ["6", "7"],
        "platform": "sklearn",
        "inputs": [{"name": name, "datatype": kind, "shape": [-1, 1]} for name, kind in kinds.items()],
        "outputs": [
            {"name": "label", "datatype": "BYTES", "shape": [-1]},
            {"name": "probabilities", "datatype": "FP64", "shape": [-1, 2], "parameters": {"labels": ["no", "yes"]}},
        ],
    }

    def dated(frame):
        return classified(mixed_model)(frame.assign(since=pd.to_datetime(frame.since, format="ISO8601")))

    with v2_server(dated, metadata, MIXED) as server:
        yield server


@pytest.fixture
def v2_single(value_model):
    """A regression in single precision."""
    metadata = {
        "inputs": [{"name": "age", "datatype": "FP32", "shape": [-1]}],
        "outputs": [{"name": "variable", "datatype": "FP32", "shape": [-1]}],
    }

    def predicted(frame):
        return [("variable", "FP32", value_model.predict(frame.astype("float64")).astype("float32"))]

    with v2_server(predicted, metadata, ["age"]) as server:
        yield server


@pytest.fixture(scope="session")
def v2_tensor(plain_model):
    """One tensor for all columns."""
    metadata = {
        "name": "visits",
        "inputs": [{"name": "input-0", "datatype": "FP64", "shape": [-1, 3]}],
        "outputs": [{"name": "probabilities", "datatype": "FP64", "shape": [-1, 2]}],
    }
    with v2_server(classified(plain_model), metadata, PLAIN) as server:
        yield server


class _Odd(socketserver.BaseRequestHandler):
    """Answers each request with whatever bytes a script gives, or lets it do to the socket what it likes."""

    def handle(self):
        stream = self.request.makefile("rb")
        with contextlib.suppress(OSError, ValueError):
            while head := stream.readline():
                headers = {}
                while (line := stream.readline()).strip():
                    name, _, value = line.decode("latin-1").partition(":")
                    headers[name.lower()] = value.strip()
                body = stream.read(int(headers.get("content-length", 0)))
                method, path, _ = head.decode("latin-1").split()
                with self.server.lock:
                    self.server.requests.append((method, path, headers, body))
                    number = sum(one[0] == "POST" for one in self.server.requests) - 1
                answer = self.server.script(number, json.loads(body) if body else None, method)
                if callable(answer):
                    answer(self.request)
                    return
                self.request.sendall(answer)
                if b"connection: close" in answer.lower():
                    return


class OddServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, script):
        super().__init__(("127.0.0.1", 0), _Odd)
        self.script = script
        self.requests = []
        self.lock = threading.Lock()
        self.port = self.server_address[1]

    @property
    def posts(self):
        return [one for one in self.requests if one[0] == "POST"]


@pytest.fixture
def odd():
    """Start a server of a script `(number of the POST, parsed body, method) -> bytes, or a function of the socket`."""
    with contextlib.ExitStack() as stack:

        def start(script):
            return stack.enter_context(served(OddServer(script)))

        yield start


def http(body, status="200 OK", kind="application/json", **headers):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


@pytest.fixture
def answer():
    """Write an answer of http."""
    return http


def halves(body):
    """Answers of a service that gives .5 for each row."""
    return {"predictions": [0.5] * len(body["rows"])}


@pytest.fixture
def asked():
    """Load the model that a server of the odd kind serves, asked by JSON of its own, with short times."""

    def load(server, *, http=QUICK, output="probability", **options):
        table = replace(http, protocol="json", request='{"rows": $rows}')
        classes = ("no", "yes") if output == "probability" else ()
        model = f"http://127.0.0.1:{server.port}/score"
        return load_served(ModelTable(model=model, output=output, classes=classes, http=table, **options))

    return load


@pytest.fixture
def rows():
    """Twenty rows: three requests of eight."""
    return people(20, 5)[PLAIN].fillna(0.0)


@pytest.fixture
def closed_port():
    return _free_port()


@pytest.fixture
def table_of_people():
    return people
