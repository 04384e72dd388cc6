"""Tell by names whether two inputs of equal shape were passed in each other's place."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Sequence
from dataclasses import replace

from kerasguard.adapters import unnoticed
from kerasguard.adapters.wants import Wanted
from kerasguard.evidence import Given
from kerasguard.evidence.situation import Situation
from kerasguard.provenance.walk import chain, name_of
from kerasguard.repairs.data.search import Pair, pairs

MOST_INPUTS = 8
# Words that say what a tensor is for and not which one it is.
COMMON = frozenset(
    [
        "in", "input", "inputs", "layer", "x", "data", "train", "training", "test", "testing", "val", "valid",
        "validation", "batch", "array", "arr", "np", "tf", "tensor", "feature", "features", "keras", "df", "values",
        "set", "all", "my", "new", "raw", "the", "of", "and", "to", "a", "b", "i",
    ]
)  # fmt: skip
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def exchanged(situation: Situation) -> tuple[Pair, Pair] | None:
    """Return two pairs of tensor and input whose names say that they belong to each other's partner.

    Silent where the model treats both inputs alike (the same layers take them): then an exchange is harmless, and often
    meant.
    """
    if len(situation.wanted) < 2 or len(situation.wanted) > MOST_INPUTS:
        return None
    found = [(_as_gathered(given), want) for given, want in pairs(situation)]
    names = [(_words(_written(given)), _words(want.name) | _words(_variable(situation, want))) for given, want in found]
    for (i, one), (j, other) in itertools.combinations(enumerate(found), 2):
        if one[1].display != other[1].display or _alike(situation, one[1], other[1]):
            continue
        if _crossed(names[i], names[j]):
            return one, other
    return None


def _crossed(one: tuple[frozenset[str], frozenset[str]], other: tuple[frozenset[str], frozenset[str]]) -> bool:
    """Return whether each name shares a telling word with the other's input and none with its own."""
    (given, want), (given_other, want_other) = one, other
    return bool(given & want_other and given_other & want) and not (given & want or given_other & want_other)


def _as_gathered(given: Given) -> Given:
    """Return a part of a dataset's elements with the expression that it was put into the pipeline by."""
    if given.element is None or given.node is None or given.scope is None:
        return given
    for link in chain(given.node, given.scope, ("*", *given.element)):
        if set(link.path) <= {"*"} and isinstance(link.node, ast.Name | ast.Attribute | ast.Subscript):
            return replace(given, node=link.node, scope=link.scope, name=link.source.segment(link.node))
    return replace(given, node=None, scope=None)


def _written(given: Given) -> str:
    """Return the name that the user wrote for a tensor, empty for what is no plain name."""
    node = given.node
    while isinstance(node, ast.Subscript):
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            return node.slice.value
        node = node.value
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) and node.attr not in {"values", "T"} else ""


def _variable(situation: Situation, want: Wanted) -> str:
    """Return the variable that holds an Input, where it was given no name."""
    found = name_of(want.source, situation.frames) if want.source is not None else None
    return found or ""


def _words(name: str) -> frozenset[str]:
    words = (word.lower() for word in _WORD.findall(name))
    return frozenset(_singular(word) for word in words if word not in COMMON and not word.isdigit())


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _alike(situation: Situation, one: Wanted, other: Wanted) -> bool:
    tensors: Sequence[object] = (one.source, other.source)
    takers = [unnoticed.consumers(situation.event.owner, tensor) for tensor in tensors]
    return bool(takers[0]) and takers[0] == takers[1] and not unnoticed.ordered(situation.event.owner, takers[0])
