from __future__ import annotations

import dataclasses
import io
import math
import pickle
from concurrent.futures import Executor, Future, ThreadPoolExecutor

import numpy as np
import pytest

from scalebridge.errors import InputError, WorkerLostError
from scalebridge.ledger import Entry, Verdict
from scalebridge.solids import elasticity as el
from scalebridge.solids.representative import (
    Apparent,
    StudyPlan,
    correlation_length,
    homogenize_realisation,
    reduce_study,
    run_tasks,
    rve_study,
)


class LosesSecond(Executor):
    """An executor on which the second task's worker is always lost."""

    def __init__(self) -> None:
        self.count = 0

    def submit(self, fn, /, *args, **kwargs):
        self.count += 1
        future: Future = Future()
        if self.count == 2:
            future.set_exception(WorkerLostError("the worker of task 2 was lost 3 times"))
        else:
            future.set_result(fn(*args, **kwargs))
        return future


@pytest.fixture
def study(planted):
    plan = planted.plan()
    return reduce_study(plan, run_tasks(plan.tasks()))


def test_means_approach_the_exact_modulus_from_both_sides(study, planted):
    for boundary, sign in (("subc", -1), ("kubc", 1)):
        for x, edge in zip(study.statistics[boundary, "K"], study.edges, strict=True):
            expected = planted.exact * (1.0 + sign * 0.15 * planted.length / edge)
            assert abs(x.mean - expected) < 1.5 * x.half_width
    last = study.statistics["periodic", "K"][-1]
    assert last.lower <= planted.exact <= last.upper


@pytest.mark.parametrize("seed", range(4))
def test_planted_integral_range_lies_in_its_interval(planted, seed):
    plan = planted.plan(seed=seed, confidence=0.99)
    found = reduce_study(plan, run_tasks(plan.tasks()))
    for boundary in plan.boundaries:
        law = found.variance_laws[boundary, "K"]
        assert law.point_variance == pytest.approx(planted.point_variance)
        assert law.integral_range_interval[0] <= planted.integral_range <= law.integral_range_interval[1]
        assert law.exponent_interval[0] <= 1.0 <= law.exponent_interval[1]


def test_recommended_size_is_that_of_the_planted_law(planted):
    plan = planted.plan(counts=(400, 400, 10), precision=0.005)
    found = reduce_study(plan, run_tasks(plan.tasks()))
    z = 1.959964
    volume = (z / 0.005 / planted.exact) ** 2 * planted.point_variance * planted.integral_range / 10
    best = found.recommendation
    assert (best.boundary, best.governing.quantity, best.realisations) == ("periodic", "K", 10)
    assert best.governing.scatter_edge == pytest.approx(volume ** (1 / 3), rel=0.04)
    assert best.governing.scatter_interval[0] <= volume ** (1 / 3) <= best.governing.scatter_interval[1]
    assert best.edge >= best.governing.scatter_edge


def test_a_study_can_be_asked_again_with_other_wishes(study):
    one, eight = (study.recommend(realisations=n, precision=0.001).governing for n in (1, 8))
    assert one.scatter_edge == pytest.approx(2.0 * eight.scatter_edge)
    assert study.recommend(realisations=20).edge == study.recommendation.edge
    assert study.recommend(realisations=20, boundary="kubc").edge > study.recommendation.edge


def test_a_quantity_that_does_not_scatter_asks_for_nothing(study):
    law = study.variance_laws["kubc", "G"]
    assert (law.product, law.point_variance) == (0.0, 0.0)
    assert {r.quantity: r.scatter_edge for r in study.recommendation.requirements}["G"] == 0.0


def test_ordering_is_checked_in_every_realisation(study):
    assert len(study.entries) == 4 * 120
    assert all(entry.verdict is Verdict.HOLDS for entry in study.entries)
    assert {e.where for e in study.entries} == {
        f"realisation {r + 1}, size {s}" for s, n in (("5e-06", 60), ("8e-06", 40), ("1.2e-05", 20)) for r in range(n)
    }


def test_a_wrong_order_fails_in_the_books(planted):
    plan = planted.plan(model={"bias": 0.3, "turned": True}, counts=(3,))
    entries = reduce_study(plan, run_tasks(plan.tasks())).entries
    failed = {e.quantity for e in entries if e.verdict is Verdict.FAILS}
    assert failed == {"ordering SUBC <= PBC", "ordering PBC <= KUBC"}


def test_results_depend_on_neither_workers_nor_number_of_realisations(planted):
    few, many = planted.plan(counts=(5, 3)), planted.plan(counts=(9, 4))
    with ThreadPoolExecutor(4) as pool:
        parallel = reduce_study(many, run_tasks(many.tasks(), pool))
    serial = reduce_study(few, run_tasks(few.tasks())[::-1])
    np.testing.assert_array_equal(parallel.apparent[:, 0, :5], serial.apparent[:, 0, :5])
    np.testing.assert_array_equal(parallel.apparent[:, 1, :3], serial.apparent[:, 1, :3])
    assert not np.array_equal(parallel.apparent[0, 0, 0], parallel.apparent[0, 0, 1])


def test_tasks_and_results_survive_pickling(planted):
    task = pickle.loads(pickle.dumps(planted.plan().tasks()[7]))
    result = pickle.loads(pickle.dumps(homogenize_realisation(task)))
    again = homogenize_realisation(planted.plan().tasks()[7])
    np.testing.assert_array_equal(result.apparent["kubc"], again.apparent["kubc"])
    assert result.entries == again.entries


def test_a_failed_boundary_leaves_the_others(planted):
    plan = planted.plan(model={"stuck": "kubc"}, counts=(30,))
    found = reduce_study(plan, run_tasks(plan.tasks()))
    lost = 30 - found.statistics["kubc", "K"][0].count
    assert 0 < lost == len(found.failures)
    assert found.statistics["periodic", "K"][0].count == 30
    failure = found.failures[0]
    assert failure.reason == "stuck after 500 iterations"
    assert failure.where.endswith("kubc")
    assert failure.inputs["boundary"] == "kubc"
    # The inputs recorded are enough to draw the same cell again.
    seed = np.random.SeedSequence(failure.inputs["seed"], spawn_key=failure.inputs["spawn_key"])
    assert planted.make_cell(5e-6, np.random.default_rng(seed)).noise > 0.5


def test_a_microstructure_that_cannot_be_drawn_is_a_failure(planted):
    plan = planted.plan(make=planted.make_some_cells, counts=(30,))
    found = reduce_study(plan, run_tasks(plan.tasks()))
    assert 0 < len(found.failures) < 30
    assert found.failures[0].reason == "ValueError: too many spheres"
    assert found.statistics["subc", "K"][0].count == 30 - len(found.failures)


def test_a_mistake_in_a_program_is_not_swallowed(planted):
    plan = planted.plan(make=lambda size: None, counts=(1,))
    with pytest.raises(TypeError):
        homogenize_realisation(plan.tasks()[0])


def test_a_lost_worker_is_a_failed_realisation(planted):
    plan = planted.plan(counts=(4,))
    found = reduce_study(plan, run_tasks(plan.tasks(), LosesSecond()))
    assert [f.where for f in found.failures] == ["realisation 2, size 5e-06"]
    assert found.statistics["periodic", "K"][0].count == 3


def test_a_size_with_one_success_has_no_interval_but_the_study_stands(planted):
    plan = planted.plan(counts=(10, 1))
    found = reduce_study(plan, run_tasks(plan.tasks()))
    lonely = found.statistics["periodic", "K"][1]
    assert not lonely.known
    assert math.isnan(lonely.half_width)
    assert found.variance_laws["periodic", "K"].degrees_of_freedom == 9


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_successes_are_an_error_that_says_so(planted, count):
    plan = planted.plan(counts=(1,))
    with pytest.raises(InputError, match="two successful realisations"):
        reduce_study(plan, run_tasks(plan.tasks()[:count]))


def test_correlation_length_and_separations(study, planted):
    # Twice the integral of a covariance that falls linearly to zero.
    assert study.correlation_length == pytest.approx(planted.correlation)
    assert study.separations[0].value == pytest.approx(study.recommendation.edge / planted.correlation)


def test_correlation_length_of_a_single_phase_is_not_known(planted):
    cell = planted.make_cell(1e-6, np.random.default_rng(0))

    class OnePhase(type(cell)):
        def volume_fractions(self):
            return {0: 1.0}

        def two_point_correlation(self, phase):
            return type(cell.two_point_correlation(0))(1.0, np.arange(3.0), np.ones(3))

    assert math.isnan(correlation_length(OnePhase(cell.size, 0.0)))


def test_one_call_does_the_same(planted, study):
    plan = planted.plan()
    once = rve_study(planted.make_cell, {}, plan.sizes, plan.realisations, seed=1, model=plan.model, part_length=1e-2)
    np.testing.assert_array_equal(once.apparent, study.apparent)
    assert once.recommendation == study.recommendation
    assert [s.name for s in once.separations] == ["RVE edge / correlation length", "part length / RVE edge"]


def test_dataset_has_names_units_and_everything(study):
    data = study.to_xarray()
    assert dict(data.sizes) == {
        "boundary": 3, "size": 3, "realisation": 60, "row": 6, "column": 6, "quantity": 2, "end": 2
    }  # fmt: skip
    assert all("units" in variable.attrs for variable in data.data_vars.values())
    law = study.variance_laws["kubc", "K"]
    assert float(data.integral_range.sel(boundary="kubc", quantity="K")) == law.integral_range
    assert float(data["mean"].sel(boundary="subc", quantity="K")[2]) == study.statistics["subc", "K"][2].mean
    assert data.attrs["recommended_edge_m"] == study.recommendation.edge
    assert np.isnan(data.apparent.sel(boundary="kubc")[2, 30]).all()


def test_picture_shows_means_bounds_recommendation_and_law(study):
    figure = study.plot()
    labels = {text.get_text() for text in figure.legends[0].get_texts()}
    assert {"KUBC", "periodic", "SUBC", "recommended edge", "Hashin-Shtrikman bounds"} <= labels
    left = figure.axes[0]
    line = next(line for line in left.lines if line.get_label() == "recommended edge")
    assert line.get_xdata()[0] == pytest.approx(study.recommendation.edge / 1e-6)
    assert figure.axes[1].get_xscale() == "log"
    assert len(figure.axes[1].lines) == 6
    # The shear modulus does not scatter, and rounding is not drawn as if it did.
    assert [text.get_text() for text in figure.axes[3].texts] == ["no scatter"]
    figure.savefig(io.BytesIO(), format="svg")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sizes": (2.0, 1.0), "realisations": (3, 3)}, "grow"),
        ({"sizes": ()}, "at least one"),
        ({"sizes": (-1.0,)}, "positive"),
        ({"sizes": (float("nan"),)}, "finite"),
        ({"part_length": 0.0}, "part's length"),
        ({"realisations": (0,)}, "one or more"),
        ({"realisations": (3, 3)}, "1 sizes"),
        ({"boundaries": ("fixed",)}, "periodic, kubc, subc"),
        ({"boundaries": ()}, "allowed"),
        ({"boundaries": ("kubc", "kubc")}, "each once"),
        ({"precision": 0.0}, "precision"),
        ({"confidence": 1.0}, "confidence"),
    ],
)
def test_impossible_plans_are_refused(planted, change, message):
    sound = {
        "make_microstructure": planted.make_cell,
        "model": planted.model(),
        "sizes": (1.0,),
        "realisations": (3,),
        "seed": np.random.SeedSequence(0),
    }
    with pytest.raises(InputError, match=message):
        StudyPlan(**(sound | change))


def test_the_tensor_of_a_solver_is_checked(planted):
    class Broken(planted.model):
        def apparent(self, microstructure, boundary):
            stiffness = el.isotropic_stiffness(1.6e9, 1e9)
            if boundary == "kubc":
                stiffness[0, 1] *= 1.1
            if boundary == "subc":
                stiffness[2, 2] = math.nan
            return Apparent(stiffness)

    plan = planted.plan(counts=(2,))
    result = homogenize_realisation(dataclasses.replace(plan.tasks()[0], model=Broken()))
    assert set(result.apparent) == {"periodic"}
    assert "not symmetric" in result.failures[0].reason
    assert "NaN" in result.failures[1].reason


def test_what_the_solver_balanced_is_posted_with_the_place(planted):
    class Balancing(planted.model):
        def apparent(self, microstructure, boundary):
            work = Entry("Hill-Mandel work", "J/m^3", 1.0, 1.0, 1.0, 1e-8, where="load 11", when=0.0)
            return dataclasses.replace(super().apparent(microstructure, boundary), entries=(work,))

    task = dataclasses.replace(planted.plan().tasks()[3], model=Balancing())
    posted = [e for e in homogenize_realisation(task).entries if e.quantity == "Hill-Mandel work"]
    assert [e.where for e in posted] == [
        f"realisation 4, size 5e-06, {boundary}, load 11" for boundary in ("periodic", "kubc", "subc")
    ]
    assert {e.when for e in posted} == {3.0}


def test_a_largest_size_that_only_failed_is_left_out(planted):
    class FailsWhenLarge(planted.model):
        def apparent(self, microstructure, boundary):
            if microstructure.size[0] > 7e-6:
                raise MemoryError("96 GB")
            return super().apparent(microstructure, boundary)

    plan = planted.plan(counts=(20, 2))
    tasks = [dataclasses.replace(task, model=FailsWhenLarge()) for task in plan.tasks()]
    found = reduce_study(plan, run_tasks(tasks))
    assert len(found.failures) == 6
    assert found.failures[0].reason == "MemoryError: 96 GB"
    assert found.recommendation.largest_tested == pytest.approx(5e-6)
