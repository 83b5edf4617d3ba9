"""What a pickle would import and call, judged by exact names, and where joblib's raw arrays lie."""

from __future__ import annotations

import _compat_pickle
import pickle
from collections.abc import Callable
from typing import Any, ClassVar

from modelcheck.models.inspection.allow_list import PARTIAL, PARTIAL_OF, Use
from modelcheck.models.inspection.attributes import METHOD_KEYS, judge_word
from modelcheck.models.inspection.outcome import Forbidden, NotAnalysable
from modelcheck.models.inspection.reading import Reading
from modelcheck.models.inspection.seen import Seen
from modelcheck.models.inspection.source import Source
from modelcheck.models.inspection.stubs import (
    SKIPPED,
    ArrayWrapper,
    DType,
    Items,
    Listed,
    Made,
    Named,
    Pairs,
    Skipped,
    check_array_state,
    holds_array_class,
)

__all__ = ["Seen", "follow", "starts_a_pickle"]

_WRAPPER = "joblib.numpy_pickle.NumpyArrayWrapper"
_WRAPPER_STATE = {"subclass", "shape", "order", "dtype", "allow_mmap", "numpy_array_alignment_bytes"}
_ARRAY_CLASSES = {"numpy.ndarray", "numpy.matrix", "numpy.memmap"}
# pandas' own arrays: their state is (ndarray, dtype, attributes).
_KEEPS_DTYPE = {
    "pandas._libs.arrays.__pyx_unpickle_NDArrayBacked",
    *(f"pandas.arrays.{name}" for name in ("DatetimeArray", "TimedeltaArray", "NumpyExtensionArray", "StringArray")),
    "pandas.core.arrays.datetimes.DatetimeArray",
}
_CATEGORIES = {"pandas.Categorical", "pandas.core.arrays.categorical.Categorical"}
# They call the class they are given with keywords; numpy.ndarray(dtype="O", buffer=...) would make pointers of bytes.
_PANDAS_FACTORIES = {"pandas.core.indexes.base._new_Index", "pandas.core.indexes.datetimes._new_DatetimeIndex"}
_TAKES_ARRAY_CLASS = {
    "numpy.core.multiarray._reconstruct",
    "numpy._core.multiarray._reconstruct",
    "numpy.ma.core._mareconstruct",
}
_TEXT_SCALARS = {"numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar"}
_ARRAY_MAKERS = {"numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct"}
# Compiled classes: their state is a dict and a seed, or a dtype and codes, which look like attributes and slots.
_OWN_TUPLES = {"numpy.random._pickle.__bit_generator_ctor", *_KEEPS_DTYPE, *_CATEGORIES}
_COMPUTED = "it gives attributes names that are computed while loading"
_TEXT_TO_BYTES = {"_codecs.encode", "builtins.bytes", "builtins.bytearray"}
_PLAIN_BASES = {f"builtins.{name}" for name in ("object", "dict", "list", "set", "tuple", "int", "float", "str")}


def follow(source: Source, seen: Seen, *, persistent: Callable[[object], object] | None = None) -> None:
    """Follow every pickle from the source's position to its end.

    Parameters
    ----------
    source : Source
        Positioned at the first opcode.
    seen : Seen
        Collects what is noticed.
    persistent : callable, optional
        Judges a persistent id and gives what stands for it; without it none is allowed.

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
            _DryRun(source, seen, arrays=persistent is None, persistent=persistent).load()
        except NotAnalysable as error:
            if first:
                raise
            raise NotAnalysable(f"what follows its first pickle can't be read ({error})") from error
        first = False


def starts_a_pickle(source: Source, seen: Seen) -> bool:
    """Whether an unpickler would read the bytes to a STOP, or past an import to something forbidden."""
    own = Seen(seen.allowed, seen.bounds)
    try:
        _DryRun(source, own, arrays=True).load()
    except NotAnalysable:
        return False
    except Forbidden:
        # The bytes of an ordinary CatBoost model spell forbidden opcodes by chance; imports they don't.
        return bool(own.names)
    return True


def _is_bytes(value: object) -> bool:
    return isinstance(value, Made) and value.by in ("_codecs.encode", "builtins.bytes")


class _DryRun(Reading):
    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = dict(Reading.dispatch)

    def __init__(
        self, source: Source, seen: Seen, *, arrays: bool, persistent: Callable[[object], object] | None = None
    ) -> None:
        super().__init__(source, seen.bounds, seen)
        self._persistent = persistent
        self._seen = seen
        self._arrays = arrays
        self._pending: ArrayWrapper | None = None

    def load(self) -> None:
        """Follow one pickle to its STOP."""
        super().load()
        if self._pending is not None:
            raise NotAnalysable("an array is announced but never read")

    # -- imports and calls ----------------------------------------------------------------------------------------

    def find_class(self, module: str, name: str) -> Named:
        """Note the name that the load would import; import nothing."""
        if self.proto < 3:
            if (module, name) in _compat_pickle.NAME_MAPPING:
                module, name = _compat_pickle.NAME_MAPPING[module, name]
            else:
                module = _compat_pickle.IMPORT_MAPPING.get(module, module)
        full = f"{module}.{name}"
        self._seen.place(full, self._position())
        if "." in name:
            self._seen.names.add(full)
            self._seen.refused.add(full)
            raise Forbidden(f"it imports by a dotted name ({full!r})")
        return self._seen.name(full)

    def _position(self) -> int:
        """Return how many bytes were followed: a frame is read ahead as a whole."""
        frame = self._unframer.current_frame
        ahead = 0 if frame is None else len(frame.getbuffer()) - frame.tell()
        return self._source.position - ahead

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

    def load_storage(self) -> None:
        if self._persistent is None:
            self.load_persistent()
        else:
            self.append(self._persistent(self.stack.pop()))

    def load_inst(self) -> None:
        parts = [self.readline()[:-1].decode("utf-8", "replace") for _ in range(2)]
        if all(name.isidentifier() for part in parts for name in part.split(".")):
            self.find_class(*parts)
        self.load_old_instance()

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
        if holds_array_class(args) and function.full not in _TAKES_ARRAY_CLASS:
            raise Forbidden(f"it hands numpy.ndarray or numpy.dtype to {function.full}")
        if any(isinstance(arg, Named) and arg.full in ("numpy.dtype", PARTIAL) for arg in args):
            raise Forbidden("it hands numpy.dtype or functools.partial to a function")
        if function.full in _TEXT_SCALARS and args and isinstance(args[0], DType) and args[0].code == "U":
            self._seen.formula_words.add("?")  # a text that isn't looked into, and that could be an attribute
        if function.full == PARTIAL:
            self._judge_partial(args, 1)
        if function.full == "copyreg._reconstructor":
            return self._reconstructed(args)
        if function.full in _PANDAS_FACTORIES and not (
            args and isinstance(args[0], Named) and args[0].full.startswith("pandas.")
        ):
            raise Forbidden(f"it calls {function.full} with something else than a class of pandas")
        self._judge_plain(function.full, args)
        if function.full in _TEXT_TO_BYTES and args:
            # Older protocols write bytes as text.
            if type(args[0]) is str:
                self._seen.look(args[0].encode("utf-8", "surrogatepass"))
            elif isinstance(args[0], Skipped):
                self._seen.look(args[0].text)
        if function.full == "_codecs.encode" and (len(args) != 2 or args[1] not in ("latin1", "latin-1")):
            raise Forbidden("it encodes text by a codec other than latin1")
        if function.full in ("builtins.bytes", "builtins.bytearray") and (
            len(args) > 2 or any(not isinstance(arg, (str, Skipped)) and not _is_bytes(arg) for arg in args)
        ):
            raise Forbidden(f"it calls {function.full} with something else than bytes")
        return Made(function.full)

    def _judge_plain(self, name: str, args: Items) -> None:
        """Hold what fills a container, or makes an array, to the form in which it is written."""
        if name in _ARRAY_MAKERS:
            sound = len(args) == 3 and isinstance(args[1], Items) and args[1] == (0,)
        elif name == "collections.OrderedDict":
            sound = not args
        elif name == "collections.defaultdict":
            sound = len(args) < 2 and all(arg is None or isinstance(arg, Named) for arg in args)
        elif name in ("builtins.set", "builtins.frozenset"):
            sound = len(args) < 2 and all(arg is SKIPPED or isinstance(arg, (Listed, Items)) for arg in args)
        else:
            return
        if not sound:
            raise Forbidden(f"it calls {name} with something that is computed while loading, or of a size of its own")

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
        base, content = args[1].full, args[2]
        self._judge_state(content)
        if isinstance(content, Made) or (base == "builtins.dict" and not isinstance(content, Pairs)):
            raise Forbidden(_COMPUTED)
        return self._made_new(args[0], (), plain=base == "builtins.object" and content is None)

    def _made_new(self, cls: Named, args: tuple[object, ...], *, plain: bool) -> object:
        if cls.use is not None and cls.use < Use.NEW:
            self._seen.refused.add(cls.full)
            raise Forbidden(f"it makes an instance of {cls.full}, which may only be named")
        if args and cls.use is Use.NEW:
            raise Forbidden(f"it hands arguments to the constructor of {cls.full}")
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
        if holds_array_class(args):
            raise Forbidden("it keeps numpy.ndarray or numpy.dtype where a model could call it")
        given = (*args, kwargs) if kwargs is not None else args
        self.append(self._made_new(cls, given, plain=not given))

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
        if holds_array_class(state):
            raise Forbidden("it keeps numpy.ndarray or numpy.dtype where a model could call it")
        if isinstance(target, ArrayWrapper):
            self.stack[-1] = self._array(state)
        elif isinstance(target, DType):
            target.build(state)
        elif self._pending is not None:
            raise NotAnalysable("it sets a state between an array's announcement and its bytes")
        elif isinstance(target, Made):
            if target.by == PARTIAL:
                self._judge_partial(state, 4)
            holds_dtype = isinstance(state, Items) and any(isinstance(part, DType) for part in state)
            if holds_dtype and target.by not in _KEEPS_DTYPE:
                check_array_state(state)
            if target.by not in self._seen.trusted:
                self._judge_state(state, slots=target.by not in _OWN_TUPLES)
            self._note_version(state)
        else:
            raise Forbidden("it changes something that it imported, or that has no state")

    def _judge_state(self, state: object, *, slots: bool = True) -> None:
        """Judge the names of attributes: of an object, or of one and its slots."""
        parts = state if isinstance(state, Items) else (state,)
        # A mapping is as good as its pairs to whoever updates attributes with them.
        pairs = any(isinstance(part, Items) and len(part) == 2 and type(part[0]) is str for part in parts)
        computed = slots and isinstance(state, Items) and len(state) == 2 and any(isinstance(p, Made) for p in parts)
        if pairs or computed or isinstance(state, (Made, Listed)):
            raise Forbidden(_COMPUTED)
        for part in parts:
            if isinstance(part, Pairs):
                self._judge_names(part)

    def _judge_names(self, state: Pairs) -> None:
        if state.computed:
            raise Forbidden(_COMPUTED)
        if state.special:
            raise Forbidden("it gives an attribute the name of what an object is to Python")
        for key in (*METHOD_KEYS, "importance_getter"):
            if key in state.kept:
                value = state.kept[key]
                if isinstance(value, Listed):
                    value.hold_methods_only()
                elif not (value is None or (key == "importance_getter" and isinstance(value, Named))):
                    judge_word(key, value)

    def _add_to(self, target: object) -> None:
        # A list by a class of its own: known to whoever trusts the class.
        if not isinstance(target, Made) or target.by not in self._seen.trusted:
            super()._add_to(target)

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
        if dtype.holds_text:
            self._seen.look_through(self._source, count * dtype.size)
        else:
            self._source.skip(count * dtype.size)
        return Made("numpy.ndarray")


_DryRun.dispatch.update(
    {
        pickle.STACK_GLOBAL[0]: _DryRun.load_stack_global,
        pickle.EXT1[0]: _DryRun.load_ext,
        pickle.EXT2[0]: _DryRun.load_ext,
        pickle.EXT4[0]: _DryRun.load_ext,
        pickle.PERSID[0]: _DryRun.load_persistent,
        pickle.BINPERSID[0]: _DryRun.load_storage,
        pickle.INST[0]: _DryRun.load_inst,
        pickle.OBJ[0]: _DryRun.load_old_instance,
        pickle.NEXT_BUFFER[0]: _DryRun.load_out_of_band,
        pickle.READONLY_BUFFER[0]: _DryRun.load_out_of_band,
        pickle.REDUCE[0]: _DryRun.load_reduce,
        pickle.NEWOBJ[0]: _DryRun.load_newobj,
        pickle.NEWOBJ_EX[0]: _DryRun.load_newobj_ex,
        pickle.BUILD[0]: _DryRun.load_build,
    }
)
