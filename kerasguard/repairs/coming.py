"""What the program would go on to call behind the failing line: in every running function, and in those they call.

A trial covers one call. Whether the same mistake stands in another one is read in the source: names that hold symbolic
tensors are followed through assignments, loops, comprehensions and the user's own functions.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from kerasguard.adapters import symbolic
from kerasguard.evidence import Evidence
from kerasguard.provenance.abstract import Bound, Closure
from kerasguard.provenance.bindings import unpacked
from kerasguard.provenance.evaluate import Budget, evaluate
from kerasguard.provenance.passing import passed
from kerasguard.provenance.reentry import users_function
from kerasguard.provenance.scope import Scope, defining_scope
from kerasguard.provenance.source import SourceFile, source_of
from kerasguard.repairs.failing import has_symbolic

FACTS = frozenset({"shape", "dtype", "ndim", "name", "rank"})  # known of a symbolic tensor, no tensors themselves
DEEPEST = 4
MOST_FRAMES = 12  # what is called further out is told by nothing that is known here
MOST_CALLS = 2_000
NESTED = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda


@dataclass(frozen=True)
class Coming:
    """A call that was not made yet.

    Attributes
    ----------
    symbolic
        Whether it is given a symbolic tensor, or what will be computed from one.
    """

    node: ast.Call
    scope: Scope
    source: SourceFile
    symbolic: bool


def coming(evidence: Evidence) -> list[Coming]:
    """Return the calls behind the failing one, in the order in which the program comes to them; read once."""
    held = evidence.__dict__
    if "_coming" not in held:
        held["_coming"] = _Walk().along(evidence)
    found: list[Coming] = held["_coming"]
    return found


class _Walk:
    def __init__(self) -> None:
        self._found: dict[ast.AST, Coming] = {}
        self._entered: dict[tuple[ast.AST, frozenset[str]], bool] = {}
        self._budget = Budget(nodes=20_000, seconds=0.2)

    def along(self, evidence: Evidence) -> list[Coming]:
        done: set[ast.AST] = set()
        gives = True  # the failing call would; a call further out does where the function that it runs does
        running = list(zip(evidence.frames, evidence.scopes, strict=True))[-MOST_FRAMES:]
        for frame, scope in reversed(running):
            if frame.node is None or scope.source is None:
                continue
            done |= set(ast.walk(frame.node))  # its arguments were computed already
            body = _Body(self, scope, {name for name, value in scope.names.items() if has_symbolic(value)})
            body.made |= {frame.node} if gives else set()
            inside = getattr(scope.owner or scope.source.tree, "body", [])
            if isinstance(inside, list):  # that of a lambda is one expression: nothing comes after it
                body.run(inside, frame.node)
            gives = body.gives
        return [one for node, one in self._found.items() if node not in done]

    def add(self, one: Coming) -> bool:
        known = self._found.get(one.node)
        if known is None and len(self._found) >= MOST_CALLS:
            return False
        if known is None or (one.symbolic and not known.symbolic):
            self._found[one.node] = one
        return True

    def value(self, node: ast.AST, scope: Scope) -> Any:
        return evaluate(node, scope, self._budget)

    def enter(self, call: ast.Call, body: _Body) -> bool:
        """Walk the user's function that a call runs; return whether what it gives back holds a symbolic tensor."""
        function = users_function(self.value(call.func, body.scope))
        bound = isinstance(function, Bound)
        function = function.function if isinstance(function, Bound) else function
        if isinstance(function, Closure) or not isinstance(function, FunctionType) or body.depth >= DEEPEST:
            return False
        source = source_of(function.__code__.co_filename)
        definition = source.definition(function.__code__) if source is not None else None
        if source is None or not isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef):
            return False
        given = passed(definition, call, skip_self=bound)
        names = {name for name, node in given.items() if body.reads(node)}
        key = (definition, frozenset(names))
        if key not in self._entered:
            self._entered[key] = False  # a function that calls itself
            around = defining_scope(function)
            scope = Scope(source, definition, {}, function.__globals__, live=False, outer=around)
            inner = _Body(self, scope, names, body.depth + 1)
            inner.run(definition.body, None)
            self._entered[key] = inner.gives
        return self._entered[key]


class _Body:
    """The statements of one function, with the names in it that hold symbolic tensors so far."""

    def __init__(self, walk: _Walk, scope: Scope, names: set[str], depth: int = 0) -> None:
        self.walk, self.scope, self.names, self.depth = walk, scope, names, depth
        self.made: set[ast.AST] = set()  # the calls that give symbolic tensors
        self.gives = False

    def run(self, block: list[ast.stmt], behind: ast.AST | None) -> None:
        """Walk a block from the statement that holds ``behind`` on, all of it where that is None."""
        source = self.scope.source
        assert source is not None  # noqa: S101 - only bodies with a source are walked
        current = None
        if behind is not None:
            current = next((one for one in block if any(node is behind for node in ast.walk(one))), None)
            if current is None:
                return
        for statement in block[block.index(current) if current is not None else 0 :]:
            self._statement(statement, behind if statement is current else None)

    def _statement(self, statement: ast.stmt, behind: ast.AST | None) -> None:
        if isinstance(statement, NESTED):
            return
        header = [
            one
            for field, value in ast.iter_fields(statement)
            if field not in ("body", "orelse", "finalbody", "handlers")
            for one in (value if isinstance(value, list) else [value])
            if isinstance(one, ast.AST)
        ]
        blocks = [getattr(statement, field, None) or [] for field in ("body", "orelse", "finalbody")]
        blocks += [handler.body for handler in getattr(statement, "handlers", [])]
        loops = isinstance(statement, ast.For | ast.AsyncFor | ast.While)
        inside = behind is not None and any(behind in ast.walk(one) for block in blocks for one in block)
        if not inside or loops:
            for one in header:
                self._calls(one)
            self._bind(statement)
        if inside:
            for block in blocks:
                self.run(block, behind)
        if loops or not inside:  # the turns of a loop that are still to come
            for _ in range(2 if loops else 1):
                for block in blocks:
                    self.run(block, None)

    def _bind(self, statement: ast.stmt) -> None:
        if isinstance(statement, ast.Assign):
            self._set(statement.targets, holds=self.reads(statement.value), anew=True)
        elif isinstance(statement, ast.AnnAssign | ast.AugAssign) and statement.value is not None:
            self._set([statement.target], holds=self.reads(statement.value), anew=False)
        elif isinstance(statement, ast.For | ast.AsyncFor):
            self._set([statement.target], holds=self.reads(statement.iter), anew=False)
        elif isinstance(statement, ast.Return):
            self.gives = self.gives or (statement.value is not None and self.reads(statement.value))
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            func = statement.value.func
            if isinstance(func, ast.Attribute) and func.attr in ("append", "insert", "extend", "add"):
                self._set([func.value], holds=any(map(self.reads, statement.value.args)), anew=False)

    def _set(self, targets: list[ast.expr], *, holds: bool, anew: bool) -> None:
        for target in targets:
            names = {name for name, _ in unpacked(target)} or {self._dotted(target)}
            if holds:
                self.names |= names
            elif anew:
                self.names -= names

    def _dotted(self, node: ast.AST) -> str:
        while isinstance(node, ast.Subscript):
            node = node.value
        assert self.scope.source is not None  # noqa: S101 - only bodies with a source are walked
        return self.scope.source.segment(node)

    def _calls(self, root: ast.AST) -> None:
        """Note the calls of an expression, inner ones first, and what they give."""
        for node in ast.iter_child_nodes(root):
            if isinstance(root, ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp):
                self._comprehended(root)
            if not isinstance(node, NESTED):
                self._calls(node)
        if not isinstance(root, ast.Call) or root in self.made:
            return
        source = self.scope.source
        assert source is not None  # noqa: S101 - only bodies with a source are walked
        given = any(map(self.reads, [*root.args, *(one.value for one in root.keywords)]))
        if not self.walk.add(Coming(root, self.scope, source, given)):
            return
        function = self.walk.value(root.func, self.scope)
        if _makes_input(function) or self.walk.enter(root, self):
            self.made.add(root)

    def _comprehended(self, node: Any) -> None:
        for one in node.generators:
            if self.reads(one.iter):
                self.names |= {name for name, _ in unpacked(one.target)}

    def reads(self, node: ast.AST) -> bool:
        """Return whether an expression holds, or is computed from, a symbolic tensor."""
        if node in self.made:
            return True
        if isinstance(node, ast.Attribute) and node.attr in FACTS:
            return False
        if isinstance(node, ast.Name):
            return node.id in self.names
        if isinstance(node, ast.Attribute) and self._dotted(node) in self.names:
            return True
        if isinstance(node, ast.Call):
            if _makes_model(self.walk.value(node.func, self.scope)):
                return False
            if isinstance(node.func, ast.Name) and node.func.id == "len":
                return False
        return any(self.reads(child) for child in ast.iter_child_nodes(node))


def _makes_input(function: Any) -> bool:
    return getattr(function, "__name__", "") == "Input" and symbolic.flavour(function) is not None


def _makes_model(function: Any) -> bool:
    return isinstance(function, type) and any(cls.__name__ == "Model" for cls in function.__mro__)
