"""Bombs end early, large files stay cheap, and the same list holds while loading."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle
import time
import tracemalloc
import zipfile
import zlib

import joblib
import numpy as np
import pytest

from modelcheck.errors import ArtifactRefused, ModelError
from modelcheck.models.inspection import Bounds, inspect_bytes, inspect_file
from modelcheck.models.inspection.guard import only_allowed

SMALL = Bounds(
    file_bytes=10**6, unpacked_bytes=10**6, ratio_free_bytes=10**5, operations=10_000, depth=100, tuple_leaves=10_000,
    frame_bytes=10**5, line_bytes=10**5,
)  # fmt: skip


@pytest.mark.parametrize("squeeze", [zlib.compress, gzip.compress, bz2.compress, lzma.compress])
def test_a_decompression_bomb_ends_early(squeeze):
    # A pickle of very many zeros: bytes that are passed over, not kept.
    content = squeeze(b"\x80\x04\x8e" + (20_000_000).to_bytes(8, "little") + bytes(20_000_000) + b".")
    tracemalloc.start()
    inspection = inspect_bytes(content, bounds=SMALL)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert inspection.answer == "not_analysable"
    assert "decompressed" in inspection.reason
    assert peak < 16_000_000


def test_data_after_the_compressed_stream_is_not_analysable():
    for squeeze in (zlib.compress, gzip.compress, bz2.compress, lzma.compress):
        content = squeeze(pickle.dumps([1]))
        assert inspect_bytes(content).answer == "allowed"
        assert inspect_bytes(content + b"x").answer == "not_analysable"
        assert inspect_bytes(content + squeeze(pickle.dumps(print))).answer == "not_analysable"
        assert "truncated" in inspect_bytes(content[:-4]).reason


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x80\x04" + b"N0" * 20_000 + b".", "operations"),
        (b"\x80\x04" + b"(" * 200 + b".", "nests deeper"),
        (b"\x80\x04)" + b"\x85" * 200 + b".", "nest too deep"),
        (b"\x80\x04)" + b"2\x86" * 40 + b".", "nest too deep"),  # 2**40 leaves when hashed
        (b"\x80\x04\x95" + (2**60).to_bytes(8, "little") + b"N.", "frame"),
        (b"\x80\x04\x8e" + (2**62).to_bytes(8, "little") + b"x", "truncated"),
        (b"\x80\x04N\x94p99999999999999999999\n.", "memo"),
        (b"V" + b"x" * 200_000, "too long"),
        (b"\x80\x04" + b"N" * 2_000_000, "larger than"),
        (b"I" + b"9" * 9_000 + b"\n.", "no model file"),
        (b"\x80\x09N.", "protocol"),
        (b".", "no model file"),
        (b"0.", "no model file"),
        (b"(.", "no model file"),
        (b"\x80\x04h\x00.", "broken"),
        (b"\x80\x04}N\x86u.", "broken"),
    ],
)
def test_a_file_beyond_the_bounds_or_broken_is_not_analysable(content, words):
    inspection = inspect_bytes(content, bounds=SMALL)
    assert inspection.answer == "not_analysable", inspection
    assert words in inspection.reason


def test_an_array_larger_than_its_file_is_not_analysable():
    buffer = io.BytesIO()
    joblib.dump(np.zeros(4), buffer)
    content = buffer.getvalue().replace(b"K\x04\x85", b"J\xff\xff\xff\x7f\x85")
    assert content != buffer.getvalue()
    assert "truncated" in inspect_bytes(content).reason


def _array_state(shape, items):
    array = np.empty(2, dtype=object)
    array[:] = ["a", "b"]
    content = pickle.dumps(array, 2)
    assert b"K\x02\x85q\x0b" in content or b"K\x02\x85" in content
    return content.replace(b"K\x02\x85", b"K" + bytes([shape]) + b"\x85")


def test_an_array_of_objects_with_too_short_a_list_is_refused():
    # numpy would read objects beyond the end of the list.
    assert inspect_bytes(_array_state(2, 2)).answer == "allowed"
    assert inspect_bytes(_array_state(200, 2)).answer == "refused"


def test_a_hundred_megabytes_are_inspected_quickly_and_without_holding_them(tmp_path):
    path = tmp_path / "large.joblib"
    joblib.dump([np.zeros(500_000) for _ in range(25)], path)
    assert path.stat().st_size > 100_000_000
    tracemalloc.start()
    start = time.process_time()
    inspection = inspect_file(path)
    seconds = time.process_time() - start
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert inspection.answer == "allowed"
    assert peak < 5_000_000
    assert seconds < 2


def test_a_plain_pickles_array_bytes_are_not_held(tmp_path):
    path = tmp_path / "plain.pkl"
    path.write_bytes(pickle.dumps(np.zeros(4_000_000)))
    tracemalloc.start()
    assert inspect_file(path).answer == "allowed"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_a_missing_file_and_a_folder_are_errors(tmp_path):
    with pytest.raises(ModelError, match="can't be read"):
        inspect_file(tmp_path / "none.pkl")
    with pytest.raises(ModelError, match="folder"):
        inspect_file(tmp_path)


def test_an_empty_file_is_not_analysable():
    assert inspect_bytes(b"").reason == "the file is empty"


@pytest.mark.parametrize("loads", [pickle.loads, pickle._loads])
def test_while_loading_only_listed_names_are_imported(loads):
    content = pickle.dumps(print)
    assert loads(content) is print
    with only_allowed({"builtins.print"}):
        assert loads(content) is print
    with only_allowed({"builtins.set"}), pytest.raises(ArtifactRefused) as caught:
        loads(content)
    assert caught.value.names == ("builtins.print",)
    assert loads(content) is print


def test_the_guard_knows_python_2_names_and_nests():
    content = pickle.dumps(set, 2)
    with only_allowed({"builtins.set"}):
        assert pickle.loads(content) is set
        with only_allowed(frozenset()), pytest.raises(ArtifactRefused):
            pickle.loads(content)
        assert pickle.loads(content) is set


def test_the_guard_holds_for_its_own_thread_only():
    import threading

    found = []
    with only_allowed(frozenset()):
        thread = threading.Thread(target=lambda: found.append(pickle.loads(pickle.dumps(print))))
        thread.start()
        thread.join()
    assert found == [print]


def test_a_member_without_a_name_is_not_analysable():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("x", pickle.dumps([1]))
    content = bytearray(target.getvalue())
    for mark, name_length, name in ((b"PK\x03\x04", 26, 30), (b"PK\x01\x02", 28, 46)):
        at = content.index(mark)
        content[at + name_length] = 0
        del content[at + name]
    end = content.index(b"PK\x05\x06")
    content[end + 12 : end + 20] = (46).to_bytes(4, "little") + content.index(b"PK\x01\x02").to_bytes(4, "little")
    inspection = inspect_bytes(bytes(content))
    assert (inspection.answer, inspection.reason) == ("not_analysable", "a member has no name")


def test_a_fault_of_the_look_itself_refuses_the_file(monkeypatch):
    def raises(*_, **__):
        raise IndexError("unforeseen")

    monkeypatch.setattr("modelcheck.models.inspection.file._follow_content", raises)
    inspection = inspect_bytes(pickle.dumps([1]))
    assert (inspection.answer, inspection.reason) == ("not_analysable", "looking into it raised IndexError")


@pytest.mark.parametrize("code", ["m8[ns]", "M8[25s]", "m8"])
def test_a_time_needs_its_unit_as_numpy_writes_it(code):
    """Without it numpy reads a unit that isn't there and ends the process: a mutated file once did."""
    ordinary = pickle.dumps(np.zeros(3, dtype=code), 4)
    assert inspect_bytes(ordinary).answer == "allowed"
    assert inspect_bytes(pickle.dumps(np.dtype("i8"), 4).replace(b"i8", b"m8")).answer == "refused"
    assert inspect_bytes(pickle.dumps(np.dtype("M8[25s]"), 4).replace(b"K\x19K\x01", b"K\x00K\x01")).answer == "refused"
