"""Sent again where that helps, with everything that was declared, to the declared place alone."""

from __future__ import annotations

import json
import signal
import socket
import threading
import time
from dataclasses import replace

import pytest

from modelcheck.config.tables import HttpTable, ModelTable
from modelcheck.errors import ModelError, ModelRaised
from modelcheck.models.http import load_served

PATIENT = HttpTable(connect_timeout=2.0, timeout=5.0, total_timeout=15.0, retries=4, batch=8, concurrency=2)


def halves(body):
    return {"predictions": [0.5] * len(body["rows"])}


@pytest.mark.parametrize("status", ["429 Too Many Requests", "500 Oops", "502 Bad", "503 Wait", "504 Late", "408 Late"])
def test_what_may_pass_is_asked_again(odd, asked, answer, rows, status):
    script = lambda number, body, method: answer({}, status=status) if number < 2 else answer(halves(body))  # noqa: E731
    server = odd(script)
    model = asked(server, http=replace(PATIENT, concurrency=1))
    assert (model.predict_proba(rows) == 0.5).all()
    assert model.traffic() == {"requests": 5, "retries": 2, "rows_sent": 20}


def test_the_service_says_how_long_to_wait(odd, asked, answer, rows):
    def script(number, body, method):
        return answer({}, status="429 Slow down", Retry_After="1") if number == 0 else answer(halves(body))

    started = time.monotonic()
    asked(odd(script), http=PATIENT).predict_proba(rows.head(8))
    assert time.monotonic() - started >= 1.0


def test_a_wait_beyond_all_patience_is_refused_at_once(odd, asked, answer, rows):
    server = odd(lambda *_: answer({}, status="503 Down", Retry_After="86400"))
    started = time.monotonic()
    with pytest.raises(ModelError, match="asks to wait 86400 s, more than total_timeout leaves"):
        asked(server, http=PATIENT).predict_proba(rows.head(8))
    assert time.monotonic() - started < 10
    assert len(server.posts) == 1


def test_retries_end(odd, asked, answer, rows):
    server = odd(lambda *_: answer({"why": "always"}, status="500 Internal Server Error"))
    with pytest.raises(ModelRaised, match=r"answered 500 Internal Server Error: .*always.*, 3 times"):
        asked(server, http=replace(PATIENT, retries=2)).predict_proba(rows.head(8))
    assert len(server.posts) == 3


def test_what_did_not_help_once_is_not_tried_for_every_other_row(odd, asked, answer, rows):
    server = odd(lambda *_: answer({}, status="500 Oops"))
    model = asked(server, http=replace(PATIENT, retries=2))
    for _ in range(5):
        with pytest.raises(ModelRaised):
            model.predict_proba(rows.head(1))
    assert len(server.posts) == 3 + 4


def test_nobody_is_looked_for_for_ever(closed_port, asked, rows):
    class Nobody:
        port = closed_port

    model = asked(Nobody, http=replace(PATIENT, retries=0))
    for _ in range(3):
        with pytest.raises(ModelError, match="can't be reached"):
            model.predict_proba(rows.head(1))
    with pytest.raises(ModelError, match="not asked any more in this run: 3 requests in a row failed"):
        model.predict_proba(rows.head(1))


def test_as_many_requests_are_under_way_as_declared(odd, asked, answer, rows):
    under_way, most, lock = [0], [0], threading.Lock()

    def script(number, body, method):
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        time.sleep(0.05)
        with lock:
            under_way[0] -= 1
        return answer(halves(body))

    asked(odd(script), http=replace(PATIENT, batch=1, concurrency=3)).predict_proba(rows)
    assert most[0] == 3


def test_rows_come_back_in_their_order_whoever_answers_first(odd, asked, answer, rows):
    def script(number, body, method):
        time.sleep(0.05 * (number % 3))
        return answer({"predictions": [row["age"] / 100 for row in body["rows"]]})

    model = asked(odd(script), http=replace(PATIENT, batch=3, concurrency=4))
    assert (model.predict_proba(rows) == rows.age / 100).all()


def test_connections_are_kept(odd, asked, answer, rows):
    seen = set()

    def script(number, body, method):
        seen.add(threading.get_ident())
        return answer(halves(body))

    model = asked(odd(script), http=replace(PATIENT, batch=1, concurrency=2))
    model.predict_proba(rows)
    model.predict_proba(rows)
    # The server has a thread for each connection.
    assert len(seen) <= 2


@pytest.mark.parametrize("said", [True, False])
def test_a_kept_connection_that_was_closed_is_no_failure(odd, asked, answer, rows, said):
    def script(number, body, method):
        def once(sock):
            sock.sendall(answer(halves(body), **({"Connection": "close"} if said else {})))

        return once

    server = odd(script)
    model = asked(server, http=replace(PATIENT, concurrency=1))
    for _ in range(3):
        model.predict_proba(rows.head(8))
        time.sleep(0.05)
    assert model.traffic()["retries"] == 0
    assert len(server.posts) == 3


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00:ec2::254]/",
        "http://metadata.google.internal/",
        "http://localhost:1/score",
        "https://127.0.0.1/score",
        "//evil.example/score",
        "file:///etc/passwd",
        "http://0x7f000001/",
    ],
)
def test_a_redirect_elsewhere_is_not_followed(odd, asked, answer, rows, monkeypatch, status, target):
    reached = []
    real = socket.getaddrinfo
    monkeypatch.setattr(
        "socket.getaddrinfo", lambda host, *more, **opts: reached.append(host) or real(host, *more, **opts)
    )
    server = odd(lambda *_: answer({}, status=status, Location=target))
    with pytest.raises(ModelError, match=r"redirects \(30\d\) to .*, which is not followed"):
        asked(server).predict_proba(rows.head(8))
    assert set(reached) == {"127.0.0.1"}
    assert len(server.posts) == 1


def test_a_redirect_within_the_origin_is_followed_with_the_rows(odd, asked, answer, rows):
    def script(number, body, method):
        path = server.requests[-1][1]
        return answer({}, status="307 Moved", Location="/newer") if path == "/score" else answer(halves(body))

    server = odd(script)
    assert (asked(server, http=replace(PATIENT, concurrency=1)).predict_proba(rows.head(8)) == 0.5).all()
    assert [one[1] for one in server.posts] == ["/score", "/newer"]
    assert server.posts[0][3] == server.posts[1][3]


def test_redirects_in_a_ring_end(odd, asked, answer, rows):
    server = odd(lambda *_: answer({}, status="308 Moved", Location="/score"))
    with pytest.raises(ModelError, match="redirects more than 3 times"):
        asked(server).predict_proba(rows.head(8))


def test_headers_come_from_the_environment_and_are_never_repeated(odd, asked, answer, rows, monkeypatch):
    monkeypatch.setenv("MODEL_TOKEN", "s3cr3t-value")
    monkeypatch.setenv("MODEL_KEY", "other-s3cr3t")
    echo = lambda number, body, method: answer({"you sent": server.requests[-1][2]}, status="401 No")  # noqa: E731
    server = odd(echo)
    http = replace(PATIENT, headers_from={"Authorization": "Bearer MODEL_TOKEN", "X-Key": "MODEL_KEY"})
    model = asked(server, http=http)
    with pytest.raises(ModelError, match="answered 401") as caught:
        model.predict_proba(rows.head(8))
    assert server.posts[0][2]["authorization"] == "Bearer s3cr3t-value"
    assert server.posts[0][2]["x-key"] == "other-s3cr3t"
    assert "s3cr3t" not in str(caught.value)
    assert "s3cr3t" not in str(model.describe())


@pytest.mark.parametrize(("value", "match"), [(None, "not set"), ("", "not set"), ("a\r\nX-Evil: 1", "line breaks")])
def test_an_environment_variable_that_gives_no_header_is_named(odd, asked, answer, monkeypatch, value, match):
    monkeypatch.delenv("MODEL_TOKEN", raising=False)
    if value is not None:
        monkeypatch.setenv("MODEL_TOKEN", value)
    with pytest.raises(ModelError, match=f"MODEL_TOKEN.*{match}"):
        asked(odd(lambda *_: answer({})), http=replace(PATIENT, headers_from={"Authorization": "MODEL_TOKEN"}))


def test_proxies_of_the_environment_are_used_only_where_declared(odd, asked, answer, rows, monkeypatch):
    seen = []

    def proxied(number, body, method):
        seen.append(proxy.requests[-1][1])
        return answer(halves(body))

    proxy = odd(proxied)
    server = odd(lambda number, body, method: answer(halves(body)))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    asked(server).predict_proba(rows.head(8))
    assert not seen
    model = asked(server, http=replace(PATIENT, proxy=True))
    model.predict_proba(rows.head(8))
    assert seen == [f"http://127.0.0.1:{server.port}/score"]
    assert "proxy" in model.describe().notes[0]


def test_an_alarm_breaks_off_and_nothing_goes_on(odd, asked, answer, rows):
    server = odd(lambda *_: lambda sock: time.sleep(30))
    model = asked(server, http=replace(PATIENT, timeout=30.0, total_timeout=60.0, batch=1, concurrency=4))

    def ring(*_):
        raise KeyboardInterrupt

    older = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    started = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            model.predict_proba(rows)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, older)
    assert time.monotonic() - started < 10
    deadline = time.monotonic() + 10
    while any(one.name.startswith("modelcheck-http") for one in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert len(server.posts) == 4


def test_the_first_rows_that_fail_are_told_of_whoever_is_faster(odd, asked, answer, rows):
    def script(number, body, method):
        place = [round(row["hours"], 6) for row in rows.to_dict("records")].index(round(body["rows"][0]["hours"], 6))
        if place < 2:
            time.sleep(0.1)
            return answer(halves(body))
        # The later the rows, the faster the refusal.
        time.sleep(0.3 / place)
        return answer({"detail": f"row {place}"}, status="422 No")

    server = odd(script)
    model = asked(server, http=replace(PATIENT, batch=1, concurrency=4))
    for _ in range(3):
        with pytest.raises(ModelRaised, match=r"row 2\b"):
            model.predict_proba(rows)
    assert len(server.posts) < 3 * 8


def test_what_was_broken_off_is_not_used_again(odd, asked, answer, rows):
    broken = [True]

    def script(number, body, method):
        if number == 0:
            return answer({}, status="404 Not Found")
        time.sleep(0.02 * number if broken[0] else 0)
        return answer(halves(body))

    model = asked(odd(script), http=replace(PATIENT, batch=1, concurrency=4))
    with pytest.raises(ModelError, match="answered 404"):
        model.predict_proba(rows)
    broken[0] = False
    for _ in range(3):
        assert (model.predict_proba(rows) == 0.5).all()


def test_a_change_of_version_is_noted(odd, asked, answer, rows):
    def script(number, body, method):
        return answer(halves(body), X_Model_Version="3" if number < 2 else "4")

    model = asked(odd(script), http=replace(PATIENT, concurrency=1))
    model.predict_proba(rows)
    assert model.describe().versions == {"x-model-version": "4"}
    assert "x-model-version was 3, then 4" in model.describe().notes[0]


def test_a_description_that_changes_is_noted_by_its_etag(odd, answer, rows):
    tags = iter(['"a"', '"a"', '"b"'])

    def script(number, body, method):
        if method == "POST":
            return answer({"outputs": [{"name": "p", "shape": [8], "data": [0.5] * 8}]})
        return answer({"name": "m"}, **({"ETag": next(tags)} if server.requests[-1][1].endswith("/m") else {}))

    server = odd(script)
    model = load_served(
        ModelTable(
            model=f"http://127.0.0.1:{server.port}/v2/models/m/infer",
            output="probability",
            classes=("no", "yes"),
            http=PATIENT,
        )
    )
    model.predict_proba(rows.head(8))
    assert model.describe().notes == ()
    model.predict_proba(rows.head(8))
    assert 'description was "a", then "b"' in model.describe().notes[0]


def test_a_service_that_is_still_loading_is_waited_for(odd, answer, rows):
    pings = iter([503, 503, 200])

    def script(number, body, method):
        if method == "GET":
            return answer({}, status=f"{next(pings) if server.requests[-1][1] == '/ping' else 404} Hm")
        return answer({"predictions": [0.5] * len(body["dataframe_split"]["data"])})

    server = odd(script)
    model = load_served(
        ModelTable(model=f"http://127.0.0.1:{server.port}/invocations", output="probability", http=PATIENT)
    )
    assert (model.predict_proba(rows.head(8)) == 0.5).all()
    assert model.describe().versions == {}


@pytest.mark.parametrize("form", ["records", "split", "matrix"])
def test_rows_go_where_the_template_has_them(odd, answer, rows, form):
    def script(number, body, method):
        return answer({"out": [{"score": [0.25, 0.75]} for _ in range(8)]})

    server = odd(script)
    http = replace(
        PATIENT, protocol="json", request='{"model": "$rows", "in": {"x": $rows}}', rows=form, answer="out[*].score[1]"
    )
    model = load_served(
        ModelTable(model=f"http://127.0.0.1:{server.port}/", output="probability", classes=("no", "yes"), http=http)
    )
    assert (model.predict_proba(rows.head(8)) == 0.75).all()
    sent = json.loads(server.posts[0][3])
    assert sent["model"] == "$rows"
    data = [list(row) for row in rows.head(8).itertuples(index=False)]
    want = {
        "matrix": data,
        "split": {"columns": list(rows.columns), "data": data},
        "records": [dict(zip(rows.columns, row, strict=True)) for row in data],
    }
    assert sent["in"]["x"] == want[form]


@pytest.mark.parametrize(
    ("item", "output", "classes", "want"),
    [
        (0.75, "probability", ("no", "yes"), 0.75),
        ([0.25, 0.75], "probability", ("no", "yes"), [0.25, 0.75]),
        ({"yes": 0.75, "no": 0.25}, "probability", ("no", "yes"), [0.25, 0.75]),
        ({"label": "yes", "probability": 0.75}, "probability", ("no", "yes"), 0.75),
        ({"label": "yes", "probability": 0.75}, "label", ("no", "yes"), "yes"),
        ({"1": 0.75, "0": 0.25}, "probability", (0, 1), [0.25, 0.75]),
        ("yes", "label", (), "yes"),
        (1, "label", (), 1),
        (3.5, "value", (), 3.5),
        ({"anything": 3.5}, "value", (), 3.5),
    ],
)
def test_answers_are_understood_in_the_usual_forms(odd, asked, answer, rows, item, output, classes, want):
    server = odd(lambda number, body, method: answer({"predictions": [item] * len(body["rows"])}))
    http = replace(PATIENT, protocol="json", request='{"rows": $rows}')
    model = load_served(
        ModelTable(model=f"http://127.0.0.1:{server.port}/x", output=output, classes=classes, http=http),
        task="regression" if output == "value" else None,
    )
    given = model.predict_proba(rows) if output == "probability" else model.predict(rows)
    assert given.tolist() == [want] * len(rows)


def test_a_service_that_hangs_up_over_some_rows_is_asked_on(odd, asked, answer, rows):
    """As one whose code raises does: it took the question, so somebody is there, whatever became of these rows."""

    def script(number, body, method):
        return (lambda link: link.close()) if number < 8 else answer({"predictions": [0.5]})

    model = asked(odd(script), http=replace(PATIENT, retries=0))
    for _ in range(8):
        with pytest.raises(ModelRaised, match="broke the connection"):
            model.predict_proba(rows.head(1))
    assert model.predict_proba(rows.head(1)).tolist() == [0.5]
