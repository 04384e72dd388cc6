"""Try an edit of how the user's own model is made: in the trial the model is made again, by the edited code."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kerasguard.adapters import other_inputs, wants
from kerasguard.adapters.trial import Call, Outcome, same_failure, try_call
from kerasguard.evidence import Evidence
from kerasguard.provenance.source import source_of
from kerasguard.repairs import edited_code
from kerasguard.repairs.building.sites import Site, site_of
from kerasguard.repairs.failing import FailingCall, call_at
from kerasguard.vocabulary import Edit

SECONDS = 1.5


@dataclass(frozen=True)
class Maker:
    """The user's call that made the model which failed: of a class of the user's own, with live arguments."""

    site: Site
    call: FailingCall

    def model(self, args: tuple[Any, ...] | None = None, kwargs: dict[str, Any] | None = None) -> Any:
        """Make the model again, perhaps with other arguments."""
        given = self.call.args if args is None else args
        return self.call.function(*given, **(self.call.kwargs if kwargs is None else kwargs))


def maker_of(evidence: Evidence) -> Maker | None:
    """Return how the failing model was made; None where that cannot be done again, or it was trained; asked once."""
    held = vars(evidence)
    if "_maker_of_model" not in held:
        held["_maker_of_model"] = _maker(evidence)
    found: Maker | None = held["_maker_of_model"]
    return found


def _maker(evidence: Evidence) -> Maker | None:
    owner = evidence.event.owner
    if evidence.call is None or not wants.is_layer(owner) or wants.is_keras(type(owner)):
        return None
    site = site_of(evidence, owner) if other_inputs.is_untrained(owner) else None
    call = None if site is None else call_at(site.call, site.scope)
    if site is None or call is None or not call.complete or call.function is not type(owner):
        return None
    return Maker(site, call)


def tried(
    evidence: Evidence,
    changes: Sequence[Edit] = (),
    args: tuple[Any, ...] | None = None,
    kwargs: dict[str, Any] | None = None,
) -> Callable[[], Outcome] | None:
    """Return the trial of the failing call on a model made again: by edited code, or from other arguments.

    The control is the model made again as it was: it must fail as the program did. None where it can't be made again.
    """
    maker = maker_of(evidence)
    if maker is None:
        return None

    def check() -> Outcome:
        if not _control(evidence, maker):
            return Outcome(accepted=False, note="undecidable: made again, the model does not fail in the same way")
        swaps = _swaps(evidence, changes)
        if changes and not swaps:
            return Outcome(accepted=False, note="undecidable: the edited function cannot be exchanged")
        with edited_code.swapped(swaps):
            return try_call(_anew(evidence, lambda: maker.model(args, kwargs)), None, SECONDS)

    return check


def _control(evidence: Evidence, maker: Maker) -> bool:
    held = vars(evidence)
    if "_made_again_fails" not in held:
        control = try_call(_anew(evidence, maker.model), None, SECONDS)
        error = control.error
        held["_made_again_fails"] = error is not None and same_failure(error, evidence.event.error)
    return bool(held["_made_again_fails"])


def _anew(evidence: Evidence, make: Callable[[], Any]) -> Call:
    assert evidence.call is not None  # noqa: S101 - there is no maker without a call
    return dataclasses.replace(evidence.call, anew=make)


def _swaps(evidence: Evidence, changes: Sequence[Edit]) -> list[edited_code.Swap]:
    found: list[edited_code.Swap] = []
    for filename in {edit.filename for edit in changes}:
        source = source_of(filename)
        names = next((frame.globals for frame in evidence.frames if frame.globals.get("__file__") == filename), None)
        mine = [edit for edit in changes if edit.filename == filename]
        swaps = [] if source is None or names is None else edited_code.swaps_in(source, mine, names)
        if not swaps:
            return []
        found += swaps
    return found
