"""The changes that are tried when a layer refused its input: every kind of them, cheap ones first."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kerasguard.repairs import (
    building_inputs,
    building_layers,
    building_merges,
    building_own_code,
    building_removals,
    building_sizes,
    building_states,
    building_strides,
)
from kerasguard.repairs.building import Failure, Proposal

Family = Callable[[Failure], Iterator[Proposal]]

FAMILIES: tuple[Family, ...] = (
    building_inputs.counted_samples,
    building_inputs.nested_input,
    building_inputs.open_sizes,
    building_inputs.divisible,
    building_layers.sequences,
    building_layers.pooling_for_flatten,
    building_layers.inserted,
    building_layers.per_time_step,
    building_layers.padding,
    building_layers.own_layer,
    building_own_code.own_code,
    building_removals.left_out,
    building_removals.per_frame,
    building_strides.strided,
    building_strides.smaller_pools,
    building_merges.projected,
    building_merges.other_axis,
    building_merges.resized,
    building_merges.ranks,
    building_sizes.reshape_target,
    building_sizes.reshape_source,
    building_sizes.units,
    building_states.state_inputs,
)


def proposals(failure: Failure) -> Iterator[Proposal]:
    """Yield what every family proposes for a refused input; those that do not apply yield nothing."""
    for family in FAMILIES:
        yield from family(failure)
