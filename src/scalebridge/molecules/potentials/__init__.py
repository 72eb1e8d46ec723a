"""Potentials of coarse models: splines and analytic forms behind one interface."""

from __future__ import annotations

from scalebridge.molecules.potentials._analytic import Fourier as Fourier
from scalebridge.molecules.potentials._analytic import Harmonic as Harmonic
from scalebridge.molecules.potentials._analytic import LennardJones as LennardJones
from scalebridge.molecules.potentials._basis import Basis as Basis
from scalebridge.molecules.potentials._core import extend_core as extend_core
from scalebridge.molecules.potentials._potential import Potential as Potential
from scalebridge.molecules.potentials._spline import Spline as Spline
from scalebridge.molecules.potentials._write import potential_from_table as potential_from_table
from scalebridge.molecules.potentials._write import potential_table as potential_table

__all__ = [
    "Basis",
    "Fourier",
    "Harmonic",
    "LennardJones",
    "Potential",
    "Spline",
    "extend_core",
    "potential_from_table",
    "potential_table",
]
