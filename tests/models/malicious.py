"""Files made to run something, or to hide that they would: one function each, named by what it tries.

Every payload is harmless: it would write a marker file. Built here byte by byte, so that no library is needed.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import joblib
import numpy as np

FILES: dict[str, Callable[[Path], bytes]] = {}
FOLDERS: dict[str, Callable[[Path, Path], None]] = {}


def file(name):
    """Register a sample that is one file."""

    def register(build):
        assert name not in FILES
        FILES[name] = build
        return build

    return register


def folder(name):
    """Register a sample that is a folder."""

    def register(build):
        assert name not in FOLDERS
        FOLDERS[name] = build
        return build

    return register


class Call:
    """Pickles as a call of any function."""

    def __init__(self, function, *args):
        self.reduced = (function, args)

    def __reduce__(self):
        return self.reduced


def text(value):
    """A short text in protocol 4."""
    data = value.encode()
    return b"\x8c" + bytes([len(data)]) + data


def system(marker, protocol=2):
    """The payload most files carry."""
    return pickle.dumps(Call(os.system, f"touch {marker}"), protocol)


def bare(module, name, *args):
    """A protocol-0 call of any name, importable or not."""
    pushed = "".join(f"V{argument}\n" for argument in args)
    return f"c{module}\n{name}\n({pushed}tR.".encode()


def zipped(members, compression=zipfile.ZIP_STORED):
    """A zip of these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def skops_node(module, name, loader, **more):
    """One node of a skops schema."""
    return {"__class__": name, "__module__": module, "__loader__": loader, **more}


# -- pickles: names and how they are spelled ---------------------------------------------------------------------------

_NAMES = {
    "dangerous name: os.system": ("os", "system", "touch {marker}"),
    "dangerous name: nt.system of another system": ("nt", "system", "touch {marker}"),
    "dangerous name: builtins.exec": ("builtins", "exec", "open({marker!r}, 'w')"),
    "dangerous name: builtins.eval by its Python 2 name": ("__builtin__", "eval", "open({marker!r}, 'w')"),
    "dangerous name: subprocess by its Python 2 name": ("commands", "getoutput", "touch {marker}"),
    "dangerous name: pty.spawn": ("pty", "spawn", "touch {marker}"),
    "dangerous name: timeit.timeit": ("timeit", "timeit", "open({marker!r}, 'w')"),
    "dangerous name: cProfile.run": ("cProfile", "run", "open({marker!r}, 'w')"),
    "dangerous name: profile.run": ("profile", "run", "open({marker!r}, 'w')"),
    "dangerous name: pdb.run": ("pdb", "run", "open({marker!r}, 'w')"),
    "dangerous name: doctest.debug_script": ("doctest", "debug_script", "open({marker!r}, 'w')"),
    "dangerous name: trace": ("trace", "Trace", ""),
    "dangerous name: code.InteractiveInterpreter": ("code", "InteractiveInterpreter", ""),
    "dangerous name: asyncio subprocess": ("asyncio.unix_events", "_UnixSubprocessTransport", ""),
    "dangerous name: distutils file_util": ("distutils.file_util", "write_file", "{marker}"),
    "dangerous name: logging.config.fileConfig": ("logging.config", "fileConfig", "{marker}"),
    "dangerous name: idlelib": ("idlelib.pyshell", "ModifiedInterpreter", ""),
    "dangerous name: lib2to3": ("lib2to3.pgen2.pgen", "generate_grammar", "{marker}"),
    "dangerous name: ensurepip": ("ensurepip._bundled", "main", ""),
    "dangerous name: venv.create": ("venv", "create", "{marker}"),
    "dangerous name: pip.main": ("pip", "main", "--version"),
    "dangerous name: pydoc.pipepager": ("pydoc", "pipepager", "touch {marker}"),
    "dangerous name: webbrowser.open": ("webbrowser", "open", "file://{marker}"),
    "dangerous name: urllib": ("urllib.request", "urlopen", "file://{marker}"),
    "dangerous name: ctypes.CDLL": ("ctypes", "CDLL", "{marker}"),
    "dangerous name: shutil.rmtree": ("shutil", "rmtree", "{marker}"),
    "dangerous name: sqlite3": ("sqlite3", "connect", "{marker}"),
    "dangerous name: uuid helper": ("uuid", "_get_command_stdout", "touch"),
    "dangerous name: torch hub": ("torch.hub", "load", "a/b"),
    "dangerous name: torch dynamo": ("torch._dynamo.guards", "GuardBuilder", ""),
    "dangerous name: torch bottleneck": ("torch.utils.bottleneck.__main__", "run_cprofile", "{marker}"),
    "dangerous name: torch inductor": ("torch._inductor.codecache", "PyCodeCache", ""),
    "dangerous name: ultralytics of another package": ("ultralytics.utils", "checks", ""),
    "dangerous name: bdb": ("bdb", "Bdb", ""),
    "prefix: numpy.testing runstring": ("numpy.testing._private.utils", "runstring", "open({marker!r}, 'w')"),
    "prefix: numpy.f2py": ("numpy.f2py.crackfortran", "myeval", "open({marker!r}, 'w')"),
    "prefix: numpy.distutils": ("numpy.distutils.exec_command", "exec_command", "touch {marker}"),
    "prefix: pandas.eval": ("pandas", "eval", "@open({marker!r}, 'w')"),
    "prefix: pandas query": ("pandas.core.computation.eval", "eval", "@open({marker!r}, 'w')"),
    "prefix: sklearn fetch": ("sklearn.datasets._openml", "fetch_openml", "x"),
    "prefix: sklearn testing": ("sklearn.utils._testing", "assert_run_python_script_without_output", "x"),
    "prefix: scipy distribution": ("scipy.stats._distn_infrastructure", "rv_continuous", "x"),
    "prefix: joblib memory": ("joblib.memory", "Memory", "{marker}"),
    "prefix: joblib lazy loader": ("joblib.externals.loky.backend.context", "get_context", "x"),
    "prefix: statsmodels load_pickle": ("statsmodels.iolib.smpickle", "load_pickle", "{marker}"),
    "prefix: statsmodels formula": ("statsmodels.formula.api", "ols", "y ~ x"),
    "prefix: xgboost load": ("xgboost.core", "_load_lib", ""),
    "prefix: lightgbm train": ("lightgbm.engine", "train", ""),
    "prefix: pyarrow memory_map": ("pyarrow.lib", "memory_map", "{marker}"),
    "nested loader: numpy.load": ("numpy", "load", "{marker}"),
    "nested loader: joblib.load": ("joblib.numpy_pickle", "load", "{marker}"),
    "nested loader: pandas.read_pickle": ("pandas.io.pickle", "read_pickle", "{marker}"),
    "nested loader: pickle.loads": ("pickle", "loads", "x"),
    "nested loader: _pickle.loads": ("_pickle", "loads", "x"),
    "nested loader: torch.load": ("torch.serialization", "load", "{marker}"),
    "nested loader: torch storage": ("torch.storage", "_load_from_bytes", "x"),
    "nested loader: marshal": ("marshal", "loads", "x"),
    "nested loader: dill": ("dill._dill", "loads", "x"),
    "nested loader: cloudpickle": ("cloudpickle.cloudpickle", "_make_function", "x"),
    "nested loader: skops": ("skops.io._persist", "loads", "x"),
    "indirection: builtins.getattr": ("builtins", "getattr", "x"),
    "indirection: operator.methodcaller": ("operator", "methodcaller", "system"),
    "indirection: functools.partial": ("functools", "partial", "x"),
    "indirection: functools.reduce": ("functools", "reduce", "x"),
    "indirection: types.FunctionType": ("types", "FunctionType", "x"),
    "indirection: importlib": ("importlib", "import_module", "this"),
    "indirection: builtins.map": ("builtins", "map", "x"),
    "indirection: copyreg.add_extension": ("copyreg", "add_extension", "os"),
    "indirection: sys.modules": ("sys", "modules", ""),
    "indirection: dotted name": ("numpy", "ma.core.os.system", "touch {marker}"),
    "indirection: module of a module": ("sklearn.utils._testing.os", "system", "touch {marker}"),
}
for _title, (_module, _name, _argument) in _NAMES.items():
    FILES[_title] = lambda marker, m=_module, n=_name, a=_argument: bare(m, n, a.format(marker=str(marker)))


@file("opcode: STACK_GLOBAL")
def _(marker):
    return pickle.PROTO + b"\x04" + text("os") + text("system") + b"\x93" + text(f"touch {marker}") + b"\x85R."


@file("opcode: STACK_GLOBAL with its names from the memo")
def _(marker):
    names = text("system") + b"\x94" + text("os") + b"\x94" + b"00h\x01h\x00\x93"
    return pickle.PROTO + b"\x04" + names + text(f"touch {marker}") + b"\x85R."


@file("opcode: INST of protocol 0")
def _(marker):
    return f"(S'touch {marker}'\nios\nsystem\n.".encode()


@file("opcode: OBJ of protocol 1")
def _(marker):
    return f"(cos\nsystem\nS'touch {marker}'\no.".encode()


@file("opcode: EXT")
def _(marker):
    return b"\x80\x02\x82\xf0."


@file("opcode: NEWOBJ_EX")
def _(marker):
    return pickle.PROTO + b"\x04cos\nsystem\n" + text(f"touch {marker}") + b"\x85}\x92."


@file("opcode: persistent id as text")
def _(marker):
    return b"P/etc/passwd\n."


@file("opcode: persistent id from the stack")
def _(marker):
    return b"\x80\x02" + b"(X\x07\x00\x00\x00storagecos\nsystem\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x01tQ."


@file("opcode: FRAME that ends before the call")
def _(marker):
    body = b"N0" + system(marker)[2:]
    return b"\x80\x04\x95\x02" + bytes(7) + body


@file("opcode: a frame longer than the file")
def _(marker):
    return b"\x80\x04\x95\xff" + bytes(7) + system(marker)[2:]


@file("opcode: protocol of the future")
def _(marker):
    return b"\x80\x07" + system(marker)[2:]


@file("opcode: the result is thrown away")
def _(marker):
    return system(marker)[:-1] + b"0N."


@file("opcode: duplicated and popped marks")
def _(marker):
    return b"\x80\x02((1" + system(marker)[2:]


@file("opcode: a call within the arguments of an allowed one")
def _(marker):
    return b"\x80\x04cbuiltins\nset\n(](" + system(marker)[2:-1] + b"etR."


@file("opcode: text with escapes that spells a name")
def _(marker):
    return b"S'o\\x73'\nS'system'\n\x93" + f"(S'touch {marker}'\ntR.".encode()


@file("opcode: bytes after STOP that no scanner expects")
def _(marker):
    return pickle.dumps([1]) + b"\x00" + system(marker)


@file("memo: an import replaced by PUT")
def _(marker):
    return b"cbuiltins\nset\np0\n0cos\nsystem\np0\n0g0\n" + f"(Vtouch {marker}\ntR.".encode()


@file("memo: LONG_BINPUT far away")
def _(marker):
    return b"\x80\x02cos\nsystem\nr\xff\xff\xff\x7f" + f"(Vtouch {marker}\ntR.".encode()


@file("state: BUILD on an imported module's class")
def _(marker):
    return b"\x80\x04csklearn.pipeline\nPipeline\nN}" + text("predict") + b"cnumpy\nlog1p\ns\x86b."


@file("state: slots through BUILD set a method")
def _(marker):
    return b"\x80\x04csklearn.pipeline\nPipeline\n)\x81N}" + text("predict") + b"cos\nsystem\ns\x86b."


@file("state: __setstate__ of an allowed class reads a formula of statsmodels")
def _(marker):
    formula = f"y ~ __import__('os').system('touch {marker}')"
    state = b"}(" + text("restore_model_spec") + b"\x88" + text("frame") + b"}" + text("formula")
    state += b"X" + struct.pack("<I", len(formula)) + formula.encode() + b"u"
    return b"\x80\x04cstatsmodels.base.data\nModelData\n)\x81" + state + b"b."


@file("state: a formula of statsmodels under a key of Python 2's text")
def _(marker):
    state = b"}(U\x12restore_model_spec\x88U\x07formula" + text("y ~ x") + b"u"
    return b"\x80\x02cstatsmodels.base.data\nModelData\n)\x81" + state + b"b."


@file("state: a formula of statsmodels hidden behind many keys")
def _(marker):
    many = b"".join(text(f"k{i}") + b"N" for i in range(300))
    state = b"}(" + many + text("restore_model_spec") + b"\x88" + text("formula") + text("y ~ x") + b"u"
    return b"\x80\x04cstatsmodels.base.data\nPandasData\n)\x81" + state + b"b."


@file("state: a formula of statsmodels on an object of another library")
def _(marker):
    other = b"csklearn.utils._bunch\nBunch\n)\x81}(" + text("formula") + text("y ~ x") + b"ub"
    return b"\x80\x04cstatsmodels.regression.linear_model\nOLSResults\n)\x81}" + text("model") + other + b"sb."


@file("state: numpy.ndarray kept as a function")
def _(marker):
    maker = b"\x80\x04csklearn.preprocessing._function_transformer\nFunctionTransformer\n)\x81}"
    return maker + text("func") + b"cnumpy\nndarray\nsb."


@file("state: a dtype that makes pointers of bytes")
def _(marker):
    return (
        pickle.dumps(Call(np.dtype, "O8", False, True), 2)[:-1]
        + b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb."
    )


def _unmemoised(value):
    """A value's opcodes without PROTO, memo and STOP, to be put into a larger pickle."""
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer, 3)
    pickler.fast = True
    pickler.dump(value)
    return buffer.getvalue()[2:-1]


def _results(model):
    return b"\x80\x04cstatsmodels.regression.linear_model\nOLSResults\n)\x81}" + text("model") + model + b"sb."


@file("state: attributes of a dict that is computed")
def _(marker):
    state = b"ccollections\nOrderedDict\n)R" + text("predict") + b"cnumpy\nlog1p\ns"
    return b"\x80\x04csklearn.pipeline\nPipeline\n)\x81" + state + b"b."


@file("state: a dict filled from an array of text, whose names no opcode spells")
def _(marker):
    names = _unmemoised(np.array([["restore", "y"], ["other", f"__import__('os').system('touch {marker}')"]]))
    return b"\x80\x04ccollections\nOrderedDict\n" + names + b"\x85R."


@file("state: a mapping of another class, filled from an array of text")
def _(marker):
    bunch = b"(csklearn.utils._bunch\nBunch\ncbuiltins\ndict\n" + _unmemoised(np.array([["a", "b"]]))
    return b"\x80\x04ccopyreg\n_reconstructor\n" + bunch + b"tR."


@file("state: labels of a table that spell a formula of statsmodels")
def _(marker):
    labels = np.array(["x", "formula", "model_spec"])
    return _results(_unmemoised({"labels": labels, "values": [f"__import__('os').system('touch {marker}')"]}))


@file("state: the same labels as text that becomes bytes")
def _(marker):
    text_of_labels = b"c_codecs\nencode\n" + text("xformulamodel_spec") + text("latin1") + b"\x86R"
    return _results(text_of_labels)


@file("zip: a folder with a content of its own")
def _(marker):
    return zipped({"a/": system(marker)})


@file("state: labels that spell the attribute by which numpy reads memory")
def _(marker):
    return pickle.dumps(np.array(["x", "__array_interface__"]))


@file("state: the same labels in the other byte order, in joblib's raw bytes")
def _(marker):
    buffer = io.BytesIO()
    joblib.dump(np.array(["x", "__array_interface__"], dtype=">U20"), buffer)
    return buffer.getvalue()


@file("state: the attribute by which numpy reads memory")
def _(marker):
    address = b"}" + text("data") + b"K\x08\x89\x86s"
    return b"\x80\x04csklearn.pipeline\nPipeline\n)\x81}" + text("__array_interface__") + address + b"sb."


@file("state: an attribute that takes the place of __setstate__")
def _(marker):
    made = b"\x80\x04csklearn.pipeline\nPipeline\n)\x81}" + text("__setstate__") + b"cnumpy\nmedian\nsb"
    return made + b"}b."


@file("state: a slot that changes an object's class")
def _(marker):
    slots = b"N}" + text("__class__") + b"cstatsmodels.base.data\nModelData\ns\x86"
    return b"\x80\x04csklearn.pipeline\nPipeline\n)\x81" + slots + b"b."


@file("state: an append that an object's own attribute answers")
def _(marker):
    made = b"\x80\x04csklearn.pipeline\nPipeline\n)\x81}" + text("append") + b"cnumpy\nmedian\nsb"
    return made + b"]a."


@file("state: the name of a method that writes files, called on a table")
def _(marker):
    return b"\x80\x04csklearn.ensemble._stacking\nStackingClassifier\n)\x81}" + (
        text("stack_method_") + b"](" + text("predict") + text("to_csv") + b"esb."
    )


@file("state: the name of a method, added to its list afterwards")
def _(marker):
    return b"\x80\x04csklearn.ensemble._stacking\nStackingClassifier\n)\x81}" + (
        text("stack_method_") + b"]\x94sbh\x00" + text("eval") + b"a."
    )


@file("state: the name of a method that is one text")
def _(marker):
    return b"\x80\x04csklearn.model_selection._classification_threshold\nFixedThresholdClassifier\n)\x81}" + (
        text("response_method") + text("to_pickle") + b"sb."
    )


@file("state: a vectoriser that opens the files which rows name")
def _(marker):
    return b"\x80\x04csklearn.feature_extraction.text\nCountVectorizer\n)\x81}" + (
        text("input") + text("filename") + b"sb."
    )


@file("call: arguments for a constructor")
def _(marker):
    return b"\x80\x04cpandas\nIndex\n](K\x01e\x85\x81."


@file("call: an array of a size of its own")
def _(marker):
    return b"\x80\x04cnumpy._core.multiarray\n_reconstruct\n(cnumpy\nndarray\nJ\xff\xff\xff\x7f\x85C\x01btR."


@file("call: bytes of a number that is computed")
def _(marker):
    number = b"cnumpy._core.multiarray\nscalar\n(cnumpy\ndtype\n" + text("i8") + b"\x89\x88\x87R"
    return b"\x80\x04cbuiltins\nbytes\n" + number + b"C\x08" + b"\xff" * 6 + b"\x00\x00tR\x85R."


@file("call: a set of a range without end")
def _(marker):
    return b"\x80\x04cbuiltins\nset\ncpandas\nRangeIndex\n)\x81\x85R."


# -- several pickles, arrays, compression ------------------------------------------------------------------------------


@file("concatenated: a second pickle")
def _(marker):
    return pickle.dumps([1]) + system(marker)


@file("concatenated: a third pickle")
def _(marker):
    return pickle.dumps([1]) + pickle.dumps([2]) + system(marker)


@file("joblib: a call after the first array")
def _(marker):
    buffer = io.BytesIO()
    joblib.dump([np.arange(99.0), Call(os.system, f"touch {marker}")], buffer)
    return buffer.getvalue()


@file("joblib: a call in an array of objects")
def _(marker):
    buffer = io.BytesIO()
    joblib.dump({"a": np.array([Call(os.system, f"touch {marker}")], dtype=object)}, buffer)
    return buffer.getvalue()


for _method in ("zlib", "gzip", "bz2", "lzma", "xz"):

    @file(f"joblib: compressed with {_method}")
    def _(marker, method=_method):
        buffer = io.BytesIO()
        joblib.dump([np.arange(9.0), Call(os.system, f"touch {marker}")], buffer, compress=(method, 3))
        return buffer.getvalue()


for _name, _squeeze in {"zlib": zlib.compress, "gzip": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}.items():

    @file(f"compressed: a plain pickle in {_name}")
    def _(marker, squeeze=_squeeze):
        return squeeze(system(marker))


@file("compressed: twice")
def _(marker):
    return zlib.compress(zlib.compress(system(marker)))


@file("compressed: two gzip streams, the second one bad")
def _(marker):
    return gzip.compress(pickle.dumps([1])) + gzip.compress(system(marker))


@file("joblib: raw bytes that a plain unpickler would run")
def _(marker):
    # joblib announces an array longer than its own bytes: what follows lies beyond the end.
    buffer = io.BytesIO()
    joblib.dump(np.zeros(4), buffer)
    return buffer.getvalue().replace(b"K\x04\x85", b"J\xff\xff\xff\x7f\x85") + system(marker)


@file("joblib: the old format of several files")
def _(marker):
    return b"ZF" + b"0x10" + zlib.compress(system(marker))


@file("npy: an array of objects")
def _(marker):
    buffer = io.BytesIO()
    np.save(buffer, np.array([Call(os.system, f"touch {marker}")], dtype=object), allow_pickle=True)
    return buffer.getvalue()


@file("npy: a pickle after the numbers")
def _(marker):
    buffer = io.BytesIO()
    np.save(buffer, np.arange(3))
    return buffer.getvalue() + system(marker)


@file("npy: a header that is an expression")
def _(marker):
    header = f"{{'descr': __import__('os').system('touch {marker}'), 'fortran_order': False, 'shape': (1,)}}".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header


@file("npz: an array of objects")
def _(marker):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, a=np.arange(3), b=np.array([Call(os.system, f"touch {marker}")], dtype=object))
    return buffer.getvalue()


# -- archives ----------------------------------------------------------------------------------------------------------


@file("zip: a pickle under a harmless name")
def _(marker):
    return zipped({"readme.txt": system(marker)})


@file("zip: a pickle beside a skops schema")
def _(marker):
    schema = {"protocol": 2, "__loader__": "JsonNode", "__class__": "int", "__module__": "builtins", "content": "1"}
    return zipped({"schema.json": json.dumps(schema), "0.npy": FILES["npy: an array of objects"](marker)})


@file("zip: a zip in a zip")
def _(marker):
    return zipped({"inner.zip": zipped({"data.pkl": system(marker)})})


def _changed_flags(content, central):
    content = bytearray(content)
    place = content.index(b"PK\x01\x02") + 8 if central else content.index(b"PK\x03\x04") + 6
    content[place] |= 1
    return bytes(content)


@file("zip: flags that say encrypted in the table of contents")
def _(marker):
    return _changed_flags(zipped({"archive/data.pkl": system(marker), "archive/version": b"3"}), central=True)


@file("zip: a checksum that is wrong")
def _(marker):
    content = bytearray(zipped({"archive/data.pkl": system(marker), "archive/version": b"3"}))
    content[content.index(b"PK\x01\x02") + 16] ^= 0xFF
    return bytes(content)


@file("zip: another name in the member's own header")
def _(marker):
    return zipped({"archive/data.pkl": system(marker)}).replace(b"archive/data.pkl", b"archive/safe.txt", 1)


@file("zip: two members of one name")
def _(marker):
    fine = zipped({"archive/data.pkl": pickle.dumps([1]), "archive/data.pkx": system(marker)})
    return fine.replace(b"archive/data.pkx", b"archive/data.pkl")


@file("zip: a pickle before the first member")
def _(marker):
    return system(marker) + zipped({"archive/data.pkl": pickle.dumps([1])})


@file("zip: something between the magic bytes and the first member")
def _(marker):
    return b"PK\x03\x04" + system(marker) + zipped({"archive/data.pkl": pickle.dumps({})})


@file("zip: a member that leads out of the archive")
def _(marker):
    return zipped({"../../evil.pkl": pickle.dumps([1])})


@file("zip: a way of compressing that few readers know")
def _(marker):
    return zipped({"data.pkl": system(marker)}, zipfile.ZIP_LZMA)


@file("zip: a table of contents that lies about sizes")
def _(marker):
    content = bytearray(zipped({"archive/data.pkl": system(marker)}))
    place = content.index(b"PK\x01\x02")
    content[place + 24 : place + 28] = struct.pack("<I", 3)
    return bytes(content)


@file("archive: 7z")
def _(marker):
    return b"7z\xbc\xaf\x27\x1c\x00\x04" + system(marker)


@file("archive: rar")
def _(marker):
    return b"Rar!\x1a\x07\x01\x00" + system(marker)


@file("archive: lz4")
def _(marker):
    return b"\x04\x22\x4d\x18" + system(marker)


@file("archive: tar")
def _(marker):
    import tarfile

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("pickle")
        entry.size = len(system(marker))
        archive.addfile(entry, io.BytesIO(system(marker)))
    return buffer.getvalue()


@file("bomb: half a gigabyte of zeros in a zip")
def _(marker):
    return _zip_of_zeros("archive/data.pkl", 2**29)


@file("bomb: half a gigabyte of zeros in gzip")
def _(marker):
    return _gzip_of_zeros()


@cache
def _gzip_of_zeros():
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [packer.compress(b"\x80\x04\x8e" + (2**29).to_bytes(8, "little"))]
    parts += [packer.compress(bytes(2**20)) for _ in range(2**9)]
    return b"".join([*parts, packer.flush()])


@cache
def _zip_of_zeros(name, size):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w") as member:
        for _ in range(size // 2**20):
            member.write(bytes(2**20))
    return buffer.getvalue()


@file("bomb: nested tuples that hashing would visit exponentially")
def _(marker):
    return b"\x80\x04)" + b"2\x86" * 60 + b"."


@file("bomb: a text of a claimed length")
def _(marker):
    return b"\x80\x04\x8d" + (2**60).to_bytes(8, "little") + b"x"


# -- torch -------------------------------------------------------------------------------------------------------------


def torch_zip(data, **more):
    """An archive as torch.save writes it."""
    members = {"archive/data.pkl": data, "archive/version": b"3\n", "archive/byteorder": b"little"}
    return zipped(members | {f"archive/{name}": content for name, content in more.items()})


@file("torch: a call in data.pkl")
def _(marker):
    return torch_zip(system(marker))


@file("torch: a second pickle in data.pkl")
def _(marker):
    return torch_zip(pickle.dumps({}, 2) + system(marker))


@file("torch: a pickle beside data.pkl")
def _(marker):
    return torch_zip(pickle.dumps({}, 2), **{"evil.pkl": system(marker)})


@file("torch: a whole module with a class of its own")
def _(marker):
    return torch_zip(b"\x80\x02c__main__\nNet\n)\x81}X\x01\x00\x00\x00aK\x01sb.")


@file("torch: torch.load within data.pkl")
def _(marker):
    return torch_zip(b"\x80\x02ctorch.storage\n_load_from_bytes\n(U\x01xtR.")


@file("torch: a name that only other pickles may use")
def _(marker):
    return torch_zip(b"\x80\x02ccopyreg\n_reconstructor\n(csklearn.dummy\nDummyClassifier\nc__builtin__\nobject\nNtR.")


@file("torch: a persistent id of another kind")
def _(marker):
    return torch_zip(b"\x80\x02(X\x06\x00\x00\x00modulecos\nsystem\ntQ.")


@file("torch: a storage that isn't in the archive")
def _(marker):
    storage = b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x05\x00\x00\x00../00X\x03\x00\x00\x00cpuK\x01tQ"
    return torch_zip(b"\x80\x02" + storage + b".")


@file("torch: the format before 1.6")
def _(marker):
    return b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}." + system(marker)


def script_zip(code, data=b"\x80\x02c__torch__\nM\n)\x81}b."):
    """An archive as torch.jit.save writes it."""
    members = {"code/__torch__.py": code, "constants.pkl": b"\x80\x02)."}
    return torch_zip(data, **members)


_FORWARD = "class M(Module):\n  def forward(self: __torch__.M, x: Tensor) -> Tensor:\n    return {}\n"
_SCRIPTS = {
    "torchscript: reads a file": "torch.from_file({marker!r}, True, 8)",
    "torchscript: writes a file": "torch.save(x, {marker!r})",
    "torchscript: a method of a text": '("{marker}").from_file(True, 8)',
    "torchscript: getattr by a text": 'getattr("{marker}", "from_file")(True, 8)',
    "torchscript: getattr by a text with escapes": 'getattr("{marker}", "from_f\\x69le")(True, 8)',
    "torchscript: an operator of a library": "ops.evil.run(x)",
    "torchscript: an operator that calls Python": "ops.prim.PythonOp(x)",
    "torchscript: an operator that calls another machine": "ops.prim.rpc_sync(x)",
    "torchscript: a class of a library": "__torch__.torch.classes.dist_rpc.WorkerInfo(x)",
    "torchscript: code behind a comment": "x  # torch.save()",
    "torchscript: code behind three quotes": 'x + """torch.save"""',
    "torchscript: a broken line": "torch \\\n .save(x)",
}
for _title, _expression in _SCRIPTS.items():
    FILES[_title] = lambda marker, e=_expression: script_zip(
        _FORWARD.format(e.replace("{marker!r}", f'"{marker}"').replace("{marker}", str(marker)))
    )


@file("torchscript: a call in its data.pkl")
def _(marker):
    return script_zip(_FORWARD.format("x"), system(marker))


@file("torchscript: a class that its code doesn't define")
def _(marker):
    return script_zip(_FORWARD.format("x"), b"\x80\x02c__torch__\nOther\n)\x81}b.")


def export_zip(node=None, expression="Symbol('s0', positive=True, integer=True)", **more):
    """An archive as torch.export.save writes it."""
    node = node or {"target": "torch.ops.aten.relu.default", "inputs": [], "outputs": []}
    program = {
        "graph_module": {
            "graph": {"nodes": [node], "tensor_values": {"x": {"sizes": [{"as_expr": {"expr_str": expression}}]}}}
        },
        "torch_version": "2.13.0",
        "guards_code": more.pop("guards", []),
    }
    members = {
        "models/model.json": json.dumps(program),
        "archive_format": "pt2",
        "archive_version": "0",
        "byteorder": "little",
    }
    return zipped({f"e/{name}": content for name, content in (members | more).items()})


@file("torch.export: sizes that are Python")
def _(marker):
    return export_zip(expression=f"__import__('os').system('touch {marker}')")


@file("torch.export: sizes that reach for attributes")
def _(marker):
    return export_zip(expression="Max(s0, 1).__class__.__base__")


@file("torch.export: a guard that is Python")
def _(marker):
    return export_zip(guards=[f"__import__('os').system('touch {marker}') == 0"])


@file("torch.export: a node that calls another function")
def _(marker):
    return export_zip({"target": "torch.hub.load", "inputs": [{"name": "x", "arg": {"as_string": str(marker)}}]})


@file("torch.export: a node that reads a file")
def _(marker):
    return export_zip({"target": "torch.ops.aten.from_file.default", "inputs": []})


@file("torch.export: an operator as an argument")
def _(marker):
    inputs = [{"name": "f", "arg": {"as_operator": "torch.hub.load"}, "kind": 1}]
    return export_zip({"target": "torch.ops.aten.relu.default", "inputs": inputs})


@file("torch.export: a node of another library")
def _(marker):
    return export_zip({"target": "torch.ops.evil.run.default", "inputs": []})


@file("torch.export: example inputs that are a pickle")
def _(marker):
    return export_zip(**{"data/sample_inputs/model.pt": torch_zip(system(marker))})


@file("torch.export: a plain pickle as example inputs")
def _(marker):
    return export_zip(**{"data/sample_inputs/model.pt": system(marker)})


@file("torch.export: a pickled constant")
def _(marker):
    return export_zip(**{"data/constants/opaque_obj_0": system(marker)})


@file("torch.export: compiled code")
def _(marker):
    return export_zip(**{"data/aotinductor/model/model.so": b"\x7fELF"})


@file("torch.export: an enumeration that is imported by name")
def _(marker):
    spec = json.dumps([1, {"type": "x", "context": json.dumps({"__enum__": True, "fqn": "os:system", "name": "x"})}])
    return export_zip({"target": "torch.ops.aten.relu.default", "inputs": [], "in_spec": spec})


# -- ONNX --------------------------------------------------------------------------------------------------------------


def varint(value):
    """A number as protocol buffers write it."""
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def part(number, content):
    """A field with a message or text."""
    data = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(data)) + data


def onnx_model(graph, domain="", functions=b""):
    """A model with this graph."""
    opset = part(8, part(1, domain) + b"\x10\x14" if domain else b"\x10\x14")
    return b"\x08\x0a" + part(2, "hand") + part(7, graph) + opset + functions


def onnx_node(operator, domain="", attribute=b""):
    """A node of a graph."""
    return part(1, part(1, "x") + part(2, "y") + part(4, operator) + (part(7, domain) if domain else b"") + attribute)


@file("onnx: an operator of a library, whose domain is followed by a number")
def _(marker):
    # Libraries keep the text, and pass over the same field as a number.
    node = part(1, part(1, "x") + part(2, "y") + part(4, "Run") + part(7, "evil") + b"\x38\x01")
    return onnx_model(node)


def onnx_outside(location):
    """A tensor whose numbers lie in another file."""
    return part(5, b"\x08\x01\x10\x01" + part(8, "w") + part(13, part(1, "location") + part(2, location)) + b"\x70\x01")


for _title, _location in {
    "onnx: weights at an absolute place": "/etc/passwd",
    "onnx: weights that lead out of the folder": "../../secret",
    "onnx: weights in a file beside it": "weights.bin",
    "onnx: weights in a file without a name": "",
}.items():
    FILES[_title] = lambda marker, where=_location: onnx_model(onnx_outside(where) + onnx_node("Relu"))


@file("onnx: an operator of a library")
def _(marker):
    return onnx_model(onnx_node("Run", "evil.ops"))


@file("onnx: an operator of a library within a branch")
def _(marker):
    branch = part(5, part(1, "then_branch") + part(6, onnx_node("Run", "evil.ops")))
    return onnx_model(onnx_node("If", attribute=branch))


@file("onnx: an operator of a library within a function")
def _(marker):
    function = part(25, part(1, "F") + part(10, "own") + part(7, onnx_node("Run", "evil.ops")[2:]))
    return onnx_model(onnx_node("F", "own"), functions=function)


@file("onnx: an operator that loads compiled code")
def _(marker):
    return onnx_model(onnx_node("EPContext", "com.microsoft"))


@file("onnx: an operator that calls Python")
def _(marker):
    return onnx_model(onnx_node("PythonOp", "com.microsoft"))


@file("onnx: weights outside, in an attribute")
def _(marker):
    value = part(5, part(1, "value") + part(5, onnx_outside("/etc/passwd")[2:]))
    return onnx_model(onnx_node("Constant", attribute=value))


@file("onnx: a pickle after the model")
def _(marker):
    return onnx_model(onnx_node("Relu")) + system(marker)


# -- Keras -------------------------------------------------------------------------------------------------------------


def keras_zip(config, weights=None, **more):
    """A .keras file; its weights are an empty set of arrays unless given."""
    if weights is None:
        buffer = io.BytesIO()
        np.savez(buffer, a=np.zeros(2))
        members = {"model.weights.npz": buffer.getvalue()}
    else:
        members = {"model.weights.h5": weights}
    about = {"metadata.json": json.dumps({"keras_version": "3.15.1"}), "config.json": json.dumps(config)}
    return zipped(about | members | more)


def keras_model(*layers):
    """The configuration of a model of these layers."""
    inner = {"name": "m", "layers": [{"module": "keras.layers", "class_name": "InputLayer", "config": {}}, *layers]}
    return {"module": "keras", "class_name": "Sequential", "config": inner, "registered_name": None}


def keras_layer(name, module="keras.layers", config=None, registered=None):
    """One layer."""
    return {"module": module, "class_name": name, "config": config or {}, "registered_name": registered}


_LAYERS = {
    "keras: Lambda": keras_layer(
        "Lambda", config={"function": {"class_name": "__lambda__", "config": {"code": "4wAA"}}}
    ),
    "keras: Lambda without a module": {"class_name": "Lambda", "config": {"function": ["4wAA", None, None]}},
    "keras: a class of another module": keras_layer("system", "os"),
    "keras: a function of another module": keras_layer("function", "os", config="system"),
    "keras: get_file as a function": {"module": "keras.utils", "class_name": "function", "config": "get_file"},
    "keras: unsafe mode switched on": {
        "module": "keras.config",
        "class_name": "function",
        "config": "enable_unsafe_deserialization",
    },
    "keras: a registered name of one's own": keras_layer("Dense", registered="Own>Dense"),
    "keras: a layer of torch": keras_layer("TorchModuleWrapper", config={"module": {"class_name": "__bytes__"}}),
    "keras: a saved model of TensorFlow": keras_layer("TFSMLayer", config={"filepath": "elsewhere"}),
    "keras: words from a file": keras_layer("StringLookup", config={"vocabulary": "/etc/passwd"}),
    "keras: a Lambda within a wrapper": keras_layer("TimeDistributed", config={"layer": keras_layer("Lambda")}),
    "keras: a type specification": {"class_name": "__typespec__", "config": [], "spec_name": "os"},
    "keras: an operation that calls a function": keras_layer("Map", "keras.src.ops.core"),
    "keras: load_model within the model": keras_layer("function", "keras.models", config="load_model"),
}
for _title, _layer in _LAYERS.items():
    FILES[_title] = lambda marker, layer=_layer: keras_zip(keras_model(layer))


@file("keras: a Lambda in what the model is compiled with")
def _(marker):
    return keras_zip(keras_model() | {"compile_config": {"loss": keras_layer("Lambda")}})


@file("keras: a key said twice")
def _(marker):
    twice = json.dumps(keras_model()).replace(
        '"class_name": "InputLayer"', '"class_name": "Lambda", "class_name": "InputLayer"'
    )
    return zipped({"metadata.json": "{}", "config.json": twice, "model.weights.npz": b""})


@file("keras: weights with an array of objects")
def _(marker):
    return zipped(
        {
            "metadata.json": "{}",
            "config.json": json.dumps(keras_model()),
            "model.weights.npz": FILES["npz: an array of objects"](marker),
        }
    )


@file("keras: a pickle among its members")
def _(marker):
    return keras_zip(keras_model(), **{"extra.pkl": system(marker)})


@file("keras: the old HDF5 format")
def _(marker):
    return b"\x89HDF\r\n\x1a\n" + bytes(100)


# -- boosters, safetensors ---------------------------------------------------------------------------------------------


@file("polyglot: a pickle that is also a CatBoost model")
def _(marker):
    core = struct.pack("<IHHI", 12, 4, 4, 0)
    core = struct.pack("<I", 8) + struct.pack("<HH", 4, 8) + struct.pack("<i", 4) + b"FlabuffersModel_v1" + bytes(40)
    head = b"CBM1" + struct.pack("<I", len(core) + 200)
    body = (head + core)[:68]
    return (body + b"0" + system(marker)).ljust(8 + len(core) + 200, b"N")


@file("polyglot: a CatBoost model that is also a pickle of protocol 0")
def _(marker):
    core = struct.pack("<I", 8) + struct.pack("<HH", 4, 8) + struct.pack("<i", 4) + b"FlabuffersModel_v1" + bytes(40)
    body = (b"CBM1" + struct.pack("<I", len(core) + 200) + core)[:68]
    return (body + b"0(S'touch " + str(marker).encode() + b"'\nios\nsystem\n.").ljust(8 + len(core) + 200, b"N")


@file("boosters: JSON that never ends")
def _(marker):
    return b'{"learner": ' + b'{"a": ' * 100_000


@file("bomb: JSON of empty lists")
def _(marker):
    return b'{"learner": [' + b"[]," * 6_000_000 + b"[]]}"


@file("boosters: JSON of something else")
def _(marker):
    return b'{"py/reduce": [{"py/function": "os.system"}, {"py/tuple": ["true"]}]}'


@file("boosters: a tree that points outside")
def _(marker):
    tree = {
        key: [5, -1, -1]
        for key in ("left_children", "right_children", "parents", "split_indices", "split_conditions", "default_left")
    }
    tree["tree_param"] = {"num_nodes": "3"}
    booster = {"name": "gbtree", "model": {"trees": [tree]}}
    return json.dumps(
        {"learner": {"gradient_booster": booster, "learner_model_param": {"num_feature": "9"}}, "version": [3, 2, 0]}
    ).encode()


@file("boosters: LightGBM text that points outside")
def _(marker):
    head = "tree\nversion=v4\nmax_feature_idx=1\ntree_sizes=9\n\nTree=0\nnum_leaves=2\n"
    return (
        head
        + "split_feature=7\nthreshold=1\ndecision_type=2\nleft_child=-1\nright_child=-2\nleaf_value=1 2\n\n"
        + "end of trees\n"
    ).encode()


@file("safetensors: tensors that overlap")
def _(marker):
    tensor = {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}
    header = json.dumps({"a": tensor, "b": tensor}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(4)


@file("safetensors: a pickle as well, which starts as the header's length")
def _(marker):
    # "X" announces a text, many "U~" short ones: the pickle hops over the header into the numbers.
    length = ord("X") + 256 * 100
    payload = bytes(200) + system(marker)[2:]
    tensor = {"dtype": "U8", "shape": [len(payload)], "data_offsets": [0, len(payload)]}
    start = json.dumps({"n": tensor})[:-1] + ', "__metadata__": {"a": "'
    hops = "".ljust(5 + 100 - 8 - len(start)) + "U~".ljust(128) * (length // 128)
    header = start + hops[: length - len(start) - 3] + '"}}'
    landed = 8 + 97 + 128 * (-(-(length - 97) // 128))
    numbers = bytes(landed - 8 - length) + system(marker)[2:]
    numbers = numbers.ljust(len(payload), b"\0")
    return struct.pack("<Q", length) + header.encode() + numbers


@file("safetensors: a pickle after the numbers")
def _(marker):
    header = json.dumps({"a": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(4) + system(marker)


# -- skops -------------------------------------------------------------------------------------------------------------


def skops_zip(node):
    """A skops file with one node inside."""
    root = skops_node("builtins", "list", "ListNode", content=[node], protocol=2, _skops_version="0.16.0")
    return zipped({"schema.json": json.dumps(root)})


def _skops_object(module, name, **attributes):
    def node(value):
        return (
            value if isinstance(value, dict) else skops_node("builtins", "str", "JsonNode", content=json.dumps(value))
        )

    keys = skops_node("builtins", "list", "ListNode", content=[])
    state = skops_node(
        "builtins", "dict", "DictNode", key_types=keys, content={key: node(value) for key, value in attributes.items()}
    )
    return skops_zip(skops_node(module, name, "ObjectNode", content=state))


@file("skops: __setstate__ of an allowed class reads a formula of statsmodels")
def _(marker):
    formula = f"y ~ __import__('os').system('touch {marker}')"
    return _skops_object("statsmodels.base.data", "ModelData", restore_model_spec=True, formula=formula)


@file("skops: attributes that aren't a dict")
def _(marker):
    return skops_zip(
        skops_node("sklearn.pipeline", "Pipeline", "ObjectNode", content=skops_node("numpy", "ndarray", "NdArrayNode"))
    )


@file("skops: the name of a method that writes files")
def _(marker):
    listed = skops_node("builtins", "str", "JsonNode", content='"to_csv"')
    methods = skops_node("builtins", "list", "ListNode", content=[listed])
    return _skops_object("sklearn.ensemble._stacking", "StackingClassifier", stack_method_=methods)


@file("skops: the attribute by which numpy reads memory")
def _(marker):
    return _skops_object("sklearn.pipeline", "Pipeline", __array_interface__="x")


@file("skops: labels that spell the attribute by which numpy reads memory")
def _(marker):
    array = io.BytesIO()
    np.save(array, np.array(["__array_interface__"]))
    root = skops_node("builtins", "list", "ListNode", content=[], protocol=2, _skops_version="0.16.0")
    return zipped({"schema.json": json.dumps(root), "1.npy": array.getvalue()})


_NODES = {
    "skops: a call of os.system": skops_node("os", "system", "ConstructorFromReduceNode", content={}),
    "skops: a method of an object": skops_node("builtins", "str", "MethodNode", content={"func": "format"}),
    "skops: an attribute getter": skops_node("operator", "methodcaller", "OperatorFuncNode", attrs={}),
    "skops: a class of one's own": skops_node("mine", "Model", "ObjectNode", content={}),
    "skops: a function of another package": skops_node("numpy.testing", "runstring", "FunctionNode", content={}),
    "skops: a type under a node that doesn't look": skops_node("os", "system", "CachedNode2"),
    "skops: numpy.dtype as a type": skops_node("numpy", "dtype", "TypeNode"),
    "skops: a partial": skops_node(
        "functools", "partial", "PartialNode", content={"func": skops_node("os", "system", "FunctionNode")}
    ),
}
for _title, _node in _NODES.items():
    FILES[_title] = lambda marker, node=_node: skops_zip(node)


# -- folders -----------------------------------------------------------------------------------------------------------

_MLMODEL = """
flavors:
  python_function:
    loader_module: {loader}
    model_path: model.pkl
    code: {code}
mlflow_version: 3.17.2
"""


def mlflow_folder(place, loader="mlflow.sklearn", code="null", more="", model=None):
    """A folder as MLflow writes it."""
    place.mkdir()
    (place / "MLmodel").write_text(_MLMODEL.format(loader=loader, code=code) + more)
    (place / "model.pkl").write_bytes(pickle.dumps({"a": 1}) if model is None else model)


@folder("mlflow: a loader that isn't a name")
def _(place, marker):
    mlflow_folder(place, loader="[os]")


@folder("mlflow: a number of very many digits")
def _(place, marker):
    mlflow_folder(place, more="x: " + ":".join(["59"] * 50_000) + "\n")


@folder("mlflow: very many parts")
def _(place, marker):
    mlflow_folder(place, more="x: [" + "[]," * 20_000 + "[]]\n")


@folder("mlflow: a pickle that calls")
def _(place, marker):
    mlflow_folder(place, model=system(marker))


@folder("mlflow: raw bytes of joblib that MLflow's unpickler would run")
def _(place, marker):
    buffer = io.BytesIO()
    joblib.dump(np.frombuffer(system(marker).ljust(200, b"N"), dtype="u1"), buffer)
    mlflow_folder(place, model=buffer.getvalue())


@folder("mlflow: a loader of its own")
def _(place, marker):
    mlflow_folder(place, loader="own.loader")


@folder("mlflow: code beside the model")
def _(place, marker):
    mlflow_folder(place, code="code")
    (place / "code").mkdir()
    (place / "code" / "own.py").write_text(f"open({str(marker)!r}, 'w')")


@folder("mlflow: a model from code")
def _(place, marker):
    mlflow_folder(place, loader="mlflow.pyfunc.model", more="")
    (place / "model.py").write_text(f"open({str(marker)!r}, 'w')")


@folder("mlflow: a path that leads out")
def _(place, marker):
    mlflow_folder(place)
    (place / "MLmodel").write_text(_MLMODEL.format(loader="mlflow.sklearn", code="../../code"))


@folder("mlflow: YAML that makes objects")
def _(place, marker):
    mlflow_folder(place, more=f"x: !!python/object/apply:os.system ['touch {marker}']\n")


@folder("mlflow: YAML that grows")
def _(place, marker):
    rows = "\n".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9) if i else 1}]" for i in range(12))
    mlflow_folder(place, more=rows + "\n")


@folder("mlflow: a class that is imported by name")
def _(place, marker):
    mlflow_folder(place, loader="mlflow.xgboost")
    text = (place / "MLmodel").read_text()
    (place / "MLmodel").write_text(
        text.replace("mlflow_version", "  xgboost:\n    model_class: os.system\nmlflow_version")
    )


@folder("mlflow: a module that would unpickle")
def _(place, marker):
    mlflow_folder(place, loader="mlflow.pytorch")
    (place / "pickle_module_info.txt").write_text("evil")


@folder("mlflow: a link out of the folder")
def _(place, marker):
    mlflow_folder(place)
    (place / "model.pkl").unlink()
    (place / "model.pkl").symlink_to("/etc/passwd")


@folder("folder: a link in a circle")
def _(place, marker):
    mlflow_folder(place)
    (place / "loop").symlink_to(place)


@folder("folder: a pipe")
def _(place, marker):
    mlflow_folder(place)
    os.mkfifo(place / "pipe")


def huggingface_folder(place, config=None, weights=True):
    """A folder as transformers writes it."""
    place.mkdir()
    (place / "config.json").write_text(json.dumps({"model_type": "bert"} | (config or {})))
    if weights:
        header = json.dumps({"a": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}}).encode()
        (place / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(4))


@folder("huggingface: a tokenizer that is another class of transformers")
def _(place, marker):
    huggingface_folder(place)
    (place / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "RagRetriever"}))


@folder("huggingface: auto_map")
def _(place, marker):
    huggingface_folder(place, {"auto_map": {"AutoModel": "modeling.Own"}})


@folder("huggingface: Python beside the model")
def _(place, marker):
    huggingface_folder(place)
    (place / "modeling.py").write_text(f"open({str(marker)!r}, 'w')")


@folder("huggingface: weights as a pickle")
def _(place, marker):
    huggingface_folder(place, weights=False)
    (place / "pytorch_model.bin").write_bytes(torch_zip(system(marker)))


@folder("huggingface: weights as a plain pickle")
def _(place, marker):
    huggingface_folder(place, weights=False)
    (place / "pytorch_model.bin").write_bytes(pickle.dumps({}))


@folder("huggingface: training arguments as a pickle")
def _(place, marker):
    huggingface_folder(place)
    (place / "training_args.bin").write_bytes(system(marker))


@folder("huggingface: attention fetched from elsewhere")
def _(place, marker):
    huggingface_folder(place, {"_attn_implementation": "evil/kernel"})


@folder("huggingface: an adapter that names another model")
def _(place, marker):
    huggingface_folder(place)
    (place / "adapter_config.json").write_text('{"base_model_name_or_path": "evil/model"}')
