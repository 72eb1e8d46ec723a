"""The study of water that shears: what it builds, its mistakes."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings

from scalebridge.errors import StudyError
from scalebridge.fluids.atomistic import BAR, MILLIPASCAL_SECOND
from scalebridge.study import load_study
from scalebridge.study.hybrid_water import HybridWaterStudy
from support.mutations import mutated_studies, read_and_build
from support.water_couette import water_couette


def changed(folder, **tables):
    data = tomllib.loads(HybridWaterStudy.template()["study.toml"].decode())
    for table, values in tables.items():
        data[table] = {**data[table], **values}
    path = folder / "study.toml"
    path.write_text(tomli_w.dumps(data))
    return path


def test_quantities_become_nanometres_and_picoseconds(tmp_path):
    """The template is the hybrid that is verified."""
    built, expected = load_study(changed(tmp_path)).build(), water_couette()
    assert built.atomistic == expected.atomistic
    assert built.overlap == expected.overlap
    np.testing.assert_allclose(built.heights_above, expected.heights_above, rtol=1e-12)
    assert built.viscosity == pytest.approx(0.72 * MILLIPASCAL_SECOND, rel=1e-12)
    assert built.atomistic.pressure == pytest.approx(120.0 * BAR, rel=1e-12)
    assert (built.friction, built.bin_width, built.cycles) == (5.0, 0.15, 300)
    assert built.reference.height == 6.0
    assert built.reference.speed == 0.3


def test_theory_takes_the_plane_where_water_stands_still(tmp_path):
    theory = load_study(changed(tmp_path, wall={"plane": "0.2 nm"})).build().reference
    assert theory.plane == 0.2


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        ({"geometry": {"constraint": ["2.1 nm", "2.4 nm", "3.3 nm"]}}, "where the buffer begins"),
        ({"geometry": {"height": "2.5 nm"}}, "the constraint's end"),
        ({"geometry": {"bin": "0.17 nm"}}, "a part of the height 3.6 nm"),
        ({"wall": {"plane": "7 nm"}}, "below the upper wall"),
        ({"water": {"viscosity": "0.72 nm"}}, "viscosity"),
    ],
)
def test_mistakes_are_named(tmp_path, tables, says):
    with pytest.raises(StudyError, match=says):
        load_study(changed(tmp_path, **tables)).build()


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(files=mutated_studies(dict(HybridWaterStudy.template())))
def test_broken_studies_end_in_sentences(files, tmp_path_factory):
    read_and_build(files, tmp_path_factory.mktemp("mutated"))
