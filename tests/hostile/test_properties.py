"""Random programs, right and wrong: the guard changes nothing, and a verified fix works when it is applied.

The same few every time; with `KERASGUARD_EXAMPLES=2000` in the environment as many are drawn, other ones each time.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, note, settings

from kerasguard.render.changes import apply_edits
from tests.hostile import harness
from tests.hostile.programs import Program, programs

EXAMPLES = os.environ.get("KERASGUARD_EXAMPLES")
FOLDER = Path(tempfile.mkdtemp(prefix="programs-"))


def execute(text: str, *, guarded: bool) -> harness.Ran:
    """Run a program from a file."""
    path = FOLDER / "program.py"
    path.write_text(text, encoding="utf-8")
    return harness.execute(compile(text, str(path), "exec"), guarded=guarded)


def message(error: BaseException | None) -> str:
    """Return the text of an error without what differs between any two runs: addresses and counters."""
    return "" if error is None else re.sub(r"0x[0-9a-f]+|_\d+|(?<=Op:)\w+|\d{4,}", "", str(error))


def leaves(value: Any) -> list[Any]:
    """Return the arrays of a result."""
    if isinstance(value, dict):
        return [leaf for key in sorted(value) for leaf in leaves(value[key])]
    if isinstance(value, list | tuple):
        return [leaf for item in value for leaf in leaves(item)]
    return [np.asarray(value)]


def same(one: Any, other: Any) -> bool:
    """Return whether two results are equal within the tolerance of float32."""
    pairs = list(zip(leaves(one), leaves(other), strict=True))
    return all(a.shape == b.shape and np.allclose(a, b, rtol=1e-4, atol=1e-5, equal_nan=True) for a, b in pairs)


@settings(
    max_examples=int(EXAMPLES or 50),
    derandomize=EXAMPLES is None,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
    print_blob=True,
)
@given(programs())
def test_random_programs(program: Program) -> None:
    """Same outcome with and without the guard; a fix that is called verified makes the program run."""
    note(program.text)
    note(f"odd: {program.odd}")
    # from one line: TensorFlow's messages tell the whole stack
    plain, guarded = (execute(program.text, guarded=which) for which in (False, True))
    assert guarded.kind == plain.kind, guarded.error
    assert message(guarded.error) == message(plain.error)
    if plain.error is None:
        assert same(guarded.names["result"], plain.names["result"])
        assert same(guarded.names["model"].get_weights(), plain.names["model"].get_weights())
        return
    assert len(guarded.error.args) == len(plain.error.args)  # type: ignore[union-attr]
    found = guarded.diagnosis
    verified = [fix for fix in found.fixes if fix.status == "verified"] if found is not None else []
    for fix in verified:
        mended: str = apply_edits(program.text.splitlines(keepends=True), fix.edits) or ""
        note(f"{found.code}: {fix.title}\n{mended}")  # type: ignore[union-attr]
        again = execute(mended, guarded=False)
        assert again.error is None, again.error
