"""What is asked wrongly is refused with a sentence that says what was found and what is allowed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from scalebridge import solids
from scalebridge.errors import InputError
from scalebridge.solids.laws import SmallStrainLaw
from support.random_cells import J2, NEO_HOOKEAN, SOFT, STIFF, random_cell

CELL = random_cell((3, 3, 2))
NAN = np.nan


@dataclass(frozen=True)
class Unsymmetric(SmallStrainLaw):
    modulus: float
    symmetric_tangent: ClassVar[bool] = False

    def stress(self, strain, state, dt):
        return tuple(self.modulus * e for e in strain), state


@dataclass(frozen=True)
class Unturnable(SmallStrainLaw):
    modulus: float

    def stress(self, strain, state, dt):
        return tuple(self.modulus * e for e in strain), state


WRONG_RVES = {
    "missing law": ({"laws": {0: SOFT}}, r"phases \[1\] have no law"),
    "finite plasticity": ({"laws": {0: J2, 1: STIFF}, "kinematics": "finite"}, "phase 0, J2Plasticity.*small"),
    "small rubber": ({"laws": {0: STIFF, 1: NEO_HOOKEAN}}, "phase 1, NeoHookean.*finite"),
    "half conducting": ({"laws": {0: SOFT, 1: solids.Conduction(1.0)}}, r"phases \[1\] conduct heat"),
    "finite conduction": (
        {"laws": {0: solids.Conduction(1.0), 1: solids.Conduction(1.0)}, "kinematics": "finite"},
        "no finite strain",
    ),
    "unsymmetric": ({"laws": {0: Unsymmetric(1.0), 1: STIFF}}, "phase 0, Unsymmetric.*symmetric"),
    "boundary": ({"laws": {0: SOFT, 1: STIFF}, "boundary": "mixed"}, "boundary is 'mixed'.*'periodic', 'kubc', 'subc'"),
    "element": ({"laws": {0: SOFT, 1: STIFF}, "element": "hex20"}, "element is 'hex20'.*'full', 'bbar', 'reduced'"),
    "kinematics": ({"laws": {0: SOFT, 1: STIFF}, "kinematics": "large"}, "kinematics is 'large'.*'small', 'finite'"),
    "mean dilatation": (
        {"laws": {0: NEO_HOOKEAN, 1: STIFF}, "element": "bbar", "kinematics": "finite"},
        "element='bbar'.*small strain.*'reduced'",
    ),
    "loose corners": (
        {"laws": {0: SOFT, 1: STIFF}, "boundary": "subc", "element": "reduced", "kinematics": "finite"},
        "one point.*element='full'",
    ),
    "tolerance 0": ({"laws": {0: SOFT, 1: STIFF}, "tolerance": 0.0}, "tolerance is 0.0"),
    "tolerance NaN": ({"laws": {0: SOFT, 1: STIFF}, "tolerance": NAN}, "tolerance is nan"),
}


@pytest.mark.parametrize("name", WRONG_RVES)
def test_wrong_volume_elements(name):
    options, message = WRONG_RVES[name]
    with pytest.raises(InputError, match=message):
        solids.RVE(CELL, **options)


@pytest.mark.parametrize("shape", [(1, 4, 4), (4, 1), (4, 4, 1)])
def test_axis_of_one_voxel(shape):
    with pytest.raises(InputError, match="at least 2 voxels"):
        solids.RVE(solids.Microstructure(np.zeros(shape, int), (1.0,) * len(shape)), {0: SOFT})


def test_orientation_of_a_law_that_cannot_turn():
    turned = solids.Microstructure(CELL.phase, CELL.size, orientations={0: np.eye(3)[[1, 2, 0]]})
    with pytest.raises(InputError, match="phase 0 has an orientation.*Unturnable"):
        solids.RVE(turned, {0: Unturnable(1.0), 1: STIFF})
    # isotropic laws have nothing to turn
    solids.RVE(turned, {0: J2, 1: STIFF})


def tensors(value=0.0, n=1):
    return np.full((n, 3, 3), value)


def set_component(array, i, j, value):
    array[0, i, j] = value
    return array


WRONG_PATHS = {
    "prescribed twice": (set_component(tensors(NAN), 0, 0, 1.0), tensors(0.0), [1.0], "component 11: both"),
    "not prescribed": (tensors(NAN), set_component(tensors(0.0), 1, 2, NAN), [1.0], "component 23: neither"),
    "all NaN": (tensors(NAN), tensors(NAN), [1.0], "neither strain nor stress"),
    "infinite": (set_component(tensors(0.0), 0, 0, np.inf), tensors(NAN), [1.0], "infinite"),
    "shapes": (np.zeros((2, 3, 3)), tensors(NAN), [1.0, 2.0], r"must be \(increments, 3, 3\)"),
    "Mandel": (np.zeros((1, 6)), np.full((1, 6), NAN), [1.0], r"must be \(increments, 3, 3\)"),
    "time falls": (tensors(0.0, 2), tensors(NAN, 2), [1.0, 0.5], "increase"),
    "time at zero": (tensors(0.0), tensors(NAN), [0.0], "above zero"),
    "time NaN": (tensors(0.0), tensors(NAN), [NAN], "increase"),
    "time count": (tensors(0.0), tensors(NAN), [1.0, 2.0], "one per increment"),
}


@pytest.mark.parametrize("name", WRONG_PATHS)
def test_wrong_paths(name):
    strain, stress, time, message = WRONG_PATHS[name]
    with pytest.raises(InputError, match=message):
        solids.LoadPath(strain, stress, np.array(time))


def test_path_without_increments():
    with pytest.raises(InputError, match="increment"):
        solids.LoadPath(np.zeros((0, 3, 3)), np.zeros((0, 3, 3)), np.zeros(0))


def test_wrong_components():
    with pytest.raises(InputError, match="component '14' does not exist"):
        solids.LoadPath.proportional({"14": 0.1})
    with pytest.raises(InputError, match="named twice"):
        solids.LoadPath.proportional({"12": 0.1, "21": 0.1})
    with pytest.raises(InputError, match="strain and as stress"):
        solids.LoadPath.proportional({"11": 0.1}, {"11": 1.0})
    with pytest.raises(InputError, match="strain and as stress"):
        solids.LoadPath.proportional({"12": 0.1}, {"21": 1.0})
    with pytest.raises(InputError):
        solids.LoadPath.proportional({"11": 0.1}, factors=0)
    with pytest.raises(InputError):
        solids.LoadPath.proportional({"11": NAN})


def test_unsymmetric_path_in_small_strain():
    rve = solids.RVE(CELL, {0: SOFT, 1: STIFF})
    with pytest.raises(InputError, match="not symmetric"):
        rve.drive(solids.LoadPath.strains(set_component(tensors(0.0), 0, 1, 0.1)))
    strain, stress = set_component(tensors(0.0), 0, 1, NAN), set_component(tensors(NAN), 0, 1, 0.0)
    with pytest.raises(InputError, match="not symmetric"):
        rve.drive(solids.LoadPath(strain, stress, np.ones(1)))


@pytest.mark.parametrize("stretch", [0.0, -0.5])
def test_inverted_deformation(stretch):
    rve = solids.RVE(CELL, {0: NEO_HOOKEAN, 1: STIFF}, kinematics="finite")
    with pytest.raises(InputError, match="determinant"):
        rve.drive(solids.LoadPath.strains(np.diag([stretch, 1.0, 1.0])[None]))


@pytest.mark.parametrize(
    "strain", [np.zeros((3, 3)), np.zeros((1, 6)), np.full((1, 3, 3), NAN)], ids=["2-D", "Mandel", "NaN"]
)
def test_wrong_batches(strain):
    rve = solids.RVE(CELL, {0: SOFT, 1: STIFF})
    with pytest.raises(InputError, match=r"\(B, 3, 3\), without NaN"):
        rve.respond(strain)


def test_batch_and_state_of_different_counts():
    rve = solids.RVE(CELL, {0: SOFT, 1: STIFF})
    with pytest.raises(InputError, match="2.*3|3.*2"):
        rve.respond(np.zeros((3, 3, 3)), rve.initial_state(2))


def test_state_of_another_cell():
    state = solids.RVE(random_cell((4, 4, 4)), {0: SOFT, 1: STIFF}).initial_state()
    with pytest.raises(InputError):
        solids.RVE(CELL, {0: SOFT, 1: STIFF}).drive(solids.LoadPath.strains(tensors(0.0)), state=state)


def test_unsymmetric_strain_in_a_small_strain_batch():
    rve = solids.RVE(CELL, {0: SOFT, 1: STIFF})
    with pytest.raises(InputError, match="symmetric"):
        rve.respond(set_component(tensors(0.0), 0, 1, 0.1))


@pytest.mark.parametrize("dt", [0.0, -1.0, NAN])
def test_wrong_time_steps(dt):
    rve = solids.RVE(CELL, {0: SOFT, 1: J2})
    with pytest.raises(InputError):
        rve.respond(tensors(0.0), dt=dt)


def test_questions_that_do_not_suit_the_laws():
    metal = solids.RVE(CELL, {0: J2, 1: STIFF})
    with pytest.raises(InputError, match="LoadPath"):
        metal.homogenize()
    with pytest.raises(InputError, match="no conductivities"):
        metal.effective_conductivity()
    conductor = solids.RVE(CELL, {0: solids.Conduction(1.0), 1: solids.Conduction(2.0)})
    with pytest.raises(InputError, match="effective_conductivity"):
        conductor.effective_stiffness()
    with pytest.raises(InputError, match="mechanical laws"):
        conductor.drive(solids.LoadPath.strains(tensors(0.0)))
    with pytest.raises(InputError):
        conductor.respond(tensors(0.0))


def test_fields_of_increments_that_do_not_exist():
    rve = solids.RVE(CELL, {0: SOFT, 1: STIFF})
    with pytest.raises(InputError, match="increment"):
        rve.drive(solids.LoadPath.strains(tensors(0.0)), fields=(3,))
