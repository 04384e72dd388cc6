"""The codes and their pages, read from the rules' files without running them: no page needs TensorFlow."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kerasguard import contributed

RULES = Path(__file__).with_name("rules")
_RULE_FILE = re.compile(r"kg\d{3}_\w+")


@dataclass(frozen=True)
class Page:
    """One mistake: its code, its name, and its page in the manual (Markdown)."""

    code: str
    name: str
    text: str
    module: str

    @property
    def title(self) -> str:
        """The first sentence of the page."""
        return self.text.partition("\n")[0]


def rule_names() -> list[str]:
    """Return the names of the rule modules, by code."""
    return sorted(path.stem for path in RULES.glob("kg*.py") if _RULE_FILE.fullmatch(path.stem))


@functools.cache
def pages() -> tuple[Page, ...]:
    """Return the page of every rule, by code; those of other libraries come last."""
    ours = tuple(_page(name, (RULES / f"{name}.py").read_text(encoding="utf-8")) for name in rule_names())
    return ours + tuple(_contributed_pages({page.code for page in ours}))


def _contributed_pages(taken: set[str]) -> Iterator[Page]:
    for point in contributed.points():
        try:
            page = _page(point.module, contributed.source(point))
            contributed.identified(page.code, page.name, taken)
        except (contributed.Unusable, ImportError, OSError, SyntaxError, ValueError) as fault:
            contributed.tell(point, fault)
        else:
            taken.add(page.code)
            yield page


def _page(name: str, source: str) -> Page:
    tree = ast.parse(source)
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    code, kind = constants.get("CODE", ""), constants.get("NAME", "")
    return Page(str(code), str(kind), ast.get_docstring(tree) or "", name)
