from __future__ import annotations

import pytest

from modelcheck.config.http_words import ALL, GrammarError, parse_answer, parse_request


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("predictions", ("predictions",)),
        ("predictions[*].score", ("predictions", ALL, "score")),
        ("[*]", (ALL,)),
        ("[*].a[1]", (ALL, "a", 1)),
        ('outputs[0]["any \\"name\\""].data', ("outputs", 0, 'any "name"', "data")),
        ("a-b._c", ("a-b", "_c")),
    ],
)
def test_paths_are_read(text, steps):
    assert parse_answer(text).steps == steps


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".a",
        "a.",
        "a..b",
        "a b",
        "a[",
        "a[-1]",
        "a[1:2]",
        "a[*][*]",
        "a[?(@.b)]",
        "a()",
        "a.[0]",
        "$..a",
        "a" + ".b" * 20,
        'a["*"]',
        "a\n",
        "__import__('os')",
    ],
)
def test_what_is_no_path_is_refused(text):
    with pytest.raises(GrammarError):
        parse_answer(text)


def test_rows_go_outside_of_quotes_once():
    found = parse_request('{"say \\"$rows\\"": [$rows]}')
    assert (found.before, found.after) == ('{"say \\"$rows\\"": [', "]}")


@pytest.mark.parametrize(
    "text", ["{}", '{"a": "$rows"}', "[$rows, $rows]", '{"a": $rows', "$rows $rows", "{$rows}", "x$rows"]
)
def test_what_is_no_template_is_refused(text):
    with pytest.raises(GrammarError):
        parse_request(text)
