"""Which releases of Keras kerasguard is tested with (noxfile.py and README name the same)."""

from __future__ import annotations

import re

NEWEST = {"keras3": (3, 15), "tf_keras": (2, 21)}


def note_on(flavour: str | None, version: str | None) -> str | None:
    """Return a remark on a Keras that is newer than those that were tested; None on all others."""
    newest = NEWEST.get(flavour or "")
    found = re.match(r"(\d+)\.(\d+)", version or "")
    if newest is None or found is None or (int(found[1]), int(found[2])) <= newest:
        return None
    tested = ".".join(map(str, newest))
    return f"this Keras is newer than {tested}, the newest one that this kerasguard was tested with"
