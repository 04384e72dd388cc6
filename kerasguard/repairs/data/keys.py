"""Search: which names for the tensors of a dict are the ones that were asked for."""

from __future__ import annotations

import ast
import dataclasses
import difflib
import itertools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from kerasguard.adapters import specs, wants
from kerasguard.adapters.trial import Call, Outcome, try_call
from kerasguard.evidence import Evidence
from kerasguard.provenance.access import is_a
from kerasguard.provenance.source import SourceFile
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import dropped_keys
from kerasguard.repairs.data.search import key_of
from kerasguard.vocabulary import Edit, Offender, Place

MOST_INPUTS = 5
MOST_KEYS = 200  # a dict with more is no dict of inputs
CLOSE = 0.5


class Keys(NamedTuple):
    """How the keys of a dict differ from the names that are wanted."""

    missing: tuple[str, ...]
    extra: tuple[str, ...]
    given: tuple[str, ...]


def keys(evidence: Evidence) -> Keys | None:
    """Compare the keys that were passed with the names of the inputs; None where no dict was passed or keys agree."""
    refusing = refusing_call(evidence)
    if refusing is None or not (is_a(refusing.x, dict) and specs.is_container(refusing.x)):
        given = [key_of(one) for one in evidence.given]
        return compare_keys(given, [want.name for want in evidence.wanted])
    return compare_keys(list(itertools.islice(refusing.x, MOST_KEYS + 1)), [want.name for want in demanded(evidence)])


def refusing_call(evidence: Evidence) -> Call | None:
    """Return the call whose dict is compared: that of a model inside the called one if that is the one refusing it."""
    failing = evidence.failing
    if failing is None or failing.layer is evidence.event.owner or not is_a(failing.inputs, dict):
        return evidence.call
    return Call("call", failing.layer, failing.inputs)


def demanded(evidence: Evidence) -> tuple[wants.Wanted, ...]:
    """Return what the inputs of the model want that refuses the dict."""
    refusing = refusing_call(evidence)
    if refusing is None or refusing is evidence.call:
        return evidence.wanted
    return wants.model_wants(refusing.owner)


def compare_keys(given: Sequence[str | None], wanted: Sequence[str]) -> Keys | None:
    """Compare keys with names, in the order in which they were given."""
    found = [key for key in given if key is not None]
    if not found or len(found) != len(given) or not wanted or len(found) > MOST_KEYS:
        return None
    if not all(type(key) in (str, int, float, bool) for key in found):
        return None  # objects are compared by code of the user's
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
    """Return the dicts in the user's source files that are written with all of these keys, the crashing file first.

    Where the way back from what was passed leads to one of them, that one alone is meant.
    """
    found: list[Display] = []
    made = dropped_keys.made_by(evidence)
    if made is not None and isinstance(made.node, ast.Dict) and set(names) <= set(_keys_of(made.node)):
        return [Display(made.source, made.node)]
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
    call = refusing_call(evidence)
    if call is evidence.call and not difference.extra:
        wanted = {want.name: want for want in demanded(evidence)}
        yield from dropped_keys.candidates(evidence, difference.missing, wanted)
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
                **_trial(evidence, call, new_x),
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
            **_trial(evidence, call, new_x),
            cause=_key_line(display, difference.extra[0], place),
            exact=sure and new_x is not None,
        )


def _trial(evidence: Evidence, refusing: Call, new_x: Any) -> dict[str, Any]:
    """Return how a candidate is tried: as the guarded call, or as the call of the model inside it that refuses."""
    if new_x is None:
        return {}
    new = dataclasses.replace(refusing, x=new_x)
    if refusing is evidence.call:
        return {"call": new}

    def check() -> Outcome:
        control = try_call(refusing)
        if control.accepted or control.error is None:
            return Outcome(accepted=False, note="the trial does not see the fault")
        return try_call(new)

    return {"check": check}


def _added_keys(evidence: Evidence, display: Display, difference: Keys) -> Iterator[Candidate]:
    """Propose variables of the frame where the dict is written for the keys that are missing."""
    call = refusing_call(evidence)
    scope = next(
        (scope for scope in reversed(evidence.scopes) if scope.owner is display.source.owner(display.node)), None
    )
    if call is None or scope is None or not isinstance(call.x, dict) or not isinstance(display.node, ast.Dict):
        return
    source, wanted = display.source, {want.name: want for want in demanded(evidence)}
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
        **_trial(evidence, call, {**call.x, **values}),
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


def names_of(evidence: Evidence, difference: Keys) -> Iterator[Offender]:
    """Yield the variables to which the dict with these keys is bound where it is written."""
    for display in dict_displays(evidence, difference.given):
        statement = display.source.statement(display.node)
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    yield Offender(target.id, "dict")


def written_at(evidence: Evidence, difference: Keys) -> Place | None:
    """Return where the dict is written, if that is one place."""
    made = dropped_keys.made_by(evidence)
    if made is not None and isinstance(made.node, ast.DictComp):
        return made.place
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
