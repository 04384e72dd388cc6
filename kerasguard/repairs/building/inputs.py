"""Changes of an Input's shape: a count of samples in it, sizes left open, sizes that do not go with the network."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kerasguard.adapters import specs
from kerasguard.adapters.rebuild import Change, rebuild
from kerasguard.adapters.rebuild_plan import Step
from kerasguard.provenance.links import Link
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.walk import number_home
from kerasguard.repairs import edits, settings
from kerasguard.repairs.building.refusal import Failure, Proposal
from kerasguard.repairs.building.sites import Site, reads, value_of
from kerasguard.vocabulary import Edit, Place, Shape

WITHOUT_BATCH = ("shape", "input_shape")
WITH_BATCH = ("batch_shape", "batch_input_shape")
POWERS = (2, 4, 8, 16, 32)
MOST_ROWS = 64


@dataclass(frozen=True, eq=False)
class Declared:
    """The expression that gives an Input its shape, without the batch axis."""

    step: Step
    site: Site
    node: ast.expr
    scope: Scope


def declared(failure: Failure, step: Step) -> Declared | None:
    """Return where the shape of an Input is written: in its own call, or in the layer that takes it."""
    site = failure.site(step.operation)
    if site is None:
        return None
    if site.kind in ("Input", "InputLayer"):
        node = _keyword(site.call, WITHOUT_BATCH)
        if node is None and site.call.args and not any(_keyword(site.call, WITH_BATCH) for _ in (0,)):
            node = site.call.args[0]
        return None if node is None else Declared(step, site, node, site.scope)
    for consumer in failure.plan.consumers(step):
        made = failure.site(consumer.operation)
        node = None if made is None else _keyword(made.call, WITHOUT_BATCH)
        if made is not None and node is not None:
            return Declared(step, made, node, made.scope)
    return None


def _keyword(call: ast.Call, names: tuple[str, ...]) -> ast.expr | None:
    return next((keyword.value for keyword in call.keywords if keyword.arg in names), None)


def counted_samples(failure: Failure) -> Iterator[Proposal]:
    """Leave the number of samples out of an Input's shape."""
    for step in failure.inputs():
        found = declared(failure, step)
        if found is None or (failure.nested and step is failure.step):
            continue
        value = _sizes(value_of(found.node, found.scope))
        if value is None or len(value) < 2 or not step.shapes or step.shapes[0] != (None, *value):
            continue
        rest = value[1:]
        fits = _data_fits(failure, rest, value[0])
        home = number_home(found.node, found.scope)
        written = _first_dropped(found, home)
        if written is None:
            continue
        place = _place(home) if home is not None else found.site.place
        yield Proposal(
            title="leave the number of samples out of the shape: Keras adds the batch axis itself",
            change=Change(inputs={id(step.operation): (None, *rest)}),
            edits=written,
            cost=0.3 if fits else 0.5 if _is_batch(found, value[0]) else 0.95,
            code="KG206",
            cause=place,
            exact=fits and (failure.from_data or not failure.merges),
            names=_names(found.node, home, found.site),
        )


def _is_batch(found: Declared, size: int | None) -> bool:
    """Return whether the program knows the first entry of a shape as a batch size, or takes it off an array."""
    home = number_home(found.node, found.scope)
    node = found.node if home is None else home.node
    if any(isinstance(one, ast.Attribute) and one.attr == "shape" for one in ast.walk(node)):
        return True
    scope: Scope = found.scope if home is None else home.scope
    names = {**scope.globals, **scope.names}
    return any("batch" in name.lower() and value is size for name, value in names.items() if isinstance(value, int))


def _first_dropped(found: Declared, home: Link | None) -> tuple[Edit, ...] | None:
    """Write the shape without its first entry: where the shape is made when nobody else reads it, else at the Input."""
    node, source = found.node, found.site.source
    if home is not None and home.node is not found.node and home.source is not None:
        count = len(reads(home.source, home.name, home.scope.owner)) if home.name else 0
        literal = isinstance(home.node, ast.Tuple | ast.List)
        if count == 1 or (literal and count == 0):
            node, source = home.node, home.source
    if isinstance(node, ast.Tuple | ast.List):
        if any(isinstance(item, ast.Starred) for item in node.elts[:1]):
            return None
        inner = ", ".join(source.segment(item) for item in node.elts[1:])
        comma = "," if len(node.elts) == 2 and isinstance(node, ast.Tuple) else ""
        text = f"({inner}{comma})" if isinstance(node, ast.Tuple) else f"[{inner}]"
        return (edits.replace(source, node, text),)
    return (edits.wrap(source, node, "{}[1:]"),)


def _sizes(value: Any) -> tuple[int | None, ...] | None:
    try:
        found = tuple(value)
    except TypeError:
        return None
    return found if all(size is None or isinstance(size, int) for size in found) else None


def arrays(failure: Failure) -> Iterator[tuple[str, Any]]:
    """Yield the arrays that are alive in the program: the data that it will use."""
    seen: set[int] = set()
    for frame in failure.evidence.frames:
        for name, value in [*frame.locals.items(), *frame.globals.items()]:
            if id(value) not in seen and specs.kind_of(value) in ("numpy", "eager"):
                seen.add(id(value))
                yield name, value


def _data_fits(failure: Failure, sample: Shape, rows: int | None) -> bool:
    """Return whether some array of the program has just these samples, and as many as the shape said."""
    del rows
    return any((specs.shape_of(value) or ())[1:] == sample for _, value in arrays(failure))


def has_data_of(failure: Failure, sample: Shape) -> bool:
    """Return whether the program's arrays fix the size of a sample."""
    return any(len(found := specs.shape_of(value) or ()) > 1 and found[1:] == sample for _, value in arrays(failure))


@dataclass(frozen=True)
class Resized:
    """Another shape for an Input as an edit; `whole` when every use of the edited numbers wants the new value."""

    edits: tuple[Edit, ...]
    place: Place
    names: tuple[str, ...]
    whole: bool


def resized_inputs(failure: Failure, step: Step, shape: Shape) -> Iterator[Resized]:
    """Write other sizes for an Input: at the homes of the numbers, then in the Input's own call."""
    found = declared(failure, step)
    old = step.shapes[0] if step.shapes else None
    if found is None or old is None or len(old) != len(shape):
        return
    different = [axis for axis in range(1, len(old)) if old[axis] != shape[axis]]
    homes: dict[tuple[str, tuple[int, int]], tuple[Link, int, int]] = {}
    for axis in different:
        home = number_home(found.node, found.scope, (axis - 1,))
        new = shape[axis]
        if home is None or new is None or value_of(home.node, home.scope) != old[axis]:
            break
        place = home.source.place(home.node)
        key = (home.source.filename, (place.row, place.column))
        before = homes.get(key)
        if before is not None and before[1] != new:
            break
        homes[key] = (home, new, 1 if before is None else before[2] + 1)
    else:
        links = [link for link, _, _ in homes.values()]
        if links:
            yield Resized(
                tuple(edits.replace(link.source, link.node, str(size)) for link, size, _ in homes.values()),
                _place(links[0]),
                tuple(name for link in links for name in _names(found.node, link, found.site)),
                all(_uses(link) <= count for link, _, count in homes.values()),
            )
    node = found.node
    if isinstance(node, ast.Tuple | ast.List) and len(node.elts) == len(old) - 1:
        written = tuple(edits.replace(found.site.source, node.elts[axis - 1], str(shape[axis])) for axis in different)
        yield Resized(written, found.site.place, _names(node, None, found.site), whole=False)
    elif not homes and isinstance(node, ast.BinOp | ast.Call) and node in ast.walk(found.site.call):
        text = str(tuple(shape[1:]))
        yield Resized(
            (edits.replace(found.site.source, node, text),),
            found.site.place,
            _names(node, None, found.site),
            whole=False,
        )


def _uses(home: Link) -> int:
    """Return how often the program reads the name that a number is bound to."""
    names = [home.name] if home.name else []
    statement = home.statement
    value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
    bound = home.node is value
    if isinstance(statement, ast.Assign) and isinstance(value, ast.Tuple | ast.List) and home.node in value.elts:
        bound, place = True, value.elts.index(home.node)
        displays = [one for one in statement.targets if isinstance(one, ast.Tuple | ast.List)]
        names += [item.id for one in displays for item in one.elts[place : place + 1] if isinstance(item, ast.Name)]
    elif isinstance(statement, ast.Assign):
        names += [one.id for target in statement.targets for one in ast.walk(target) if isinstance(one, ast.Name)]
    return max((len(reads(home.source, name, home.scope.owner)) for name in names), default=0) if bound else 0


def nested_input(failure: Failure) -> Iterator[Proposal]:
    """Let the Input of a nested model take what the model before it gives."""
    given = failure.shape
    if not failure.nested or given is None or None in given[1:]:
        return
    for count, one in enumerate(resized_inputs(failure, failure.step, given)):
        yield Proposal(
            title=f"let {failure.plan.goal.name!r} take {given}, which is what it is given",
            change=Change(inputs={id(failure.step.operation): given}),
            edits=one.edits,
            cost=0.5 + 0.2 * count + (0.5 if not one.whole and not count else 0.0),
            code="KG207",
            cause=one.place,
            exact=one.whole,
            names=one.names,
        )


def open_sizes(failure: Failure) -> Iterator[Proposal]:
    """Give an Input the sizes of the program's data where they were left open."""
    for step in failure.inputs():
        found, shape = declared(failure, step), step.shapes[0] if step.shapes else None
        if found is None or shape is None or None not in shape[1:] or not isinstance(found.node, ast.Tuple | ast.List):
            continue
        fitting = {
            sizes[1:]
            for _, value in arrays(failure)
            if (sizes := specs.shape_of(value)) is not None
            and len(sizes) == len(shape)
            and all(want in (None, size) for want, size in zip(shape[1:], sizes[1:], strict=True))
        }
        if len(fitting) != 1 or len(found.node.elts) != len(shape) - 1:
            continue
        sizes = fitting.pop()
        change = Change(inputs={id(step.operation): (None, *sizes)})
        missing = [
            (node, size) for node, size, want in zip(found.node.elts, sizes, shape[1:], strict=True) if want is None
        ]
        renamed = [settings.under_its_name(node, found.scope, size) for node, size in missing]
        if all(one is not None for one in renamed):
            yield Proposal(
                title="read the size under the name that it has in the settings",
                change=change,
                edits=tuple(one.edit for one in renamed if one is not None),
                cost=0.8,
                cause=renamed[0].place if renamed[0] is not None else None,
                names=tuple(name for one in renamed if one is not None for name in one.names),
            )
        written = tuple(edits.replace(found.site.source, node, str(size)) for node, size in missing)
        yield Proposal(
            title=f"give the Input the size of the data, {sizes}",
            change=change,
            edits=written,
            cost=0.9,
            cause=found.site.place,
            names=_names(found.node, None, found.site),
        )


def divisible(failure: Failure) -> Iterator[Proposal]:
    """Choose the next size that the network divides, where no data fixes the size."""
    if failure.from_data or failure.nested or not any(_shrinks(step) for step in (failure.step, *failure.upstream)):
        return
    for step in failure.inputs():
        shape = step.shapes[0] if step.shapes else None
        if shape is None or len(shape) < 3 or None in shape[1:] or has_data_of(failure, shape[1:]):
            continue
        for power in POWERS:
            sizes = tuple(-(-(size or 0) // power) * power for size in shape[1:-1])
            new = (shape[0], *sizes, shape[-1])
            if new == shape or not rebuild(failure.plan, Change(inputs={id(step.operation): new})).accepted:
                continue
            what = (
                "that can be halved as often as the network does"
                if failure.merges
                else "that leaves room for all layers"
            )
            for count, one in enumerate(resized_inputs(failure, step, new)):
                yield Proposal(
                    title=f"choose a size {what}: {new[1:]}",
                    change=Change(inputs={id(step.operation): new}),
                    edits=one.edits,
                    cost=(0.7 if failure.merges else 1.0) + 0.2 * count,
                    cause=one.place,
                    names=one.names,
                )
            return


def _shrinks(step: Step) -> bool:
    """Return whether a layer has windows, so that it may give fewer positions than it gets."""
    return hasattr(step.operation, "kernel_size") or hasattr(step.operation, "pool_size")


def _place(home: Link) -> Place:
    return home.place


def _names(node: ast.expr, home: Link | None, site: Site) -> tuple[str, ...]:
    names = [one.id for one in ast.walk(node) if isinstance(one, ast.Name)]
    if home is not None:
        if home.name:
            names.append(home.name)
        names += [one.id for one in ast.walk(home.node) if isinstance(one, ast.Name)]
        if isinstance(home.statement, ast.Assign):
            names += [target.id for target in home.statement.targets if isinstance(target, ast.Name)]
    return (*dict.fromkeys(names), str(getattr(site.layer, "name", "")))
