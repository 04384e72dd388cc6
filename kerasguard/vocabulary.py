"""The words of kerasguard: frozen facts that travel from the crash to the page (standard library only)."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from types import CodeType, ModuleType
from typing import Any, Literal

Shape = tuple[int | None, ...]
Applicability = Literal["safe", "unsafe", "display-only"]
Status = Literal["verified", "unverified"]


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of source: rows and columns are 1-based, columns count characters, the end is exclusive."""

    filename: str
    row: int
    end_row: int
    column: int
    end_column: int
    function: str
    code: str

    def to_dict(self) -> dict[str, Any]:
        """Return the fields under the names of the JSON report."""
        return {
            "filename": self.filename,
            "row": self.row,
            "end_row": self.end_row,
            "column": self.column,
            "end_column": self.end_column,
            "function": self.function,
            "code": self.code,
        }


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an object was made: the user's call stack at that moment, innermost first, as code and instruction.

    ``turn`` counts how often this very stack had made an object before (the turns of a loop start at 1).
    """

    stack: tuple[tuple[CodeType, int], ...]
    turn: int = 1


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the trace from the cause to the crash, with what happens to the tensor there."""

    place: Place
    note: str
    shape: Shape | None = None


@dataclass(frozen=True, slots=True)
class Offender:
    """A value that does not fit, under the name the user wrote (or the name of the layer or input)."""

    name: str
    kind: str
    shape: Shape | None = None
    dtype: str | None = None
    path: str = ""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a layer or model wanted in place of an offender, and why it wants that."""

    name: str
    shape: Shape | None = None
    dtype: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text between two 1-based (row, column) positions of a file; columns count characters."""

    filename: str
    start: tuple[int, int]
    end: tuple[int, int]
    content: str


@dataclass(frozen=True, slots=True)
class Fix:
    """An edit of the user's source; ``verified`` only when it was tried on the live objects and worked."""

    title: str
    edits: tuple[Edit, ...]
    status: Status = "unverified"
    evidence: str | None = None
    applicability: Applicability = "unsafe"


@dataclass(frozen=True, slots=True)
class ExceptionFacts:
    """Type (qualified where it is not built in) and message of the user's exception."""

    type: str
    message: str


@dataclass(frozen=True, slots=True)
class DrawnNode:
    """A box of a drawing: an Input, a layer, data, labels, the loss, or several layers folded into one.

    Attributes
    ----------
    kind
        The class of a layer; ``data``, ``labels``, ``loss`` or ``layers`` (folded) for the rest.
    shape
        Of what comes out, None where it is not known or several tensors do.
    count
        How many layers the box stands for.
    """

    name: str
    kind: str
    shape: Shape | None = None
    state: Literal["ok", "failing", "input"] = "ok"
    count: int = 1


@dataclass(frozen=True, slots=True)
class DrawnEdge:
    """A tensor on its way from one box to another, both given by their index; ``refused`` marks the mismatch."""

    source: int
    target: int
    shape: Shape | None = None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """The graph from the inputs to the failing place, read while the model was alive; sources come before targets."""

    nodes: tuple[DrawnNode, ...]
    edges: tuple[DrawnEdge, ...]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Everything kerasguard says about one failure; see the JSON contract in README for the fields."""

    code: str
    name: str
    title: str
    explanation: str
    cause: Place | None
    trace: tuple[Step, ...] = ()
    offenders: tuple[Offender, ...] = ()
    expected: tuple[Expectation, ...] = ()
    fixes: tuple[Fix, ...] = ()
    also: tuple[str, ...] = ()
    crash: Place | None = None
    exception: ExceptionFacts | None = None
    environment: dict[str, str | None] = field(default_factory=dict)
    drawing: Drawing | None = None

    def to_html(self) -> str:
        """Return a page of its own: complete in one file, readable without network and scripts."""
        return str(_html().page(self))

    def _repr_html_(self) -> str:
        return str(_html().fragment(self))


def _html() -> ModuleType:
    """Return the renderer; by name, because this file is the innermost one and imports nothing of kerasguard."""
    return importlib.import_module("kerasguard.render.html")
