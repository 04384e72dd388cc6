"""What a generator yields, or a function in Python returns, against what was declared of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kerasguard.adapters import pipeline_graphs
from kerasguard.errors import LONGEST, text_of
from kerasguard.evidence import Evidence
from kerasguard.provenance.arguments import resolve_path
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.links import make_link
from kerasguard.provenance.stages import IN_PYTHON, argument_of, handed_out, maker
from kerasguard.provenance.values import UNKNOWN, Ghost, ghost_of
from kerasguard.provenance.walk import Link, number_home, walk_budget
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.stages import feeding
from kerasguard.vocabulary import Edit, Place, Shape

# What a generator yielded is gone, and raised in another thread: only the message says that it was refused, and why.
_YIELDED = re.compile(r"`generator` yielded an element")
_OF_SHAPE = re.compile(r"of shape (\([\d, ]*\)) where an element of shape (\(.*?\)) was expected")
_RETURNED = re.compile(r"(\d+)-th value returned by \w+ is (\w+), but expects (\w+)")
_C_NAMES = {"double": "float64", "float": "float32", "half": "float16"}
_TEXT = "string"


@dataclass(frozen=True)
class Difference:
    """One thing that was declared otherwise: ``path`` leads to it within an element; () for the structure as a whole."""

    path: tuple[Any, ...]
    declared: Any
    given: Any

    @property
    def structural(self) -> bool:
        """Whether the number or the names of the parts differ."""
        return not (isinstance(self.declared, Ghost) and isinstance(self.given, Ghost))


@dataclass(frozen=True)
class Undeclared:
    """A source of elements whose declaration is not true.

    Attributes
    ----------
    made
        The call of ``from_generator``, ``numpy_function`` or ``py_function``.
    given
        The expressions that are yielded or returned, with what is known of their values.
    difference
        What differs; None where only TensorFlow saw it.
    name
        The generator or function as it is written.
    """

    made: Link
    given: tuple[Link, ...]
    difference: Difference | None
    name: str
    generator: bool

    @property
    def call(self) -> ast.Call:
        """The call as syntax."""
        assert isinstance(self.made.node, ast.Call)  # noqa: S101 - nothing else is looked for
        return self.made.node

    @property
    def handing_out(self) -> Place | None:
        """The line that yields or returns."""
        return self.given[0].place if self.given else None


def undeclared(evidence: Evidence) -> Undeclared | None:
    """Return the source of elements of which TensorFlow refused one; asked once."""
    held = vars(evidence)
    if "_undeclared" not in held:
        held["_undeclared"] = _undeclared(evidence)
    found: Undeclared | None = held["_undeclared"]
    return found


def _undeclared(evidence: Evidence) -> Undeclared | None:
    if type(evidence.event.error).__name__ != feeding.AT_RUN_TIME or not evidence.scopes:
        return None
    message = text_of(evidence.event.error)[:LONGEST]
    if _YIELDED.search(message):
        return _of_generator(evidence, message)
    told = _RETURNED.search(message)
    return None if told is None else _of_function(evidence, told)


def _of_generator(evidence: Evidence, message: str) -> Undeclared | None:
    budget, seen, found = walk_budget(), [], []
    for dataset in feeding.datasets(evidence):
        for stage in pipeline_graphs.all_stages(dataset):
            made = maker(stage, evidence.scopes[-1], budget)
            if made is None or made.node in seen or not _is_call(made.node, "from_generator"):
                continue
            seen.append(made.node)
            given = tuple(handed_out(made, budget))
            found.append((made, given, _difference(stage, given, message), evidence))
    # Of several generators the one whose elements are seen to differ.
    found.sort(key=lambda one: one[2] is None)
    if not found or (len(found) > 1 and found[0][2] is None):
        return None
    made, given, difference, _ = found[0]
    name = argument_of(made.node, 0, "generator")  # type: ignore[arg-type]  # `_is_call` looked
    return Undeclared(made, given, difference, made.source.segment(name) if name is not None else "", generator=True)


def _is_call(node: ast.expr, *names: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in names


def _difference(stage: Any, given: tuple[Link, ...], message: str) -> Difference | None:
    """Return what differs, by what is known of the yielded values; a shape also by what TensorFlow saw."""
    ghost = ghost_of(stage)
    declared = ghost.spec if ghost is not None else UNKNOWN
    for link in given:
        for found in _differences(declared, link.value, ()):
            return found
    told = _OF_SHAPE.search(message)
    if told is None:
        return None
    shape = tuple(int(size) for size in re.findall(r"\d+", told.group(1)))
    wanted = told.group(2)
    refused = [
        Difference(path, one, Ghost(shape, one.dtype))
        for path, one in _leaves(declared, ())
        if str(one.shape) == wanted and not _fits(one.shape, shape)
    ]
    return refused[0] if len(refused) == 1 else None


def _differences(declared: Any, given: Any, path: tuple[Any, ...]) -> Iterator[Difference]:
    if isinstance(declared, tuple) and isinstance(given, tuple):
        if len(declared) != len(given):
            yield Difference(path, declared, given)
            return
        for index, (one, other) in enumerate(zip(declared, given, strict=True)):
            yield from _differences(one, other, (*path, index))
    elif isinstance(declared, dict) and isinstance(given, dict):
        if declared.keys() != given.keys():
            yield Difference(path, declared, given)
            return
        for key, one in declared.items():
            yield from _differences(one, given[key], (*path, key))
    elif isinstance(declared, tuple) and isinstance(given, list) and len(given) != len(declared):
        yield Difference(path, declared, tuple(given))
    elif isinstance(declared, Ghost) and not isinstance(given, dict):
        yield from _of_leaf(declared, given, path)
    elif isinstance(given, dict) or (isinstance(declared, dict) and isinstance(given, tuple | list)):
        yield Difference(path, declared, given)


def _of_leaf(declared: Ghost, given: Any, path: tuple[Any, ...]) -> Iterator[Difference]:
    ghost = Ghost((), _TEXT) if isinstance(given, str | bytes) else ghost_of(given) if given is not UNKNOWN else None
    if ghost is None:
        if isinstance(given, tuple) and not all(ghost_of(item) for item in given if item is not UNKNOWN):
            yield Difference(path, declared, given)
        return
    other_shape = ghost.shape is not None and not _fits(declared.shape, ghost.shape)
    if other_shape or (ghost.dtype == _TEXT and declared.dtype not in (None, _TEXT)):
        yield Difference(path, declared, ghost)


def _fits(declared: Shape | None, given: Shape) -> bool:
    if declared is None:
        return True
    pairs = zip(declared, given, strict=False)
    return len(declared) == len(given) and all(None in (a, b) or a == b for a, b in pairs)


def _leaves(tree: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Ghost]]:
    if isinstance(tree, Ghost):
        yield path, tree
    elif isinstance(tree, dict):
        for key, item in tree.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(tree, tuple):
        for index, item in enumerate(tree):
            yield from _leaves(item, (*path, index))


def _of_function(evidence: Evidence, told: re.Match[str]) -> Undeclared | None:
    """Return the function in Python that gave another dtype than was declared."""
    found = feeding.failed_stage(evidence)
    if found is None:
        return None
    line, scope = found
    calls = [
        one
        for one in ast.walk(line.statement)
        if isinstance(one, ast.Call) and getattr(one.func, "attr", getattr(one.func, "id", "")) in IN_PYTHON
    ]
    budget = walk_budget()
    made = make_link(calls[0], scope, budget) if len(calls) == 1 else None
    if made is None:
        return None
    index, given, declared = int(told.group(1)), told.group(2), told.group(3)
    difference = Difference(
        (index,), Ghost(None, _C_NAMES.get(declared, declared)), Ghost(None, _C_NAMES.get(given, given))
    )
    function = argument_of(calls[0], 0, "func")
    name = made.source.segment(function) if function is not None else ""
    return Undeclared(made, tuple(handed_out(made, budget)), difference, name, generator=False)


def candidates(evidence: Evidence, found: Undeclared) -> Iterator[Candidate]:
    """Propose to declare what is handed out, or to hand out what is declared."""
    if found.difference is None:
        return
    if not found.generator:
        yield from _cast(found, found.difference)
        return
    signature = argument_of(found.call, 99, "output_signature")
    if signature is None:
        return
    if found.difference.structural:
        yield from _nested(found, found.difference)
        yield from _other_structure(found, found.difference, signature)
        return
    node, scope, rest = resolve_path(signature, found.made.scope, found.difference.path)
    declared, given = found.difference.declared, found.difference.given
    if rest or not isinstance(node, ast.Call) or scope.source is None:
        return
    by_type = given.dtype == _TEXT != declared.dtype
    name, position, text = ("dtype", 1, _dtype(found, _TEXT)) if by_type else ("shape", 0, str(given.shape))
    here = scope.source.place(
        node if scope.source.statement(node) is found.made.statement else scope.source.statement(node) or node
    )
    yield Candidate(
        title=f"declare the {'dtype' if by_type else 'shape'} that is yielded",
        edits=(edits.set_argument(scope.source, node, name, text, position),),
        cost=0.7,
        cause=found.handing_out if _model_agrees(evidence, found.difference) else here,
        exact=False,
    )


def _model_agrees(evidence: Evidence, difference: Difference) -> bool:
    """Return whether a model was built for what is declared, and would not take what is yielded."""
    declared, given = difference.declared.shape, difference.given.shape
    wanted = evidence.wanted
    if difference.path[:1] != (0,) or len(wanted) != 1 or declared is None or given is None:
        return False
    return wanted[0].fits((None, *declared)) and not wanted[0].fits((None, *given))


def _nested(found: Undeclared, difference: Difference) -> Iterator[Candidate]:
    """Propose to hand out the parts in the tuples and dicts that are declared, where their number agrees."""
    declared = list(_leaves(difference.declared, ()))
    written: list[Edit] = []
    for link in found.given:
        parts = link.node.elts if isinstance(link.node, ast.Tuple | ast.List) else []
        values = link.value if isinstance(link.value, tuple | list) else ()
        if difference.path or len(parts) != len(declared) or len(values) != len(parts):
            return
        if any(list(_differences(one, value, ())) for (_, one), value in zip(declared, values, strict=True)):
            return
        texts = iter([link.source.segment(part) for part in parts])
        text = _in_form_of(difference.declared, texts)
        if link.node.col_offset == parts[0].col_offset and isinstance(difference.declared, tuple) and len(parts) > 1:
            text = text[1:-1]  # written without parentheses
        written.append(edits.replace(link.source, link.node, text))
    if written:
        yield Candidate(
            title="hand out the parts as they are declared",
            edits=tuple(written),
            cost=0.5,
            cause=found.handing_out,
            exact=False,
        )


def _in_form_of(tree: Any, texts: Iterator[str]) -> str:
    """Return the texts as a display with the tuples and keys of `tree`."""
    if isinstance(tree, dict):
        return "{" + ", ".join(f'"{key}": {_in_form_of(item, texts)}' for key, item in tree.items()) + "}"
    if isinstance(tree, tuple):
        items = [_in_form_of(item, texts) for item in tree]
        return f"({', '.join(items)}{',' * (len(items) == 1)})"
    return next(texts)


def _other_structure(found: Undeclared, difference: Difference, signature: ast.expr) -> Iterator[Candidate]:
    """Propose a signature with as many parts as are yielded; what is declared and fits stays as it is written."""
    node, scope, rest = resolve_path(signature, found.made.scope, difference.path)
    home = number_home(node, scope) if isinstance(node, ast.Name) and not rest else None
    if home is not None:  # the signature was written under a name
        node, scope = home.node, home.scope
    if rest or scope.source is None or not isinstance(difference.given, tuple):
        return
    old = list(node.elts) if isinstance(node, ast.Tuple | ast.List) else [node]
    declared = list(difference.declared) if isinstance(difference.declared, tuple) else [difference.declared]
    texts: list[str] = []
    for item in difference.given:
        index = next((at for at, one in enumerate(declared) if not list(_differences(one, item, ()))), None)
        if index is not None and index < len(old) and item is not UNKNOWN:
            texts.append(scope.source.segment(old[index]))
            del old[: index + 1], declared[: index + 1]
            continue
        text = _spec(found, item)
        if text is None:
            return
        texts.append(text)
    yield Candidate(
        title=f"declare the {len(texts)} parts that are yielded",
        edits=(edits.replace(scope.source, node, f"({', '.join(texts)}{',' * (len(texts) == 1)})"),),
        cost=0.7,
        cause=scope.source.place(node),
        exact=False,
    )


def _spec(found: Undeclared, value: Any) -> str | None:
    """Return the text of a spec for a value, in tuples where it is one."""
    if isinstance(value, tuple):
        parts = [_spec(found, item) for item in value]
        return None if None in parts else f"({', '.join(str(part) for part in parts)},)"
    ghost = Ghost((), _TEXT) if isinstance(value, str | bytes) else ghost_of(value) if value is not UNKNOWN else None
    prefix = edits.alias(found.made.source, "tensorflow")
    if ghost is None or ghost.shape is None or ghost.dtype is None or prefix is None:
        return None
    return f"{prefix}.TensorSpec(shape={ghost.shape}, dtype={_dtype(found, ghost.dtype)})"


def _dtype(found: Undeclared, name: str) -> str:
    prefix = edits.alias(found.made.source, "tensorflow")
    return f"{prefix}.{name}" if prefix is not None else repr(name)


def _cast(found: Undeclared, difference: Difference) -> Iterator[Candidate]:
    """Propose to return what is declared: only the return says how the values are made."""
    wanted = difference.declared.dtype
    for link in found.given:
        node = link.node
        if isinstance(node, ast.Tuple | ast.List) and difference.path[0] < len(node.elts):
            node = node.elts[difference.path[0]]
        ghost = ghost_of(value) if (value := evaluate(node, link.scope)) is not UNKNOWN else None
        tensor = ghost is not None and ghost.kind in ("eager", "symbolic")
        pattern = f"{{}}.astype({wanted!r})"
        if tensor:
            prefix = edits.alias(link.source, "tensorflow") or "tf"
            pattern = f"{prefix}.cast({{}}, {prefix}.{wanted})"
        yield Candidate(
            title=f"return {wanted}, as is declared",
            edits=(edits.wrap(link.source, node, pattern.replace("'", '"')),),
            cost=0.7,
            cause=link.place,
            exact=False,
        )
        return


__all__ = ["Difference", "Undeclared", "candidates", "undeclared"]
