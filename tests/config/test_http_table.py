from __future__ import annotations

import pytest

MLFLOW = 'model = "http://127.0.0.1:5000/invocations"'
JSON = 'model = "https://models.example/predict"'


def served(base, model, *lines):
    return base.replace('model = "model.skops"', model) + "\n".join(["[candidate.http]", *lines])


def test_an_address_needs_no_table_where_its_path_tells_the_protocol(project, base):
    http = project.config(base.replace('model = "model.skops"', MLFLOW)).candidate.http
    assert (http.protocol, http.batch, http.concurrency, http.retries, http.proxy) == (None, 64, 4, 4, False)
    assert project.config(base).candidate.http is None


def test_everything_is_read(project, base):
    lines = ['protocol = "json"', "request = '{\"in\": $rows}'", 'rows = "split"', 'answer = "out[*].score"']
    lines += ["batch = 32", "concurrency = 8", "connect_timeout = 1.5", "timeout = 10", "retries = 0"]
    lines += ["total_timeout = 20", 'headers_from = { Authorization = "Bearer MODEL_TOKEN" }', "proxy = true"]
    http = project.config(served(base, JSON, *lines)).candidate.http
    assert (http.protocol, http.request, http.rows, http.answer) == ("json", '{"in": $rows}', "split", "out[*].score")
    assert (http.batch, http.concurrency, http.retries, http.proxy) == (32, 8, 0, True)
    assert (http.connect_timeout, http.timeout, http.total_timeout) == (1.5, 10.0, 20.0)
    assert http.headers_from == {"Authorization": "Bearer MODEL_TOKEN"}


def test_a_served_baseline_is_read_likewise(project, base):
    text = base + f"[baseline]\n{MLFLOW}\n[baseline.http]\nbatch = 5\n"
    assert project.config(text).baseline.http.batch == 5


def test_all_mistakes_come_at_once(project, base):
    lines = ['protocol = "grpc"', "batch = 0", "concurrency = 1.5", "timeout = 0", "retries = -1", "proxy = 1"]
    lines += ["headers_from = 3", "batch_size = 3", "connect_timeout = true"]
    mistakes = project.mistakes(served(base, MLFLOW, *lines))
    keys = {"protocol", "batch", "concurrency", "timeout", "retries", "proxy", "headers_from", "connect_timeout"}
    assert {one.key for one in mistakes} == {*keys, "batch_size"}
    assert {one.section for one in mistakes} == {"candidate.http"}
    assert next(one.hint for one in mistakes if one.key == "batch_size") == 'Did you mean "batch"?'


def test_a_table_for_a_file_has_no_meaning(project, base):
    mistake = project.mistake(base + "[candidate.http]\nbatch = 3\n")
    assert (mistake.section, mistake.key) == ("candidate", "http")


def test_a_path_that_tells_nothing_needs_the_protocol(project, base):
    mistake = project.mistake(base.replace('model = "model.skops"', JSON))
    assert mistake.key == "protocol"
    assert '{"instances": $rows}' in mistake.hint


@pytest.mark.parametrize(
    ("lines", "key", "word"),
    [
        (['protocol = "json"'], "request", "is missing"),
        (['protocol = "json"', "request = '{}'"], "request", "must hold $rows once"),
        (['protocol = "json"', "request = '[$rows]'", 'answer = "a[*][*]"'], "answer", "twice"),
        (['protocol = "mlflow"', "request = '[$rows]'"], "request", 'is for protocol = "json"'),
        (['protocol = "v2"', 'rows = "split"'], "rows", 'is for protocol = "json"'),
        (['protocol = "mlflow"', "timeout = 200"], "timeout", "total_timeout must be timeout or more"),
    ],
)
def test_keys_are_held_against_the_protocol(project, base, lines, key, word):
    mistake = project.mistake(served(base, JSON, *lines))
    assert mistake.key == key
    assert word in mistake.problem


@pytest.mark.parametrize(
    "line",
    [
        'headers_from = { Authorization = "Bearer abc.def-secret" }',
        'headers_from = { Authorization = "secret-with-dashes" }',
        'headers_from = { Authorization = "Bearer  SECRET SECRET" }',
        'headers_from = { "X Y" = "SECRET" }',
        'headers_from = { Host = "SECRET" }',
        'headers_from = { "Content-Length" = "SECRET" }',
        'headers_from = { "X-A" = "SECRET_A", "x-a" = "SECRET_B" }',
        'headers_from = { Authorization = ["SECRET"] }',
        'headers = { Authorization = "secret" }',
        'token = "secret"',
    ],
)
def test_secrets_are_neither_taken_nor_repeated(project, base, line):
    mistake = project.mistake(served(base, MLFLOW, line))
    assert "secret" not in str(mistake).lower().replace("a secret doesn't belong in a file", "")


@pytest.mark.parametrize(
    ("address", "word"),
    [
        ("http://169.254.169.254/invocations", "link-local"),
        ("http://[fd00:ec2::254]/invocations", "metadata service"),
        ("http://metadata.google.internal/invocations", "metadata service"),
        ("http://0.0.0.0:5000/invocations", "unspecified"),
        ("http://224.0.0.1/invocations", "multicast"),
    ],
)
def test_places_that_are_never_asked_are_mistakes_of_the_file(project, base, address, word):
    mistake = project.mistake(base.replace('model = "model.skops"', f'model = "{address}"'))
    assert mistake.key == "model"
    assert word in mistake.problem


@pytest.mark.parametrize("line", ['isolation = "sandbox"', 'trusted = ["a.b"]'])
def test_what_is_for_files_has_no_meaning_for_a_service(project, base, line):
    mistake = project.mistake(base.replace('model = "model.skops"', f"{MLFLOW}\n{line}"))
    assert "is for model files" in mistake.problem


def test_credentials_in_an_address_are_refused_and_not_shown(project, base):
    mistake = project.mistake(base.replace('model = "model.skops"', 'model = "http://ann:hunter2@host/invocations"'))
    assert "headers_from" in mistake.problem
    assert "hunter2" not in str(mistake)
    assert "ann" not in str(mistake)
