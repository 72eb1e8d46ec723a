"""What adaptive resolution saves: shares of pairs, and Amdahl's law."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.molecules.adaptive import Costs, Slab, pair_shares, predicted_speed_up
from scalebridge.molecules.adaptive._speed import block_side

BOX = np.full(3, 10.0)
REGION = Slab((5.0, 5.0, 5.0), 1.0, 1.0)


def test_shares_of_pairs_in_a_slab():
    # of pairs much closer than the zones are wide, without blocks: the volumes
    fine, coarse = pair_shares(REGION, BOX, 1e-3, 0.0)
    assert fine == pytest.approx(0.4, abs=0.01)
    assert coarse == pytest.approx(0.8, abs=0.01)
    # a partner 1 away along a random direction: half of its distance along the slab's normal is added on either side
    wide, _ = pair_shares(REGION, BOX, 1.0, 0.0)
    assert wide == pytest.approx(0.4 + 2.0 * 0.5 * 0.375 / 10.0, abs=0.01)
    # eight molecules at random in a cube of .6 reach 7/9 of its edge: that much is added, half on either side
    blocks, beads = pair_shares(REGION, BOX, 1e-3, 0.6)
    assert blocks == pytest.approx(0.4 + 0.6 * 7.0 / 9.0 / 10.0, abs=0.01)
    assert beads == pytest.approx(0.8 + 0.6 * 7.0 / 9.0 / 10.0, abs=0.01)


def test_a_block_takes_up_a_cube():
    assert block_side(BOX, 8000) == pytest.approx(1.0)


def test_amdahl():
    everywhere = Slab((5.0, 5.0, 5.0), 5.0, 1.0)
    assert predicted_speed_up(everywhere, BOX, 1.0, 8000, Costs(3.0, 1.0, 0.5)) == pytest.approx(1.0, abs=0.02)
    nothing = Costs(3.0, 0.0, 0.5, 9.0)
    share, _ = pair_shares(REGION, BOX, 1.0, 1.0)
    assert predicted_speed_up(REGION, BOX, 1.0, 8000, nothing) == pytest.approx(9.5 / (0.5 + 3.0 * share))
