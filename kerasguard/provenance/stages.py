"""From one element of a dataset or iterator back through the stage that handed it out."""

from __future__ import annotations

import ast
import functools
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kerasguard.provenance.abstract import Budget, Closure
from kerasguard.provenance.bindings import parameters
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.links import Link, next_link
from kerasguard.provenance.recorder import origin_of
from kerasguard.provenance.reentry import called_scope, function_scope, of_returns, run_scope, users_function
from kerasguard.provenance.scope import Argument, Scope, module_scope
from kerasguard.provenance.source import SourceFile, node_at
from kerasguard.provenance.values import UNKNOWN, element, ghost_of

Path = tuple[Any, ...]
Links = list[Link | None]
SAME = frozenset(
    [
        "shuffle", "repeat", "prefetch", "take", "skip", "cache", "filter", "shard", "with_options", "snapshot",
        "as_numpy_iterator", "ignore_errors", "rejection_resample", "take_while", "unique", "window",
    ]
)  # fmt: skip
LIFTS = {"batch": 1, "padded_batch": 1, "ragged_batch": 1, "unbatch": -1}
MAPPING = frozenset(["map", "flat_map", "interleave", "apply"])
STAGES = SAME | LIFTS.keys() | MAPPING | {"enumerate", "concatenate", "get_single_element"}
PASSING = frozenset(["iter", "list", "tuple", "sorted", "reversed"])
IN_PYTHON = frozenset(["numpy_function", "py_function", "py_func"])


def argument_of(node: ast.Call, position: int, *names: str) -> ast.expr | None:
    """Return what a call passes for a parameter of a library's function."""
    given = next((keyword.value for keyword in node.keywords if keyword.arg in names), None)
    if given is None and position < len(node.args):
        given = node.args[position]
    return given.value if isinstance(given, ast.Starred) else given


def of_stage(link: Link, node: ast.Call, budget: Budget) -> Links | None:
    """Return where an element that a call hands out came from; None where the call hands out no elements."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    rule = _BUILTINS.get(name) if isinstance(node.func, ast.Name) else None
    if rule is not None:
        return rule(link, node, budget)
    rule = _MAKERS.get(name)
    if rule is not None and link.path[:1] == ("*",):
        return rule(link, node, budget)
    if name in IN_PYTHON:
        return _in_python(link, node, budget)
    if name in ("items", "values") and link.path[:1] == ("*",) and isinstance(node.func, ast.Attribute):
        return _of_values(link, node.func.value, name, budget)
    if name in STAGES and isinstance(node.func, ast.Attribute) and _is_dataset(link, node.func.value, budget):
        return _of_method(link, node, node.func.value, name, budget)
    return None


def _is_dataset(link: Link, node: ast.expr, budget: Budget) -> bool:
    ghost = ghost_of(value) if (value := evaluate(node, link.scope, budget)) is not UNKNOWN else None
    if ghost is None:
        return value is UNKNOWN and link.path[:1] == ("*",)
    return ghost.kind == "dataset"


def _of_method(link: Link, node: ast.Call, receiver: ast.expr, name: str, budget: Budget) -> Links:
    if name == "get_single_element":
        return [next_link(link, receiver, budget, ("*", *link.path))]
    if not link.path:  # the dataset as a whole
        return [next_link(link, receiver, budget)]
    path: Path = ("*", *link.path[1:])
    if name in MAPPING and node.args:
        return _of_mapped(link, node, receiver, name, budget)
    if name == "enumerate":
        inner = ("*", *path[2:]) if path[1:2] == (1,) else ("*",)
        return [next_link(link, receiver, budget, inner, same=True)] if path[1:2] != (0,) else []
    lift = LIFTS.get(name, 0)
    if lift > 0 and link.lift > 0:
        lift = 0  # the batch is there already: this axis is one that the elements of the batch have
    found = [next_link(link, receiver, budget, path, lift, same=name not in LIFTS)]
    other = argument_of(node, 0, "dataset") if name == "concatenate" else None
    return [*found, next_link(link, other, budget, path, same=True)] if other is not None else found


def _of_mapped(link: Link, node: ast.Call, receiver: ast.expr, name: str, budget: Budget) -> Links:
    """Go into the function that a dataset was mapped by; its parameters lead back to the elements."""
    function = users_function(evaluate(node.args[0], link.scope, budget))
    if function is None:  # a library's function, a layer
        return [next_link(link, receiver, budget, ("*",) if name == "map" else link.path)]
    scope = link.scope.entered.get(node)
    if scope is None:
        whole = evaluate(receiver, link.scope, budget)
        if name == "apply":
            arguments = [Argument(receiver, link.scope, whole)]
        else:
            arguments = _components(receiver, link.scope, element(whole, "*"), function)
        scope = link.scope.entered[node] = _with(function, arguments, budget)
    if scope is None:
        return [next_link(link, receiver, budget, ("*",))]
    path = ("*", *link.path[1:]) if name != "map" else link.path[1:]
    return list(of_returns(replace(link, path=path), scope, budget))


def _components(receiver: ast.expr, scope: Scope, spec: Any, function: Any) -> list[Argument]:
    """Return the arguments that a mapped function is called with: one per component of a tuple, else the element."""
    if isinstance(spec, tuple):
        return [Argument(receiver, scope, item, ("*", index)) for index, item in enumerate(spec)]
    blank = function_scope(function, (), {}, Budget())
    names = parameters(blank.owner) if blank is not None and blank.owner is not None else []  # type: ignore[arg-type]
    if spec is UNKNOWN and len(names) > 1:
        return [Argument(receiver, scope, UNKNOWN, ("*", index)) for index in range(len(names))]
    return [Argument(receiver, scope, spec, ("*",))]


def _with(function: Any, arguments: list[Argument], budget: Budget) -> Scope | None:
    """Return the scope of a call that a library made of a user's function."""
    scope = function_scope(function, tuple(argument.value for argument in arguments), {}, budget)
    if scope is None or not isinstance(scope.owner, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        return scope
    names = [arg.arg for arg in (*scope.owner.args.posonlyargs, *scope.owner.args.args)]
    given = len(function.args) if isinstance(function, functools.partial) else 0
    given += getattr(function, "bound", UNKNOWN) is not UNKNOWN
    for name, argument in zip(names[given:], arguments, strict=False):
        scope.arguments[name] = argument
    run_scope(scope, budget)
    return scope


def _in_python(link: Link, node: ast.Call, budget: Budget) -> Links | None:
    """Go into the function that TensorFlow calls back in Python."""
    passed, inputs = argument_of(node, 0, "func"), argument_of(node, 1, "inp")
    function = users_function(evaluate(passed, link.scope, budget)) if passed is not None else None
    if function is None or inputs is None:
        return None
    scope = link.scope.entered.get(node)
    if scope is None:
        if isinstance(inputs, ast.List | ast.Tuple):
            arguments = [Argument(i, link.scope, evaluate(i, link.scope, budget)) for i in inputs.elts]
        else:
            arguments = [Argument(inputs, link.scope, UNKNOWN, (0,))]
        scope = link.scope.entered[node] = _with(function, arguments, budget)
    return None if scope is None else list(of_returns(link, scope, budget))


def _of_slices(link: Link, node: ast.Call, budget: Budget) -> Links:
    data = argument_of(node, 0, "tensors")
    if data is None:
        return []
    if len(link.path) == 1 and isinstance(data, ast.Tuple | ast.Dict):
        return [next_link(link, data, budget)]
    return [next_link(link, data, budget, (*link.path[1:], "*"))]


def _of_tensors(link: Link, node: ast.Call, budget: Budget) -> Links:
    data = argument_of(node, 0, "tensors")
    return [] if data is None else [next_link(link, data, budget, link.path[1:])]


def _of_generator(link: Link, node: ast.Call, budget: Budget) -> Links:
    made = argument_of(node, 0, "generator")
    given = argument_of(node, 3, "args")
    function = users_function(evaluate(made, link.scope, budget)) if made is not None else None
    if function is None:
        return []
    scope = link.scope.entered.get(node)
    if scope is None:
        parts = given.elts if isinstance(given, ast.Tuple | ast.List) else []
        arguments = [Argument(part, link.scope, evaluate(part, link.scope, budget)) for part in parts]
        scope = link.scope.entered[node] = _with(function, arguments, budget)
    return [] if scope is None else list(of_returns(link, scope, budget))


def _of_zip(link: Link, node: ast.Call, budget: Budget) -> Links:
    """Take the component of a zip: of the builtin one, or of datasets (in tuples of any depth)."""
    rest = link.path[1:]
    if link.path and link.path[0] != "*":  # `a, b = zip(*pairs)`
        return _transposed(link, node, budget)
    if len(node.args) == 1 and isinstance(node.args[0], ast.Starred):
        return _transposed(replace(link, path=rest), node, budget) if rest else []
    parts: ast.expr | None = ast.Tuple(node.args) if len(node.args) > 1 else argument_of(node, 0, "datasets")
    if parts is None:
        return []
    while isinstance(parts, ast.Tuple) and rest and isinstance(rest[0], int) and rest[0] < len(parts.elts):
        parts, rest = parts.elts[rest[0]], rest[1:]
    if isinstance(parts, ast.Tuple):
        return [next_link(link, part, budget, ("*",)) for part in parts.elts]
    value = evaluate(parts, link.scope, budget)
    head: Path = ()
    while isinstance(value, tuple | list) and rest and isinstance(rest[0], int):
        value, head, rest = element(value, rest[0]), (*head, rest[0]), rest[1:]
    return [next_link(link, parts, budget, (*head, "*", *rest), same=True)]


def _transposed(link: Link, node: ast.Call, budget: Budget) -> Links:
    starred = node.args[0] if node.args else None
    if not isinstance(starred, ast.Starred) or not link.path:
        return []
    one, rest = link.path[0], link.path[1:]
    lift = 0 if rest[:1] == ("*",) else 1
    return [next_link(link, starred.value, budget, ("*", one, *rest[1 if not lift else 0 :]), lift)]


def _of_windows(link: Link, node: ast.Call, budget: Budget) -> Links:
    """Take the series that windows were cut from: a window has one axis more than the series."""
    label = link.path[1:2] == (1,)
    data = argument_of(node, int(label), "targets" if label else "data")
    return [] if data is None else [next_link(link, data, budget, (), 0 if label else 1)]


def _next(link: Link, node: ast.Call, budget: Budget) -> Links:
    return [next_link(link, node.args[0], budget, ("*", *link.path), same=True)] if node.args else []


def _pass_on(link: Link, node: ast.Call, budget: Budget) -> Links:
    if not node.args:
        return []
    path = link.path
    if path and isinstance(path[0], int) and _is_dataset(link, node.args[0], budget):
        path = ("*", *path[1:])
    return [next_link(link, node.args[0], budget, path, same=bool(path))]


def _enumerated(link: Link, node: ast.Call, budget: Budget) -> Links | None:
    if link.path[:2] != ("*", 1) or not node.args:
        return None
    return [next_link(link, node.args[0], budget, ("*", *link.path[2:]), same=True)]


def _zipped(link: Link, node: ast.Call, budget: Budget) -> Links | None:
    return _of_zip(link, node, budget) if link.path else None


def _of_values(link: Link, receiver: ast.expr, name: str, budget: Budget) -> Links | None:
    """Take one value of a dict whose items or values are handed out."""
    known = evaluate(receiver, link.scope, budget)
    rest = link.path[1:]
    if name == "items":
        if rest[:1] != (1,):
            return []
        rest = rest[1:]
    if not isinstance(known, dict) or not known:
        return [next_link(link, receiver, budget)]
    return [next_link(link, receiver, budget, (next(iter(known)), *rest), same=True)]


def of_recorded(link: Link, budget: Budget) -> Link | None:
    """Return the link of the call that made a live dataset, by the record of it."""
    origin = origin_of(link.whole)
    if origin is None:
        return None
    calls = [found for code, lasti in reversed(origin.stack) if (found := node_at(code, lasti)) is not None]
    scope: Scope | None = None
    for index, (source, _) in enumerate(calls):
        owner = source.definition(origin.stack[len(calls) - 1 - index][0]) if len(calls) == len(origin.stack) else None
        scope = _entered_again(source, owner, calls[index - 1][1] if index else None, scope, link, budget)
    node = calls[-1][1] if calls else None
    if scope is None or not isinstance(node, ast.Call) or node is link.node:
        return None
    return next_link(link, node, budget, link.path, same=True, scope=scope)


def _entered_again(  # the definition, and the call of it
    source: SourceFile, owner: ast.AST | None, call: ast.AST | None, caller: Scope | None, link: Link, budget: Budget
) -> Scope | None:
    """Return the scope of a function that ran when something was made, as the call in its caller's scope tells it."""
    around = _module(source, link.scope)
    if not isinstance(owner, ast.FunctionDef | ast.AsyncFunctionDef):
        return around
    function = Closure(owner, source, around)
    if isinstance(call, ast.Call) and caller is not None:
        if isinstance(source.parent(owner), ast.ClassDef) and isinstance(call.func, ast.Attribute):
            function = replace(function, bound=evaluate(call.func.value, caller, budget))
        return called_scope(call, caller, function, budget)
    scope = function_scope(function, (), {}, budget)
    run_scope(scope, budget)
    return scope


def _module(source: SourceFile, scope: Scope) -> Scope:
    """Return the scope of the module that was read from this file."""
    if scope.module().source is source:
        return scope.module()
    for module in list(sys.modules.values()):
        names = getattr(module, "__dict__", {})
        if names.get("__file__") == source.filename:
            return scope.modules.setdefault(id(names), module_scope(names, scope.modules))
    return Scope(source, source.tree, {}, scope.globals, modules=scope.modules)


def maker(made: Any, scope: Scope, budget: Budget) -> Link | None:
    """Return the link of the call that made a live dataset, as any scope of the program sees it."""
    nowhere = ast.Name("_", ast.Load())
    source = scope.module().source or scope.source
    if source is None or not source.tree.body:
        return None
    first = source.tree.body[0]
    return of_recorded(Link(nowhere, first, source, source.place(first), None, scope, made, whole=made), budget)


def handed_out(link: Link, budget: Budget) -> list[Link]:
    """Return what the generator of a ``from_generator``, or the function of a ``numpy_function``, gives back."""
    if not isinstance(link.node, ast.Call):
        return []
    name = link.node.func.attr if isinstance(link.node.func, ast.Attribute) else getattr(link.node.func, "id", "")
    if name == "from_generator":
        return [one for one in _of_generator(replace(link, path=("*",)), link.node, budget) if one is not None]
    found = _in_python(replace(link, path=()), link.node, budget) if name in IN_PYTHON else None
    return [one for one in found or () if one is not None]


Rule = Callable[[Link, ast.Call, Budget], "Links | None"]
_BUILTINS: dict[str, Rule] = {
    "next": _next, "enumerate": _enumerated, "zip": _zipped, **dict.fromkeys(PASSING, _pass_on),
}  # fmt: skip
_MAKERS: dict[str, Rule] = {
    "from_tensor_slices": _of_slices, "from_tensors": _of_tensors, "from_generator": _of_generator, "zip": _of_zip,
    "timeseries_dataset_from_array": _of_windows,
}  # fmt: skip

__all__ = ["argument_of", "handed_out", "maker", "of_recorded", "of_stage"]
