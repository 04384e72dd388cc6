"""A mapped function takes another number of arguments than an element has parts: what the two have, and who fits whom."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from kerasguard.adapters import stage_calls
from kerasguard.evidence import Evidence
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.walk import Link, chain
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data.mapping import NAMES
from kerasguard.repairs.failing import is_live
from kerasguard.repairs.stages.applied import Applied, applied_of, definition
from kerasguard.vocabulary import Edit

KEPT = frozenset({"shuffle", "repeat", "prefetch", "take", "skip", "cache"})  # stages that hand elements on as they are


@dataclass(frozen=True)
class Mismatch:
    """A function and the arguments that do not fit it; ``least`` and ``most`` (None: any) are the numbers it takes."""

    applied: Applied
    names: tuple[str, ...]
    least: int
    most: int | None

    @property
    def count(self) -> int:
        """How many arguments the function gets."""
        return len(self.applied.parts)


def mismatch(evidence: Evidence) -> Mismatch | None:
    """Return the function that cannot be called with the parts of an element."""
    found = applied_of(evidence)
    if found is None or found.inside or not isinstance(evidence.event.error, TypeError):
        return None
    try:
        signature = inspect.signature(found.function)
    except (TypeError, ValueError):
        return None
    taken = list(signature.parameters.values())
    plain = [one for one in taken if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    if any(one.kind is one.KEYWORD_ONLY and one.default is one.empty for one in taken):
        return None
    least = sum(one.default is one.empty for one in plain)
    most = None if any(one.kind is one.VAR_POSITIONAL for one in taken) else len(plain)
    count = len(found.parts)
    if count >= least and (most is None or count <= most):
        return None
    return Mismatch(found, tuple(one.name for one in plain), least, most)


def candidates(evidence: Evidence, found: Mismatch) -> Iterator[Candidate]:
    """Propose the call that fits the elements, where the stage is written."""
    if found.most is not None and found.count > found.most:
        yield from _fewer(evidence, found)
    else:
        yield from _taken_apart(evidence, found)
        yield from _known_elsewhere(evidence, found)
        yield from _in_a_tuple(evidence, found)


def _fewer(evidence: Evidence, found: Mismatch) -> Iterator[Candidate]:
    """Give the function the parts that it takes, and hand the others on; or all of them as one, if it takes them apart."""
    applied, function = found.applied, found.applied.function
    if found.most == 1 and _takes_apart(found):
        names = f"*{found.names[0]}"
        yield _candidate(
            evidence,
            found,
            names,
            f"({found.names[0]})",
            lambda *parts: function(parts),
            "hand over all parts as one tuple",
        )
        return
    kept = found.most or 0
    others = [
        _fresh(found, NAMES[index] if index < len(NAMES) else f"part_{index}") for index in range(kept, found.count)
    ]
    names = ", ".join((*found.names[:kept], *others))
    called = f"({', '.join(found.names[:kept])})"
    if applied.operation == "map":
        yield _candidate(
            evidence,
            found,
            names,
            called,
            lambda *parts: (function(*parts[:kept]), *parts[kept:]),
            f"hand {_listed(others)} on as it is" if len(others) == 1 else f"hand {_listed(others)} on as they are",
            rest=others,
        )
    elif applied.operation == "filter":
        yield _candidate(
            evidence,
            found,
            names,
            called,
            lambda *parts: function(*parts[:kept]),
            f"take {_listed(others)} and look past it",
        )


def _takes_apart(found: Mismatch) -> bool:
    """Return whether a function of one parameter uses it as a tuple of as many items as an element has parts."""
    located = definition(found.applied.function)
    if located is None:
        return False
    source, node = located
    reads = [one for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)]
    uses = [_is_taken_apart(source.parent(one), one, found.count) for one in reads if one.id == found.names[0]]
    return bool(uses) and all(uses)


def _is_taken_apart(around: ast.AST | None, name: ast.Name, count: int) -> bool:
    if isinstance(around, ast.Subscript) and around.value is name:
        return isinstance(around.slice, ast.Constant) and around.slice.value in range(-count, count)
    if isinstance(around, ast.Assign) and around.value is name and len(around.targets) == 1:
        target = around.targets[0]
        return isinstance(target, ast.Tuple | ast.List) and len(target.elts) == count
    return False


def _taken_apart(evidence: Evidence, found: Mismatch) -> Iterator[Candidate]:
    """Hand over the tensors inside the parts: by the keys of a dict where the parameters are called so, else in order."""
    applied, function = found.applied, found.applied.function
    paths = [path for index, part in enumerate(applied.parts) for path in stage_calls.spec_paths(part, (index,))]
    if len(paths) < found.least or (found.most is not None and len(paths) > found.most) or len(paths) == found.count:
        return
    ordered = _by_name(found, paths)
    names = [
        _fresh(found, "features" if isinstance(part, dict) else "pair")
        if len(stage_calls.spec_paths(part)) > 1
        else next(
            (found.names[at] for at, path in enumerate(ordered) if path[0] == index and at < len(found.names)), "x"
        )
        for index, part in enumerate(applied.parts)
    ]
    if len(set(names)) < len(names):
        names = [f"{name}_{index}" for index, name in enumerate(names)]
    texts = ["".join((names[path[0]], *(f"[{_quoted(applied, step)}]" for step in path[1:]))) for path in ordered]
    yield _candidate(
        evidence,
        found,
        ", ".join(names),
        f"({', '.join(texts)})",
        lambda *parts: function(*(stage_calls.component(parts, path) for path in ordered)),
        "take the parts of an element apart",
        new=dict(zip(found.names, texts, strict=False)),
    )


def _by_name(found: Mismatch, paths: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    keyed = {path[-1]: path for path in paths if isinstance(path[-1], str)}
    if not keyed or not keyed.keys() <= set(found.names):
        return paths
    rest = iter([path for path in paths if path not in keyed.values()])
    ordered = [keyed.get(name) or next(rest, None) for name in found.names[: len(paths)]]
    return [path for path in ordered if path is not None] if None not in ordered else paths


def _known_elsewhere(evidence: Evidence, found: Mismatch) -> Iterator[Candidate]:
    """Hand over what the program already has under the names of the parameters that get nothing."""
    applied, function = found.applied, found.applied.function
    missing = found.names[found.count : found.least]
    if isinstance(applied.argument, ast.Lambda) or not missing:
        return
    values = [applied.scope.current(name) for name in missing]
    if not all(is_live(value) for value in values):
        return
    taken = found.names[: found.count]
    yield _candidate(
        evidence,
        found,
        ", ".join(taken),
        f"({', '.join((*taken, *missing))})",
        lambda *parts: function(*parts, *values),
        f"hand over {_listed(missing)} as well",
    )


def _in_a_tuple(evidence: Evidence, found: Mismatch) -> Iterator[Candidate]:
    """Make slices of a tuple where they were made of a list, which tf.data takes for one tensor."""
    applied, link = found.applied, _sliced(found)
    listed = link.node.args[0] if link is not None and isinstance(link.node, ast.Call) and link.node.args else None
    if link is None or not isinstance(listed, ast.List):
        return
    items = [evaluate(one, link.scope) for one in listed.elts]
    if not found.least <= len(items) <= (found.most or len(items)) or not all(is_live(item) for item in items):
        return
    inner = link.source.segment(listed)[1:-1]
    yield Candidate(
        title="put the arrays in a tuple: tf.data makes one tensor of a list",
        edits=(edits.replace(link.source, listed, f"({inner})"),),
        cost=0.6,
        check=lambda: stage_calls.accepted_on_rows(
            applied.operation, items, applied.dataset, applied.function, evidence.event.error
        ),
        cause=link.source.place(link.source.statement(listed) or listed),
    )


def _sliced(found: Mismatch) -> Link | None:
    """Return the call that made slices, where all stages after it hand them on as they are."""
    for link in chain(found.applied.receiver, found.applied.scope, ("*",)):
        node = link.node
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr not in KEPT:
            return link if node.func.attr == "from_tensor_slices" else None
    return None


def _candidate(  # the parts of a lambda, what it does, and what the change is
    evidence: Evidence,
    found: Mismatch,
    names: str,
    called: str,
    does: Callable[..., Any],
    title: str,
    *,
    rest: list[str] | None = None,
    new: dict[str, str] | None = None,
) -> Candidate:
    """Return the candidate that writes a lambda in the place of the function; a lambda itself is written anew."""
    applied = found.applied
    edit = _rewritten(applied, names, rest or [], new or {}) if isinstance(applied.argument, ast.Lambda) else None
    if edit is None:
        text = applied.source.segment(applied.argument)
        body = f"{f'({text})' if isinstance(applied.argument, ast.Lambda) else text}{called}"
        body = f"({', '.join((body, *rest))})" if rest else body
        edit = edits.replace(applied.source, applied.argument, f"lambda {names}: {body}")
    return Candidate(
        title=title,
        edits=(edit,),
        cost=0.7,
        check=lambda: applied.accepted(does, evidence.event.error),
        cause=applied.place,
    )


def _rewritten(applied: Applied, names: str, rest: list[str], new: dict[str, str]) -> Edit | None:
    """Return the lambda with other parameters, and other texts for the names that it had."""
    source, node = applied.source, applied.argument
    if not isinstance(node, ast.Lambda):
        return None
    start = source.offset(*source.span(node.body)[:2])
    body = source.segment(node.body)
    uses = [one for one in ast.walk(node.body) if isinstance(one, ast.Name) and new.get(one.id, one.id) != one.id]
    for one in sorted(uses, key=lambda use: (use.lineno, use.col_offset), reverse=True):
        at = source.offset(*source.span(one)[:2]) - start
        body = f"{body[:at]}{new[one.id]}{body[at + len(one.id) :]}"
    body = f"({', '.join((body, *rest))})" if rest else body
    return edits.replace(source, node, f"lambda {names}: {body}")


def _fresh(found: Mismatch, wish: str) -> str:
    name = wish
    while name in found.names:
        name = f"{name}_"
    return name


def _quoted(applied: Applied, step: Any) -> str:
    if not isinstance(step, str):
        return repr(step)
    return f'"{step}"' if '"' in applied.source.text else repr(step)


def _listed(names: Any) -> str:
    return " and ".join(f"`{name}`" for name in names)
