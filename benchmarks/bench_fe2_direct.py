"""FE² against simulations that resolve every cell: the error over cell size, elastic, plastic and unloaded.

A beam of cells with a stiff core under pure bending. The error of first-order homogenization is that of taking the
strain as constant over a cell: it falls with the first power of cell over height.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from benchmarks import Figure
from benchmarks.cell_beam import direct, moment, two_scale

CURVATURE = 0.04
TIMES = (0.1, 0.5, 1.0, 1.5)
STATES = ("elastic", "plastic", "more plastic", "unloaded by 40 %")
CELLS = (4, 8, 16, 32)
PICTURE = Path(__file__).parents[1] / "docs" / "images" / "fe2_direct.svg"


def run() -> Figure:
    """Errors of the bending moment against everything in one mesh, and the orders at which they fall."""
    began = time.process_time()
    expected = moment(two_scale(8, CURVATURE), list(TIMES))
    seconds = [time.process_time() - began]
    errors = []
    for cells in CELLS:
        began = time.process_time()
        errors.append(np.abs(moment(direct(cells, CURVATURE), list(TIMES)) - expected) / np.abs(expected))
        seconds.append(time.process_time() - began)
    found = np.array(errors)
    orders = np.log2(found[:-1] / found[1:])
    draw(found)
    rows = [
        (f"{cells} cells over the height, {min(4 * cells, 256 // cells)} along", *(100 * e).tolist(), s)
        for cells, e, s in zip(CELLS, found, seconds[1:], strict=True)
    ]
    return Figure(
        title="FE² against all cells in one mesh: pure bending of a beam of cells with a stiff core in a J2 matrix",
        columns=("all cells in one mesh", *(f"{s}, error %" for s in STATES), "CPU s"),
        rows=rows,
        ratios={f"order, {s}": float(o) for s, o in zip(STATES, orders[-1], strict=True)},
        notes=f"The FE² solution took {seconds[0]:.1f} CPU s. The picture is docs/images/{PICTURE.name}.",
    )


def draw(errors: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> None:
    """Errors over the number of cells, with the first-order slope."""
    from matplotlib.figure import Figure as Canvas

    canvas = Canvas(figsize=(6.0, 4.2), layout="constrained")
    axes = canvas.add_subplot()
    size = 1.0 / np.array(CELLS)
    for k, name in enumerate(STATES):
        axes.loglog(size, 100 * errors[:, k], "os^v"[k], ls="-", lw=1, ms=5, label=name)
    axes.loglog(size, 100 * 0.6 * errors[-1].min() * size / size[-1], "k--", lw=1, label="first order")
    axes.set(xlabel="cell size over height of the beam, l/L", ylabel="error of the bending moment / %")
    axes.set_xticks(size, [f"1/{c}" for c in CELLS])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend()
    canvas.savefig(PICTURE, metadata={"Date": None})
