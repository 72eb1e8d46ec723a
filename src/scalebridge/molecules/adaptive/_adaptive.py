"""A system with adaptive resolution, ready for any script that integrates OpenMM systems."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, final

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.molecules.adaptive._calibration import (
    Calibration,
    CalibrationSettings,
    calibrate,
    shells_of,
    thinner,
)
from scalebridge.molecules.adaptive._compensation import Compensation, ThermodynamicForce
from scalebridge.molecules.adaptive._engine import Dynamics, box_of
from scalebridge.molecules.adaptive._forces import AdaptiveForces, Scheme
from scalebridge.molecules.adaptive._kirkwood import Kirkwood, kirkwood, nodes
from scalebridge.molecules.adaptive._model import CoarsePairs, Molecules
from scalebridge.molecules.adaptive._openmm import molecules_of, put_together, take
from scalebridge.molecules.adaptive._production import AdaptiveRun, produce
from scalebridge.molecules.adaptive._regions import Region
from scalebridge.molecules.dynamics._tables import pair_tables
from scalebridge.molecules.potentials import Potential

Floats = npt.NDArray[np.float64]


@final
class AdaptiveResolution:
    """Atoms where it matters, beads elsewhere, in one Hamiltonian (or with interpolated forces).

    Args:
        system: OpenMM system of small molecules, with a `NonbondedForce` with cutoff and reaction field.
        topology: its OpenMM topology: molecules by bonds, species by the names of residues.
        region: where the box is atomistic.
        coarse: potential between the centres of mass of two species, by name or as ``"A-B"``; species without one are
            an ideal gas where they are coarse.
        scheme: ``"hamiltonian"``: energies are interpolated, energy is conserved; ``"force"``: forces are, which needs
            a thermostat everywhere.
        compensation: energy per molecule by species and resolution that keeps the density uniform; see `calibrate`.
        thermodynamic: potential of the thermodynamic force of each species by distance; see `calibrate`.
        solute: name of a molecule that stays atomistic wherever it is, e.g. a protein; the region follows it.
        cap: distance below which site energies continue linearly, nm, for pairs that are not fully atomistic.

    Raises:
        InputError: the region does not fit the box or its hybrid zone is thinner than the cutoff; a charged species,
            which cannot be coarse without its charge; the system's forces cannot be interpolated; a species that does
            not exist.
    """

    def __init__(
        self,
        system: Any,
        topology: Any,
        region: Region,
        coarse: Mapping[str, Potential],
        scheme: Scheme = "hamiltonian",
        *,
        compensation: Mapping[str, Compensation] | None = None,
        thermodynamic: Mapping[str, ThermodynamicForce] | None = None,
        solute: str | None = None,
        cap: float = 0.0,
    ) -> None:
        if scheme not in ("hamiltonian", "force"):
            raise InputError(f"scheme is {scheme!r}; it must be 'hamiltonian' or 'force'")
        self.region, self.scheme = region, scheme
        self._system = system
        self._taken = take(system, *molecules_of(topology))
        self.box = box_of(system)
        region.check(self.box, self._taken.sites.reach)
        self._check_charges(solute)
        molecules = self._taken.molecules
        if solute is not None:
            molecules = molecules.divided(solute, _pieces(topology, molecules, solute))
        self._coarse, self._cap = coarse_pairs(molecules.names, coarse), cap
        self.forces = AdaptiveForces(
            molecules,
            self._taken.sites,
            self._coarse,
            region,
            scheme=scheme,
            compensation=compensation,
            thermodynamic=thermodynamic,
            cap=cap,
        )

    @cached_property
    def system(self) -> Any:
        """The OpenMM system; what is within molecules is the engine's, what is between them comes from `forces`."""
        return put_together(self._system, self._taken, self.forces)

    def calibrate(
        self,
        positions: Floats,
        settings: CalibrationSettings | None = None,
        *,
        guess: Mapping[str, Compensation] | None = None,
        seed: int = 0,
        checkpoint: Path | str | None = None,
        watch: Callable[[Calibration], None] | None = None,
    ) -> Calibration:
        """Find what keeps the density uniform, and use it from now on.

        Args:
            positions: to begin with, (N, 3) nm; equilibrated with all atoms, best.
            settings: how; the defaults suit water.
            guess: compensation to begin with, e.g. ``kirkwood(...).compensation("gibbs")`` of a small box.
            seed: of everything random.
            checkpoint: file written after every round, from which a calibration that was killed continues.
            watch: called after every round.

        Raises:
            InputError: the checkpoint belongs to another system.
            ConvergenceError: the simulation has blown up.
        """
        return calibrate(
            self.system, self.forces, self.box, np.asarray(positions, float), settings or CalibrationSettings(),
            guess=guess, seed=seed, checkpoint=checkpoint, watch=watch,
        )  # fmt: skip

    def use(self, calibration: Calibration) -> None:
        """Use a calibration that was made before, e.g. in a smaller box with a region as wide."""
        by_resolution = calibration.compensation if self.scheme == "hamiltonian" else {}
        self.forces.compensate(by_resolution, calibration.thermodynamic)

    def run(
        self,
        positions: Floats,
        picoseconds: float,
        *,
        velocities: Floats | None = None,
        settle: float = 0.0,
        width: float | None = None,
        site: int = 0,
        dynamics: Dynamics | None = None,
        seed: int = 0,
    ) -> AdaptiveRun:
        """Simulate at constant temperature, and look at density, structure and exchange.

        Args:
            positions: to begin with, (N, 3) nm.
            picoseconds: length.
            velocities: to begin with, nm/ps; None draws them.
            settle: length before, ps.
            width: of the shells in which molecules are counted, nm; None takes a tenth of the hybrid zone.
            site: of every molecule, of which the radial distribution is taken.
            dynamics: integration.
            seed: of everything random.

        Raises:
            ConvergenceError: the simulation has blown up.
        """
        where = shells_of(self.region, self.box, len(self.forces.molecules), CalibrationSettings(width=width))
        return produce(
            self.system, self.forces, where, dynamics or Dynamics(), (np.asarray(positions, float), velocities),
            picoseconds, settle=settle, site=site, seed=seed,
            thinner=thinner(where, self.region, self.box, len(self.forces.molecules)),
        )  # fmt: skip

    def kirkwood(
        self,
        positions: Floats,
        picoseconds: float = 20.0,
        *,
        count: int = 13,
        settle: float = 2.0,
        dynamics: Dynamics | None = None,
        seed: int = 0,
    ) -> Kirkwood:
        """Free energies by simulation at uniform resolutions.

        Args:
            positions: equilibrated with all atoms, (N, 3) nm.
            picoseconds: length at each resolution.
            count: of resolutions.
            settle: length before, ps.
            dynamics: integration.
            seed: of everything random.
        """

        def forces_at(resolution: float) -> AdaptiveForces:
            t = self._taken
            return AdaptiveForces(t.molecules, t.sites, self._coarse, None, uniform=resolution, cap=self._cap)

        return kirkwood(
            lambda forces: put_together(self._system, self._taken, forces), forces_at, self.box,
            np.asarray(positions, float), nodes(count), picoseconds, dynamics or Dynamics(), settle=settle, seed=seed,
        )  # fmt: skip

    def _check_charges(self, solute: str | None) -> None:
        m, qq = self._taken.molecules, self._taken.sites.qq
        strongest = int(np.argmax(np.diag(qq)))
        if qq[strongest, strongest] == 0.0:
            return
        # products of charges are kept: with the strongest one they give all charges, up to a common factor
        charge = qq[strongest] / qq[strongest, strongest]
        for s, name in enumerate(m.names):
            if name == solute:
                continue
            total = charge[m.types[s, : m.counts[s]]].sum()
            if abs(total) > 1e-6:
                raise InputError(
                    f"Molecules of {name!r} carry a net charge; as coarse beads they would lose it at the border of "
                    "the region. Leave them out, or simulate all atoms."
                )


def _pieces(topology: Any, molecules: Molecules, solute: str) -> npt.NDArray[np.int64]:
    """Number of the residue of each atom of the solute."""
    if solute not in molecules.names:
        raise InputError(f"There is no molecule named {solute!r}; there are {', '.join(molecules.names)}")
    m = int(np.flatnonzero(molecules.kind == molecules.names.index(solute))[0])
    atoms = list(topology.atoms())[molecules.first[m] : molecules.first[m + 1]]
    return np.unique([atom.residue.index for atom in atoms], return_inverse=True)[1]


def coarse_pairs(names: tuple[str, ...], coarse: Mapping[str, Potential]) -> CoarsePairs:
    """Potentials by species, or pairs of them as ``"A-B"``, for the kernel.

    Raises:
        InputError: a species that does not exist.
    """
    number = np.full((len(names), len(names)), -1)
    potentials: list[Potential | None] = []
    for key, potential in coarse.items():
        pair = key.split("-") if key not in names else [key, key]
        if len(pair) != 2 or not set(pair) <= set(names):
            raise InputError(f"A coarse potential for {key!r}; the species are {', '.join(names)}")
        a, b = (names.index(p) for p in pair)
        number[a, b] = number[b, a] = len(potentials)
        potentials.append(potential)
    if not potentials:
        return CoarsePairs.none(len(names))
    return CoarsePairs(pair_tables(potentials), number)
