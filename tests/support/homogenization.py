"""A small homogenization: a few voxels, every kind of step."""

from __future__ import annotations

from scalebridge.study.homogenization import HomogenizationStudy

STUDY = """\
bridge = "homogenization"
title = "Small"
seed = 5

[microstructure]
source = "fibres"
volume_fraction = 0.4
diameter = "8 um"
edge = "16 um"
voxel_size = "1 um"

[laws.matrix]
phase = 0
law = "j2"
youngs_modulus = "3 GPa"
poisson_ratio = 0.35
hardening = { curve = "linear", yield_stress = "30 MPa", modulus = "300 MPa" }

[laws.fibre]
phase = 1
law = "linear-elastic"
youngs_modulus = "70 GPa"
poisson_ratio = 0.2

[laws.matrix-heat]
phase = 0
law = "conduction"
conductivity = "0.2 W/(m*K)"

[laws.fibre-heat]
phase = 1
law = "conduction"
conductivity = "1 W/(m*K)"

[solver]
element = "reduced"

[[load]]
name = "tension"
strain = { "11" = "1.5 %" }
increments = 3
unload = 0.4
fields = true

[[load]]
name = "shear by stress"
stress = { "12" = "10 MPa" }
increments = 2

[representative]
sizes = ["12 um", "16 um"]
realisations = [3, 2]
precision = "10 %"

[output]
density = "1.5 g/cm^3"
xdmf = true
"""


def small_study(text: str = STUDY) -> HomogenizationStudy:
    """The study, read as from a file."""
    from pathlib import Path

    from scalebridge.study._read import parse_study

    study = parse_study(text, Path())
    assert isinstance(study, HomogenizationStudy)
    return study
