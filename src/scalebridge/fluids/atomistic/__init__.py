"""Molecular dynamics of fluids between walls and open ends, on LAMMPS in the same process."""

from __future__ import annotations

from scalebridge.fluids.atomistic._abstract import AbstractAtomistic as AbstractAtomistic
from scalebridge.fluids.atomistic._books import Books as Books
from scalebridge.fluids.atomistic._books import Profile as Profile
from scalebridge.fluids.atomistic._books import profile as profile
from scalebridge.fluids.atomistic._controls import Constraint as Constraint
from scalebridge.fluids.atomistic._controls import Controls as Controls
from scalebridge.fluids.atomistic._controls import Heater as Heater
from scalebridge.fluids.atomistic._controls import Targets as Targets
from scalebridge.fluids.atomistic._controls import Thermostat as Thermostat
from scalebridge.fluids.atomistic._controls import Traction as Traction
from scalebridge.fluids.atomistic._crystal import Crystal as Crystal
from scalebridge.fluids.atomistic._exchange import Carry as Carry
from scalebridge.fluids.atomistic._exchange import Exchanged as Exchanged
from scalebridge.fluids.atomistic._exchange import Usher as Usher
from scalebridge.fluids.atomistic._fluid import LennardJones as LennardJones
from scalebridge.fluids.atomistic._fluid import wca as wca
from scalebridge.fluids.atomistic._model import Atomistic as Atomistic
from scalebridge.fluids.atomistic._properties import Stiffness as Stiffness
from scalebridge.fluids.atomistic._properties import Units as Units
from scalebridge.fluids.atomistic._ranked import Instance as Instance
from scalebridge.fluids.atomistic._ranked import started as started
from scalebridge.fluids.atomistic._script import Scripted as Scripted
from scalebridge.fluids.atomistic._simulation import Simulation as Simulation
from scalebridge.fluids.atomistic._state import Atoms as Atoms
from scalebridge.fluids.atomistic._water import BAR as BAR
from scalebridge.fluids.atomistic._water import KELVIN as KELVIN
from scalebridge.fluids.atomistic._water import MILLIPASCAL_SECOND as MILLIPASCAL_SECOND
from scalebridge.fluids.atomistic._water import Water as Water

__all__ = [
    "BAR",
    "KELVIN",
    "MILLIPASCAL_SECOND",
    "AbstractAtomistic",
    "Atomistic",
    "Atoms",
    "Books",
    "Carry",
    "Constraint",
    "Controls",
    "Crystal",
    "Exchanged",
    "Heater",
    "Instance",
    "LennardJones",
    "Profile",
    "Scripted",
    "Simulation",
    "Stiffness",
    "Targets",
    "Thermostat",
    "Traction",
    "Units",
    "Usher",
    "Water",
    "profile",
    "started",
    "wca",
]
