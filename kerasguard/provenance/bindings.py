"""Which statements bind a name, and which of these bindings reach a use (structural, one function at a time)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kerasguard.provenance.source import SourceFile

Scoped = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


@dataclass(frozen=True)
class Binding:
    """One binding of a name.

    ``path`` leads from the value of ``value`` to the thing bound: an index per unpacked tuple, ``"*"`` for one element
    of an iterable. ``kind`` is one of assign, augmented, for, with, comprehension, parameter, import, definition,
    walrus, except.
    """

    name: str
    kind: str
    statement: ast.AST
    value: ast.expr | None = None
    path: tuple[Any, ...] = ()


Found = tuple[list[Binding], bool]


def parameters(function: Scoped) -> list[ast.arg]:
    """Return all parameters of a function: positional ones first, then ``*args``, keyword-only ones, ``**kwargs``."""
    a = function.args
    extra = [arg for arg in (a.vararg,) if arg is not None]
    return [*a.posonlyargs, *a.args, *extra, *a.kwonlyargs, *([a.kwarg] if a.kwarg else [])]


def default_of(function: Scoped, name: str) -> ast.expr | None:
    """Return the default of a parameter, None when it has none."""
    a = function.args
    positional = [*a.posonlyargs, *a.args]
    for arg, default in zip(reversed(positional), reversed(a.defaults), strict=False):
        if arg.arg == name:
            return default
    for arg, keyword in zip(a.kwonlyargs, a.kw_defaults, strict=True):
        if arg.arg == name:
            return keyword
    return None


def unpacked(target: ast.AST, path: tuple[Any, ...] = ()) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield the names of an assignment target with the path to the part of the value each one gets."""
    if isinstance(target, ast.Name):
        yield target.id, path
    elif isinstance(target, ast.Starred):
        yield from unpacked(target.value, path[:-1])
    elif isinstance(target, ast.Tuple | ast.List):
        after_star = False
        for index, item in enumerate(target.elts):
            yield from unpacked(item, (*path, index - len(target.elts) if after_star else index))
            after_star = after_star or isinstance(item, ast.Starred)


def _own(statement: ast.AST, name: str) -> Found:  # noqa: C901, PLR0912  # one branch per kind of statement
    """Return the bindings of `name` by the statement itself, leaving out its blocks."""
    found: list[Binding] = []
    closed = False
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            found += [Binding(name, "assign", statement, statement.value, p) for n, p in unpacked(target) if n == name]
        closed = bool(found)
    elif isinstance(statement, ast.AnnAssign):
        if isinstance(statement.target, ast.Name) and statement.target.id == name and statement.value is not None:
            found, closed = [Binding(name, "assign", statement, statement.value)], True
    elif isinstance(statement, ast.AugAssign):
        if isinstance(statement.target, ast.Name) and statement.target.id == name:
            found = [Binding(name, "augmented", statement, statement.value)]
    elif isinstance(statement, ast.Import | ast.ImportFrom):
        names = [alias.asname or alias.name.partition(".")[0] for alias in statement.names]
        found, closed = [Binding(name, "import", statement)] * (name in names), name in names
    elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        if statement.name == name:
            return [Binding(name, "definition", statement)], True
        return [], False
    elif isinstance(statement, ast.For | ast.AsyncFor):
        found = _targets(statement, statement.target, statement.iter, name, "for", ("*",))
    elif isinstance(statement, ast.With | ast.AsyncWith):
        for item in statement.items:
            if item.optional_vars is not None:
                found += _targets(statement, item.optional_vars, item.context_expr, name, "with", ())
        closed = bool(found)
    elif isinstance(statement, ast.ExceptHandler) and statement.name == name:
        found = [Binding(name, "except", statement)]
    walrus = _walrus(statement, name)
    return walrus + found, closed or bool(walrus)


def _targets(  # the fields of a Binding
    statement: ast.AST, target: ast.AST, value: ast.expr, name: str, kind: str, path: tuple[Any, ...]
) -> list[Binding]:
    return [Binding(name, kind, statement, value, p) for n, p in unpacked(target, path) if n == name]


def _walrus(statement: ast.AST, name: str) -> list[Binding]:
    named = getattr(statement, "_walruses", None)
    if named is None:  # asked for every name that is looked up: the statement keeps the answer
        named = [node for child in _header(statement) for node in ast.walk(child) if isinstance(node, ast.NamedExpr)]
        statement._walruses = named  # type: ignore[attr-defined]  # noqa: SLF001 - an AST node takes attributes
    return [Binding(name, "walrus", statement, node.value) for node in named if node.target.id == name]


def _header(statement: ast.AST) -> Iterator[ast.AST]:
    for field, value in ast.iter_fields(statement):
        if field not in BLOCKS:
            yield from (v for v in (value if isinstance(value, list) else [value]) if isinstance(v, ast.expr))


def _leaves(block: list[ast.stmt]) -> bool:
    return bool(block) and isinstance(block[-1], ast.Return | ast.Raise | ast.Continue | ast.Break)


def _after(statement: ast.AST, name: str) -> Found:
    """Return the bindings of `name` that may hold after the statement, and whether one of them surely does."""
    compound = hasattr(statement, "body") or isinstance(statement, ast.Match)
    if not compound or isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return _own(statement, name)
    known: dict[str, Found] | None = getattr(statement, "_bindings_after", None)
    if known is None:  # as above: of branches in branches every look would go through all that is below
        known = statement._bindings_after = {}  # type: ignore[attr-defined]  # noqa: SLF001 - as above
    if name not in known:
        known[name] = _after_blocks(statement, name)
    return known[name]


def _after_blocks(statement: ast.AST, name: str) -> Found:
    own, own_closed = _own(statement, name)
    if isinstance(statement, ast.If):
        first, first_closed = at_end(statement.body, name)
        second, second_closed = at_end(statement.orelse, name)
        if _leaves(statement.body):
            first, first_closed = [], True
        if _leaves(statement.orelse):
            second, second_closed = [], True
        return first + second + own, own_closed or (first_closed and second_closed)
    if isinstance(statement, ast.For | ast.AsyncFor | ast.While):
        body, _ = at_end(statement.body, name)
        other, closed = at_end(statement.orelse, name)
        return other + body + own, closed
    if isinstance(statement, ast.With | ast.AsyncWith):
        body, closed = at_end(statement.body, name)
        return (body, True) if closed else (body + own, own_closed)
    if isinstance(statement, ast.Try | ast.TryStar):
        body, closed = at_end([*statement.body, *statement.orelse], name)
        final, final_closed = at_end(statement.finalbody, name)
        caught: list[Binding] = []
        for handler in statement.handlers:
            found, handler_closed = at_end(handler.body, name)
            caught += [] if _leaves(handler.body) else found
            closed = closed and (handler_closed or _leaves(handler.body))
        return final + body + caught, final_closed or closed
    if isinstance(statement, ast.Match):
        found = [b for case in statement.cases for b in at_end(case.body, name)[0]]
        return found + own, own_closed
    return own, own_closed


def at_end(block: list[ast.stmt], name: str) -> Found:
    """Return the bindings of `name` that may hold at the end of a block, nearest first, and whether one surely does."""
    found: list[Binding] = []
    for statement in reversed(block):
        more, closed = _after(statement, name)
        found += more
        if closed:
            return found, True
    return found, False


def reaching(source: SourceFile, name: str, use: ast.AST) -> list[Binding]:  # noqa: C901  # one climb through the kinds of blocks
    """Return the bindings of `name` that may hold at `use`, nearest first; empty when the name is not local there.

    Bindings of an earlier turn of a loop come last.
    """
    found: list[Binding] = []
    carried: list[Binding] = []
    child: ast.AST = use
    in_iterable = False
    current = source.parent(use)
    while current is not None:
        closed = False
        if isinstance(current, ast.comprehension):
            in_iterable = child is current.iter
        elif isinstance(current, COMPREHENSIONS):
            more = _comprehended(current, child, name, in_iterable=in_iterable)
            if more:
                return more
        elif isinstance(current, ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef):
            inside = isinstance(current, ast.Lambda) and child is current.body
            inside = inside or (isinstance(child, ast.stmt) and not isinstance(current, ast.Lambda))
            if inside:
                if isinstance(child, ast.stmt):
                    more, closed, _ = _before(current, child, name)
                    found += more
                if not closed and any(arg.arg == name for arg in parameters(current)):
                    found.append(Binding(name, "parameter", current))
                    closed = True
                if not isinstance(current, ast.Lambda):
                    found += [binding for binding in carried if binding not in found]
                    return _without_globals(current, name, found)
        elif isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            more, closed, again = _before(current, child, name)
            found += more
            carried += again
        if closed:
            break
        child, current = current, source.parent(current)
    return found + [binding for binding in carried if binding not in found]


def _before(parent: ast.AST, child: ast.AST, name: str) -> tuple[list[Binding], bool, list[Binding]]:
    """Return the bindings that may hold just before `child` in its parent's block, and those of earlier turns."""
    for field in BLOCKS:
        block = getattr(parent, field, None)
        if isinstance(block, list) and child in block:
            break
    else:
        return [], False, []
    index = block.index(child)
    found: list[Binding] = []
    closed = False
    if field in ("body", "orelse", "finalbody"):
        found, closed = at_end(block[:index], name)
    if closed:
        return found, True, []
    again: list[Binding] = []
    own, _ = _own(parent, name)
    if isinstance(parent, ast.For | ast.AsyncFor | ast.While) and field == "body":
        again, _ = at_end(block[index:], name)
        if own:
            return found + own, True, again
    elif isinstance(parent, ast.For | ast.AsyncFor | ast.While):
        again = at_end(parent.body, name)[0] + own
    elif isinstance(parent, ast.With | ast.AsyncWith | ast.ExceptHandler):
        return found + own, bool(own), []
    elif isinstance(parent, ast.Try | ast.TryStar) and field != "body":
        inner, inner_closed = at_end(parent.body, name)
        return found + inner, inner_closed and field == "orelse", []
    return found, False, again


def _comprehended(node: ast.AST, child: ast.AST, name: str, *, in_iterable: bool) -> list[Binding]:
    generators = list(getattr(node, "generators", []))
    if child in generators:  # inside its own iterable only the earlier ones are bound; in its conditions itself too
        index = generators.index(child)
        generators = generators[: index if in_iterable else index + 1]
    for generator in reversed(generators):
        found = _targets(generator, generator.target, generator.iter, name, "comprehension", ("*",))
        if found:
            return found
    return []


def _without_globals(function: ast.AST, name: str, found: list[Binding]) -> list[Binding]:
    for node in ast.walk(function):
        if isinstance(node, ast.Global | ast.Nonlocal) and name in node.names:
            return []
    return found


def binds(owner: ast.AST, name: str) -> bool:
    """Tell whether `name` is local to a function, class or module (its own statements or parameters bind it)."""
    if isinstance(owner, ast.Lambda):
        return any(arg.arg == name for arg in parameters(owner))
    if isinstance(owner, ast.FunctionDef | ast.AsyncFunctionDef) and any(a.arg == name for a in parameters(owner)):
        return True
    found = at_end(list(getattr(owner, "body", [])), name)[0]
    return bool(_without_globals(owner, name, found)) if not isinstance(owner, ast.Module) else bool(found)
