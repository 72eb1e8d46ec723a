"""Whether a law is sound: tangent, symmetry, objectivity, dissipation, and what is easily forgotten besides."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from scalebridge.errors import InputError
from scalebridge.solids.laws._evaluate import evaluate
from scalebridge.solids.laws._law import (
    Array,
    HasFreeEnergy,
    HyperelasticLaw,
    Kinematics,
    Law,
    PointHyperelasticLaw,
    PointLaw,
    initial_state,
    state_rows,
)
from scalebridge.solids.laws._probe import (
    Probe,
    drive,
    finite_differences,
    full_tangent,
    random_path,
    random_rotations,
)
from scalebridge.solids.laws._report import LawError, LawLine, LawReport
from scalebridge.solids.laws._response import energy_on_rows
from scalebridge.solids.laws._tensors import from_mandel

_TANGENT = 1e-6
_EXACT = 1e-10
_STEPS = (4e-3, 1e-3, 1e-4, 1e-6)
_SUBSTEPS = (16, 32)

_Energy = Callable[[np.ndarray, np.ndarray], np.ndarray]


def check_law(
    law: Law,
    *,
    seed: int | np.random.SeedSequence,
    strain: float = 1e-2,
    stretch: float = 0.3,
    dt: float = 1.0,
) -> LawReport:
    """Test a law on random strain paths (16 points, 8 steps) in all kinematics that it supports.

    Tested are: an answer at every point; the tangent against central differences, with the order in which their
    difference falls; symmetry of the tangent where it is claimed; no stress without strain; for rate-independent laws
    that a step without strain increment changes nothing; in finite strain objectivity, W(QF) = W(F) and P(QF) = Q P(F);
    for a `PointLaw` a symmetric stress; for a law that `HasFreeEnergy`, dissipation: work minus gain of free energy
    must not be negative in any step. (In small strain a law only ever gets the symmetric part of the displacement
    gradient, so that rotations cannot enter.)

    Args:
        law: the law.
        seed: of the random paths.
        strain: size of the small strains; choose it such that the law does what it is made for, e.g. yields.
        stretch: size of the displacement gradients in finite strain, below 1.
        dt: length of a step, s; choose it near the law's times.

    Returns:
        The report, where all properties hold.

    Raises:
        LawError: a property does not hold; the report is in the error.
        InputError: an argument is out of its range or `law` derives from none of the interfaces of laws.
    """
    _check_arguments(law, strain, stretch)
    rng = np.random.default_rng(seed)
    lines: list[LawLine] = []
    for kinematics in law.kinematics:
        scale = strain if kinematics == "small" else stretch
        path = random_path(kinematics, scale, rng)
        lines += [_named(line, kinematics) for line in _lines(law, kinematics, path, scale, dt, rng)]
    report = LawReport(type(law).__name__, tuple(lines))
    if report.failures:
        raise LawError(report)
    return report


def _check_arguments(law: Law, strain: float, stretch: float) -> None:
    if not isinstance(law, Law) or not law.kinematics:
        raise InputError(
            f"{law!r} is no law; a law derives from SmallStrainLaw, PointLaw, HyperelasticLaw or PointHyperelasticLaw."
        )
    if not (math.isfinite(strain) and strain > 0):
        raise InputError(f"strain is {strain}; it must be positive.")
    if not 0 < stretch < 1:
        raise InputError(f"stretch is {stretch}; it must lie between 0 and 1, so that volumes stay positive.")


def _named(line: LawLine, kinematics: Kinematics) -> LawLine:
    return LawLine(f"{line.name} ({kinematics} strain)", line.value, line.allowed, line.text)


def _lines(
    law: Law, kinematics: Kinematics, path: np.ndarray, scale: float, dt: float, rng: np.random.Generator
) -> Iterator[LawLine]:
    probe = drive(law, path, scale, dt)
    lost = int(np.count_nonzero(~probe.ok))
    yield LawLine("answer", lost, 0, f"points without an answer, of {probe.ok.size}")
    if lost:
        return
    yield from _tangent_lines(law, probe)
    yield _rest_line(law, kinematics, probe)
    if not law.rate_dependent:
        yield _idempotence_line(law, probe)
    if kinematics == "finite":
        yield from _objectivity_lines(law, probe, rng)
    if isinstance(law, PointLaw):
        yield _symmetric_stress_line(law, probe)
    if kinematics == "small" and isinstance(law, HasFreeEnergy):
        yield _dissipation_line(law, path, dt)


def _tangent_lines(law: Law, probe: Probe) -> Iterator[LawLine]:
    stated = full_tangent(law, probe)
    differences = [finite_differences(law, probe, step * probe.scale) for step in _STEPS]
    size = np.abs(differences[-1]).max(axis=(1, 2)) + np.finfo(float).tiny
    errors = np.array([np.abs(d - stated).max(axis=(1, 2)) / size for d in differences])
    text = f"largest relative difference to central differences, {_order_text(errors)}"
    yield LawLine("tangent", float(errors.min(axis=0).max()), _TANGENT, text)
    if law.symmetric_tangent:
        skew = np.array([np.abs(d - d.transpose(0, 2, 1)).max(axis=(1, 2)) / size for d in differences])
        text = "largest relative asymmetry of the differentiated stress (the law claims a symmetric tangent)"
        yield LawLine("symmetry of the tangent", float(skew.min(axis=0).max()), _TANGENT, text)


def _order_text(errors: np.ndarray) -> str:
    """In which order the error falls from the first to the second step, where it is above rounding."""
    curved = errors[1] > 1e-9
    if not curved.any():
        return "which are exact (stress linear in the strain)"
    orders = np.log(errors[0, curved] / errors[1, curved]) / np.log(_STEPS[0] / _STEPS[1])
    return f"falling with order {np.median(orders):.2f} of their step"


def _rest_line(law: Law, kinematics: Kinematics, probe: Probe) -> LawLine:
    rest = np.zeros((6, 1)) if kinematics == "small" else np.eye(3).reshape(9, 1)
    stress = evaluate(law, rest, None, probe.dt, tangent=False).stress
    value = float(np.abs(stress).max() / _size(probe.stress))
    return LawLine("no stress at rest", value, _EXACT, "stress of the undeformed material over the largest on the path")


def _idempotence_line(law: Law, probe: Probe) -> LawLine:
    again = evaluate(law, probe.strain, probe.after, probe.dt, tangent=False)
    changes = [np.abs(again.stress - probe.stress).max() / _size(probe.stress)]
    if probe.after.size:
        changes.append(np.abs(again.state - probe.after).max() / _size(probe.after))
    text = "relative change of stress and internal variables by a step without strain increment"
    return LawLine("nothing happens in a step to the same strain", float(max(changes)), _EXACT, text)


def _objectivity_lines(law: Law, probe: Probe, rng: np.random.Generator) -> Iterator[LawLine]:
    turns = random_rotations(probe.strain.shape[1], rng)
    turned = _left_multiplied(turns, probe.strain)
    stress = evaluate(law, turned, probe.before, probe.dt, tangent=False).stress
    value = np.abs(stress - _left_multiplied(turns, probe.stress)).max() / _size(probe.stress)
    yield LawLine("objectivity of the stress", float(value), _EXACT, "relative difference of P(QF) and Q P(F)")
    if isinstance(law, HyperelasticLaw | PointHyperelasticLaw):
        import jax

        energy = jax.jit(energy_on_rows(law))
        before, after = (np.asarray(energy(tuple(f))) for f in (probe.strain, turned))
        value = np.abs(after - before).max() / _size(before)
        yield LawLine("objectivity of the energy", float(value), _EXACT, "relative difference of W(QF) and W(F)")


def _left_multiplied(matrices: np.ndarray, rows: np.ndarray) -> np.ndarray:
    products: np.ndarray = matrices @ rows.T.reshape(-1, 3, 3)
    return products.reshape(-1, 9).T


def _symmetric_stress_line(law: PointLaw, probe: Probe) -> LawLine:
    """Only the upper triangle of a point law's stress is read; the lower must say the same."""
    import jax
    import jax.numpy as jnp

    stress_at = jax.jit(jax.vmap(lambda e, s: law.stress(e, s, jnp.asarray(probe.dt))[0]))
    state = {name: probe.before[rows].T for name, rows in state_rows(law).items()}
    stress = np.asarray(stress_at(from_mandel(probe.strain.T), state))
    skew = np.abs(stress - stress.transpose(0, 2, 1)).max() / _size(stress)
    return LawLine("symmetry of the stress", float(skew), _EXACT, "relative difference of the stress and its transpose")


def _dissipation_line(law: Law, path: np.ndarray, dt: float) -> LawLine:
    """Dissipation of every step, by the trapezoidal rule in two resolutions, whose difference is its uncertainty."""
    stored = _free_energy(law)
    (coarse, _), (fine, size) = (_dissipation(law, stored, path, dt, n) for n in _SUBSTEPS)
    certain = fine + 2.0 * np.abs(fine - coarse)
    value = float(np.max(-certain) / size)
    text = "largest loss of dissipation (free energy gained beyond the work done) in a step, over the largest work"
    return LawLine("dissipation", max(value, 0.0), _EXACT, text)


def _dissipation(law: Law, stored: _Energy, path: np.ndarray, dt: float, substeps: int) -> tuple[np.ndarray, float]:
    """Work minus gain of free energy of every step, shape (STEPS, POINTS), and the largest of these terms."""
    strain, state = np.zeros_like(path[0]), initial_state(law, path.shape[2])
    stress = np.zeros_like(strain)
    works, energies = [], [stored(strain, state)]
    for target in path:
        work, increment = np.zeros(path.shape[2]), (target - strain) / substeps
        for _ in range(substeps):
            strain = strain + increment
            answer = evaluate(law, strain, state, dt / substeps, tangent=False)
            work += np.sum(0.5 * (stress + answer.stress) * increment, axis=0)
            stress, state = answer.stress, answer.state
        works.append(work)
        energies.append(stored(strain, state))
    gains = np.diff(energies, axis=0)
    return np.array(works) - gains, max(_size(np.array(works)), _size(gains))


def _free_energy(law: Law) -> _Energy:
    """Free energy, (N,), as a function of strain, (6, N), and state, (n_state, N)."""
    import jax

    assert isinstance(law, HasFreeEnergy)
    places = state_rows(law)

    @jax.jit
    def on_rows(strain: Array, state: Array) -> Array:
        return law.free_energy(tuple(strain), {name: tuple(state[place]) for name, place in places.items()})

    return lambda strain, state: np.asarray(on_rows(strain, state))


def _size(values: np.ndarray) -> float:
    return float(np.abs(values).max(initial=0.0)) + np.finfo(float).tiny
