"""One step of the way back: from an expression to the expressions that its value came from."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import FunctionType, MethodType, ModuleType
from typing import Any

from kerasguard.provenance.arguments import into_display, passed
from kerasguard.provenance.bindings import COMPREHENSIONS, Binding, default_of, unpacked
from kerasguard.provenance.evaluate import Bound, Budget, Closure, Instance, evaluate, is_user_class, truth_of
from kerasguard.provenance.frames import is_user_file
from kerasguard.provenance.interpret import entered, interpret
from kerasguard.provenance.scope import Argument, Recording, Scope, defining_scope, module_scope
from kerasguard.provenance.source import SourceFile, source_of
from kerasguard.provenance.values import UNKNOWN, Ghost, add_axes, element, ghost_of, is_array, shape_of
from kerasguard.vocabulary import Place, Shape

GATHERING = ("append", "add", "insert", "extend", "appendleft")


@dataclass(frozen=True, eq=False)
class Link:
    """One expression on the way from a use back to the maker.

    Attributes
    ----------
    node : ast.expr
        The expression that makes the value.
    statement : ast.stmt
        The statement it stands in.
    source : SourceFile
    place : Place
        Of the statement.
    name : str or None
        The variable that is bound to the value there.
    scope : Scope
        Where the expression stands.
    value : object
        A live object, a Ghost, or UNKNOWN.
    note : str
        How the value went on from here, for a reader.
    path : tuple
        The part of the expression's value that is meant: indices, keys, ``"*"`` for one element.
    lift : int
        How many leading axes the value at the use has more than the value here (an element of a list: 1).
    same : bool
        The next link has this very value (a name, a parameter, a return), nothing was computed.
    """

    node: ast.expr
    statement: ast.stmt
    source: SourceFile
    place: Place
    name: str | None
    scope: Scope
    value: Any
    note: str = ""
    path: tuple[Any, ...] = ()
    lift: int = 0
    same: bool = True

    @property
    def shape(self) -> Shape | None:
        """Return the shape of the value, None when it is not known."""
        return shape_of(self.value)

    @property
    def seen(self) -> Any:
        """Return the value as the use sees it: with the leading axes that it gained on the way."""
        return add_axes(self.value, self.lift)


def make_link(
    node: ast.expr,
    scope: Scope,
    budget: Budget,
    *,
    name: str | None = None,
    note: str = "",
    path: tuple[Any, ...] = (),
    lift: int = 0,
    same: bool = True,
) -> Link | None:
    """Return the link of an expression in a scope, None when it stands in no statement."""
    source = scope.source
    if source is None:
        return None
    node, path = into_display(node, path)
    statement = source.statement(node)
    if statement is None:
        return None
    value = evaluate(node, scope, budget)
    for step in path:
        value = element(value, step)
    shown = source.place(node) if isinstance(getattr(statement, "body", None), list) else source.place(statement)
    return Link(node, statement, source, shown, name, scope, value, note, path, lift, same)


def sources(link: Link, budget: Budget | None = None) -> list[Link]:
    """Return where the value of a link came from, one step back, the likeliest first."""
    budget = budget if budget is not None else Budget()
    node = link.node
    if isinstance(node, ast.Name):
        found = _of_name(link, node, budget)
    elif isinstance(node, ast.Attribute):
        found = _of_attribute(link, node, budget)
    elif isinstance(node, ast.Call):
        found = _of_call(link, node, budget)
    elif isinstance(node, COMPREHENSIONS):
        found = _of_comprehension(link, node, budget)
    else:
        found = [_next(link, part, budget, path, lift, same) for part, path, lift, same in _parts(link, node, budget)]
    return [one for one in found if one is not None]


def _next(
    link: Link,
    node: ast.expr,
    budget: Budget,
    path: tuple[Any, ...] = (),
    lift: int = 0,
    same: bool = False,
    **more: Any,
) -> Link | None:
    scope = more.pop("scope", link.scope)
    return make_link(node, scope, budget, path=path, lift=link.lift + lift, same=same, **more)


def _parts(link: Link, node: ast.expr, budget: Budget) -> Iterator[tuple[ast.expr, tuple[Any, ...], int, bool]]:
    """Yield the operands of an expression: node, path, gained axes, whether the value is the very same."""
    if isinstance(node, ast.Subscript):
        index = evaluate(node.slice, link.scope, budget)
        base = evaluate(node.value, link.scope, budget)
        if isinstance(base, list | tuple | dict) and isinstance(index, int | str) or _is_display(node.value):
            yield node.value, (index if isinstance(index, int | str) else "*", *link.path), 0, True
        else:
            yield node.value, link.path if not is_array(base) else (), 0, False
    elif isinstance(node, ast.BinOp):
        for part in (node.left, node.right):
            yield part, (), 0, False
    elif isinstance(node, ast.UnaryOp):
        yield node.operand, (), 0, False
    elif isinstance(node, ast.Compare):
        for part in (node.left, *node.comparators):
            yield part, (), 0, False
    elif isinstance(node, ast.BoolOp):
        for part in reversed(node.values):
            yield part, link.path, 0, True
    elif isinstance(node, ast.IfExp):
        truth = truth_of(evaluate(node.test, link.scope, budget))
        for part, chosen in ((node.body, truth is not False), (node.orelse, truth is not True)):
            if chosen:
                yield part, link.path, 0, True
    elif isinstance(node, ast.Starred | ast.NamedExpr | ast.Await):
        yield node.value, link.path, 0, True
    elif isinstance(node, ast.List | ast.Tuple):
        for part in node.elts:
            yield part, (), 0 if isinstance(part, ast.Starred) else 1, False
    elif isinstance(node, ast.Dict):
        for part in node.values:
            yield part, (), 0, False


def _is_display(node: ast.expr) -> bool:
    return isinstance(node, ast.List | ast.Tuple | ast.Dict)


def _of_name(link: Link, node: ast.Name, budget: Budget) -> list[Link | None]:
    home, bindings = link.scope.home(node.id, node)
    strong = [binding for binding in bindings if binding.kind != "augmented"] or bindings
    found: list[Link | None] = []
    for binding in _taken(strong, home, budget):
        found += _of_binding(link, binding, home, budget)
    return found


def _taken(bindings: list[Binding], scope: Scope, budget: Budget) -> list[Binding]:
    """Leave out the bindings in branches that, by their tests, were not taken."""
    taken = []
    for binding in bindings:
        child: ast.AST = binding.statement
        current = scope.source.parent(child) if scope.source is not None else None
        possible = True
        while current is not None and possible and current is not scope.owner:
            if isinstance(current, ast.If) and isinstance(child, ast.stmt) and not _changes(current, scope):
                truth = truth_of(evaluate(current.test, scope, budget))
                possible = truth is None or (child in current.body) is truth
            child, current = current, scope.source.parent(current) if scope.source is not None else None
        if possible:
            taken.append(binding)
    return taken or bindings


def _changes(node: ast.If, scope: Scope) -> bool:
    """Tell whether a test stands in a loop: what it gave last says nothing about the turn before."""
    source = scope.source
    current: ast.AST | None = source.parent(node) if source is not None else None
    while current is not None and current is not scope.owner:
        if isinstance(current, ast.For | ast.While | ast.AsyncFor):
            return True
        current = source.parent(current) if source is not None else None
    return False


def _of_binding(link: Link, binding: Binding, home: Scope, budget: Budget) -> list[Link | None]:
    if binding.kind == "parameter":
        return [_of_parameter(link, binding, home, budget)]
    if binding.kind == "import":
        return [_of_import(link, binding, home, budget)]
    if binding.value is None:
        return []
    path = (*binding.path, *link.path)
    value = binding.value
    if binding.kind in ("for", "comprehension"):
        value, path = _through_zip(value, path)
    made, _ = into_display(value, binding.path)
    if isinstance(made, ast.List | ast.Call) and not getattr(made, "elts", None) and not getattr(made, "args", None):
        gathered = [_next(link, part, budget, *steps, same=False, scope=home) for part, *steps in _gathered(link, binding, home)]
        if gathered:
            return gathered
    return [make_link(value, home, budget, name=binding.name, path=path, lift=link.lift, same=binding.kind != "augmented")]


def _through_zip(value: ast.expr, path: tuple[Any, ...]) -> tuple[ast.expr, tuple[Any, ...]]:
    """Follow `for a, b in zip(xs, ys)` and `enumerate(xs)` to the iterable that the name runs over."""
    for _ in range(3):
        if not (isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and len(path) > 1 and path[0] == "*"):
            break
        if value.func.id == "zip" and isinstance(path[1], int) and path[1] < len(value.args):
            value, path = value.args[path[1]], ("*", *path[2:])
        elif value.func.id == "enumerate" and path[1] == 1 and value.args:
            value, path = value.args[0], ("*", *path[2:])
        else:
            break
    return value, path


def _gathered(link: Link, binding: Binding, scope: Scope) -> Iterator[tuple[ast.expr, tuple[Any, ...], int]]:
    """Yield what is appended to a list that the binding made, with the path that is left and the axes it gains."""
    block = getattr(scope.owner, "body", None)
    for statement in block if isinstance(block, list) else []:
        for node in ast.walk(statement):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in GATHERING
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == binding.name
                and node.args
            ):
                whole = node.func.attr == "extend"
                yield node.args[-1], link.path if whole else link.path[1:], 0 if whole or link.path else 1


def _of_parameter(link: Link, binding: Binding, home: Scope, budget: Budget) -> Link | None:
    argument = home.arguments.get(binding.name)
    if argument is not None and argument.node is not None and argument.scope is not None:
        return make_link(
            argument.node, argument.scope, budget, name=binding.name, path=link.path, lift=link.lift, note="passed"
        )
    if isinstance(binding.statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        default = default_of(binding.statement, binding.name)
        if default is not None:
            around = home.outer or home.module()
            return make_link(default, around, budget, name=binding.name, path=link.path, lift=link.lift, note="default")
    return None


def _of_import(link: Link, binding: Binding, home: Scope, budget: Budget) -> Link | None:
    statement = binding.statement
    if not isinstance(statement, ast.ImportFrom):
        return None
    alias = next((a for a in statement.names if (a.asname or a.name) == binding.name), None)
    namespace = _module_names(statement.module, home)
    return _in_module(namespace, alias.name, link, budget) if alias is not None and namespace is not None else None


def _module_names(name: str | None, scope: Scope) -> dict[str, Any] | None:
    import sys

    module = sys.modules.get(name or "")
    if module is None:
        package = str(scope.globals.get("__package__") or "")
        module = sys.modules.get(f"{package}.{name}" if package else "")
    return vars(module) if module is not None else None


def _in_module(names: dict[str, Any], name: str, link: Link, budget: Budget) -> Link | None:
    filename = names.get("__file__")
    if not isinstance(filename, str) or not is_user_file(filename):
        return None
    scope = link.scope.modules.setdefault(id(names), module_scope(names, link.scope.modules))
    found = [b for b in scope.bindings(name, None) if b.value is not None]
    if not found or found[0].value is None:
        return None
    path = (*found[0].path, *link.path)
    return make_link(found[0].value, scope, budget, name=name, path=path, lift=link.lift, note="imported")


def _of_attribute(link: Link, node: ast.Attribute, budget: Budget) -> list[Link | None]:
    base = evaluate(node.value, link.scope, budget)
    if isinstance(base, ModuleType):
        return [_in_module(vars(base), node.attr, link, budget)]
    cls = base.cls if isinstance(base, Instance) else (base if isinstance(base, type) else type(base))
    if base is not UNKNOWN and is_user_class(cls):
        return list(_assigned_fields(link, node, cls, base, budget))
    if base is UNKNOWN or ghost_of(base) is not None:
        return [_next(link, node.value, budget)]
    return []


def _assigned_fields(link: Link, node: ast.Attribute, cls: type, base: Any, budget: Budget) -> Iterator[Link | None]:
    for owner in cls.__mro__:
        if not is_user_class(owner):
            continue
        for key, function in vars(owner).items():
            if isinstance(function, FunctionType) and is_user_file(function.__code__.co_filename):
                yield from _fields_of_method(link, node, key, function, base, budget)


def _fields_of_method(
    link: Link, node: ast.Attribute, key: str, function: FunctionType, base: Any, budget: Budget
) -> Iterator[Link | None]:
    source = source_of(function.__code__.co_filename)
    method = source.definition(function.__code__) if source is not None else None
    if not isinstance(method, ast.FunctionDef) or not method.args.args:
        return
    own = method.args.args[0].arg
    for statement in ast.walk(method):
        if not isinstance(statement, ast.Assign):
            continue
        for target in statement.targets:
            for name, path in _fields(target, own):
                if name == node.attr:
                    scope = _method_scope(link, node, key, function, base, budget)
                    if scope is not None:
                        full = (*path, *link.path)
                        yield make_link(
                            statement.value, scope, budget, name=f"{own}.{name}", path=full, lift=link.lift
                        )


def _fields(target: ast.AST, own: str, path: tuple[Any, ...] = ()) -> Iterator[tuple[str, tuple[Any, ...]]]:
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == own:
        yield target.attr, path
    elif isinstance(target, ast.Tuple | ast.List):
        for index, item in enumerate(target.elts):
            yield from _fields(item, own, (*path, index))


def _method_scope(
    link: Link, node: ast.Attribute, key: str, function: FunctionType, base: Any, budget: Budget
) -> Scope | None:
    """Return the scope of the method that set the field: the constructor's call where it can be found."""
    if link.scope.owner is not None and link.scope.source is not None:
        source = source_of(function.__code__.co_filename)
        if source is not None and source.definition(function.__code__) is link.scope.owner:
            return link.scope
    if key == "__init__":
        made = _construction(node.value, link.scope, budget)
        if made is not None:
            call, scope = made
            return called_scope(call, scope, Bound(function, base), budget)
    scope_made = entered(Bound(function, base), (), {}, budget)
    if scope_made is not None and isinstance(base, Instance) is False:
        fields = getattr(base, "__dict__", {})
        names: Any = scope_made.names
        for name in list(names):  # a field mostly has the name of the parameter it was set from
            if names[name] is UNKNOWN and name in fields:
                names[name] = fields[name]
    _run(scope_made, budget)
    return scope_made


def _construction(node: ast.expr, scope: Scope, budget: Budget) -> tuple[ast.Call, Scope] | None:
    link = make_link(node, scope, budget)
    for _ in range(6):
        if link is None or isinstance(link.node, ast.Call):
            break
        link = next(iter(sources(link, budget)), None)
    return (link.node, link.scope) if link is not None and isinstance(link.node, ast.Call) else None


def called_scope(node: ast.Call, scope: Scope, function: Any, budget: Budget) -> Scope | None:
    """Return the scope of a finished call of a user's function, its body interpreted; one per call and scope."""
    if node in scope.entered:
        return scope.entered[node]
    from kerasguard.provenance.calls import arguments

    given: Any = None
    try:
        given = arguments(node, scope, budget)
    except Exception:  # noqa: BLE001  # out of budget: the shape of the walk is still worth having
        given = None
    try:
        made = entered(function, *(given or ((), {})), budget)
    except Exception:  # noqa: BLE001
        made = None
    scope.entered[node] = made
    if made is None or not isinstance(made.owner, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        return made
    bound = isinstance(function, Bound) or (isinstance(function, Closure) and function.bound is not UNKNOWN)
    for name, argument in passed(made.owner, node, skip_self=bound).items():
        made.arguments[name] = Argument(argument, scope, made.names.get(name, UNKNOWN))
    if bound and isinstance(node.func, ast.Attribute) and made.owner.args.args:
        first = made.owner.args.args[0].arg
        made.arguments[first] = Argument(node.func.value, scope, made.names.get(first, UNKNOWN))
    _run(made, budget)
    return made


def _run(scope: Scope | None, budget: Budget) -> None:
    if scope is None:
        return
    scope.recording = scope.recording or Recording()
    from contextlib import suppress

    from kerasguard.provenance.evaluate import FAILURES, OutOfBudget

    with suppress(OutOfBudget, *FAILURES):
        interpret(scope, budget)


def users_function(value: Any) -> Any:
    """Return what can be interpreted of a callable: a user's function, method, closure, or ``call`` of an object."""
    if isinstance(value, Closure | Bound):
        return value
    if isinstance(value, MethodType) and isinstance(value.__func__, FunctionType):
        return Bound(value.__func__, value.__self__) if is_user_file(value.__func__.__code__.co_filename) else None
    if isinstance(value, FunctionType):
        return value if is_user_file(value.__code__.co_filename) else None
    if value is UNKNOWN or isinstance(value, type):
        return None
    from kerasguard.provenance.calls import _users_call

    return _users_call(value)


def _of_call(link: Link, node: ast.Call, budget: Budget) -> list[Link | None]:
    called = evaluate(node.func, link.scope, budget)
    function = users_function(called)
    if isinstance(called, type) and is_user_class(called):
        given = list(_of_items(link, called, budget))
        return given + list(_operands(link, node, budget))
    if function is not None:
        scope = called_scope(node, link.scope, function, budget)
        if scope is not None and scope.owner is not None:
            return list(_of_returns(link, scope, budget))
    return list(_operands(link, node, budget))


def _of_items(link: Link, cls: type, budget: Budget) -> Iterator[Link | None]:
    """Yield what an object of a user's class hands out, item by item."""
    for name in ("__getitem__", "__next__", "__iter__"):
        method = next((vars(base).get(name) for base in cls.__mro__ if is_user_class(base)), None)
        if isinstance(method, FunctionType):
            scope = entered(Bound(method, link.value), (), {}, budget)
            _run(scope, budget)
            if scope is not None:
                inner = replace(link, path=link.path[1:] if link.path[:1] == ("*",) else link.path)
                for one in _of_returns(inner, scope, budget):
                    yield replace(one, same=False, note="item") if one is not None else None


def _of_returns(link: Link, scope: Scope, budget: Budget) -> Iterator[Link | None]:
    owner = scope.owner
    if isinstance(owner, ast.Lambda):
        yield make_link(owner.body, scope, budget, path=link.path, lift=link.lift, note="returned")
        return
    recorded = scope.recording.returns if scope.recording is not None else []
    given = [(node, False) for _, node, _ in recorded if node is not None] or list(returned(owner))
    yields = any(isinstance(node, ast.Yield) for node in ast.walk(owner)) if owner is not None else False
    seen: list[ast.expr] = []
    for node, _ in given:
        if node not in seen:
            seen.append(node)
            path = link.path[1:] if yields and link.path[:1] == ("*",) else link.path
            yield make_link(node, scope, budget, path=path, lift=link.lift, note="returned")


def returned(owner: ast.AST | None) -> Iterator[tuple[ast.expr, bool]]:
    """Yield the expressions that a function returns or yields, without those of functions nested in it."""
    stack: list[ast.AST] = list(getattr(owner, "body", []))
    while stack:
        node = stack.pop(0)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(node, ast.Return | ast.Yield) and node.value is not None:
            yield node.value, isinstance(node, ast.Yield)
        stack = [*ast.iter_child_nodes(node), *stack]


def _operands(link: Link, node: ast.Call, budget: Budget) -> Iterator[Link | None]:
    """Yield the operands of a library's call that carry data: the receiver, then arrays, containers and unknown things."""
    parts: list[ast.expr] = []
    method = isinstance(node.func, ast.Attribute)
    if isinstance(node.func, ast.Attribute) and _is_receiver(node.func.value, link.scope, budget):
        parts.append(node.func.value)
    parts += [arg.value if isinstance(arg, ast.Starred) else arg for arg in node.args]
    parts += [keyword.value for keyword in node.keywords]
    for part in parts:
        value = evaluate(part, link.scope, budget)
        if isinstance(part, ast.Lambda | ast.Name | ast.Attribute) and method and users_function(value) is not None:
            yield from _of_passed_function(link, value, budget)
        elif carries(part, value):
            path = _path_through(node, link.path, part)
            yield _next(link, part, budget, path, 0, bool(path) and path == link.path)


def options(link: Link, budget: Budget | None = None) -> list[Link]:
    """Return the arguments of a call that carry no data but may decide about it: sizes, flags, shapes, no literals."""
    budget = budget if budget is not None else Budget()
    node = link.node
    if not isinstance(node, ast.Call):
        return []
    parts = [arg.value if isinstance(arg, ast.Starred) else arg for arg in node.args]
    parts += [keyword.value for keyword in node.keywords]
    found = []
    for part in parts:
        if not isinstance(part, ast.Constant) and not carries(part, evaluate(part, link.scope, budget)):
            found.append(_next(link, part, budget))
    return [one for one in found if one is not None]


def _path_through(node: ast.Call, path: tuple[Any, ...], part: ast.expr) -> tuple[Any, ...]:
    """Keep the path through calls that pass containers on: datasets made of tuples, `next(iter(...))`, `list(...)`."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in ("from_tensor_slices", "from_tensors") and path[:1] == ("*",):
        return path[1:]
    if name in ("next",):
        return ("*", *path)
    if name in ("iter", "list", "tuple", "take", "shuffle", "repeat", "prefetch", "cache", "batch", "sorted", "reversed", "skip"):
        return path if not (isinstance(node.func, ast.Attribute) and part is not node.func.value) else ()
    return ()


def _of_passed_function(link: Link, value: Any, budget: Budget) -> Iterator[Link | None]:
    """Yield what a function given to a library (`map(parse)`, `from_generator(rows)`) returns."""
    function = users_function(value)
    try:
        scope = entered(function, (), {}, budget)
    except Exception:  # noqa: BLE001  # out of budget
        scope = None
    _run(scope, budget)
    if scope is not None:
        path = link.path[1:] if link.path[:1] == ("*",) else link.path
        for node, _ in [(scope.owner.body, False)] if isinstance(scope.owner, ast.Lambda) else returned(scope.owner):
            yield make_link(node, scope, budget, path=path, lift=link.lift, note="returned")


def _is_receiver(node: ast.expr, scope: Scope, budget: Budget) -> bool:
    value = evaluate(node, scope, budget)
    if isinstance(value, ModuleType | type | str) or type(value).__module__.startswith("numpy.random"):
        return False
    if isinstance(value, Ghost) and value.kind == "generator":
        return False
    if value is UNKNOWN:
        while isinstance(node, ast.Attribute):
            node = node.value
        if isinstance(node, ast.Name):
            return not any(binding.kind == "import" for binding in scope.home(node.id, node)[1])
    return not _is_model_part(value)


def _is_model_part(value: Any) -> bool:
    return hasattr(type(value), "get_config") and hasattr(type(value), "build")


def carries(node: ast.expr, value: Any) -> bool:
    """Tell whether an argument carries data (and is not an option, a size, a name, a function)."""
    if isinstance(node, ast.Constant | ast.Lambda | ast.JoinedStr):
        return False
    if value is None or isinstance(value, str | int | float | bool | type | ModuleType | FunctionType | Closure | Bound):
        return False
    if isinstance(value, tuple) and all(isinstance(item, int | str | type(None)) for item in value):
        return False
    if isinstance(value, Ghost) and value.kind in ("generator", "slice") or type(value).__module__.startswith("numpy.random"):
        return False
    if isinstance(value, list) and value and isinstance(value[0], str):
        return False
    ghost = ghost_of(value)
    if ghost is not None and ghost.shape == ():
        return False
    return not callable(value) or value is UNKNOWN or ghost is not None or _is_data_object(value)


def _is_data_object(value: Any) -> bool:
    return not _is_model_part(value) and any(hasattr(type(value), name) for name in ("__getitem__", "__iter__", "__next__"))


def _of_comprehension(link: Link, node: Any, budget: Budget) -> list[Link | None]:
    path = link.path[1:] if link.path else ()
    inner = [node.elt] if hasattr(node, "elt") else [node.value]
    return [_next(link, part, budget, path, 0 if link.path else 1, False) for part in inner]


__all__ = ["Link", "called_scope", "defining_scope", "make_link", "sources", "unpacked"]
