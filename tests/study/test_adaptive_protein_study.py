from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings

from scalebridge.errors import InputError, StudyError
from scalebridge.ledger import Verdict
from scalebridge.molecules.adaptive import Calibration, Dynamics, Solvation
from scalebridge.molecules.adaptive._pressure import settled
from scalebridge.molecules.adaptive._protein_books import mean_of
from scalebridge.molecules.adaptive._solvated import Control, deviation, joined_controls
from scalebridge.study import check_bridge, dump_study, model_of, run
from scalebridge.study._read import parse_study
from scalebridge.study.adaptive_protein import PEPTIDE, AdaptiveProteinStudy
from support.mutations import mutated_studies, read_and_build

SMALL: dict[str, Any] = {
    "protein": {"file": "protein.pdb", "edge": "2.9 nm", "cutoff": "0.5 nm", "relaxation": "0.3 ps"},
    "region": {"atomistic": "0.8 nm", "hybrid": "0.6 nm"},
    "control": {"duration": "0.1 ps"},
    "calibration": {"kirkwood": "0.04 ps", "density_length": "0.1 ps", "rounds": 2},
    "production": {"duration": "0.1 ps", "every": 5, "friction": 20.0},
    "copies": 2,
}


def study(folder: Path, pdb: str = PEPTIDE, **changes: Any) -> AdaptiveProteinStudy:
    (folder / "protein.pdb").write_text(pdb)
    data = tomllib.loads(AdaptiveProteinStudy.template()["study.toml"].decode())
    found = parse_study(tomli_w.dumps({**data, **changes}), folder)
    assert isinstance(found, AdaptiveProteinStudy)
    return found


def mistakes(folder: Path, pdb: str = PEPTIDE, **changes: Any) -> dict[str, str]:
    with pytest.raises(StudyError) as caught:
        study(folder, pdb, **changes).build()
    return {problem.key: str(problem) for problem in caught.value.problems}


def test_the_template_is_valid(tmp_path: Path) -> None:
    assert read_and_build(dict(AdaptiveProteinStudy.template()), tmp_path) == ""
    assert model_of("adaptive-protein") is AdaptiveProteinStudy
    found = study(tmp_path)
    assert parse_study(dump_study(found), tmp_path) == found
    assert found.build().scales().brute_force.seconds > 0.0


def test_copies_say_what_blocks_of_one_run_cannot() -> None:
    # a number that wanders from run to run and not within: blocks of the whole would call it certain
    rng = np.random.default_rng(5)
    starts = 0.55 + 0.01 * rng.standard_normal(8)
    runs = [Control(s + 1e-4 * rng.standard_normal((50, 1)), np.ones((50, 3)), np.full(50, 300.0)) for s in starts]
    whole = joined_controls(runs)
    assert whole.copies == 8
    assert whole.counts.shape == (400, 3)
    mean, error = mean_of(whole.looked, whole.copies)
    assert mean[0] == pytest.approx(starts.mean(), abs=2e-5)
    assert error[0] == pytest.approx(np.std(starts, ddof=1) / np.sqrt(8), rel=0.02)
    assert mean_of(runs[0].looked)[1][0] < 1e-4
    # two copies that happen to agree are as uncertain as their blocks
    agree = np.tile(rng.standard_normal((50, 1)), (2, 1))
    assert mean_of(agree, 2)[1][0] > 0.5 / np.sqrt(100)


def test_what_does_not_fit_is_named(tmp_path: Path) -> None:
    small = {"atomistic": "0.3 nm", "hybrid": "0.8 nm"}
    assert "the protein reaches 0.38 nm" in mistakes(tmp_path, region=small)["region.atomistic"]
    wide = {"atomistic": "0.9 nm", "hybrid": "1.2 nm"}
    assert "would meet its own image" in mistakes(tmp_path, region=wide)["region"]
    thin = {"atomistic": "0.9 nm", "hybrid": "0.6 nm"}
    assert "less than the cutoff" in mistakes(tmp_path, region=thin)["region"]
    assert "no PDB file" in mistakes(tmp_path, "ATOM      1  CH3 ACE A   1       here\n")["protein.file"]
    ion = "HETATM   11  NA   NA B   1      20.000  20.000  20.000  1.00  0.00          NA\n"
    assert "2 molecules besides water" in mistakes(tmp_path, PEPTIDE.replace("END\n", ion + "END\n"))["protein.file"]
    short = {"duration": "0.1 ps", "every": 25}
    assert "production.duration" in mistakes(tmp_path, production=short)


def test_what_the_force_field_does_not_know_is_named() -> None:
    odd = "".join(line for line in PEPTIDE.splitlines(True) if " CB " not in line)
    with pytest.raises(InputError, match="does not fit the PDB file"):
        Solvation(odd, 2.9, 0.5).solvate(1)
    with pytest.raises(InputError, match="No such force field"):
        Solvation(PEPTIDE, 2.9, 0.5, ("nothing.xml",)).solvate(1)


def test_deviation_is_that_of_the_best_superposition() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(12, 3))
    rotation = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    assert deviation(x @ rotation.T + 3.0, x) == pytest.approx(0.0, abs=1e-7)
    mirror = x * np.array([1.0, 1.0, -1.0])
    assert deviation(mirror, x) > 0.1, "a mirror image is another molecule"
    # stretched by a tenth: a tenth of the radius of gyration
    radius = np.sqrt(((x - x.mean(axis=0)) ** 2).sum(axis=1).mean())
    assert deviation(1.1 * x, x) == pytest.approx(0.1 * radius, rel=1e-9)


@pytest.mark.verify
def test_no_mistake_in_a_study_ends_in_a_traceback(tmp_path_factory: pytest.TempPathFactory) -> None:
    messages: list[str] = []

    @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
    @given(files=mutated_studies(dict(AdaptiveProteinStudy.template())))
    def check(files: dict[str, bytes]) -> None:
        messages.append(read_and_build(files, tmp_path_factory.mktemp("study")))
        assert "Traceback" not in messages[-1]
        assert "pydantic" not in messages[-1]

    check()
    assert sum(map(bool, messages)) > 12, "most mutations should be mistakes"


@pytest.mark.verify
def test_the_water_around_a_protein_is_as_dense_as_water_is() -> None:
    # packed around it, water keeps its distance: 31.7 molecules per nm^3 remain, and a gap at the peptide
    solvation = Solvation(PEPTIDE, 2.9, 0.9)
    text, x = solvation.solvate(1)
    packed = solvation.system(text)
    assert len(packed.oxygens) / np.prod(packed.box) < 32.0
    x, v, box = packed.pressed(x, Dynamics(300.0, 0.002, 2.0, 25), 1)
    made = solvation.system(packed.written(x, box))
    np.testing.assert_allclose(made.box, box, atol=1e-9)
    # SPC/E water at 300 K and 1 bar: 0.998 g/cm^3 (Berendsen et al. 1987); the peptide takes 0.2 nm^3
    water = len(made.oxygens) / (np.prod(made.box) - 0.2)
    assert water == pytest.approx(0.998 * 602.214 / 18.0154, rel=0.015)
    # bonds are as they were: molecules were moved, not stretched
    distance = np.linalg.norm(x[made.oxygens + 1] - x[made.oxygens], axis=1)
    np.testing.assert_allclose(distance, 0.1, atol=1e-4)
    x, v = made.relaxed((x, v), Dynamics(300.0, 0.002, 2.0, 25), 0.1, 1)
    assert np.isfinite(x).all()


def test_a_volume_has_settled_when_it_falls_no_more() -> None:
    rng = np.random.default_rng(3)
    still = 24.0 + 0.1 * rng.normal(size=(2, 500, 6))
    share = np.mean([settled(a, b) for a, b in zip(*still, strict=True)])
    assert share == pytest.approx(0.84, abs=0.06), "one standard error below is exceeded in 16 of 100 cases"
    assert not any(settled(a + 0.3, b) for a, b in zip(*still, strict=True))


@pytest.mark.verify
def test_the_rules_of_a_bridge_are_kept(tmp_path: Path) -> None:
    outcome = check_bridge(study(tmp_path, **SMALL).build())
    assert {picture.name for picture in outcome.pictures} == {"box", "density", "shell", "protein", "resolution"}


@pytest.mark.verify
def test_a_run_from_a_pdb_file_to_a_report(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    template = AdaptiveProteinStudy.template()
    (home / "protein.pdb").write_bytes(template["protein.pdb"])
    (home / "study.toml").write_text(tomli_w.dumps({**tomllib.loads(template["study.toml"].decode()), **SMALL}))
    found = run(home / "study.toml", tmp_path / "run", workers=0).summary
    assert found.certificate.verdict is not Verdict.FAILS
    assert found.headlines["gyration"].value == pytest.approx(found.headlines["gyration_all"].value, rel=0.1)
    assert 0.0 < found.headlines["deviation"].value < 0.1
    # a tenth of a picosecond each: two snapshots of a number that scatters by about two
    control = found.headlines["first_shell_all"].value
    assert 5.0 < control < 14.0
    assert abs(found.headlines["first_shell"].value - control) < 6.0
    assert len(Calibration.read(tmp_path / "run" / "calibration.npz").history) == 2
    assert (tmp_path / "run" / "report.html").stat().st_size > 20_000
