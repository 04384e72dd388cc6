"""Arguments that a constructor or function of Keras does not take: the nearest name that it takes, or none at all."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from kerasguard.adapters import specs, symbolic, wants
from kerasguard.adapters.trial import Outcome
from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import FailingCall, delete_argument, failing_call, is_live
from kerasguard.repairs.symbolic import moved as moving
from kerasguard.repairs.symbolic.moved import Moved, moved
from kerasguard.repairs.symbolic.replay import called_next
from kerasguard.vocabulary import Edit

# Old names of Keras 1 and 2 that look nothing like today's; all others are found by likeness.
HISTORY = {
    "lr": "learning_rate", "nb_epoch": "epochs", "output_dim": "units", "init": "kernel_initializer",
    "border_mode": "padding", "subsample": "strides", "dim_ordering": "data_format", "p": "rate",
    "nb_filter": "filters", "W_regularizer": "kernel_regularizer", "b_regularizer": "bias_regularizer",
    "bias": "use_bias", "samples_per_epoch": "steps_per_epoch", "nb_val_samples": "validation_steps",
    "batch_input_shape": "batch_shape", "mode": "merge_mode", "period": "save_freq", "atrous_rate": "dilation_rate",
    "metric": "metrics", "beta1": "beta_1", "beta2": "beta_2", "hidden_size": "units", "n_units": "units",
}  # fmt: skip
OF_FIRST_LAYERS = ("input_shape", "batch_input_shape", "input_dim", "batch_size", "weights", "input_dtype")
LIKE = 0.6
SAME = 0.75  # so alike that it is the same word, misspelt


@dataclass(frozen=True)
class Unknown:
    """Keywords of a call that what is called does not take, each with the name that it takes instead (or None)."""

    call: FailingCall
    names: dict[str, str | None]
    known: tuple[str, ...]
    moved: Moved | None = None  # the other call that they belong into


def unknown(evidence: Evidence) -> Unknown | None:
    """Return the keywords of the failing call that are not parameters of the Keras class or function called."""
    call = failing_call(evidence)
    if call is None:
        return None
    known = known_parameters(call.function)
    if known is None:
        return None
    given = [keyword.arg for keyword in call.node.keywords if keyword.arg is not None]
    wrong = [name for name in given if name not in known]
    if not wrong:
        return None
    elsewhere = moved(call, wrong, known_parameters)
    if elsewhere is not None:
        return Unknown(call, dict.fromkeys(wrong), tuple(known), elsewhere)
    names: dict[str, str | None] = {}
    for name in wrong:  # no two of them can become the same argument
        free = [one for one in known if one not in given and one not in names.values()]
        names[name] = _nearest(name, free)
    return Unknown(call, names, tuple(known))


def known_parameters(function: Any) -> list[str] | None:
    """Return every keyword that a class, method or function of Keras takes, None for anything else."""
    if isinstance(function, type):
        if not any(wants.is_keras(cls) for cls in function.__mro__):
            return None
        if _is(function, "Model") and wants.is_keras(function) and not _is(function, "Sequential"):
            return ["inputs", "outputs", "name", "trainable"]
        return _of_class(function)
    if not callable(function):
        return None
    owner = getattr(function, "__self__", None)
    module = str(getattr(function, "__module__", "") or "")
    if symbolic.flavour(function) is None and module.partition(".")[0] not in ("keras", "tf_keras"):
        return None
    if owner is not None and specs.kind_of(owner) not in ("layer", "model"):
        return None
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    if getattr(function, "__name__", "") == "Input":  # its further keywords are those of InputLayer
        return [*(one.name for one in parameters if one.kind is not one.VAR_KEYWORD), "batch_shape"]
    if any(one.kind is one.VAR_KEYWORD for one in parameters):
        return None
    return [one.name for one in parameters]


def _is(cls: type, name: str) -> bool:
    return any(base.__name__ == name and wants.is_keras(base) for base in cls.__mro__)


def _of_class(cls: type) -> list[str]:
    """Collect the parameters of the constructors, up to the first that passes nothing on."""
    found: dict[str, None] = {}
    for base in cls.__mro__:
        init = vars(base).get("__init__")
        if init is None or base is object:
            continue
        try:
            parameters = list(inspect.signature(init).parameters.values())[1:]
        except (TypeError, ValueError):
            continue
        found |= {one.name: None for one in parameters if one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)}
        if not any(one.kind is one.VAR_KEYWORD for one in parameters):
            break
    if _is(cls, "Layer"):
        found |= dict.fromkeys(OF_FIRST_LAYERS)
    return list(found)


def _nearest(name: str, known: list[str]) -> str | None:
    old = HISTORY.get(name)
    if old in known:
        return old
    for one in known:  # `input` for `inputs`, `l_rate` for `rate`
        if one.rstrip("s") == name.rstrip("s"):
            return one
    close = difflib.get_close_matches(name, known, n=1, cutoff=LIKE)
    if close:
        return close[0]
    parts = [one for one in known if name in one.split("_") or one in name.split("_")]
    return parts[0] if len(parts) == 1 else None


def candidates(evidence: Evidence, found: Unknown) -> Iterator[Candidate]:
    """Propose today's names, and to leave out what has none."""
    call = found.call
    if found.moved is not None:
        yield from moving.candidates(found.moved, evidence.event.error)
    renamed = _edits(call, found.names)
    if renamed is not None:
        written = ", ".join(f"{old} -> {new}" if new else f"without {old}" for old, new in found.names.items())
        yield Candidate(
            title=f"use the arguments that it takes today ({written})",
            edits=tuple(renamed),
            cost=1.0 if all(found.names.values()) else 1.4,
            check=None if found.moved is not None else _check(evidence, call, found.names),
            cause=call.place,
            exact=found.moved is None and _renames(found.names),
            applicability="safe" if all(found.names.values()) else "unsafe",
        )
    if any(found.names.values()):
        without: dict[str, str | None] = dict.fromkeys(found.names)
        gone = _edits(call, without)
        if gone is not None:
            yield Candidate(
                title=f"leave out {', '.join(found.names)}",
                applicability="unsafe",
                edits=tuple(gone),
                cost=2.5,
                check=_check(evidence, call, without),
                cause=call.place,
                exact=False,
            )


def _renames(names: dict[str, str | None]) -> bool:
    """Return whether an argument only has another name: what is dropped, or is merely like it, may have meant more."""
    return all(
        new is not None and (HISTORY.get(old) == new or difflib.SequenceMatcher(None, old, new).ratio() >= SAME)
        for old, new in names.items()
    )


def _edits(call: FailingCall, names: dict[str, str | None]) -> list[Edit] | None:
    written: list[Edit] = []
    for keyword in call.node.keywords:
        if keyword.arg not in names:
            continue
        new = names[keyword.arg]
        if new is None:
            edit = delete_argument(call.source, call.node, keyword.value)
            if edit is None:
                return None
            written.append(edit)
        else:
            row, column, _, _ = call.source.span(keyword)
            written.append(Edit(call.source.filename, (row, column), (row, column + len(keyword.arg)), new))
    return written


def _check(evidence: Evidence, call: FailingCall, names: dict[str, str | None]) -> Callable[[], Outcome] | None:
    """Return a trial that makes the object with other arguments; the arguments as written must be refused."""
    kept = {names.get(old, old): value for old, value in call.kwargs.items() if names.get(old, old) is not None}
    plain = isinstance(call.function, type) or getattr(call.function, "__name__", "") == "Input"
    if not plain or not all(is_live(v) for v in (*call.args, *kept.values())):
        return None
    root = symbolic.flavour(call.function)
    involved = [[*call.args], dict(call.kwargs)]
    stateless = not isinstance(call.function, type) or _is(call.function, "Layer")

    def run() -> Outcome:
        control = symbolic.attempt(
            lambda: call.function(*call.args, **call.kwargs), involved, root, stateless=stateless
        )
        if control.accepted or type(control.error) is not type(evidence.event.error):
            return Outcome(accepted=False, error=None, note="the arguments as written are not refused in the trial")
        return symbolic.attempt(
            lambda: called_next(call, call.function(*call.args, **{str(k): v for k, v in kept.items()})),
            involved,
            root,
            stateless=stateless,
        )

    return run


def dropped(call: FailingCall) -> Iterator[Candidate]:
    """Propose to leave out one keyword: of several that exclude each other."""
    root = symbolic.flavour(call.function)
    for keyword in call.node.keywords:
        if keyword.arg is None or keyword.arg in ("name", "dtype"):
            continue
        kept = {name: value for name, value in call.kwargs.items() if name != keyword.arg}
        edit = delete_argument(call.source, call.node, keyword.value)
        if edit is None or not call.complete:
            continue
        yield Candidate(
            title=f"leave out {keyword.arg}",
            edits=(edit,),
            cost=1.0 + (0.5 if keyword.arg in ("shape", "batch_shape") else 0.0),
            check=lambda kept=kept: symbolic.attempt(  # type: ignore[misc]
                lambda: call.function(*call.args, **kept), [list(kept.values())], root, "it returns"
            ),
            cause=call.place,
            exact=False,
        )
