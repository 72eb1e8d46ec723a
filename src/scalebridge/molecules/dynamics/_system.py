"""OpenMM systems of coarse models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.errors import MissingExtraError
from scalebridge.molecules.dynamics._kernel import CoarseForces, check_terms
from scalebridge.molecules.mapping import Beads
from scalebridge.molecules.pairs import check_box
from scalebridge.molecules.potentials import Harmonic, LennardJones, Potential

Floats = npt.NDArray[np.float64]

POINTS = 1001


def openmm() -> Any:
    """The OpenMM module.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import openmm as module
    except ImportError as error:
        raise MissingExtraError("openmm", "molecules") from error
    return module


def compiled_system(forces: CoarseForces, box: Floats) -> Any:
    """A system whose forces, but no energies, are computed by compiled loops; it runs on the platforms of the CPU."""
    mm = openmm()
    system = _empty(forces.beads, box)
    force = mm.PythonForce(forces.steps)
    force.setUsesPeriodicBoundaryConditions(True)
    system.addForce(force)
    return system


def portable_system(beads: Beads, potentials: Mapping[str, Potential], box: Floats) -> Any:
    """A system of OpenMM's own forces, for every platform and for XML.

    Args:
        beads: the coarse topology.
        potentials: by term.
        box: three edges, nm.

    Raises:
        InputError: potentials of terms that do not exist, or a box smaller than twice the cutoff.
    """
    check_terms(beads, potentials)
    system = _empty(beads, box)
    for number, name in enumerate(beads.pairs):
        if name in potentials:
            check_box(box, potentials[name].domain[1])
            system.addForce(_pair_force(beads, number, name, potentials[name]))
    for name, members in beads.bonded.items():
        if name in potentials:
            system.addForce(_bonded_force(name, members, potentials[name]))
    return system


def _empty(beads: Beads, box: Floats) -> Any:
    mm = openmm()
    system = mm.System()
    for mass in beads.masses:
        system.addParticle(float(mass))
    system.setDefaultPeriodicBoxVectors(*(mm.Vec3(*row) for row in np.diag(box).tolist()))
    return system


def pair_table(potential: Potential, points: int = POINTS) -> tuple[Floats, Floats]:
    """Distances from where the core is high to the cutoff, and energies."""
    r = np.linspace(0.02 * potential.domain[1], potential.domain[1] * (1.0 - 1e-9), 4 * points)
    high = np.flatnonzero(potential.energy(r) > 2000.0)
    grid = np.linspace(r[high[-1]] if len(high) else r[0], r[-1], points)
    return grid, potential.energy(grid)


def _pair_force(beads: Beads, number: int, name: str, potential: Potential) -> Any:
    mm = openmm()
    cutoff = potential.domain[1]
    if isinstance(potential, LennardJones) and potential.shift != "force":
        whole = LennardJones(potential.sigma, potential.epsilon, cutoff, "none")
        shift = 0.0 if potential.shift == "none" else float(whole.energy(np.array([cutoff * (1.0 - 1e-12)]))[0])
        text = f"4*{potential.epsilon!r}*(x*x-x)-({shift!r}); x=({potential.sigma!r}/r)^6"
        force = mm.CustomNonbondedForce(text)
    else:
        r, energy = pair_table(potential)
        slope = float(-potential.force(r[:1])[0])
        low = float(r[0])
        force = mm.CustomNonbondedForce(f"u(max(r,{low!r}))+({slope!r})*min(r-{low!r},0)")
        force.addTabulatedFunction("u", mm.Continuous1DFunction(energy.tolist(), float(r[0]), float(r[-1])))
    force.setName(name)
    force.setNonbondedMethod(mm.CustomNonbondedForce.CutoffPeriodic)
    force.setCutoffDistance(cutoff)
    for _ in range(len(beads)):
        force.addParticle([])
    starts, partners = beads.exclusions.starts, beads.exclusions.partners
    for i in range(len(beads)):
        for j in partners[starts[i] : starts[i + 1]]:
            if j > i:
                force.addExclusion(i, int(j))
    if len(beads.types) > 1:
        a, b = np.argwhere(np.triu(beads.pair_numbers == number))[0]
        of_type = [np.flatnonzero(beads.type_numbers == kind).tolist() for kind in (a, b)]
        force.addInteractionGroup(*of_type)
    return force


def _bonded_force(name: str, members: npt.NDArray[np.int32], potential: Potential) -> Any:
    mm = openmm()
    width = members.shape[1]
    force: Any
    if isinstance(potential, Harmonic) and width in (2, 3):
        force = mm.HarmonicBondForce() if width == 2 else mm.HarmonicAngleForce()
        for row in members.tolist():
            (force.addBond if width == 2 else force.addAngle)(*row, potential.x0, potential.k)
    else:
        force = _tabulated_bond(members, potential)
    force.setName(name)
    force.setUsesPeriodicBoundaryConditions(True)
    return force


def _tabulated_bond(members: npt.NDArray[np.int32], potential: Potential) -> Any:
    mm = openmm()
    width = members.shape[1]
    start, stop = potential.domain
    start, stop = {2: (max(start, 0.0), stop), 3: (0.0, np.pi), 4: (-np.pi, np.pi)}[width]
    if not np.isfinite(stop):
        stop = 2.5 * float(potential.coefficients[1])
    x = np.linspace(start, stop, POINTS)
    energy = potential.energy(x)
    coordinate = {2: "distance(p1,p2)", 3: "angle(p1,p2,p3)", 4: "dihedral(p1,p2,p3,p4)"}[width]
    if width == 2:
        low, high = (float(-potential.force(x[[end]])[0]) for end in (0, -1))
        beyond = f"+({low!r})*min(x-({start!r}),0)+({high!r})*max(x-({stop!r}),0)"
        text = f"u(min(max(x,{start!r}),{stop!r})){beyond}; x={coordinate}"
    else:
        text = f"u({coordinate})"
    if width == 4:
        energy[-1] = energy[0]
    force = mm.CustomCompoundBondForce(width, text)
    force.addTabulatedFunction("u", mm.Continuous1DFunction(energy.tolist(), start, stop, width == 4))
    for row in members.tolist():
        force.addBond(row)
    return force
