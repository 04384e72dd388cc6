"""The changes that are tried when a layer refused its input: every kind of them, cheap ones first."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kerasguard.repairs.building import (
    agreeing,
    attention,
    blocks,
    input_axes,
    inputs,
    layers,
    merges,
    own_axis,
    own_code,
    own_numbers,
    own_parts,
    removals,
    renewed,
    shortcuts,
    sizes,
    states,
    strides,
    windows,
)
from kerasguard.repairs.building.refusal import Failure, Proposal

Family = Callable[[Failure], Iterator[Proposal]]

FAMILIES: tuple[Family, ...] = (
    inputs.counted_samples,
    inputs.nested_input,
    inputs.open_sizes,
    inputs.divisible,
    input_axes.channel_axis,
    input_axes.time_axis,
    input_axes.without_top,
    layers.sequences,
    layers.pooling_for_flatten,
    layers.inserted,
    layers.per_time_step,
    layers.padding,
    layers.own_layer,
    own_code.own_code,
    own_parts.own_parts,
    own_numbers.own_numbers,
    own_numbers.fed_numbers,
    renewed.renewed,
    removals.left_out,
    removals.per_frame,
    strides.strided,
    strides.smaller_pools,
    blocks.fewer_blocks,
    agreeing.agreeing,
    attention.one_sequence,
    own_axis.own_axis,
    shortcuts.widened,
    merges.projected,
    merges.other_axis,
    merges.resized,
    merges.ranks,
    merges.flattened,
    windows.odd_entries,
    windows.reshaped_end,
    sizes.reshape_target,
    sizes.reshape_source,
    sizes.units,
    states.state_inputs,
)


def proposals(failure: Failure) -> Iterator[Proposal]:
    """Yield what every family proposes for a refused input; those that do not apply yield nothing."""
    for family in FAMILIES:
        yield from family(failure)
