"""What generators and PyDatasets hand out against what fit and ``train_step`` take."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from types import FunctionType, GeneratorType
from typing import Any, NamedTuple

from kerasguard.adapters import specs
from kerasguard.evidence import Evidence
from kerasguard.provenance.access import is_a
from kerasguard.provenance.reentry import returned
from kerasguard.provenance.source import SourceFile, source_of
from kerasguard.provenance.user_files import is_user_file
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.labels import demands, targets
from kerasguard.vocabulary import Edit, Place

MOST_PARTS = 3  # x, y, sample_weight
MOST_NAMES = 6  # so many names are followed inside a function
UNPACK = "unpack_x_y_sample_weight"


class Handed(NamedTuple):
    """The tuple that a generator yields or a PyDataset returns, in the user's source."""

    source: SourceFile
    node: ast.expr
    function: ast.AST

    @property
    def place(self) -> Place:
        """Its statement."""
        return self.source.place(self.source.statement(self.node) or self.node)


def handed(value: Any) -> Handed | None:
    """Return the one expression that a generator object yields or a PyDataset's ``__getitem__`` returns."""
    code = value.gi_code if is_a(value, GeneratorType) else None
    if code is None:
        method = getattr(type(value), "__getitem__", None)
        code = method.__code__ if isinstance(method, FunctionType) else None
    if code is None or not is_user_file(code.co_filename):
        return None
    source = source_of(code.co_filename)
    function = source.definition(code) if source is not None else None
    found = [node for node, _ in returned(function)]
    return (
        Handed(source, found[0], function) if source is not None and function is not None and len(found) == 1 else None
    )


def feeding(evidence: Evidence) -> Any:
    """Return the generator or PyDataset that was passed as data, or None."""
    call = evidence.call
    value = call.x if call is not None else None
    return value if specs.kind_of(value) in {"generator", "pydataset"} else None


def parts(evidence: Evidence) -> list[Any] | None:
    """Return the specs of the parts of one batch, None where it is not a tuple or not known."""
    frames = [entry.frame for entry in evidence.event.stack]
    trees = specs.first_batch_specs(frames)
    tree = trees[0] if trees else specs.running_specs(frames)
    return list(tree) if isinstance(tree, tuple | list) else None


def flat(evidence: Evidence) -> int | None:
    """Return how many leading parts of a batch are inputs, where inputs and labels stand side by side in one tuple."""
    found = parts(evidence)
    wanted, heads = evidence.wanted, _heads(evidence)
    if found is None or len(wanted) < 2 or len(found) != len(wanted) + heads:
        return None
    if any(not hasattr(part, "shape") for part in found):
        return None
    return len(wanted) if all(want.fits(part.shape) for want, part in zip(wanted, found, strict=False)) else None


def listed(evidence: Evidence) -> Handed | None:
    """Return what a generator yields where its batches are lists: Keras tells data from labels only in a tuple."""
    batches = specs.first_batches(entry.frame for entry in evidence.event.stack)
    found = handed(feeding(evidence)) if batches and type(batches[0]) is list else None
    return found if found is not None and isinstance(found.node, ast.List) else None


def in_tuples(found: Handed) -> Iterator[Candidate]:
    """Propose tuples in the place of the list, and of a list of inputs in it."""
    source, items = found.source, getattr(found.node, "elts", [])
    parts = [source.segment(item) for item in items]
    for index, item in enumerate(items):
        if isinstance(item, ast.List) and len(item.elts) > 1:
            parts[index] = f"({', '.join(source.segment(part) for part in item.elts)})"
    yield Candidate(
        title="hand out a tuple: the data, then the labels",
        edits=(edits.replace(source, found.node, f"({', '.join(parts)}{',' * (len(parts) == 1)})"),),
        cost=0.6,
        cause=found.place,
        exact=False,
    )


def _heads(evidence: Evidence) -> int:
    outputs = getattr(evidence.event.owner, "outputs", None)
    return len(outputs) if isinstance(outputs, list | tuple) else 1


def nested(evidence: Evidence, inputs: int) -> Iterator[Candidate]:
    """Propose to put the inputs in a tuple of their own."""
    found = handed(feeding(evidence))
    if found is None or not isinstance(found.node, ast.Tuple | ast.List) or len(found.node.elts) <= inputs:
        return
    items = [found.source.segment(item) for item in found.node.elts]
    outputs = items[inputs:]
    text = f"({', '.join(items[:inputs])}), " + (outputs[0] if len(outputs) == 1 else f"({', '.join(outputs)})")
    yield Candidate(
        title="put the inputs in a tuple of their own",
        edits=(edits.replace(found.source, found.node, _bracketed(found, text)),),
        cost=0.7,
        cause=found.place,
        exact=False,
    )


def _bracketed(found: Handed, text: str) -> str:
    """Return the tuple with parentheses where the original had any."""
    return f"({text})" if found.source.segment(found.node)[:1] in {"(", "["} else text


def too_many(evidence: Evidence) -> int | None:
    """Return the number of parts of a batch where it is more than fit takes."""
    found = parts(evidence)
    return len(found) if found is not None and len(found) > MOST_PARTS and feeding(evidence) is not None else None


def gathered_in_labels(evidence: Evidence) -> Iterator[Candidate]:
    """Propose to nest all but the first part as labels, in the generator and in the ``train_step`` that unpacks."""
    found = handed(feeding(evidence))
    if found is None or not isinstance(found.node, ast.Tuple | ast.List):
        return
    items = [found.source.segment(item) for item in found.node.elts]
    text = f"{items[0]}, ({', '.join(items[1:])})"
    written = [edits.replace(found.source, found.node, _bracketed(found, text))]
    unpacking = train_step_unpacking(evidence.event.owner)
    if unpacking is not None and len(unpacking[1].elts) == len(items):
        source, target = unpacking
        names = [source.segment(item) for item in target.elts]
        written.append(edits.replace(source, target, f"{names[0]}, ({', '.join(names[1:])})"))
    yield Candidate(
        title="hand out two parts: the data, and a tuple of all the rest",
        edits=tuple(written),
        cost=0.8,
        cause=found.place,
        exact=False,
    )


def stacked(evidence: Evidence) -> tuple[Handed, ast.Call, list[ast.expr]] | None:
    """Return the call that makes one array of as many inputs as the model has, in what a batch holds as data."""
    found, inputs, tree = handed(feeding(evidence)), len(evidence.wanted), parts(evidence)
    if found is None or inputs < 2 or not tree or not hasattr(tree[0], "shape"):
        return None
    node = found.node
    if isinstance(node, ast.Tuple | ast.List):
        node = node.elts[0]
    node = _bound(found, node)
    joined = targets.joined(node) if isinstance(node, ast.Call) else None
    return (found, node, joined) if isinstance(node, ast.Call) and joined and len(joined) == inputs else None


def _bound(found: Handed, node: ast.expr) -> ast.expr:
    """Return the expression bound to a name inside the function, where that is one."""
    for _ in range(MOST_NAMES):
        bound = [
            one.value
            for one in ast.walk(found.function)
            if isinstance(one, ast.Assign)
            and isinstance(node, ast.Name)
            and any(isinstance(target, ast.Name) and target.id == node.id for target in one.targets)
        ]
        if len(bound) != 1:
            break
        node = bound[0]
    return node


def apart(found: tuple[Handed, ast.Call, list[ast.expr]]) -> Iterator[Candidate]:
    """Propose a tuple of the inputs in place of the one array."""
    where, node, items = found
    text = ", ".join(where.source.segment(item) for item in items)
    yield Candidate(
        title=f"hand out {len(items)} arrays, one for each input",
        edits=(edits.replace(where.source, node, f"({text})"),),
        cost=0.7,
        cause=where.source.place(where.source.statement(node) or node),
        exact=False,
    )


def train_step_unpacking(model: Any) -> tuple[SourceFile, ast.Tuple] | None:
    """Return the tuple into which the model's own ``train_step`` unpacks its data."""
    code = getattr(getattr(type(model), "train_step", None), "__code__", None)
    source = source_of(code.co_filename) if code is not None and is_user_file(code.co_filename) else None
    function = source.definition(code) if source is not None and code is not None else None
    if source is None or not isinstance(function, ast.FunctionDef) or len(function.args.args) < 2:
        return None
    data = function.args.args[1].arg
    for node in ast.walk(function):
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Name) or node.value.id != data:
            continue
        if len(node.targets) == 1 and isinstance(node.targets[0], ast.Tuple):
            return source, node.targets[0]
    return None


class Unpacked(NamedTuple):
    """A failed unpacking in a ``train_step`` or ``test_step``."""

    source: SourceFile
    statement: ast.Assign
    name: str
    given: int
    wanted: int


def unpacking(evidence: Evidence) -> Unpacked | None:
    """Return the statement of a step of the user's own that takes another number of parts than there are."""
    if not isinstance(evidence.event.error, ValueError) or not evidence.frames:
        return None
    frame = evidence.frames[-1]
    statement = frame.source.at_line(frame.lineno) if frame.source is not None else None
    if frame.source is None or not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Name):
        return None
    target, value = statement.targets[0], frame.locals.get(statement.value.id)
    if not frame.function.endswith("_step") or not isinstance(target, ast.Tuple) or not isinstance(value, tuple | list):
        return None
    if len(value) == len(target.elts) or any(isinstance(item, ast.Starred) for item in target.elts):
        return None
    return Unpacked(frame.source, statement, statement.value.id, len(value), len(target.elts))


def unpacked_right(evidence: Evidence, found: Unpacked) -> Iterator[Candidate]:
    """Propose to unpack what there is."""
    place = found.source.place(found.statement)
    if found.given > found.wanted:
        yield Candidate(
            title=f"take the first {found.wanted} parts; the rest (the weights) stays unused",
            edits=(edits.replace(found.source, found.statement.value, f"{found.name}[:{found.wanted}]"),),
            cost=0.8,
            cause=place,
            exact=False,
        )
    elif found.wanted == MOST_PARTS:
        from kerasguard.repairs.labels.ranges import keras_prefix

        prefix = keras_prefix(found.source)
        if prefix is not None:
            text = f"{prefix}.utils.{UNPACK}({found.name})"
            yield Candidate(
                title="unpack with the helper that fills in what is missing",
                edits=(edits.replace(found.source, found.statement.value, text),),
                cost=0.8,
                cause=place,
                exact=False,
            )
    del evidence


def slices(evidence: Evidence) -> tuple[Handed, ast.Subscript, ast.Subscript] | None:
    """Return the slices of data and of labels in what a PyDataset returns, where they are not the same."""
    found = handed(feeding(evidence))
    if found is None or not isinstance(found.node, ast.Tuple | ast.List) or len(found.node.elts) < 2:
        return None
    data, given = (_slice(found, item) for item in found.node.elts[:2])
    if data is None or given is None:
        return None
    return (found, data, given) if found.source.segment(data.slice) != found.source.segment(given.slice) else None


def _slice(found: Handed, node: ast.expr) -> ast.Subscript | None:
    """Return the selection of rows in an expression, names inside the function followed."""
    for _ in range(MOST_NAMES):
        if isinstance(node, ast.Name):
            bound = [
                one.value
                for one in ast.walk(found.function)
                if isinstance(one, ast.Assign) and any(isinstance(t, ast.Name) and t.id == node.id for t in one.targets)
            ]
            if len(bound) != 1:
                return None
            node = bound[0]
            continue
        picked = [part for part in ast.walk(node) if isinstance(part, ast.Subscript)]
        if len(picked) == 1:
            return picked[0]
        names = [part for part in ast.walk(node) if isinstance(part, ast.Name) and _local(found, part.id)]
        if picked or len(names) != 1:
            return None
        node = names[0]
    return None


def _local(found: Handed, name: str) -> bool:
    return any(
        isinstance(one, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in one.targets)
        for one in ast.walk(found.function)
    )


def same_slice(found: tuple[Handed, ast.Subscript, ast.Subscript]) -> Iterator[Candidate]:
    """Propose to take the rows of the labels like those of the data."""
    where, data, given = found
    edit: Edit = edits.replace(where.source, given.slice, where.source.segment(data.slice))
    statement = where.source.statement(given) or given
    yield Candidate(
        title="take the same rows of the labels as of the data",
        edits=(edit,),
        cost=0.7,
        cause=where.source.place(statement),
        exact=False,
    )


def pair_of_rows(evidence: Evidence) -> bool:
    """Return whether the loss failed while running, where shapes alone do fit: the rows are what differs."""
    if type(evidence.event.error).__name__ != "InvalidArgumentError":
        return False
    pairs = demands.pairs(evidence)
    return bool(pairs) and all(demands.fits(pair) for pair in pairs)
