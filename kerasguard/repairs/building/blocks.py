"""Fewer turns of the loop that makes the blocks of a network: those that the size of its input has room for."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from kerasguard.adapters import wants
from kerasguard.adapters.rebuild import Change
from kerasguard.provenance.links import Link
from kerasguard.provenance.walk import number_home
from kerasguard.repairs import edits
from kerasguard.repairs.building.plans import turns_before
from kerasguard.repairs.building.refusal import Failure, Proposal
from kerasguard.repairs.building.sites import Site
from kerasguard.vocabulary import Edit


def fewer_blocks(failure: Failure) -> Iterator[Proposal]:
    """Leave out the blocks for which there is no room."""
    layer, shape = failure.step.operation, failure.shape
    if failure.merges or failure.nested or failure.from_data or shape is None or len(shape) < 3:
        return
    site = failure.site(layer) if wants.is_layer(layer) else None
    loop = site.loop() if site is not None else None
    count = 0 if site is None or loop is None else turns_before(failure.evidence, failure.plan, site)
    if site is None or loop is None or count < 1:
        return
    home = number_home(loop.iter, site.scope) if isinstance(loop.iter, ast.Name) else None
    written = _shorter(site, loop.iter if home is None else home.node, home, count)
    if written is None:
        return
    left = {id(step.operation): None for step in failure.plan.steps[failure.index :]}
    yield Proposal(
        title=f"make {count} block{'s' if count > 1 else ''}, as many as there is room for",
        change=Change(instead=left),
        edits=(written,),
        cost=0.9,
        cause=home.place if home is not None else site.source.place(loop.iter),
        names=(layer.name, *((home.name,) if home is not None and home.name else ())),
        applicability="unsafe",
    )


def _shorter(site: Site, node: ast.AST, home: Link | None, count: int) -> Edit | None:
    """Write a list, or a range, that ends after so many turns."""
    source = site.source if home is None else home.source
    if isinstance(node, ast.List | ast.Tuple) and count < len(node.elts):
        inner = ", ".join(source.segment(item) for item in node.elts[:count])
        comma = "," if count == 1 and isinstance(node, ast.Tuple) else ""
        return edits.replace(source, node, f"({inner}{comma})" if isinstance(node, ast.Tuple) else f"[{inner}]")
    call = node if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else None
    if call is None or getattr(call.func, "id", "") != "range" or len(call.args) != 1:
        return None
    size = number_home(call.args[0], site.scope if home is None else home.scope)
    if size is not None and isinstance(size.node, ast.Constant):
        return edits.replace(size.source, size.node, str(count))
    return edits.replace(source, call.args[0], str(count))
