from __future__ import annotations

import pytest

from modelcheck.errors import ConfigError

FIVE = """
seeed = 1
[candidate]
model = "gone.skops"
task = "binray"
[dataset]
path = "rows.csv"
[gates."performance.auc"]
min = 0.9
[gates."performance.recall"]
min = 1.5
"""


def test_every_mistake_of_one_file_is_reported_at_once(project):
    found = {(mistake.section, mistake.key, mistake.value) for mistake in project.mistakes(FIVE)}
    assert found == {
        ("", "seeed", "1"),
        ("candidate", "model", '"gone.skops"'),
        ("candidate", "task", '"binray"'),
        ("dataset", "target", ""),
        ("gates", '"performance.auc"', "{ min = 0.9 }"),
        ('gates."performance.recall"', "min", "1.5"),
    }


def test_every_mistake_of_every_file_is_reported_at_once(project):
    project.write("a.toml", FIVE)
    project.write("b.toml", FIVE.replace("seeed", "name = 'b'\nprofil"))
    project.write("c.toml", "not [ toml")
    mistakes = project.mistakes('configs = ["a.toml", "b.toml", "c.toml", "d.toml"]')
    counts = {file: sum(mistake.file == file for mistake in mistakes) for file in {one.file for one in mistakes}}
    assert counts == {"a.toml": 6, "b.toml": 6, "c.toml": 1, "modelcheck.toml": 1}


def test_message_names_file_section_key_value_and_closest(project):
    project.write("modelcheck.toml", FIVE)
    with pytest.raises(ConfigError) as caught:
        project.load()
    lines = str(caught.value).splitlines()
    assert lines[0] == "modelcheck: 6 mistakes in the configuration"
    assert (
        '  2. modelcheck.toml [candidate] task = "binray": must be "binary", "multiclass" or "regression". '
        'Did you mean "binary"?'
    ) in lines


def test_sections_of_a_pyproject_carry_its_prefix(project):
    text = FIVE.replace("seeed = 1", "[tool.modelcheck]\nseeed = 1")
    for table in ("candidate", "dataset", "gates"):
        text = text.replace(f"[{table}", f"[tool.modelcheck.{table}")
    project.write("pyproject.toml", text)
    assert {mistake.section for mistake in project.mistakes()} == {
        "tool.modelcheck",
        "tool.modelcheck.candidate",
        "tool.modelcheck.dataset",
        "tool.modelcheck.gates",
        'tool.modelcheck.gates."performance.recall"',
    }


def test_broken_toml_names_line_and_column(project):
    mistake = project.mistake('[candidate]\nmodel = "a\n')
    assert "line 2" in mistake.problem
    assert "column" in mistake.problem


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"name = '\xff\xfe'", "UTF-8"),
        (b"a = " + b"[" * 20_000, "nested too deeply"),
        (b"a = " + b"9" * 10_000, "can't be read"),
        (b"a = 2027-13-45", "not valid TOML"),
        (b"\x00", "not valid TOML"),
        (b"a = 1\na = 2", "not valid TOML"),
    ],
)
def test_unreadable_files_are_mistakes_not_crashes(project, content, words):
    (project.root / "modelcheck.toml").write_bytes(content)
    (mistake,) = project.mistakes()
    assert words in mistake.problem


def test_byte_order_mark_is_forgiven(project, base):
    (project.root / "modelcheck.toml").write_bytes(b"\xef\xbb\xbf" + base.encode())
    assert len(project.load()) == 1


def test_hostile_names_stay_on_one_printable_line(project, base):
    hostile = r'"\u001b[31mred\u202e\n<script>\"" = 1'
    mistake = project.mistake(hostile + "\n" + base)
    assert str(mistake).isprintable()
    assert "\\u001B" in mistake.key


def test_long_values_are_shortened_and_say_so(project, with_key):
    mistake = project.mistake(with_key("", f'profile = "{"x" * 10_000}"'))
    assert len(mistake.value) <= 80
    assert "..." in mistake.value


def test_many_columns_do_not_flood_the_message(project, with_key):
    columns = ", ".join(f'"column {number}"' for number in range(5_000))
    assert len(str(project.mistake(with_key("", f"profile = [{columns}]")))) < 400
