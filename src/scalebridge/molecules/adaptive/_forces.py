"""Forces of adaptive resolution: energies interpolated (H-AdResS) or forces (AdResS), and the compensation.

H-AdResS (Potestio et al. 2013):

    H = K + V_intra + sum_a [lambda_a V^AT_a + (1 - lambda_a) V^CG_a + Delta(lambda_a)],   V_a = 1/2 sum_b V_ab

so that a molecule in the hybrid zone feels the drift force -(V^AT_a - V^CG_a + Delta') grad lambda_a.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.molecules.adaptive._compensation import Compensation
from scalebridge.molecules.adaptive._kernel import CHUNKS, by_species, gather, pairs, scatter
from scalebridge.molecules.adaptive._model import CoarsePairs, Molecules, SitePairs
from scalebridge.molecules.adaptive._regions import Region
from scalebridge.molecules.pairs import Exclusions, neighbours

Floats = npt.NDArray[np.float64]
Scheme = Literal["hamiltonian", "force"]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a configuration feels.

    Attributes:
        energy: of the interactions and the compensation, kJ/mol; for ``"force"`` of the interactions as weighted.
        forces: on atoms, (N, 3) kJ/mol/nm.
        resolution: lambda of each molecule, (M,).
        gap: V^AT_a - V^CG_a of each molecule, kJ/mol; right for hybrid molecules only, others skip one of the two.
        drift: sum of the forces that do not sum to zero, (3,) kJ/mol/nm: what the resolution field takes up.
        virial: sum over pairs of r_ab . F_ab between centres of mass, kJ/mol.
        capped: pairs of sites closer than the cap.
    """

    energy: float
    forces: Floats
    resolution: Floats
    gap: Floats
    drift: Floats
    virial: float
    capped: int


class AdaptiveForces:
    """Interactions between molecules whose resolution changes with their place; callable by OpenMM's `PythonForce`.

    Args:
        molecules: the molecules.
        atomistic: interactions of their sites.
        coarse: interactions of their centres of mass.
        region: where the box is atomistic; None: everywhere.
        scheme: ``"hamiltonian"`` or ``"force"``.
        compensation: free energy or thermodynamic force of each species, by name.
        cap: distance below which site energies continue linearly, nm, for pairs that are not fully atomistic.
        skin: how far beyond the reach neighbours are listed, nm.
        uniform: one resolution for all molecules (Kirkwood integration); then `region` is not used.
        single: whether site pairs are computed in single precision.

    Raises:
        InputError: a compensation for a species that does not exist, or one that does not suit the scheme.
    """

    def __init__(
        self,
        molecules: Molecules,
        atomistic: SitePairs,
        coarse: CoarsePairs,
        region: Region | None,
        *,
        scheme: Scheme = "hamiltonian",
        compensation: dict[str, Compensation] | None = None,
        cap: float = 0.0,
        skin: float | None = None,
        uniform: float | None = None,
        single: bool = True,
    ) -> None:
        self.molecules, self.atomistic, self.coarse, self.region = molecules, atomistic, coarse, region
        self.scheme, self.cap, self.uniform = scheme, cap, uniform
        self.compensation = dict(compensation or {})
        for name in self.compensation:
            if name not in molecules.names:
                raise InputError(f"A compensation for {name!r}; the species are {', '.join(molecules.names)}")
        reach = max(atomistic.reach, coarse.tables.cutoff)
        self.skin = 0.15 * reach if skin is None else skin
        self.listings = 0
        t = np.float32 if single else np.float64
        m, n = len(molecules), len(molecules.mass)
        self._share = molecules.mass_share
        self._centre, self._site = np.empty((3, m)), np.empty((3, n), t)
        p = atomistic
        self._sites = (
            *(np.ascontiguousarray(x, t) for x in (p.a, p.b, p.shift, p.cutoff**2, p.qq)),
            t(p.krf), t(p.crf), t(p.coulomb_cutoff**2),
        )  # fmt: skip
        self._first, self._kind = np.asarray(molecules.first, np.int64), np.asarray(molecules.kind, np.int64)
        self._counts, self._types = np.asarray(molecules.counts, np.int64), np.asarray(molecules.types, np.int64)
        self._scratch = (
            np.zeros((CHUNKS, 3, n)), np.zeros((CHUNKS, 3, m)), np.zeros((CHUNKS, m)), np.zeros((CHUNKS, m))
        )  # fmt: skip
        self._extent = np.zeros(len(molecules.counts))
        self._listed: Floats | None = None
        self._box = np.zeros(3)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_listed": None}

    def __call__(self, state: Any) -> tuple[float, Floats]:
        """Energy and forces of an OpenMM state, as `PythonForce` asks for."""
        positions = state.getPositions(asNumpy=True)._value
        box = state.getPeriodicBoxVectors(asNumpy=True)._value
        found = self.evaluate(positions, np.array([box[0][0], box[1][1], box[2][2]]))
        return found.energy, found.forces

    def evaluate(self, positions: npt.NDArray[np.floating], box: Floats) -> Evaluation:
        """Energy, forces and what the compensation needs.

        Args:
            positions: of atoms, (N, 3) nm; molecules whole.
            box: three edges, nm.

        Raises:
            InputError: the box is too small for the reach of the interactions.
        """
        box = np.asarray(box, float)
        gather(np.ascontiguousarray(positions, float), self._share, self._first, self._centre, self._site)
        self._list(box)
        resolution, gradient = self._resolution(box)
        force, pull, fine, crude = self._scratch
        t = self.coarse.tables
        energy, virial, capped = pairs(
            self._edges, self._centre, self._site, self._first, self._kind, resolution, self.scheme == "force", box,
            self._starts, self._partners, self._counts, self._types, self._reach2, *self._sites,
            self._site.dtype.type(self.cap), self.coarse.number, t.values, t.low, t.per_width, t.cut2,
            force, pull, fine, crude,
        )  # fmt: skip
        gap = fine[0] - crude[0]
        drift, more = self._drift(resolution, gradient, gap)
        pull[0] += drift
        result = np.empty((len(self._share), 3))
        scatter(force[0], pull[0], self._share, self._first, result)
        return Evaluation(energy + more, result, resolution, gap, drift.sum(axis=1), virial, int(capped))

    def _resolution(self, box: Floats) -> tuple[Floats, Floats | None]:
        if self.uniform is not None:
            return np.full(len(self._kind), self.uniform), None
        if self.region is None:
            return np.ones(len(self._kind)), None
        return self.region.resolution(self._centre.T, box)

    def _drift(self, resolution: Floats, gradient: Floats | None, gap: Floats) -> tuple[Floats, float]:
        """Forces along the gradient of the resolution, (3, M), and the energy of the compensation."""
        if gradient is None:
            return np.zeros_like(self._centre), 0.0
        slope = gap.copy() if self.scheme == "hamiltonian" else np.zeros_like(gap)
        energy = 0.0
        for name, compensation in self.compensation.items():
            of = np.flatnonzero(self._kind == self.molecules.names.index(name))
            value, by_resolution = compensation(resolution[of])
            energy += float(value.sum())
            slope[of] += by_resolution
        # outside the hybrid zone the gradient is zero and the gap is not complete
        return -(slope[:, None] * gradient).T, energy

    def _list(self, box: Floats) -> None:
        """Make the neighbour list anew where a molecule has moved or grown by half the skin."""
        if self._listed is not None and np.array_equal(box, self._box):
            moved = self._centre - self._listed
            if (moved**2).sum(axis=0).max() < (0.5 * self.skin) ** 2 and (self._sizes() <= self._extent).all():
                return
        self._extent = 1.05 * self._sizes()
        sites = self.atomistic.reach + self._extent[:, None] + self._extent[None]
        reach = max(float(sites.max()), self.coarse.tables.cutoff) + self.skin
        near = neighbours(self._centre.T, box, reach, Exclusions.of(len(self._kind)))
        self._starts, self._partners = by_species(near.starts, near.partners, self._kind, len(self._counts))
        self._reach2 = sites**2
        self._listed, self._box = self._centre.copy(), box.copy()
        self._edges = self._balanced(box)
        self.listings += 1

    def _sizes(self) -> Floats:
        """Largest distance of a site from the centre of its molecule, by species, nm."""
        distance = np.sqrt((self._site**2).sum(axis=0))
        largest = np.maximum.reduceat(distance, self._first[:-1])
        return np.array([largest[self._kind == s].max(initial=0.0) for s in range(len(self._counts))])

    def _balanced(self, box: Floats) -> npt.NDArray[np.int64]:
        """Ends of pieces of about the same work: a pair with atomistic detail counts for its pairs of sites."""
        resolution, _ = self._resolution(box)
        sites = self._counts[self._kind] ** 2
        work = (self._starts[:, -1] - self._starts[:, 0]) * np.where(resolution > 0.0, sites, 1.0) + 1.0
        share = np.cumsum(work) / work.sum()
        inner = np.searchsorted(share, np.arange(1, CHUNKS) / CHUNKS)
        return np.concatenate([[0], inner, [len(work)]]).astype(np.int64)
