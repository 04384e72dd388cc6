"""Objects of Keras 3 and of tf_keras in one model: which they are, who brought them in, and one package for all."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from kerasguard.adapters import specs, symbolic
from kerasguard.evidence import Evidence
from kerasguard.provenance.recorder import origin_of
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import SourceFile, places_of
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import call_at, is_live
from kerasguard.vocabulary import Edit, Place

BOTH = ("keras", "tf_keras")
PARTS = frozenset({"Optimizer", "BaseOptimizer", "Loss", "Metric", "Callback"})


@dataclass(frozen=True)
class Mixed:
    """An object of one package that was given to an object of the other."""

    alien: Any
    name: str
    package: str
    receiver: Any
    receiver_name: str
    other: str
    scope: Scope
    source: SourceFile
    made: Place | None


def mixed(evidence: Evidence) -> Mixed | None:
    """Return the first object in the failing call that is of the other Keras."""
    if not all(name in sys.modules for name in BOTH) or not evidence.frames or evidence.site is None:
        return None
    event, scope = evidence.event, evidence.scopes[evidence.site]
    node = evidence.frames[evidence.site].node
    source = scope.source
    if source is None or not isinstance(node, ast.Call):
        return None
    call = call_at(node, scope)
    receiver = event.owner if event.owner is not None else (call.function if call is not None else None)
    own = symbolic.flavour(receiver)
    if own is None or not is_live(receiver):
        return None
    written = {id(value): source.segment(where) for _, where, value in (call.nodes() if call is not None else ())}
    for _, leaf in specs.leaves([list(event.args), dict(event.kwargs)] if event.owner is not None else list(written)):
        other = symbolic.flavour(leaf)
        if other is not None and other != own and (specs.kind_of(leaf) != "object" or _is_part(leaf)):
            name = written.get(id(leaf)) or evidence.written("x", (), leaf)[0]
            text = source.segment(node.func)
            origin = origin_of(leaf)
            places = places_of(origin) if origin is not None else []
            return Mixed(leaf, name, other, receiver, text, own, scope, source, places[0] if places else None)
    return None


def _is_part(leaf: Any) -> bool:
    """Return whether an object is an optimizer, a loss, a metric or a callback."""
    return any(
        cls.__name__ in ("Optimizer", "BaseOptimizer", "Loss", "Metric", "Callback") for cls in type(leaf).__mro__
    )


def imports_of(source: SourceFile, package: str) -> Iterator[ast.stmt]:
    """Yield the import statements of a file that bring in a package."""
    for node in source.tree.body:
        if isinstance(node, ast.Import) and any(_package_of(item.name) == package for item in node.names):
            yield node
        elif isinstance(node, ast.ImportFrom):
            names = {_package_of(f"{node.module}.{item.name}") for item in node.names} | {
                _package_of(node.module or "")
            }
            if package in names:
                yield node


def _package_of(path: str) -> str | None:
    """Return which Keras a dotted import path leads to."""
    parts = path.split(".")
    if parts[0] in BOTH:
        return parts[0]
    if parts[:2] == ["tensorflow", "keras"]:
        return tensorflow_keras()
    return None


def tensorflow_keras() -> str | None:
    """Return the package that ``tf.keras`` is in this process."""
    model = getattr(getattr(sys.modules.get("tensorflow"), "keras", None), "Model", None)
    return None if model is None else model.__module__.partition(".")[0]


def candidates(found: Mixed) -> Iterator[Candidate]:
    """Propose to take everything from one package: from tf_keras, which what needs it cannot change, else the other."""
    for cost, package in ((1.0, "tf_keras"), (1.6, "keras")):
        written = _all_from(found.source, found.scope, package)
        if not written:
            continue
        statement = _brought_in(found.source, written)
        yield Candidate(
            title=f"take everything from {package}",
            edits=tuple(written),
            cost=cost,
            cause=found.source.place(statement) if statement is not None else None,
            exact=False,
        )


def _brought_in(source: SourceFile, written: list[Edit]) -> ast.stmt | None:
    """Return the first import that is changed, or else the first line that is; not one that is only put in."""
    changed = [source.at_line(edit.start[0]) for edit in written if edit.start != edit.end]
    found = sorted((one for one in changed if one is not None), key=lambda one: one.lineno)
    return next((one for one in found if isinstance(one, ast.Import | ast.ImportFrom)), next(iter(found), None))


def _all_from(source: SourceFile, scope: Scope, package: str) -> list[Edit]:
    """Rewrite the references to the other package."""
    other = BOTH[1 - BOTH.index(package)]
    plain = package if package == "tf_keras" or tensorflow_keras() != "keras" else "tensorflow.keras"
    written: list[Edit] = []
    needed = False
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            written += _from_import(source, node, other, plain)
        elif isinstance(node, ast.Import):
            written += _import(source, node, other, plain)
        elif isinstance(node, ast.Attribute) and _is_tensorflow_keras(node, scope) and tensorflow_keras() == other:
            written.append(edits.replace(source, node, package))
            needed = True
    known = any(
        isinstance(node, ast.Import) and any(item.name == package and not item.asname for item in node.names)
        for node in source.tree.body
    )
    if needed and not known:
        written.append(edits.import_line(source, f"import {package}"))
    return written


def _is_tensorflow_keras(node: ast.Attribute, scope: Scope) -> bool:
    if node.attr != "keras" or not isinstance(node.value, ast.Name):
        return False
    value = scope.globals.get(node.value.id)
    return isinstance(value, ModuleType) and value.__name__ == "tensorflow"


def _from_import(source: SourceFile, node: ast.ImportFrom, other: str, plain: str) -> Iterator[Edit]:
    module = node.module or ""
    if _package_of(module) == other:
        rest = module.removeprefix("tensorflow.keras").removeprefix("tf_keras").removeprefix("keras")
        names = ", ".join(f"{one.name} as {one.asname}" if one.asname else one.name for one in node.names)
        yield edits.replace(source, node, f"from {plain}{rest} import {names}")
    elif module == "tensorflow" and len(node.names) == 1 and _package_of(f"tensorflow.{node.names[0].name}") == other:
        yield edits.replace(source, node, f"import {plain} as {node.names[0].asname or node.names[0].name}")


def _import(source: SourceFile, node: ast.Import, other: str, plain: str) -> Iterator[Edit]:
    if len(node.names) != 1 or _package_of(node.names[0].name) != other:
        return
    item = node.names[0]
    rest = item.name.removeprefix("tensorflow.keras").removeprefix("tf_keras").removeprefix("keras")
    bound = item.asname or item.name
    if "." in bound:
        return
    yield edits.replace(source, node, f"import {plain}{rest} as {bound}")
