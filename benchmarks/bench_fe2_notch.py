"""The ladder on a notched specimen that is loaded, unloaded and loaded again: its cost, and what it gets wrong.

A quarter of a plate with a round notch, a ball of glass in a J2 matrix (24^3 voxels) at each of 1152 points. The run on
the ladder is one real run, with rehearsal, training, enrichment and audits. All cells in full would take half a day or
more: their cost is measured at sampled points through all steps, and multiplied by the number of answers that the
macroscopic solver asked for.

What the ladder gets wrong in the reaction R follows from the same cells without a run in full: R is the work of the
stresses on the strains e of a unit displacement of the grip, and with e in equilibrium for the tangents of the step,
errors of the stresses change R by sum_p w_p ds_p : e_p and, to first order, by nothing else. Points drawn with
probabilities proportional to w_p s_p : e_p make the relative error the plain mean of theirs.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks import Figure
from scalebridge import solids
from scalebridge.solids.fe2 import FE2, Displacement, FE2State, Ladder, OnTheFly, StepResult
from scalebridge.solids.fe2._cells import cell_kernel
from scalebridge.solids.microstructure import centred_sphere
from scalebridge.solids.reduced import Size

Floats = npt.NDArray[np.float64]

VOXELS, ELEMENTS, SAMPLED = 24, 12, 8
ALLOWANCE = 0.05
COURSE = ((0.0, 0.0), (1.0, 1.0), (1.5, 0.6), (2.0, 1.3))
TIMES = tuple(np.linspace(0.05, 2.0, 40))
STRETCH = 0.012
TRAINING = OnTheFly(paths=16, more=4, limit=28, sizes=(Size(24, 48, 300), Size(40, 90, 300)))


@dataclass(frozen=True)
class Ran:
    """A run on the ladder: what each step found, its state, and its CPU seconds, preparation first."""

    model: FE2
    steps: tuple[StepResult, ...]
    states: tuple[FE2State, ...]
    cpu: tuple[float, ...]


def specimen(n: int) -> Any:
    """Quarter of a plate with a round notch of half its width, in polar rings; n x n x 1 elements."""
    import skfem

    s, t = np.linspace(0, 1, n + 1), np.linspace(0, np.pi / 2, n + 1)
    mesh = skfem.MeshHex.init_tensor(s**1.2, t, np.array([0.0, 0.2]))
    r, angle, z = mesh.p
    inner = 0.5 * np.stack([np.cos(angle), np.sin(angle)])
    outer = np.stack([np.cos(angle), np.sin(angle)]) / np.maximum(np.cos(angle), np.sin(angle))
    x = inner + r * (outer - inner)
    return skfem.MeshHex(np.stack([x[0], x[1], z]), mesh.t)


def cell(voxels: int) -> solids.RVE:
    """A ball of glass in an epoxy that flows."""
    matrix = solids.J2Plasticity(3.5e9, 0.35, solids.LinearHardening(60e6, 100e6))
    glass = solids.LinearElastic.isotropic(72e9, 0.22)
    ball = centred_sphere(0.39, voxels=voxels, edge=1e-5)
    return solids.RVE(ball, {0: matrix, 1: glass}, tolerance=1e-6, threads=1)


def problem(voxels: int, n: int, ladder: Ladder | None) -> FE2:
    """The specimen, pulled at its top."""
    held = [Displacement(lambda x: np.isclose(x[0], 0.0), (0.0, None, None)),
            Displacement(lambda x: np.isclose(x[1], 0.0), (None, 0.0, None)),
            Displacement(lambda x: np.isclose(x[2], 0.0), (None, None, 0.0)),
            Displacement(lambda x: np.isclose(x[1], 1.0), (None, STRETCH, None), COURSE)]  # fmt: skip
    return FE2(specimen(n), cell(voxels), held, "small", ladder, element="hex8", tolerance=1e-5)


def ladder_run(voxels: int = VOXELS, n: int = ELEMENTS) -> Ran:
    """One run on the ladder from the beginning to the end."""
    began = time.process_time()
    model = problem(voxels, n, Ladder(ALLOWANCE, reduced=TRAINING))
    now = model.prepared(model.initial_state, TIMES)
    cpu, steps, states = [time.process_time() - began], [], []
    for when in TIMES:
        began = time.process_time()
        now, found = model.step(now, when)
        cpu.append(time.process_time() - began)
        assert found.converged, found.reason
        steps.append(found)
        states.append(now)
    return Ran(model, tuple(steps), tuple(states), tuple(cpu))


def answers(ran: Ran) -> int:
    """Answers that the macroscopic solver needs: evaluations that lowered the residual, and the first of each step.

    Evaluations that were repeated because points climbed are not counted: a run in full has none.
    """
    needed = sum(1 + int((np.diff(r) < 0.0).sum()) for s in ran.steps for r in s.residuals)
    return needed * ran.model.points.count


def extension(ran: Ran, state: FE2State) -> Floats:
    """Strains (n, 3, 3) of a unit displacement of the grip, in equilibrium for the tangents of a state."""
    from scalebridge.solids.fe2._linear import solve_sparse

    parts, nodes = ran.model.problem, ran.model.space.nodes
    free = ~parts.loading.held
    matrix = parts.assembler.stiffness(state.displacement, state.stress, state.tangent)
    u = np.zeros(nodes.size)
    u[1::3][np.isclose(nodes[:, 1], 1.0)] = 1.0
    u[free] = solve_sparse(matrix[free][:, free], -(matrix @ u)[free], nodes, free)
    h = parts.assembler.gradients(u.reshape(-1, 3))
    strains: Floats = 0.5 * (h + h.transpose(0, 2, 1))
    return strains


@dataclass(frozen=True)
class Checked:
    """Cells in full along the strains of sampled points.

    Attributes:
        reaction: relative error of the reaction in each step, estimated, (T,), and its standard error, (T,).
        stress: error of the stress of each sampled point over the largest stress in the body, (T, m).
        seconds: CPU seconds of an answer with tangent, (T, m).
    """

    reaction: Floats
    spread: Floats
    stress: Floats
    seconds: Floats


def checked(ran: Ran, sampled: int = SAMPLED, seed: int = 1) -> Checked:
    """Cells in full at points drawn by their share of the reaction."""
    weights = ran.model.space.weights.ravel()
    shares = [weights * np.einsum("pij,pij->p", s.stress, extension(ran, s)) for s in ran.states]
    draw = np.mean([np.abs(x) / np.abs(x).sum() for x in shares], axis=0)
    chosen = np.random.default_rng(seed).choice(draw.size, sampled, p=draw / draw.sum())
    kernel, peak = cell_kernel(cell(ran.model.points.cells.kernel.microstructure.shape[0]), 1e-4), 0.0  # type: ignore[attr-defined]
    stress, seconds = np.empty((len(TIMES), sampled)), np.empty((len(TIMES), sampled))
    terms = np.empty((len(TIMES), sampled))
    states: list[Any] = [None] * sampled
    nothing = np.zeros((1, 0, 3, 3)), np.zeros((1, 0))
    for t, (state, share) in enumerate(zip(ran.states, shares, strict=True)):
        virtual = extension(ran, state)
        peak = max(peak, float(np.linalg.norm(state.stress, axis=(1, 2)).max()))
        for k, point in enumerate(chosen):
            began = time.process_time()
            found, states[k], _ = kernel(states[k], (state.strain[point][None], np.ones(1), np.ones(1), *nothing))
            seconds[t, k] = time.process_time() - began
            gap = state.stress[point] - found[0][0]
            stress[t, k] = np.linalg.norm(gap) / peak
            terms[t, k] = weights[point] * float((gap * virtual[point]).sum()) / draw[point] * draw.sum() / share.sum()
    return Checked(terms.mean(axis=1), terms.std(axis=1) / np.sqrt(sampled), stress, seconds)


def run() -> Figure:
    """Cost of the ladder and of cells in full, and errors."""
    return figure(*measured())


def measured() -> tuple[Ran, Checked]:
    """The run on the ladder, and cells in full at sampled points."""
    ran = ladder_run()
    return ran, checked(ran)


def figure(ran: Ran, found: Checked) -> Figure:
    """Table of what was measured."""
    micro = ran.states[-1].micro
    asked, full = answers(ran), float(found.seconds.mean())
    rungs = np.bincount(ran.steps[-1].rung, minlength=4)
    judged = np.array([(j.indicator, j.error) for j in micro.audits])
    ladder = sum(ran.cpu)
    top = np.isclose(ran.model.space.nodes[:, 1], 1.0)
    force = np.array([s.reaction[top, 1].sum() for s in ran.steps])
    largest = np.abs(found.reaction * force).max() / np.abs(force).max()
    rows = [
        ("rehearsal, cells in full to learn from, fit", ran.cpu[0], 0.0),
        ("load steps: reduced answers, enrichment, audits", ladder - ran.cpu[0], 0.0),
        ("ladder in all", ladder, 100.0 * float(np.abs(found.reaction).max())),
        (f"cells in full: {asked} answers of {full:.3f} s (sampled {found.seconds.size})", asked * full, 0.0),
    ]
    return Figure(
        title=f"Notched specimen: {ran.model.points.count} points, {VOXELS}^3 voxels, {len(TIMES)} load steps",
        columns=("part", "CPU s", "largest error of the reaction %"),
        rows=rows,
        ratios={
            "cells in full / ladder, CPU": asked * full / ladder,
            "largest error of the reaction / largest reaction": float(largest),
            "largest standard error of these estimates": float(found.spread.max()),
            "largest error of a sampled stress / largest stress in the body": float(found.stress.max()),
            "indicator / error on the full grid, median": float(np.median(judged[:, 0] / judged[:, 1])),
            "indicator / error on the full grid, smallest": float((judged[:, 0] / judged[:, 1]).min()),
            "cells solved in full to learn from": float(micro.solved),
        },
        notes=f"Allowance {ALLOWANCE:.0%} of the largest stress. Points on rungs 0 to 3 at the end: {rungs.tolist()}. "
        f"{len(judged)} answers were judged on the full grid. The reaction is compared in every step, unloading and "
        "reloading included, at points drawn by their share of it.",
    )
