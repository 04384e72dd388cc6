"""Ask every rule, try the repairs, and say what was found: event in, Diagnosis out."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from kerasguard import catalogue, contributed
from kerasguard.adapters import distribution
from kerasguard.adapters.trial import Outcome, try_call
from kerasguard.deadline import Deadline
from kerasguard.diagnosis import picture, tracing
from kerasguard.diagnosis.retracing import retrace
from kerasguard.errors import NO_TEXT, text_of
from kerasguard.event import Event
from kerasguard.evidence import Evidence, concern
from kerasguard.evidence.situation import Situation
from kerasguard.faults import contained
from kerasguard.provenance.source import source_of
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data.changing import keeps_samples
from kerasguard.repairs.edits import changes, compiles
from kerasguard.repairs.recurring import everywhere
from kerasguard.repairs.writing import helps_here_only
from kerasguard.rules.finding import Finding, Rule
from kerasguard.vocabulary import Diagnosis, ExceptionFacts, Fix, Step

MOST_TRIALS = 8
MOST_SECONDS = 2.8  # for everything; what was not tried by then is not tried
MOST_SECONDS_FOR_RULES = 2.0  # of it, a search for other models included; huge objects may make every look slow
MOST_FIXES = 3
LAST_RESORT = 0.15  # a finding of this weight counts where there is no other
REFUSED_ALL = 0.3  # weight that a rule loses when none of its repairs works


@dataclass(frozen=True)
class _Tried:
    """A candidate with the rule that proposed it and what came of its trial (None: not tried)."""

    rule: Rule
    finding: Finding
    candidate: Candidate
    outcome: Outcome | None

    @property
    def accepted(self) -> bool:
        return self.outcome is not None and self.outcome.accepted

    @property
    def refused(self) -> bool:
        return self.outcome is not None and not self.outcome.accepted and not self.outcome.undecided

    @property
    def verified(self) -> bool:
        return self.accepted and self.candidate.exact


def rules() -> tuple[Any, ...]:
    """Return the rules for errors, by code; a file in `kerasguard.rules` is all that a rule needs."""
    return tuple(module for module in modules() if hasattr(module, "matches"))


def checks() -> tuple[Any, ...]:
    """Return the rules for mistakes that raise nothing: the modules with ``warns``."""
    return tuple(module for module in modules() if hasattr(module, "warns"))


@functools.cache
def modules() -> tuple[Any, ...]:
    """Return the modules of `kerasguard.rules`, by code, and after them the rules of other libraries."""
    loaded: list[Any] = []
    for name in catalogue.rule_names():
        with contained(f"loading rule {name}"):
            loaded.append(importlib.import_module(f"kerasguard.rules.{name}"))
    return (*loaded, *contributed.load({module.CODE for module in loaded}))


def diagnose(event: Event) -> Diagnosis | None:
    """Explain a failure.

    Returns
    -------
    Diagnosis or None
        None where the error has nothing to do with tensors, or happened under a strategy that is not understood; KG000
        where no rule knows the mistake.
    """
    strategy = distribution.strategy_of(event)
    if strategy is not None and not distribution.is_understood(strategy, event):
        return None
    retrace(event)
    evidence = Evidence(event)
    modules()  # loading them for the first time is no part of the time that an explanation may take
    try:
        return _explained(evidence)
    finally:
        evidence.release()


def _explained(evidence: Evidence) -> Diagnosis | None:
    until = Deadline.within(MOST_SECONDS)
    found = list(_findings(evidence, Deadline.within(MOST_SECONDS_FOR_RULES)))
    found = [one for one in found if one[1].weight > LAST_RESORT] or found
    if not found and not concern.is_ours(evidence):
        return None
    if not found:
        rule = _unknown()
        found = [(rule, rule.matches(evidence))]
    tried = _tried(evidence, found, until)
    rule, finding, ranked = _winner(found, tried)
    return _diagnosis(evidence, rule, finding, ranked, [r.CODE for r, _ in found if r is not rule])


def _findings(evidence: Evidence, until: Deadline) -> Iterator[tuple[Rule, Finding]]:
    for rule in rules():
        if rule is _unknown():
            continue
        if until.passed():
            return
        with contained(f"asking rule {rule.CODE}"):
            finding = rule.matches(evidence)
            if finding is not None:
                yield rule, finding


def _unknown() -> Any:
    return rules()[0]


def _tried(evidence: Evidence, found: list[tuple[Rule, Finding]], until: Deadline) -> list[_Tried]:
    """Try the candidates of all findings, cheapest first, within the budget of trials and time."""
    waiting: list[tuple[Rule, Finding, Candidate]] = []
    for rule, finding in found:
        if until.passed():
            break
        with contained(f"collecting the repairs of rule {rule.CODE}"):
            proposed = [everywhere(evidence, one) for one in rule.repairs(evidence, finding)]
            waiting += [(rule, finding, _as_sure_as_it_is(evidence, one)) for one in proposed if _writable(one)]
    # A strong finding's repair is tried before an equally small one of a weak finding.
    waiting.sort(key=lambda item: item[2].cost - item[1].weight)
    trial = _Trial(evidence, until)
    return [_Tried(rule, finding, candidate, trial.outcome(candidate)) for rule, finding, candidate in waiting]


class _Trial:
    """The trials of one failure: first the control, then candidates until the budget is used up."""

    def __init__(self, evidence: Evidence, until: Deadline) -> None:
        self._evidence = evidence
        self._until = until
        self._left = MOST_TRIALS
        self._sound: bool | None = None
        self._done = False

    def outcome(self, candidate: Candidate) -> Outcome | None:
        if self._done or self._left <= 0 or self._until.passed():
            return None
        outcome = None
        with contained("trying a repair"):
            outcome = self._try(candidate)
        if outcome is not None:
            self._left -= 1
            self._done = outcome.accepted and candidate.exact
        return outcome

    def _try(self, candidate: Candidate) -> Outcome | None:
        if candidate.call is None:
            return candidate.check() if candidate.check is not None else None
        if not self._control():
            return None
        left = max(0.1, self._until.left())
        outcome = try_call(candidate.call, self._evidence.event.built_before, left)
        before = self._evidence.call
        if outcome.accepted and before is not None and not keeps_samples(before, candidate.call):
            return Outcome(accepted=False, note="undecidable: it takes samples apart")
        return outcome

    def _control(self) -> bool:
        """Return whether the unmodified objects fail the trial in the same way; without that, it proves nothing."""
        if self._sound is None:
            self._sound = self._evidence.reproduced
        return self._sound


def _as_sure_as_it_is(evidence: Evidence, candidate: Candidate) -> Candidate:
    """Mark a change of data at one of several calls: the trial sees this one alone."""
    if candidate.call is None or not helps_here_only(evidence, candidate.edits):
        return candidate
    return replace(candidate, partly_tried=True)


def _writable(candidate: Candidate) -> bool:
    """Return whether the edited files are still Python, and no longer what they were."""
    sources = {edit.filename: source_of(edit.filename) for edit in candidate.edits}
    if any(source is None or not compiles(source, candidate.edits) for source in sources.values()):
        return False
    return not sources or any(changes(source, candidate.edits) for source in sources.values() if source is not None)


def _winner(found: list[tuple[Rule, Finding]], tried: list[_Tried]) -> tuple[Rule, Finding, list[_Tried]]:
    """Choose the mistake whose repair works; without any, the one for which the facts speak most."""
    ranked = sorted(tried, key=_rank)
    if ranked and ranked[0].accepted:
        best = ranked[0]
        return best.rule, best.finding, [t for t in ranked if t.rule is best.rule]
    rule, finding = max(found, key=lambda item: item[1].weight - REFUSED_ALL * _refused(item[0], ranked))
    return rule, finding, [t for t in ranked if t.rule is rule and not t.refused]


def _refused(rule: Rule, tried: list[_Tried]) -> bool:
    """Return whether Keras refused every repair of a rule: a sign that its explanation is not the right one."""
    mine = [t for t in tried if t.rule is rule]
    return bool(mine) and all(t.refused for t in mine)


def _rank(tried: _Tried) -> tuple[bool, bool, bool, float]:
    undecided = tried.outcome is not None and tried.outcome.undecided
    return (not tried.verified, not tried.accepted, undecided, tried.candidate.cost - tried.finding.weight)


def _diagnosis(evidence: Evidence, rule: Rule, finding: Finding, ranked: list[_Tried], also: list[str]) -> Diagnosis:
    best = ranked[0].candidate if ranked else None
    walked = tracing.walked(evidence, finding, best)
    error = evidence.event.error
    drawing = None
    with contained("drawing the model"):
        drawing = picture.draw(evidence, finding.offenders)
    return Diagnosis(
        code=rule.CODE,
        name=rule.NAME,
        title=finding.title,
        explanation=finding.explanation,
        cause=walked.cause,
        trace=walked.steps,
        offenders=(*finding.offenders, *walked.names(finding.offenders)),
        expected=finding.expected,
        fixes=tuple(_fix(t) for t in ranked[:MOST_FIXES]),
        also=tuple(also),
        crash=evidence.crash,
        exception=ExceptionFacts(_qualified(type(error)), text_of(error, NO_TEXT)),
        drawing=drawing,
        environment=distribution.facts(evidence.event),
    )


def noticed(situation: Situation) -> Iterator[Diagnosis]:
    """Yield the mistakes of a situation that raised nothing; their repairs can't be verified, for nothing fails."""
    for rule in checks():
        if not situation.occasions & rule.OCCASIONS:
            continue
        with contained(f"asking rule {rule.CODE}"):
            finding = rule.warns(situation)
            if finding is None:
                continue
            proposed = sorted((c for c in rule.repairs(situation, finding) if _writable(c)), key=lambda one: one.cost)
            if situation.occasions != {"model"}:  # the program runs: any repair changes what it means
                proposed = [replace(one, applicability="unsafe") for one in proposed]
            unproven = [_Tried(rule, finding, one, None) for one in proposed]
            found = _diagnosis(situation, rule, finding, unproven, [])
            yield replace(found, exception=None, trace=tuple(_not_refused(step) for step in found.trace))


def _not_refused(step: Step) -> Step:
    return replace(step, note="accepted here") if step.note == tracing.REFUSED else step


def met_again(event: Event, diagnosis: Diagnosis) -> Diagnosis:
    """Return the diagnosis of a model that was known to be broken, for the call on which it failed."""
    evidence = Evidence(event)
    try:
        crash = evidence.crash
    finally:
        evidence.release()
    trace = diagnosis.trace if crash is None else (*diagnosis.trace, Step(crash, tracing.REFUSED))
    return replace(passed_on(diagnosis, event.error), crash=crash or diagnosis.crash, trace=trace)


def passed_on(diagnosis: Diagnosis, error: BaseException) -> Diagnosis:
    """Return the diagnosis of an exception for the one that took its place."""
    return replace(diagnosis, exception=ExceptionFacts(_qualified(type(error)), text_of(error, NO_TEXT)))


def _fix(tried: _Tried) -> Fix:
    candidate = tried.candidate
    return Fix(
        title=candidate.title,
        edits=candidate.edits,
        status="verified" if tried.verified and not candidate.partly_tried else "unverified",
        evidence=tried.outcome.note if tried.outcome is not None and tried.accepted else None,
        applicability=candidate.applicability,
    )


def _qualified(cls: type) -> str:
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"
