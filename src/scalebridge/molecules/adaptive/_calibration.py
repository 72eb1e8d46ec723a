"""The compensation found on the fly: first the drift force, then the density, until it is flat.

Stage 1 cancels the drift force on average where it acts: Delta'(lambda) = -<V^AT_a - V^CG_a>_lambda (Heidari et al.
2016), measured in the adaptive system itself and measured again while this moves the molecules.
Stage 2 iterates the thermodynamic force (Fritsch et al. 2012): F <- F - c / (rho^2 kappa_T) grad rho, or, integrated,

    U(d) <- U(d) + c / (rho kappa_T) (rho(d) / rho - 1).

Every round sees the density with noise, and rounds before it know something of it too. What deviation the present U may
still leave has the variance P; a round that measures it with the variance R corrects the share P / (P + R) of what it
sees and leaves P R / (P + R), as a Kalman filter does, and some of what it corrected, since the response is not known
exactly. So late rounds refine what earlier ones found instead of following their own noise. How much of a correction
arrives is learnt from what rounds corrected and the next ones saw. Waves are weighed one by one: a fluid answers to one
of wave number k by S(k) / S(0) as much as to long ones, in water some fifteen times where it is as long as molecules
are apart or shorter, and needs that much less of a potential against it.
For the same reason U fades out over more than a molecule at the ends of its range: a step there, however small, pushes
like a wall, and layers of molecules form on both of its sides.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.molecules.adaptive._compensation import Compensation, ThermodynamicForce
from scalebridge.molecules.adaptive._engine import GAS, Dynamics
from scalebridge.molecules.adaptive._forces import AdaptiveForces
from scalebridge.molecules.adaptive._regions import Region
from scalebridge.molecules.adaptive._sampling import PARTS, Gathered, gather
from scalebridge.molecules.adaptive._shells import Shells, shells, split
from scalebridge.molecules.adaptive._waves import (
    SMOOTH,
    STRONGEST,
    WEAKEST,
    answers,
    corrected,
    faded,
    learnt,
    noise_of,
    points,
    unknown,
    waves,
)

Floats = npt.NDArray[np.float64]
Stage = Literal["drift", "density"]

FINE, FEW = 0.16, 8.0  # width, in distances between molecules, of the shells that are corrected, and molecules in one
SURE = 3.0  # standard errors


@dataclass(frozen=True)
class CalibrationSettings:
    """How the compensation is found.

    Attributes:
        tolerance: the calibration has converged when no shell's density is expected to differ by more from the mean.
        drift_rounds: rounds of stage 1; none keeps the compensation that it begins with.
        drift_length: length of each, ps.
        density_length: length of the first round of stage 2, ps; rounds grow by a quarter.
        rounds: of stage 2, at most.
        gain: c above.
        width: of the shells whose density has to be flat, nm; None takes a tenth of the hybrid zone. Corrected are
            thinner ones, a sixth of the distance between molecules.
        stiffness: 1 / (rho kappa_T), kJ/mol; None measures it from long waves of the density.
        dynamics: integration.
    """

    tolerance: float = 0.02
    drift_rounds: int = 8
    drift_length: float = 0.5
    density_length: float = 4.0
    rounds: int = 12
    gain: float = 0.6
    width: float | None = None
    stiffness: float | None = None
    dynamics: Dynamics = field(default_factory=Dynamics)

    def __post_init__(self) -> None:
        for name in ("tolerance", "drift_length", "density_length", "gain"):
            if not (np.isfinite(getattr(self, name)) and getattr(self, name) > 0.0):
                raise InputError(f"{name} of a calibration is {getattr(self, name)}; it must be above zero")
        if self.drift_rounds < 0 or self.rounds < 0:
            raise InputError("A calibration has a number of rounds, not one below zero")


@dataclass(frozen=True)
class Round:
    """One round of a calibration.

    Attributes:
        stage: what was corrected after it.
        length: ps.
        deviation: largest |rho / rho0 - 1| of a shell.
        error: largest standard error of a shell's density, relative.
        drift: norm of the mean force that the resolution field took up, kJ/mol/nm.
        left: standard deviation of shells' densities from the mean that all rounds so far and the correction after
            this one leave, relative; infinite in stage 1.
    """

    stage: Stage
    length: float
    deviation: float
    error: float
    drift: float
    left: float = float("inf")


@dataclass(frozen=True, eq=False)
class Calibration:
    """A compensation and how it came about; also the checkpoint of a calibration that is under way.

    Attributes:
        compensation: of each species, by resolution.
        thermodynamic: potential of the thermodynamic force of each species, by distance.
        history: rounds so far.
        distance: middle of the shells, (b,) nm.
        density: over its mean, by mobile species and shell in the last round, (S, b); empty before the first.
        error: its standard error.
        before: density after stage 1, before stage 2.
        variance: of the deviations that the thermodynamic force may still leave, by mobile species and wave, (S, k);
            empty before the first round of stage 2.
        asked: deviations seen by the last round, the variance of their noise, and what was corrected, (S, 3, k).
        response: of waves over that expected, and one over the variance of this, (S, 2, k).
        gap: V^AT_a - V^CG_a by species and part of the hybrid zone, (S, PARTS) kJ/mol.
        stiffness: kJ/mol; 0 before it was measured.
        positions, velocities: at the end, (N, 3).
        seed: of all rounds.
        converged: whether the density is flat.
    """

    compensation: dict[str, Compensation]
    thermodynamic: dict[str, ThermodynamicForce]
    history: tuple[Round, ...]
    distance: Floats
    density: Floats
    error: Floats
    before: Floats
    variance: Floats
    asked: Floats
    response: Floats
    gap: Floats
    stiffness: float
    positions: Floats
    velocities: Floats | None
    seed: int
    converged: bool = False

    @property
    def answered(self) -> Floats:
        """1 / (rho kappa_T) by mobile species, kJ/mol: what density waves show, over the response of the longest."""
        response = self.response[:, 0, 1:4] if self.response.size else np.ones((1, 1))
        return np.asarray(self.stiffness / np.clip(response, WEAKEST, STRONGEST).mean(axis=1))

    def arrays(self) -> dict[str, Any]:
        """Everything, as NumPy arrays by name."""
        arrays: dict[str, Any] = {
            name: getattr(self, name)
            for name in (
                "distance",
                "density",
                "error",
                "before",
                "variance",
                "asked",
                "response",
                "gap",
                "positions",
                "velocities",
            )
            if getattr(self, name) is not None
        }
        for name, c in self.compensation.items():
            arrays[f"compensation {name}"] = np.stack([c.resolution, c.energy, c(c.resolution)[1]])
        for name, t in self.thermodynamic.items():
            arrays[f"thermodynamic {name}"] = np.stack([t.distance, t.energy])
        about = {"history": [asdict(r) for r in self.history], "stiffness": self.stiffness, "seed": self.seed}
        return {**arrays, "about": np.array(json.dumps({**about, "converged": self.converged}))}

    def write(self, path: Path | str) -> Path:
        """Write to a file (NumPy's npz), as a whole or not at all. Returns its path."""
        path = Path(path)
        beside = path.with_name(path.name + ".part")
        with beside.open("wb") as file:
            np.savez(file, **self.arrays())
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        return path

    @classmethod
    def read(cls, path: Path | str) -> Calibration:
        """A calibration that was written.

        Raises:
            InputError: the file is missing or damaged.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            about = json.loads(str(arrays.pop("about")))
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise InputError(f"{path} is no calibration of adaptive resolution, or it is damaged: {error}") from error
        compensation = {k[13:]: Compensation(*v) for k, v in arrays.items() if k.startswith("compensation ")}
        thermodynamic = {k[14:]: ThermodynamicForce(*v) for k, v in arrays.items() if k.startswith("thermodynamic ")}
        plain = {k: v for k, v in arrays.items() if " " not in k}
        try:
            history = tuple(Round(**r) for r in about.pop("history"))
            return cls(compensation, thermodynamic, history, **{"velocities": None, **plain}, **about)
        except TypeError as error:
            raise InputError(
                f"{path} is a calibration of another version of scalebridge ({error}); remove it to calibrate anew"
            ) from error


def shells_of(region: Region, box: Floats, molecules: int, settings: CalibrationSettings) -> Shells:
    """Shells in which the density is watched: some thirty molecules in each at least."""
    width = region.hybrid / 10.0 if settings.width is None else settings.width
    return shells(region, box, width, 30.0 / molecules * float(np.prod(box)))


def begin(
    forces: AdaptiveForces,
    box: Floats,
    positions: Floats,
    settings: CalibrationSettings,
    seed: int,
    guess: Mapping[str, Compensation] | None = None,
    where: Shells | None = None,
) -> Calibration:
    """The first guess: one that is known, or else the gap of energies of the configuration as it is."""
    where = _watched(forces, box, settings, where)[0]
    found = forces.evaluate(positions, box)
    species = len(forces.molecules.counts)
    gap = np.full((species, PARTS), np.nan)
    part = np.minimum((2.0 / np.pi * np.arcsin(np.sqrt(found.resolution)) * PARTS).astype(int), PARTS - 1)
    hybrid = (found.resolution > 0.0) & (found.resolution < 1.0)
    for s in range(species):
        for k in range(PARTS):
            members = hybrid & (part == k) & (forces.molecules.kind == s)
            if members.any():
                gap[s, k] = found.gap[members].mean()
    gap = _whole(gap)
    nothing = np.zeros((species, 0))
    made = compensations(forces, gap)
    return Calibration(
        {**made, **(guess or {})},
        {},
        (),
        where.middle,
        nothing,
        nothing,
        nothing,
        nothing,
        nothing,
        nothing,
        gap,
        0.0,
        np.asarray(positions, float),
        None,
        seed,
    )


def stage(now: Calibration, settings: CalibrationSettings) -> Stage:
    """What the next round is for."""
    return "drift" if len(now.history) < settings.drift_rounds else "density"


def finished(now: Calibration, settings: CalibrationSettings) -> bool:
    """Whether no round is left, or none is needed."""
    return now.converged or len(now.history) >= settings.drift_rounds + settings.rounds


def advance(
    now: Calibration,
    system: Any,
    forces: AdaptiveForces,
    box: Floats,
    settings: CalibrationSettings,
    where: Shells | None = None,
) -> Calibration:
    """One round: simulate with what is known, and correct it.

    Args:
        now: what is known.
        system: whose forces include `forces`.
        forces: of adaptive resolution.
        box: three edges, nm.
        settings: how.
        where: shells with the volume that is open to molecules, where a solute takes some; None: all of the box is.
    """
    number, what = len(now.history), stage(now, settings)
    length = settings.drift_length
    if what == "density":
        length = settings.density_length * 1.25 ** (number - settings.drift_rounds)
    whole, finer = _watched(forces, box, settings, where)
    forces.compensate(now.compensation if forces.scheme == "hamiltonian" else {}, now.thermodynamic)
    seed = int(np.random.SeedSequence([now.seed, number]).generate_state(1)[0]) % (2**31 - 2) + 1
    found = gather(
        system, forces, finer, settings.dynamics, (now.positions, now.velocities), length, seed,
        settle=0.2 * length if what == "density" else 0.0,
    )  # fmt: skip
    wide = replace(found, counts=finer.joined(found.counts, whole))
    density, error = (rows[forces.mobile] for rows in wide.density(whole.volume))
    done = Round(
        what, length, float(np.abs(density - 1.0).max()), float(error.max()), float(np.linalg.norm(found.drift))
    )
    state = replace(
        now, history=(*now.history, done), density=density, error=error, positions=found.positions,
        velocities=found.velocities,
    )  # fmt: skip
    if what == "drift":
        return _after_drift(state, forces, found, number)
    return _after_density(state, forces, finer, found, settings)


def _after_drift(state: Calibration, forces: AdaptiveForces, found: Gathered, number: int) -> Calibration:
    # the first measurement replaces the guess from an all-atom configuration; later ones are averaged with what was
    share = 1.0 if number == 0 else 0.5
    gap = np.where(np.isfinite(found.gap), (1.0 - share) * state.gap + share * found.gap, state.gap)
    return replace(
        state, gap=gap, compensation=compensations(forces, gap), before=state.density,
        stiffness=found.stiffness if number == 0 else 0.5 * (state.stiffness + found.stiffness),
    )  # fmt: skip


def _after_density(
    state: Calibration, forces: AdaptiveForces, where: Shells, found: Gathered, settings: CalibrationSettings
) -> Calibration:
    if not state.thermodynamic:
        state = replace(state, before=state.density)
    stiffness = 0.5 * (state.stiffness + found.stiffness) if state.stiffness > 0.0 else found.stiffness
    state = replace(state, stiffness=stiffness)
    state, left = _pushed(state, forces, where, found, settings)
    last = replace(state.history[-1], left=left)
    return replace(state, history=(*state.history[:-1], last), converged=_flat(state, left, settings.tolerance))


def _flat(state: Calibration, left: float, tolerance: float) -> bool:
    """Whether all rounds together know the density well enough, and the last one does not contradict them."""
    away = np.abs(state.density - 1.0) <= tolerance + SURE * state.error
    return SURE * left <= tolerance and bool(away.all())


def _pushed(
    state: Calibration, forces: AdaptiveForces, where: Shells, found: Gathered, settings: CalibrationSettings
) -> tuple[Calibration, float]:
    """Potentials of the thermodynamic force, each raised where its species is too dense, and what they leave."""
    assert forces.region is not None
    region = forces.region
    molecules = int(np.isin(forces.molecules.kind, forces.mobile).sum())
    spacing = (float(where.volume.sum()) / molecules) ** (1.0 / 3.0)
    push = settings.stiffness or state.stiffness
    x, at_knots, seen_at, steps = points(where, region, SMOOTH * spacing)
    numbers, there, back = waves(steps)
    sizes = answers(numbers * spacing, GAS * settings.dynamics.temperature / push)
    known = state.variance.shape == (len(forces.mobile), len(steps))
    potentials, variances, asked, responses = {}, [], [], []
    for row, s in enumerate(forces.mobile):
        name = forces.molecules.names[s]
        seen = (found.blocks(where.volume)[:, s] @ seen_at.T - 1.0) @ there.T
        response = learnt(state.response[row], state.asked[row], seen) if known else unknown(len(steps))
        change, left = corrected(seen, state.variance[row] if known else np.zeros(len(steps)), settings.gain)
        change /= np.clip(response[0], WEAKEST, STRONGEST)
        change[0] = 0.0  # a potential that is the same everywhere does nothing
        old = state.thermodynamic.get(name)
        energy = faded(push * (back @ (sizes * change))[at_knots], x, region)
        energy += old(x)[0] if old is not None else 0.0
        potentials[name] = ThermodynamicForce(x, energy - energy[-1])
        variances.append(left)
        asked.append([seen.mean(axis=0), noise_of(seen), change])
        responses.append(response)
    width = region.hybrid / 10.0 if settings.width is None else settings.width
    # averages over a shell show less of waves that are shorter
    shown = np.sinc(numbers * width / (2.0 * np.pi)) ** 2
    uneven = float(np.sqrt((np.array(variances) @ shown).max() / steps.sum()))
    new = replace(
        state, thermodynamic=potentials, variance=np.array(variances), asked=np.array(asked),
        response=np.array(responses),
    )  # fmt: skip
    return new, uneven


def compensations(forces: AdaptiveForces, gap: Floats) -> dict[str, Compensation]:
    """Delta(lambda) of every species, whose slope is minus the gap; (S, PARTS) at equal steps of the hybrid zone."""
    fine = np.linspace(0.0, 1.0, 20 * PARTS + 1)
    knots = fine[::20]
    result = {}
    for s in forces.mobile:
        name = forces.molecules.names[s]
        slope = -np.interp(fine, (np.arange(PARTS) + 0.5) / PARTS, gap[s])
        resolution = np.sin(0.5 * np.pi * fine) ** 2
        steps = 0.5 * (slope[1:] + slope[:-1]) * np.diff(resolution)
        energy = np.concatenate([[0.0], np.cumsum(steps)])
        x = np.sin(0.5 * np.pi * knots) ** 2
        x[-1] = 1.0
        result[name] = Compensation(x, energy[::20], slope[::20])
    return result


def _whole(gap: Floats) -> Floats:
    """Gaps without holes: what no molecule showed lies between its neighbours."""
    result = gap.copy()
    for row in result:
        known = np.isfinite(row)
        row[:] = np.interp(np.arange(len(row)), np.flatnonzero(known), row[known]) if known.any() else 0.0
    return result


def _watched(
    forces: AdaptiveForces, box: Floats, settings: CalibrationSettings, where: Shells | None
) -> tuple[Shells, Shells]:
    """Shells whose density has to be flat, and the thinner ones that are corrected."""
    if forces.region is None:
        raise InputError("Nothing can be calibrated where no region is hybrid; give a region")
    if where is not None:
        return where, where
    whole = shells_of(forces.region, box, len(forces.molecules), settings)
    return whole, thinner(whole, forces.region, box, len(forces.molecules))


def thinner(whole: Shells, region: Region, box: Floats, molecules: int) -> Shells:
    """Shells split so that they show single layers of molecules."""
    volume = float(np.prod(box)) / molecules
    return split(whole, region, box, FINE * float(np.cbrt(volume)), FEW * volume)


def calibrate(
    system: Any,
    forces: AdaptiveForces,
    box: Floats,
    positions: Floats,
    settings: CalibrationSettings,
    *,
    guess: Mapping[str, Compensation] | None = None,
    seed: int = 0,
    checkpoint: Path | str | None = None,
    watch: Callable[[Calibration], None] | None = None,
    where: Shells | None = None,
) -> Calibration:
    """Rounds until the density is flat.

    Args:
        system: OpenMM system whose forces include `forces`.
        forces: of adaptive resolution.
        box: three edges, nm.
        positions: to begin with, (N, 3) nm; equilibrated with all atoms, best.
        settings: how.
        guess: compensation to begin with, e.g. Gibbs by Kirkwood integration; `drift_rounds=0` keeps it.
        seed: of everything random.
        checkpoint: file written after every round; where it exists already, the calibration continues from it.
        watch: called after every round.
        where: shells with the volume that is open to molecules; see `advance`.

    Raises:
        InputError: the checkpoint belongs to another system.
    """
    if forces.scheme == "force":
        # forces that are interpolated do not drift anything
        settings = replace(settings, drift_rounds=0)
    if checkpoint is not None and Path(checkpoint).exists():
        now = Calibration.read(checkpoint)
        if now.positions.shape != np.shape(positions) or now.seed != seed:
            raise InputError(
                f"The checkpoint {checkpoint} has {len(now.positions)} atoms and seed {now.seed}, this calibration "
                f"{len(positions)} and {seed}; remove the file to begin anew"
            )
    else:
        now = begin(forces, box, positions, settings, seed, guess, where)
    while not finished(now, settings):
        now = advance(now, system, forces, box, settings, where)
        if checkpoint is not None:
            now.write(checkpoint)
        if watch is not None:
            watch(now)
    forces.compensate(now.compensation if forces.scheme == "hamiltonian" else {}, now.thermodynamic)
    return now
