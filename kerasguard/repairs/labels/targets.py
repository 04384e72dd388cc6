"""Labels for several outputs: one array that holds them all, labels that are missing, other names, another order."""

from __future__ import annotations

import ast
import dataclasses
import itertools
from collections.abc import Iterator
from typing import Any

from kerasguard.adapters import losses, specs
from kerasguard.adapters.losses import Head
from kerasguard.evidence import Evidence, Given
from kerasguard.provenance import walk
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.values import UNKNOWN, shape_of
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import keys
from kerasguard.repairs.data.search import key_of
from kerasguard.repairs.labels import demands
from kerasguard.vocabulary import Place

JOINING = frozenset(
    {"concatenate", "hstack", "stack", "column_stack", "array", "concat", "vstack", "dstack", "asarray"}
)
MOST_OUTPUTS = 6


def names(evidence: Evidence) -> keys.Keys | None:
    """Compare the keys of the labels with the names of the outputs; None where they agree or there are no keys."""
    given, heads = demands.labels(evidence), demands.heads(evidence)
    return keys.compare_keys([key_of(one) for one in given], [head.name for head in heads])


def renamed(evidence: Evidence, difference: keys.Keys) -> Iterator[Candidate]:
    """Propose the names of the outputs for keys that no output has, where the dict is written."""
    call = evidence.call
    if call is None:
        return
    for way in itertools.islice(keys.renamings(difference), 4):
        for source, node in _displays(evidence, difference.given):
            written = [
                edits.replace(source, key, _quoted(source, key, way[key.value]))
                for key in node.keys
                if isinstance(key, ast.Constant) and key.value in way
            ]
            changed = None
            if isinstance(call.y, dict):
                changed = dataclasses.replace(call, y={way.get(key, key): value for key, value in call.y.items()})
            place = source.place(next(key for key in node.keys if isinstance(key, ast.Constant) and key.value in way))
            yield Candidate(
                title="name the labels like the outputs: " + ", ".join(f"{old} is {new}" for old, new in way.items()),
                edits=tuple(written),
                cost=0.8,
                call=changed,
                cause=place,
                exact=changed is not None,
            )


def named_like(evidence: Evidence, difference: keys.Keys) -> Iterator[Candidate]:
    """Propose the labels' name for the output, where the losses know it by that name as well."""
    from kerasguard.repairs import constructors

    if len(difference.extra) != 1 or len(difference.missing) != 1:
        return
    wish, name = difference.extra[0], difference.missing[0]
    held = losses.user_losses(evidence.event.owner)
    head = next((one for one in demands.heads(evidence) if one.name == name), None)
    layer = head.layer or head.maker if head is not None else None
    if not isinstance(held, dict) or wish not in held or name in held or layer is None:
        return
    made = constructors.made(evidence, layer)
    node = made.argument("name") if made is not None else None
    home = walk.number_home(node, made.scope) if made is not None and node is not None else None
    if home is None or home.path or not isinstance(home.node, ast.Constant) or home.node.value != name:
        return
    yield Candidate(
        title=f"name the output {wish!r}: labels and losses know it by that name",
        edits=(edits.replace(home.source, home.node, _quoted(home.source, home.node, wish)),),
        cost=0.9,
        cause=home.place,
        exact=False,
    )


def _quoted(source: Any, key: ast.expr, name: str) -> str:
    quote = source.segment(key)[:1]
    return f"{quote}{name}{quote}" if quote in {"'", '"'} else repr(name)


def _displays(evidence: Evidence, written: tuple[str, ...]) -> Iterator[tuple[Any, ast.Dict]]:
    """Yield the dicts written with just these keys."""
    from kerasguard.repairs import constructors

    for source in constructors.sources(evidence):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Dict) and {getattr(key, "value", None) for key in node.keys} == set(written):
                yield source, node


def structure_differs(evidence: Evidence) -> bool:
    """Return whether the number of labels is not the number of outputs that have a loss."""
    heads = [head for head in demands.heads(evidence) if head.loss is not None]
    given = demands.labels(evidence)
    return bool(given) and len(heads) > 0 and len(given) != len(heads) and names(evidence) is None


def candidates(evidence: Evidence) -> Iterator[Candidate]:
    """Propose labels of the structure that the outputs have."""
    call, heads, given = evidence.call, demands.heads(evidence), demands.labels(evidence)
    if call is None or len(heads) > MOST_OUTPUTS:
        return
    if len(given) == 1 and given[0].element is None and len(heads) > 1:
        yield from _taken_apart(evidence, given[0], heads)
        yield from _with_missing(evidence, given[0], heads)
        yield from _by_columns(evidence, given[0], heads)
    elif len(given) > 1 and len(heads) == 1 and all(one.element is None for one in given):
        yield from _the_one(evidence, given, heads[0])


def _suits(head: Head, shape: Any, rows: int | None) -> bool:
    if shape is None or not shape or shape[0] != rows:
        return False
    pair = demands.Pair(Given("y", (), None, specs.Spec(tuple(shape), None, "numpy"), ""), head)
    return demands.fits(pair)


def _rows(evidence: Evidence) -> int | None:
    return next((one.shape[0] for one in evidence.given if one.shape), None)


def _taken_apart(evidence: Evidence, given: Given, heads: list[Head]) -> Iterator[Candidate]:
    """One array joined from one array per output: leave out the joining."""
    call = evidence.call
    if call is None or given.node is None or given.scope is None:
        return
    for link in walk.chain(given.node, given.scope):
        parts = joined(link.node)
        if parts is None or len(parts) != len(heads):
            continue
        values = [evaluate(part, link.scope) for part in parts]
        rows = _rows(evidence)
        if not all(_suits(head, shape_of(value), rows) for head, value in zip(heads, values, strict=True)):
            continue
        text = ", ".join(link.source.segment(part) for part in parts)
        live = all(hasattr(value, "dtype") and hasattr(value, "__array__") for value in values)
        yield Candidate(
            title=f"pass {len(heads)} arrays of labels, one for each output",
            edits=(edits.replace(link.source, link.node, f"[{text}]"),),
            cost=0.8,
            call=dataclasses.replace(call, y=_packed(evidence, heads, values)) if live else None,
            cause=link.place,
            exact=live,
        )
        return


def _packed(evidence: Evidence, heads: list[Head], values: list[Any]) -> Any:
    if isinstance(losses.output_structure(evidence.event.owner), dict):
        return {head.name: value for head, value in zip(heads, values, strict=True)}
    return values


def joined(node: ast.AST) -> list[ast.expr] | None:
    """Return the arrays, written side by side, of which a call makes one."""
    if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.List | ast.Tuple):
        return None
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return list(node.args[0].elts) if name in JOINING else None


def _with_missing(evidence: Evidence, given: Given, heads: list[Head]) -> Iterator[Candidate]:
    """Labels for one output only: the others are in variables named like them."""
    call, scope = evidence.call, given.scope
    if call is None or given.node is None or scope is None or scope.source is None:
        return
    rows = _rows(evidence)
    found: list[tuple[str, Any]] = []
    for head in heads:
        name = next((name for name in _visible(scope) if _suits(head, shape_of(_visible(scope)[name]), rows) and
                     name.lower() == head.name.lower()), None)  # fmt: skip
        if name is None and _named_like(evidence, given, head):
            name = given.name
        value = given.value if name == given.name else scope.current(name) if name is not None else UNKNOWN
        if name is None or value is UNKNOWN:
            return
        found.append((name, value))
    at, node, place = _definition(evidence, given)
    if isinstance(losses.output_structure(evidence.event.owner), dict):
        text = "{" + ", ".join(f'"{head.name}": {name}' for head, (name, _) in zip(heads, found, strict=True)) + "}"
    else:
        text = "[" + ", ".join(name for name, _ in found) + "]"
    yield Candidate(
        title="pass the labels of every output",
        edits=(edits.replace(at, node, text),),
        cost=0.9,
        call=dataclasses.replace(call, y=_packed(evidence, heads, [value for _, value in found])),
        cause=place,
    )


def _definition(evidence: Evidence, given: Given) -> tuple[Any, ast.expr, Place | None]:
    """Return the expression to rewrite: where a variable is a mere alias of another one, else where it is passed."""
    del evidence
    if given.node is None or given.scope is None:
        raise ValueError("labels without an expression")
    links = walk.chain(given.node, given.scope)
    if len(links) > 1 and isinstance(links[0].node, ast.Name) and isinstance(links[1].node, ast.Name):
        return links[1].source, links[1].node, links[1].place
    source = given.scope.source
    return source, given.node, None if source is None else source.place(source.statement(given.node) or given.node)


def _visible(scope: Any) -> dict[str, Any]:
    return {**{k: v for k, v in scope.globals.items() if not k.startswith("_")}, **dict(scope.names)}


def _named_like(evidence: Evidence, given: Given, head: Head) -> bool:
    del evidence
    if given.node is None or given.scope is None:
        return False
    return any(head.name.lower() == name.lower() for name in walk.names_along(walk.chain(given.node, given.scope)))


def _by_columns(evidence: Evidence, given: Given, heads: list[Head]) -> Iterator[Candidate]:
    """One table with the columns of all outputs side by side."""
    call, shape = evidence.call, given.shape
    widths = [head.units or 0 for head in heads]
    if call is None or shape is None or len(shape) != 2 or given.node is None or given.scope is None:
        return
    source = given.scope.source
    if shape[1] != sum(widths) or source is None or any(len(head.shape or ()) != 2 for head in heads):
        return
    if given.spec.kind not in demands.ARRAYS - {"dataframe"} or not isinstance(given.node, ast.Name | ast.Attribute):
        return
    bounds = list(itertools.accumulate(widths, initial=0))
    name = source.segment(given.node)
    text = ", ".join(f"{name}[:, {a}:{b}]" for a, b in itertools.pairwise(bounds))
    values = [given.value[:, a:b] for a, b in itertools.pairwise(bounds)]
    yield Candidate(
        title="pass the columns of each output on their own",
        edits=(edits.replace(source, given.node, f"[{text}]"),),
        cost=1.0,
        call=dataclasses.replace(call, y=_packed(evidence, heads, values)),
    )


def _the_one(evidence: Evidence, given: list[Given], head: Head) -> Iterator[Candidate]:
    """Several arrays of labels for a single output: the one that fits it."""
    call, rows = evidence.call, _rows(evidence)
    whole = evidence.written("y", (), call.y if call is not None else None)
    if call is None or whole[1] is None or whole[2] is None or whole[2].source is None:
        return
    fitting = [one for one in given if _suits(head, one.shape, rows)]
    node = fitting[0].node if len(fitting) == 1 else None
    if node is None:
        return
    one = fitting[0]
    yield Candidate(
        title=f"pass only `{one.name}`, the labels of the one output",
        applicability="unsafe",
        edits=(edits.replace(whole[2].source, whole[1], whole[2].source.segment(node)),),
        cost=1.2,
        call=dataclasses.replace(call, y=one.value),
    )
