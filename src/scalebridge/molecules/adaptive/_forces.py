"""Forces of adaptive resolution: energies interpolated (H-AdResS) or forces (AdResS), and the compensation.

H-AdResS (Potestio et al. 2013):

    H = K + V_intra + sum_a [lambda_a V^AT_a + (1 - lambda_a) V^CG_a + Delta(lambda_a) + U(d_a)],   V_a = 1/2 sum_b V_ab

so that a molecule in the hybrid zone feels the drift force -(V^AT_a - V^CG_a + Delta') grad lambda_a, and near it the
thermodynamic force -U'(d_a) away from the middle of the region.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.molecules.adaptive._blocks import BLOCK
from scalebridge.molecules.adaptive._compensation import Compensation, ThermodynamicForce
from scalebridge.molecules.adaptive._kernel import CHUNKS, pairs
from scalebridge.molecules.adaptive._listing import list_blocks, met_by, rows_of, select_sites
from scalebridge.molecules.adaptive._model import CoarsePairs, Molecules, SitePairs
from scalebridge.molecules.adaptive._places import prepare
from scalebridge.molecules.adaptive._regions import Region
from scalebridge.molecules.adaptive._sites import FAR, packed
from scalebridge.molecules.pairs._box import check_box

Floats = npt.NDArray[np.float64]
Scheme = Literal["hamiltonian", "force"]

LINE = 64  # bytes of a cache line
ATOMS = 3000  # in a piece of work, at least
WIDE = 2.0  # skin of pairs of molecules over that of pairs of sites, where both are listed
SINGLE = 1.0 + 1e-5  # distances are compared in single precision
SPARSE = 0.25  # of all pairs of sites of near molecules: where fewer interact, these are listed one by one


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
        distance: of each molecule from the middle of the region, (M,) nm.
    """

    energy: float
    forces: Floats
    resolution: Floats
    gap: Floats
    drift: Floats
    virial: float
    capped: int
    distance: Floats


class AdaptiveForces:
    """Interactions between molecules whose resolution changes with their place; callable by OpenMM's `PythonForce`.

    Args:
        molecules: the molecules.
        atomistic: interactions of their sites.
        coarse: interactions of their centres of mass.
        region: where the box is atomistic; None: everywhere.
        scheme: ``"hamiltonian"`` or ``"force"``.
        compensation: free energy of each species by resolution, by name.
        thermodynamic: potential of the thermodynamic force of each species by distance, by name.
        cap: distance below which site energies continue linearly, nm, for pairs that are not fully atomistic.
        skin: how far beyond the reach neighbours are listed, nm.
        uniform: one resolution for all molecules (Kirkwood integration); then `region` is not used.
        single: whether pairs of sites, and pairs of beads, are computed in single precision.

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
        compensation: Mapping[str, Compensation] | None = None,
        thermodynamic: Mapping[str, ThermodynamicForce] | None = None,
        cap: float = 0.0,
        skin: float | None = None,
        uniform: float | None = None,
        single: bool = True,
    ) -> None:
        self.molecules, self.atomistic, self.coarse, self.region = molecules, atomistic, coarse, region
        self.scheme, self.cap, self.uniform = scheme, cap, uniform
        reach = max(atomistic.reach, coarse.tables.cutoff)
        self.skin = 0.15 * reach if skin is None else skin
        self._wide, self.listings = self.skin, 0
        t = np.float32 if single else np.float64
        m, n, species = len(molecules), len(molecules.mass), len(molecules.counts)
        self._share = molecules.mass_share
        self._centre, self._site, self._listed = np.empty((m, 4)), np.empty((n, 3), t), np.full((m, 3), np.inf)
        self._sites_listed = np.zeros((0, 3))
        self._positions = np.empty((n, 3))
        self._gradient, self._outward = np.empty((m, 3)), np.empty((m, 4))
        # summing what the pieces found costs as much as they save where there is little work
        pieces = min(max(n // ATOMS, 1), CHUNKS)
        self._extents, self._extent, self.allowed = np.empty((pieces, species)), np.empty(species), np.zeros(species)
        p = atomistic
        self._sites = len(p.a), *packed(p, t), t(p.krf), t(p.crf), t(p.coulomb_cutoff**2)
        self._first, self._kind = np.asarray(molecules.first, np.int64), np.asarray(molecules.kind, np.int64)
        self._counts, self._types = np.asarray(molecules.counts, np.int64), np.asarray(molecules.types, np.int64)
        self._site_types = self._types[np.repeat(self._kind, np.diff(self._first)), _within(self._first)]
        self._site_reach = np.maximum(
            np.where((p.a != 0.0) | (p.b != 0.0), p.cutoff, -1.0), np.where(p.qq != 0.0, p.coulomb_cutoff, -1.0)
        )
        self._fixed = np.zeros(species, bool) if molecules.fixed is None else np.asarray(molecules.fixed, bool)
        self._solute = np.zeros(0, np.int64) if molecules.solute is None else np.asarray(molecules.solute, np.int64)
        self._solute_share = molecules.mass[self._solute] / max(float(molecules.mass[self._solute].sum()), 1e-300)
        self._rank = np.argsort(np.argsort(np.bincount(self._kind, minlength=species), kind="stable"), kind="stable")
        blocks = np.repeat(np.arange(species), -(-np.bincount(self._kind, minlength=species) // BLOCK))
        self._species_of, self._origin = blocks, np.concatenate([[0], np.cumsum(3 * BLOCK * self._counts[blocks])])
        rows, lanes = BLOCK * len(blocks), int(self._origin[-1])
        self._lanes = _aligned((3, rows), np.int32 if single else np.int64), _aligned((rows,), t), _aligned((lanes,), t)
        self._scratch = (
            _aligned((pieces, lanes)), _aligned((pieces, 3, rows)), _aligned((pieces, rows)), _aligned((pieces, rows)),
            np.zeros((pieces, n, 3)), np.zeros((pieces, m, 3)), np.zeros((pieces, m)), np.zeros((pieces, m)),
        )  # fmt: skip
        self._place = _place(region, uniform)
        self.compensate(compensation or {}, thermodynamic or {})
        self._box = np.zeros(3)
        self.last: Evaluation | None = None
        self.trouble = ""

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_box": np.zeros(3), "last": None}

    def compensate(
        self, compensation: Mapping[str, Compensation], thermodynamic: Mapping[str, ThermodynamicForce]
    ) -> None:
        """Replace what keeps the density uniform; from the next evaluation on.

        Raises:
            InputError: a species that does not exist.
        """
        names = self.molecules.names
        for name in [*compensation, *thermodynamic]:
            if name not in names:
                raise InputError(f"A compensation for {name!r}; the species are {', '.join(names)}")
        self.compensation, self.thermodynamic = dict(compensation), dict(thermodynamic)
        by_resolution = {name: (c.resolution, c.polynomials, c.energy[-1]) for name, c in compensation.items()}
        by_distance = {name: (t.distance, t.polynomials, t.energy[-1]) for name, t in thermodynamic.items()}
        self._knots, self._polynomials = _polynomials(names, by_resolution)
        self._distances, self._fields = _polynomials(names, by_distance)
        if not thermodynamic:
            self._distances = np.zeros((0, 2))

    @property
    def mobile(self) -> npt.NDArray[np.int64]:
        """Species that change their resolution: all but those of a solute, and those without molecules."""
        there = np.bincount(self._kind, minlength=len(self._counts)) > 0
        return np.flatnonzero(there & ~self._fixed)

    @property
    def centres(self) -> Floats:
        """Centres of mass at the last evaluation, (M, 3) nm."""
        return self._centre[:, :3]

    def forget(self) -> None:
        """Let the next evaluation list neighbours anew."""
        self._box = np.zeros(3)

    def __call__(self, state: Any) -> tuple[float, Floats]:
        """Energy and forces of an OpenMM state, as `PythonForce` asks for."""
        box = state.getPeriodicBoxVectors()._value
        # the way getPositions(asNumpy=True) takes, without making units, which costs as much again
        state._getVectorAsNumpy(type(state).Positions, self._positions)
        self.last = found = self.evaluate(self._positions, np.array([box[0][0], box[1][1], box[2][2]]))
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
        x = np.ascontiguousarray(positions, float)
        moved, strayed = prepare(x, *self.before(box))
        same = np.array_equal(box, self._box) and (self._extent <= self.allowed).all()
        far, far_sites = self.limits
        if anew := not same or moved > far:
            self._list(box)
        if anew or strayed > far_sites:
            self._list_sites(x, box)
        gap, result, drift = np.empty(len(self.molecules)), np.empty((len(self._share), 3)), np.empty(3)
        energy, virial, capped = pairs(*self.during(box, gap, result, drift))
        return self.entered(energy, result, gap, drift, virial, capped)

    def entered(
        self, energy: float, forces: Floats, gap: Floats, drift: Floats, virial: float, capped: float
    ) -> Evaluation:
        """What the compiled loops left, as an evaluation."""
        return Evaluation(
            energy, forces, self._centre[:, 3].copy(), gap, drift, virial, int(capped), self._outward[:, 3].copy()
        )

    @property
    def pieces(self) -> int:
        """Pieces of work that threads can share; their number depends on that of the atoms alone."""
        return len(self._extents)

    @property
    def limits(self) -> tuple[float, float]:
        """Squared displacements of molecules and of sites up to which neighbours may be kept, nm^2."""
        return (0.5 * self._wide) ** 2, (0.5 * self.skin) ** 2

    def before(self, box: Floats) -> tuple[Any, ...]:
        """What `prepare` takes after the positions."""
        return (
            self._share, self._first, self._kind, self._fixed, self._solute, self._solute_share, box, self._place,
            self._listed, self._sites_listed, self._centre, self._site, self._extents, self._extent, self._gradient,
            self._outward,
        )  # fmt: skip

    def during(self, box: Floats, gap: Floats, result: Floats, drift: Floats) -> tuple[Any, ...]:
        """What `pairs` takes, which writes to the last three; neighbours have been listed."""
        t, cap = self.coarse.tables, self._site.dtype.type(self.cap)
        return (
            *self._blocks, *self._lanes, self._pairs[0], *self._site_pairs, self._site_types, self._centre, self._site,
            self._first, self._kind, self.scheme == "force", box, self._counts, self._types, self._reach2,
            self._close2, *self._sites, cap, self.coarse.number, t.values, t.low, t.per_width, t.cut2, *self._scratch,
            self._gradient, self._outward, self._knots, self._polynomials, self._distances, self._fields, self._share,
            self._solute, self._solute_share, gap, result, drift,
        )  # fmt: skip

    def _list(self, box: Floats) -> None:
        """Make the neighbour list anew."""
        self.allowed = 1.05 * self._extent
        sites = self.atomistic.reach + self.allowed[:, None] + self.allowed[None]
        # molecules much larger than the reach of their sites: most pairs of these are too far from each other
        self._by_sites = (self.atomistic.reach + self.skin) ** 3 < SPARSE * (sites + self.skin) ** 3
        # what is within a solute is the engine's
        apart = ~(self._fixed[:, None] & self._fixed[None])
        there = apart & (self.coarse.number >= 0)
        crude = np.sqrt(np.where(there, self.coarse.tables.cut2[self.coarse.number], 0.0))
        fine = np.where(apart, np.maximum(sites, crude), -1.0)
        # where all pairs of molecules are looked through whenever those of sites are listed, they may reach farther
        room = 0.5 * float(box.min()) / SINGLE - float(max(fine.max(), crude.max()))
        self._wide = max(min(WIDE * self.skin, room), self.skin) if self._by_sites.all() else self.skin
        self._reach2 = np.where(apart, sites**2, -1.0)
        self._close2 = (self.cap + self.allowed[:, None] + self.allowed[None]) ** 2 if self.cap > 0.0 else 0.0 * sites
        far_fine, far_crude, self._crude = (
            np.where(reach > 0.0, (reach + skin) * SINGLE, -1.0)
            for reach, skin in ((fine, self._wide), (crude, self._wide), (crude, self.skin))
        )
        check_box(box, float(max(far_fine.max(), far_crude.max())))
        rows, t = rows_of(self._centre[:, :3], box, self._kind, len(self._counts)), self._site.dtype
        self._may_have_atoms = self._detailed()
        absent, detailed = np.where(rows >= 0, 0.0, FAR**2).astype(t), self._may_have_atoms[rows].astype(t)
        segments, beads, ids, ends, listed = list_blocks(
            rows, self._kind, self._species_of, self._rank, self._centre, self._site, self._first, box, self._origin,
            *self._lanes, absent, detailed, self._by_sites, far_fine, far_crude,
        )  # fmt: skip
        work = (segments[:, 3] - segments[:, 2]) * self._counts[self._kind[rows[segments[:, 0]]]]
        edges = self._balanced(work), self._balanced(beads[:, 3] - beads[:, 2])
        met = met_by(edges[0], segments, edges[1], beads, ids, len(self._species_of))
        self._blocks = *edges, segments, beads, ids, met, rows, self._origin, absent
        self._pairs = self._balanced(np.diff(ends)), ends, listed
        self._check_solute()
        self._listed, self._box = self._centre[:, :3].copy(), box.copy()
        self.listings += 1

    def _list_sites(self, positions: Floats, box: Floats) -> None:
        """List anew the pairs of sites of the pairs of molecules for which they are listed."""
        _, ends, listed = self._pairs
        if len(listed) == 0:
            self._site_pairs = ends, listed, np.zeros(1, np.int64), np.zeros((0, 2), np.int32)
            self._sites_listed = np.zeros((0, 3))
            return
        far2 = np.where(self._site_reach > 0.0, (self._site_reach + self.skin) ** 2 * SINGLE, -1.0)
        self._site_pairs = select_sites(
            ends, listed, self._blocks[6], self._centre, self._site, self._first, self._kind, self._site_types, box,
            far2, self._crude, self.allowed, self._may_have_atoms,
        )  # fmt: skip
        self._sites_listed = positions.copy()

    def _detailed(self) -> npt.NDArray[np.bool_]:
        """Molecules that may be hybrid or atomistic before neighbours are listed anew."""
        if self._place[8] == 2.0:
            return np.full(len(self._kind), self._place[6] > 0.0)
        # the middle that follows a solute may move as far as a molecule
        further = self._wide if self._solute.size else 0.5 * self._wide
        return np.asarray(self._fixed[self._kind] | (self._outward[:, 3] < self._place[6] + self._place[7] + further))

    def _check_solute(self) -> None:
        """A solute is atomistic wherever it is, but around it there must be atoms."""
        own = self._fixed[self._kind]
        if self.region is None or not own.any():
            return
        far = float(self._outward[own, 3].max())
        if far > self.region.atomistic:
            self.trouble = (
                f"The solute reaches {far:.2f} nm from the middle of the region, beyond its atomistic part of "
                f"{self.region.atomistic:g} nm; make that larger, or let a sphere follow the solute."
            )
            raise InputError(self.trouble)

    def _balanced(self, work: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
        """Ends of pieces of about the same work."""
        if self.pieces == 1:
            return np.array([0, len(work)])
        share = np.cumsum(work + 1.0) / (work.sum() + max(len(work), 1))
        inner = np.searchsorted(share, np.arange(1, self.pieces) / self.pieces)
        return np.concatenate([[0], inner, [len(work)]]).astype(np.int64)


def _aligned(shape: tuple[int, ...], dtype: npt.DTypeLike = float) -> npt.NDArray[Any]:
    """Zeros that begin where a cache line does: no vector then lies in two."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.zeros(size + LINE, np.uint8)
    start = -memory.ctypes.data % LINE
    return memory[start : start + size].view(dtype).reshape(shape)


def _within(first: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Number of each site within its molecule, (N,)."""
    return np.arange(first[-1]) - np.repeat(first[:-1], np.diff(first))


def _place(region: Region | None, uniform: float | None) -> Floats:
    """A region as the numbers that the kernel takes."""
    if uniform is not None or region is None:
        return np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0 if uniform is None else uniform, 1.0, 2.0])
    switching = ("cos2", "c2").index(region.switching)
    return np.array([*region.centre, *region.directions, region.atomistic, region.hybrid, switching], float)


def _polynomials(names: tuple[str, ...], curves: Mapping[str, tuple[Floats, Floats, float]]) -> tuple[Floats, Floats]:
    """Knots (S, K) and cubic polynomials (S, K - 1, 4) of a curve for each species; zero where none is."""
    most = max([len(knots) for knots, _, _ in curves.values()], default=2)
    knots, polynomials = np.zeros((len(names), most)), np.zeros((len(names), most - 1, 4))
    knots += 1e6 * np.arange(1, most + 1)
    knots[:, 0] = 0.0
    for name, (x, cubics, last) in curves.items():
        s = names.index(name)
        knots[s, : len(x)] = x
        polynomials[s, : len(x) - 1] = cubics
        polynomials[s, len(x) - 1 :] = np.array([0.0, 0.0, 0.0, last])
    return knots, polynomials
