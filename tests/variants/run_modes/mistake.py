"""What a program with a mistake says of itself."""

from __future__ import annotations

from dataclasses import dataclass, field

Table = dict[str, str]


def each(modes: str, what: str) -> Table:
    """Return a table with the same entry for several modes."""
    return dict.fromkeys(modes.split("|") if "|" in modes else modes.split(), what)


@dataclass(frozen=True)
class Mistake:
    """A program with a mistake.

    Attributes
    ----------
    code
        What the mistake is called.
    setup
        Source text that binds `model`, `x`, `y`; ``{how}`` stands where compile is told how to run, and the line to
        blame ends with ``# mark: cause``.
    batch, whole
        How the program writes four rows of the data from `i` on, and all of it.
    loss
        What a hand-written loop takes for a loss.
    weights
        Whether the program weighs its samples by `w`.
    moved
        Modes in which another line is to blame, by its mark.
    other
        Modes in which this is another mistake, with a code of its own.
    impossible
        Modes in which nothing fails or the mistake cannot be made, and why.
    gaps
        Modes in which the mistake is not recognised yet, or not by its cause, and why.

    The keys of these tables are modes, ``tf_keras mode`` where only that Keras differs, ``keras3 mode`` likewise.
    """

    code: str
    setup: str
    batch: str = "x[i : i + 4]"
    labels: str = "y[i : i + 4]"
    item: str = ""
    slices: str = ""
    whole: str = "x"
    whole_labels: str = "y"
    first: int = 0
    cause: str = "cause"
    rows: str = "len(x)"
    loss: str = "keras.losses.MeanSquaredError()"
    weights: bool = False
    moved: Table = field(default_factory=dict)
    other: Table = field(default_factory=dict)
    impossible: Table = field(default_factory=dict)
    gaps: Table = field(default_factory=dict)

    def entry(self, table: Table, flavour: str, mode: str) -> str | None:
        """Return what one of the tables says of a mode under one Keras."""
        return table.get(f"{flavour} {mode}", table.get(mode))
