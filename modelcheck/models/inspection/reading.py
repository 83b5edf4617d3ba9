"""A pickle read opcode by opcode, keeping only what names and arrays need. Nothing is built.

This is the standard library's own unpickler in pure Python, the one that joblib loads with: it reads the same bytes in
the same order as the load will. Only what a step *does* is replaced. Whatever isn't understood stops it.
"""

from __future__ import annotations

import codecs
import pickle
from collections.abc import Callable
from struct import unpack
from typing import Any, ClassVar

from modelcheck.models.inspection.attributes import FORMULA_WORDS, hidden_words, is_special
from modelcheck.models.inspection.outcome import Bounds, Forbidden, NotAnalysable, NotAPickle
from modelcheck.models.inspection.seen import Counter
from modelcheck.models.inspection.source import Source
from modelcheck.models.inspection.stubs import (
    SKIPPED,
    ArrayWrapper,
    Items,
    Listed,
    Made,
    Pairs,
    Skipped,
    holds_array_class,
)

__all__ = ["Counter", "Reading"]

_Step = Callable[[Any], None]
# How often the values that are held are counted.
_OFTEN = 0xFFFF


class Reading(pickle._Unpickler):
    """Follows content and containers; subclasses judge imports and calls.

    Parameters
    ----------
    source : Source
        Positioned at the first opcode.
    bounds : Bounds
        Limits.
    counter : Counter
        Shared by all pickles of the file.
    """

    dispatch: ClassVar[dict[int, _Step]] = dict(pickle._Unpickler.dispatch)
    memo: dict[int, Any]
    pop_mark: Callable[[], list[Any]]

    def __init__(self, source: Source, bounds: Bounds, counter: Counter) -> None:
        super().__init__(source)
        self._source = source
        self._bounds = bounds
        self._counter = counter

    def load(self) -> None:
        """Follow one pickle to its STOP."""
        counter = self._counter
        limit = self._bounds.operations
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
                counter.operations += 1
                if counter.operations > limit:
                    raise NotAnalysable(f"it has more than {limit:,} operations")
                if not counter.operations & _OFTEN and self._held() > self._bounds.memo:
                    raise NotAnalysable(f"it holds more than {self._bounds.memo:,} values at once")
                dispatch[key[0]](self)
        except pickle._Stop:  # type: ignore[attr-defined]
            return
        except (NotAnalysable, Forbidden):
            raise
        except Exception as error:  # any surprise while following is an answer: not analysable
            raise NotAPickle(f"it isn't a pickle, or a broken one ({type(error).__name__}: {error})") from error

    def _held(self) -> int:
        return len(self.stack) + sum(map(len, self.metastack))

    # -- content that is passed over ------------------------------------------------------------------------------

    def _pass(self, count: int) -> None:
        frame = self._unframer.current_frame
        if frame is not None and count:
            if len(frame.getbuffer()) - frame.tell():
                self._counter.look(self._unframer.read(count))
                return
            self._unframer.current_frame = None
        self._counter.look_through(self._source, count)

    def _pass_bytes(self, count: int) -> None:
        self._pass(count)
        self.append(SKIPPED)

    def _pass_old_text(self, count: int) -> None:
        # Python 2's text: no name is written this way, yet it could be an attribute.
        self._counter.formula_words.add("?")
        self._pass_bytes(count)

    def _keep_text(self, count: int) -> None:
        if count > 4 * self._bounds.text_chars:
            before = set(self._counter.formula_words)
            self._pass(count)
            # Prose may speak of formulas; it matters only where the text becomes bytes.
            words = self._counter.formula_words - before
            self._counter.formula_words -= words
            self.append(Skipped(b" ".join(word.encode() for word in words)) if words else SKIPPED)
            return
        text = str(self.read(count), "utf-8", "surrogatepass")
        self._keep_line(text)

    def _keep_line(self, text: str) -> None:
        if text in FORMULA_WORDS:
            self._counter.formula_words.add(text)
        content = text.encode("utf-8", "surrogatepass")
        if "__" in text or "\0" in text:
            self._counter.look(content)
        self.append(text if len(text) <= self._bounds.text_chars else Skipped(" ".join(hidden_words(content)).encode()))

    def _load_frame(self) -> None:
        (size,) = unpack("<Q", self.read(8))
        if size > self._bounds.frame_bytes:
            raise NotAnalysable(f"it has a frame of {size:,} bytes")
        self._unframer.load_frame(size)

    def _load_string(self) -> None:
        text = self.readline()[:-1]
        if len(text) < 2 or text[0] != text[-1] or text[0] not in b"\"'":
            raise NotAnalysable("a text isn't quoted")
        # Escapes could spell a name; names are never written this way, so such text is no name.
        body = text[1:-1]
        self._counter.formula_words.add("?")
        if b"\\" in body:
            self._counter.look(codecs.escape_decode(body)[0])
            self.append(SKIPPED)
        else:
            self._keep_line(body.decode("ascii"))

    def _load_unicode(self) -> None:
        self._keep_line(str(self.readline()[:-1], "raw-unicode-escape"))

    # -- containers -----------------------------------------------------------------------------------------------

    def _load_mark(self) -> None:
        if len(self.metastack) >= self._bounds.depth:
            raise NotAnalysable(f"it nests deeper than {self._bounds.depth:,}")
        self.metastack.append(self.stack)
        self.stack = []
        self.append = self.stack.append

    def _tuple_of(self, values: list[Any]) -> None:
        items = Items.of(values)
        bounds = self._bounds
        if items.depth > bounds.depth or (items.depth > 1 and items.leaves > bounds.tuple_leaves):
            raise NotAnalysable("its tuples nest too deep")
        self.append(items)

    def _last(self, count: int) -> None:
        values = self.stack[-count:]
        if len(values) != count:
            raise NotAnalysable("its stack runs empty")
        del self.stack[-count:]
        self._tuple_of(values)

    def _load_list(self) -> None:
        items = self.pop_mark()
        _refuse_array_classes(items)
        listed = Listed()
        listed.add(items)
        self.append(listed)

    def _load_frozenset(self) -> None:
        _refuse_array_classes(self.pop_mark())
        self.append(SKIPPED)

    def _load_dict(self) -> None:
        pairs = Pairs()
        _fill(pairs, self.pop_mark())
        self.append(pairs)

    def _load_setitem(self) -> None:
        value = self.stack.pop()
        key = self.stack.pop()
        self._set_items([key, value])

    def _set_items(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if isinstance(target, Pairs):
            _fill(target, items)
        elif isinstance(target, Made):
            _refuse_array_classes(items)
            if any(type(key) is str and is_special(key) for key in items[::2]):
                raise Forbidden("it gives an item the name of what an object is to Python")
        else:
            raise Forbidden("it sets items of something that isn't a dict")

    def _add_items(self, items: list[Any]) -> None:
        target = self.stack[-1]
        _refuse_array_classes(items)
        if isinstance(target, Listed):
            target.add(items)
        elif target is not SKIPPED:
            self._add_to(target)

    def _add_to(self, target: object) -> None:
        raise Forbidden("it adds items to something that isn't a list or a set")

    def _recall(self, key: int) -> None:
        value = self.memo[key]
        if isinstance(value, ArrayWrapper):
            raise NotAnalysable("it refers to an array that was read already")
        self.append(value)

    def _memoise(self, key: int) -> None:
        if not 0 <= key < 2**31 or len(self.memo) > self._bounds.memo:
            raise NotAnalysable("its memo is out of bounds")
        self.memo[key] = self.stack[-1]

    def _load_dup(self) -> None:
        if isinstance(self.stack[-1], ArrayWrapper):
            raise NotAnalysable("it copies an array that isn't read yet")
        self.append(self.stack[-1])


def _refuse_array_classes(values: list[Any]) -> None:
    if any(map(holds_array_class, values)):
        raise Forbidden("it keeps numpy.ndarray or numpy.dtype where a model could call it")


def _fill(pairs: Pairs, items: list[Any]) -> None:
    if len(items) % 2:
        raise NotAnalysable("a dict has a key without a value")
    for position in range(0, len(items), 2):
        # joblib's announcement of an array names the array's class under this key.
        if items[position] != "subclass" or isinstance(items[position + 1], Items):
            _refuse_array_classes(items[position : position + 2])
        pairs.put(items[position], items[position + 1])


def _replace_steps() -> None:
    def size(width: str, length: int) -> Callable[[Reading], int]:
        return lambda run: int(unpack(width, run.read(length))[0])

    def then(count: Callable[[Reading], int], act: Callable[[Reading, int], None]) -> _Step:
        return lambda run: act(run, count(run))

    one, four, eight = size("<B", 1), size("<I", 4), size("<Q", 8)
    as_bytes, as_text = Reading._pass_bytes, Reading._keep_text
    old_text = Reading._pass_old_text
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
        pickle.STRING: Reading._load_string,
        pickle.UNICODE: Reading._load_unicode,
        pickle.FRAME: Reading._load_frame,
        pickle.MARK: Reading._load_mark,
        pickle.TUPLE: lambda run: run._tuple_of(run.pop_mark()),
        pickle.EMPTY_TUPLE: lambda run: run._tuple_of([]),
        pickle.TUPLE1: lambda run: run._last(1),
        pickle.TUPLE2: lambda run: run._last(2),
        pickle.TUPLE3: lambda run: run._last(3),
        pickle.EMPTY_LIST: lambda run: run.append(Listed()),
        pickle.LIST: Reading._load_list,
        pickle.EMPTY_DICT: lambda run: run.append(Pairs()),
        pickle.DICT: Reading._load_dict,
        pickle.EMPTY_SET: lambda run: run.append(SKIPPED),
        pickle.FROZENSET: Reading._load_frozenset,
        pickle.APPEND: lambda run: run._add_items([run.stack.pop()]),
        pickle.APPENDS: lambda run: run._add_items(run.pop_mark()),
        pickle.ADDITEMS: lambda run: run._add_items(run.pop_mark()),
        pickle.SETITEM: Reading._load_setitem,
        pickle.SETITEMS: lambda run: run._set_items(run.pop_mark()),
        pickle.GET: lambda run: run._recall(int(run.readline()[:-1])),
        pickle.BINGET: then(one, Reading._recall),
        pickle.LONG_BINGET: then(four, Reading._recall),
        pickle.PUT: lambda run: run._memoise(int(run.readline()[:-1])),
        pickle.BINPUT: then(one, Reading._memoise),
        pickle.LONG_BINPUT: then(four, Reading._memoise),
        pickle.MEMOIZE: lambda run: run._memoise(len(run.memo)),
        pickle.DUP: Reading._load_dup,
    }
    Reading.dispatch.update({key[0]: step for key, step in steps.items()})


_replace_steps()
