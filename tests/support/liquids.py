"""Small coarse systems with every kind of term."""

from __future__ import annotations

import numpy as np

from scalebridge.molecules.coarse import CoarseModel
from scalebridge.molecules.dynamics import Phase
from scalebridge.molecules.mapping import Beads
from scalebridge.molecules.potentials import Harmonic, LennardJones, Potential, Spline


def chain_model(molecules: int = 27, beads: int = 4, *, edge: float = 3.0) -> CoarseModel:
    """Chains of types A-B-B-A with bonds, angles and dihedral angles of every form."""
    kinds = ["A", *["B"] * (beads - 2), "A"]
    count = molecules * beads
    bonds = [(m * beads + i, m * beads + i + 1) for m in range(molecules) for i in range(beads - 1)]
    topology = Beads(
        tuple(f"{kind}{i}" for _ in range(molecules) for i, kind in enumerate(kinds)),
        tuple(kinds * molecules),
        np.array([15.0 if kind == "A" else 14.0 for kind in kinds] * molecules),
        np.repeat(np.arange(molecules, dtype=np.int32), beads),
        np.array(bonds, dtype=np.int32),
    )
    x = np.linspace(-np.pi, np.pi, 25)
    r = np.linspace(0.25, 1.0, 76)
    lj = LennardJones(0.36, 0.5, 1.0, "force")
    potentials: dict[str, Potential] = {
        "pair A-A": LennardJones(0.37, 0.7, 1.0, "energy"),
        "pair A-B": Spline.through(r, lj.energy(r), cut=True),
        "pair B-B": lj,
        "bond A-B": Harmonic(20000.0, 0.25),
        "bond B-B": Spline.through(np.linspace(0.2, 0.3, 11), 9000.0 * (np.linspace(0.2, 0.3, 11) - 0.26) ** 2),
        "angle A-B-B": Harmonic(60.0, 2.1),
        "dihedral A-B-B-A": Spline.through(x, 3.0 * np.cos(2.0 * x) + np.sin(x), periodic=True),
    }
    rng = np.random.default_rng(5)
    side = round(molecules ** (1 / 3))
    places = np.stack(np.meshgrid(*[np.arange(side)] * 3, indexing="ij"), -1).reshape(-1, 3)[:molecules] * edge / side
    chain = np.array([[0.2 * i, 0.15 * (i % 2), 0.02 * i * i] for i in range(beads)])
    positions = (places[:, None] + chain + 0.02 * rng.standard_normal((molecules, beads, 3))).reshape(-1, 3)
    assert len(positions) == count
    return CoarseModel(topology, potentials, 300.0, Phase(positions, np.full(3, edge)))


def liquid(count: int = 216, *, edge: float = 2.4, seed: int = 3) -> tuple[Beads, Phase]:
    """Beads on a disturbed lattice."""
    side = round(count ** (1 / 3))
    places = np.stack(np.meshgrid(*[np.arange(side)] * 3, indexing="ij"), -1).reshape(-1, 3) * edge / side
    rng = np.random.default_rng(seed)
    return Beads.liquid(count, "W", 18.0), Phase(places + 0.01 * rng.standard_normal((count, 3)), np.full(3, edge))


__all__ = ["chain_model", "liquid"]
