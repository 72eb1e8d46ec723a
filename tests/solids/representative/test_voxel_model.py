from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from scalebridge import solids
from scalebridge.errors import ConvergenceError, InputError
from scalebridge.solids import elasticity as el
from scalebridge.solids import laws
from scalebridge.solids.representative import VoxelModel

TURN = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])


@dataclass(frozen=True)
class Conducting:
    conductivity: np.ndarray


@dataclass(frozen=True)
class TwoPhases:
    orientations: dict[int, Any] = field(default_factory=dict)

    def volume_fractions(self):
        return {0: 0.5, 3: 0.5}


@dataclass(frozen=True)
class Answer:
    converged: bool
    tensor: np.ndarray
    entries: tuple[str, ...] = ("balance",)
    iterations: Any = field(default_factory=lambda: np.array([12, 500]))


ELASTIC = {phase: laws.LinearElastic.isotropic(1.0 + phase, 0.3) for phase in (0, 3)}
LAWS = {0: Conducting(np.eye(3)), 3: Conducting(np.diag([5.0, 1.0, 1.0]))}


def solver_that_answers(monkeypatch, answer):
    asked = {}

    class Solver:
        def __init__(self, microstructure, laws, **options):
            asked.update(options, laws=laws)

        def homogenize(self):
            return answer

    monkeypatch.setattr(solids, "RVE", Solver, raising=False)
    return asked


def test_conductivities_are_turned_with_their_phase():
    tensors = VoxelModel(LAWS, "conductivity").phase_tensors(TwoPhases({3: TURN}))
    np.testing.assert_allclose(tensors[0], np.eye(3))
    np.testing.assert_allclose(tensors[3], np.diag([1.0, 5.0, 1.0]), atol=1e-15)


def test_stiffness_of_any_law_is_that_at_the_start_of_loading():
    hardening = laws.LinearHardening(1e8, 1e9)
    model = VoxelModel({0: laws.LinearElastic.isotropic(70e9, 0.3), 3: laws.J2Plasticity(70e9, 0.3, hardening)})
    tensors = model.phase_tensors(TwoPhases())
    expected = el.isotropic_stiffness(*el.bulk_and_shear(70e9, 0.3))
    for tensor in tensors.values():
        np.testing.assert_allclose(tensor, expected, rtol=1e-12, atol=1e-3)


def test_the_solver_is_asked_for_the_boundary_and_its_tensor_returned(monkeypatch):
    stiffness = el.isotropic_stiffness(2.0, 1.0)
    asked = solver_that_answers(monkeypatch, Answer(True, stiffness))
    found = VoxelModel(ELASTIC, element="reduced", tolerance=1e-4).apparent(TwoPhases(), "subc")
    np.testing.assert_array_equal(found.tensor, stiffness)
    assert found.entries == ("balance",)
    assert (asked["boundary"], asked["element"], asked["tolerance"]) == ("subc", "reduced", 1e-4)


def test_not_converged_is_an_error_and_not_a_number(monkeypatch):
    solver_that_answers(monkeypatch, Answer(False, np.eye(6)))
    with pytest.raises(ConvergenceError, match=r"per load: \[12, 500\]"):
        VoxelModel(ELASTIC).apparent(TwoPhases(), "kubc")


def test_laws_that_are_not_linear_reach_the_solver_as_they_begin(monkeypatch):
    asked = solver_that_answers(monkeypatch, Answer(True, el.isotropic_stiffness(2.0, 1.0)))
    arms = (laws.MaxwellArm(shear_modulus=2e9, relaxation_time=1e-3, bulk_modulus=3e9),)
    VoxelModel({0: laws.Viscoelastic(1e9, 0.25, arms), 3: laws.NeoHookean(1e6, 0.4)}).apparent(TwoPhases(), "kubc")
    bulk, shear = el.bulk_and_shear(1e9, 0.25)
    at_once = el.isotropic_stiffness(bulk + 3e9, shear + 2e9)
    np.testing.assert_allclose(asked["laws"][0].stiffness, at_once, rtol=1e-9, atol=1.0)
    small = el.isotropic_stiffness(*el.bulk_and_shear(1e6, 0.4))
    np.testing.assert_allclose(asked["laws"][3].stiffness, small, rtol=1e-12, atol=1e-6)
    assert asked["threads"] == 1


def test_a_phase_without_a_law_is_named():
    with pytest.raises(InputError, match=r"no law for the phases \[3\]"):
        VoxelModel({0: LAWS[0]}, "conductivity").phase_tensors(TwoPhases())
