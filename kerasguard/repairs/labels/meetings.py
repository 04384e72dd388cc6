"""Find where labels and a model's output meet in shapes that grow: in a traced function, or in the source of a tape."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from kerasguard.adapters import growing, wants
from kerasguard.provenance.abstract import Budget
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.links import Link
from kerasguard.provenance.reentry import called_scope, function_scope, run_scope, users_function
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import SourceFile, source_of
from kerasguard.provenance.values import UNKNOWN, Ghost, shape_of
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
MADE_UP = frozenset({"linspace", "arange", "range", "eye", "zeros", "ones"})
WRAPPERS = frozenset({"constant", "Variable", "convert_to_tensor", "asarray", "array"})
# Whoever calls these on the result means all pairs: kernels, nearest neighbours, rankings.
OF_PAIRS = frozenset(
    {"exp", "reduce_min", "reduce_max", "amin", "amax", "min", "max", "reduce_logsumexp", "logsumexp", "softmax", "top_k",
     "argmin", "argmax", "band_part", "diag_part", "matmul", "sort", "where", "boolean_mask"}
)  # fmt: skip


# What the source writes for an operation of a graph.
WRITTEN: dict[str, tuple[type[ast.operator] | None, frozenset[str]]] = {
    "Sub": (ast.Sub, frozenset({"subtract"})),
    "Mul": (ast.Mult, frozenset({"multiply"})),
    "Add": (ast.Add, frozenset({"add"})),
    "AddV2": (ast.Add, frozenset({"add"})),
    "RealDiv": (ast.Div, frozenset({"divide", "truediv"})),
    "DivNoNan": (None, frozenset({"divide_no_nan"})),
    "SquaredDifference": (None, frozenset({"squared_difference", "mean_squared_error", "mse"})),
    "Maximum": (None, frozenset({"maximum"})),
    "Minimum": (None, frozenset({"minimum"})),
}


@dataclass(frozen=True)
class Meeting:
    """An operation on labels (n,) and an output (n, 1), or the other way round: every label meets every prediction."""

    source: SourceFile
    node: ast.expr
    labels: ast.expr
    output: ast.expr
    shapes: tuple[Shape, Shape]  # of labels and output
    scope: Scope | None = None  # None for lines that have run already


def in_graph(graph: Any, scopes: Iterable[Scope]) -> Meeting | None:
    """Return the first such operation of a function that is being traced; `scopes` are those of the lines that run."""
    running = list(scopes)
    for found in growing.growing(graph):
        source = source_of(found.filename)
        node = None if source is None else _written(source, found)
        sides = None if node is None else _sides(node)
        if source is None or node is None or sides is None:
            continue
        owner = source.owner(node)
        scope = next((one for one in reversed(running) if one.owner is owner), None)
        return Meeting(source, node, sides[found.labels], sides[1 - found.labels], found.shapes, scope)
    return None


def in_loss(loss: Any, true: Shape, pred: Shape) -> Meeting | None:
    """Return the first such operation of a loss of the user's own, called on tensors of these shapes."""
    if not growing.grows(true, pred) and not growing.grows(pred, true):
        return None
    function, budget = users_function(getattr(loss, "call", None)), Budget(nodes=40_000, seconds=0.5)
    given = Ghost(true, "float32", "eager"), Ghost(pred, "float32", "eager")
    scope = function_scope(function, given, {}, budget) if function is not None else None
    if scope is None or scope.source is None or not isinstance(scope.owner, ast.FunctionDef):
        return None
    run_scope(scope, budget)
    names = [one.arg for one in scope.owner.args.args][-2:]
    for node in _expressions(scope.owner.body):
        sides = _operands(node, scope, budget)
        homes = [_parameter(side, scope, budget) for side in sides or ()]
        if sides is None or set(homes) != set(names) or _is_of_pairs(node, scope.source):
            continue
        labels = homes.index(names[0])
        shapes = [shape_of(evaluate(side, scope, budget)) for side in sides]
        one, other = shapes[labels], shapes[1 - labels]
        if one is not None and other is not None and (growing.grows(one, other) or growing.grows(other, one)):
            return Meeting(scope.source, node, sides[labels], sides[1 - labels], (one, other))
    return None


def _parameter(expr: ast.expr, scope: Scope, budget: Budget) -> str | None:
    """Return the parameter that an expression leads back to."""
    links = chain(expr, scope, (), budget)
    last = links[-1].node if links else None
    return last.id if isinstance(last, ast.Name) else None


def _is_of_pairs(node: ast.expr, source: SourceFile) -> bool:
    """Return whether the line, or a later use of the name it binds, treats the result as a table of all pairs."""
    above: ast.AST | None = node
    while above is not None and not isinstance(above, ast.stmt):
        if isinstance(above, ast.Call) and _function(above) in OF_PAIRS:
            return True
        above = source.parent(above)
    bound = {one.id for one in getattr(above, "targets", []) if isinstance(one, ast.Name)}
    if not bound:
        return False
    calls = (one for one in ast.walk(source.owner(node)) if isinstance(one, ast.Call) and _function(one) in OF_PAIRS)
    return any(isinstance(part, ast.Name) and part.id in bound for call in calls for part in ast.walk(call))


def _written(source: SourceFile, found: growing.Growing) -> ast.expr | None:
    """Return the expression of a line that an operation was made by, if it is the only one of its kind there."""
    operator, names = WRITTEN.get(found.type, (None, frozenset()))
    statement = source.at_line(found.lineno)
    alike = []
    for node in ast.walk(statement) if statement is not None else ():
        if isinstance(node, ast.BinOp):
            fits = operator is not None and isinstance(node.op, operator)
        else:
            fits = isinstance(node, ast.Call) and _function(node) in names
        if fits and isinstance(node, ast.expr) and node.lineno <= found.lineno <= (node.end_lineno or node.lineno):
            alike.append(node)
    exact = [node for node in alike if node.lineno == found.lineno]
    if len(exact or alike) == 1:
        return (exact or alike)[0]
    return None


def _function(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _sides(node: ast.expr) -> tuple[ast.expr, ast.expr] | None:
    if isinstance(node, ast.BinOp):
        return node.left, node.right
    given = [*node.args, *(keyword.value for keyword in node.keywords)] if isinstance(node, ast.Call) else []
    return (given[0], given[1]) if len(given) > 1 else None


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
    name = _function(node)
    function = evaluate(node.func, scope, budget)
    root, own = (str(getattr(function, part, "") or "") for part in ("__module__", "__name__"))
    root = root.partition(".")[0]
    if root not in LIBRARIES:
        return None
    if name in FUNCTIONS or (root == "tf_keras" and own in LOSSES):
        return _sides(node)
    return None


def _meeting(node: ast.expr, left: ast.expr, right: ast.expr, scope: Scope, budget: Budget) -> Meeting | None:
    if scope.source is None:
        return None
    for labels, output in ((left, right), (right, left)):
        shapes = shape_of(evaluate(labels, scope, budget)), shape_of(evaluate(output, scope, budget))
        if shapes[0] is None or shapes[1] is None:
            continue
        if not growing.grows(shapes[0], shapes[1]) and not growing.grows(shapes[1], shapes[0]):
            continue
        made = _is_output(chain(output, scope, (), budget), shapes[1], budget)
        if made and _is_data(chain(labels, scope, (), budget), budget) and not _is_of_pairs(node, scope.source):
            return Meeting(scope.source, node, labels, output, (shapes[0], shapes[1]), scope)
    return None


def _is_output(links: list[Link], shape: Shape, budget: Budget) -> bool:
    """Return whether an expression is the output of a model or layer, no axis added by hand on the way."""
    for link in links:
        if wants.is_layer(_called(link, budget)):
            return True
        if link.shape is not None and not link.path and len(link.shape) != len(shape):
            return False
        if isinstance(link.node, ast.Subscript):
            return False
    return False


def _is_data(links: list[Link], budget: Budget) -> bool:
    """Return whether an expression is the program's data: no model made it, nor a function that makes up numbers."""
    made = next((link.node for link in links if not isinstance(link.node, ast.Name | ast.Attribute)), None)
    while isinstance(made, ast.Call) and _function(made) in WRAPPERS and made.args:
        made = made.args[0]
    if isinstance(made, ast.Constant | ast.List | ast.Tuple | ast.ListComp):
        return False
    if isinstance(made, ast.Call) and _function(made) in MADE_UP:
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
