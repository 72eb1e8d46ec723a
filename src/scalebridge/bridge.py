"""What every bridge is: four verbs over a frozen state, and its scales.

| verb | takes | gives |
| --- | --- | --- |
| `init` | the seed | the first state |
| `step` | a state, an executor | the next state with the ledger entries and failures it caused |
| `done` | a state | whether nothing is left to do |
| `finish` | the last state | the outcome: data, headline numbers, pictures, files, methods |

The order is `init`, then `step` while not `done`, then `finish`. A state is a frozen dataclass that survives pickling;
everything a later step needs is in it, so that a run resumed from any state ends with the same numbers. A NaN in a
state ends the run; a field that may hold NaN on purpose is a ``field(metadata={"missing": "why"})``. Whether a bridge
keeps all this is tested by `scalebridge.study.check_bridge`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Generic, Literal, TypeVar

import numpy as np

from scalebridge.ledger import Entry
from scalebridge.scales import ScaleMap, Separation

if TYPE_CHECKING:
    import xarray as xr

State = TypeVar("State")


@dataclass(frozen=True, slots=True)
class Failure:
    """A piece of work that did not succeed, with what would be needed to repeat it.

    Attributes:
        where: which piece, e.g. ``"realisation 4, size 32, SUBC"``.
        reason: one sentence for the reader.
        inputs: parameters and seed of the piece.
    """

    where: str
    reason: str
    inputs: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Citation:
    """A source of a method, with what it was used for.

    Attributes:
        text: authors, year, title, journal.
        doi: digital object identifier without a resolver prefix; empty where the source has none.
        used_for: what the run took from it.
    """

    text: str
    doi: str
    used_for: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure for the report.

    Attributes:
        title: heading.
        caption: what is seen and how to read it, two or three sentences.
        data: the image; of a scene JSON with ``points`` (x y z of each, float32), ``faces`` (four points of each,
            uint32), ``fields`` (``title``, ``name``, ``low``, ``high``, ``values`` of the faces, float32; or
            ``colours`` with ``labels``) and ``marks`` (``at``, ``text``, ``shape`` and ``fields`` of a block of
            voxels, uint8); arrays are base64 of little-endian numbers.
        kind: image format; ``"scene"`` for a body that the reader can turn, and click at.
        name: file stem in the run folder, unique in a run.
    """

    title: str
    caption: str
    data: bytes
    kind: Literal["svg", "png", "scene"]
    name: str


@dataclass(frozen=True, slots=True)
class Headline:
    """A headline number of a run.

    Attributes:
        value: the number.
        unit: its unit; ``"1"`` for pure numbers.
        label: what it is, for the reader.
        error: half width of the confidence interval, None where there is none.
    """

    value: float
    unit: str
    label: str
    error: float | None = None


@dataclass(frozen=True, slots=True)
class Step(Generic[State]):
    """What one step returns.

    Attributes:
        state: the new state.
        entries: ledger entries that the step caused; never empty.
        failures: pieces of work that did not succeed.
    """

    state: State
    entries: tuple[Entry, ...]
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a state is.

    Attributes:
        done: work done, in the units of `total`.
        total: work in all.
        message: what is going on, a few words.
    """

    done: float
    total: float
    message: str = ""


@dataclass(frozen=True)
class Outcome:
    """What a finished bridge hands over.

    Attributes:
        data: results with named dimensions and units in the attribute ``units``; a variable that holds NaN on
            purpose says why in its attribute ``missing``.
        headlines: headline numbers by key; they go to ``summary.json``.
        separations: ratios of scales measured by the run.
        pictures: figures in reading order.
        files: further files by name relative to the run folder; the names of the run's own files are refused.
        methods: what was done, in the words of a paper's methods section; cites as ``[1]``, ``[2]``...
        citations: sources in the order of the numbers in `methods`.
    """

    data: xr.Dataset
    headlines: Mapping[str, Headline]
    separations: tuple[Separation, ...] = ()
    pictures: tuple[Picture, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    methods: str = ""
    citations: tuple[Citation, ...] = ()


class Bridge(ABC, Generic[State]):
    """One coupling of a fine and a coarse model.

    Implementations are frozen, picklable and hold parameters only; what changes is in the state.
    """

    name: ClassVar[str]

    @abstractmethod
    def scales(self) -> ScaleMap:
        """The scales joined, their separations, and predicted costs; cheap, nothing is solved."""

    @abstractmethod
    def init(self, seed: np.random.SeedSequence) -> State:
        """First state. All randomness of the run comes from `seed`."""

    @abstractmethod
    def step(self, state: State, executor: Executor) -> Step[State]:
        """Next state. Independent work may go to `executor`; the result must not depend on its number of workers."""

    @abstractmethod
    def done(self, state: State) -> bool:
        """Whether `state` is the last."""

    @abstractmethod
    def finish(self, state: State) -> Outcome:
        """Data, headline numbers, pictures and methods from the last state."""

    @abstractmethod
    def progress(self, state: State) -> Progress:
        """How far `state` is."""
