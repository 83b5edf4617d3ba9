"""Rows per second through the HTTP adapter against a bare client, at servers of two workers, 32 rows a request.

The bare client is a loop over ``http.client`` in as many threads: it sends bodies that were encoded before the clock
starts, acknowledges at once, and doesn't look at what comes back. The adapter encodes, parses and checks. Both are
processes of their own and share the two cores with the server, as in CI. Turns alternate; the best of each is taken.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ROWS = 12_800
FEATURES = 14
BATCH = 32
CONCURRENCY = 4
TURNS = 5

APP = """
import json, os
import joblib, numpy as np, pandas as pd
model = joblib.load(os.environ["BENCH_MODEL"])
names = [f"x{place}" for place in range(14)]
about = {"inputs": [{"name": "input-0", "datatype": "FP64", "shape": [-1, 14]}]}

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    body = b""
    while True:
        part = await receive()
        body += part.get("body", b"")
        if not part.get("more_body"):
            break
    answer = about
    if scope["method"] == "POST":
        asked = json.loads(body)
        one = asked["inputs"][0]
        rows = pd.DataFrame(np.array(one["data"]).reshape(one["shape"]), columns=names)
        found = model.predict_proba(rows)
        output = {"name": "probabilities", "datatype": "FP64", "shape": list(found.shape)}
        answer = {"id": asked.get("id"), "outputs": [output | {"data": found.ravel().tolist()}]}
    content = json.dumps(answer).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})
"""


def main() -> None:
    """Print rows per second of both clients at each server."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _prepare(folder)
        for title, command, path in _servers(folder):
            with _serving(folder, command) as port:
                address = f"http://127.0.0.1:{port}{path}"
                turns = [(_arm("bare", folder, address), _arm("adapter", folder, address)) for _ in range(TURNS)]
            bare, adapter = (min(one[0] for one in times) for times in zip(*turns, strict=True))
            cpu = [1e3 * min(one[1] for one in times) * BATCH / ROWS for times in zip(*turns, strict=True)]
            print(
                f"{title}: bare {ROWS / bare:,.0f} rows/s ({ROWS / BATCH / bare:,.0f} requests/s), adapter "
                f"{ROWS / adapter:,.0f} rows/s = {bare / adapter:.0%} (target 60 %); CPU a request {cpu[0]:.2f} and "
                f"{cpu[1]:.2f} ms; each turn " + ", ".join(f"{one[0] / other[0]:.0%}" for one, other in turns)
            )


def _prepare(folder: Path) -> None:
    import joblib
    from sklearn.ensemble import HistGradientBoostingClassifier

    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(5_000, FEATURES)), columns=[f"x{place}" for place in range(FEATURES)])
    model = HistGradientBoostingClassifier(max_iter=50).fit(X, X.x0 + X.x1 * X.x2 > 0)
    joblib.dump(model, folder / "model.joblib")
    (folder / "bench_app.py").write_text(APP, encoding="utf-8")


def _servers(folder: Path) -> Iterator[tuple[str, list[str], str]]:
    uvicorn = [sys.executable, "-m", "uvicorn", "bench_app:app", "--workers", "2", "--log-level", "error"]
    yield "a small server of version 2", uvicorn, "/v2/models/m/infer"
    script = (
        "import joblib, mlflow.sklearn\n"
        "mlflow.sklearn.save_model(joblib.load('model.joblib'), 'mlflow', pyfunc_predict_fn='predict_proba',\n"
        "    serialization_format='cloudpickle', pip_requirements=['scikit-learn'])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, check=False)
    if done.returncode:
        print("mlflow models serve: left out, mlflow-skinny is not installed")
        return
    serve = [sys.executable, "-m", "mlflow", "models", "serve", "-m", "mlflow", "-w", "2", "--env-manager", "local"]
    yield "mlflow models serve", serve, "/invocations"


@contextlib.contextmanager
def _serving(folder: Path, command: list[str]) -> Iterator[int]:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    env = {**os.environ, "OMP_NUM_THREADS": "1", "BENCH_MODEL": str(folder / "model.joblib")}
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            cwd=folder,
            env=env,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 120
        while socket.socket().connect_ex(("127.0.0.1", port)):
            if server.poll() is not None or time.monotonic() > deadline:
                raise SystemExit((folder / "server.log").read_text(encoding="utf-8")[-2_000:])
            time.sleep(0.2)
        yield port
    finally:
        # Both workers and whatever started them.
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _arm(arm: str, folder: Path, address: str) -> tuple[float, float]:
    command = [sys.executable, __file__, arm, address]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, env=env)
    seconds, cpu = json.loads(done.stdout)
    return seconds, cpu


def _rows() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(rng.normal(size=(ROWS, FEATURES)), columns=[f"x{place}" for place in range(FEATURES)])


def _model(address: str) -> Any:
    from modelcheck.config.tables import HttpTable, ModelTable
    from modelcheck.models.http import load_served

    http = HttpTable(batch=BATCH, concurrency=CONCURRENCY)
    return load_served(ModelTable(model=address, output="probability", classes=(False, True), http=http))


def _adapter(address: str) -> tuple[float, float]:
    model, rows = _model(address), _rows()
    model.predict_proba(rows.head(BATCH * CONCURRENCY))
    started, cpu = time.perf_counter(), time.process_time()
    model.predict_proba(rows)
    return time.perf_counter() - started, time.process_time() - cpu


def _bare(address: str) -> tuple[float, float]:
    from modelcheck.models.http.values import rows_of

    protocol = _model(address)._protocol
    rows = protocol.prepare(rows_of(_rows()))
    bodies = [protocol.body(rows, begin, begin + BATCH) for begin in range(0, ROWS, BATCH)]
    host, _, path = address.removeprefix("http://").partition("/")

    def loop(mine: list[bytes]) -> None:
        connection = http.client.HTTPConnection(host)
        for body in mine:
            connection.request("POST", f"/{path}", body, {"Content-Type": "application/json"})
            if hasattr(socket, "TCP_QUICKACK"):
                # Else it would be idle for 40 ms a request at uvicorn with several workers, and easy to keep up with.
                connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            connection.getresponse().read()
        connection.close()

    loop(bodies[:CONCURRENCY])
    threads = [threading.Thread(target=loop, args=(bodies[place::CONCURRENCY],)) for place in range(CONCURRENCY)]
    started, cpu = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - started, time.process_time() - cpu


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps({"bare": _bare, "adapter": _adapter}[sys.argv[1]](sys.argv[2])))
    else:
        main()
