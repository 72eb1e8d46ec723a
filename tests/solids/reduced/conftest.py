from __future__ import annotations

from collections.abc import Iterator

import numba
import numpy as np
import pytest

from scalebridge import solids
from scalebridge.solids.reduced import RandomPaths, ReducedRVE, Size, reduce_rve


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny problems wait for their threads more than they compute, the more so where tests run side by side."""
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    yield
    numba.set_num_threads(before)


@pytest.fixture(scope="session")
def paths() -> RandomPaths:
    return RandomPaths(amplitude=0.02, legs=3, steps=9)


@pytest.fixture(scope="session")
def rve() -> solids.RVE:
    cell = solids.microstructure.centred_sphere(0.35, voxels=6, edge=1e-5)
    matrix = solids.J2Plasticity(3.5e9, 0.35, solids.LinearHardening(60e6, 100e6))
    laws = {0: matrix, 1: solids.LinearElastic.isotropic(72e9, 0.22)}
    return solids.RVE(cell, laws, element="reduced", threads=1)


@pytest.fixture(scope="session")
def model(rve: solids.RVE, paths: RandomPaths) -> ReducedRVE:
    sizes = (Size(12, 10, 100), Size(18, 20, 150))
    return reduce_rve(rve, paths, seed=1, sizes=sizes, start=8, limit=12)


@pytest.fixture
def strain() -> np.ndarray:
    """Mean strains of three points, the first of them elastic."""
    rng = np.random.default_rng(3)
    some = rng.standard_normal((3, 3, 3))
    symmetric = some + some.transpose(0, 2, 1)
    sizes = np.array([1e-4, 0.01, 0.02]) / np.linalg.norm(symmetric, axis=(1, 2))
    return symmetric * sizes[:, None, None]
