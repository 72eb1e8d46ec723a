"""Continuum fluids, on boxes and on meshes, whose books close in every step."""

from __future__ import annotations

from scalebridge.fluids.continuum._check import check_continuum as check_continuum
from scalebridge.fluids.continuum._conditions import Characteristic as Characteristic
from scalebridge.fluids.continuum._conditions import Flux as Flux
from scalebridge.fluids.continuum._conditions import Obstacle as Obstacle
from scalebridge.fluids.continuum._conditions import Outlet as Outlet
from scalebridge.fluids.continuum._conditions import Patch as Patch
from scalebridge.fluids.continuum._conditions import Periodic as Periodic
from scalebridge.fluids.continuum._conditions import Surface as Surface
from scalebridge.fluids.continuum._conditions import Wall as Wall
from scalebridge.fluids.continuum._continuum import Continuum as Continuum
from scalebridge.fluids.continuum._fluids import CompressibleFluid as CompressibleFluid
from scalebridge.fluids.continuum._fluids import EquationOfState as EquationOfState
from scalebridge.fluids.continuum._fluids import IdealGas as IdealGas
from scalebridge.fluids.continuum._fluids import Linear as Linear
from scalebridge.fluids.continuum._fluids import Liquid as Liquid
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
from scalebridge.fluids.continuum._mesh import MeshContinuum as MeshContinuum
from scalebridge.fluids.continuum._mesh_state import MeshState as MeshState
from scalebridge.fluids.continuum._state import FlowState as FlowState

__all__ = [
    "AbstractContinuum",
    "Books",
    "Characteristic",
    "CompressibleFluid",
    "Contents",
    "Continuum",
    "DivergedError",
    "EquationOfState",
    "FaceFluxes",
    "Faces",
    "Fields",
    "FlowState",
    "Flux",
    "Fluxes",
    "IdealGas",
    "Linear",
    "Liquid",
    "MeshContinuum",
    "MeshState",
    "Obstacle",
    "Outlet",
    "Patch",
    "PatchValues",
    "Periodic",
    "Surface",
    "Wall",
    "books",
    "check_continuum",
]
