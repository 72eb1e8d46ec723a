"""Molecular dynamics of a whole slit between reservoirs, without any continuum: what the hybrid is compared with."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from scalebridge.fluids.atomistic import Crystal
from scalebridge.fluids.atomistic._engine import Engine
from scalebridge.fluids.transport._blocks import Measured, block_mean

PUSH = 4.0  # thickness of the slab at the far ends in which a force drives the flow


@dataclass(frozen=True)
class FullSlit:
    """A slit in a crystal, periodic in all directions: the far end of one reservoir is that of the other.

    Attributes:
        width: of the slit, between the crystal's surfaces.
        along, beside: half cells of the crystal along the slit, and from one slit to its periodic image.
        deep: depth of each reservoir.
        depth: cells of the crystal along z.
        density, temperature, cutoff: of the fluid.
    """

    width: float
    along: int
    beside: int
    deep: float
    depth: int = 4
    density: float = 0.81
    temperature: float = 1.1
    cutoff: float = 2.2
    wall: Crystal = field(default_factory=Crystal)

    @property
    def half(self):
        return self.wall.cell / 2.0

    @property
    def length(self):
        return self.along * self.half

    @property
    def box(self):
        return np.array([2 * self.deep + self.length, self.width + self.beside * self.half, 2 * self.depth * self.half])

    def crystal(self):
        """Sites within four layers of a surface; the hidden ones are left out."""
        i, j, k = np.meshgrid(*(np.arange(n) for n in (self.along, self.beside, 2 * self.depth)), indexing="ij")
        buried = np.minimum.reduce([i, self.along - 1 - i, j, self.beside - 1 - j]) >= 4
        kept = ((i + j + k) % 2 == 0) & ~buried
        low = 0.5 * (self.box[1] - self.width)
        y = (low - self.half * (j[kept] + 0.5)) % self.box[1]
        return np.column_stack([self.deep + self.half * (i[kept] + 0.5), y, self.half * k[kept]])

    def lattice(self, crowding):
        """Fluid sites outside the crystal, at more than the density wanted."""
        spacing = (self.density * crowding) ** (-1.0 / 3.0)
        counts = np.round(self.box / spacing).astype(int)
        sites = np.stack(np.meshgrid(*(np.arange(n) for n in counts), indexing="ij"), -1).reshape(-1, 3) + 0.5
        sites *= self.box / counts
        off = np.abs(sites - self.box / 2)
        solid = (off[:, 0] < self.length / 2 + 0.4) & (off[:, 1] > self.width / 2 - 0.4)
        return sites[~solid]

    def engine(self, fluid, velocities, seed):
        walls = self.crystal()
        engine = Engine()
        x, y, z = self.box.tolist()
        engine.command(
            f"""
            units lj
            atom_style atomic
            atom_modify map array
            boundary p p p
            region box block 0 {x} 0 {y} 0 {z}
            create_box 2 box
            mass * 1.0
            pair_style lj/cut {self.cutoff}
            pair_modify shift yes
            pair_coeff * * 1.0 1.0
            pair_coeff 1 2 {self.wall.epsilon} {self.wall.sigma}
            neighbor 0.3 bin
            neigh_modify delay 0 every 2 check yes
            timestep 0.005
            thermo 0
            """
        )
        places = np.vstack([fluid, walls])
        types = np.repeat(np.array([1, 2], dtype=np.int32), [len(fluid), len(walls)])
        tags = np.arange(1, len(places) + 1, dtype=np.int32)
        engine.create(tags, types, places, np.vstack([velocities, np.zeros_like(walls)]))
        engine.command(
            f"""
            group fluid type 1
            group wall type 2
            neigh_modify exclude group wall wall
            compute across fluid temp/partial 0 0 1
            fix move fluid nve
            fix bath fluid langevin {self.temperature} {self.temperature} 2.0 {seed}
            fix_modify bath temp across
            """
        )
        return engine

    def filled(self, seed, rounds=3, steps=2500):
        """Fluid in equilibrium whose reservoirs have the density wanted: atoms are taken out until they do."""
        rng = np.random.default_rng(seed)
        places = self.lattice(1.17)
        speeds = rng.standard_normal(places.shape) * np.sqrt(self.temperature)
        for turn in range(rounds):
            engine = self.engine(places, speeds - speeds.mean(axis=0), seed + turn)
            engine.run(steps, setup=True)
            found = []
            for _ in range(60):
                engine.run(20, setup=False)
                x = engine.array("x")[engine.array("type") == 1]
                found.append(
                    np.count_nonzero(np.abs((x[:, 0] % self.box[0]) - self.box[0] / 2) > self.length / 2 + 3.0)
                )
            moving = engine.array("type") == 1
            order = np.argsort(engine.tags()[moving])
            places, speeds = (np.array(engine.array(n)[moving])[order] for n in ("x", "v"))
            engine.close()
            volume = (self.box[0] - self.length - 6.0) * self.box[1] * self.box[2]
            density = np.mean(found) / volume
            print(f"{len(places)} atoms, density of the reservoirs {density:.4f}", flush=True)
            excess = round((1.0 - self.density / density) * len(places))
            if excess > 0:
                stay = np.sort(rng.permutation(len(places))[excess:])
                places, speeds = places[stay], speeds[stay]
        return places, speeds

    def resistance(self, drop, seed, steps, settle):
        """Pressure difference per volume flow and depth, measured, and the density of the reservoirs."""
        places, speeds = self.filled(seed)
        engine = self.engine(places, speeds, seed + 100)
        force = drop / (self.density * PUSH)
        x = self.box[0]
        engine.command(
            f"""
            region low block 0 {PUSH / 2} INF INF INF INF
            region high block {x - PUSH / 2} {x} INF INF INF INF
            region ends union 2 low high
            fix push fluid addforce {force} 0 0 region ends
            """
        )
        engine.run(settle, setup=True)
        flows, pushed, held = [], [], []
        for part in range(steps // 20):
            engine.run(20, setup=False)
            moving = engine.array("type") == 1
            along = engine.array("x")[moving, 0] % x
            flows.append(engine.array("v")[moving, 0].sum() / (x * self.box[2] * self.density))
            away = np.abs(along - x / 2)
            pushed.append(np.count_nonzero(away > (x - PUSH) / 2))
            held.append(np.count_nonzero(away > self.length / 2 + 3.0))
            if part % 500 == 499:
                print(part * 20, block_mean(flows), flush=True)
        engine.close()
        flow = block_mean(flows)
        real = force * np.mean(pushed) / (self.box[1] * self.box[2])
        density = np.mean(held) / ((x - self.length - 6.0) * self.box[1] * self.box[2])
        value = real / flow.value
        return Measured(value, value * flow.error / abs(flow.value), "epsilon tau/sigma^5", flow.samples), density
