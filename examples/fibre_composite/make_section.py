"""Draws `section.png`: what a microscope would show of a polished section through carbon fibres in epoxy.

    python make_section.py

Fibres are placed at random; their edges are blurred, their brightness scatters, the light is uneven, the sensor is
noisy. The section is cut out of a larger one, as a real one is.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from scalebridge.solids.microstructure import random_fibres

PIXELS = 256
PIXEL = 0.234375e-6  # m: the section is 60 um wide
FINER = 5  # fine voxels per pixel, which are averaged to soft edges


def fibres(rng: np.random.Generator) -> np.ndarray:
    """Which fibre covers each fine voxel; 0 is the matrix."""
    count, fraction, diameter = 90, 0.55, 7e-6
    edge = np.sqrt(count * np.pi / 4 * diameter**2 / fraction)
    whole = random_fibres(
        fraction,
        count=count,
        diameter=diameter,
        voxels=round(edge / PIXEL * FINER),
        rng=rng,
        minimum_gap=0.35e-6,
        variation=0.05,
    )
    size = PIXELS * FINER
    label: np.ndarray = ndimage.label(whole.phase[:size, :size])[0]
    return label


def photograph(label: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Grey values 0 to 255, (PIXELS, PIXELS)."""
    brightness = np.concatenate([[84.0], 176.0 + 9.0 * rng.standard_normal(label.max())])
    sharp = brightness[label].reshape(PIXELS, FINER, PIXELS, FINER).mean(axis=(1, 3))
    lens = ndimage.gaussian_filter(sharp, 0.7)
    x, y = np.meshgrid(np.linspace(-1, 1, PIXELS), np.linspace(-1, 1, PIXELS), indexing="ij")
    light = 1.0 + 0.06 * x - 0.04 * y - 0.05 * (x**2 + y**2)
    grain = ndimage.gaussian_filter(rng.standard_normal(lens.shape), 0.5) * 9.0
    grey: np.ndarray = np.clip(lens * light + grain, 0, 255).round()
    return grey.astype(np.uint8)


if __name__ == "__main__":
    source = np.random.default_rng(np.random.SeedSequence(1943))
    grey = photograph(fibres(source), source)
    # Images have their rows from the top: x1 runs to the right, x2 upwards.
    Image.fromarray(grey.T[::-1]).save(Path(__file__).with_name("section.png"), optimize=True)
