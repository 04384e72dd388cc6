"""Find, in the block of a gradient tape, where labels and a model's output meet in shapes that grow when they meet."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kerasguard.adapters import wants
from kerasguard.provenance.abstract import Budget
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.links import Link
from kerasguard.provenance.reentry import called_scope, users_function
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.values import UNKNOWN, shape_of
from kerasguard.provenance.walk import chain
from kerasguard.vocabulary import Shape

DEEPEST = 3  # so many helper functions are entered on the way to the loss
MOST_NODES = 2_000
OPERATORS = ast.Sub | ast.Add | ast.Mult | ast.Div
FUNCTIONS = frozenset({"subtract", "add", "multiply", "divide", "truediv", "squared_difference", "maximum", "minimum"})
# Functions of the losses that compare what they are given element by element, without a look at the ranks.
LOSSES = frozenset(
    {
        "mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_logarithmic_error",
        "huber", "log_cosh", "poisson", "binary_crossentropy",
    }
)  # fmt: skip
LIBRARIES = frozenset({"tensorflow", "keras", "tf_keras", "numpy"})
MADE_UP = frozenset({"linspace", "arange", "range", "constant", "Variable", "eye", "zeros", "ones"})


@dataclass(frozen=True)
class Meeting:
    """An operation on labels (n,) and an output (n, 1): every label meets every prediction."""

    node: ast.expr
    labels: ast.expr
    output: ast.expr
    scope: Scope
    shapes: tuple[Shape, Shape]  # of labels and output
    model: Any


def in_tape(node: ast.AST | None, scope: Scope | None) -> Meeting | None:
    """Return the first such operation in the block of the tape whose ``gradient`` is called at `node`."""
    call = _gradient_call(node)
    if call is None or scope is None or scope.source is None:
        return None
    block = _block(call, scope)
    if block is None:
        return None
    budget = Budget(nodes=40_000, seconds=0.5)
    return next(_meetings(block.body, scope, budget, DEEPEST), None)


def _gradient_call(node: ast.AST | None) -> ast.Call | None:
    for one in ast.walk(node) if node is not None else ():
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr == "gradient":
            return one
    return None


def _block(call: ast.Call, scope: Scope) -> ast.With | None:
    """Return the ``with`` that opened the tape, the last one before the call in the same function."""
    name = _name(getattr(call.func, "value", None))
    found = [
        node
        for node in ast.walk(scope.owner or ast.Module([], []))
        if isinstance(node, ast.With)
        and node.lineno <= call.lineno
        and any(item.optional_vars is not None and _name(item.optional_vars) == name for item in node.items)
    ]
    return max(found, key=lambda one: one.lineno, default=None)


def _name(node: ast.AST | None) -> str:
    """Return an expression as text, whether it is read or bound."""
    return "" if node is None else ast.unparse(node)


def _meetings(body: list[Any], scope: Scope, budget: Budget, depth: int) -> Iterator[Meeting]:
    for node in _expressions(body):
        operands = _operands(node, scope, budget)
        if operands is not None:
            found = _meeting(node, *operands, scope, budget)
            if found is not None:
                yield found
        elif isinstance(node, ast.Call) and depth:
            yield from _inside(node, scope, budget, depth - 1)


def _expressions(body: list[Any]) -> Iterator[ast.expr]:
    """Yield the expressions of a block in the order of the source, without those of functions defined in it."""
    stack: list[ast.AST] = list(reversed(body))
    seen = 0
    while stack and seen < MOST_NODES:
        node = stack.pop()
        seen += 1
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(node, ast.expr):
            yield node
        stack += reversed(list(ast.iter_child_nodes(node)))


def _inside(node: ast.Call, scope: Scope, budget: Budget, depth: int) -> Iterator[Meeting]:
    called = evaluate(node.func, scope, budget)
    if called is UNKNOWN or wants.is_layer(called):
        return
    function = users_function(called)
    inner = called_scope(node, scope, function, budget) if function is not None else None
    if inner is None or inner.owner is None:
        return
    body = getattr(inner.owner, "body", [])
    yield from _meetings(body if isinstance(body, list) else [body], inner, budget, depth)


def _operands(node: ast.expr, scope: Scope, budget: Budget) -> tuple[ast.expr, ast.expr] | None:
    """Return the two sides of an operation that goes element by element."""
    if isinstance(node, ast.BinOp):
        return (node.left, node.right) if isinstance(node.op, OPERATORS) else None
    if not isinstance(node, ast.Call) or len(node.args) + len(node.keywords) < 2:
        return None
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    function = evaluate(node.func, scope, budget)
    root, own = (str(getattr(function, part, "") or "") for part in ("__module__", "__name__"))
    root = root.partition(".")[0]
    if root not in LIBRARIES:
        return None
    if name in FUNCTIONS or (root == "tf_keras" and own in LOSSES):
        sides = [*node.args, *(keyword.value for keyword in node.keywords)]
        return sides[0], sides[1]
    return None


def _meeting(node: ast.expr, left: ast.expr, right: ast.expr, scope: Scope, budget: Budget) -> Meeting | None:
    for labels, output in ((left, right), (right, left)):
        shapes = shape_of(evaluate(labels, scope, budget)), shape_of(evaluate(output, scope, budget))
        if shapes[0] is None or shapes[1] is None or not _grows(shapes[0], shapes[1]):
            continue
        model = _model_of(chain(output, scope, (), budget), shapes[1], budget)
        if model is not None and _is_data(chain(labels, scope, (), budget), budget):
            return Meeting(node, labels, output, scope, (shapes[0], shapes[1]), model)
    return None


def _grows(labels: Shape, output: Shape) -> bool:
    """Return whether (n,) meets (n, 1), so that the result has n x n values."""
    return len(labels) == 1 and len(output) == 2 and output[1] == 1 and labels[0] == output[0] != 1


def _model_of(links: list[Link], shape: Shape, budget: Budget) -> Any:
    """Return the model or layer whose output an expression is, no axis added by hand on the way; None without one."""
    for link in links:
        called = _called(link, budget)
        if wants.is_layer(called):
            return called
        if link.shape is not None and not link.path and len(link.shape) != len(shape):
            return None
        if isinstance(link.node, ast.Subscript):
            return None
    return None


def _is_data(links: list[Link], budget: Budget) -> bool:
    """Return whether an expression is the program's data: no model made it, nor a function that makes up numbers."""
    made = next((link.node for link in links if not isinstance(link.node, ast.Name | ast.Attribute)), None)
    name = made.func if isinstance(made, ast.Call) else None
    if getattr(name, "attr", getattr(name, "id", "")) in MADE_UP:
        return False
    for link in links:
        if wants.is_layer(_called(link, budget)):
            return False
        calls = [one for one in ast.walk(link.node) if isinstance(one, ast.Call)]
        if any(wants.is_layer(evaluate(one.func, link.scope, budget)) for one in calls):
            return False
    return bool(links)


def passed_in(expr: ast.expr, scope: Scope) -> bool:
    """Return whether a value came into the function as a parameter that nobody is known to have passed."""
    links = chain(expr, scope)
    last = links[-1] if links else None
    if last is None or not isinstance(last.node, ast.Name):
        return False
    home, bindings = last.scope.home(last.node.id, last.node)
    return any(one.kind == "parameter" for one in bindings) and last.node.id not in home.arguments


def _called(link: Link, budget: Budget) -> Any:
    return evaluate(link.node.func, link.scope, budget) if isinstance(link.node, ast.Call) else UNKNOWN
