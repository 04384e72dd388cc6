"""What an expression of the user's would give: exact for what is alive, shape and dtype for what is gone.

Nothing of the user's runs: functions are interpreted on abstract values, libraries run on stand-ins only.
"""

from __future__ import annotations

import ast
import functools
import operator
from collections.abc import Callable
from typing import Any

from kerasguard.provenance.abstract import (
    FAILURES,
    MAX_LIST,
    SIMPLE,
    SOME_SLICE,
    Budget,
    Closure,
    OutOfBudget,
    known_items,
    truth_of,
)
from kerasguard.provenance.access import is_a
from kerasguard.provenance.arguments import into_display
from kerasguard.provenance.attributes import attribute, subscript
from kerasguard.provenance.bindings import Binding
from kerasguard.provenance.gathering import gathered, is_empty
from kerasguard.provenance.library import apply
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.values import (
    UNKNOWN,
    Ghost,
    add_axes,
    element,
    ghost_of,
    merge,
)

MAX_EXPONENT = 64
OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow, ast.MatMult: operator.matmul,
    ast.BitAnd: operator.and_, ast.BitOr: operator.or_, ast.BitXor: operator.xor, ast.LShift: operator.lshift,
    ast.RShift: operator.rshift, ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Invert: operator.invert,
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}  # fmt: skip


def evaluate(expr: ast.AST, scope: Scope, budget: Budget | None = None) -> Any:
    """Return the value of an expression in a scope: a live object, a Ghost, or UNKNOWN; never raises.

    Parameters
    ----------
    expr : ast.expr
        An expression of the scope's source.
    scope : Scope
        Where it stands.
    budget : Budget, optional
        What may be spent when several questions share it; this one gets its part.
    """
    try:
        if budget is None:
            return value_of(expr, scope, Budget())
        with budget.share():
            return value_of(expr, scope, budget)
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
        try:
            known = budget.memo[id(scope), node] = (rule(node, scope, budget), scope)
        except OutOfBudget:  # too costly once is too costly again, also as a part of other expressions
            budget.memo[id(scope), node] = (UNKNOWN, scope)
            raise
    return known[0]


def _constant(node: ast.Constant, scope: Scope, budget: Budget) -> Any:  # noqa: ARG001  # the signature of all rules
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
    """Tell whether the value that is alive is from the only binding in question: the nearest one to where it stands."""
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
        made, rest = into_display(binding.value, binding.path)
        if scope.live and is_empty(made):
            value = _gathered(binding.name, scope, budget)
            if value is not None:
                return value
        value = value_of(made, scope, budget)
    finally:
        budget.active.discard(key)
    for step in rest:
        value = element(value, step)
    return value


def _gathered(name: str, scope: Scope, budget: Budget) -> Any:
    """Return the list that the program filled after it made it empty; None where nothing is put into it."""
    values = []
    for node, whole in gathered(name, scope):
        value = value_of(node, scope, budget)
        values.append(add_axes(value, 0 if whole else 1))
    ghost = ghost_of(_merged(values)) if values else None
    if not values:
        return None
    return UNKNOWN if ghost is None or not ghost.shape else Ghost((None, *ghost.shape[1:]), ghost.dtype, "list")


def _attribute(node: ast.Attribute, scope: Scope, budget: Budget) -> Any:
    return attribute(value_of(node.value, scope, budget), node.attr, budget)


def _subscript(node: ast.Subscript, scope: Scope, budget: Budget) -> Any:
    base = value_of(node.value, scope, budget)
    index = value_of(node.slice, scope, budget)
    return subscript(base, index)


def _slice(node: ast.Slice, scope: Scope, budget: Budget) -> Any:
    ends = [value_of(part, scope, budget) if part is not None else None for part in (node.lower, node.upper, node.step)]
    if any(end is UNKNOWN or isinstance(end, Ghost) for end in ends):
        return SOME_SLICE
    return slice(*ends)


def _binary(node: ast.BinOp, scope: Scope, budget: Budget) -> Any:
    return binary(
        OPERATORS[type(node.op)], value_of(node.left, scope, budget), value_of(node.right, scope, budget), budget
    )


def binary(function: Callable[..., Any], left: Any, right: Any, budget: Budget) -> Any:  # noqa: C901  # numbers, strings, containers, arrays
    """Return the result of an operator on live or abstract values."""
    if left is UNKNOWN or right is UNKNOWN:
        return UNKNOWN
    if isinstance(left, SIMPLE) and isinstance(right, SIMPLE):
        if (
            function in (operator.pow, operator.lshift)
            and abs(right if isinstance(right, int | float) else 0) > MAX_EXPONENT
        ):
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
            if is_a(left, Ghost) and is_a(right, Ghost):
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


def _lambda(node: ast.Lambda, scope: Scope, budget: Budget) -> Any:  # noqa: ARG001  # the signature of all rules
    return Closure(node, scope.source, scope) if scope.source is not None else UNKNOWN


def _called(node: ast.Call, scope: Scope, budget: Budget) -> Any:
    from kerasguard.provenance.calls import evaluated_call

    return evaluated_call(node, scope, budget)


def _comprehension(node: Any, scope: Scope, budget: Budget) -> Any:
    from kerasguard.provenance.comprehensions import comprehension

    return comprehension(node, scope, budget)


RULES: dict[type, Callable[..., Any]] = {
    ast.Constant: _constant, ast.Name: _name, ast.Attribute: _attribute, ast.Subscript: _subscript, ast.Slice: _slice,
    ast.BinOp: _binary, ast.UnaryOp: _unary, ast.BoolOp: _bool, ast.Compare: _compare, ast.IfExp: _conditional,
    ast.List: _list, ast.Tuple: _tuple, ast.Dict: _dict, ast.Set: _set, ast.NamedExpr: _walrus, ast.Lambda: _lambda,
    ast.Call: _called, ast.ListComp: _comprehension, ast.GeneratorExp: _comprehension, ast.SetComp: _comprehension,
    ast.DictComp: _comprehension,
}  # fmt: skip

__all__ = ["OPERATORS", "UNKNOWN", "Budget", "Ghost", "binary", "bound_value", "evaluate", "value_of"]
