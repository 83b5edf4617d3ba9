"""What a pickle would import, judged by exact names, and make of it; and where joblib's raw arrays lie."""

from __future__ import annotations

import _compat_pickle
import pickle
from collections.abc import Callable
from typing import Any, ClassVar

from modelcheck.models.inspection.allow_list import PARTIAL
from modelcheck.models.inspection.calls import judge_call, judge_new, judge_partial, judge_reconstruction
from modelcheck.models.inspection.outcome import Forbidden, NotAnalysable
from modelcheck.models.inspection.reading import Reading
from modelcheck.models.inspection.seen import Seen
from modelcheck.models.inspection.source import Source
from modelcheck.models.inspection.states import judge_built
from modelcheck.models.inspection.stubs import ArrayWrapper, DType, Items, Made, Named, Pairs, holds_array_class

__all__ = ["Seen", "follow", "starts_a_pickle"]

_WRAPPER = "joblib.numpy_pickle.NumpyArrayWrapper"
_WRAPPER_STATE = {"subclass", "shape", "order", "dtype", "allow_mmap", "numpy_array_alignment_bytes"}
_ARRAY_CLASSES = {"numpy.ndarray", "numpy.matrix", "numpy.memmap"}


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
        judge_call(function, args, self._seen)
        if function.full == "copyreg._reconstructor":
            judge_reconstruction(args)
            cls, base, content = args
            return self._made_new(cls, (), plain=base.full == "builtins.object" and content is None)
        return Made(function.full)

    def _made_new(self, cls: Named, args: tuple[object, ...], *, plain: bool) -> object:
        judge_new(cls, args, self._seen)
        if self._pending is not None or cls.full == "numpy.dtype":
            raise NotAnalysable("it makes an object where none belongs")
        if cls.full == PARTIAL:
            judge_partial(None, 0, self._seen)
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
                judge_partial(state, 4, self._seen)
            judge_built(target.by, state, self._seen)
        else:
            raise Forbidden("it changes something that it imported, or that has no state")

    def _add_to(self, target: object) -> None:
        # A list by a class of its own: known to whoever trusts the class.
        if not isinstance(target, Made) or target.by not in self._seen.trusted:
            super()._add_to(target)

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
