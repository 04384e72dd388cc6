"""Data that cannot become a tensor: numbers kept as objects, text, None, sequences of unequal length."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator
from typing import Any

from kerasguard.adapters import specs
from kerasguard.adapters.cells import Cells, cells_of
from kerasguard.adapters.tensors import blank
from kerasguard.evidence import Evidence, Given
from kerasguard.provenance import walk
from kerasguard.provenance.access import is_a
from kerasguard.provenance.links import Link
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.labels import demands
from kerasguard.repairs.labels.ranges import keras_prefix
from kerasguard.vocabulary import Edit


def objects(evidence: Evidence) -> Iterator[tuple[Given, Cells]]:
    """Yield the tensors that were passed as objects or text, with what their cells are."""
    for one in evidence.everything:
        if one.spec.kind == "object" or (one.spec.dtype or "").startswith(("object", "str", "<U", "|S", "bytes")):
            found = cells_of(value_of(evidence, one))
            if found is not None:
                yield one, found


def value_of(evidence: Evidence, given: Given) -> Any:
    """Return the live value of a tensor; for what a generator or PyDataset yielded, from the batch that Keras drew."""
    if given.element is None:
        return given.value
    batches = specs.first_batches(entry.frame for entry in evidence.event.stack)
    value = batches[0] if batches else None
    for step in given.element:
        try:
            value = value[step]  # type: ignore[index]
        except (TypeError, KeyError, IndexError):
            return None
    return value


def numeric_text(evidence: Evidence, given: Given) -> bool:
    """Return whether every cell can be read as a number."""
    value = value_of(evidence, given)
    try:
        value.astype("float64")
    except (TypeError, ValueError, AttributeError):
        return False
    return True


def changed_call(evidence: Evidence, given: Given, shape: tuple[int, ...], dtype: str, at: Link | None = None) -> Any:
    """Return the failing call with a numeric array of this shape in place of the objects."""
    return demands.replaced(evidence, given, blank(shape, dtype), at)


def cast(evidence: Evidence, given: Given, dtype: str = "float32") -> Iterator[Candidate]:
    """Propose numbers in place of objects, where the array is made or leaves its helper."""
    shape = tuple(size for size in given.shape or () if size is not None)
    link = demands.maker(given, columns=True)
    call = changed_call(evidence, given, shape, dtype, link)
    if link is not None and _keeps_objects(link.node):
        written: tuple[Edit, ...] = (_without_dtype(link.source, link.node),)  # type: ignore[arg-type]
    else:
        written, link = demands.wrapping(given, link, {"any": f'{{}}.astype("{dtype}")'})
    if written:
        yield Candidate(
            title=f"make an array of {dtype} of the objects",
            edits=written,
            cost=0.7,
            call=call,
            cause=link.place if link is not None else evidence.crash,
            exact=call is not None,
        )


def _keeps_objects(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and any(
        keyword.arg == "dtype" and isinstance(keyword.value, ast.Name) and keyword.value.id == "object"
        for keyword in node.keywords
    )


def _without_dtype(source: Any, node: ast.Call) -> Edit:
    """Write the call's ``dtype=object`` as a numeric one: NumPy then refuses what is no number."""
    keyword = next(one for one in node.keywords if one.arg == "dtype")
    return edits.replace(source, keyword.value, '"float32"')


def padded(evidence: Evidence, given: Given, found: Cells) -> Iterator[Candidate]:
    """Propose sequences padded to one length, where the object array is made."""
    want = next((one for one in evidence.wanted if one.shape is not None), None) if given.slot == "x" else None
    fixed = want.shape[1] if want is not None and want.shape is not None and len(want.shape) > 1 else None
    link = demands.maker(given)
    if link is None or not isinstance(link.node, ast.expr):
        return
    source = link.source
    prefix = keras_prefix(source)
    if prefix is None:
        return
    inner = (
        link.node.args[0] if isinstance(link.node, ast.Call) and link.node.args and _is_array(link.node) else link.node
    )
    dtype = _item_dtype(value_of(evidence, given))
    text = f"{prefix}.utils.pad_sequences({source.segment(inner)}"
    text += f", maxlen={fixed}" if fixed is not None else ""
    text += ', padding="post"' + (f', dtype="{dtype}"' if dtype != "int32" else "") + ")"
    longest = fixed or max(shape[0] for shape in found.shapes)
    rest = found.shapes[0][1:]
    call = changed_call(evidence, given, ((given.shape or (0,))[0] or 0, longest, *rest), dtype, link)
    yield Candidate(
        title="pad the sequences to one length",
        edits=(edits.replace(source, link.node, text),),
        cost=0.8,
        call=call,
        cause=link.place,
        exact=call is not None,
    )


def _is_array(node: ast.Call) -> bool:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name in {"array", "asarray"}


def _item_dtype(value: Any) -> str:
    first = next((item for item in getattr(value, "flat", value) if item is not None), None)
    dtype = str(getattr(first, "dtype", ""))
    if dtype.startswith("float"):
        return "float32"
    if not dtype and isinstance(first, list | tuple) and any(isinstance(number, float) for number in first):
        return "float32"
    return "int32"


def stacked(evidence: Evidence, given: Given, found: Cells) -> Iterator[Candidate]:
    """Propose one array for an object array whose cells all have one shape."""
    shape = ((given.shape or (0,))[0] or 0, *found.shapes[0])
    link = demands.maker(given)
    call = changed_call(evidence, given, shape, "float32", link)
    if link is not None and isinstance(link.node, ast.Call) and _keeps_objects(link.node):
        inner = link.source.segment(link.node.args[0]) if link.node.args else ""
        written: tuple[Edit, ...] = (edits.replace(link.source, link.node, f"{_module(link.source)}.array({inner})"),)
    else:
        written, link = demands.wrapping(given, link, {"numpy": "np.stack({})"})
    if written:
        yield Candidate(
            title="stack the arrays into one",
            edits=written,
            cost=0.7,
            call=call,
            cause=link.place if link is not None else evidence.crash,
            exact=call is not None,
        )


def _module(source: Any) -> str:
    return edits.alias(source, "numpy") or "np"


def without_none(evidence: Evidence, given: Given) -> Iterator[Candidate]:
    """Propose to pass over what is None, in the loop that gathers the samples."""
    del evidence
    if given.node is None or given.scope is None:
        return
    for link in walk.chain(given.node, given.scope):
        added = _gathering(link)
        if added is None:
            continue
        source, statement, name = added
        written = [edits.insert_after(source, statement, f"if {name} is None:\n    continue")]
        maker = demands.maker(given)
        if maker is not None and _keeps_objects(maker.node) and isinstance(maker.node, ast.Call) and maker.node.args:
            inner = maker.source.segment(maker.node.args[0])
            written.append(edits.replace(maker.source, maker.node, f"{_module(maker.source)}.array({inner})"))
        yield Candidate(
            title=f"pass over what is None: `{name}`",
            applicability="unsafe",
            edits=tuple(written),
            cost=0.8,
            cause=source.place(statement),
            exact=False,
        )
        return


def _gathering(link: Link) -> tuple[Any, ast.stmt, str] | None:
    """Return the statement in a loop that binds what is appended, where the link is a value appended there."""
    source = link.source
    call = source.parent(link.node)
    if (
        not isinstance(link.node, ast.Name)
        or not isinstance(call, ast.Call)
        or not isinstance(call.func, ast.Attribute)
    ):
        return None
    statement = source.statement(call)
    loop = source.parent(statement) if statement is not None else None
    if call.func.attr != "append" or not isinstance(loop, ast.For | ast.While):
        return None
    for one in loop.body:
        targets = one.targets if isinstance(one, ast.Assign) else []
        if any(
            isinstance(part, ast.Name) and part.id == link.node.id for target in targets for part in ast.walk(target)
        ):
            return source, one, link.node.id
    return None


def coded(evidence: Evidence, given: Given, found: Cells) -> Iterator[Candidate]:
    """Propose numbers for text: a code for each word, column by column."""
    if given.element is not None or given.node is None or given.scope is None or given.scope.source is None:
        return
    source = given.scope.source
    statement = source.statement(given.node)
    shape = given.shape or ()
    link = demands.maker(given)
    cause = link.place if link is not None else None
    module = _module(source)
    if len(shape) == 1 and set(found.kinds) == {"text"}:
        call = changed_call(evidence, given, (shape[0] or 0,), "int64", link)
        text = {"any": f"{_module(link.source) if link is not None else module}.unique({{}}, return_inverse=True)[1]"}
        written, _ = demands.wrapping(given, link, text)  # at the birth, so that all the parts share their numbers
        yield Candidate("give each text a number", written, 0.9, call=call, cause=cause, exact=False)
        return
    if not isinstance(given.node, ast.Name) or statement is None or not found.columns or len(shape) != 2:
        return
    name = given.node.id
    lines = [
        f"{name}[:, {column}] = {module}.unique({name}[:, {column}].astype(str), return_inverse=True)[1]"
        for column in found.columns
    ]
    lines.append(f'{name} = {name}.astype("float32")')
    call = changed_call(evidence, given, tuple(size or 0 for size in shape), "float32")
    yield Candidate(
        title="give each text in the column a number",
        edits=(edits.insert_before(source, statement, "\n".join(lines)),),
        cost=0.9,
        call=call,
        cause=cause,
        exact=False,
    )


def in_lists(evidence: Evidence) -> list[Given]:
    """Return the data of a model with one input where it was passed as a list of samples."""
    call = evidence.call
    if call is None or not is_a(call.x, list | tuple) or len(evidence.wanted) > 1:
        return []
    if not (specs.is_container(call.x) or specs.kind_of(call.x) == "python"):
        return []  # empty, or a class of the user's
    given = [one for one in evidence.given if one.element is None]
    if len(given) == 1 and given[0].spec.kind == "python" and not given[0].path:
        return given
    many = len(given) > 1 and all(len(one.path) == 1 and one.shape is not None for one in given)
    return (
        given if many and len({one.shape for one in given}) == 1 and given[0].spec.kind in {"numpy", "python"} else []
    )


def as_one_array(evidence: Evidence) -> Iterator[Candidate]:
    """Propose one array of the samples in a list."""
    call, given = evidence.call, in_lists(evidence)
    name, node, scope = evidence.written("x", (), call.x if call is not None else None)
    if call is None or not given or node is None or scope is None or scope.source is None:
        return
    inner = given[0].shape or ()
    shape = inner if len(given) == 1 else (len(given), *inner)
    dtype = given[0].spec.dtype or "float32"
    text = f"{_module(scope.source)}.array({{}})"
    yield Candidate(
        title=f"make one array of the list `{name}`",
        edits=(edits.wrap(scope.source, node, text),),
        cost=0.7,
        call=dataclasses.replace(call, x=blank(tuple(size or 0 for size in shape), dtype)),
    )
