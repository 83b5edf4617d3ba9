"""Whatever a service sends: predictions, or one clear error; never another exception."""

from __future__ import annotations

import contextlib
import json

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from modelcheck.config.http_words import parse_answer
from modelcheck.config.tables import HttpTable
from modelcheck.errors import ModelError
from modelcheck.models.http.answers import answers_at, as_array, parsed, taken_from_records
from modelcheck.models.http.client import Reply
from modelcheck.models.http.inference import InferenceProtocol
from modelcheck.models.outputs import check_labels, check_probabilities, check_values

NAMES = st.sampled_from(
    ["predictions", "outputs", "name", "shape", "data", "probabilities", "score", "no", "yes", "id"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(10**400)
ANY = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
)


def understood(values, gives):
    array = as_array(taken_from_records(values, gives, ("no", "yes")))
    assert isinstance(array, np.ndarray)
    check = {
        "probability": lambda: check_probabilities(array, len(values), 2),
        "label": lambda: check_labels(array, len(values), ("no", "yes")),
        "value": lambda: check_values(array, len(values)),
    }[gives]
    assert len(check()) == len(values)


@settings(max_examples=300, deadline=None)
@given(
    ANY, st.sampled_from(["probability", "label", "value"]), st.sampled_from([None, "predictions[*].score", "[*][0]"])
)
@example({"predictions": [10**400]}, "value", None)
@example({"predictions": [[10**400, 0]]}, "probability", None)
@example({"predictions": [{"no": 1, "yes": 0}, "no"]}, "probability", None)
def test_any_json_is_understood_or_refused(answer, gives, path):
    body = json.dumps(answer).encode()
    with contextlib.suppress(ModelError):
        found = parsed(Reply(headers={}, body=body))
        understood(answers_at(found, None if path is None else parse_answer(path)), gives)


@settings(max_examples=300, deadline=None)
@given(ANY, ANY, st.sampled_from(["probability", "label", "value"]))
@example([2, 0], [], "value")
@example([2, 2], [[0.5, 0.5], 3], "probability")
def test_any_tensor_is_understood_or_refused(shape, data, gives):
    protocol = InferenceProtocol(HttpTable(), "/v2/models/m/infer")
    body = json.dumps({"outputs": [{"name": "x", "shape": shape, "data": data}]}).encode()
    with contextlib.suppress(ModelError):
        values = protocol.answers(Reply(headers={}, body=body), 0, 2, gives, ()).values
        if len(values) == 2:
            understood(values, gives)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=40))
def test_any_bytes_are_json_or_refused(body):
    with contextlib.suppress(ModelError):
        parsed(Reply(headers={"content-type": "application/json"}, body=body))
