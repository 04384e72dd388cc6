"""Write layers and arguments into the user's source, in the user's own style."""

from __future__ import annotations

import ast
from typing import Any

from kerasguard.adapters.rebuild import New
from kerasguard.provenance.source import SourceFile
from kerasguard.repairs import edits
from kerasguard.repairs.building.sites import Site, reads
from kerasguard.vocabulary import Edit, Place


def spelled(source: SourceFile, like: ast.Call, new: New) -> tuple[str, tuple[Edit, ...]] | None:
    """Return the text of a new layer, named as the file names the layer made by the call `like`, and its import."""
    arguments = ", ".join(
        literal(value) if name in _FIRST.get(new.kind, ()) else f"{name}={literal(value)}"
        for name, value in new.arguments.items()
    )
    name, imports = class_name(source, like, new.kind)
    return None if name is None else (f"{name}({arguments})", imports)


_FIRST = {
    "Reshape": ("target_shape",), "RepeatVector": ("n",), "Conv2D": ("filters", "kernel_size"),
    "Conv1D": ("filters", "kernel_size"), "Conv3D": ("filters", "kernel_size"), "Dense": ("units",),
    "Resizing": ("height", "width"), "ZeroPadding2D": ("padding",), "Cropping2D": ("cropping",),
    "ZeroPadding1D": ("padding",), "Cropping1D": ("cropping",),
    "ZeroPadding3D": ("padding",), "Cropping3D": ("cropping",), "Permute": ("dims",),
}  # fmt: skip


def literal(value: Any) -> str:
    """Return a value as the user would write it."""
    if isinstance(value, str):
        return f'"{value}"'
    return repr(value)


def class_name(source: SourceFile, like: ast.Call, kind: str) -> tuple[str | None, tuple[Edit, ...]]:
    """Return how the file names a layer class: with the prefix of another layer, or imported next to it."""
    func = like.func
    if isinstance(func, ast.Attribute):
        return f"{source.segment(func.value)}.{kind}", ()
    if not isinstance(func, ast.Name):
        return None, ()
    if any(isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == func.id for node in ast.walk(source.tree)):
        prefix = _prefix(source)  # a layer of the user's own tells nothing of how Keras' are named
        return (None if prefix is None else f"{prefix}.{kind}"), ()
    known = _imported(source, kind)
    if known is not None:
        return known, ()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and any((item.asname or item.name) == func.id for item in node.names):
            if node.names[0].name == "*":
                return kind, ()
            last = node.names[-1]
            place = source.place(last)
            row, column = place.end_row, place.end_column
            if "layers" not in (node.module or "") and func.id != kind:
                return kind, (edits.import_line(source, f"from {node.module}.layers import {kind}"),)
            return kind, (Edit(source.filename, (row, column), (row, column), f", {kind}"),)
    return None, ()


def _imported(source: SourceFile, kind: str) -> str | None:
    """Return the name under which the file imports a class of layers."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom):
            names = {item.name: item.asname or item.name for item in node.names}
            if kind in names and "layers" in (node.module or ""):
                return names[kind]
    return None


def _prefix(source: SourceFile) -> str | None:
    """Return how the file writes the module of layers: ``layers``, ``tf.keras.layers``."""
    named = (node.value for node in ast.walk(source.tree) if isinstance(node, ast.Attribute))
    texts = (source.segment(node) for node in named if isinstance(node, ast.Name | ast.Attribute))
    return next((text for text in texts if text.rpartition(".")[2] == "layers"), None)


def with_argument(site: Site, name: str, text: str, *, inner: bool = False) -> tuple[Edit, ...] | None:
    """Write an argument of the constructor call, or of the call inside it."""
    call = site.inner if inner else site.call
    if call is None:
        return None
    spread = site.spread(call, name)
    if spread is not None:
        return None if spread.node is None else (edits.replace(spread.source, spread.node, text),)
    return (edits.set_argument(site.source, call, name, text, None if inner else site.position(name)),)


def where_decided(site: Site, name: str, text: str) -> tuple[tuple[Edit, ...], Place] | None:
    """Write an argument where the name that is passed for it is bound, if it is bound for that alone.

    A condition of the loop's turn can only stand inside the loop.
    """
    node, source = site.argument(name), site.source
    if not isinstance(node, ast.Name):
        return None
    home, found = site.scope.home(node.id, node)
    if len(found) != 1 or found[0].kind != "assign" or found[0].path or home.owner is not site.scope.owner:
        return None
    binding, loop = found[0], site.loop()
    if binding.value is None or len(reads(source, node.id, home.owner)) != 1:
        return None
    if loop is not None and not any(one is binding.statement for one in ast.walk(loop)):
        return None
    return (edits.replace(source, binding.value, text),), source.place(binding.statement)


def instead(site: Site, new: New) -> tuple[Edit, ...] | None:
    """Write another layer in the place of one."""
    written = spelled(site.source, site.call, new)
    return None if written is None else (edits.replace(site.source, site.call, written[0]), *written[1])


def before(site: Site, use: ast.expr | None, new: tuple[New, ...]) -> tuple[Edit, ...] | None:
    """Write layers in front of a layer: around the tensor it is called on, or as entries of a Sequential."""
    texts, imports = [], []
    for one in new:
        written = spelled(site.source, site.call, one)
        if written is None:
            return None
        texts.append(written[0])
        imports += list(written[1])
    if use is not None:
        pattern = "{}"
        for text in texts:
            pattern = f"{text}({pattern})"
        return (edits.wrap(site.source, use, pattern), *_merged(imports))
    around, statement = site.source.parent(site.call), site.statement
    if isinstance(around, ast.List | ast.Tuple):
        place = site.source.place(site.call)
        at = (place.row, place.column)
        line = site.source.lines[place.row - 1]
        own_line = not line[: place.column - 1].strip()
        behind = f",\n{line[: place.column - 1]}" if own_line else ", "
        return (Edit(site.source.filename, at, at, "".join(f"{text}{behind}" for text in texts)), *_merged(imports))
    if isinstance(around, ast.Call) and isinstance(around.func, ast.Attribute) and around.func.attr == "add":
        receiver = site.source.segment(around.func.value)
        if statement is not None:
            lines = "\n".join(f"{receiver}.add({text})" for text in texts)
            return (edits.insert_before(site.source, statement, lines), *_merged(imports))
    return None


def after(site: Site, new: New) -> tuple[Edit, ...] | None:
    """Write a layer behind a layer: around its call, or as the next entry of a Sequential."""
    written = spelled(site.source, site.call, new)
    if written is None:
        return None
    text, imports = written
    around, statement = site.source.parent(site.call), site.statement
    if isinstance(around, ast.Call) and around.func is site.call:
        return (edits.wrap(site.source, around, f"{text}({{}})"), *imports)
    if isinstance(around, ast.List | ast.Tuple):
        place = site.source.place(site.call)
        first = site.source.lines[place.row - 1][: place.column - 1]
        at = (place.end_row, place.end_column)
        between = ", " if first.strip() else f",\n{first}"
        return (Edit(site.source.filename, at, at, f"{between}{text}"), *imports)
    method = around.func if isinstance(around, ast.Call) and isinstance(around.func, ast.Attribute) else None
    if method is not None and method.attr == "add" and isinstance(statement, ast.Expr):
        line = f"{site.source.segment(method.value)}.add({text})"
        return (edits.insert_after(site.source, statement, line), *imports)
    return None


def without(site: Site, call: tuple[ast.Call, ast.expr] | None = None) -> Edit | None:
    """Write the program without a layer: its call becomes the tensor it was given, its entry in a model goes.

    Parameters
    ----------
    call
        The call of the layer and the tensor in it, where it is made elsewhere than it is called.
    """
    around = site.source.parent(site.call)
    if isinstance(around, ast.Call) and around.func is site.call and len(around.args) == 1 and not around.keywords:
        call = (around, around.args[0])
    if call is not None:
        statement = site.source.statement(call[0])
        text = site.source.segment(call[1])
        if isinstance(statement, ast.Assign) and statement.value is call[0]:
            same = [isinstance(one, ast.Name) and one.id == text for one in statement.targets]
            if same == [True]:
                return _deleted(site.source, statement)
        return edits.replace(site.source, call[0], text)
    if isinstance(around, ast.List | ast.Tuple):
        return _taken_out(site.source, around, site.call)
    if isinstance(around, ast.Call) and isinstance(around.func, ast.Attribute) and around.func.attr == "add":
        statement = site.statement
        return None if statement is None or not isinstance(statement, ast.Expr) else _deleted(site.source, statement)
    return None


def _deleted(source: SourceFile, statement: ast.stmt) -> Edit | None:
    """Write a block without one of its statements, which stands on lines of its own."""
    place, around = source.place(statement), source.parent(statement)
    bodies = [body for name in ("body", "orelse", "finalbody") if isinstance(body := getattr(around, name, None), list)]
    alone = next((len(body) == 1 for body in bodies if statement in body), True)
    line, last = source.lines[place.row - 1], source.lines[place.end_row - 1]
    if alone or line[: place.column - 1].strip() or ";" in last[place.end_column - 1 :]:
        return None
    if place.end_row == len(source.lines):
        return None
    return Edit(source.filename, (place.row, 1), (place.end_row + 1, 1), "")


def _taken_out(source: SourceFile, display: ast.List | ast.Tuple, item: ast.expr) -> Edit | None:
    """Write a list without one of its entries."""
    index = display.elts.index(item)
    if index > 0:
        before, here = source.place(display.elts[index - 1]), source.place(item)
        return Edit(source.filename, (before.end_row, before.end_column), (here.end_row, here.end_column), "")
    if len(display.elts) > 1:
        here, after = source.place(item), source.place(display.elts[1])
        return Edit(source.filename, (here.row, here.column), (after.row, after.column), "")
    return None


def _merged(imports: list[Edit]) -> list[Edit]:
    """Write several names that go into the same import as one edit."""
    found: dict[tuple[str, tuple[int, int]], Edit] = {}
    for edit in imports:
        key = (edit.filename, edit.start)
        old = found.get(key)
        if old is None:
            found[key] = edit
        elif edit.content not in old.content:
            found[key] = Edit(edit.filename, edit.start, edit.end, old.content + edit.content)
    return list(found.values())
