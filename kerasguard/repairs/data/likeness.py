"""Make a tensor like its sibling: the step of its preparation, or the option, that only the sibling got."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from kerasguard.provenance.altered import altered, holds
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.operands import carries
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import SourceFile
from kerasguard.provenance.values import shape_of
from kerasguard.provenance.walk import Link, chain
from kerasguard.repairs import edits, writing
from kerasguard.vocabulary import Edit, Place, Shape

Fits = Callable[[Shape | None], bool]
MOST_STEPS = 12
ATOMS = (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.Constant, ast.List, ast.Dict)
STEPS = (ast.Call, ast.Subscript, ast.BinOp)


class Use(NamedTuple):
    """An expression that stands for a tensor, where it stands, and the part of it that is meant."""

    node: ast.expr
    scope: Scope
    path: tuple[Any, ...] = ()

    @property
    def links(self) -> list[Link]:
        """The way back from here."""
        return chain(self.node, self.scope, self.path)


class Alike(NamedTuple):
    """How to make a tensor like its sibling.

    ``shape`` is the one that it then has, None where that is not known; ``step`` is the sibling's step in short.
    """

    edits: tuple[Edit, ...]
    place: Place
    shape: Shape | None
    step: str


def ways(odd: Use, sibling: Use, fits: Fits, *, at_use: bool = False) -> Iterator[Alike]:
    """Yield how to do to a tensor what was done to its sibling, likeliest first; ``at_use`` leaves other uses alone."""
    yield from _options(odd, sibling, fits)
    yield from _steps(odd, sibling, fits, at_use=at_use)


def _options(odd: Use, sibling: Use, fits: Fits) -> Iterator[Alike]:
    """Give the call that makes the tensor the options that the same function got for its sibling."""
    theirs = [link for link in sibling.links if isinstance(link.node, ast.Call) and not link.path]
    for link in odd.links:
        node = link.node
        if not isinstance(node, ast.Call) or link.path:
            continue
        for other in theirs:
            there = other.node
            if not isinstance(there, ast.Call) or there is node or other.source is not link.source:
                continue
            if ast.dump(there.func) != ast.dump(node.func) or not _sees(link, there):
                continue
            found = _with_options(link, node, there)
            if found is not None:
                new, written, text = found
                shape = shape_of(evaluate(new, link.scope))
                if shape is None or fits(shape):
                    yield Alike(written, link.place, shape, text)
                    return


def _with_options(link: Link, node: ast.Call, there: ast.Call) -> tuple[ast.AST, tuple[Edit, ...], str] | None:
    """Return a call with the options of another call of the same function, how that is written, and what they are."""
    given = {keyword.arg: keyword for keyword in node.keywords if keyword.arg}
    lacking = [keyword for keyword in there.keywords if keyword.arg and keyword.arg not in given]
    others: dict[ast.AST, ast.AST] = {
        given[keyword.arg].value: keyword.value
        for keyword in there.keywords
        if keyword.arg in given and ast.dump(keyword.value) != ast.dump(given[keyword.arg].value)
    }
    pairs = list(zip(node.args, there.args, strict=False))[1:]  # the first one is the data
    others |= {mine: its for mine, its in pairs if ast.dump(mine) != ast.dump(its) and _plain(link, mine, its)}
    extra = there.args[len(node.args) :] if node.args else []
    if not lacking and not extra and not others:
        return None
    changed = altered(node, others)
    if not isinstance(changed, ast.Call):
        return None
    new = ast.Call(changed.func, [*changed.args, *extra], [*changed.keywords, *lacking])
    texts = [link.source.segment(arg) for arg in extra]
    named = [f"{keyword.arg}={link.source.segment(keyword.value)}" for keyword in lacking]
    written = [edits.replace(link.source, part, link.source.segment(value)) for part, value in others.items()]
    if texts and node.keywords:
        row, column = link.source.span(node.args[-1])[2:]
        written.append(Edit(link.source.filename, (row, column), (row, column), "".join(f", {one}" for one in texts)))
        texts = []
    if texts or named:
        written.append(edits.add_argument(link.source, node, ", ".join([*texts, *named])))
    return new, tuple(written), ast.unparse(new)


def _plain(link: Link, *nodes: ast.expr) -> bool:
    """Return whether none of some arguments carries data."""
    return not any(carries(node, evaluate(node, link.scope)) for node in nodes)


def _sees(link: Link, node: ast.AST) -> bool:
    """Return whether the names in an expression mean the same where a link stands: both stand in one scope."""
    return link.source.owner(node) is link.source.owner(link.node)


def _steps(odd: Use, sibling: Use, fits: Fits, *, at_use: bool) -> Iterator[Alike]:
    """Do the step to the tensor that made its sibling fit."""
    source = odd.scope.source
    if source is None:
        return
    for link, operand in _making(sibling, fits):
        if link.source is not source or not _reaches(odd, link.node) or _done(odd, link.node):
            continue
        before = operand.shape
        target = odd.node if at_use else _written_at(odd, link)
        changes = _operands(link.node, operand.node, target)
        shape = shape_of(evaluate(altered(link.node, changes), odd.scope))
        if shape is not None and not fits(shape):
            continue
        if shape is None and before is not None and len(before) != len(shape_of(evaluate(target, odd.scope)) or before):
            continue
        text = _text(source, link.node, operand.node, target)
        statement = source.statement(target)
        place = source.place(target if statement is None else statement)
        shown = _text(source, link.node, operand.node, odd.node)
        yield Alike((edits.replace(source, target, text),), place, shape, shown)
        return


def _done(odd: Use, step: ast.expr) -> bool:
    """Return whether a function was called for the tensor already."""
    calls = [link.node for link in odd.links if isinstance(link.node, ast.Call)]
    return isinstance(step, ast.Call) and any(ast.dump(step.func) == ast.dump(call.func) for call in calls)


def _making(sibling: Use, fits: Fits) -> Iterator[tuple[Link, Link]]:
    """Yield the steps that made the sibling fit, with what they were done to."""
    links = sibling.links[:MOST_STEPS]
    for index, link in enumerate(links):
        if not isinstance(link.node, STEPS) or link.path or link.lift or not fits(link.shape):
            continue
        inside = (one for one in links[index + 1 :] if one.node is not link.node and holds(link.node, one.node))
        operand = next(inside, None)
        if operand is not None and not operand.path and not fits(operand.shape):
            yield link, operand


def _operands(whole: ast.AST, operand: ast.AST, target: ast.AST) -> dict[ast.AST, ast.AST]:
    """Return which parts of a step stand for what it is done to."""
    same = ast.dump(operand)
    return {part: target for part in ast.walk(whole) if isinstance(part, ast.expr) and ast.dump(part) == same}


def _text(source: SourceFile, whole: ast.expr, operand: ast.AST, target: ast.expr) -> str:
    """Return a step as it is written, done to something else."""
    start = source.offset(*source.span(whole)[:2])
    text = source.segment(whole)
    spans = sorted({source.span(part) for part in _operands(whole, operand, operand)}, reverse=True)
    inner = source.segment(target)
    if not isinstance(target, ATOMS) and not isinstance(source.parent(operand), ast.Call):
        inner = f"({inner})"
    for span in spans:
        first, last = source.offset(*span[:2]) - start, source.offset(*span[2:]) - start
        text = text[:first] + inner + text[last:]
    return text


def _written_at(odd: Use, step: Link) -> ast.expr:
    """Return the expression to do the step to: the one bound to the name that is used, where that is its only use."""
    source = odd.scope.source
    if source is None or not isinstance(odd.node, ast.Name):
        return odd.node
    home, found = odd.scope.home(odd.node.id, odd.node)
    binding = found[0] if len(found) == 1 else None
    if home is not odd.scope or binding is None or binding.kind != "assign" or binding.path or binding.value is None:
        return odd.node
    if isinstance(binding.value, ast.Name) or not _reaches(Use(binding.value, odd.scope), step.node):
        return odd.node
    after = (binding.statement.end_lineno, binding.statement.end_col_offset)  # type: ignore[attr-defined]
    uses = [
        one
        for one in ast.walk(odd.scope.owner or source.tree)
        if isinstance(one, ast.Name)
        and one.id == odd.node.id
        and isinstance(one.ctx, ast.Load)
        and (one.lineno, one.col_offset) > after
        and not _measures(source, one)
    ]
    passed = all(writing.is_passed(source, one) for one in uses)
    return binding.value if passed else odd.node


def _measures(source: SourceFile, node: ast.AST) -> bool:
    """Return whether a name is only asked for its size or printed."""
    parent = source.parent(node)
    if isinstance(parent, ast.Attribute):
        return parent.attr in {"shape", "dtype", "size", "ndim"}
    return isinstance(parent, ast.Call) and getattr(parent.func, "id", "") in {"len", "print", "type"}


def _reaches(odd: Use, step: ast.AST) -> bool:
    """Return whether all the names of a step mean at the tensor what they mean at the step."""
    source = odd.scope.source
    if source is None:
        return False
    here, there = source.owner(odd.node), source.owner(step)
    for name in {part.id for part in ast.walk(step) if isinstance(part, ast.Name)}:
        bound = [
            one.lineno
            for one in ast.walk(there)
            if isinstance(one, ast.Name)
            and one.id == name
            and isinstance(one.ctx, ast.Store)
            and source.owner(one) is there
        ]
        if here is not there and (bound or _is_parameter(there, name)):
            return False
        if here is there and bound and min(bound) > odd.node.lineno:
            return False
    return True


def _is_parameter(owner: ast.AST, name: str) -> bool:
    arguments = getattr(owner, "args", None)
    return isinstance(arguments, ast.arguments) and any(
        one.arg == name for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    )
