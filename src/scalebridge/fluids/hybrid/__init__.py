"""Molecular dynamics joined to Navier-Stokes in an overlap, with the books of both sides."""

from __future__ import annotations

from scalebridge.fluids.hybrid._acoustic import Acoustic as Acoustic
from scalebridge.fluids.hybrid._acoustic import AcousticState as AcousticState
from scalebridge.fluids.hybrid._bridge import Hybrid as Hybrid
from scalebridge.fluids.hybrid._channel_shape import ChannelShape as ChannelShape
from scalebridge.fluids.hybrid._channel_shape import Lubrication as Lubrication
from scalebridge.fluids.hybrid._couette import StartUpCouette as StartUpCouette
from scalebridge.fluids.hybrid._long_channel import LongChannel as LongChannel
from scalebridge.fluids.hybrid._long_channel import LongChannelState as LongChannelState
from scalebridge.fluids.hybrid._nanochannel import Nanochannel as Nanochannel
from scalebridge.fluids.hybrid._nanochannel import NanochannelState as NanochannelState
from scalebridge.fluids.hybrid._noise import instances_needed as instances_needed
from scalebridge.fluids.hybrid._overlap import Overlap as Overlap
from scalebridge.fluids.hybrid._passes import Passes as Passes
from scalebridge.fluids.hybrid._pulse import Pulse as Pulse
from scalebridge.fluids.hybrid._reservoirs import Reservoirs as Reservoirs
from scalebridge.fluids.hybrid._slit import SlitResistance as SlitResistance
from scalebridge.fluids.hybrid._slit import slit_resistance as slit_resistance
from scalebridge.fluids.hybrid._state import HybridState as HybridState

__all__ = [
    "Acoustic",
    "AcousticState",
    "ChannelShape",
    "Hybrid",
    "HybridState",
    "LongChannel",
    "LongChannelState",
    "Lubrication",
    "Nanochannel",
    "NanochannelState",
    "Overlap",
    "Passes",
    "Pulse",
    "Reservoirs",
    "SlitResistance",
    "StartUpCouette",
    "instances_needed",
    "slit_resistance",
]
