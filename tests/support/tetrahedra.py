"""The tetrahedral liquid of ESPResSo++ (examples/adress/hadress_tetraliquid), in its own units as nm, u, ps, kJ/mol."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from scalebridge.molecules.adaptive import (
    AdaptiveForces,
    Bonds,
    CoarsePairs,
    Compensation,
    Dynamics,
    Molecules,
    NativeEngine,
    SitePairs,
    Slab,
)
from scalebridge.molecules.dynamics._tables import pair_tables
from scalebridge.molecules.potentials import Spline
from support.reference_data import reference

FOLDER = ("molecules", "tetrahedral-hadress")
BOX = np.array([36.845, 15.0, 15.0])
MOLECULES = 798
KELVIN = 1.0 / 0.00831446261815324  # kT = 1
REGION = Slab((18.4225, 7.5, 7.5), 5.0, 5.0)


def table(name: str) -> np.ndarray:
    """A shipped table."""
    return np.loadtxt(reference(*FOLDER, name))


def configuration() -> tuple[np.ndarray, np.ndarray]:
    """Positions, whole molecules, and velocities."""
    rows = np.loadtxt(reference(*FOLDER, "equilibrated_conf.xyz"), skiprows=2)
    x = rows[:, 2:5].reshape(-1, 4, 3)
    x -= BOX * np.round((x - x[:, :1]) / BOX)
    return x.reshape(-1, 3), rows[:, 5:8]


def compensation(name: str, every: int = 10) -> Compensation:
    """A shipped compensation, "Gibbs" or "Helmholtz"; of its 5001 points every tenth."""
    rows = table(f"table_FEC_{name}.dat")[::every]
    return Compensation(rows[:, 0], rows[:, 1])


def beads(width: float = 0.0) -> CoarsePairs:
    """The shipped potential between centres of mass; where a width is given, averaged over it beyond 1.5."""
    r, energy = table("table_potential.dat")[:, :2].T
    if width > 0.0:
        weights = np.hanning(2 * round(0.25 * width / 0.001) + 3)[1:-1]
        energy = np.where(r > 1.5, np.convolve(energy, weights / weights.sum(), "same"), energy)
    inside = (r > 0.2) & (r <= 2.0 + 1e-9)
    potential = Spline.through(r[inside], energy[inside], cut=True)
    return CoarsePairs(pair_tables([potential]), np.zeros((1, 1), np.int64))


def forces(coarse: CoarsePairs | None = None, **options: Any) -> AdaptiveForces:
    """Forces between the tetrahedra."""
    sites = SitePairs.lennard_jones(np.ones(1), np.ones(1), 2.0 ** (1.0 / 6.0), shifted=True)
    molecules = Molecules.alike(MOLECULES, [1.0] * 4, [0] * 4, "tetrahedron")
    region = options.pop("region", REGION)
    return AdaptiveForces(molecules, sites, coarse or beads(), region, **options)


def system(force: Any) -> Any:
    """OpenMM system: quartic bonds within, `force` between."""
    import openmm as mm

    made = mm.System()
    bonds = mm.CustomBondForce("18.75*(r*r-1)^2")
    for m in range(MOLECULES):
        for _ in range(4):
            made.addParticle(1.0)
        for i, j in combinations(range(4), 2):
            bonds.addBond(4 * m + i, 4 * m + j, [])
    made.addForce(bonds)
    python = mm.PythonForce(force)
    python.setUsesPeriodicBoundaryConditions(True)
    made.addForce(python)
    made.setDefaultPeriodicBoxVectors(*(mm.Vec3(*row) for row in np.diag(BOX)))
    return made


def box_at(density: float) -> np.ndarray:
    """Box of the same proportions with that many molecules per volume."""
    return BOX * (MOLECULES / float(np.prod(BOX)) / density) ** (1.0 / 3.0)


def engine(force: Any, how: Dynamics, seed: int = 1, density: float | None = None) -> NativeEngine:
    """Compiled loops around `force`, at the shipped configuration; its centres moved apart to another density."""
    atoms = np.array([(4 * m + i, 4 * m + j) for m in range(MOLECULES) for i, j in combinations(range(4), 2)])
    bonds = Bonds(atoms, np.ones(len(atoms)), np.full(len(atoms), 75.0))
    box = BOX if density is None else box_at(density)
    made = NativeEngine(np.ones(4 * MOLECULES), box, force, how, seed, bonds=bonds)
    x, v = configuration()
    centres = np.repeat(x.reshape(-1, 4, 3).mean(axis=1), 4, axis=0)
    made.start(x + (box / BOX - 1.0) * centres, v, seed)
    return made


def context(force: Any, integrator: Any, platform: str = "CPU") -> Any:
    """A context at the shipped configuration."""
    import openmm as mm

    options = {"Threads": "1"} if platform == "CPU" else {}
    made = mm.Context(system(force), integrator, mm.Platform.getPlatformByName(platform), options)
    x, v = configuration()
    made.setPositions(x)
    made.setVelocities(v)
    return made


def profile(positions: np.ndarray, bins: int = 100) -> np.ndarray:
    """Atoms in slices along x as the reference counts them: molecules folded by their centres, atoms beyond lost."""
    x = positions.reshape(-1, 4, 3)[..., 0]
    middle = x.mean(axis=1, keepdims=True)
    x = x - BOX[0] * np.floor(middle / BOX[0])
    return np.histogram(x, bins, (0.0, BOX[0]))[0] * bins / x.size
