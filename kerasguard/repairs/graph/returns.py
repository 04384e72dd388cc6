"""A function of the user's that returns nothing: which one made this None, and the return statement that it lacks."""

from __future__ import annotations

import ast
import builtins
import dataclasses
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from kerasguard.adapters import specs, symbolic, wants
from kerasguard.evidence import Evidence
from kerasguard.provenance.abstract import Bound
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import Function, SourceFile, source_of
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.constructors import scope_at
from kerasguard.repairs.failing import call_at, failing_call, statement_place
from kerasguard.vocabulary import Edit, Place

MODEL_WORDS = frozenset({"Model", "Sequential", "Input", "layers"})


@dataclass(frozen=True)
class Nothing:
    """A None where a tensor or model belongs, and the function that returned it.

    Attributes
    ----------
    node, scope
        The expression that is None, where it is used.
    function, source
        The definition that returned nothing.
    layer
        Name of the layer whose ``call`` it is, empty for a plain function.
    """

    node: ast.expr
    scope: Scope
    function: Function | ast.Lambda
    source: SourceFile
    layer: str

    @property
    def name(self) -> str:
        """The function's name, with its class."""
        own = getattr(self.function, "name", "lambda")
        around = self.source.parent(self.function)
        return f"{around.name}.{own}" if isinstance(around, ast.ClassDef) else own


def nothing(evidence: Evidence) -> Nothing | None:
    """Return the None in the failing line that a function of the user's returned."""
    inside = _of_failing_lambda(evidence)
    if inside is not None:
        return inside
    for node, scope in _suspects(evidence):
        found = _maker(node, scope, evidence)
        if found is not None:
            return found
    return None


def _of_failing_lambda(evidence: Evidence) -> Nothing | None:
    """Return the function of a Lambda that gave None while Keras asked for the shape of its output."""
    layer: Any = evidence.failing.layer if evidence.failing is not None else None
    function = getattr(layer, "function", None)
    asked = [frame.f_locals for frame in evidence.library if frame.f_code.co_name == "compute_output_shape"]
    if not isinstance(function, FunctionType) or not evidence.frames or type(layer).__name__ != "Lambda":
        return None
    if not any("output_spec" in held and held["output_spec"] is None for held in asked):
        return None
    source = source_of(function.__code__.co_filename)
    definition = source.definition(function.__code__) if source is not None else None
    node = evidence.frames[-1].node
    if source is None or not isinstance(node, ast.expr):
        return None
    if not isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        return None
    return Nothing(node, evidence.scopes[-1], definition, source, str(layer.name))


def _suspects(evidence: Evidence) -> Iterator[tuple[ast.expr, Scope]]:
    """Yield the expressions of the failing call that are None, or the receiver of a failing attribute."""
    if not evidence.frames:
        return
    call = failing_call(evidence)
    frame, scope = evidence.frames[-1], evidence.scopes[-1]
    if evidence.event.entry != "none" and call is not None:
        for _, node, value in call.nodes():
            parts = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
            for part in parts:
                known = evaluate(part, scope) if part is not node else value
                if symbolic.is_nothing(known) or (isinstance(part, ast.Call) and _fed_nothing(evidence)):
                    yield part, scope
    elif isinstance(evidence.event.error, AttributeError | TypeError):
        for node in _operated_on(frame.node, scope):
            if evaluate(node, scope) is None:
                yield node, scope


def _operated_on(failed: ast.AST | None, scope: Scope) -> Iterator[ast.expr]:
    """Yield what Python itself failed to do something with: to call, index, unpack, go over, or read an attribute of."""
    around = scope.source.parent(failed) if failed is not None and scope.source is not None else None
    if isinstance(around, ast.Assign) and failed in around.targets:
        yield around.value
    elif isinstance(failed, ast.expr) and isinstance(around, ast.For | ast.comprehension | ast.Starred):
        yield failed
    if isinstance(failed, ast.Call):
        yield failed.func
        failed = failed.func
    if isinstance(failed, ast.Attribute | ast.Subscript):
        yield failed.value
    elif isinstance(failed, ast.BinOp):
        yield from (failed.left, failed.right)


def _fed_nothing(evidence: Evidence) -> bool:
    """Return whether the failing layer was given None: its argument is not bound to a name."""
    failing = evidence.failing
    return failing is not None and symbolic.is_nothing(failing.inputs)


def _maker(node: ast.expr, scope: Scope, evidence: Evidence) -> Nothing | None:
    made, home = node, scope
    for _ in range(6):
        if not isinstance(made, ast.Name | ast.Attribute):
            break
        bound = _bound_to(made, home) if isinstance(made, ast.Name) else _set_to(made, home, evidence)
        if bound is None:
            return None
        made, home = bound
    if not isinstance(made, ast.Call):
        return None
    function, layer = _called(made, home)
    written = made.func.args[0] if isinstance(made.func, ast.Call) and made.func.args else None
    if isinstance(written, ast.Lambda) and layer and home.source is not None:
        return Nothing(node, scope, written, home.source, layer)  # the layer's output is None: so is the expression
    code = getattr(function, "__code__", None)
    source = source_of(code.co_filename) if code is not None else None
    definition = source.definition(code) if source is not None and code is not None else None
    if source is None or not isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    if source.yields(definition):
        return None
    if not layer and evidence.event.entry == "none" and not _builds(definition):
        return None
    return Nothing(node, scope, definition, source, layer) if _may_end_without(definition) else None


def _bound_to(node: ast.Name, scope: Scope) -> tuple[ast.expr, Scope] | None:
    """Return what a name was bound to as a whole."""
    around, bound = scope.home(node.id, node)
    value = next((one.value for one in bound if one.kind in ("assign", "walrus") and not one.path), None)
    return None if value is None else (value, around)


def _set_to(node: ast.Attribute, scope: Scope, evidence: Evidence) -> tuple[ast.expr, Scope] | None:
    """Return what an attribute of the object itself was set to, where its class sets it once."""
    source = scope.source
    around: ast.AST | None = source.function(node) if source is not None else None
    around = source.parent(around) if source is not None and around is not None else None
    if source is None or not isinstance(around, ast.ClassDef):
        return None
    text = source.segment(node)
    found = [
        one
        for one in ast.walk(around)
        if isinstance(one, ast.Assign) and any(source.segment(target) == text for target in one.targets)
    ]
    if len(found) != 1 or not isinstance(node.value, ast.Name):
        return None
    home = scope_at(evidence, source, found[0])
    own = {node.value.id: evaluate(node.value, scope)}
    return found[0].value, home if home.live else dataclasses.replace(home, names={**own, **home.names})


def _called(call: ast.Call, scope: Scope) -> tuple[Any, str]:
    """Return the function that ran when this was called, and the name of its layer if it is one."""
    function = evaluate(call.func, scope)
    if isinstance(function, Bound):
        function = function.function
    if specs.kind_of(function) in ("layer", "model"):
        inner = getattr(function, "function", None)
        if isinstance(inner, FunctionType) and type(function).__name__ == "Lambda":
            return inner, str(function.name)
        return inspect.unwrap(type(function).call), str(function.name)
    if isinstance(function, FunctionType):
        return function, ""
    if isinstance(call.func, ast.Call):  # Layer(...)(x)
        cls = evaluate(call.func.func, scope)
        if isinstance(cls, type) and any(wants.is_keras(base) for base in cls.__mro__):
            maker = call_at(call.func, scope)
            name = maker.kwargs.get("name") if maker is not None else None
            if cls.__name__ == "Lambda" and maker is not None and maker.args:
                return maker.args[0], str(name or cls.__name__)
            return inspect.unwrap(vars_of(cls, "call")), str(name or cls.__name__)
    return function, ""


def vars_of(cls: Any, name: str) -> Any:
    """Return an attribute of a class."""
    return getattr(cls, name)


def _builds(definition: ast.AST) -> bool:
    """Return whether a function makes something of Keras: forgetting to return anything else is not our business."""
    words = {node.attr for node in ast.walk(definition) if isinstance(node, ast.Attribute)}
    words |= {node.id for node in ast.walk(definition) if isinstance(node, ast.Name)}
    return bool(words & MODEL_WORDS)


def returns_of(definition: ast.AST) -> list[ast.Return]:
    """Return the return statements of a function itself, in source order."""
    found: list[ast.Return] = []
    waiting: list[ast.AST] = [] if isinstance(definition, ast.Lambda) else list(getattr(definition, "body", []))
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.Return):
            found.append(node)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda | ast.expr):
            waiting += list(ast.iter_child_nodes(node))
    return sorted(found, key=lambda node: node.lineno)


def _may_end_without(definition: Function) -> bool:
    return not _surely_returns(definition.body) or any(one.value is None for one in returns_of(definition))


def _surely_returns(block: list[ast.stmt]) -> bool:
    last = block[-1] if block else None
    if isinstance(last, ast.Return | ast.Raise):
        return True
    if isinstance(last, ast.If):
        return bool(last.orelse) and _surely_returns(last.body) and _surely_returns(last.orelse)
    if isinstance(last, ast.With):
        return _surely_returns(last.body)
    if isinstance(last, ast.Try):
        return _surely_returns(last.body) and all(_surely_returns(handler.body) for handler in last.handlers)
    return False


def blame(found: Nothing) -> Place:
    """Return the line to blame: the only return, standing in a branch, or the last statement of the body."""
    if isinstance(found.function, ast.Lambda):
        return statement_place(found.source, found.function)
    bare = _bare(found.function)
    if bare is not None:
        return found.source.place(bare)
    returns = [one for one in returns_of(found.function) if one.value is not None]
    if returns:
        return found.source.place(returns[-1])
    return statement_place(found.source, _last(found.function))


def _bare(definition: Any) -> ast.Return | None:
    """Return the ``return`` without a value, where the function's other ends have one."""
    bare = next((one for one in returns_of(definition) if one.value is None), None)
    return bare if bare is not None and _surely_returns(definition.body) else None


def _last(definition: Any) -> ast.stmt:
    last: ast.stmt = definition.body[-1]
    while isinstance(getattr(last, "body", None), list):
        block = getattr(last, "orelse", None) or last.body  # type: ignore[attr-defined]  # it has a body
        last = block[-1]
    return last


def candidates(found: Nothing) -> Iterator[Candidate]:
    """Propose to return what the function has computed."""
    definition, source = found.function, found.source
    if isinstance(definition, ast.Lambda):
        yield from _given_on(definition, source)
        return
    returns = returns_of(definition)
    bare = next((one for one in returns if one.value is None), None)
    given = [one for one in returns if one.value is not None]
    text = source.segment(given[-1].value) if given and given[-1].value is not None else _result(source, definition)
    if text is None:
        return
    last = definition.body[-1]
    if bare is not None and (not given or _bare(definition) is not None):
        place = source.place(bare)
        edit = Edit(source.filename, (place.row, place.column), (place.end_row, place.end_column), f"return {text}")
    elif not given and isinstance(last, ast.Expr) and source.segment(last.value) == text:
        place = source.place(last)
        edit = Edit(source.filename, (place.row, place.column), (place.row, place.column), "return ")
    else:
        edit = _behind(source, definition, f"return {text}")
    yield Candidate(
        title=f"return {text} at the end of {found.name}",
        edits=(edit,),
        cost=1.0,
        cause=blame(found),
        exact=False,
    )


def _given_on(definition: ast.Lambda, source: SourceFile) -> Iterator[Candidate]:
    """Propose that an expression that is None gives its argument on."""
    names = [one.arg for one in definition.args.args]
    if len(names) == 1:
        yield Candidate(
            title=f"let the lambda give `{names[0]}` on: its expression is None",
            edits=(edits.wrap(source, definition.body, f"{{}} or {names[0]}"),),
            cost=1.0,
            cause=statement_place(source, definition),
            exact=False,
            applicability="unsafe",
        )


def _behind(source: SourceFile, definition: Function, text: str) -> Edit:
    """Insert a statement as the last one of a function."""
    first, last = definition.body[0], definition.body[-1]
    row = last.end_lineno or last.lineno
    line = source.lines[first.lineno - 1]
    indent = line[: len(line) - len(line.lstrip())]
    if first.lineno == definition.lineno:  # the body stands on the line of the `def`
        at = (row, len(source.lines[row - 1].rstrip()) + 1)
        return Edit(source.filename, at, at, f"; {text}")
    at = (row, len(source.lines[row - 1].rstrip("\r\n")) + 1)
    return Edit(source.filename, at, at, f"\n{indent}{text}")


def _result(source: SourceFile, definition: Function) -> str | None:
    """Return what the function's last statement computed, as an expression."""
    last = _last(definition)
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
        func = last.value.func
        if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and func.value.id != "self":
            bound = {
                node.id
                for node in ast.walk(definition)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            }
            if func.value.id in bound:  # `model.compile(...)` at the end of a builder
                return func.value.id
        if not (isinstance(func, ast.Name) and hasattr(builtins, func.id)):  # `print(...)` is no result
            return source.segment(last.value) if last is definition.body[-1] else None
    if isinstance(last, ast.Assign) and isinstance(last.targets[0], ast.Name):
        return last.targets[0].id
    if isinstance(last, ast.AugAssign | ast.AnnAssign) and isinstance(last.target, ast.Name):
        return last.target.id
    assigned = [
        node for node in ast.walk(definition) if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    ]
    if assigned:
        target = max(assigned, key=lambda node: node.lineno).targets[0]
        return target.id if isinstance(target, ast.Name) else None
    return None
