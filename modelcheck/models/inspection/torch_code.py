"""The text inside PyTorch's archives: TorchScript's source, targets of a graph, expressions of sizes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from modelcheck.models.inspection.allow_list import framework_names
from modelcheck.models.inspection.outcome import Forbidden, NotAnalysable

__all__ = ["PACKED", "classes_in", "judge_code", "judge_expression", "judge_guard", "judge_target"]

_STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
_CLASS = re.compile(r"^class (\w+)\(", re.MULTILINE)
_ROOT = re.compile(r"(?<![\w.])(torch|ops)(?!\w)((?:\.\w+)*)")
_ATTRIBUTE = re.compile(r"\.\s*(\w+)")
_IMPORT = re.compile(r"(?<![\w.])(import|exec|eval|__import__)(?!\w)")
# Any text or tensor has these as methods, without `torch.` before them.
_METHODS = {"from_file", "save"}
_BUILT_IN = re.compile(r"__torch__\.torch\.classes\.\w+\.\w+")
# torch's own classes that hold packed numbers; others are handles to compilers, processes and devices.
PACKED = frozenset(
    f"__torch__.torch.classes.{name}"
    for name in (
        "quantized.LinearPackedParamsBase",
        "quantized.Conv2dPackedParamsBase",
        "quantized.Conv3dPackedParamsBase",
        "quantized.EmbeddingPackedParamsBase",
        "rnn.CellParamsBase",
    )
)
# In the language itself, beside the operators.
_LANGUAGE = {"torch.device", "torch.Generator", "torch.jit.annotate", "torch.Size"}
_EXPRESSION = re.compile(r"[\w\s+\-*/%(),.<>=!&|~]{0,2000}")
_NEW_SYMBOL = re.compile(r"Symbol\('[a-z]\w{0,40}'(?:, [a-z]{1,20}=(?:True|False))*\)")
_WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
_SYMBOL = re.compile(r"[a-z]{1,10}_?\d+|int_oo|True|False")
_GUARD = re.compile(
    r"(?:L?\[(?:'\w{1,60}'|\d{1,6})\]|\.(?:size|stride|dim|storage_offset|numel)\(\)|[\s()+\-*/%<>=!,]|\d{1,18}|"
    r"\b(?:and|or|not|min|max|True|False)\b)*"
)
_FUNCTIONS = {
    "Max",
    "Min",
    "Mod",
    "PythonMod",
    "FloorDiv",
    "CleanDiv",
    "CeilDiv",
    "CeilToInt",
    "FloorToInt",
    "TruncToInt",
    "IntTrueDiv",
    "FloatTrueDiv",
    "ModularIndexing",
    "Where",
    "ToFloat",
    "TruncToFloat",
    "RoundToInt",
    "PowByNatural",
    "Eq",
    "Ne",
    "Lt",
    "Le",
    "Gt",
    "Ge",
    "And",
    "Or",
    "Not",
    "Abs",
    "Identity",
    "oo",
    "Integer",
    "Add",
    "Mul",
    "Equality",
    "Unequality",
    "StrictLessThan",
    "LessThan",
    "StrictGreaterThan",
    "GreaterThan",
    "Rational",
    "Float",
    "Pow",
    "FloatPow",
    "IsNonOverlappingAndDenseIndicator",
    "true",
    "false",
}
_PYTHON = {
    f"_operator.{name}"
    for name in (
        "add",
        "sub",
        "mul",
        "truediv",
        "floordiv",
        "mod",
        "neg",
        "pos",
        "abs",
        "pow",
        "eq",
        "ne",
        "lt",
        "le",
        "gt",
        "ge",
        "and_",
        "or_",
        "not_",
        "getitem",
        "xor",
    )
} | {f"math.{name}" for name in ("ceil", "floor", "sqrt", "trunc")}
_SYMBOLIC = re.compile(r"torch\.sym_(?:int|float|max|min|not|ite|sqrt|sum)|torch\._sym_sqrt")
_HIGHER = {f"torch.ops.higher_order.{name}" for name in ("cond", "wrap_with_set_grad_enabled", "while_loop", "scan")}


def classes_in(name: str, code: str) -> Iterator[str]:
    """Yield the full names of the classes that one source member defines.

    Examples
    --------
    >>> list(classes_in("code/__torch__/torch/nn/modules/linear.py", "class Linear(Module):"))
    ['__torch__.torch.nn.modules.linear.Linear']
    """
    module = name.removeprefix("code/").removesuffix(".py").replace("/", ".")
    for found in _CLASS.finditer(code):
        yield f"{module}.{found[1]}"


def judge_code(code: str) -> Iterator[str]:
    """Yield the operators in a TorchScript source that aren't allowed.

    Raises
    ------
    NotAnalysable
        The text has a form that torch doesn't write, in which something could be hidden.

    Examples
    --------
    >>> sorted(set(judge_code("return torch.add(torch.from_file(path), ops.mine.run(x))")))
    ['ops.mine.run', 'torch.from_file']
    """
    texts = _STRING.findall(code)
    plain = _STRING.sub('""', code)
    if '"""' in code or any(sign in plain for sign in ("'", "#", "\\", "\0", ";")) or plain.count('"') % 2:
        raise NotAnalysable("its code is written in a way that torch doesn't write")
    allowed = framework_names("torch_operators")
    for found in _ROOT.finditer(plain):
        root, rest = found[1], found[2]
        full = root + rest
        name = f"aten{rest}" if root == "torch" else rest[1:]
        if name not in allowed and full not in _LANGUAGE:
            yield full
    for found in _ATTRIBUTE.finditer(plain):
        if found[1] in _METHODS:
            yield f"torch.{found[1]}"
    for text in texts:
        if text in _METHODS or ("\\" in text and text.encode().decode("unicode_escape") in _METHODS):
            yield f"torch.{text}"
    for found in _BUILT_IN.finditer(plain):
        if found[0] not in PACKED:
            yield found[0]
    for found in _IMPORT.finditer(plain):
        yield found[1]


def judge_target(target: str) -> bool:
    """Whether a graph's node may call this.

    Examples
    --------
    >>> judge_target("torch.ops.aten.linear.default"), judge_target("torch.hub.load")
    (True, False)
    """
    if target in _PYTHON or target in _HIGHER or _SYMBOLIC.fullmatch(target):
        return True
    parts = target.split(".")
    return (
        len(parts) == 5
        and parts[:2] == ["torch", "ops"]
        and f"{parts[2]}.{parts[3]}" in framework_names("torch_operators")
        and parts[4].isidentifier()
        and not parts[4].startswith("_")
    )


def judge_expression(text: str) -> None:
    """Refuse an expression of sizes that is more than arithmetic: torch hands it to a function that evaluates Python.

    Raises
    ------
    Forbidden
        It names or calls something else than symbols and the few functions of sizes.
    """
    text = _NEW_SYMBOL.sub("s0", text)
    words = _WORD.findall(text)
    known = all(word in _FUNCTIONS or _SYMBOL.fullmatch(word) for word in words)
    if (
        not _EXPRESSION.fullmatch(text)
        or not known
        or "__" in text
        or re.search(r"[A-Za-z_]\s*\.|\.\s*[A-Za-z_]", text)
    ):
        raise Forbidden("it holds an expression of sizes that is more than arithmetic")
    for name in re.findall(r"([A-Za-z_]\w*)\s*\(", text):
        if name not in _FUNCTIONS:
            raise Forbidden("it holds an expression of sizes that is more than arithmetic")


def judge_guard(text: str) -> None:
    """Refuse a condition on inputs that is more than a comparison of sizes: torch runs it as Python.

    Raises
    ------
    Forbidden
        It names something else than sizes of the inputs.

    Examples
    --------
    >>> judge_guard("L['args'][0].size()[0] >= 2")
    """
    if len(text) > 2_000 or not _GUARD.fullmatch(text):
        raise Forbidden("it holds a condition on its inputs that is more than a comparison of sizes")
