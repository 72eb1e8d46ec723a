"""A simulation with adaptive resolution, and what it says of density, structure and exchange."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.molecules.adaptive._engine import GAS, Dynamics, Engine, box_of, engine_of
from scalebridge.molecules.adaptive._forces import AdaptiveForces
from scalebridge.molecules.adaptive._liquid import radial_edges
from scalebridge.molecules.adaptive._regions import Region, Slab, Sphere
from scalebridge.molecules.adaptive._sampling import BLOCKS
from scalebridge.molecules.adaptive._shells import Shells

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class AdaptiveRun:
    """What a simulation showed.

    Attributes:
        times: of samples, ps, (n,).
        distance: middle of the shells, (b,) nm.
        counts: molecules by sample and shell, (n, b).
        volume: of the shells, (b,) nm^3.
        inside: molecules in the atomistic part, (n,).
        r, pairs: radial distribution of one site in the atomistic part: distances (b,) nm, and by sample its counts
            over those of a uniform fluid, (n, b); empty where the region is a cylinder.
        surfaces: distances of the middle of the hybrid zone and its ends, nm, (3,).
        outward, inward: molecules that crossed them between samples, (n, 3).
        drift: force that the resolution field took up, (n, 3) kJ/mol/nm.
        capped: pairs of sites below the cap, (n,).
        temperature: K, (n,).
        positions, velocities: at the end, (N, 3).
        seconds: CPU seconds per step, all in.
        looked: what `look` gave by sample, (n, k).
    """

    times: Floats
    distance: Floats
    counts: Floats
    volume: Floats
    inside: Floats
    r: Floats
    pairs: Floats
    surfaces: Floats
    outward: Floats
    inward: Floats
    drift: Floats
    capped: Floats
    temperature: Floats
    positions: Floats
    velocities: Floats
    seconds: float
    looked: Floats

    @property
    def density(self) -> tuple[Floats, Floats]:
        """Density over its mean and its standard error, (b,)."""
        scale = self.volume / self.volume.sum() * self.counts.sum(axis=1).mean()
        return _blocks(self.counts / scale)

    @property
    def radial(self) -> tuple[Floats, Floats]:
        """g(r) in the atomistic part and its standard error, (b,)."""
        return _blocks(self.pairs)

    @property
    def residence(self) -> Floats:
        """Mean time of a molecule within each of the surfaces, ps: how many are there over how many leave."""
        held = [float(self.counts[:, self.distance < s].sum(axis=1).mean()) for s in self.surfaces]
        step = float(self.times[1] - self.times[0])
        return np.asarray(np.array(held) * step / np.maximum(self.outward.mean(axis=0), 1e-300))


def _blocks(values: Floats) -> tuple[Floats, Floats]:
    blocks = [part.mean(axis=0) for part in np.array_split(values, min(BLOCKS, len(values)))]
    error = np.std(blocks, axis=0, ddof=1) / np.sqrt(len(blocks)) if len(blocks) > 1 else np.full(values.shape[1:], 1.0)
    return np.asarray(values.mean(axis=0)), np.asarray(error)


def produce(
    system: Any,
    forces: AdaptiveForces,
    where: Shells,
    how: Dynamics,
    start: tuple[Floats, Floats | None],
    picoseconds: float,
    *,
    settle: float = 0.0,
    site: int = 0,
    seed: int = 0,
    look: Callable[[Floats], Floats] | None = None,
) -> AdaptiveRun:
    """Simulate and look.

    Args:
        system: whose forces include `forces`.
        forces: of adaptive resolution.
        where: shells in which molecules are counted.
        how: integration; `how.every` steps between samples.
        start: positions and velocities; without velocities these are drawn.
        picoseconds: length.
        settle: length before, ps.
        site: of every molecule, of which the radial distribution is taken.
        seed: of thermostat and velocities.
        look: called with the positions of each sample, gives numbers to keep, (k,).

    Raises:
        ConvergenceError: the simulation has blown up.
    """
    engine = engine_of(system, forces, how, seed)
    engine.start(*start, seed % (2**31 - 2) + 1)
    book = _Samples(forces, where, box_of(system), site, look)
    steps, seconds = 0, 0.0
    engine.step(max(round(settle / how.timestep), 1))
    book.start()
    for number in range(max(round(picoseconds / how.timestep / how.every), 2)):
        begun = time.process_time()
        engine.step(how.every)
        seconds, steps = seconds + time.process_time() - begun, steps + how.every
        book.enter((number + 1) * how.every * how.timestep, engine)
    return book.close(engine, seconds / steps, 2.0 / (_freedom(system) * GAS))


def _freedom(system: Any) -> int:
    """Degrees of freedom."""
    n = system.getNumParticles()
    return 3 * sum(1 for i in range(n) if system.getParticleMass(i)._value > 0.0) - int(system.getNumConstraints())


class _Samples:
    """What is noted at each sample."""

    def __init__(
        self,
        forces: AdaptiveForces,
        where: Shells,
        box: Floats,
        site: int,
        look: Callable[[Floats], Floats] | None = None,
    ) -> None:
        self.forces, self.where, self.box = forces, where, box
        self.look = look or (lambda _: np.zeros(0))
        self.own = np.isin(forces.molecules.kind, forces.mobile)  # but a solute
        assert forces.region is not None
        self.region: Region = forces.region
        self.first = forces.molecules.first[:-1] + np.minimum(site, forces.molecules.counts[forces.molecules.kind] - 1)
        self.first = self.first[self.own]
        self.surfaces = self.region.atomistic + self.region.hybrid * np.array([0.0, 0.5, 1.0])
        self.edges = radial_edges(_longest(self.region))
        self.rows: list[tuple[Any, ...]] = []
        self.beyond: npt.NDArray[np.bool_] = np.zeros((0, 3), np.bool_)

    def start(self) -> None:
        last = self.forces.last
        assert last is not None
        self.beyond = last.distance[self.own, None] > self.surfaces

    def enter(self, when: float, engine: Engine) -> None:
        last = self.forces.last
        assert last is not None
        distance, positions = last.distance[self.own], engine.state()[0]
        beyond = distance[:, None] > self.surfaces
        out, into = (beyond & ~self.beyond).sum(axis=0), (self.beyond & ~beyond).sum(axis=0)
        self.beyond = beyond
        inner = distance < self.region.atomistic
        places = positions[self.first[inner]]
        self.rows.append(
            (
                when, self.where.count(distance), float(inner.sum()), self._pairs(places), out, into, last.drift,
                last.capped, engine.energy()[0], self.look(positions),
            )
        )  # fmt: skip

    def _pairs(self, places: Floats) -> Floats:
        """Pairs at each distance over those of a uniform fluid in the atomistic part."""
        from scipy.spatial import cKDTree

        if len(self.edges) < 2 or len(places) < 2:
            return np.zeros(0)
        tree = cKDTree(np.mod(places, self.box), boxsize=self.box)
        found = np.diff(tree.count_neighbors(tree, self.edges)).astype(float)
        found[0] = 0.0  # each site with itself
        fluid = int(self.own.sum()) / float(np.prod(self.box))
        shell = 4.0 / 3.0 * np.pi * np.diff(self.edges**3)
        middle = 0.5 * (self.edges[1:] + self.edges[:-1])
        content = self.region._content(self.region.atomistic, self.box)
        return np.asarray(found / (fluid**2 * content * shell * _share(self.region, middle)))

    def close(self, engine: Engine, seconds: float, kelvin: float) -> AdaptiveRun:
        columns = [np.array(column, float) for column in zip(*self.rows, strict=True)]
        times, counts, inside, pairs, out, into, drift, capped, kinetic, looked = columns
        return AdaptiveRun(
            times, self.where.middle, counts, self.where.volume, inside, 0.5 * (self.edges[1:] + self.edges[:-1]),
            pairs, self.surfaces, out, into, drift, capped, kelvin * kinetic,
            *engine.state(), seconds, looked,
        )  # fmt: skip


def _longest(region: Region) -> float:
    """Up to which distance pairs within the atomistic part are counted, nm."""
    if isinstance(region, Slab | Sphere):
        return min(1.0, (2.0 if isinstance(region, Sphere) else 1.0) * region.atomistic)
    return 0.0


def _share(region: Region, r: Floats) -> Floats:
    """Of a shell of radius r around a point of the atomistic part, the share within it, averaged over points."""
    if isinstance(region, Sphere):
        x = r / region.atomistic
        return np.asarray(1.0 - 0.75 * x + x**3 / 16.0)
    return np.asarray(1.0 - r / (4.0 * region.atomistic))
