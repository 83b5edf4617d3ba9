"""A service that misbehaves: a clear error each time, within its time; half an answer is never taken for a whole."""

from __future__ import annotations

import json
import socket
import time
from dataclasses import replace

import numpy as np
import pytest

from modelcheck.config.tables import HttpTable, ModelTable
from modelcheck.errors import ModelError, ModelRaised
from modelcheck.models.http import load_served
from modelcheck.models.outputs import check_probabilities

SHORT = HttpTable(connect_timeout=0.5, timeout=0.4, total_timeout=1.0, retries=1, batch=8, concurrency=2)


def halves(body):
    return {"predictions": [0.5] * len(body["rows"])}


def refused(model, rows, match, kind=ModelError):
    started = time.monotonic()
    with pytest.raises(kind, match=match) as caught:
        model.predict_proba(rows)
    assert time.monotonic() - started < 20
    return str(caught.value)


def test_a_page_in_place_of_json_is_quoted_harmlessly(odd, asked, answer, rows):
    page = b"<html>\n\x1b[31m<script>alert(1)</script> Sign in " + b"x" * 5_000
    server = odd(lambda *_: answer(page, kind="text/html; charset=utf-8"))
    said = refused(asked(server), rows, "answered 'text/html' instead of JSON")
    assert "Sign in" in said
    assert "\x1b" not in said
    assert len(said) < 600
    # A service that answers like this is not asked again and again.
    assert len(server.posts) <= 2


@pytest.mark.parametrize(
    ("body", "match"),
    [
        (b'{"predictions": [0.5, 0.', "no JSON, or only a part"),
        (b"", "It is empty"),
        (b"[" * 100_000, "nested too deeply|no JSON"),
        (b'{"predictions": ' + b"9" * 5_000 + b"}", "no JSON"),
        (b'"\xff\xfe"', "no JSON"),
        (b'{"error": "no such feature"}', "has no 'predictions'; it holds error"),
        (b'{"predictions": {"a": 1}}', "no list with one item for each row"),
        (b'{"predictions": 7}', "there is a number"),
        (b"null", "there is null"),
    ],
)
def test_what_is_no_answer_is_refused(odd, asked, answer, rows, body, match):
    refused(asked(odd(lambda *_: answer(body))), rows, match)


def test_wrong_length_is_found_request_by_request(odd, asked, answer, rows):
    # One row too few in the first request and one too many in the second: together the right number.
    def script(number, body, method):
        size = len(body["rows"])
        first = body["rows"][0] == rows.iloc[0].to_dict()
        return answer({"predictions": [0.5] * (size - 1 if first else size + 1)})

    refused(asked(odd(script)), rows.head(16), "gave 7 answers for 8 rows")


@pytest.mark.parametrize("value", ["NaN", "null", "Infinity", "-0.5", "1.5"])
def test_numbers_that_are_no_probabilities_are_refused_by_the_usual_check(odd, asked, answer, rows, value):
    def script(number, body, method):
        values = ", ".join(["0.5"] * (len(body["rows"]) - 1) + [value])
        return answer(f'{{"predictions": [{values}]}}'.encode())

    given = asked(odd(script)).predict_proba(rows)
    assert given.dtype == np.float64
    with pytest.raises(ModelError, match=r"NaN or infinite|outside 0 to 1"):
        check_probabilities(given, len(rows), 2)


@pytest.mark.parametrize(
    ("item", "match"),
    [
        ([0.2, "0.8"], "hold more than numbers"),
        ({"a": 1, "b": 2}, "which entry is the probability isn't known; it holds a, b"),
    ],
)
def test_items_of_another_kind_are_refused(odd, asked, answer, rows, item, match):
    server = odd(lambda number, body, method: answer({"predictions": [item] * len(body["rows"])}))
    refused(asked(server), rows, match)


def test_rows_of_different_width_are_refused(odd, asked, answer, rows):
    def script(number, body, method):
        return answer({"predictions": [[0.5, 0.5], *[[0.5]] * (len(body["rows"]) - 1)]})

    refused(asked(odd(script)), rows, "lists of different lengths")


def test_half_an_answer_is_asked_for_again_and_then_refused(odd, asked, rows):
    def script(number, body, method):
        def half(sock):
            sock.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"predic')

        return half

    server = odd(script)
    refused(asked(server, http=SHORT), rows.head(8), "bytes of the answer are missing, 2 times|middle of its answer, 2")
    assert len(server.posts) == 2


def test_a_connection_that_breaks_is_asked_for_again(odd, asked, answer, rows):
    def script(number, body, method):
        def broken(sock):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            sock.close()

        return broken if number == 0 else answer(halves(body))

    model = asked(odd(script))
    assert (model.predict_proba(rows) == 0.5).all()
    assert model.traffic()["retries"] == 1


def drip(piece, every=0.05):
    def send(sock):
        for _ in range(2_000):
            sock.sendall(piece)
            time.sleep(every)

    return send


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "start",
    [b"", HEAD, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", HEAD + b"Content-Length: 100000\r\n\r\n"],
    ids=["status line", "headers", "chunks", "body"],
)
def test_a_slow_drip_ends_with_its_time(odd, asked, rows, start):
    piece = b"1\r\n \r\n" if b"chunked" in start else b"X: y\r\n" if start == HEAD else b" " if start else b"H"

    def script(number, body, method):
        def send(sock):
            sock.sendall(start)
            drip(piece)(sock)

        return send

    refused(asked(odd(script), http=SHORT), rows.head(8), r"no whole answer within 0\.\d+ s|gave no http answer")


def test_endless_interim_answers_end_too(odd, asked, rows):
    server = odd(lambda *_: drip(b"HTTP/1.1 100 Continue\r\n\r\n", every=0.01))
    refused(asked(server, http=SHORT), rows.head(8), r"no whole answer within 0\.4 s")


def test_silence_is_a_time_out_and_asked_again(odd, asked, answer, rows):
    server = odd(lambda number, body, method: (lambda sock: time.sleep(5)) if number < 2 else answer(halves(body)))
    model = asked(server, http=replace(SHORT, total_timeout=5.0, retries=3, concurrency=1))
    assert (model.predict_proba(rows.head(8)) == 0.5).all()
    assert model.traffic() == {"requests": 3, "retries": 2, "rows_sent": 8}


def test_an_answer_that_is_too_long_is_not_read(odd, asked, monkeypatch, rows):
    monkeypatch.setattr("modelcheck.models.http.client.MOST_BYTES", 10_000)
    declared = odd(lambda *_: HEAD + b"Content-Length: 99999999999\r\n\r\n")
    refused(asked(declared), rows.head(8), "more than 10,000 bytes")

    def flood(sock):
        sock.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(100):
            sock.sendall(b"fff\r\n" + b" " * 4095 + b"\r\n")

    refused(asked(odd(lambda *_: flood)), rows.head(8), "more than 10,000 bytes")


def test_a_packed_answer_was_not_asked_for(odd, asked, answer, rows):
    server = odd(lambda *_: answer(b"\x1f\x8b", Content_Encoding="gzip"))
    refused(asked(server), rows, "is packed")
    assert server.posts[0][2]["accept-encoding"] == "identity"


@pytest.mark.parametrize("text", [b"SSH-2.0-OpenSSH_9.6\r\n", b"\0\1\2\3\r\n\r\n"])
def test_another_protocol_is_no_http(odd, asked, rows, text):
    refused(asked(odd(lambda *_: text + b"\r\n"), http=SHORT), rows.head(8), "gave no http answer")


def test_nobody_there_is_said_quickly(closed_port, asked, rows):
    class Nobody:
        port = closed_port

    refused(asked(Nobody, http=SHORT), rows, "can't be reached .Connection refused., 2 times")


def test_a_status_that_refuses_the_rows_is_the_models_own(odd, asked, answer, rows):
    server = odd(lambda *_: answer({"detail": "age must be whole"}, status="422 Unprocessable Content"))
    refused(asked(server), rows.head(8), "answered 422 .*age must be whole", ModelRaised)
    assert len(server.posts) == 1


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        ("401 Unauthorized", "headers_from"),
        ("403 Forbidden", "headers_from"),
        ("404 Not Found", "no such model or path"),
        ("413 Content Too Large", "lower `batch`"),
    ],
)
def test_a_status_that_refuses_everything_says_what_mends_it(odd, asked, answer, rows, status, hint):
    server = odd(lambda *_: answer({}, status=status))
    said = refused(asked(server), rows.head(8), f"answered {status}")
    assert hint in said
    assert len(server.posts) == 1


def test_version_2_answers_are_held_against_their_own_shape(odd, answer, rows):
    bad = {
        "none": {},
        "short": {"outputs": [{"name": "probabilities", "shape": [7, 2], "data": [0.5] * 14}]},
        "data": {"outputs": [{"name": "probabilities", "shape": [8, 2], "data": [0.5] * 15}]},
        "shapeless": {"outputs": [{"name": "probabilities", "data": [0.5] * 16}]},
        "binary": {"outputs": [{"name": "probabilities", "shape": [8, 2]}]},
        "which": {"outputs": [{"name": "a", "shape": [8], "data": []}, {"name": "b", "shape": [8], "data": []}]},
        "other": {"id": "77", "outputs": [{"name": "probabilities", "shape": [8, 2], "data": [0.5] * 16}]},
    }
    words = {
        "none": "no list of `outputs`",
        "short": "gave 7 answers for 8 rows",
        "data": "holds 15 values and says",
        "shapeless": "has no shape",
        "binary": "no `data`",
        "which": "outputs are a, b; which of them",
        "other": "answered another request",
    }
    for name, body in bad.items():
        server = odd(lambda number, asked, method, body=body: answer(body if method == "POST" else {"name": "m"}))
        table = ModelTable(
            model=f"http://127.0.0.1:{server.port}/v2/models/m/infer",
            output="probability",
            classes=("no", "yes"),
            http=replace(SHORT, timeout=5.0, total_timeout=9.0),
        )
        with pytest.raises(ModelError, match=words[name]):
            load_served(table).predict_proba(rows.head(8))


@pytest.mark.parametrize(
    "inputs", [[{"name": "x"}], [{"name": "x", "datatype": "FP64", "shape": "many"}], ["x"], [{"datatype": "EVIL"}]]
)
def test_metadata_that_make_no_sense_are_refused(odd, answer, inputs):
    server = odd(lambda *_: answer({"inputs": inputs}))
    table = ModelTable(model=f"http://127.0.0.1:{server.port}/v2/models/m/infer", output="label", http=SHORT)
    with pytest.raises(ModelError, match="describe an input that can't be used"):
        load_served(table)


def test_without_metadata_columns_go_by_their_own_types(odd, answer, rows):
    def script(number, body, method):
        if method == "GET":
            return answer({}, status="404 Not Found")
        return answer({"outputs": [{"name": "anything", "shape": [8], "data": [0.5] * 8}]})

    server = odd(script)
    model = load_served(
        ModelTable(model=f"http://127.0.0.1:{server.port}/v2/models/m/infer", output="probability", classes=(0, 1))
    )
    given = rows.head(8).assign(city="Ulm", member=True)
    assert (model.predict_proba(given) == 0.5).all()
    sent = json.loads(server.posts[0][3])["inputs"]
    assert {one["name"]: one["datatype"] for one in sent} == {
        "age": "INT64",
        "hours": "FP64",
        "visits": "FP64",
        "city": "BYTES",
        "member": "BOOL",
    }
    assert {tuple(one["shape"]) for one in sent} == {(8,)}
