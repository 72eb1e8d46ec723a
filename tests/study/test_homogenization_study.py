from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings
from typer.testing import CliRunner

from scalebridge.cli import Exit, app
from scalebridge.errors import StudyError
from scalebridge.solids.laws import Conduction, J2Plasticity, LinearElastic, NeoHookean, Viscoelastic
from scalebridge.study import dump_study, json_schema, model_of
from scalebridge.study._read import parse_study
from scalebridge.study.homogenization import HomogenizationStudy
from support.homogenization import STUDY, small_study
from support.mutations import mutated_studies, read_and_build

EXAMPLES = Path(__file__).parents[2] / "examples"


def changed(**changes: Any) -> str:
    """The small study with keys exchanged; dotted by ``__``, dropped where None."""
    data = tomllib.loads(STUDY)
    for key, value in changes.items():
        *tables, last = key.split("__")
        place: Any = data
        for table in tables:
            place = place[int(table)] if isinstance(place, list) else place[table.replace("_heat", "-heat")]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return tomli_w.dumps(data)


def mistakes(text: str, folder: Path = Path()) -> dict[str, str]:
    """What is wrong, by key."""
    with pytest.raises(StudyError) as caught:
        parse_study(text, folder)
    return {problem.key: str(problem) for problem in caught.value.problems}


def test_the_template_runs_as_it_is(tmp_path: Path):
    files = dict(HomogenizationStudy.template())
    assert read_and_build(files, tmp_path) == ""
    assert model_of("homogenization") is HomogenizationStudy


def test_a_study_survives_writing_and_reading():
    study = small_study()
    again = parse_study(dump_study(study), Path())
    assert again == study


def test_the_schema_tells_editors_what_there_is():
    schema = json_schema("homogenization")
    assert {"microstructure", "laws", "load", "representative"} <= set(schema["properties"])
    assert "property" in schema["$defs"]["RepresentativePart"]["properties"]


def test_laws_reach_their_phases_and_name_them():
    bridge = small_study().build()
    assert isinstance(bridge.laws[0], J2Plasticity)
    assert isinstance(bridge.conduction[1], Conduction)
    assert dict(bridge.microstructure.names) == {0: "matrix", 1: "fibre"}


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        ({"law": "orthotropic", "youngs_moduli": ["9 GPa", "2 GPa", "1 GPa"], "poisson_ratios": [0.3, 0.3, 0.3],
          "shear_moduli": ["1 GPa", "1 GPa", "1 GPa"]}, LinearElastic),
        ({"law": "anisotropic", "stiffness": [[f"{3.0 if i == j else 0.5} GPa" for j in range(6)] for i in range(6)]},
         LinearElastic),
        ({"law": "viscoelastic", "youngs_modulus": "1 GPa", "poisson_ratio": 0.3,
          "arms": [{"shear_modulus": "1 GPa", "relaxation_time": "2 s"}]}, Viscoelastic),
        ({"law": "j2", "youngs_modulus": "1 GPa", "poisson_ratio": 0.3, "viscosity": "1 Pa*s",
          "hardening": {"curve": "table", "plastic_strains": [0, "10 %"], "stresses": ["1 MPa", "2 MPa"]}},
         J2Plasticity),
        ({"law": "j2", "youngs_modulus": "1 GPa", "poisson_ratio": 0.3,
          "hardening": {"curve": "power", "yield_stress": "1 MPa", "coefficient": "5 MPa", "exponent": 0.3}},
         J2Plasticity),
    ],
)  # fmt: skip
def test_every_law_can_be_written(table: dict[str, Any], kind: type):
    study = small_study(changed(laws__matrix={"phase": 0, **table}))
    assert isinstance(study.build().laws[0], kind)


def test_finite_strain_takes_neo_hookean_solids():
    solid = {"law": "neo-hookean", "youngs_modulus": "1 MPa", "poisson_ratio": 0.4}
    laws = {"laws__matrix": {"phase": 0, **solid}, "laws__fibre": {"phase": 1, **solid}}
    text = changed(**laws, solver={"kinematics": "finite"})
    bridge = small_study(text).build()
    assert isinstance(bridge.laws[0], NeoHookean)
    # The path starts from the identity, and rotation is held.
    np.testing.assert_allclose(bridge.loads[0].path.strain[-1, 0, 0], 1.0 + 0.6 * 0.015)


def test_unloading_takes_back_a_share_in_steps_of_loading():
    path = small_study().build().loads[0].path
    np.testing.assert_allclose(path.strain[:, 0, 0], [0.005, 0.01, 0.015, 0.009])


@pytest.mark.parametrize(
    ("changes", "key", "words"),
    [
        ({"laws__fibre__phase": 3}, "laws.fibre.phase", "a phase that occurs: 0, 1"),
        ({"laws__fibre__phase": 3}, "laws", "no mechanical law for phase 1"),
        ({"laws__fibre_heat__phase": 0}, "laws.fibre-heat.phase", "0 has laws.matrix-heat"),
        ({"laws__fibre__phase": 0}, "laws.fibre.phase", "0 has laws.matrix"),
        ({"laws__matrix__youngs_modulus": 3}, "laws.matrix.youngs_modulus", "without a unit"),
        ({"laws__matrix__poisson_ratio": 0.5}, "laws.matrix.poisson_ratio", "less than 0.5"),
        ({"laws__fibre__law": "linear elastic"}, "laws.fibre.law", "Did you mean linear-elastic?"),
        ({"load__0__stress": {"11": "1 MPa"}}, "load.0", "named as strain and as stress"),
        ({"load__0__strain": {}}, "load.0", "neither strain nor stress"),
        ({"load__1__name": "tension"}, "load.1.name", "no other load"),
        ({"load__0__strain": {"14": 0.1}}, "load.0.strain.14", "one of 11, 22"),
        ({"solver": {"kinematics": "finite"}}, "laws.matrix.law", "a law for finite strain"),
        ({"solver": {"kinematics": "finite", "boundary": "subc", "element": "reduced"}}, "solver.element", "full, or"),
        ({"microstructure__voxel_size": "1 nm"}, "microstructure.voxel_size", "1.6e+04 voxels along an edge"),
        ({"microstructure__edge": None}, "microstructure.edge", "the edge of the section"),
        ({"microstructure__edge": "9 mm", "microstructure__voxel_size": "2 um"}, "microstructure.edge", "at most 3000"),
        ({"microstructure__volume_fraction": 0.9}, "microstructure", "cannot be made"),
        ({"microstructure__arrangement": "square"}, "microstructure.edge", "no edge in a square arrangement"),
        ({"representative__sizes": ["16 um", "12 um"]}, "representative.sizes", "sizes that grow"),
        ({"representative__realisations": [3]}, "representative.realisations", "1 numbers for 2 sizes"),
        ({"representative__realisations": 1}, "representative.realisations", "2 or more"),
        ({"representative__boundaries": ["kubc", "kubc"]}, "representative.boundaries", "each boundary condition once"),
    ],
)  # fmt: skip
def test_mistakes_between_keys_are_named(changes: dict[str, Any], key: str, words: str):
    found = mistakes(changed(**changes))
    assert key in found, found
    assert words in found[key]
    assert "line" in found[key]


def test_all_mistakes_come_at_once():
    text = changed(load__1__name="tension", laws__fibre__phase=3, representative__sizes=["16 um", "12 um"])
    assert {"load.1.name", "laws.fibre.phase", "laws", "representative.sizes"} == set(mistakes(text))


def test_a_regular_cell_needs_no_study_of_size():
    text = changed(microstructure__arrangement="square", microstructure__edge=None)
    assert "does not scatter" in mistakes(text)["representative"]
    alone = changed(microstructure__arrangement="hexagonal", microstructure__edge=None, representative=None)
    assert small_study(alone).build().unit_cell


@pytest.fixture
def image_study(tmp_path: Path) -> str:
    """A study of an array on disk, 24 x 24 voxels."""
    phase = np.zeros((24, 24), np.uint8)
    phase[4:12, 6:14] = 200
    np.save(tmp_path / "section.npy", phase)
    source = {"source": "file", "file": "section.npy", "voxel_size": "1 um", "thresholds": 100.0}
    return changed(microstructure=source)


def test_windows_are_cut_from_the_image(image_study: str, tmp_path: Path):
    bridge = parse_study(image_study, tmp_path).build()
    names = [separation.name for separation in bridge.scales().separations]
    assert "image / all windows of a size" in names
    assert bridge.study.source(12e-6, np.random.default_rng(0)).shape == (12, 12)


def test_windows_larger_than_the_image_are_refused(image_study: str, tmp_path: Path):
    found = mistakes(image_study.replace('"16 um"', '"25 um"'), tmp_path)
    assert "shorter edge, 2.4e-05 m" in found["representative.sizes.1"]


def test_a_file_that_cannot_be_segmented_is_named(image_study: str, tmp_path: Path):
    found = mistakes(image_study.replace("thresholds = 100.0", "thresholds = 300.0"), tmp_path)
    assert "leave phases empty" in found["microstructure.file"]


def test_polycrystals_have_one_law_for_all_grains():
    data = tomllib.loads((EXAMPLES / "polycrystal" / "study.toml").read_text())
    data["microstructure"] |= {"grains": 5, "edge": "10 um", "voxel_size": "2 um"}
    data["representative"] = {"sizes": ["10 um", "20 um"], "realisations": 2}
    bridge = parse_study(tomli_w.dumps(data), Path()).build()
    larger = bridge.study.source(20e-6, np.random.default_rng(0))
    assert set(larger.phases) <= set(bridge.laws)
    assert len(larger.phases) > 20


def test_no_mistake_in_a_study_ends_in_a_traceback(tmp_path_factory: pytest.TempPathFactory) -> None:
    np.save(tmp_path_factory.getbasetemp() / "small.npy", np.eye(6, dtype=np.uint8))
    array = (tmp_path_factory.getbasetemp() / "small.npy").read_bytes()
    source = {"source": "file", "file": "section.npy", "voxel_size": "4 um"}
    files = {"study.toml": changed(microstructure=source).encode(), "section.npy": array}
    assert read_and_build(files, tmp_path_factory.mktemp("valid")) == ""
    messages: list[str] = []

    @settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
    @given(files=mutated_studies(files))
    def check(files: dict[str, bytes]) -> None:
        folder = tmp_path_factory.mktemp("study")
        messages.append(read_and_build(files, folder))
        if len(messages) % 10 == 0:
            result = CliRunner().invoke(app, ["check", str(folder / "study.toml")])
            assert result.exit_code == (Exit.BAD_INPUT if messages[-1] else Exit.DONE), result.output
        assert "Traceback" not in messages[-1]
        assert "pydantic" not in messages[-1]

    check()
    assert len(messages) >= 200
    assert sum(map(bool, messages)) > 120, "most mutations should be mistakes"
