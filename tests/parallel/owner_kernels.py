"""Kernels for the tests of owners: a walk with a history."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

import numpy as np

from scalebridge.errors import InputError
from scalebridge.parallel import Kernel


@dataclass(frozen=True)
class Walk(Kernel):
    """Adds its inputs up, with a little rounding; says in which process."""

    seconds: float = 0.0

    @property
    def outputs(self):
        return ((2,), ())

    def __call__(self, state, inputs):
        (x,) = inputs
        if np.isnan(x).any():
            raise InputError("found NaN")
        time.sleep(self.seconds)
        before = np.zeros_like(x) if state is None else state
        after = np.sin(before + x) * 1.1
        return (after, after.sum(axis=1)), after, os.getpid()
