"""Crystalline walls."""

from __future__ import annotations

import pytest

from scalebridge.fluids.atomistic import Crystal


@pytest.mark.parametrize(("across", "along"), [(1, 1), (3, 2), (4, 7)])
def test_atoms_are_counted_without_making_them(across, along):
    assert Crystal().count(across, along) == len(Crystal().sites(across, along))
    # a plan of a wall that no memory holds
    assert Crystal().count(10**9, 10**9) > 10**18
