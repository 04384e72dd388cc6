"""Which classes of the labels a `class_weight` says nothing of."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from kerasguard.evidence import Evidence, Given
from kerasguard.provenance.values import is_array
from kerasguard.repairs.labels import demands
from kerasguard.repairs.labels.demands import Pair

MOST_READ = 2_000_000
MOST_CLASSES = 10_000


def unweighted(evidence: Evidence) -> tuple[Given, int, int] | None:
    """Return the labels, how many classes among them have no weight, and how many there are; None without any.

    A dict with one class is taken as meant: all others weigh 1.
    """
    call = evidence.call
    given = call.options.get("class_weight") if call is not None else None
    pairs = demands.pairs(evidence)
    if not isinstance(given, Mapping) or not given or len(pairs) != 1:
        return None
    classes = _classes(pairs[0])
    if classes is None or len(classes) > MOST_CLASSES:
        return None
    known = {number for key in given if (number := _number(key)) is not None}
    missing = classes - known - {pairs[0].head.ignore_class}
    if not missing or (len(given) == 1 and known & classes):
        return None
    return pairs[0].given, len(missing), len(classes)


def _number(key: Any) -> int | None:
    """Return the class number that a key is; a text is none, even of digits."""
    if isinstance(key, str | bytes):
        return None
    try:
        return int(key) if int(key) == key else None
    except (TypeError, ValueError, OverflowError):
        return None


def _classes(pair: Pair) -> set[int] | None:
    """Return the class numbers that occur, of labels that are at hand; None where they number no classes."""
    numpy: Any = sys.modules.get("numpy")
    given, head = pair.given, pair.head
    if numpy is None:
        return None
    value = demands.values_of(given)
    array = value if is_array(value) else getattr(value, "numpy", lambda: None)()
    if array is None or not 0 < array.size <= MOST_READ or array.dtype.kind not in "iufb":
        return None
    if array.ndim == 2 and array.shape[1] > 1:
        if array.shape[1] != head.units or not head.categorical:
            return None
        return {int(number) for number in numpy.unique(array.argmax(axis=1))}
    if array.ndim > 2 or not (head.sparse or head.binary):
        return None
    found = numpy.unique(array)
    if not bool((found == numpy.floor(found)).all()):
        return None  # soft labels
    return {int(number) for number in found}
