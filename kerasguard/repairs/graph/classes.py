"""A class of layers among the layers of a Sequential: written without the parentheses that would make a layer."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass

from kerasguard.adapters import symbolic
from kerasguard.adapters.trial import Outcome
from kerasguard.evidence import Evidence
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import SourceFile
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.constructors import scope_at
from kerasguard.repairs.failing import statement_place
from kerasguard.repairs.graph.layer_calls import is_layer_class
from kerasguard.vocabulary import Place

ADDING = ("add", "append", "insert")


@dataclass(frozen=True)
class Bare:
    """A class that stands in the place of a layer, and where it is written."""

    cls: type
    node: ast.expr
    source: SourceFile

    @property
    def name(self) -> str:
        """As the user wrote it."""
        return self.source.segment(self.node)

    @property
    def place(self) -> Place:
        """The statement it stands in."""
        return statement_place(self.source, self.node)


def bare_classes(evidence: Evidence) -> list[Bare]:
    """Return the classes among what a Sequential was given, as they are written in lists and calls of ``add``."""
    event = evidence.event
    if event.entry not in ("sequential", "add"):
        return []
    given = [*event.args[:1], *(event.kwargs.get(name) for name in ("layers", "layer"))]
    flat = [leaf for one in given for leaf in (one if isinstance(one, list | tuple) else [one])]
    classes = [one for one in flat if is_layer_class(one)]
    found: list[Bare] = []
    seen: set[int] = set()
    for scope in evidence.scopes if classes else ():
        source = scope.source
        if source is None or id(source) in seen:
            continue
        seen.add(id(source))
        found += _written(evidence, source, classes)
    return found


def _written(evidence: Evidence, source: SourceFile, classes: list[type]) -> Iterator[Bare]:
    """Yield where the classes stand: among the items of a list, or as what is added to a model or list."""
    scopes: dict[ast.AST, Scope] = {}
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Call | ast.IfExp):
            continue
        if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load) or not _is_member(evidence, source, node):
            continue
        owner = source.owner(node)
        if owner not in scopes:
            scopes[owner] = scope_at(evidence, source, node)
        value = evaluate(node, scopes[owner])
        cls = next((one for one in classes if one is value), None)
        if cls is not None:
            yield Bare(cls, node, source)


def _is_member(evidence: Evidence, source: SourceFile, node: ast.expr) -> bool:
    """Return whether an expression is added to something, or an item of a list that is no table of classes."""
    around = source.parent(node)
    if isinstance(around, ast.Call):
        return node in around.args and isinstance(around.func, ast.Attribute) and around.func.attr in ADDING
    if evidence.event.entry == "add" or not isinstance(around, ast.List | ast.Tuple):
        return False
    given = evidence.site_call is not None and around in evidence.site_call.args
    return given or not all(isinstance(one, ast.Name | ast.Attribute) for one in around.elts)


def candidates(found: list[Bare]) -> Iterator[Candidate]:
    """Propose to make the layers, where their classes need no more to be told."""
    if not found or not all(_needs_nothing(one.cls) for one in found):
        return
    root = symbolic.flavour(found[0].cls)

    def run() -> Outcome:
        return symbolic.attempt(lambda: [one.cls() for one in found], [], root, "it makes a layer")

    yield Candidate(
        title=f"make a layer of the class: {found[0].name}()",
        edits=tuple(edits.wrap(one.source, one.node, "{}()") for one in found),
        cost=0.6,
        check=run,
        cause=found[0].place,
        exact=False,
    )


def _needs_nothing(cls: type) -> bool:
    try:
        parameters = list(inspect.signature(cls).parameters.values())
    except (TypeError, ValueError):
        return False
    return all(one.default is not one.empty or one.kind in (one.VAR_KEYWORD, one.VAR_POSITIONAL) for one in parameters)
