from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from scalebridge.solids.microstructure import Microstructure, polycrystal
from scalebridge.solids.microstructure._plot import phase_colours

mpl.use("Agg")


def pixels(microstructure: Microstructure) -> np.ndarray:
    figure = Figure(figsize=(4, 4), dpi=100)
    microstructure.plot(figure.add_axes((0, 0, 0.7, 1)))
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3] / 255


def test_section_is_drawn_with_x1_to_the_right_and_x2_upwards():
    phase = np.zeros((8, 8), int)
    phase[-1, 0] = 1
    figure = Figure()
    ax = Microstructure(phase, (8e-6, 8e-6)).plot(figure.add_subplot())
    image = ax.images[0]
    assert image.origin == "lower"
    assert image.get_extent() == pytest.approx([0, 8, 0, 8])
    assert np.asarray(image.get_array())[0, -1] == pytest.approx(np.array([0.13, 0.37, 0.55]))
    assert ax.get_xlabel() == "$x_1$ in µm"


def test_legend_names_phases_with_their_share():
    ax = Microstructure(np.array([[0, 1], [0, 0]]), (1.0, 1.0), {1: "fibre"}).plot(Figure().add_subplot())
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["phase 0, 75.0%", "fibre, 25.0%"]


def test_cube_shows_the_three_faces_it_should():
    phase = np.zeros((6, 6, 6), int)
    phase[:, :, -1] = 1
    phase[:, 0, :-1] = 2
    phase[-1, 1:, :-1] = 3
    cube = Microstructure(phase, (1e-3, 1e-3, 1e-3))
    image = pixels(cube)
    colours = phase_colours(cube)
    for face, light in ((1, 1.0), (2, 0.88), (3, 0.76)):
        share = np.mean(np.all(np.abs(image - colours[face] * light) < 0.01, axis=-1))
        assert share > 0.02, f"face of phase {face} is not seen"


def test_many_phases_are_counted_not_listed():
    cell = polycrystal(40, shape=(20, 20), size=(1e-5, 1e-5), rng=np.random.SeedSequence(0))
    ax = cell.plot(Figure().add_subplot())
    assert ax.get_legend() is None
    assert ax.get_title() == f"{len(cell.phases)} phases"
    colours = phase_colours(cell)[list(cell.phases)]
    assert len(np.unique(colours, axis=0)) == len(cell.phases)
    assert colours.min() >= 0
    assert colours.max() <= 1


def test_unoriented_labels_get_different_colours():
    colours = phase_colours(Microstructure(np.arange(30).reshape(5, 6), (1.0, 1.0)))
    assert len(np.unique(colours, axis=0)) == 30


def test_makes_its_own_figure():
    from matplotlib import pyplot

    ax = Microstructure(np.array([[0, 1]]), (1.0, 2.0)).plot()
    assert ax.figure is not None
    pyplot.close(ax.figure)
