"""A pickle followed step by step without importing or calling anything in it.

The unpickler below is the standard library's own, in pure Python, as joblib uses it for loading: the dry run reads the
same bytes in the same order as the load will. Only what a step *does* is replaced. Whatever isn't understood stops it.
"""

from __future__ import annotations

import _compat_pickle
import pickle
from collections.abc import Callable, Mapping
from struct import unpack
from typing import Any, ClassVar

from modelcheck.models.inspection.allow_list import PARTIAL, PARTIAL_OF, Use
from modelcheck.models.inspection.outcome import Bounds, Forbidden, NotAnalysable
from modelcheck.models.inspection.source import Source
from modelcheck.models.inspection.stubs import LISTED, SKIPPED, ArrayWrapper, DType, Items, Listed, Made, Named, Pairs

__all__ = ["Seen", "follow"]

_WRAPPER = "joblib.numpy_pickle.NumpyArrayWrapper"
_WRAPPER_STATE = {"subclass", "shape", "order", "dtype", "allow_mmap", "numpy_array_alignment_bytes"}
_ARRAY_CLASSES = {"numpy.ndarray", "numpy.matrix", "numpy.memmap"}
_PLAIN_BASES = {f"builtins.{name}" for name in ("object", "dict", "list", "set", "tuple", "int", "float", "str")}
_Step = Callable[["_DryRun"], None]


class Seen:
    """What a dry run noticed; shared by all pickles of one file."""

    def __init__(self, allowed: Mapping[str, Use], bounds: Bounds) -> None:
        self.allowed = allowed
        self.bounds = bounds
        self.names: set[str] = set()
        self.refused: set[str] = set()
        self.versions: dict[str, set[str]] = {}
        self.operations = 0
        self.wrapped_arrays = 0
        self.partial_judged = False

    def name(self, full: str) -> Named:
        """Note an import."""
        use = self.allowed.get(full)
        self.names.add(full)
        if use is None and full != PARTIAL:
            self.refused.add(full)
        return Named(full, use)

    def finish(self) -> None:
        """Refuse what was imported on probation and never used in the one way that is allowed."""
        if PARTIAL in self.names and PARTIAL not in self.allowed and not self.partial_judged:
            self.refused.add(PARTIAL)


def follow(source: Source, seen: Seen) -> None:
    """Follow every pickle from the source's position to its end.

    Parameters
    ----------
    source : Source
        Positioned at the first opcode.
    seen : Seen
        Collects what is noticed.

    Raises
    ------
    NotAnalysable
        The bytes can't be followed to their end.
    Forbidden
        They use a feature that no model file needs.
    """
    first = True
    while first or not source.at_end():
        try:
            _DryRun(source, seen, arrays=True).load()
        except NotAnalysable as error:
            if first:
                raise
            raise NotAnalysable(f"what follows its first pickle can't be read ({error})") from error
        first = False


class _DryRun(pickle._Unpickler):  # type: ignore[misc,name-defined]
    dispatch: ClassVar[dict[int, _Step]] = dict(pickle._Unpickler.dispatch)  # type: ignore[attr-defined]

    def __init__(self, source: Source, seen: Seen, *, arrays: bool) -> None:
        super().__init__(source)
        self._source = source
        self._seen = seen
        self._arrays = arrays
        self._pending: ArrayWrapper | None = None

    def load(self) -> None:
        """Follow one pickle to its STOP."""
        seen = self._seen
        limit = seen.bounds.operations
        dispatch = self.dispatch
        self._unframer = pickle._Unframer(self._file_read, self._file_readline)  # type: ignore[attr-defined]
        self.read = read = self._unframer.read
        self.readline = self._unframer.readline
        self.metastack: list[list[Any]] = []
        self.stack: list[Any] = []
        self.append = self.stack.append
        self.proto = 0
        try:
            while True:
                key = read(1)
                seen.operations += 1
                if seen.operations > limit:
                    raise NotAnalysable(f"it has more than {limit:,} operations")
                dispatch[key[0]](self)
        except pickle._Stop:  # type: ignore[attr-defined]
            if self._pending is not None:
                raise NotAnalysable("an array is announced but never read") from None
        except (NotAnalysable, Forbidden):
            raise
        except Exception as error:  # any surprise while following is an answer: not analysable
            raise NotAnalysable(f"it isn't a pickle, or a broken one ({type(error).__name__}: {error})") from error

    # -- content that is passed over ------------------------------------------------------------------------------

    def _pass(self, count: int) -> None:
        frame = self._unframer.current_frame
        if frame is not None and count:
            if len(frame.getbuffer()) - frame.tell():
                self._unframer.read(count)
                return
            self._unframer.current_frame = None
        self._source.skip(count)

    def _pass_bytes(self, count: int) -> None:
        self._pass(count)
        self.append(SKIPPED)

    def _keep_text(self, count: int) -> None:
        if count > 4 * self._seen.bounds.text_chars:
            self._pass_bytes(count)
            return
        text = str(self.read(count), "utf-8", "surrogatepass")
        self.append(text if len(text) <= self._seen.bounds.text_chars else SKIPPED)

    def _keep_line(self, text: str) -> None:
        self.append(text if len(text) <= self._seen.bounds.text_chars else SKIPPED)

    def load_frame(self) -> None:
        (size,) = unpack("<Q", self.read(8))
        if size > self._seen.bounds.frame_bytes:
            raise NotAnalysable(f"it has a frame of {size:,} bytes")
        self._unframer.load_frame(size)

    def load_string(self) -> None:
        text = self.readline()[:-1]
        if len(text) < 2 or text[0] != text[-1] or text[0] not in b"\"'":
            raise NotAnalysable("a text isn't quoted")
        # Escapes could spell a name; names are never written this way, so such text is no name.
        body = text[1:-1]
        if b"\\" in body:
            self.append(SKIPPED)
        else:
            self._keep_line(body.decode("ascii"))

    def load_unicode(self) -> None:
        self._keep_line(str(self.readline()[:-1], "raw-unicode-escape"))

    # -- containers -----------------------------------------------------------------------------------------------

    def load_mark(self) -> None:
        if len(self.metastack) >= self._seen.bounds.depth:
            raise NotAnalysable(f"it nests deeper than {self._seen.bounds.depth:,}")
        self.metastack.append(self.stack)
        self.stack = []
        self.append = self.stack.append

    def _tuple_of(self, values: list[Any]) -> None:
        items = Items.of(values)
        bounds = self._seen.bounds
        if items.depth > bounds.depth or (items.depth > 1 and items.leaves > bounds.tuple_leaves):
            raise NotAnalysable("its tuples nest too deep")
        self.append(items)

    def _last(self, count: int) -> None:
        values = self.stack[-count:]
        if len(values) != count:
            raise NotAnalysable("its stack runs empty")
        del self.stack[-count:]
        self._tuple_of(values)

    def load_dict(self) -> None:
        pairs = Pairs()
        _fill(pairs, self.pop_mark())
        self.append(pairs)

    def load_setitem(self) -> None:
        value = self.stack.pop()
        key = self.stack.pop()
        self._set_items([key, value])

    def _set_items(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if isinstance(target, Pairs):
            _fill(target, items)
        elif not isinstance(target, Made):
            raise Forbidden("it sets items of something that isn't a dict")

    def _add_items(self, _items: object) -> None:
        if not isinstance(self.stack[-1], (Made, Listed)) and self.stack[-1] is not SKIPPED:
            raise Forbidden("it adds items to something that isn't a list or a set")

    def _recall(self, key: int) -> None:
        value = self.memo[key]
        if isinstance(value, ArrayWrapper):
            raise NotAnalysable("it refers to an array that was read already")
        self.append(value)

    def _memoise(self, key: int) -> None:
        if not 0 <= key < 2**31:
            raise NotAnalysable("its memo is out of bounds")
        self.memo[key] = self.stack[-1]

    def load_dup(self) -> None:
        if isinstance(self.stack[-1], ArrayWrapper):
            raise NotAnalysable("it copies an array that isn't read yet")
        self.append(self.stack[-1])

    # -- imports and calls ----------------------------------------------------------------------------------------

    def find_class(self, module: str, name: str) -> Named:
        """Note the name that the load would import; import nothing."""
        if self.proto < 3:
            if (module, name) in _compat_pickle.NAME_MAPPING:
                module, name = _compat_pickle.NAME_MAPPING[module, name]
            else:
                module = _compat_pickle.IMPORT_MAPPING.get(module, module)
        full = f"{module}.{name}"
        if "." in name:
            self._seen.names.add(full)
            self._seen.refused.add(full)
            raise Forbidden(f"it imports by a dotted name ({full!r})")
        return self._seen.name(full)

    def load_stack_global(self) -> None:
        name = self.stack.pop()
        module = self.stack.pop()
        if type(name) is not str or type(module) is not str:
            raise Forbidden("it imports a name that is computed while loading")
        self.append(self.find_class(module, name))

    def load_ext(self) -> None:
        raise Forbidden("it uses an extension code (EXT), whose meaning lies outside the file")

    def load_persistent(self) -> None:
        raise Forbidden("it uses a persistent id, whose meaning lies outside the file")

    def load_old_instance(self) -> None:
        raise Forbidden("it uses INST or OBJ, which no supported Python writes")

    def load_out_of_band(self) -> None:
        raise Forbidden("it refers to buffers outside the file")

    def load_reduce(self) -> None:
        args = self.stack.pop()
        function = self.stack.pop()
        if not isinstance(function, Named):
            raise Forbidden("it calls something that is computed while loading")
        if not isinstance(args, Items):
            raise Forbidden("it calls with arguments that are computed while loading")
        self.append(self._called(function, args))

    def _called(self, function: Named, args: Items) -> object:
        if function.full == "numpy.dtype":
            return DType(args)
        if self._pending is not None:
            raise NotAnalysable("it calls something between an array's announcement and its bytes")
        if function.use is not None and function.use < Use.CALL:
            self._seen.refused.add(function.full)
            raise Forbidden(f"it calls {function.full}, which may only be named")
        if any(isinstance(arg, Named) and arg.full in ("numpy.dtype", PARTIAL) for arg in args):
            raise Forbidden("it hands numpy.dtype or functools.partial to a function")
        if function.full == PARTIAL:
            self._judge_partial(args, 1)
        if function.full == "copyreg._reconstructor":
            return self._reconstructed(args)
        if function.full == "_codecs.encode" and (len(args) != 2 or args[1] not in ("latin1", "latin-1")):
            raise Forbidden("it encodes text by a codec other than latin1")
        if function.full in ("builtins.bytes", "builtins.bytearray") and (
            len(args) > 2 or any(arg is not SKIPPED and not isinstance(arg, (str, Made)) for arg in args)
        ):
            raise Forbidden(f"it calls {function.full} with something else than bytes")
        return Made(function.full)

    def _judge_partial(self, parts: object, length: int) -> None:
        if PARTIAL in self._seen.allowed:
            return
        function = parts[0] if isinstance(parts, Items) and len(parts) == length else None
        if not isinstance(function, Named) or function.full not in PARTIAL_OF:
            self._seen.refused.add(PARTIAL)
            raise Forbidden("it makes a functools.partial of something else than scikit-learn's own check")
        self._seen.partial_judged = True

    def _reconstructed(self, args: Items) -> object:
        if len(args) != 3 or not all(isinstance(arg, Named) for arg in args[:2]) or args[1].full not in _PLAIN_BASES:
            raise Forbidden("it makes an object in an unusual way (copyreg._reconstructor)")
        return self._made_new(args[0], plain=args[1].full == "builtins.object" and args[2] is None)

    def _made_new(self, cls: Named, *, plain: bool) -> object:
        if cls.use is not None and cls.use < Use.NEW:
            self._seen.refused.add(cls.full)
            raise Forbidden(f"it makes an instance of {cls.full}, which may only be named")
        if self._pending is not None or cls.full == "numpy.dtype":
            raise NotAnalysable("it makes an object where none belongs")
        if cls.full == PARTIAL:
            self._judge_partial(None, 0)
        if cls.full == _WRAPPER:
            if not plain or not self._arrays:
                raise NotAnalysable("it announces an array in an unusual way")
            self._pending = ArrayWrapper()
            return self._pending
        return Made(cls.full)

    def _new_object(self, cls: object, args: object, kwargs: object) -> None:
        if not isinstance(cls, Named):
            raise Forbidden("it instantiates something that is computed while loading")
        if not isinstance(args, Items):
            raise Forbidden("it instantiates with arguments that are computed while loading")
        self.append(self._made_new(cls, plain=not args and kwargs is None))

    def load_newobj(self) -> None:
        args = self.stack.pop()
        self._new_object(self.stack.pop(), args, None)

    def load_newobj_ex(self) -> None:
        kwargs = self.stack.pop()
        args = self.stack.pop()
        self._new_object(self.stack.pop(), args, kwargs)

    def load_build(self) -> None:
        state = self.stack.pop()
        target = self.stack[-1]
        if isinstance(target, ArrayWrapper):
            self.stack[-1] = self._array(state)
        elif isinstance(target, DType):
            target.build(state)
        elif self._pending is not None:
            raise NotAnalysable("it sets a state between an array's announcement and its bytes")
        elif isinstance(target, Made):
            if target.by == PARTIAL:
                self._judge_partial(state, 4)
            self._note_version(state)
        else:
            raise Forbidden("it changes something that it imported, or that has no state")

    def _note_version(self, state: object) -> None:
        if isinstance(state, Items) and state:
            state = state[0]
        if isinstance(state, Pairs):
            version = state.kept.get("_sklearn_version")
            if isinstance(version, str):
                self._seen.versions.setdefault("scikit-learn", set()).add(version)

    # -- joblib's raw arrays --------------------------------------------------------------------------------------

    def _array(self, state: object) -> object:
        self._pending = None
        if not isinstance(state, Pairs) or state.others or not set(state.kept) <= _WRAPPER_STATE:
            raise NotAnalysable("it announces an array in an unusual way")
        shape, dtype, subclass = (state.kept.get(key) for key in ("shape", "dtype", "subclass"))
        if not isinstance(shape, Items) or not isinstance(dtype, DType) or not isinstance(subclass, Named):
            raise NotAnalysable("it announces an array in an unusual way")
        if subclass.full not in _ARRAY_CLASSES or state.kept.get("order") not in ("C", "F"):
            raise NotAnalysable("it announces an array in an unusual way")
        if any(type(length) is not int or length < 0 for length in shape) or len(shape) > 64 or not dtype.size:
            raise NotAnalysable("an array has an impossible shape")
        self._seen.wrapped_arrays += 1
        if dtype.code == "O":
            _DryRun(self._source, self._seen, arrays=False).load()
            return Made("numpy.ndarray")
        alignment = state.kept.get("numpy_array_alignment_bytes")
        if alignment is not None:
            self._source.skip(self._source.read(1)[0])
        count = 1
        for length in shape:
            count *= length
        self._source.skip(count * dtype.size)
        return Made("numpy.ndarray")


def _fill(pairs: Pairs, items: list[Any]) -> None:
    if len(items) % 2:
        raise NotAnalysable("a dict has a key without a value")
    for position in range(0, len(items), 2):
        pairs.put(items[position], items[position + 1])


def _replace() -> None:
    def size(width: str, length: int) -> Callable[[_DryRun], int]:
        return lambda run: int(unpack(width, run.read(length))[0])

    def then(count: Callable[[_DryRun], int], act: Callable[[_DryRun, int], None]) -> _Step:
        return lambda run: act(run, count(run))

    one, four, eight = size("<B", 1), size("<I", 4), size("<Q", 8)
    as_bytes, as_text = _DryRun._pass_bytes, _DryRun._keep_text
    old_text = _DryRun._pass_bytes  # Python 2 text; a name is never written this way by Python 3
    steps: dict[bytes, _Step] = {
        pickle.SHORT_BINBYTES: then(one, as_bytes),
        pickle.BINBYTES: then(four, as_bytes),
        pickle.BINBYTES8: then(eight, as_bytes),
        pickle.BYTEARRAY8: then(eight, as_bytes),
        pickle.SHORT_BINSTRING: then(one, old_text),
        pickle.BINSTRING: then(four, old_text),
        pickle.SHORT_BINUNICODE: then(one, as_text),
        pickle.BINUNICODE: then(four, as_text),
        pickle.BINUNICODE8: then(eight, as_text),
        pickle.STRING: _DryRun.load_string,
        pickle.UNICODE: _DryRun.load_unicode,
        pickle.FRAME: _DryRun.load_frame,
        pickle.MARK: _DryRun.load_mark,
        pickle.TUPLE: lambda run: run._tuple_of(run.pop_mark()),
        pickle.EMPTY_TUPLE: lambda run: run._tuple_of([]),
        pickle.TUPLE1: lambda run: run._last(1),
        pickle.TUPLE2: lambda run: run._last(2),
        pickle.TUPLE3: lambda run: run._last(3),
        pickle.EMPTY_LIST: lambda run: run.append(LISTED),
        pickle.LIST: lambda run: (run.pop_mark(), run.append(LISTED))[1],
        pickle.EMPTY_DICT: lambda run: run.append(Pairs()),
        pickle.DICT: _DryRun.load_dict,
        pickle.EMPTY_SET: lambda run: run.append(SKIPPED),
        pickle.FROZENSET: lambda run: (run.pop_mark(), run.append(SKIPPED))[1],
        pickle.APPEND: lambda run: run._add_items(run.stack.pop()),
        pickle.APPENDS: lambda run: run._add_items(run.pop_mark()),
        pickle.ADDITEMS: lambda run: run._add_items(run.pop_mark()),
        pickle.SETITEM: _DryRun.load_setitem,
        pickle.SETITEMS: lambda run: run._set_items(run.pop_mark()),
        pickle.GET: lambda run: run._recall(int(run.readline()[:-1])),
        pickle.BINGET: then(one, _DryRun._recall),
        pickle.LONG_BINGET: then(four, _DryRun._recall),
        pickle.PUT: lambda run: run._memoise(int(run.readline()[:-1])),
        pickle.BINPUT: then(one, _DryRun._memoise),
        pickle.LONG_BINPUT: then(four, _DryRun._memoise),
        pickle.MEMOIZE: lambda run: run._memoise(len(run.memo)),
        pickle.DUP: _DryRun.load_dup,
        pickle.STACK_GLOBAL: _DryRun.load_stack_global,
        pickle.EXT1: _DryRun.load_ext,
        pickle.EXT2: _DryRun.load_ext,
        pickle.EXT4: _DryRun.load_ext,
        pickle.PERSID: _DryRun.load_persistent,
        pickle.BINPERSID: _DryRun.load_persistent,
        pickle.INST: _DryRun.load_old_instance,
        pickle.OBJ: _DryRun.load_old_instance,
        pickle.NEXT_BUFFER: _DryRun.load_out_of_band,
        pickle.READONLY_BUFFER: _DryRun.load_out_of_band,
        pickle.REDUCE: _DryRun.load_reduce,
        pickle.NEWOBJ: _DryRun.load_newobj,
        pickle.NEWOBJ_EX: _DryRun.load_newobj_ex,
        pickle.BUILD: _DryRun.load_build,
    }
    _DryRun.dispatch.update({key[0]: step for key, step in steps.items()})


_replace()
