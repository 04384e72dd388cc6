"""Whether two failures are the same one: the control of a trial must fail as the user's call did."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType

from kerasguard.adapters.trial_loss import RefusedByRule
from kerasguard.errors import LONGEST, fields, text_of
from kerasguard.event import stashed

_LIBRARIES = ("keras", "tf_keras", "tensorflow", "numpy", "optree")
_PLUMBING = frozenset(  # functions through which every failure of their kind passes
    {
        "_create_c_op", "create_c_op", "quick_execute", "error_handler", "_slow_path", "raise_from_not_ok_status",
        "_apply_op_helper", "apply_op_helper", "_create_op_internal", "__init__", "from_node_def", "wrapper", "inner",
        "op_dispatch_handler", "autograph_handler", "converted_call", "tf_convert", "call_function", "flat_call",
        "_call_flat", "_inference_function", "one_step_on_iterator", "one_step_on_data", "multi_step_on_iterator",
        "convert_to_eager_tensor", "constant", "convert_to_tensor", "_call_unconverted", "call_cpp_shape_fn",
        "function", "__call__", "call", "_call", "map_structure", "run", "_execute_compiled", "run_with_traceback",
    }
)  # fmt: skip
_OP = re.compile(r"\}\} = (\w+)\[|\[Op:(\w+)\]|__wrapped__(?:_?)(\w+?)_device|__wrapped__(\w+?)_")
_TELLING = 4  # shorter function names say nothing
_NODE = re.compile(r"node ([\w/.\-]+)")
_OP_ERRORS = ("InvalidArgumentError", "UnimplementedError", "FailedPreconditionError", "InternalError", "NotFoundError")
_RULE_OPS = {
    "label-range": ("sparse_softmax", "sparsesoftmax", "label"),
    "one-hot": ("sparse_softmax", "sparsesoftmax", "reshape", "label"),
    "rank": ("loss", "sub", "mul", "logistic", "softmax", "compile_loss"),
    "broadcast": ("loss", "sub", "mul", "gradient", "reshape"),
    "id-range": ("gather", "embedding", "lookup"),
    "one-unit": ("loss", "softmax", "label"),
}


@dataclass(frozen=True)
class Fingerprint:
    """What identifies a failure whatever the sizes: where the library raised, the op, the message without numbers."""

    types: frozenset[str]
    frames: tuple[str, ...]  # innermost first, library functions only
    sites: frozenset[tuple[str, int]]  # the library's files and lines that raised, plumbing left out
    user: str | None  # the user's function, where that raised
    ops: frozenset[str]
    node: tuple[str, ...]
    messages: frozenset[str]


def same_failure(error_a: BaseException | None, error_b: BaseException | None) -> bool:
    """Return whether two errors are the same failure.

    The same innermost library function, or the same op, or the same type with the same message once names and numbers
    are taken out. An op that fails eagerly and its shape inference in a graph count as the same.
    """
    if error_a is None or error_b is None:
        return False
    for rule, other in ((error_a, error_b), (error_b, error_a)):
        if isinstance(rule, RefusedByRule):
            return _foreseen(rule, other)
    return _alike(fingerprint(error_a), fingerprint(error_b))


def _alike(a: Fingerprint, b: Fingerprint) -> bool:
    if a.user or b.user:
        return a.user == b.user and bool(a.types & b.types)
    if a.node[:-1] and a.node[:-1] == b.node[:-1]:
        return True  # in the same layer: with other batch sizes another of its ops may fail first
    if a.ops and b.ops:
        return bool(a.ops & b.ops)
    if a.sites & b.sites and not (a.ops or b.ops):
        return True
    if a.node and b.node:
        return a.node[-1] == b.node[-1]
    if (a.node and _python_check(a, b)) or (b.node and _python_check(b, a)):
        return True
    if a.messages & b.messages and a.types & b.types:
        return True
    return bool((a.ops or b.ops) and a.frames and b.frames and a.frames[0] == b.frames[0])


def _python_check(ran: Fingerprint, traced: Fingerprint) -> bool:
    """Whether the op that failed while running is the one whose Python function refuses the shapes while tracing."""
    op = ran.node[-1].replace("_", "")
    names = (frame.rpartition(".")[2].replace("_", "") for frame in traced.frames[:3])
    return any(len(name) >= _TELLING and (name.startswith(op) or op.startswith(name)) for name in names)


def _foreseen(rule: RefusedByRule, other: BaseException) -> bool:
    if isinstance(other, RefusedByRule):
        return rule.rule == other.rule
    seen = fingerprint(other)
    places = " ".join((*seen.ops, *seen.node, *seen.frames)).lower()
    return any(word in places for word in _RULE_OPS.get(rule.rule, ()))


def fingerprint(error: BaseException) -> Fingerprint:
    """Return the `Fingerprint` of an error, read from the earliest exception it replaced."""
    chain = list(_chain(error))
    first = chain[-1]
    seen = [_functions(link) for link in reversed(chain)]
    functions, user, _ = next((one for one in seen if one[0]), ([], None, None))
    found_ops = (op.lower() for link in chain for match in _OP.findall(text_of(link)[:LONGEST]) for op in match)
    ops = {op for op in found_ops if op and not op.startswith("__inference")}
    node = next((match.group(1) for link in reversed(chain) if (match := _NODE.search(text_of(link)[:LONGEST]))), "")
    parts = tuple(re.sub(r"(_\d+)+$", "", part).lower() for part in node.split("/") if part)
    if parts[:1] == ("gradient_tape",):
        parts = parts[1:-1]  # the forward op whose gradient failed
    op_error = type(first).__name__ in _OP_ERRORS
    return Fingerprint(
        types=frozenset(type(link).__name__ for link in chain),
        frames=tuple(functions),
        sites=frozenset(site for _, _, site in seen if site is not None),
        user=None if ops or op_error else user,
        ops=frozenset(ops),
        node=() if "__wrapped__" in node else parts,
        messages=frozenset(filter(None, (_plain(text_of(link)[:LONGEST]) for link in chain))),
    )


def replaced(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and every exception that was on the way when it was raised, latest first."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        earlier = link.__cause__ or link.__context__
        link = earlier if link.__suppress_context__ or _wraps(link, earlier) else None


def _wraps(link: BaseException, earlier: BaseException | None) -> bool:
    """Whether an error only carries on an earlier one: AutoGraph's and Keras' replacements repeat its message."""
    if earlier is None:
        return False
    told = text_of(earlier).strip()[:80]
    return "ag_error_metadata" in fields(earlier) or (bool(told) and told in text_of(link)[:LONGEST])


def _functions(error: BaseException) -> tuple[list[str], str | None, tuple[str, int] | None]:
    """Return the library functions an error passed, innermost first, and the user's function or site that raised."""
    names: list[tuple[str, str]] = []
    site = None
    for traceback in (stashed(error), error.__traceback__):
        current: TracebackType | None = traceback
        while current is not None:
            module = str(current.tb_frame.f_globals.get("__name__", ""))
            names.append((module, current.tb_frame.f_code.co_name))
            site = (current.tb_frame.f_code.co_filename, current.tb_lineno)
            current = current.tb_next
        if names:
            break
    names = [(module, name) for module, name in names if not module.startswith("kerasguard.")]
    user = None
    if names and names[-1][0].partition(".")[0] not in _LIBRARIES and len(names) > 1:
        user = f"{names[-1][0]}.{names[-1][1]}"
    kept = [
        f"{module}.{name}"
        for module, name in reversed(names)
        if module.partition(".")[0] in _LIBRARIES and name not in _PLUMBING
    ]
    plumbing = not names or names[-1][1] in _PLUMBING
    generated = site is not None and "__autograph_generated" in site[0]
    return kept, user, None if plumbing or generated or user is not None else site


def _plain(text: str) -> str:
    """Return a message without names and numbers, and without what Keras and AutoGraph put around it."""
    inner = re.search(r"\x1b\[1m(.*?)\x1b\[0m", text, re.DOTALL)
    if inner is not None:
        text = inner.group(1)
    if text.lstrip().startswith("in user code"):
        text = re.split(r"\n\s+\w+(?:Error|Exception): ", text)[-1]
    text = re.split(r"\n\s*\n\s*(?:Call a|A)rguments received by", text)[0]
    text = re.sub(r"\x1b\[[\d;]*m", "", text)
    text = re.sub(r"'[^']*'|\"[^\"]*\"|`[^`]*`", "*", text)
    text = re.sub(r"[\[(][^\])]*[\])]", "*", text)
    return re.sub(r"\d+|\s+", " ", text).strip().lower()[:200]


def failed_in(error: BaseException, names: list[str]) -> bool:
    """Return whether the operation that failed while running belongs to a layer of one of these names."""
    told = {re.sub(r"(_\d+)+$", "", name).lower() for name in names}
    return bool(told & set(fingerprint(error).node))
