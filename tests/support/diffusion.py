"""A teaching bridge: walkers on a ring of sites (fine) joined to the heat equation (coarse).

Walkers hop to either neighbour with probability 1/4 per step; the density follows the heat equation with
D = a^2 / (4 tau) (a: spacing of the sites, tau: time step). A density wave of wave number k = 2 pi / L decays like
exp(-D k^2 t) up to terms of order (k a)^4. What must balance: the number of walkers, exactly, and the amplitude of the
wave, within five standard errors.
"""

from __future__ import annotations

import math
import time
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from scalebridge.bridge import Bridge, Citation, Failure, Headline, Outcome, Picture, Progress, Step
from scalebridge.errors import InputError
from scalebridge.ledger import Entry, Verdict
from scalebridge.scales import Cost, Scale, ScaleMap, Separation
from scalebridge.study import InputFile, StudyModel, StudyPart, register
from scalebridge.units import Quantity

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class WalkState:
    """Walkers per realisation and site, the amplitudes so far, and what the random numbers come from."""

    counts: Counts
    amplitudes: tuple[float, ...]
    steps: int
    entropy: int


@dataclass(frozen=True)
class DiffusionBridge(Bridge[WalkState]):
    """Walkers against the heat equation."""

    length: float
    diffusivity: float
    sites: int
    walkers: int
    realisations: int
    steps: int
    profile: tuple[float, ...] = ()
    sloppy: bool = False
    broken_at: int | None = None
    nan_at: int | None = None
    pause: float = 0.0

    name: ClassVar[str] = "diffusion"

    @property
    def spacing(self) -> float:
        return self.length / self.sites

    @property
    def time_step(self) -> float:
        return self.spacing**2 / (4.0 * self.diffusivity)

    def scales(self) -> ScaleMap:
        unknowns = float(self.walkers * self.realisations)
        end = self.steps * self.time_step
        separation = Separation("wavelength / spacing", float(self.sites), 16.0, 4.0, "the heat equation forgets sites")
        return ScaleMap(
            scales=(
                Scale("walkers", "fine", (self.spacing, self.length), (self.time_step, end), unknowns, 1e-5),
                Scale("heat equation", "coarse", (self.length / 10, self.length), None, 10.0),
            ),
            separations=(separation,),
            brute_force=Cost("all walkers one by one", 1e-8 * unknowns * self.steps, 8 * unknowns, "measured"),
            bridge=Cost("this bridge", 1e-5 * self.steps, 8.0 * self.sites, "measured"),
        )

    def init(self, seed: np.random.SeedSequence) -> WalkState:
        generator = np.random.default_rng(seed.spawn(1)[0])
        wave = np.array(self.profile) if self.profile else 1.0 + 0.5 * np.cos(self._phase())
        counts = generator.multinomial(self.walkers, wave / wave.sum(), size=self.realisations)
        return WalkState(counts, (self._amplitude(counts)[0],), 0, int(seed.generate_state(1, np.uint64)[0]))

    def step(self, state: WalkState, executor: Executor) -> Step[WalkState]:
        if self.pause:
            time.sleep(self.pause)
        if self.broken_at == state.steps:
            raise ZeroDivisionError("the toy breaks here")
        keys = [np.random.SeedSequence(state.entropy, spawn_key=(state.steps, i)) for i in range(self.realisations)]
        counts = np.stack(list(executor.map(hop, state.counts, keys)))
        amplitude, error = self._amplitude(counts)
        if self.nan_at == state.steps:
            amplitude = math.nan
        new = replace(state, counts=counts, amplitudes=(*state.amplitudes, amplitude), steps=state.steps + 1)
        failures = (Failure("realisation 0", "a failure on purpose", {"step": 1}),) if new.steps == 1 else ()
        return Step(new, self._books(new, amplitude, error), failures)

    def _books(self, state: WalkState, amplitude: float, error: float) -> tuple[Entry, ...]:
        time = state.steps * self.time_step
        total = self.walkers * self.realisations
        decayed = state.amplitudes[0] * math.exp(-self.diffusivity * (2 * math.pi / self.length) ** 2 * time)
        lost = 1.0 if self.sloppy else 0.0
        return (
            Entry("walkers", "1", float(state.counts.sum()) - lost, float(total), float(total), 0.0, "ring", time),
            Entry("wave", "1", amplitude, decayed, error, 5.0, "ring", time, severity=Verdict.WARNS),
        )

    def done(self, state: WalkState) -> bool:
        return state.steps >= self.steps

    def progress(self, state: WalkState) -> Progress:
        return Progress(float(state.steps), float(self.steps), f"step {state.steps}")

    def finish(self, state: WalkState) -> Outcome:
        import xarray as xr

        times = np.arange(state.steps + 1) * self.time_step
        data = xr.Dataset(
            {"amplitude": ("time", np.array(state.amplitudes), {"units": "1"})},
            coords={"time": ("time", times, {"units": "s"})},
        )
        _, error = self._amplitude(state.counts)
        return Outcome(
            data=data,
            headlines={"amplitude": Headline(state.amplitudes[-1], "1", "amplitude of the wave", error)},
            pictures=(
                Picture("Wave", "The wave decays.", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "svg", "wave"),
            ),
            files={"counts.csv": b"\n".join(b",".join(b"%d" % n for n in row) for row in state.counts)},
            methods="Walkers on a ring [1].",
            citations=(Citation("A. Einstein, 1905, Annalen der Physik", "10.1002/andp.19053220806", "diffusion"),),
        )

    def _phase(self) -> npt.NDArray[np.float64]:
        return 2.0 * np.pi * np.arange(self.sites) / self.sites

    def _amplitude(self, counts: Counts) -> tuple[float, float]:
        """Amplitude of the first harmonic relative to the mean, and its standard error."""
        total = counts.sum()
        amplitude = 2.0 * float(counts.sum(axis=0) @ np.cos(self._phase())) / total
        return amplitude, math.sqrt(2.0 / total)


def hop(counts: Counts, key: np.random.SeedSequence) -> Counts:
    """One time step of all walkers of a realisation."""
    generator = np.random.default_rng(key)
    left, stay, right = generator.multinomial(counts, [0.25, 0.5, 0.25]).T
    return np.roll(left, -1) + stay + np.roll(right, 1)


def read_profile(path: Path, sites: int) -> tuple[float, ...]:
    """Densities from a text file."""
    try:
        profile = tuple(float(word) for word in path.read_text(encoding="utf-8").split(","))
    except ValueError as error:
        raise InputError(f"{path} holds no densities separated by commas: {error}") from error
    if len(profile) != sites or not all(0.0 <= value < math.inf for value in profile) or sum(profile) <= 0.0:
        raise InputError(f"{path} should hold {sites} densities that are positive, found {len(profile)} numbers")
    return profile


class Flat(StudyPart):
    """A cosine wave."""

    kind: Literal["cosine"]


class FromFile(StudyPart):
    """A profile from a file."""

    kind: Literal["file"]
    file: InputFile = Field(description="one density per site, separated by commas", examples=["profile.csv"])


class DiffusionStudy(StudyModel):
    """Walkers on a ring against the heat equation."""

    bridge: Literal["diffusion"]
    length: Annotated[float, Quantity("length", gt=0.0)]
    diffusivity: Annotated[float, Quantity("diffusivity", gt=0.0)]
    sites: int = Field(ge=4, le=10_000, description="number of sites", examples=[32])
    walkers: int = Field(default=1000, ge=1, le=10**9)
    realisations: int = Field(default=2, ge=1, le=1000)
    steps: int = Field(default=20, ge=1, le=10**6)
    start: Annotated[Flat | FromFile, Field(discriminator="kind")] = Flat(kind="cosine")
    probes: dict[str, tuple[Annotated[float, Quantity("length")], ...]] = Field(default_factory=dict)
    sloppy: bool = False
    broken_at: int | None = None
    nan_at: int | None = None
    pause: Annotated[float, Quantity("time", ge=0.0)] = 0.0

    def build(self) -> DiffusionBridge:
        profile: tuple[float, ...] = ()
        if isinstance(self.start, FromFile):
            profile = read_profile(self.start.file, self.sites)
        return DiffusionBridge(
            self.length,
            self.diffusivity,
            self.sites,
            self.walkers,
            self.realisations,
            self.steps,
            profile,
            self.sloppy,
            self.broken_at,
            self.nan_at,
            self.pause,
        )

    @classmethod
    def template(cls) -> dict[str, bytes]:
        return {"study.toml": STUDY.encode(), "profile.csv": PROFILE.encode()}


PROFILE = ",".join(["1.5", "1.25", "1.0", "0.75", "0.5", "0.75", "1.0", "1.25"])
STUDY = """\
# Walkers on a ring against the heat equation.
bridge = "diffusion"
title = "Walkers on a ring"
seed = 7
length = "1 um"             # of the ring
diffusivity = "1e-9 m^2/s"
sites = 8
walkers = 2000
steps = 12

[start]
kind = "file"
file = "profile.csv"        # one density per site

[probes]
middle = ["0.5 um", "0.6 um"]
"""

register("diffusion", DiffusionStudy)
