"""Text that is passed as it is where the data for training went through a vectorizer or tokenizer first."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from kerasguard.evidence import Evidence, Given
from kerasguard.provenance.altered import holds
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.source import SourceFile
from kerasguard.repairs import edits
from kerasguard.vocabulary import Edit

TRAINING = frozenset({"fit", "train_on_batch"})
CONVERTERS = frozenset({"constant", "convert_to_tensor", "array", "asarray", "list"})
TEXT = ("string", "object", "<U", "str")


class Step(NamedTuple):
    """What was done with the text for training, written for the text that was passed."""

    edit: Edit
    text: str
    trained: str
    functions: tuple[str, ...]


def is_text(given: Given) -> bool:
    """Return whether a tensor holds text."""
    return given.element is None and str(given.spec.dtype or "").startswith(TEXT)


def step(evidence: Evidence, given: Given) -> Step | None:
    """Return the step that text took before training of the same model, wherever in the file that is written."""
    call, scope, node = evidence.site_call, given.scope, given.node
    source = scope.source if scope is not None else None
    if call is None or scope is None or source is None or node is None or not isinstance(call.func, ast.Attribute):
        return None
    for trained in _trained_on(source, ast.dump(call.func.value)):
        made = _bound(source, trained)
        leaf = _leaf(made)
        if leaf is made or any(ast.dump(part) == ast.dump(made) for part in ast.walk(node)):
            continue
        function = made.func if isinstance(made, ast.Call) else made
        if not _reaches(source, made, leaf, node) or not callable(evaluate(function, scope)):
            continue
        text = _with(source, made, leaf, node)
        return Step(edits.replace(source, node, text), text, source.segment(trained), (source.segment(function),))
    return None


def _trained_on(source: SourceFile, model: str) -> Iterator[ast.expr]:
    """Yield the data of the calls that train the model."""
    for other in ast.walk(source.tree):
        if isinstance(other, ast.Call) and isinstance(other.func, ast.Attribute) and other.func.attr in TRAINING:
            data = next((one.value for one in other.keywords if one.arg == "x"), other.args[0] if other.args else None)
            if ast.dump(other.func.value) == model and data is not None:
                yield data


def _bound(source: SourceFile, node: ast.expr) -> ast.expr:
    """Return the one expression that is bound to a name in the function around it, else the expression itself."""
    bound = [
        one.value
        for one in ast.walk(source.owner(node))
        if isinstance(one, ast.Assign)
        and isinstance(node, ast.Name)
        and any(isinstance(target, ast.Name) and target.id == node.id for target in one.targets)
    ]
    return bound[0] if len(bound) == 1 else node


def _leaf(node: ast.expr) -> ast.expr:
    """Return the data that calls around it are made on: the first argument of the innermost one that is a step."""
    while isinstance(node, ast.Call) and node.args and _called(node) not in CONVERTERS:
        node = node.args[0]
    return node


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _reaches(source: SourceFile, made: ast.expr, leaf: ast.expr, node: ast.expr) -> bool:
    """Return whether what the step is made of, but for its data, means the same where the text is passed."""
    here, there = source.owner(node), source.owner(made)
    names = {
        part.id for part in ast.walk(made) if isinstance(part, ast.Name) and not holds(leaf, part) and part.id != "self"
    }
    if here is there or there is source.tree:
        return True
    own = {one.arg for one in ast.walk(there) if isinstance(one, ast.arg)}
    own |= {one.id for one in ast.walk(there) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    return not names & own


def _with(source: SourceFile, made: ast.expr, leaf: ast.expr, node: ast.expr) -> str:
    """Return the text of the step with other data; text that is no array yet is converted as it was for training."""
    inner = source.segment(node)
    if isinstance(leaf, ast.Call) and not isinstance(node, ast.Call) and leaf.args:
        leaf = leaf.args[0]
    start, text = source.offset(*source.span(made)[:2]), source.segment(made)
    first, last = (source.offset(*source.span(leaf)[at : at + 2]) - start for at in (0, 2))
    return text[:first] + inner + text[last:]
