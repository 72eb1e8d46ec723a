from __future__ import annotations

import pickle

import numpy as np
import pytest

from scalebridge import solids
from scalebridge.bridge import Outcome
from scalebridge.certificate import Certificate
from scalebridge.errors import InputError
from scalebridge.ledger import Entry, Verdict
from scalebridge.parallel import open_executor
from scalebridge.solids.homogenization import Homogenization, Load, Numerics
from scalebridge.solids.laws import Conduction, J2Plasticity, LinearElastic, LinearHardening, NeoHookean
from scalebridge.solids.microstructure import Microstructure, laminate, square_fibres
from scalebridge.study import check_bridge
from support.homogenization import STUDY, small_study

EPOXY, GLASS = LinearElastic.isotropic(3e9, 0.35), LinearElastic.isotropic(70e9, 0.2)
YIELDING = J2Plasticity(3e9, 0.35, LinearHardening(30e6, 300e6))


def carry_out(bridge: Homogenization) -> tuple[Outcome, list[Entry], list[str]]:
    """Outcome, ledger entries and where something failed."""
    entries: list[Entry] = []
    failures: list[str] = []
    with open_executor("local", 0) as executor:
        state = bridge.init(np.random.SeedSequence(1))
        while not bridge.done(state):
            step = bridge.step(state, executor)
            state = step.state
            entries += step.entries
            failures += [failure.where for failure in step.failures]
    return bridge.finish(state), entries, failures


@pytest.fixture(scope="module")
def small() -> Outcome:
    """Outcome of the small study, whose bridge keeps all rules."""
    return check_bridge(small_study().build())


def test_the_bridge_keeps_all_rules_and_gives_its_numbers(small: Outcome):
    keys = list(small.headlines)
    assert [k for k in keys if k.startswith("k")] != []
    assert {"tension_stress", "shear_by_stress_stress", "fraction_fibre", "rve_G_TT"} <= set(keys)
    stress = small.headlines["shear_by_stress_stress"]
    assert stress.value == pytest.approx(10e6, rel=1e-8)
    assert stress.unit == "Pa"


def test_data_have_names_units_and_the_whole_path(small: Outcome):
    data = small.data
    assert all(v.attrs["units"] for v in data.data_vars.values())
    assert data.path_stress.dims == ("load", "increment", "i", "j")
    tension = data.path_strain.sel(load="tension", i=1, j=1).values
    np.testing.assert_allclose(tension, [0.005, 0.010, 0.015, 0.009], rtol=1e-10)
    shear = data.path_stress.sel(load="shear by stress", i=1, j=2).values
    np.testing.assert_allclose(shear, [5e6, 10e6, np.nan, np.nan], rtol=1e-8)
    free = data.path_stress.sel(load="tension", i=2, j=2).values
    assert np.abs(free).max() < 1e-6 * np.abs(data.path_stress.sel(load="tension", i=1, j=1)).max()


def test_first_tangent_is_the_effective_stiffness(small: Outcome):
    # 5 MPa of shear leave the matrix elastic.
    tangent = small.data.path_tangent.sel(load="shear by stress", increment=1).values
    stiffness = small.data.stiffness.values
    assert np.abs(tangent - stiffness).max() < 1e-5 * np.abs(stiffness).max()


def test_files_for_other_programs(small: Outcome):
    names = set(small.files)
    cards = {f"cards/homogenized.{kind}" for kind in ("calculix.inp", "abaqus.inp", "ansys.mac")}
    fields = {f"fields/tension.{kind}" for kind in ("vti", "xdmf", "h5")}
    assert cards | fields | {"curves/tension.csv", "curves/shear_by_stress.csv"} == names
    assert b"*DENSITY" in small.files["cards/homogenized.calculix.inp"]
    rows = small.files["curves/tension.csv"].decode().splitlines()
    assert len(rows) == 5
    assert rows[0].split(",")[1] == "strain_11"
    assert float(rows[2].split(",")[1]) == pytest.approx(0.01)
    assert b"equivalent plastic strain" in small.files["fields/tension.vti"]


def test_pictures_are_small_and_explained(small: Outcome):
    names = [picture.name for picture in small.pictures]
    assert names == ["microstructure", "modulus", "bounds", "curves", "fields-tension", "convergence", "rve-study"]
    assert all(len(picture.caption) > 30 for picture in small.pictures)
    assert sum(len(picture.data) for picture in small.pictures) < 2_000_000


def test_methods_cite_what_was_used_and_nothing_else(small: Outcome):
    cited = {int(number) for part in small.methods.split("[")[1:] for number in part.split("]")[0].split(",")}
    assert cited == set(range(1, len(small.citations) + 1))
    dois = {citation.doi for citation in small.citations}
    assert "10.1007/b98904" in dois, "radial return"
    assert "10.1109/TSMC.1979.4310076" not in dois, "no threshold was chosen"


def test_a_laminate_has_its_exact_stiffness_and_balanced_books():
    cell = laminate([0.5, 0.5], shape=(8, 2, 2), size=(8e-6, 2e-6, 2e-6))
    soft, stiff = LinearElastic.isotropic(1.0, 0.3), LinearElastic.isotropic(10.0, 0.3)
    outcome, entries, failures = carry_out(Homogenization(cell, {0: soft, 1: stiff}, unit_cell=True))
    assert outcome.data.stiffness.values[0, 0] == pytest.approx(2.4475524476, rel=1e-10)
    assert outcome.data.stiffness.values[1, 1] == pytest.approx(6.4935064935, rel=1e-10)
    assert Certificate.of(entries).verdict is Verdict.HOLDS
    assert failures == []


def test_conduction_alone_needs_no_mechanics():
    cell = laminate([0.5, 0.5], shape=(8, 2, 2), size=(8e-6, 2e-6, 2e-6))
    outcome, _, _ = carry_out(Homogenization(cell, conduction={0: Conduction(1.0), 1: Conduction(3.0)}))
    assert np.diag(outcome.data.conductivity.values) == pytest.approx([1.5, 2.0, 2.0], rel=1e-9)
    assert [k for k in outcome.headlines if k.startswith("k_")] == ["k_1", "k_2", "k_3"]
    assert not any(name.startswith("cards") for name in outcome.files)


def test_a_path_that_fails_ends_alone_and_warns():
    cell = square_fibres(0.3, diameter=1.0, voxels=8)
    flat = J2Plasticity(1e9, 0.3, LinearHardening(1e6, 0.0))
    beyond = solids.LoadPath.proportional(stress={"11": 1e8}, factors=2)
    within = solids.LoadPath.proportional(strain={"11": 1e-4}, factors=1)
    bridge = Homogenization(cell, {0: flat, 1: flat}, loads=(Load("beyond yield", beyond), Load("elastic", within)))
    outcome, entries, failures = carry_out(bridge)
    assert failures == ["beyond yield, increment 1"]
    assert np.isnan(outcome.data.path_stress.sel(load="beyond yield")).all()
    assert outcome.data.path_stress.sel(load="elastic", increment=1, i=1, j=1) == pytest.approx(1e5, rel=1e-6)
    assert Certificate.of(entries).verdict is Verdict.WARNS


def test_finite_strain_starts_from_the_linear_stiffness():
    cell = square_fibres(0.3, diameter=1.0, voxels=8)
    laws = {0: NeoHookean(1e6, 0.4), 1: NeoHookean(5e6, 0.3)}
    path = solids.LoadPath.proportional(strain={"11": 0.1}, factors=2, otherwise="strain", kinematics="finite")
    numerics = Numerics(kinematics="finite")
    outcome, entries, _ = carry_out(
        Homogenization(cell, laws, loads=(Load("stretch", path, fields=True),), numerics=numerics)
    )
    linear = {0: LinearElastic.isotropic(1e6, 0.4), 1: LinearElastic.isotropic(5e6, 0.3)}
    expected = solids.RVE(cell, linear).effective_stiffness()
    np.testing.assert_allclose(outcome.data.stiffness.values, expected, rtol=1e-6, atol=1e-6 * expected.max())
    assert outcome.data.path_tangent.shape[-1] == 9
    assert outcome.data.path_strain.values[0, -1, 0, 0] == pytest.approx(1.1)
    assert Certificate.of(entries).verdict is Verdict.HOLDS


def test_scales_are_read_off_the_cell():
    cell = square_fibres(0.3, diameter=10e-6, voxels=20)
    map_ = Homogenization(cell, {0: EPOXY, 1: GLASS}, part_length=1e-3).scales()
    fine, coarse = map_.scales
    assert fine.length == pytest.approx((cell.spacing[0], cell.size[0]))
    assert coarse.length == pytest.approx((cell.size[0], 1e-3))
    ratios = {s.name: s.value for s in map_.separations}
    assert ratios["part length / RVE edge"] == pytest.approx(1e-3 / cell.size[0])
    assert map_.bridge is not None
    assert map_.brute_force is not None
    assert map_.brute_force.seconds > 100 * map_.bridge.seconds / 6


def test_the_cost_model_counts_voxels():
    costs = [
        Homogenization(square_fibres(0.3, diameter=1.0, voxels=n), {0: EPOXY, 1: GLASS}).scales().bridge
        for n in (10, 20)
    ]
    assert costs[0] is not None
    assert costs[1] is not None
    assert costs[1].seconds == pytest.approx(4 * costs[0].seconds)


@pytest.mark.parametrize(
    ("laws", "conduction", "loads", "what"),
    [
        ({}, {}, (), "needs a law"),
        ({0: EPOXY}, {}, (), "phases \\[1\\] have no mechanical law"),
        ({}, {0: Conduction(1.0)}, (), "no conductivity"),
        ({}, {0: Conduction(1.0), 1: Conduction(2.0)}, (Load("a", solids.LoadPath.proportional({"11": 0.1})),), "Load"),
    ],
)
def test_what_cannot_be_computed_is_refused(laws, conduction, loads, what):
    with pytest.raises(InputError, match=what):
        Homogenization(square_fibres(0.3, diameter=1.0, voxels=8), laws, conduction, loads)


def test_a_study_that_gives_nothing_is_a_failure_and_not_the_end():
    bridge = small_study(STUDY.replace('["12 um", "16 um"]', '["2 um", "2.1 um"]')).build()
    outcome, entries, failures = carry_out(bridge)
    assert "RVE study" in failures
    assert "recommended_edge" not in outcome.headlines
    assert any(e.quantity == "realisations that succeeded" and e.verdict is Verdict.WARNS for e in entries)


def test_a_pickled_bridge_leaves_its_operators_behind():
    bridge = Homogenization(square_fibres(0.3, diameter=1.0, voxels=16), {0: EPOXY, 1: GLASS})
    before = len(pickle.dumps(bridge))
    bridge.linear_rve.homogenize()
    assert len(pickle.dumps(bridge)) == before


def test_one_phase_has_no_bounds_picture():
    cell = Microstructure(np.zeros((4, 4), int), (1.0, 1.0))
    outcome, _, _ = carry_out(Homogenization(cell, {0: YIELDING}))
    assert "bounds" not in [picture.name for picture in outcome.pictures]
    assert outcome.headlines["E"].value == pytest.approx(3e9)
