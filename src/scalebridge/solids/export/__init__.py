"""What users take away: fields for ParaView and xarray, material cards for finite element codes."""

from __future__ import annotations

from scalebridge.solids.export._ansys import ansys_card as ansys_card
from scalebridge.solids.export._calculix import calculix_card as calculix_card
from scalebridge.solids.export._hardening import plastic_table as plastic_table
from scalebridge.solids.export._vti import vti as vti
from scalebridge.solids.export._xarray import to_xarray as to_xarray
from scalebridge.solids.export._xdmf import xdmf as xdmf

__all__ = ["ansys_card", "calculix_card", "plastic_table", "to_xarray", "vti", "xdmf"]
