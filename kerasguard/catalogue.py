"""The codes and their pages, read from the rules' files without running them: no page needs TensorFlow."""

from __future__ import annotations

import ast
import functools
import re
from dataclasses import dataclass
from pathlib import Path

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
    """Return the page of every rule, by code."""
    return tuple(_page(name) for name in rule_names())


def _page(name: str) -> Page:
    tree = ast.parse((RULES / f"{name}.py").read_text(encoding="utf-8"))
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return Page(str(constants["CODE"]), str(constants["NAME"]), ast.get_docstring(tree) or "", name)
