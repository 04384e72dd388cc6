"""Another loss in the program: the structure of losses to try it with, and the edits that write it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from kerasguard.adapters import losses
from kerasguard.evidence import Evidence
from kerasguard.provenance import walk
from kerasguard.repairs import constructors, edits
from kerasguard.repairs.labels.demands import Pair
from kerasguard.vocabulary import Edit


def with_loss(evidence: Evidence, pair: Pair, new: Any) -> Any:
    """Return the structure of losses with another one for an output."""
    held = losses.user_losses(evidence.event.owner)
    if isinstance(held, Mapping):
        return {**held, pair.head.name: new}
    if isinstance(held, list | tuple):
        return [new if index == pair.head.index else one for index, one in enumerate(held)]
    return new


def loss_edits(evidence: Evidence, pair: Pair, old: str, new: str) -> tuple[tuple[Edit, ...], Any]:
    """Write another kind of loss, metrics of that kind with it, where the model is compiled; return edits and place."""
    if evidence.event.entry == "loss":
        return _own_loss_edits(evidence, old, new)
    made = constructors.compiled(evidence)
    node = made.argument("loss", 1) if made is not None else None
    if made is None or node is None:
        return (), None
    held = losses.user_losses(evidence.event.owner)
    path: tuple[Any, ...] = (pair.head.name,) if isinstance(held, Mapping) else ()
    if isinstance(held, list | tuple):
        path = (pair.head.index,)
    home = walk.number_home(node, made.scope, path)
    if home is None or home.path:
        return (), None
    found = list(_renamed(home.source, home.node, old, new))
    metrics = made.argument("metrics", 4)
    if found and metrics is not None:
        for part in ast.walk(metrics):
            found += _renamed(made.source, part, old, new, within=True)
    return tuple(found), home.place if home.node is not node else made.place


def _own_loss_edits(evidence: Evidence, old: str, new: str) -> tuple[tuple[Edit, ...], Any]:
    """Write another kind of loss where the loss object is made that a loop calls."""
    call, index = evidence.site_call, evidence.site
    if call is None or index is None:
        return (), None
    home = walk.number_home(call.func, evidence.scopes[index])
    if home is None or home.path or not isinstance(home.node, ast.Call):
        return (), None
    return tuple(_renamed(home.source, home.node, old, new)), home.place


def _renamed(source: Any, node: ast.AST, old: str, new: str, *, within: bool = False) -> Iterator[Edit]:
    """Yield the edit that turns the prefix `old` of a loss' name into `new`, in its snake or camel form."""
    camel_old, camel_new = (part.title().replace("_", "") for part in (old, new))
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        if node.value.startswith(old):
            quote = source.segment(node)[0]
            yield edits.replace(source, node, f"{quote}{new}{node.value[len(old) :]}{quote}")
        return
    if isinstance(node, ast.Call) and not within:
        yield from _renamed(source, node.func, old, new)
        return
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    for before, after in ((old, new), (camel_old, camel_new)):
        if not name.startswith(before) or not isinstance(node, ast.Attribute | ast.Name):
            continue
        text = after + name[len(before) :]
        if isinstance(node, ast.Attribute):
            head = source.segment(node)[: -len(name)]
            yield edits.replace(source, node, head + text)
        else:
            yield from _import_renamed(source, node, name, text)
        return


def _import_renamed(source: Any, node: ast.Name, name: str, text: str) -> Iterator[Edit]:
    for statement in ast.walk(source.tree):
        for item in statement.names if isinstance(statement, ast.ImportFrom) else []:
            if (item.asname or item.name) == name and item.asname is None:
                yield edits.replace(source, item, text)
                yield edits.replace(source, node, text)
                return
