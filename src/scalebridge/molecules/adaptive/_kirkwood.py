"""Free energies between coarse and atomistic by Kirkwood integration, and excess chemical potentials.

    DF(lambda) / N = int_0^lambda <V^AT - V^CG>_lambda' dlambda' / N        at uniform lambda'
    Helmholtz: Delta = -DF / N                            equal pressure
    Gibbs:     Delta = -DF / N - (p(lambda) - p(0)) / rho    equal density

(Potestio et al. 2013). To an ideal gas, Delta_Gibbs(1) = -mu_ex.
Near lambda = 0 molecules overlap and the integrand grows without bound, as lambda^(-3/4) for an r^-12 core, and near 1
so do beads that have a harder core than the atoms. What is integrated over u stays finite where

    lambda = I_u(4, 4) = u^4 (35 - 84 u + 70 u^2 - 20 u^3),     dlambda/du = 140 u^3 (1 - u)^3,

which is lambda ~ 35 u^4 at the one end and 1 - lambda ~ 35 (1 - u)^4 at the other. Nodes are the ends, and between them
those of Gauss and Legendre in u: the polynomial through them converges faster than any power of their number, and a gap
that does not depend on lambda, or is linear in it, is integrated exactly by seven of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.molecules.adaptive._compensation import Compensation
from scalebridge.molecules.adaptive._engine import GAS, Dynamics, engine_of
from scalebridge.molecules.adaptive._forces import AdaptiveForces
from scalebridge.molecules.adaptive._sampling import BLOCKS

Floats = npt.NDArray[np.float64]

POWER = 4  # of what is left of u at both ends


@dataclass(frozen=True)
class Node:
    """What was found at one uniform resolution.

    Attributes:
        resolution: lambda.
        gap: <V^AT - V^CG> per molecule, kJ/mol, and its standard error.
        pressure: kJ/mol/nm^3, and its standard error.
    """

    resolution: float
    gap: tuple[float, float]
    pressure: tuple[float, float]


@dataclass(frozen=True)
class Kirkwood:
    """Free energies along the resolution.

    Attributes:
        nodes: by increasing resolution.
        density: molecules per nm^3.
        temperature: K.
    """

    nodes: tuple[Node, ...]
    density: float
    temperature: float

    def helmholtz(self, resolution: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Delta at equal pressure and its standard error, kJ/mol."""
        u = _along(resolution)
        weights = self._weights(u)
        gaps, errors = (np.array([n.gap[k] for n in self.nodes]) for k in (0, 1))
        return -weights @ gaps, np.sqrt(weights**2 @ errors**2)

    def gibbs(self, resolution: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Delta at equal density and its standard error, kJ/mol."""
        energy, error = self.helmholtz(resolution)
        pressure, noise = self.pressure(resolution)
        return energy - (pressure - self.nodes[0].pressure[0]) / self.density, np.hypot(
            error, np.hypot(noise, self.nodes[0].pressure[1]) / self.density
        )

    def pressure(self, resolution: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Pressure at a uniform resolution and its standard error, kJ/mol/nm^3."""
        x, u = _along([n.resolution for n in self.nodes]), _along(resolution)
        unit = np.stack([self._through(x, row)(u) for row in np.eye(len(x))], axis=-1)
        values, errors = (np.array([n.pressure[k] for n in self.nodes]) for k in (0, 1))
        return unit @ values, np.sqrt(unit**2 @ errors**2)

    def compensation(self, kind: str = "gibbs", points: int = 41) -> Compensation:
        """As a curve for `AdaptiveForces`, with knots dense where it is steep."""
        if kind not in ("gibbs", "helmholtz"):
            raise InputError(f"A compensation of kind {kind!r}; known are 'gibbs' and 'helmholtz'")
        x = np.sin(0.5 * np.pi * np.linspace(0.0, 1.0, points)) ** 2
        x[-1] = 1.0
        energy = (self.gibbs if kind == "gibbs" else self.helmholtz)(x)[0]
        return Compensation(x, energy - energy[0])

    @property
    def excess_chemical_potential(self) -> tuple[float, float]:
        """mu_ex of the atomistic fluid over that of the coarse one, and its standard error, kJ/mol."""
        energy, error = self.gibbs(np.array([1.0]))
        return -float(energy[0]), float(error[0])

    def _weights(self, u: Floats) -> Floats:
        """What each node's gap counts for in the integral from 0, (..., nodes)."""
        x = _along([n.resolution for n in self.nodes])
        # what is integrated has limits at the ends that cannot be measured there: the curve is continued to them
        inner = slice(int(x[0] == 0.0), len(x) - int(x[-1] == 1.0))
        jacobian = 140.0 * (x[inner] * (1.0 - x[inner])) ** (POWER - 1)
        unit = [self._through(x[inner], row * jacobian).integ() for row in np.eye(len(jacobian))]
        weights = np.zeros((*np.shape(u), len(x)))
        weights[..., inner] = np.stack([f(u) - f(0.0) for f in unit], axis=-1)
        return weights

    @staticmethod
    def _through(x: Floats, y: Floats) -> Any:
        """The polynomial through points."""
        return np.polynomial.Legendre.fit(x, y, len(x) - 1, domain=[0.0, 1.0])


def nodes(count: int) -> Floats:
    """Resolutions at which to simulate: 0, nodes of Gauss and Legendre in u, and 1."""
    from scipy.special import betainc

    if count < 6:
        raise InputError(f"Kirkwood integration needs 6 resolutions or more, not {count}")
    inner = 0.5 + 0.5 * np.polynomial.legendre.leggauss(count - 2)[0]
    return np.asarray(betainc(POWER, POWER, np.concatenate([[0.0], inner, [1.0]])))


def _along(resolution: npt.ArrayLike) -> Floats:
    """u of resolutions."""
    from scipy.special import betaincinv

    return np.asarray(betaincinv(POWER, POWER, np.asarray(resolution, float)))


def kirkwood(
    system_of: Callable[[AdaptiveForces], Any],
    forces_at: Callable[[float], AdaptiveForces],
    box: Floats,
    positions: Floats,
    resolutions: Sequence[float] | Floats,
    picoseconds: float,
    how: Dynamics,
    *,
    settle: float,
    seed: int = 0,
) -> Kirkwood:
    """Simulate at uniform resolutions, from atomistic to coarse, each from where the last one ended.

    At lambda = 0 and 1 the gap is not used: molecules that do not see each other's atoms, or their beads, may make it
    diverge. What is integrated over u has finite limits there, to which the curve through the other nodes is continued.

    Args:
        system_of: makes a system with given forces.
        forces_at: makes the forces at a uniform resolution.
        box: three edges, nm.
        positions: equilibrated with all atoms, (N, 3) nm.
        resolutions: those of `nodes`, which suit the polynomial through them.
        picoseconds: length at each.
        how: integration.
        settle: length before, ps.
        seed: of everything random.
    """
    x, v = positions, None
    found = []
    for number, resolution in enumerate(reversed(list(resolutions))):
        # at one, the coarse interactions would not be computed; just below, they are, and weigh nothing
        forces = forces_at(min(float(resolution), 1.0 - 1e-9))
        node, x, v = _node(system_of(forces), forces, box, x, v, picoseconds, how, settle, seed + number)
        found.append(replace(node, resolution=float(resolution)))
    return Kirkwood(tuple(reversed(found)), len(forces.molecules) / float(np.prod(box)), how.temperature)


def _node(
    system: Any, forces: AdaptiveForces, box: Floats, x: Floats, v: Floats | None, picoseconds: float, how: Dynamics,
    settle: float, seed: int,
) -> tuple[Node, Floats, Floats]:  # fmt: skip
    engine = engine_of(system, forces, how, seed)
    engine.start(x, v, seed % (2**31 - 2) + 1)
    engine.step(max(round(settle / how.timestep), 1))
    volume, count = float(np.prod(box)), len(forces.molecules)
    gaps, pressures = [], []
    for _ in range(max(round(picoseconds / how.timestep / how.every), 2 * BLOCKS)):
        engine.step(how.every)
        last = forces.last
        assert last is not None
        gaps.append(float(last.gap.mean()) if forces.uniform else 0.0)
        pressures.append((count * GAS * how.temperature + last.virial / 3.0) / volume)
    return Node(0.0, _mean(gaps), _mean(pressures)), *engine.state()


def _mean(values: list[float]) -> tuple[float, float]:
    blocks = [float(np.mean(part)) for part in np.array_split(np.array(values), 2 * BLOCKS)]
    return float(np.mean(values)), float(np.std(blocks, ddof=1) / np.sqrt(len(blocks)))
