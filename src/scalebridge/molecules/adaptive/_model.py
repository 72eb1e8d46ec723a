"""The molecules of a system as adaptive resolution sees them: sites, species, interactions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.molecules.dynamics._tables import PairTables

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

COULOMB = 138.93545764438198  # kJ nm / (mol e^2)


@dataclass(frozen=True, eq=False)
class Molecules:
    """Molecules of one or more species; the atoms of a molecule are consecutive.

    Attributes:
        first: first atom of each molecule, and the number of atoms at the end, (M + 1,).
        kind: species of each molecule, (M,).
        counts: sites of each species, (S,).
        types: type of each site of each species, (S, most); -1 beyond the last.
        mass: of each atom, u, (N,); 0 for virtual sites.
        names: of the species.
        fixed: species that are atomistic wherever they are, (S,); None: none.
        solute: atoms whose centre of mass the region follows; None: it stays.
    """

    first: Ints
    kind: Ints
    counts: Ints
    types: Ints
    mass: Floats
    names: tuple[str, ...]
    fixed: npt.NDArray[np.bool_] | None = None
    solute: Ints | None = None

    def __len__(self) -> int:
        return len(self.kind)

    @property
    def mass_share(self) -> Floats:
        """Mass of each atom over that of its molecule, (N,)."""
        total = np.add.reduceat(self.mass, self.first[:-1])
        share: Floats = self.mass / np.repeat(total, np.diff(self.first))
        return share

    def divided(self, name: str, pieces: Ints) -> Molecules:
        """The same atoms, with the molecules of one species in pieces that are atomistic wherever they are.

        Their sites need neighbours as far as a piece reaches, not the whole. The region follows their centre of mass.

        Args:
            name: of the species; there must be one molecule of it.
            pieces: number of the piece of each of its atoms, not falling, from 0.

        Raises:
            InputError: none or several of them.
        """
        own = np.flatnonzero(self.kind == self.names.index(name)) if name in self.names else np.zeros(0, int)
        if len(own) != 1:
            raise InputError(f"There are {len(own)} molecules named {name!r}; a solute is one. Have: {self.names}")
        m, s = int(own[0]), int(self.kind[own[0]])
        begin = int(self.first[m])
        cuts = np.flatnonzero(np.diff(pieces)) + 1
        starts = np.concatenate([[0], cuts])
        sizes = np.diff(np.concatenate([starts, [len(pieces)]]))
        first = np.concatenate([self.first[:m], begin + starts, self.first[m + 1 :]])
        number = np.arange(len(starts)) + len(self.names)
        kind = np.concatenate([self.kind[:m], number, self.kind[m + 1 :]])
        types = np.full((len(self.names) + len(starts), max(self.types.shape[1], int(sizes.max()))), -1)
        types[: len(self.names), : self.types.shape[1]] = self.types
        for k, (at, size) in enumerate(zip(starts, sizes, strict=True)):
            types[len(self.names) + k, :size] = self.types[s, at : at + size]
        names = (*self.names, *(f"{name} {k}" for k in range(len(starts))))
        fixed = np.arange(len(names)) >= len(self.names)
        # the species itself has no molecule any more, and no sites that others would have to look for
        counts = np.concatenate([self.counts, sizes])
        counts[s], types[s] = 1, np.where(np.arange(types.shape[1]) == 0, types[s, 0], -1)
        solute = np.arange(begin, begin + len(pieces))
        return Molecules(first, kind, counts, types, self.mass, names, fixed, solute)

    @classmethod
    def alike(cls, count: int, masses: Floats, types: Ints, name: str = "molecule") -> Molecules:
        """`count` molecules of one species with the given masses and types of sites."""
        sites = len(masses)
        return cls(
            np.arange(count + 1) * sites,
            np.zeros(count, np.int64),
            np.array([sites]),
            np.asarray(types, np.int64)[None],
            np.tile(np.asarray(masses, float), count),
            (name,),
        )


@dataclass(frozen=True, eq=False)
class SitePairs:
    """Atomistic interactions between molecules, by types of sites, each (T, T).

    Attributes:
        a, b: Lennard-Jones as a r^-12 - b r^-6, kJ/mol nm^12 and nm^6.
        shift: subtracted from it, kJ/mol.
        cutoff: of it, nm.
        qq: product of the charges, with Coulomb's constant, kJ nm/mol.
        krf, crf: reaction field, 1/nm^3 and 1/nm: qq (1/r + krf r^2 - crf).
        coulomb_cutoff: nm; 0 where no site is charged.
    """

    a: Floats
    b: Floats
    shift: Floats
    cutoff: Floats
    qq: Floats
    krf: float = 0.0
    crf: float = 0.0
    coulomb_cutoff: float = 0.0

    @property
    def reach(self) -> float:
        """The largest cutoff, nm."""
        return max(float(self.cutoff.max()), self.coulomb_cutoff)

    @classmethod
    def lennard_jones(
        cls,
        sigma: Floats,
        epsilon: Floats,
        cutoff: float | Floats,
        *,
        shifted: bool = False,
        charge: Floats | None = None,
        dielectric: float | None = None,
    ) -> SitePairs:
        """Lorentz-Berthelot pairs of types, with a reaction field where types are charged.

        Args:
            sigma: nm, (T,).
            epsilon: kJ/mol, (T,).
            cutoff: nm; (T, T) where it differs from pair to pair.
            shifted: whether the Lennard-Jones energy is zero at the cutoff.
            charge: e, (T,).
            dielectric: of the medium beyond the cutoff; None: infinite.

        Raises:
            InputError: a length or an energy that is not positive and finite.
        """
        sigma, epsilon = np.asarray(sigma, float), np.asarray(epsilon, float)
        cut = np.broadcast_to(np.asarray(cutoff, float), (len(sigma), len(sigma))).copy()
        if not (np.isfinite(cut).all() and (cut > 0.0).all()):
            raise InputError("A cutoff of the atomistic interactions is not a positive length in nm")
        s6 = (0.5 * (sigma[:, None] + sigma[None])) ** 6
        e = np.sqrt(epsilon[:, None] * epsilon[None])
        a, b = 4.0 * e * s6**2, 4.0 * e * s6
        shift = (a / cut**6 - b) / cut**6 if shifted else np.zeros_like(a)
        if charge is None:
            return cls(a, b, shift, cut, np.zeros_like(a))
        far = float(cut.max())
        eps = 1e30 if dielectric is None else dielectric
        krf = (eps - 1.0) / (2.0 * eps + 1.0) / far**3
        q = np.asarray(charge, float)
        return cls(a, b, shift, cut, COULOMB * q[:, None] * q[None], krf, 1.0 / far + krf * far**2, far)


@dataclass(frozen=True, eq=False)
class CoarsePairs:
    """Interactions between centres of mass: a table for each pair of species, -1 for none.

    Attributes:
        tables: the tables.
        number: of the table of two species, (S, S).
    """

    tables: PairTables
    number: Ints

    @classmethod
    def none(cls, species: int) -> CoarsePairs:
        """An ideal gas."""
        zero = np.zeros(1, np.float32)
        tables = PairTables(np.zeros((1, 1, 4), np.float32), zero, zero, zero - 1.0, 0.0)
        return cls(tables, np.full((species, species), -1))
