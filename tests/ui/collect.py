"""Run the examples (or those named) under the Keras that the environment names, and print what came of them as JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

from kerasguard.commands import demo
from kerasguard.render import report, text


def main() -> None:
    """Fork a child for each example."""
    found = {}
    with demo.workshop() as examples:
        run = demo.runner()
        wanted = set(sys.argv[1:])
        for example in (one for one in examples if not wanted or one.stem in wanted):
            outcome = run(example)
            found[example.stem] = {
                "error": outcome.error,
                "codes": outcome.codes,
                "text": "\n\n".join(text.plain(diagnosis) for diagnosis in outcome.diagnoses),
                "report": _report(outcome),
            }
    json.dump(found, sys.stdout)


def _report(outcome: demo.Outcome) -> dict[str, Any]:
    raised = [found for found in outcome.diagnoses if found.exception is not None]
    return report.report(next(iter(raised), None), [found for found in outcome.diagnoses if found.exception is None])


if __name__ == "__main__":
    main()
