"""A process that compiles the loops gets the same bits as one that finds them in the cache."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.verify

ONE_CELL = """
import hashlib
import numpy as np
from scalebridge import solids
from scalebridge.solids.fe2._cells import cell_kernel

ball = solids.microstructure.centred_sphere(0.35, voxels=10, edge=1e-5)
matrix = solids.J2Plasticity(3e9, 0.35, solids.LinearHardening(30e6, 300e6))
cell = solids.RVE(ball, {0: matrix, 1: solids.LinearElastic.isotropic(70e9, 0.2)}, element="reduced", threads=1)
kernel, state = cell_kernel(cell, 1e-4), None
strain = np.array([[0.01, 0.002, 0.0], [0.002, -0.004, 0.0], [0.0, 0.0, -0.003]])
for share in (1 / 3, 2 / 3, 1.0):
    inputs = (share * strain)[None], np.ones(1), np.ones(1), np.zeros((1, 0, 3, 3)), np.zeros((1, 0))
    answer, state, _ = kernel(state, inputs)
    print(hashlib.md5(answer[0].tobytes() + answer[1].tobytes()).hexdigest())
"""


def test_compiled_anew_or_found_a_cell_answers_with_the_same_bits(tmp_path: Path) -> None:
    answers = []
    for _ in range(2):
        ran = subprocess.run(
            [sys.executable, "-c", ONE_CELL], capture_output=True, text=True, check=True,
            env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
        )  # fmt: skip
        answers.append(ran.stdout.split())
    assert len(answers[0]) == 3
    assert answers[0] == answers[1]
