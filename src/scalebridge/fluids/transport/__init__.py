"""Properties of fluids measured by molecular dynamics, and the statistical errors of what is measured."""

from __future__ import annotations

from scalebridge.fluids.transport._blocks import Measured as Measured
from scalebridge.fluids.transport._blocks import block_mean as block_mean
from scalebridge.fluids.transport._bulk import AbstractBulk as AbstractBulk
from scalebridge.fluids.transport._bulk import Bulk as Bulk
from scalebridge.fluids.transport._bulk import measure_conductivity as measure_conductivity
from scalebridge.fluids.transport._bulk import measure_pressure as measure_pressure
from scalebridge.fluids.transport._bulk import measure_viscosity as measure_viscosity
from scalebridge.fluids.transport._bulk_water import BulkWater as BulkWater
from scalebridge.fluids.transport._channel import ChannelFlow as ChannelFlow
from scalebridge.fluids.transport._channel import measure_channel as measure_channel
from scalebridge.fluids.transport._errors import FluidState as FluidState
from scalebridge.fluids.transport._errors import density_error as density_error
from scalebridge.fluids.transport._errors import pressure_error as pressure_error
from scalebridge.fluids.transport._errors import samples_needed as samples_needed
from scalebridge.fluids.transport._errors import stress_error as stress_error
from scalebridge.fluids.transport._errors import temperature_error as temperature_error
from scalebridge.fluids.transport._errors import velocity_error as velocity_error
from scalebridge.fluids.transport._errors import velocity_memory as velocity_memory
from scalebridge.fluids.transport._filters import Filtered as Filtered
from scalebridge.fluids.transport._filters import moving_average as moving_average
from scalebridge.fluids.transport._filters import pod_filter as pod_filter

__all__ = [
    "AbstractBulk",
    "Bulk",
    "BulkWater",
    "ChannelFlow",
    "Filtered",
    "FluidState",
    "Measured",
    "block_mean",
    "density_error",
    "measure_channel",
    "measure_conductivity",
    "measure_pressure",
    "measure_viscosity",
    "moving_average",
    "pod_filter",
    "pressure_error",
    "samples_needed",
    "stress_error",
    "temperature_error",
    "velocity_error",
    "velocity_memory",
]
