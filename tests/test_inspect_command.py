"""``modelcheck inspect``: the verdict first, then why, then what to do; everything as JSON; nothing heavy imported."""

from __future__ import annotations

import datetime
import hashlib
import json
import pickle
import subprocess
import sys

import pytest

from modelcheck.cli import main

LATER = (datetime.date.today() + datetime.timedelta(days=9)).isoformat()
CODE = "class Scaler:\n    pass\n"


def global_of(module, name):
    r"""Return a pickle that imports one name: protocol 4, two short texts, STACK_GLOBAL."""
    texts = b"".join(b"\x8c" + bytes([len(part)]) + part for part in (module.encode(), name.encode()))
    return b"\x80\x04" + texts + b"\x93."


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plain.pkl").write_bytes(pickle.dumps({"a": [1, 2, 3]}))
    (tmp_path / "own.pkl").write_bytes(global_of("inspect_own", "Scaler"))
    (tmp_path / "inspect_own.py").write_text(CODE)
    return tmp_path


def trust(folder, *, expires=LATER, code=CODE, more=""):
    digest = hashlib.sha256(code.encode()).hexdigest()
    (folder / "trust.toml").write_text(
        '[[trust]]\nname = "inspect_own.Scaler"\nowner = "risk"\nreason = "ours"\n'
        f'expires = {expires}\nsha256 = "{digest}"\n{more}'
    )


def test_the_verdict_comes_first_then_why_then_what_to_do(folder, capsys):
    assert main(["inspect", "own.pkl"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "REFUSED  own.pkl  (nothing in it was loaded or run)"
    assert [line.split(":")[0] for line in lines if line[:1].strip()][1:] == [
        "why",
        "do",
        "format",
        "sha256",
        "imports",
    ]
    assert lines[-2:] == ["  inspect_own (1)", "    refused  inspect_own.Scaler  (byte 24)"]


def test_an_allowed_file_says_what_it_is(folder, capsys):
    assert main(["inspect", "plain.pkl"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("ALLOWED  plain.pkl")
    assert hashlib.sha256((folder / "plain.pkl").read_bytes()).hexdigest() in shown
    assert "imports: nothing" in shown


def test_json_holds_everything_under_a_named_schema(folder, capsys):
    trust(folder)
    assert main(["inspect", "own.pkl", "--trust", "trust.toml", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    keys = "answer bytes file format imports names reason refused schema sha256 trust versions"
    assert sorted(answer) == keys.split()
    assert answer["schema"] == "modelcheck/inspection/1"
    assert answer["imports"] == [
        {"name": "inspect_own.Scaler", "library": "inspect_own", "answer": "reviewed", "place": None}
    ]
    (entry,) = answer["trust"]
    assert (entry["owner"], entry["in_force"], entry["needed"]) == ("risk", True, True)


def test_a_trust_file_is_honoured_and_named(folder, capsys):
    trust(folder)
    assert main(["inspect", "own.pkl", "--trust", "trust.toml"]) == 0
    assert f"trusted  inspect_own.Scaler  (by risk until {LATER}: ours)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "why"), [({"expires": "2020-01-01"}, "expired on 2020-01-01"), ({"code": "old"}, "changed since")]
)
def test_an_entry_out_of_force_is_told_and_allows_nothing(folder, capsys, changes, why):
    trust(folder, **changes)
    assert main(["inspect", "own.pkl", "--trust", "trust.toml"]) == 1
    assert why in capsys.readouterr().out


def test_mistakes_of_a_trust_file_are_exit_4(folder, capsys):
    trust(folder, more="x = 1\n")
    assert main(["inspect", "own.pkl", "--trust", "trust.toml"]) == 4
    assert "trust.toml [trust (number 1" in capsys.readouterr().err
    assert main(["inspect", "own.pkl", "--trust", "gone.toml"]) == 4


def test_what_cannot_be_followed_is_refused(folder, capsys):
    (folder / "cut.pkl").write_bytes(pickle.dumps(list(range(50)))[:30])
    assert main(["inspect", "cut.pkl"]) == 1
    assert capsys.readouterr().out.startswith("NOT ANALYSABLE, so refused  cut.pkl")


def test_long_and_hostile_names_are_shortened_and_printable(folder, capsys):
    # Left to right again, an escape, a bell: none may reach a terminal.
    (folder / "x.pkl").write_bytes(global_of("evil\x1b[31m\u202e\x07" + "x" * 200, "y" * 250))
    assert main(["inspect", "x.pkl"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert all(line.isprintable() and len(line) < 300 for line in lines)
    assert main(["inspect", "x.pkl", "--json"]) == 1
    assert len(json.loads(capsys.readouterr().out)["names"][0]) > 450


def test_pickles_are_inspected_without_heavy_imports(folder):
    code = (
        "import sys; from modelcheck.cli import main; main(['inspect', 'own.pkl']); "
        "print(sorted({'numpy', 'pandas', 'pyarrow', 'sklearn', 'joblib', 'skops', 'pytest'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


def test_a_table_is_told_to_be_no_model_in_plain_words(folder, capsys):
    (folder / "rows.csv").write_text("age,income\n1,2\n")
    assert main(["inspect", "rows.csv"]) == 1
    shown = capsys.readouterr().out
    assert "why:     it is no model file that this version reads: it begins with 'age,income\\n1,2\\n'" in shown
    assert "IndexError" not in shown


def test_how_to_save_again_is_that_of_the_files_own_library(folder, capsys):
    (folder / "cut.cbm").write_bytes(b"CBM1\xff\xff\x00\x00")
    assert main(["inspect", "cut.cbm"]) == 1
    shown = capsys.readouterr().out
    assert "save the model again with save_model of its own library." in shown
    assert "skops" not in shown


def test_the_entry_that_is_shown_allows_the_file_once_it_is_filled_in(folder, capsys):
    main(["inspect", "own.pkl"])
    lines = capsys.readouterr().out.splitlines()
    start = next(at for at, line in enumerate(lines) if line.strip() == "[[trust]]")
    entry = "\n".join(line.strip() for line in lines[start : start + 6])
    digest = hashlib.sha256(CODE.encode()).hexdigest()
    filled = entry.replace("YYYY-MM-DD", LATER).replace('sha256 = "..."', f'sha256 = "{digest}"')
    (folder / "trust.toml").write_text(filled.replace('"..."', '"us"'))
    assert main(["inspect", "own.pkl", "--trust", "trust.toml"]) == 0
    assert capsys.readouterr().out.startswith("ALLOWED")


def test_the_address_of_a_service_is_no_file(folder, capsys):
    assert main(["inspect", "http://127.0.0.1:5000/invocations"]) == 4
    assert "address of a service" in capsys.readouterr().err
