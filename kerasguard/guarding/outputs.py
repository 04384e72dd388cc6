"""What a run leaves besides the text on the terminal and the JSON report: a page, annotations, a SARIF log."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kerasguard import settings
from kerasguard.faults import contained, tell
from kerasguard.guarding import checks
from kerasguard.vocabulary import Diagnosis

Form = Literal["text", "github", "sarif"]


@dataclass(frozen=True, slots=True)
class Outputs:
    """What is wanted, settled before the program runs: it may change the working directory.

    Attributes
    ----------
    report, page
        The files for the JSON report (which `reporting` writes) and for the HTML page.
    form, target
        The format for other programs, and the file it goes to; None prints it after the program's own output.
    root
        The folder from which paths are told: that of the workflow, or the working directory.
    """

    report: Path | None
    page: Path | None
    form: Form
    target: Path | None
    root: Path

    @classmethod
    def wished(cls, report: Path | None, page: Path | None, form: Form, target: Path | None) -> Outputs:
        """Return what the command line asked for."""
        root = Path(os.environ.get("GITHUB_WORKSPACE") or settings.absolute("."))
        files = (path and settings.absolute(path) for path in (report, page, target))
        report, page, target = files
        return cls(report, page, form, target, root)

    def obstacle(self) -> str | None:
        """Return why the wish cannot be met; better told before a long run than after it."""
        if self.target is not None and self.form == "text":
            return "--output needs --format github or --format sarif"
        for path in (self.report, self.page, self.target):
            if path is not None and not path.parent.is_dir():
                return f"no folder {str(path.parent)!r} for {path.name!r}"
        return None

    def write(self, diagnosis: Diagnosis | None) -> None:
        """Write and print all that is wanted of the run that is over."""
        with contained("writing the results of the run"):
            try:
                self._write(diagnosis)
            except OSError as failure:
                tell(f"kerasguard: cannot write the results: {failure}")

    def _write(self, diagnosis: Diagnosis | None) -> None:
        from kerasguard.render import terminal
        from kerasguard.render.report import write_text

        if self.page is not None:
            from kerasguard.render import html

            write_text(self.page, html.page(diagnosis, checks.seen()))
        if self.form == "text":
            return
        text = self._text(diagnosis)
        if self.target is not None:
            write_text(self.target, text)
        elif sys.stdout is not None:
            terminal.write(sys.stdout, text)

    def _text(self, diagnosis: Diagnosis | None) -> str:
        if self.form == "github":
            from kerasguard.render import github

            return "".join(f"{line}\n" for line in github.commands(diagnosis, checks.seen(), self.root))
        from kerasguard.render import sarif

        return json.dumps(sarif.log(diagnosis, checks.seen(), self.root), ensure_ascii=False, indent=2) + "\n"
