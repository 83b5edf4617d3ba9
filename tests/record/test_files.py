"""Records and pages on disk: whole or not at all, and removed only if they are ours."""

import os
import stat
import sys

import pytest

from modelcheck.errors import RecordError
from modelcheck.record import GateRecord, Record, RunVerdict, read_record, write_record
from modelcheck.record.store import PAGE_MARK, dump_record, remove_stale, write_text_atomically


def sample(name="m"):
    gate = GateRecord(id="performance::roc_auc", suite="performance", check="roc_auc", reason="é " + name)
    return Record(name=name, run={"id": "1"}, candidate={}, dataset={}, verdict=RunVerdict.BLOCKED, gates=(gate,))


def test_a_record_is_ascii_and_ends_with_a_newline(tmp_path):
    data = write_record(sample(), tmp_path).read_bytes()
    assert data.isascii()
    assert data.endswith(b"}\n")


def test_the_same_record_gives_the_same_bytes():
    assert dump_record(sample()) == dump_record(sample())


def test_a_folder_is_made_and_no_temporary_file_stays(tmp_path):
    write_record(sample(), tmp_path / "a" / "b")
    assert os.listdir(tmp_path / "a" / "b") == ["record.json"]


def test_a_folder_can_be_read_like_its_record(tmp_path):
    write_record(sample(), tmp_path)
    assert read_record(tmp_path) == read_record(tmp_path / "record.json")


@pytest.mark.skipif(sys.platform == "win32", reason="file modes of POSIX")
def test_a_written_file_has_the_mode_of_any_new_file(tmp_path):
    (tmp_path / "plain").touch()
    written = write_text_atomically(tmp_path / "page", "x")
    assert stat.S_IMODE(written.stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path, monkeypatch):
    path = write_text_atomically(tmp_path / "record.json", "old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RecordError, match="No space left"):
        write_text_atomically(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["record.json"]


def test_a_lone_surrogate_does_not_stop_a_page(tmp_path):
    assert write_text_atomically(tmp_path / "page", "a\ud800b").read_text() == "a?b"


def test_a_record_cut_off_anywhere_is_refused(tmp_path):
    whole = dump_record(sample())
    path = tmp_path / "record.json"
    for length in range(0, len(whole) - 2, 7):
        path.write_text(whole[:length])
        with pytest.raises(RecordError, match="cut off"):
            read_record(path)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\x81",
        b"[" * 100_000,
        b'{"schema": NaN}',
        b"not json",
        b'{"schema": "modelcheck/record/1", "n": ' + b"9" * 5000 + b"}",
    ],
    ids=["empty", "not utf-8", "nested", "nan", "words", "huge integer"],
)
def test_what_is_no_json_is_a_record_error(tmp_path, data):
    path = tmp_path / "record.json"
    path.write_bytes(data)
    with pytest.raises(RecordError, match=r"record\.json"):
        read_record(path)


def test_a_missing_record_says_what_to_give(tmp_path):
    with pytest.raises(RecordError, match="Give a record"):
        read_record(tmp_path / "none.json")


def test_a_wrong_shape_names_file_and_key(tmp_path):
    path = write_record(sample(), tmp_path)
    path.write_text(path.read_text().replace('"blocked"', '"green"'))
    with pytest.raises(RecordError, match=r"record\.json: .*verdict is 'green'"):
        read_record(path)


def test_stale_reports_of_ours_are_removed(tmp_path):
    write_record(sample(), tmp_path)
    for name in ("report.html", "summary.md", "index.html", "explainability.html"):
        (tmp_path / name).write_text(f"<!-- {PAGE_MARK} -->\nPROMOTED")
    removed = remove_stale(tmp_path)
    assert len(removed) == 5
    assert list(tmp_path.iterdir()) == []


def test_files_of_others_stay(tmp_path):
    (tmp_path / "record.json").write_text('{"records": ["vinyl"]}')
    (tmp_path / "report.html").write_text("<h1>my own</h1>")
    (tmp_path / "notes.md").write_text(PAGE_MARK)
    (tmp_path / "summary.md").mkdir()
    assert remove_stale(tmp_path) == ()
    assert len(list(tmp_path.iterdir())) == 4


def test_a_link_is_left_alone(tmp_path):
    target = write_record(sample(), tmp_path / "elsewhere")
    (tmp_path / "record.json").symlink_to(target)
    assert remove_stale(tmp_path) == ()
    assert target.exists()


def test_a_folder_that_does_not_exist_holds_nothing_stale(tmp_path):
    assert remove_stale(tmp_path / "none") == ()


def test_a_damaged_record_of_ours_is_removed_too(tmp_path):
    path = write_record(sample(), tmp_path)
    path.write_text(path.read_text()[:60])
    assert remove_stale(tmp_path) == (path,)
