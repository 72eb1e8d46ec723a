"""A simulation with adaptive resolution, and what it says of density, structure and exchange."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
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
SHELLS, POINTS = 10, 40  # of the atomistic part, in which the density is taken; points in a shell


@dataclass(frozen=True, eq=False)
class AdaptiveRun:
    """What a simulation showed.

    Attributes:
        times: of samples, ps, (n,).
        distance: middle of the shells, (b,) nm.
        counts: molecules by sample and shell, (n, b).
        volume: of the shells, (b,) nm^3.
        layers: molecules by sample and thinner shell, (n, l); these show single layers of molecules.
        layer_distance, layer_volume: middle and volume of the thinner shells, (l,) nm and nm^3.
        inside: molecules in the atomistic part, (n,).
        r, pairs: radial distribution of one site in the atomistic part: distances (b,) nm, and by sample its counts
            over those of a fluid without structure that has the density found there, (n, b); empty where the region
            is a cylinder.
        surfaces: distances of the middle of the hybrid zone and its ends, nm, (3,).
        outward, inward: molecules that crossed them between samples, (n, 3).
        drift: force that the resolution field took up, (n, 3) kJ/mol/nm.
        capped: pairs of sites below the cap, (n,).
        temperature: K, (n,).
        positions, velocities: at the end, (N, 3).
        seconds: CPU seconds per step, all in.
        looked: what `look` gave by sample, (n, k).
        copies: independent runs of equal length that these samples come from, one after the other.
    """

    times: Floats
    distance: Floats
    counts: Floats
    volume: Floats
    layers: Floats
    layer_distance: Floats
    layer_volume: Floats
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
    copies: int = 1

    @property
    def density(self) -> tuple[Floats, Floats]:
        """Density over its mean and its standard error, (b,)."""
        return _density(self.counts, self.volume)

    @property
    def layer_density(self) -> tuple[Floats, Floats]:
        """The same in the thinner shells, (l,)."""
        return _density(self.layers, self.layer_volume)

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


def joined_runs(parts: Sequence[AdaptiveRun]) -> AdaptiveRun:
    """Runs of the same system and length as one; the end is that of the last."""
    last = parts[-1]

    def together(name: str) -> Floats:
        return np.concatenate([getattr(p, name) for p in parts])

    return replace(
        last, times=np.concatenate([p.times + k * last.times[-1] for k, p in enumerate(parts)]),
        counts=together("counts"), layers=together("layers"), inside=together("inside"), pairs=together("pairs"),
        outward=together("outward"), inward=together("inward"), drift=together("drift"), capped=together("capped"),
        temperature=together("temperature"), looked=together("looked"), copies=len(parts),
    )  # fmt: skip


def _density(counts: Floats, volume: Floats) -> tuple[Floats, Floats]:
    return _blocks(counts / (volume / volume.sum() * counts.sum(axis=1).mean()))


def _split(values: Floats) -> list[Floats]:
    """Samples in parts that are taken as independent."""
    return np.array_split(values, min(BLOCKS, len(values)))


def _blocks(values: Floats) -> tuple[Floats, Floats]:
    blocks = [part.mean(axis=0) for part in _split(values)]
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
    thinner: Shells | None = None,
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
        thinner: shells into which those of `where` are split; none: these are not split.
        settle: length before, ps.
        site: of every molecule, of which the radial distribution is taken.
        seed: of thermostat and velocities.
        look: called with the positions of each sample, gives numbers to keep, (k,).

    Raises:
        ConvergenceError: the simulation has blown up.
    """
    engine = engine_of(system, forces, how, seed)
    engine.start(*start, seed % (2**31 - 2) + 1)
    book = _Samples(forces, where, thinner or where, box_of(system), site, look)
    steps, seconds = 0, 0.0
    engine.step(max(round(settle / how.timestep), 1))
    book.start()
    for number in range(max(round(picoseconds / how.timestep / how.every), 2)):
        begun = time.process_time()
        engine.step(how.every)
        seconds, steps = seconds + time.process_time() - begun, steps + how.every
        book.enter((number + 1) * how.every * how.timestep, engine)
    return book.close(engine, seconds / steps, 2.0 / (freedom(system) * GAS))


def freedom(system: Any) -> int:
    """Degrees of freedom."""
    n = system.getNumParticles()
    return 3 * sum(1 for i in range(n) if system.getParticleMass(i)._value > 0.0) - int(system.getNumConstraints())


class _Samples:
    """What is noted at each sample."""

    def __init__(
        self,
        forces: AdaptiveForces,
        where: Shells,
        thinner: Shells,
        box: Floats,
        site: int,
        look: Callable[[Floats], Floats] | None = None,
    ) -> None:
        self.forces, self.where, self.thinner, self.box = forces, where, thinner, box
        self.look = look or (lambda _: np.zeros(0))
        self.own = np.isin(forces.molecules.kind, forces.mobile)  # but a solute
        assert forces.region is not None
        self.region: Region = forces.region
        self.first = forces.molecules.first[:-1] + np.minimum(site, forces.molecules.counts[forces.molecules.kind] - 1)
        self.first = self.first[self.own]
        self.surfaces = self.region.atomistic + self.region.hybrid * np.array([0.0, 0.5, 1.0])
        self.edges = radial_edges(_longest(self.region))
        self.shells = np.linspace(0.0, self.region.atomistic, SHELLS + 1)
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
                when, self.thinner.count(distance), np.histogram(distance, self.shells)[0], self._pairs(places), out,
                into, last.drift, last.capped, engine.energy()[0], self.look(positions),
            )
        )  # fmt: skip

    def _pairs(self, places: Floats) -> Floats:
        """Pairs at each distance in the atomistic part, each twice."""
        from scipy.spatial import cKDTree

        if len(self.edges) < 2:
            return np.zeros(0)
        if len(places) < 2:
            return np.zeros(len(self.edges) - 1)
        tree = cKDTree(np.mod(places, self.box), boxsize=self.box)
        return np.asarray(np.diff(tree.count_neighbors(tree, self.edges)), float)

    def close(self, engine: Engine, seconds: float, kelvin: float) -> AdaptiveRun:
        columns = [np.array(column, float) for column in zip(*self.rows, strict=True)]
        times, layers, inner, pairs, out, into, drift, capped, kinetic, looked = columns
        if pairs.shape[-1]:
            contents = np.diff([self.region._content(e, self.box) for e in self.shells])
            reached = reached_shells(self.region, self.edges, self.shells)
            for part, held in zip(_split(pairs), _split(inner), strict=True):
                mean = held.mean(axis=0)
                part /= np.maximum(mean @ reached @ (mean / contents), 1e-300)  # written to `pairs`
        return AdaptiveRun(
            times, self.where.middle, self.thinner.joined(layers, self.where), self.where.volume, layers,
            self.thinner.middle, self.thinner.volume, inner.sum(axis=1),
            0.5 * (self.edges[1:] + self.edges[:-1]), pairs, self.surfaces, out, into, drift, capped, kelvin * kinetic,
            *engine.state(), seconds, looked,
        )  # fmt: skip


def _longest(region: Region) -> float:
    """Up to which distance pairs within the atomistic part are counted, nm."""
    if isinstance(region, Slab | Sphere):
        return min(1.0, (2.0 if isinstance(region, Sphere) else 1.0) * region.atomistic)
    return 0.0


def reached_shells(region: Region, edges: Floats, shells: Floats) -> Floats:
    """Volume at the distances of a bin from a point of one shell that lies in another, averaged over points.

    Args:
        region: around whose middle the shells lie.
        edges: of the bins, (b + 1,) nm.
        shells: their ends, from 0, (k + 1,) nm.

    Returns:
        (b, k, k) nm^3; the shell of the point comes first.
    """
    r = 0.5 * (edges[1:] + edges[:-1])[:, None, None, None]
    share = (np.arange(POINTS) + 0.5) / POINTS
    if isinstance(region, Sphere):  # points of equal volumes
        s = np.cbrt(shells[:-1, None] ** 3 * (1.0 - share) + shells[1:, None] ** 3 * share)[..., None]
        within = np.clip((shells**2 - (s - r) ** 2) / (4.0 * s * r), 0.0, 1.0)
    else:
        s = (shells[:-1, None] * (1.0 - share) + shells[1:, None] * share)[..., None]
        within = 0.5 * (np.clip((shells - s) / r, -1.0, 1.0) - np.clip((-shells - s) / r, -1.0, 1.0))
    volume = 4.0 / 3.0 * np.pi * np.diff(edges**3)[:, None, None]
    return np.asarray(volume * np.diff(within, axis=-1).mean(axis=2))
