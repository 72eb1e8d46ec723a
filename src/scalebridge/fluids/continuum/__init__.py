"""Continuum fluids on boxes: staggered finite volumes whose books close in every step."""

from __future__ import annotations

from scalebridge.fluids.continuum._interface import AbstractContinuum as AbstractContinuum
from scalebridge.fluids.continuum._interface import Books as Books
from scalebridge.fluids.continuum._interface import Contents as Contents
from scalebridge.fluids.continuum._interface import DivergedError as DivergedError
from scalebridge.fluids.continuum._interface import FaceFluxes as FaceFluxes
from scalebridge.fluids.continuum._interface import Faces as Faces
from scalebridge.fluids.continuum._interface import Fields as Fields
from scalebridge.fluids.continuum._interface import Fluxes as Fluxes
from scalebridge.fluids.continuum._interface import PatchValues as PatchValues
from scalebridge.fluids.continuum._interface import books as books
