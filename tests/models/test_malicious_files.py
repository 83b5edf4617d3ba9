"""Files that would run something: refused, and what they would run never happens."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import pickle
import struct
import subprocess
import zipfile
import zlib
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from modelcheck.config.tables import CandidateTable
from modelcheck.errors import ArtifactRefused
from modelcheck.models.inspection import inspect_bytes, inspect_file
from modelcheck.models.loading import load_model

PROTOCOLS = range(6)


class Call:
    """Pickles as a call of any function."""

    def __init__(self, function, *args):
        self.reduced = (function, args)

    def __reduce__(self):
        return self.reduced


def _touch(marker):
    return f"touch {marker}"


def _calls(marker):
    from numpy.testing import _private

    return {
        "posix.system": Call(os.system, _touch(marker)),
        "subprocess.check_output": Call(subprocess.check_output, ["touch", str(marker)]),
        "builtins.eval": Call(eval, f"open({str(marker)!r}, 'w')"),
        "builtins.exec": Call(exec, f"open({str(marker)!r}, 'w')"),
        "builtins.getattr": Call(getattr, LogisticRegression, "fit"),
        "builtins.__import__": Call(__import__, "this"),
        "io.open": Call(open, str(marker), "w"),
        "numpy.testing._private.utils.runstring": Call(_private.utils.runstring, f"open({str(marker)!r}, 'w')", {}),
        "joblib.numpy_pickle.load": Call(joblib.load, str(marker)),
        "pandas.eval": Call(pd.eval, f"@open({str(marker)!r}, 'w')"),
        "pandas.read_pickle": Call(pd.read_pickle, str(marker)),
        "numpy.memmap": Call(np.memmap, str(marker), "u1", "w+", 0, 8),
    }


NAMES = sorted(_calls("x"))


def _raw(module, name, argument):
    """A bare protocol-0 call of a name, importable or not."""
    return f"c{module}\n{name}\n(V{argument}\ntR.".encode()


@pytest.fixture
def marker(tmp_path):
    path = tmp_path / "marker"
    yield path
    assert not path.exists(), "the payload ran"


def _refused(content, tmp_path, *names):
    inspection = inspect_bytes(content)
    assert inspection.answer == "refused", inspection
    assert set(names) <= set(inspection.refused)
    path = tmp_path / "evil.pkl"
    path.write_bytes(content)
    assert inspect_file(path) == inspection
    with pytest.raises(ArtifactRefused) as caught:
        load_model(CandidateTable(model="evil.pkl"), tmp_path)
    for name in names:
        assert f'"{name}"' in str(caught.value)
        assert name in caught.value.names
    return str(caught.value)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", NAMES)
def test_a_call_of_a_dangerous_name_is_refused_in_every_protocol(name, protocol, tmp_path, marker):
    content = pickle.dumps([1, _calls(marker)[name]], protocol)
    _refused(content, tmp_path, name)


def test_the_refusal_prints_the_line_that_would_allow_the_import_and_what_that_means(tmp_path, marker):
    message = _refused(pickle.dumps(Call(os.system, _touch(marker))), tmp_path, "posix.system")
    assert 'trusted = ["posix.system"]' in message
    assert "lets the file run that code" in message


def test_a_name_already_trusted_that_is_still_refused_is_not_advised_again(tmp_path):
    (tmp_path / "m.pkl").write_bytes(pickle.PROTO + b"\x04" + _text("numpy") + _text("ma.MaskedArray") + b"\x93.")
    with pytest.raises(ArtifactRefused) as caught:
        load_model(CandidateTable(model="m.pkl", trusted=("numpy.ma.MaskedArray",)), tmp_path)
    assert "trusted = " not in str(caught.value)
    assert '`trusted` has "numpy.ma.MaskedArray" already' in str(caught.value)
    assert "dotted name" in str(caught.value)


@pytest.mark.parametrize("compress", [0, ("zlib", 3), ("gzip", 3), ("bz2", 3), ("lzma", 3), ("xz", 3)])
def test_a_call_after_the_first_array_of_a_joblib_file_is_refused(compress, tmp_path, marker):
    buffer = io.BytesIO()
    joblib.dump([np.arange(999.0), Call(os.system, _touch(marker))], buffer, compress=compress)
    _refused(buffer.getvalue(), tmp_path, "posix.system")


@pytest.mark.parametrize("compress", [0, 3])
def test_a_call_inside_an_array_of_objects_of_a_joblib_file_is_refused(compress, tmp_path, marker):
    array = np.array([1, Call(os.system, _touch(marker))], dtype=object)
    buffer = io.BytesIO()
    joblib.dump({"coef_": np.arange(9.0), "names": array}, buffer, compress=compress)
    _refused(buffer.getvalue(), tmp_path, "posix.system")


def test_a_second_pickle_after_the_first_is_refused(tmp_path, marker):
    content = pickle.dumps(LogisticRegression()) + pickle.dumps(Call(os.system, _touch(marker)))
    _refused(content, tmp_path, "posix.system")


def test_bytes_that_are_no_pickle_after_the_first_are_not_analysable():
    assert inspect_bytes(pickle.dumps(1) + b"\x00" * 64).answer == "not_analysable"


@pytest.mark.parametrize("member", ["data.pkl", "weights.npy", "readme.txt"])
def test_a_member_of_a_zip_is_refused_whatever_it_is_called(member, tmp_path, marker):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("fine.pkl", pickle.dumps([1]))
        archive.writestr(member, pickle.dumps(Call(os.system, _touch(marker))))
    _refused(buffer.getvalue(), tmp_path, "posix.system")


def test_npy_and_npz_with_an_array_of_objects_are_refused(tmp_path, marker):
    array = np.array([Call(os.system, _touch(marker))], dtype=object)
    single, many = io.BytesIO(), io.BytesIO()
    np.save(single, array, allow_pickle=True)
    np.savez_compressed(many, fine=np.arange(3), bad=array)
    _refused(single.getvalue(), tmp_path, "posix.system")
    _refused(many.getvalue(), tmp_path, "posix.system")


@pytest.mark.parametrize("squeeze", [zlib.compress, gzip.compress, bz2.compress, lzma.compress])
def test_a_compressed_call_is_refused(squeeze, tmp_path, marker):
    _refused(squeeze(pickle.dumps(Call(os.system, _touch(marker)))), tmp_path, "posix.system")


def test_the_extension_doesnt_matter(tmp_path, marker):
    for name in ("model.skops", "model.json", "model.npy", "model"):
        (tmp_path / name).write_bytes(pickle.dumps(Call(os.system, _touch(marker))))
        assert inspect_file(tmp_path / name).refused == ("posix.system",)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("nt", "system"),
        ("sklearn.datasets._openml", "fetch_openml"),
        ("sklearn.utils._testing", "assert_run_python_script_without_output"),
        ("functools", "partial"),
        ("operator", "attrgetter"),
        ("operator", "methodcaller"),
        ("numpy", "load"),
        ("numpy", "loads"),
        ("numpy.core", "_ufunc_reconstruct"),
        ("numpy._core", "_ufunc_reconstruct"),
        ("numpy", "frompyfunc"),
        ("numpy.f2py", "compile"),
        ("joblib.memory", "Memory"),
        ("joblib.numpy_pickle_compat", "NDArrayWrapper"),
        ("joblib.numpy_pickle_compat", "ZNDArrayWrapper"),
        ("scipy.stats._continuous_distns", "norm_gen"),
        ("scipy.stats._distn_infrastructure", "rv_continuous"),
        ("pandas", "read_pickle"),
        ("pickle", "loads"),
        ("_pickle", "loads"),
        ("marshal", "loads"),
        ("types", "FunctionType"),
        ("types", "CodeType"),
        ("importlib", "import_module"),
        ("runpy", "run_path"),
        ("code", "interact"),
        ("builtins", "type"),
        ("builtins", "map"),
        ("builtins", "compile"),
        ("builtins", "breakpoint"),
        ("__builtin__", "apply"),
        ("commands", "getoutput"),
        ("sklearn.linear_model._logistic", "LogisticRegression.fit"),
        ("sklearn.base", "clone"),
        ("numpy.core.multiarray", "_reconstruct.__globals__"),
        ("cloudpickle.cloudpickle", "_make_function"),
    ],
)
def test_names_that_are_not_on_the_list_are_refused_even_under_trusted_packages(module, name):
    assert inspect_bytes(_raw(module, name, "x")).answer == "refused"
    stacked = pickle.PROTO + b"\x04" + _text(module) + _text(name) + b"\x93."
    assert inspect_bytes(stacked).answer == "refused"


def _text(value):
    data = value.encode()
    return b"\x8c" + bytes([len(data)]) + data


def test_python_2_names_are_mapped_as_the_load_would():
    assert inspect_bytes(_raw("__builtin__", "eval", "1")).refused == ("builtins.eval",)
    assert inspect_bytes(b"\x80\x02c__builtin__\nset\n)R.").answer == "allowed"
    # Protocol 4 doesn't map, and a module of that name could be anything.
    assert inspect_bytes(b"\x80\x04c__builtin__\nset\n)R.").refused == ("__builtin__.set",)


def test_a_name_computed_while_loading_is_refused():
    # codecs.encode('os') gives the module's name; only text written in the file may name an import.
    content = b"\x80\x04c_codecs\nencode\n" + _text("os") + _text("latin1") + b"\x86R" + _text("system") + b"\x93."
    inspection = inspect_bytes(content)
    assert inspection.answer == "refused"
    assert "computed" in inspection.reason


@pytest.mark.parametrize("opcode", [b"\x82\x01", b"\x83\x01\x00", b"\x84\x01\x00\x00\x00"])
def test_extension_codes_are_refused(opcode):
    inspection = inspect_bytes(b"\x80\x02" + opcode + b".")
    assert inspection.answer == "refused"
    assert "EXT" in inspection.reason


def test_registered_extension_codes_are_refused_without_being_resolved():
    import copyreg

    copyreg.add_extension("posix", "system", 240)
    try:
        assert inspect_bytes(b"\x80\x02\x82\xf0.").answer == "refused"
    finally:
        copyreg.remove_extension("posix", "system", 240)


@pytest.mark.parametrize("content", [b"Pid\n.", b"\x80\x02U\x02idQ.", b"\x80\x05\x97.", b"\x80\x05N\x98."])
def test_persistent_ids_and_outside_buffers_are_refused(content):
    assert inspect_bytes(content).answer == "refused"


@pytest.mark.parametrize("content", [b"(iposix\nsystem\n.", b"(cposix\nsystem\nVls\no."])
def test_old_instances_are_refused(content):
    assert inspect_bytes(content).answer == "refused"


def test_setting_the_state_of_an_imported_class_is_refused():
    # (None, {"predict": numpy.log1p}) would replace a method of the class for the whole process.
    content = b"\x80\x04csklearn.pipeline\nPipeline\nN}" + _text("predict") + b"cnumpy\nlog1p\ns\x86b."
    inspection = inspect_bytes(content)
    assert inspection.answer == "refused"
    assert "changes something that it imported" in inspection.reason


def test_calling_the_result_of_a_call_is_refused():
    content = b"\x80\x04ccollections\nOrderedDict\n)R)R."
    assert "computed while loading" in inspect_bytes(content).reason


def test_an_estimator_may_not_be_called_only_restored():
    content = b"\x80\x04csklearn.pipeline\nPipeline\nN\x85R."
    inspection = inspect_bytes(content)
    assert inspection.answer == "refused"
    assert "sklearn.pipeline.Pipeline" in inspection.refused


def _partial(function, state_function):
    state = b"(" + state_function + b")}Nt"
    return b"\x80\x04cfunctools\npartial\n" + function + b"\x85R" + state + b"b."


def test_partial_is_allowed_of_scikit_learns_own_check_only():
    check, other = b"csklearn.utils.validation\ncheck_array\n", b"cnumpy\nlog1p\n"
    assert inspect_bytes(_partial(check, check)).answer == "allowed"
    assert inspect_bytes(_partial(other, check)).refused == ("functools.partial",)
    assert inspect_bytes(_partial(check, other)).refused == ("functools.partial",)
    assert inspect_bytes(b"\x80\x04cfunctools\npartial\n.").refused == ("functools.partial",)
    assert "functools.partial" in inspect_bytes(b"\x80\x04cfunctools\npartial\n" + check + b"\x85\x81.").refused
    assert "functools.partial" in inspect_bytes(_partial(b"cposix\nsystem\n", b"cposix\nsystem\n")).refused


def test_encoding_by_an_arbitrary_codec_is_refused():
    assert (
        inspect_bytes(b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00xX\x05\x00\x00\x00idna_\x86R.").answer == "refused"
    )


def test_a_pandas_factory_makes_pandas_classes_only():
    call = b"\x80\x04cpandas.core.indexes.base\n_new_Index\nc%s\n}\x86R."
    assert inspect_bytes(call % b"pandas\nIndex").answer == "allowed"
    assert inspect_bytes(call % b"numpy\nndarray").answer == "refused"


@pytest.mark.parametrize(
    "held", [b"}Vk\nc%s\ns", b"]c%s\na", b"(c%s\nl", b"c%s\n\x85", b"(c%s\nt", b"]c%s\n\x85a", b"c%s\n"]
)
@pytest.mark.parametrize("name", [b"numpy\nndarray", b"numpy\ndtype"])
def test_array_classes_are_not_kept_where_a_model_could_call_them(held, name):
    # FunctionTransformer(func=numpy.ndarray, kw_args={"dtype": "O", "buffer": ...}) would make pointers of bytes.
    maker = b"\x80\x04csklearn.preprocessing._function_transformer\nFunctionTransformer\n)\x81}Vfunc\n"
    assert inspect_bytes(maker + held.replace(b"%s", b"numpy\nlog1p") + b"sb.").answer == "allowed"
    assert inspect_bytes(maker + held.replace(b"%s", name) + b"sb.").answer == "refused"


def test_array_classes_are_not_kept_by_skops_either():
    import skops.io
    from sklearn.preprocessing import FunctionTransformer

    assert inspect_bytes(skops.io.dumps(FunctionTransformer(np.ndarray))).answer == "refused"
    assert inspect_bytes(pickle.dumps(FunctionTransformer(np.ndarray))).answer == "refused"
    assert inspect_bytes(skops.io.dumps(FunctionTransformer(np.log1p))).answer == "allowed"


def _dtype(code, state):
    return pickle.dumps(Call(np.dtype, code, False, True), 2)[:-1] + pickle.dumps(state, 2)[2:-1] + b"b."


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("O8", (3, "|", None, None, None, -1, -1, 0)),  # objects without their flags: bytes become pointers
        ("f8", (3, "<", None, None, None, -1, -1, 63)),
        ("V8", (3, "|", None, ("a",), {"a": (1, 0)}, 8, 1, 0)),
        ("V8", (3, "|", (1, 2), None, None, 8, 1, 0)),
        ("S4", (3, "|", None, None, None, 4000, 1, 0)),
        ("f8", (3, "<", None, None, None, -1, -1)),
    ],
)
def test_a_dtype_that_contradicts_itself_is_refused(code, state):
    assert inspect_bytes(_dtype(code, state)).answer == "refused"


def test_a_dtype_as_numpy_writes_it_is_allowed():
    for dtype in ("f8", ">f4", "U5", "S3", "O", "M8[ns]", "m8[s]", "?", "c16", [("a", "f8"), ("b", "i4")]):
        for protocol in PROTOCOLS:
            inspection = inspect_bytes(pickle.dumps(np.dtype(dtype), protocol))
            assert inspection.answer == "allowed", (dtype, protocol, inspection)


def _wrapper_file(array):
    buffer = io.BytesIO()
    joblib.dump(array, buffer)
    return buffer.getvalue()


def test_an_array_announced_twice_is_not_followed(tmp_path, marker):
    # joblib reads raw bytes whenever a state is set on the wrapper; a second read would hide opcodes from a naive look.
    content = _wrapper_file(np.zeros(3))
    evil = content[:-1] + b"h\x00}b" + pickle.dumps(Call(os.system, _touch(marker)))[2:]
    assert inspect_bytes(evil).answer != "allowed"


@pytest.mark.parametrize("cut", [1, 5, 20, 100])
def test_a_truncated_file_is_not_analysable_and_says_so(cut):
    content = _wrapper_file(np.arange(100.0))
    inspection = inspect_bytes(content[:-cut])
    assert inspection.answer == "not_analysable"
    assert "truncated" in inspection.reason


def test_names_in_a_refusal_are_escaped():
    with pytest.raises(ArtifactRefused) as caught:
        _load_bytes(_raw("evil\x1b[31m", 'na"me', "x"))
    assert "\x1b" not in str(caught.value)
    assert r"\"" in str(caught.value)


def _load_bytes(content):
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "m").write_bytes(content)
        return load_model(CandidateTable(model="m"), Path(folder))


def test_lz4_old_joblib_archives_and_other_formats_are_not_analysable():
    heads = {
        "lz4": b"\x04\x22\x4d\x18",
        "7z": b"7z\xbc\xaf\x27\x1c",
        "old joblib": b"ZF0x10",
        "hdf5": b"\x89HDF\r\n\x1a\n",
        "json": b'{"a": 1}',
        "numbers": struct.pack("<4d", 0.1, 0.2, 0.3, 0.4),
    }
    for name, head in heads.items():
        inspection = inspect_bytes(head + b"\x00" * 64)
        assert inspection.answer == "not_analysable", name
        assert inspection.reason
