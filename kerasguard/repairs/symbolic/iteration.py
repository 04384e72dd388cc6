"""A symbolic tensor where Python counts or iterates: in a loop, an unpacking, ``len``, ``list``, ``sum``, ``float``."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from kerasguard.adapters import specs, symbolic
from kerasguard.evidence import Evidence
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import SourceFile
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import call_at, has_symbolic, is_live, statement_place
from kerasguard.repairs.graph.layer_calls import is_layer_class
from kerasguard.repairs.symbolic.truth import spelled
from kerasguard.vocabulary import Edit, Shape

COUNTING = {"len": "counts", "int": "makes a number of", "float": "makes a number of", "round": "makes a number of"}
WALKING = frozenset(
    {"list", "tuple", "zip", "enumerate", "sum", "iter", "map", "reversed", "sorted", "set", "max", "min"}
)
COMPUTING = {"int": "cast", "float": "cast", "round": "round", "sum": "sum", "max": "max", "min": "min"}
RETURNS_MORE = (("return_state", (3, 2)), ("return_attention_scores", (2,)))


@dataclass(frozen=True)
class Walked:
    """What was iterated over or counted."""

    whole: ast.AST
    tensor: ast.expr
    value: Any
    scope: Scope
    source: SourceFile
    does: str
    targets: int = 0
    part: Any = None  # a symbolic tensor that the expression reads, where its own value is not known

    @property
    def shape(self) -> Shape | None:
        """Shape of the tensor."""
        return specs.shape_of(self.value)


def walked(evidence: Evidence) -> Walked | None:
    """Return the symbolic tensor over which the user's innermost line iterates, or that it counts."""
    if not evidence.frames:
        return None
    frame, scope = evidence.frames[-1], evidence.scopes[-1]
    source, node = frame.source, frame.node
    if source is None or node is None:
        return None
    if evidence.event.entry not in ("keras_tensor", "none", "call", "op"):
        return None
    for whole, tensor, does, targets in _asked(node, source, scope):
        value = evaluate(tensor, scope)
        made = value if is_live(value) else evidence.event.owner if evidence.event.entry == "keras_tensor" else None
        if specs.kind_of(made) in ("keras", "symbolic"):
            return Walked(whole, tensor, made, scope, source, does, targets)
        if made is not None or is_live(value) or not isinstance(evidence.event.error, TypeError | NotImplementedError):
            continue
        if does in COUNTING.values() and not evidence.library and _symbolic_parts(tensor, scope):
            return Walked(whole, tensor, None, scope, source, does, targets, _symbolic_parts(tensor, scope)[0])
    return None


def _symbolic_parts(tensor: ast.expr, scope: Scope) -> list[Any]:
    """Return the symbolic tensors that an expression reads whose own value is not known."""
    names = [node.id for node in ast.walk(tensor) if isinstance(node, ast.Name)]
    return [value for name in names if has_symbolic(value := scope.current(name))]


def _asked(node: ast.AST, source: SourceFile, scope: Scope) -> Iterator[tuple[ast.AST, ast.expr, str, int]]:
    """Yield what a node may count or walk: the construct, the expression, a verb, and how many names are unpacked."""
    yield from _asked_by_call(node, scope)
    if isinstance(node, ast.FormattedValue | ast.JoinedStr):
        for part in ast.walk(node):
            if isinstance(part, ast.FormattedValue):
                yield node, part.value, "formats", 0
    yield from _asked_by_statement(node, source)


def _asked_by_call(node: ast.AST, scope: Scope) -> Iterator[tuple[ast.AST, ast.expr, str, int]]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        function = evaluate(node.func, scope)
        name = node.func.id
        if getattr(function, "__module__", "") == "builtins" or isinstance(function, type):
            if name in COUNTING and node.args:
                yield node, node.args[0], COUNTING[name], 0
            if name in WALKING:
                yield from ((node, arg, "iterates over", 0) for arg in node.args)


def _asked_by_statement(node: ast.AST, source: SourceFile) -> Iterator[tuple[ast.AST, ast.expr, str, int]]:
    statement = source.statement(node)
    if isinstance(statement, ast.For) and (node is statement or _within(node, statement.iter)):
        yield statement, statement.iter, "iterates over", 0
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Tuple | ast.List):
        count = len(statement.targets[0].elts)
        if node in (statement, statement.targets[0], statement.value):
            yield statement, statement.value, "unpacks", count
    for comprehension in ast.walk(statement) if statement is not None else ():
        if isinstance(comprehension, ast.comprehension) and (
            node is comprehension.iter or _within(comprehension.iter, node)
        ):
            yield comprehension, comprehension.iter, "iterates over", 0


def _within(node: ast.AST, other: ast.AST) -> bool:
    return any(child is node for child in ast.walk(other))


def candidates(found: Walked) -> Iterator[Candidate]:
    """Propose to go along a known axis, to have the layer return more, or what computes on tensors."""
    yield from _along_axis(found)
    yield from _returning_more(found)
    yield from _length(found)
    yield from _cast(found)


def _along_axis(found: Walked) -> Iterator[Candidate]:
    """Propose to take slices of the first axis after the batch."""
    shape = found.shape
    if found.does not in ("iterates over", "unpacks") or shape is None or len(shape) < 2 or shape[1] is None:
        return
    if found.does == "unpacks" and shape[1] != found.targets:
        return
    text = found.source.segment(found.tensor)
    if not isinstance(found.tensor, ast.Name | ast.Attribute):
        return
    index = edits.fresh_name(found.source, "i")
    new = f"[{text}[:, {index}] for {index} in range({text}.shape[1])]"
    value = found.value
    root = symbolic.flavour(value)
    yield Candidate(
        title=f"go along the axis after the batch ({shape[1]} steps)",
        edits=(edits.replace(found.source, found.tensor, new),),
        cost=1.0,
        check=lambda: symbolic.attempt(
            lambda: [value[:, i] for i in range(shape[1] or 0)][:1], [value], root, "each step is"
        ),
        cause=statement_place(found.source, found.tensor),
    )


def _returning_more(found: Walked) -> Iterator[Candidate]:
    """Propose to have the layer return its states or scores too, where several values are unpacked."""
    if found.does != "unpacks":
        return
    outer = found.tensor
    if not isinstance(outer, ast.Call):
        return
    maker, scope = outer.func, found.scope
    if isinstance(maker, ast.Name | ast.Attribute):
        home, bound = found.scope.home(maker.id, maker) if isinstance(maker, ast.Name) else (found.scope, [])
        value = next((one.value for one in bound if one.kind == "assign"), None)
        if value is None:
            return
        maker, scope = value, home
    if not isinstance(maker, ast.Call) or scope.source is None:
        return
    call, given = call_at(maker, scope), call_at(outer, found.scope)
    if call is None or given is None or not is_layer_class(call.function):
        return
    import inspect

    for option, counts in RETURNS_MORE:
        names = {n for cls in call.function.__mro__ for n in _parameters(cls, inspect.signature)}
        names |= set(_parameters(call.function.call, inspect.signature))
        if option not in names or found.targets not in counts:
            continue
        at_call = option in _parameters(call.function.call, inspect.signature)
        where, target = (found.source, outer) if at_call else (scope.source, maker)
        yield Candidate(
            title=f"have the layer return {'its states' if option == 'return_state' else 'the scores'} too",
            edits=(edits.set_argument(where, target, option, "True"),),
            cost=1.0,
            check=_unpacked(call, given, option, at_call=at_call, count=found.targets)
            if call.complete and given.complete
            else None,
            cause=statement_place(where, target),
        )


def _parameters(function: Any, signature: Callable[..., Any]) -> list[str]:
    try:
        return list(signature(function).parameters)
    except (TypeError, ValueError):
        return []


def _unpacked(call: Any, given: Any, option: str, *, at_call: bool, count: int) -> Callable[[], Any]:
    def run() -> Any:
        extra = {option: True}
        layer = call.function(*call.args, **{**call.kwargs, **({} if at_call else extra)})
        made = layer(*given.args, **{**given.kwargs, **(extra if at_call else {})})
        if len(made) != count:
            raise ValueError("another number of values")
        return list(made)

    root = symbolic.flavour(call.function)
    return lambda: symbolic.attempt(run, [list(given.args)], root, "it returns")


def _length(found: Walked) -> Iterator[Candidate]:
    """Propose the size of the first axis after the batch for ``len``."""
    shape = found.shape
    if found.does != "counts" or shape is None or len(shape) < 2 or shape[1] is None:
        return
    text = f"{found.source.segment(found.tensor)}.shape[1]"
    yield Candidate(
        title="use the size of the axis after the batch",
        edits=(edits.replace(found.source, found.whole, text),),
        cost=1.0,
        cause=statement_place(found.source, found.tensor),
    )


def _cast(found: Walked) -> Iterator[Candidate]:
    """Propose a cast, a rounding or a sum that computes on tensors."""
    whole = found.whole
    if not isinstance(whole, ast.Call) or not isinstance(whole.func, ast.Name) or len(whole.args) != 1:
        return
    name = {"int": "cast", "float": "cast", "round": "round", "sum": "sum", "max": "max", "min": "min"}.get(
        whole.func.id
    )
    root = symbolic.flavour(found.value, found.part) or "keras"
    if name is None or (found.part is None and specs.kind_of(found.value) != "keras"):
        return
    if root == "tf_keras" and name in ("sum", "max", "min"):
        name = f"reduce_{name}"
    text, imports, function = spelled(found.scope, found.source, root, name)
    if function is None:
        return
    extra = {"int": "int32", "float": "float32"}.get(whole.func.id)
    inner = found.source.segment(found.tensor)
    new = f'{text}({inner}, "{extra}")' if extra else f"{text}({inner})"
    value = found.value
    written: tuple[Edit, ...] = (*imports, edits.replace(found.source, whole, new))
    yield Candidate(
        title=f"use {text}",
        edits=written,
        cost=1.2,
        check=None
        if found.part is not None
        else lambda: symbolic.attempt(
            lambda: function(value, extra) if extra else function(value), [value], root, "it returns"
        ),
        cause=statement_place(found.source, whole),
        exact=has_symbolic(value) and isinstance(found.tensor, ast.Name),
    )
