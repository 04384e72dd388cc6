"""Search: which rearrangement of what was passed has the structure that the model wants."""

from __future__ import annotations

import ast
import dataclasses
import difflib
import itertools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from kerasguard import edits
from kerasguard.adapters import specs, wants
from kerasguard.evidence import Evidence, Given
from kerasguard.provenance.source import SourceFile
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import key_of, misfits
from kerasguard.vocabulary import Edit, Place

MOST_INPUTS = 5
CLOSE = 0.5


class Keys(NamedTuple):
    """How the keys of a dict differ from the names that are wanted."""

    missing: tuple[str, ...]
    extra: tuple[str, ...]
    given: tuple[str, ...]


def keys(evidence: Evidence) -> Keys | None:
    """Compare the keys that were passed with the names of the inputs; None where no dict was passed or keys agree."""
    return compare_keys([key_of(one) for one in evidence.given], [want.name for want in evidence.wanted])


def compare_keys(given: Sequence[str | None], wanted: Sequence[str]) -> Keys | None:
    """Compare keys with names, in the order in which they were given."""
    found = [key for key in given if key is not None]
    if not found or len(found) != len(given) or not wanted:
        return None
    missing = tuple(name for name in wanted if name not in found)
    extra = tuple(key for key in found if key not in wanted)
    return Keys(missing, extra, tuple(found)) if missing or extra else None


def renamings(difference: Keys) -> Iterator[dict[str, str]]:
    """Yield ways to rename extra keys to missing names, the likeliest first."""
    if (
        not difference.missing
        or len(difference.extra) < len(difference.missing)
        or len(difference.missing) > MOST_INPUTS
    ):
        return
    options = itertools.permutations(difference.extra, len(difference.missing))
    ways = [dict(zip(chosen, difference.missing, strict=True)) for chosen in itertools.islice(options, 24)]
    yield from sorted(ways, key=lambda way: -sum(_likeness(old, new) for old, new in way.items()))


def _likeness(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one.lower(), other.lower()).ratio()


class Display(NamedTuple):
    """A dict written in the user's source."""

    source: SourceFile
    node: ast.Dict | ast.Call


def dict_displays(evidence: Evidence, names: Sequence[str]) -> list[Display]:
    """Return the dicts in the user's source files that are written with all of these keys, the crashing file first."""
    found: list[Display] = []
    files: dict[str, SourceFile] = {}
    for frame in reversed(evidence.frames):
        if frame.source is not None:
            files.setdefault(frame.source.filename, frame.source)
    for source in files.values():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Dict | ast.Call) and set(names) <= set(_keys_of(node)):
                found.append(Display(source, node))  # noqa: PERF401 - reads better with the condition on its own line
    return found


def _keys_of(node: ast.Dict | ast.Call) -> list[str]:
    if isinstance(node, ast.Dict):
        return [key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
    if isinstance(node.func, ast.Name) and node.func.id == "dict":
        return [keyword.arg for keyword in node.keywords if keyword.arg is not None]
    return []


def rename_key(display: Display, old: str, new: str) -> Edit | None:
    """Return the edit that renames one key where the dict is written, in the file's own quotes."""
    node, source = display.node, display.source
    if isinstance(node, ast.Dict):
        key = next(k for k in node.keys if isinstance(k, ast.Constant) and k.value == old)
        quote = source.segment(key)[-1]
        return edits.replace(source, key, f"{quote}{new}{quote}")
    if not new.isidentifier():
        return None
    keyword = next(k for k in node.keywords if k.arg == old)
    return edits.replace(source, keyword, f"{new}={source.segment(keyword.value)}")


def drop_key(display: Display, old: str) -> Edit:
    """Return the edit that takes one entry out of a written dict, its comma included."""
    node, source = display.node, display.source
    if isinstance(node, ast.Dict):
        items: list[tuple[ast.AST | None, ast.AST]] = list(zip(node.keys, node.values, strict=True))
        names = [key.value if isinstance(key, ast.Constant) else None for key, _ in items]
    else:
        items = [(keyword, keyword.value) for keyword in node.keywords]
        names = [keyword.arg for keyword in node.keywords]
    index = names.index(old)
    first, last = items[index]
    start, end = source.place(first or last), source.place(last)
    at, until = (start.row, start.column), (end.end_row, end.end_column)
    if index + 1 < len(items):
        following = source.place(items[index + 1][0] or items[index + 1][1])
        until = (following.row, following.column)
    elif index:
        before = source.place(items[index - 1][1])
        at = (before.end_row, before.end_column)
    return Edit(source.filename, at, until, "")


def key_candidates(evidence: Evidence, difference: Keys) -> Iterator[Candidate]:
    """Propose to rename keys, or to drop those that nothing asks for."""
    call = evidence.call
    displays = dict_displays(evidence, difference.given)
    if call is None or not displays:
        return
    display = displays[0]
    place = display.source.place(display.node)
    sure = len(displays) == 1
    for way in itertools.islice(renamings(difference), 4):
        changes = [rename_key(display, old, new) for old, new in way.items()]
        drop = [drop_key(display, old) for old in difference.extra if old not in way]
        new_x = _rekeyed(call.x, way, [key for key in difference.extra if key not in way])
        if None not in changes:
            yield Candidate(
                title="name the keys as the model does: "
                + ", ".join(f"{old!r} is {new!r}" for old, new in way.items()),
                edits=(*(edit for edit in changes if edit is not None), *drop),
                cost=1.0 if all(_likeness(o, n) >= CLOSE for o, n in way.items()) else 1.3,
                call=None if new_x is None else dataclasses.replace(call, x=new_x),
                cause=_key_line(display, next(iter(way)), place),
                exact=sure and new_x is not None,
                applicability="safe" if len(way) == 1 else "unsafe",
            )
    if difference.missing and not difference.extra and isinstance(display.node, ast.Dict):
        yield from _added_keys(evidence, display, difference)
    if not difference.missing:
        new_x = _rekeyed(call.x, {}, list(difference.extra))
        yield Candidate(
            title="leave out " + ", ".join(map(repr, difference.extra)),
            edits=tuple(drop_key(display, old) for old in difference.extra),
            cost=1.1,
            call=None if new_x is None else dataclasses.replace(call, x=new_x),
            cause=_key_line(display, difference.extra[0], place),
            exact=sure and new_x is not None,
        )


def _added_keys(evidence: Evidence, display: Display, difference: Keys) -> Iterator[Candidate]:
    """Propose variables of the frame where the dict is written for the keys that are missing."""
    call = evidence.call
    scope = next(
        (scope for scope in reversed(evidence.scopes) if scope.owner is display.source.owner(display.node)), None
    )
    if call is None or scope is None or not isinstance(call.x, dict) or not isinstance(display.node, ast.Dict):
        return
    source, wanted = display.source, {want.name: want for want in evidence.wanted}
    added, values = [], {}
    for key in difference.missing:
        options = [
            (-_likeness(name, key) + cost, text, value)
            for name, own in {**scope.globals, **scope.names}.items()
            if not name.startswith("_")
            for cost, text, value in _as_input(name, own, wanted[key])
        ]
        if not options:
            return
        _, text, values[key] = min(options, key=lambda option: option[0])
        added.append(f'"{key}": {text}')
    last = source.place(display.node.values[-1])
    at = (last.end_row, last.end_column)
    yield Candidate(
        title="add " + ", ".join(f"`{entry}`" for entry in added),
        edits=(Edit(source.filename, at, at, ", " + ", ".join(added)),),
        cost=1.2,
        call=dataclasses.replace(call, x={**call.x, **values}),
        cause=_key_line(display, difference.given[0], source.place(display.node)),
    )


def _as_input(name: str, value: Any, want: wants.Wanted) -> Iterator[tuple[float, str, Any]]:
    """Yield how a variable could be passed for an input: as it is, or as a batch of one."""
    spec = specs.spec_of(value)
    if spec.kind not in ("numpy", "eager") or spec.shape is None:
        return
    if want.fits(spec.shape):
        yield 0.0, name, value
    elif want.fits((1, *spec.shape)):
        yield 0.1, f"{name}[None]", value[None]


def _key_line(display: Display, key: str, whole: Place) -> Place:
    """Return the place of one entry where a dict runs over several lines."""
    if isinstance(display.node, ast.Dict) and whole.row != whole.end_row:
        node = next(k for k in display.node.keys if isinstance(k, ast.Constant) and k.value == key)
        return display.source.place(node)
    statement = display.source.statement(display.node)
    return whole if statement is None or whole.row == whole.end_row else display.source.place(statement)


def written_at(evidence: Evidence, difference: Keys) -> Place | None:
    """Return where the dict is written, if that is one place."""
    displays = dict_displays(evidence, difference.given)
    if len(displays) != 1:
        return None
    key = (*difference.extra, *difference.given)[0]
    return _key_line(displays[0], key, displays[0].source.place(displays[0].node))


def _rekeyed(tree: Any, way: dict[str, str], drop: Sequence[str]) -> Any:
    """Return what was passed with keys renamed and dropped; a dataset's elements by a map; None where neither works."""
    if isinstance(tree, dict):
        return {way.get(key, key): value for key, value in tree.items() if key not in drop}
    if specs.kind_of(tree) == "dataset":
        first_only = not isinstance(tree.element_spec, tuple)

        def rekey(*element: Any) -> Any:
            features = {way.get(key, key): value for key, value in element[0].items() if key not in drop}
            return features if first_only else (features, *element[1:])

        try:
            return tree.map(rekey)
        except (TypeError, ValueError, AttributeError):
            return None
    return None


def orders(evidence: Evidence) -> Iterator[tuple[int, ...]]:
    """Yield the orders in which the tensors passed in a list fit the inputs, when theirs does not."""
    given, wanted = evidence.given, evidence.wanted
    if not 2 <= len(given) <= MOST_INPUTS or len(given) != len(wanted) or not misfits(evidence):  # noqa: PLR2004
        return
    if any(one.element is not None or len(one.path) != 1 or not isinstance(one.path[0], int) for one in given):
        return
    for order in itertools.permutations(range(len(given))):
        if all(want.fits(given[index].shape) for index, want in zip(order, wanted, strict=True)):
            yield order


def order_candidates(evidence: Evidence) -> Iterator[Candidate]:
    """Propose to put the inputs in the order in which the model lists them."""
    call = evidence.call
    if call is None:
        return
    for order in itertools.islice(orders(evidence), 3):
        values = [evidence.given[index].value for index in order]
        written = reordered(evidence.given, order)
        names = ", ".join(evidence.given[index].name for index in order)
        yield Candidate(
            title=f"pass the inputs in the model's order: {names}",
            edits=written,
            cost=0.8,
            call=dataclasses.replace(call, x=type(call.x)(values) if isinstance(call.x, list | tuple) else values),
            exact=bool(written),
            applicability="safe",
        )


def reordered(given: Sequence[Given], order: Sequence[int]) -> tuple[Edit, ...]:
    """Return the edits that put the written expressions in another order; none where they stand apart."""
    nodes = [one.node for one in given]
    sources = {id(one.scope.source) for one in given if one.scope is not None}
    if None in nodes or len(sources) != 1 or len({id(node) for node in nodes}) != len(nodes):
        return ()
    source = given[0].scope.source if given[0].scope is not None else None
    if source is None:
        return ()
    return tuple(
        edits.replace(source, given[position].node, source.segment(given[index].node))  # type: ignore[arg-type]
        for position, index in enumerate(order)
        if position != index
    )


def structure_candidates(evidence: Evidence) -> Iterator[Candidate]:
    """Propose other nestings: one stacked array taken apart, a nested list flattened, names put to a list, extras dropped."""
    call = evidence.call
    if call is None or not evidence.wanted:
        return
    yield from _unstacked(evidence)
    yield from _flattened(evidence)
    yield from _named(evidence)
    yield from _only_what_fits(evidence)


def _unstacked(evidence: Evidence) -> Iterator[Candidate]:
    """One array, or a nested list of numbers, that holds all inputs."""
    call, given, wanted = evidence.call, evidence.given, evidence.wanted
    if call is None or len(given) != 1 or len(wanted) < 2 or given[0].element is not None or given[0].shape is None:  # noqa: PLR2004
        return
    one, count = given[0], len(wanted)
    for axis in range(min(2, len(one.shape or ()))):
        if (one.shape or ())[axis] != count:
            continue
        rest = tuple(size for position, size in enumerate(one.shape or ()) if position != axis)
        for batch in ((), (1,)):
            if all(want.fits((*batch, *rest)) for want in wanted):
                yield from _unstacked_by(evidence, one, axis, bool(batch), (*batch, *rest))


def _unstacked_by(
    evidence: Evidence, one: Given, axis: int, new_batch: bool, shape: tuple[int | None, ...]
) -> Iterator[Candidate]:
    from kerasguard.repairs.transformations import stand_in

    call, wanted = evidence.call, evidence.wanted
    if call is None or one.node is None or one.scope is None or one.scope.source is None:
        return
    source = one.scope.source
    parts = _parts(one.node, len(wanted), axis)
    array = "numpy" if one.spec.kind != "python" else "python"
    alias = edits.alias(source, "numpy")
    if parts is not None and alias is not None:
        inner = [source.segment(part) for part in parts]
        wrap = f"{alias}.array([{{}}])" if new_batch or axis == 1 else f"{alias}.array({{}})"
        text = "[" + ", ".join(wrap.format(item) for item in inner) + "]"
    elif array == "numpy":
        text_of = source.segment(one.node)
        at = ":, " * axis
        text = (
            "["
            + ", ".join(f"{text_of}[{at}{index}]" + ("[None]" if new_batch else "") for index in range(len(wanted)))
            + "]"
        )
    else:
        return
    dtype = one.spec.dtype or "float32"
    import numpy as np

    values = [stand_in(np.zeros((), dtype), shape) for _ in wanted]
    yield Candidate(
        title=f"pass {len(wanted)} arrays, one for each input",
        edits=(edits.replace(source, one.node, text),),
        cost=1.2,
        call=dataclasses.replace(call, x=values),
        applicability="safe",
    )


def _parts(node: ast.expr, count: int, axis: int) -> list[ast.expr] | None:
    """Return the written parts of a nested display: ``[a, b]``, or ``[[a, b]]`` with the parts inside."""
    for _ in range(axis):
        if not isinstance(node, ast.List | ast.Tuple) or len(node.elts) != 1:
            return None
        node = node.elts[0]
    if isinstance(node, ast.List | ast.Tuple) and len(node.elts) == count:
        return list(node.elts)
    return None


def _flattened(evidence: Evidence) -> Iterator[Candidate]:
    """A list in a list, or a tuple in a list, around the right tensors."""
    call, given, wanted = evidence.call, evidence.given, evidence.wanted
    if call is None or len(given) != len(wanted) or any(one.element is not None for one in given):
        return
    if not any(len(one.path) > 1 for one in given) or not all(
        w.fits(g.shape) for g, w in zip(given, wanted, strict=True)
    ):
        return
    whole = evidence.written("x", (), call.x)
    values = [one.value for one in given]
    if whole[1] is None or whole[2] is None or whole[2].source is None:
        return
    source = whole[2].source
    texts = [source.segment(one.node) if one.node is not None else None for one in given]
    if None in texts:
        return
    text = "[" + ", ".join(str(item) for item in texts) + "]" if len(values) > 1 else str(texts[0])
    yield Candidate(
        title="pass the tensors in one flat list",
        edits=(edits.replace(source, whole[1], text),),
        cost=1.0,
        call=dataclasses.replace(call, x=values if len(values) > 1 else values[0]),
        applicability="safe",
    )


def _named(evidence: Evidence) -> Iterator[Candidate]:
    """A list or tuple where the model was built on a dict: name each tensor by the input it fits."""
    call, given, wanted = evidence.call, evidence.given, evidence.wanted
    structure = wants.graph_structure(evidence.event.owner)
    if call is None or not isinstance(structure, dict) or isinstance(call.x, dict) or len(given) != len(wanted):
        return
    if any(one.element is not None or one.node is None for one in given):
        return
    whole = evidence.written("x", (), call.x)
    if whole[1] is None or whole[2] is None or whole[2].source is None:
        return
    source = whole[2].source
    names = list(structure)
    by_name = {want.name: want for want in wanted}
    for order in itertools.islice(itertools.permutations(range(len(given))), 24):
        chosen = [given[index] for index in order]
        if all(by_name[name].fits(one.shape) for name, one in zip(names, chosen, strict=True) if name in by_name):
            entries = ", ".join(
                f'"{name}": {source.segment(one.node)}' for name, one in zip(names, chosen, strict=True) if one.node
            )
            yield Candidate(
                title="pass a dict with the names of the inputs",
                edits=(edits.replace(source, whole[1], "{" + entries + "}"),),
                cost=1.0,
                call=dataclasses.replace(call, x=dict(zip(names, [one.value for one in chosen], strict=True))),
                applicability="safe",
            )
            return


def _only_what_fits(evidence: Evidence) -> Iterator[Candidate]:
    """More tensors than inputs: labels, names or an extra array passed along with the data."""
    call, given, wanted = evidence.call, evidence.given, evidence.wanted
    if (
        call is None
        or len(given) <= len(wanted)
        or len(given) > MOST_INPUTS
        or any(one.element is not None for one in given)
    ):
        return
    whole = evidence.written("x", (), call.x)
    if whole[1] is None or whole[2] is None or whole[2].source is None:
        return
    source = whole[2].source
    for chosen in itertools.combinations(given, len(wanted)):
        if all(want.fits(one.shape) for one, want in zip(chosen, wanted, strict=True)) and all(
            one.node for one in chosen
        ):
            texts = [source.segment(one.node) for one in chosen if one.node is not None]
            values: Any = [one.value for one in chosen]
            yield Candidate(
                title="pass only what the model has an input for",
                edits=(edits.replace(source, whole[1], texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"),),
                cost=1.6,
                call=dataclasses.replace(call, x=values[0] if len(values) == 1 else values),
            )
            return
