"""The study of a bridge in time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from scalebridge.errors import InputError, Problem
from scalebridge.study._model import InputFile, StudyModel

if TYPE_CHECKING:
    from scalebridge.kinetics import Kinetics

_STUDY = """\
# A reaction network, what is fast in it, and the network without it.
bridge = "kinetics"
title = "Virus binding, entry and interferon response"

# SBML (.xml, .sbml) or Antimony (.ant, .txt)
model = "virus.ant"

# in the model's own unit of time, here seconds
end = 172800.0
outputs = 120
spacing = "geometric"    # or "linear"
first = 600.0            # first output after the start, for geometric spacing

# Species or reactions that are fast; leave it out to take those marked in the model, or to look for them.
fast = ["C"]
form = "auto"            # "total", "standard", "reverse"
relation = "quasi-steady"

# largest error that is accepted, relative to the largest value of a species
allowance = 0.05
"""

_MODEL = """\
// Receptor binding (seconds) under entry, replication and interferon response (hours); nM and s.
// Rate constants of binding: surface plasmon resonance of the receptor-binding domain with dimeric ACE2,
// k_on 6.6e5 /M/s, k_off 93.4e-4 /s (PMC9437663, table 1). The network around it is a toy.
model virus
  V + R -> C; kon*V*R - koff*C
  C -> I; ki*C
  I -> R; kr*I
  G' = p*ki*C + (0.5/3600)*G*(1 - G/50)/(1 + 10*A) - (0.05/3600)*G
  F' = (1/3600)*G/(1 + G) - (0.1/3600)*F
  A' = (0.5/3600)*F^2/(0.04 + F^2) - (0.05/3600)*A
  V = 5; R = 10; C = 0; I = 0; G = 0; F = 0; A = 0
  p = 0.1; kon = 6.6e-4; koff = 9.34e-3; ki = 1e-4; kr = 2e-4
end
"""


class KineticsStudy(StudyModel):
    """A reaction network, what is fast in it, the network without it, and how far the two are apart."""

    bridge: Literal["kinetics"]
    model: InputFile = Field(description="SBML (.xml, .sbml) or Antimony (.ant, .txt)")
    start: float = Field(default=0.0, description="first time, in the model's unit")
    end: float = Field(description="last time, in the model's unit")
    outputs: int = Field(default=101, ge=3, le=100_000, description="output times after the start")
    spacing: Literal["linear", "geometric"] = "linear"
    first: float | None = Field(default=None, gt=0.0, description="first output after the start, geometric spacing")
    fast: tuple[str, ...] = Field(default=(), description="fast species or reactions")
    form: Literal["auto", "standard", "total", "reverse"] = "auto"
    relation: Literal["quasi-steady", "equilibrium", "refined"] = "quasi-steady"
    allowance: float = Field(default=0.05, gt=0.0, le=1.0, description="largest relative error accepted")

    def problems(self) -> Iterator[Problem]:
        """Mistakes between keys."""
        if self.end <= self.start:
            yield Problem("end", f"{self.end:g}", f"a time after the start, {self.start:g}")
        elif self.first is not None and self.first >= self.end - self.start:
            yield Problem("first", f"{self.first:g}", f"less than the whole run, {self.end - self.start:g}")

    def build(self) -> Kinetics:
        """The bridge with its model read.

        Raises:
            InputError: the model cannot be read, or names in `fast` are not in it.
        """
        from scalebridge.kinetics import Kinetics, Network
        from scalebridge.kinetics._antimony import to_sbml

        try:
            text = self.model.read_text()
        except UnicodeDecodeError as error:
            raise InputError(f"{self.model.name}: not a text file ({error.reason}).") from None
        sbml = to_sbml(text) if self.model.suffix.lower() in (".ant", ".txt") else text
        network = Network.from_sbml_text(sbml)
        known = {*network.reactions, *network.species, *network.state_names}
        for name in self.fast:
            if name not in known:
                raise InputError(f"fast: '{name}' is not in the model; it has {', '.join(sorted(known)[:30])}.")
        return Kinetics(sbml, self._times(), self.fast, self.form, self.relation, self.allowance)

    def _times(self) -> tuple[float, ...]:
        length = self.end - self.start
        if self.spacing == "geometric":
            first = self.first if self.first is not None else length / 1000.0
            later = np.geomspace(first, length, self.outputs)
        else:
            later = np.linspace(0.0, length, self.outputs + 1)[1:]
        return tuple(float(t) for t in np.concatenate([[0.0], later]) + self.start)

    @classmethod
    def template(cls) -> Mapping[str, bytes]:
        """A virus that binds in seconds and is answered in hours."""
        return {"study.toml": _STUDY.encode(), "virus.ant": _MODEL.encode()}
