"""A process that compiles the loops gets the same bits as one that finds them in the cache, and as two threads."""

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


# blocks of molecules, and pairs of sites one by one; one piece of work, and four; bonds, and rigid triangles
A_LIQUID = """
import hashlib
import numpy as np
from scalebridge.molecules.adaptive import _forces
from scalebridge.molecules.adaptive import AdaptiveResolution, Dynamics, Slab, engine_of
from scalebridge.molecules.potentials import LennardJones
from scalebridge.molecules.reference import water
from support import tetrahedra

for _forces.ATOMS in (10_000, 500):
    for _forces.SPARSE in (0.0, 1.0):
        engine = tetrahedra.engine(tetrahedra.forces(), Dynamics(tetrahedra.KELVIN, 0.002, 0.5), seed=3)
        engine.step(300)
        print(hashlib.md5(engine.state()[0].tobytes()).hexdigest())
    liquid, beads = water(800, cutoff=0.6, electrostatics="reaction-field"), LennardJones(0.28, 0.65, 0.3143, "energy")
    adaptive = AdaptiveResolution(liquid.system, liquid.topology, Slab((1.4,) * 3, 0.3, 0.7), {"HOH": beads}, cap=0.12)
    engine = engine_of(adaptive.system, adaptive.forces, Dynamics(300.0, 0.001, 2.0, platform="native"), 3)
    engine.start(liquid.positions, None, 4)
    engine.step(100)
    print(hashlib.md5(engine.state()[0].tobytes()).hexdigest())
"""


@pytest.mark.parametrize(("program", "answers"), [(ONE_CELL, 3), (A_LIQUID, 6)], ids=["cell", "liquid"])
def test_compiled_anew_or_found_a_program_answers_with_the_same_bits(
    tmp_path: Path, program: str, answers: int
) -> None:
    tests = str(Path(__file__).parents[1])
    path = os.pathsep.join([tests, *filter(None, [os.environ.get("PYTHONPATH")])])
    found = []
    for threads in ("1", "1", "2"):
        ran = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True,
            env={
                **os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "NUMBA_NUM_THREADS": threads, "PYTHONPATH": path,
            },
        )  # fmt: skip
        found.append(ran.stdout.split())
    assert len(found[0]) == answers
    assert found[0] == found[1] == found[2]
