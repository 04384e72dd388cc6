"""A layer that is looked up in a model by a name or an index that no layer there has."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kerasguard.adapters import wants
from kerasguard.adapters.trial import Outcome
from kerasguard.evidence import Evidence
from kerasguard.provenance.source import SourceFile
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import statement_place
from kerasguard.vocabulary import Edit, Place

METHOD = "get_layer"
CLOSE = 0.5
MOST = 3


@dataclass(frozen=True)
class Lookup:
    """A failed call of ``get_layer``.

    Attributes
    ----------
    asked
        The name, or the index.
    node
        The argument that holds it.
    """

    model: Any
    asked: str | int
    by_index: bool
    call: ast.Call
    node: ast.expr
    source: SourceFile

    @property
    def names(self) -> list[str]:
        """The names of the model's layers, in its order."""
        return [str(layer.name) for layer in self.model.layers]

    @property
    def place(self) -> Place:
        """The line of the call."""
        return statement_place(self.source, self.call)


def failed_lookup(evidence: Evidence) -> Lookup | None:
    """Return the lookup that failed, None where the error is about something else."""
    model = evidence.held("self", METHOD)
    frame = evidence.frames[-1] if evidence.frames else None
    if not wants.is_model(model) or frame is None or frame.source is None:
        return None
    name, index = evidence.held("name", METHOD), evidence.held("index", METHOD)
    asked = name if index is None else index
    call = next((one for one in ast.walk(frame.node) if _looks_up(one)), None) if frame.node is not None else None
    if not isinstance(call, ast.Call) or not isinstance(asked, str | int):
        return None
    keyword = "name" if index is None else "index"
    given = [one.value for one in call.keywords if one.arg == keyword]
    given += call.args[:1] if index is None else call.args[1:2]
    return Lookup(model, asked, index is not None, call, given[0], frame.source) if given else None


def _looks_up(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == METHOD


def nested(found: Lookup) -> Any:
    """Return the model among the layers that has the layer asked for."""
    inner = (layer for layer in found.model.layers if wants.is_model(layer))
    return next((one for one in inner if any(layer.name == found.asked for layer in one.layers)), None)


def _numbered(name: str) -> tuple[str, int]:
    """Return a name without the number that Keras put behind it, and that number."""
    stem = name.rstrip("0123456789")
    return (stem.rstrip("_"), int(name[len(stem) :])) if stem.endswith("_") and stem != name else (name, 0)


def alike(found: Lookup) -> list[str]:
    """Return the names that are most like the one asked for: the same but for a number, or a few letters."""
    asked = str(found.asked)
    stem, number = _numbered(asked)
    same = [name for name in found.names if _numbered(name)[0] == stem]
    if number < len(same):
        same.insert(0, same.pop(number))  # the second of its kind in a program's first model is called x_1
    return same[:MOST] or difflib.get_close_matches(asked, found.names, MOST, CLOSE)


def candidates(found: Lookup) -> Iterator[Candidate]:
    """Propose a layer that is there: the one in a nested model, the one at that index, those of a name like it."""
    model, source = found.model, found.source
    inner = nested(found)
    if inner is not None:
        receiver = found.call.func.value  # type: ignore[attr-defined]
        edit = edits.wrap(source, receiver, f'{{}}.{METHOD}("{inner.name}")')
        yield _candidate(found, f"look in {inner.name!r}, which has it", (edit,), lambda: inner.get_layer(found.asked))
    elif found.by_index:
        edit = edits.replace(source, found.node, "-1")
        yield _candidate(found, "take the last layer", (edit,), lambda: model.get_layer(index=-1), rivals=True)
    elif isinstance(found.asked, int) and -len(found.names) <= found.asked < len(found.names):
        edit = edits.replace(source, found.node, f"index={source.segment(found.node)}")
        yield _candidate(found, "pass the number as the index", (edit,), lambda: model.get_layer(index=found.asked))
    else:
        names = alike(found)
        for name in names:
            edit = edits.replace(source, found.node, f'"{name}"')
            title = f"take the layer {name!r}"
            # Keras counts such names on: in another turn of a loop, or another run, the layer has another one.
            rivals = len(names) > 1 or name.rstrip("_0123456789") == str(found.asked).rstrip("_0123456789")
            yield _candidate(found, title, (edit,), lambda name=name: model.get_layer(name), rivals=rivals)


def _candidate(found: Lookup, title: str, written: tuple[Edit, ...], look: Any, *, rivals: bool = False) -> Candidate:
    def tried() -> Outcome:
        try:
            return Outcome(accepted=True, note=f"it finds layer {look().name!r}")
        except (ValueError, TypeError, LookupError) as error:
            return Outcome(accepted=False, error=error)

    applicability = "unsafe" if rivals else "safe"
    return Candidate(title, written, 0.5, check=tried, cause=found.place, exact=not rivals, applicability=applicability)  # type: ignore[arg-type]
