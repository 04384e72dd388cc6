"""What an expression of the user's would give: exact for what is alive, shape and dtype for what is gone.

Nothing of the user's runs: functions are interpreted on abstract values, libraries run on stand-ins only.
"""

from __future__ import annotations

import ast
import builtins
import functools
import operator
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FunctionType, MethodType, ModuleType
from typing import Any

from kerasguard.provenance.bindings import Binding
from kerasguard.provenance.frames import is_user_file
from kerasguard.provenance.library import Infer, apply, call_library, call_method, numpy, numpy_call
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import SourceFile
from kerasguard.provenance.values import UNKNOWN, Ghost, element, ghost_of, is_array, is_tensor, merge

MAX_ITEMS = 64
MAX_LIST = 100_000
PURE = frozenset(
    "len range int float str bool tuple list dict set zip enumerate min max sum sorted reversed abs round divmod pow "
    "isinstance all any slice map filter type complex frozenset ord chr".split()
)
MUTATING = frozenset("append extend insert pop remove clear sort reverse update setdefault popitem add discard".split())
SIMPLE = (str, int, float, bool, bytes, type(None), complex)
FAILURES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError, MemoryError, NameError)
OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow, ast.MatMult: operator.matmul,
    ast.BitAnd: operator.and_, ast.BitOr: operator.or_, ast.BitXor: operator.xor, ast.LShift: operator.lshift,
    ast.RShift: operator.rshift, ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Invert: operator.invert,
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}  # fmt: skip


SOME_SLICE = Ghost(None, None, "slice")


class OutOfBudget(Exception):
    """The evaluation took too long; it never leaves this package."""


@dataclass
class Budget:
    """How much one question may cost: syntax nodes, depth of calls, seconds; `infer` shapes TensorFlow functions."""

    nodes: int = 3000
    depth: int = 5
    seconds: float = 0.15
    infer: Infer | None = None
    deadline: float = 0.0
    owned: dict[int, Any] = field(default_factory=dict)
    active: set[tuple[int, int]] = field(default_factory=set)
    recording: Any = None
    memo: dict[tuple[int, ast.AST], tuple[Any, Scope]] = field(default_factory=dict)

    def spend(self) -> None:
        """Count one node; raise OutOfBudget when nothing is left."""
        self.deadline = self.deadline or time.monotonic() + self.seconds
        self.nodes -= 1
        if self.nodes < 0 or (self.nodes % 16 == 0 and time.monotonic() > self.deadline):
            raise OutOfBudget

    def own(self, made: Any) -> Any:
        """Remember a list or dict that the interpretation made itself, so that it may change it."""
        self.owned[id(made)] = made
        return made

    def owns(self, thing: Any) -> bool:
        """Tell whether the interpretation made this list or dict itself."""
        return self.owned.get(id(thing)) is thing


@dataclass(frozen=True, eq=False)
class Closure:
    """A function that exists only in the interpretation: its definition and the scope around it."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    source: SourceFile
    scope: Scope
    bound: Any = UNKNOWN


@dataclass(eq=False)
class Instance:
    """An object of a user's class that exists only in the interpretation."""

    cls: type
    fields: dict[str, Any]


def evaluate(expr: ast.AST, scope: Scope, budget: Budget | None = None) -> Any:
    """Return the value of an expression in a scope: a live object, a Ghost, or UNKNOWN; never raises.

    Parameters
    ----------
    expr : ast.expr
        An expression of the scope's source.
    scope : Scope
        Where it stands.
    budget : Budget, optional
        What the evaluation may cost, shared by several questions when it is given.
    """
    try:
        return value_of(expr, scope, budget if budget is not None else Budget())
    except (OutOfBudget, *FAILURES):
        return UNKNOWN


def value_of(node: ast.AST, scope: Scope, budget: Budget) -> Any:
    """Return the value of an expression; raises OutOfBudget."""
    budget.spend()
    recording = scope.recording
    if recording is not None and not scope.live and node in recording.values:
        return recording.values[node]
    rule = RULES.get(type(node))
    if rule is None:
        return UNKNOWN
    if not scope.live or not isinstance(node, ast.Call | ast.ListComp):
        return rule(node, scope, budget)
    # What stands in a live frame does not change any more: one interpretation of a helper serves all questions.
    known = budget.memo.get((id(scope), node))
    if known is None:
        known = budget.memo[id(scope), node] = (rule(node, scope, budget), scope)
    return known[0]


def _constant(node: ast.Constant, scope: Scope, budget: Budget) -> Any:
    return node.value


def _name(node: ast.Name, scope: Scope, budget: Budget) -> Any:
    if not scope.live or scope.source is None:
        return scope.current(node.id)
    home, reaching = scope.home(node.id, node)
    if not home.live or not home.names:
        return home.current(node.id)
    strong = [binding for binding in reaching if binding.kind != "augmented"]
    now = [binding for binding in home.bindings(node.id, None) if binding.kind != "augmented"]
    if home is not scope or not strong or set(strong) == set(now) or _last_ran(strong, now):
        return home.current(node.id)
    return _merged([bound_value(binding, home, budget) for binding in strong])


def _last_ran(strong: list[Binding], now: list[Binding]) -> bool:
    """A single binding that is the nearest one of where the frame stands made the value that is alive."""
    return len(strong) == 1 and strong[0] in now[:1]


def _merged(values: list[Any]) -> Any:
    return functools.reduce(merge, values) if values else UNKNOWN


def bound_value(binding: Binding, scope: Scope, budget: Budget) -> Any:
    """Return the value that a binding gave its name."""
    if binding.value is None or binding.kind in ("parameter", "import", "definition", "except"):
        return scope.current(binding.name)
    key = (id(binding.statement), id(scope))
    if key in budget.active:  # a loop that feeds itself
        return UNKNOWN
    budget.active.add(key)
    try:
        value = value_of(binding.value, scope, budget)
    finally:
        budget.active.discard(key)
    for step in binding.path:
        value = element(value, step)
    return value


def _attribute(node: ast.Attribute, scope: Scope, budget: Budget) -> Any:
    return attribute(value_of(node.value, scope, budget), node.attr, budget)


def attribute(base: Any, name: str, budget: Budget) -> Any:
    """Return an attribute without running any code of the user's."""
    if base is UNKNOWN:
        return UNKNOWN
    if isinstance(base, Instance):
        return base.fields[name] if name in base.fields else _class_attribute(base.cls, name, base, budget)
    if isinstance(base, Ghost) or is_array(base) or is_tensor(base) or type(base).__module__.startswith("pandas"):
        return _array_attribute(base, name)
    if isinstance(base, ModuleType):
        return _module_attribute(base, name)
    if isinstance(base, type):
        if is_user_class(base):
            return _class_attribute(base, name, None, budget)
        return getattr(base, name, UNKNOWN)
    try:
        fields = object.__getattribute__(base, "__dict__")
    except AttributeError:
        fields = {}
    if isinstance(fields, dict) and name in fields:
        return fields[name]
    return _class_attribute(type(base), name, base, budget)


def is_user_class(cls: type) -> bool:
    """Tell whether a class was defined by the user."""
    module = sys.modules.get(cls.__module__)
    filename = getattr(module, "__file__", None)
    return module is not None and (filename is None or is_user_file(filename)) and cls.__module__ != "builtins"


def _module_attribute(module: ModuleType, name: str) -> Any:
    if name in vars(module):
        return vars(module)[name]
    filename = vars(module).get("__file__")
    if isinstance(filename, str) and is_user_file(filename):
        return UNKNOWN
    return getattr(module, name, UNKNOWN)  # libraries load their parts lazily


def _class_attribute(cls: type, name: str, bound: Any, budget: Budget) -> Any:
    for base in cls.__mro__:
        found = base.__dict__.get(name, UNKNOWN)
        if found is UNKNOWN:
            continue
        if isinstance(found, staticmethod):
            return found.__func__
        if isinstance(found, classmethod):
            return MethodType(found.__func__, cls)
        if isinstance(found, FunctionType):
            if bound is None:
                return found
            return Bound(found, bound) if is_user_file(found.__code__.co_filename) else Method(bound, name)
        if isinstance(found, property | functools.cached_property):
            getter = found.fget if isinstance(found, property) else found.func
            if isinstance(getter, FunctionType) and is_user_file(getter.__code__.co_filename) and bound is not None:
                return call(Bound(getter, bound), (), {}, budget)
            return UNKNOWN
        if hasattr(type(found), "__get__"):
            return getattr(bound, name, UNKNOWN) if bound is not None and not is_user_class(base) else UNKNOWN
        return found
    return UNKNOWN


@dataclass(frozen=True, eq=False)
class Bound:
    """A user's method bound to a live or abstract object."""

    function: Any
    bound: Any


@dataclass(frozen=True, eq=False)
class Method:
    """A method of an array, tensor, dataset or builtin value, not called yet."""

    receiver: Any
    name: str


def _array_attribute(base: Any, name: str) -> Any:
    ghost = ghost_of(base)
    if ghost is None:
        return UNKNOWN
    if name == "shape":
        return ghost.shape if ghost.shape is not None else UNKNOWN
    if name == "dtype":
        return getattr(base, "dtype", UNKNOWN) if not isinstance(base, Ghost) else (ghost.dtype or UNKNOWN)
    if name == "element_spec":
        return ghost.spec
    if ghost.shape is not None and name == "ndim":
        return len(ghost.shape)
    if ghost.shape is not None and name == "size" and None not in ghost.shape:
        return functools.reduce(operator.mul, (n for n in ghost.shape if n is not None), 1)
    if name == "T" and ghost.shape is not None:
        return Ghost(ghost.shape[::-1], ghost.dtype, ghost.kind)
    if name in ("values", "real", "imag"):
        return Ghost(ghost.shape, ghost.dtype, "numpy")
    return Method(base, name)


def _subscript(node: ast.Subscript, scope: Scope, budget: Budget) -> Any:
    base = value_of(node.value, scope, budget)
    index = value_of(node.slice, scope, budget)
    return subscript(base, index)


def subscript(base: Any, index: Any) -> Any:
    """Return `base[index]` for builtin containers and array-likes."""
    if base is UNKNOWN:
        return UNKNOWN
    if isinstance(base, Ghost) and base.kind == "dataset":
        return UNKNOWN
    if type(base) in (list, tuple, str, range):
        if index is SOME_SLICE:
            return (
                Ghost((None, *inner.shape[1:]), inner.dtype, "list")
                if (inner := ghost_of(base)) and inner.shape
                else UNKNOWN
            )
        if index is UNKNOWN or isinstance(index, Ghost):
            return element(base, "*") if type(base) is not str else UNKNOWN
        return base[index]
    if type(base) is dict or (isinstance(base, dict) and not is_user_class(type(base))):
        return dict.get(base, index, UNKNOWN) if index is not UNKNOWN else UNKNOWN
    ghost = ghost_of(base)
    if ghost is None or not isinstance(base, Ghost) and not is_array(base) and not is_tensor(base):
        return UNKNOWN
    return _indexed(base, ghost, index)


def _indexed(base: Any, ghost: Ghost, index: Any) -> Any:
    parts = index if isinstance(index, tuple) else (index,)
    if any(part is SOME_SLICE for part in parts):
        # The length is not known: what differs between one row and two is not known either.
        tried = [tuple(slice(0, n) if part is SOME_SLICE else part for part in parts) for n in (1, 2)]
        return merge(*(_indexed(base, ghost, parts) for parts in tried))
    if any(
        part is UNKNOWN or (isinstance(part, Ghost) and part.shape != ()) or is_array(part) and part.shape
        for part in parts
    ):
        mask = len(parts) == 1 and (g := ghost_of(parts[0])) is not None and g.dtype == "bool"
        if mask and g is not None and g.shape is not None and ghost.shape is not None:
            return Ghost((None, *ghost.shape[len(g.shape) :]), ghost.dtype, ghost.kind)
        if any(part is UNKNOWN for part in parts):
            return UNKNOWN
    result = numpy_call(operator.getitem, "getitem", (base if is_array(base) else ghost, index), {})
    if isinstance(result, Ghost) and ghost.kind not in ("numpy", "list"):
        return Ghost(result.shape, ghost.dtype, ghost.kind)
    return result


def _slice(node: ast.Slice, scope: Scope, budget: Budget) -> Any:
    ends = [value_of(part, scope, budget) if part is not None else None for part in (node.lower, node.upper, node.step)]
    if any(end is UNKNOWN or isinstance(end, Ghost) for end in ends):
        return SOME_SLICE
    return slice(*ends)


def _binary(node: ast.BinOp, scope: Scope, budget: Budget) -> Any:
    return binary(
        OPERATORS[type(node.op)], value_of(node.left, scope, budget), value_of(node.right, scope, budget), budget
    )


def binary(function: Callable[..., Any], left: Any, right: Any, budget: Budget) -> Any:
    """Return the result of an operator on live or abstract values."""
    if left is UNKNOWN or right is UNKNOWN:
        return UNKNOWN
    if isinstance(left, SIMPLE) and isinstance(right, SIMPLE):
        if function in (operator.pow, operator.lshift) and abs(right if isinstance(right, int | float) else 0) > 64:  # type: ignore[arg-type]
            return UNKNOWN
        if isinstance(left, str) and not (isinstance(right, int) and right > MAX_LIST):
            return function(left, right)
        return (
            UNKNOWN if isinstance(right, str) and isinstance(left, int) and left > MAX_LIST else function(left, right)
        )
    sequences = [type(v) in (list, tuple) for v in (left, right)]
    if any(sequences):
        if function is operator.add and all(sequences) and type(left) is type(right):
            return budget.own(left + right) if isinstance(left, list) else left + right
        if function is operator.mul and not all(sequences):
            items, times = (left, right) if sequences[0] else (right, left)
            if isinstance(times, int):
                return budget.own(items * times) if len(items) * times <= MAX_LIST else UNKNOWN
        elif all(type(v) in (list, tuple, *SIMPLE) for v in (left, right)):
            return function(left, right)
    if ghost_of(left) is None or ghost_of(right) is None:
        return UNKNOWN
    return apply(function, left, right)


def _unary(node: ast.UnaryOp, scope: Scope, budget: Budget) -> Any:
    value = value_of(node.operand, scope, budget)
    if isinstance(node.op, ast.Not):
        truth = truth_of(value)
        return UNKNOWN if truth is None else not truth
    if value is UNKNOWN:
        return UNKNOWN
    function = OPERATORS[type(node.op)]
    return function(value) if isinstance(value, SIMPLE) else apply(function, value)


def truth_of(value: Any) -> bool | None:
    """Return whether a value is true, None when that cannot be told without running code."""
    if isinstance(value, SIMPLE) or type(value) in (list, tuple, dict, set, range):
        return bool(value)
    if is_array(value) and value.size == 1:
        return bool(value)
    return None


def _bool(node: ast.BoolOp, scope: Scope, budget: Budget) -> Any:
    stop = isinstance(node.op, ast.Or)
    value: Any = UNKNOWN
    for part in node.values:
        value = value_of(part, scope, budget)
        truth = truth_of(value)
        if truth is None:
            return UNKNOWN
        if truth is stop:
            return value
    return value


def _compare(node: ast.Compare, scope: Scope, budget: Budget) -> Any:
    left = value_of(node.left, scope, budget)
    result: Any = True
    for op, right_node in zip(node.ops, node.comparators, strict=True):
        right = value_of(right_node, scope, budget)
        if left is UNKNOWN or right is UNKNOWN:
            return UNKNOWN
        if isinstance(op, ast.Is | ast.IsNot):
            same = left is right or (left is None and right is None)
            if isinstance(left, Ghost) and isinstance(right, Ghost):
                return UNKNOWN
            result = same if isinstance(op, ast.Is) else not same
        elif isinstance(op, ast.In | ast.NotIn):
            if not isinstance(left, SIMPLE) or type(right) not in (list, tuple, dict, set, str, range):
                return UNKNOWN
            if type(right) in (list, tuple) and not all(isinstance(item, SIMPLE) for item in right):
                return UNKNOWN
            result = (left in right) == isinstance(op, ast.In)
        else:
            result = binary(OPERATORS[type(op)], left, right, budget)
        if truth_of(result) is not True:
            return result
        left = right
    return result


def _conditional(node: ast.IfExp, scope: Scope, budget: Budget) -> Any:
    truth = truth_of(value_of(node.test, scope, budget))
    if truth is None:
        return merge(value_of(node.body, scope, budget), value_of(node.orelse, scope, budget))
    return value_of(node.body if truth else node.orelse, scope, budget)


def _items(nodes: list[ast.expr], scope: Scope, budget: Budget) -> list[Any] | None:
    items: list[Any] = []
    for node in nodes:
        if isinstance(node, ast.Starred):
            more = known_items(value_of(node.value, scope, budget))
            if more is None:
                return None
            items += more
        else:
            items.append(value_of(node, scope, budget))
    return items


def known_items(value: Any) -> list[Any] | None:
    """Return the items of an iterable whose items are known (abstractly), None otherwise."""
    if isinstance(value, list | tuple | range | set | frozenset | str | dict) and len(value) <= MAX_LIST:
        return list(value)
    if type(value).__name__ in ("dict_items", "dict_keys", "dict_values"):
        return list(value)
    ghost = ghost_of(value) if not isinstance(value, int | float | bool) else None
    if ghost is not None and ghost.shape and ghost.shape[0] is not None and ghost.shape[0] <= MAX_LIST:
        if is_array(value) and value.ndim == 1 and value.dtype.kind in "iuU" and value.size <= MAX_ITEMS:
            return list(value.tolist())
        return [Ghost(ghost.shape[1:], ghost.dtype, ghost.kind)] * ghost.shape[0]
    return None


def _list(node: ast.List, scope: Scope, budget: Budget) -> Any:
    items = _items(node.elts, scope, budget)
    return UNKNOWN if items is None else budget.own(items)


def _tuple(node: ast.Tuple, scope: Scope, budget: Budget) -> Any:
    items = _items(node.elts, scope, budget)
    return UNKNOWN if items is None else tuple(items)


def _dict(node: ast.Dict, scope: Scope, budget: Budget) -> Any:
    result: dict[Any, Any] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        made = value_of(value, scope, budget)
        if key is None:
            if not isinstance(made, dict):
                return UNKNOWN
            result.update(made)
            continue
        name = value_of(key, scope, budget)
        if not isinstance(name, SIMPLE):
            return UNKNOWN
        result[name] = made
    return budget.own(result)


def _set(node: ast.Set, scope: Scope, budget: Budget) -> Any:
    items = _items(node.elts, scope, budget)
    return set(items) if items is not None and all(isinstance(i, SIMPLE) for i in items) else UNKNOWN


def _walrus(node: ast.NamedExpr, scope: Scope, budget: Budget) -> Any:
    value = value_of(node.value, scope, budget)
    if not scope.live and isinstance(scope.names, dict):
        scope.names[node.target.id] = value
    return value


def _lambda(node: ast.Lambda, scope: Scope, budget: Budget) -> Any:
    return Closure(node, scope.source, scope) if scope.source is not None else UNKNOWN


def _called(node: ast.Call, scope: Scope, budget: Budget) -> Any:
    from kerasguard.provenance.calls import evaluated_call

    return evaluated_call(node, scope, budget)


def call(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], budget: Budget) -> Any:
    """Return what a call would give; see ``calls``."""
    from kerasguard.provenance.calls import call as called

    return called(function, args, kwargs, budget)


def _comprehension(node: Any, scope: Scope, budget: Budget) -> Any:
    from kerasguard.provenance.interpret import comprehension

    return comprehension(node, scope, budget)


RULES: dict[type, Callable[..., Any]] = {
    ast.Constant: _constant, ast.Name: _name, ast.Attribute: _attribute, ast.Subscript: _subscript, ast.Slice: _slice,
    ast.BinOp: _binary, ast.UnaryOp: _unary, ast.BoolOp: _bool, ast.Compare: _compare, ast.IfExp: _conditional,
    ast.List: _list, ast.Tuple: _tuple, ast.Dict: _dict, ast.Set: _set, ast.NamedExpr: _walrus, ast.Lambda: _lambda,
    ast.Call: _called, ast.ListComp: _comprehension, ast.GeneratorExp: _comprehension, ast.SetComp: _comprehension,
    ast.DictComp: _comprehension,
}  # fmt: skip
