"""Arguments that were given in the wrong place: to the constructor in the place of the call, to a wrapper around it."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from kerasguard.adapters import symbolic, wants
from kerasguard.adapters.trial import Outcome
from kerasguard.adapters.trial_graph import Undecidable
from kerasguard.provenance.evaluate import evaluate
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import FailingCall, delete_argument, is_live
from kerasguard.repairs.symbolic.replay import replay
from kerasguard.vocabulary import Edit

MOST_CALLS = 8


@dataclass(frozen=True)
class Moved:
    """Keywords of a constructor that belong into other calls of the user's, written out further on or inside it."""

    call: FailingCall
    names: tuple[str, ...]
    targets: tuple[ast.Call, ...]
    what: str


def moved(call: FailingCall, wrong: list[str], takes: Callable[[Any], list[str] | None]) -> Moved | None:
    """Return where keywords belong that a layer's constructor does not take; None where they belong nowhere.

    Parameters
    ----------
    takes
        Tells every keyword that a class takes.
    """
    if not isinstance(call.function, type) or not any(wants.is_keras(cls) for cls in call.function.__mro__):
        return None
    inner = _wrapped(call)
    if inner is not None:
        cls = evaluate(inner.func, call.scope)
        known = takes(cls) if isinstance(cls, type) else None
        if known is not None and all(name in known for name in wrong):
            return Moved(call, tuple(wrong), (inner,), f"the {cls.__name__} inside")
    if all(name in _of_call(call.function) for name in wrong):
        return Moved(call, tuple(wrong), tuple(_calls(call)), "the call of the layer")
    return None


def _wrapped(call: FailingCall) -> ast.Call | None:
    """Return the constructor call among the arguments: of the layer that this one wraps."""
    given = [*call.node.args[:1], *(one.value for one in call.node.keywords if one.arg == "layer")]
    return next((one for one in given if isinstance(one, ast.Call)), None)


def _of_call(cls: type) -> list[str]:
    """Return what the call of a layer takes besides its tensors."""
    try:
        return list(inspect.signature(getattr(cls, "call", None)).parameters)[2:]  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return []


def _calls(call: FailingCall) -> Iterator[ast.Call]:
    """Yield the calls of the layer: of the constructor's result at once, or of the name it is bound to."""
    outer = call.source.parent(call.node)
    if isinstance(outer, ast.Call) and outer.func is call.node:
        yield outer
        return
    statement = call.source.statement(call.node)
    if not isinstance(statement, ast.Assign) or statement.value is not call.node or len(statement.targets) != 1:
        return
    name = call.source.segment(statement.targets[0])
    around: ast.AST = call.source.owner(call.node)
    if isinstance(statement.targets[0], ast.Attribute):
        around = call.source.parent(around) or around
    found = [
        node
        for node in ast.walk(around)
        if isinstance(node, ast.Call) and call.source.segment(node.func) == name and node.lineno > statement.lineno
    ]
    yield from found[:MOST_CALLS]


def candidates(found: Moved, error: BaseException) -> Iterator[Candidate]:
    """Propose to write the keywords where they belong."""
    written = _edits(found)
    if written is None or not found.targets:
        return
    names = ", ".join(found.names)
    yield Candidate(
        title=f"give {names} to {found.what}",
        edits=tuple(written),
        cost=0.8,
        check=_check(found, error),
        cause=found.call.source.place(next(one for one in found.call.node.keywords if one.arg in found.names)),
    )


def _edits(found: Moved) -> list[Edit] | None:
    call = found.call
    nodes = [one for one in call.node.keywords if one.arg in found.names]
    if len(nodes) > 1:  # one edit each would overlap at the commas between them
        kept = [one for one in (*call.node.args, *call.node.keywords) if one not in nodes]
        inside = ", ".join(call.source.segment(one) for one in kept)
        func = call.source.segment(call.node.func)
        if any(target in ast.walk(call.node) for target in found.targets):
            return None
        start = edits.replace(call.source, call.node, f"{func}({inside})")
        return [start, *_given(found, nodes)]
    gone = delete_argument(call.source, call.node, nodes[0].value) if nodes else None
    return None if gone is None else [gone, *_given(found, nodes)]


def _given(found: Moved, nodes: list[ast.keyword]) -> Iterator[Edit]:
    text = ", ".join(f"{one.arg}={found.call.source.segment(one.value)}" for one in nodes)
    for target in found.targets:
        yield edits.add_argument(found.call.source, target, text)


def _check(found: Moved, error: BaseException) -> Callable[[], Outcome] | None:
    """Return a trial that makes the layer without the keywords, and makes the next call with them."""
    call = found.call
    more = {name: call.kwargs.get(name) for name in found.names}
    kept = {name: value for name, value in call.kwargs.items() if name not in found.names}
    outer = call.source.parent(call.node)
    at_once = isinstance(outer, ast.Call) and outer.func is call.node and found.targets == (outer,)
    if not at_once or not isinstance(outer, ast.Call):
        return None
    if not all(is_live(value) for value in (*call.args, *kept.values(), *more.values())):
        return None
    root = symbolic.flavour(call.function)
    involved = [[*call.args], dict(call.kwargs)]

    def run() -> Any:
        made = call.function(*call.args, **kept)
        given = replay(outer, call.scope, {outer: lambda *args, **kwargs: made(*args, **{**kwargs, **more})})
        count = _unpacked(call, outer)
        if count is not None and (not isinstance(given, list | tuple) or len(given) != count):
            raise Undecidable("the program takes another number of results")
        return given

    def outcome() -> Outcome:
        control = symbolic.attempt(lambda: call.function(*call.args, **call.kwargs), involved, root, stateless=True)
        if control.accepted or type(control.error) is not type(error):
            return Outcome(accepted=False, error=None, note="the arguments as written are not refused in the trial")
        return symbolic.attempt(run, involved, root, stateless=True)

    return outcome


def _unpacked(call: FailingCall, outer: ast.expr) -> int | None:
    """Return how many names a statement binds the result to, None for a single one."""
    return unpacked(call.source.statement(outer), outer)


def unpacked(statement: ast.stmt | None, value: ast.expr) -> int | None:
    """Return how many names a statement takes the parts of a value apart into, None where it does not."""
    if not isinstance(statement, ast.Assign) or statement.value is not value:
        return None
    targets = [one for one in statement.targets if isinstance(one, ast.Tuple | ast.List)]
    if not targets or any(isinstance(item, ast.Starred) for item in targets[0].elts):
        return None
    return len(targets[0].elts)
