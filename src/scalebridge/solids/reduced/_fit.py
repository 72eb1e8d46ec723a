"""Empirical correction of the generalised points: they are moved until the known solutions balance.

Along a training path the full solution gives mean strain E, amplitudes a and mean stress S. The strain at a point is
e_q = E + B_q a, so its law can be run along the path without solving anything. Points and weights follow from

    R_E z + sum_q w_q s_q = S,        R_a z + sum_q w_q B_q^T s_q = 0,        z = (E, a)

in the sense of least squares over all increments; R is the elastic stiffness of the volume element less that of the
points. What truncated modes and few points leave out is thereby made up for where it matters: in the mean stress, and
in the balance that decides the amplitudes.

Source: S. Wulfinghoff, J. Hauck (2025), arXiv:2501.13631, for the correction of cluster points by known solutions; here
the mean stress itself is among the conditions, and histories run through the law.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from scalebridge.solids.laws._jax import prepare_jax
from scalebridge.solids.laws._response import response
from scalebridge.solids.reduced._cubature import Rule

if TYPE_CHECKING:
    import jax

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Targets:
    """Known solutions of P paths, padded to T increments.

    Attributes:
        unknowns: mean strain and amplitudes, (P, T, 6 + m).
        stress: mean stress, (P, T, 6), Pa.
        weight: 1 over the largest stress of the path, 0 where padded, (P, T), 1/Pa.
        dt: length of the increments, (P,), s.
    """

    unknowns: Floats
    stress: Floats
    weight: Floats
    dt: Floats


@dataclass(frozen=True)
class Fit:
    """What the correction reached.

    Attributes:
        rules: the corrected points.
        rest: stiffness that goes with them, see `remainder`, (6 + m, 6 + m), Pa.
        stress_error: root mean square of the missing stress over the largest one of the path.
        balance_error: the same of the unbalanced force, as a stress.
    """

    rules: tuple[Rule, ...]
    rest: Floats
    stress_error: float
    balance_error: float


def fit_rules(
    rules: Sequence[Rule],
    linear: Floats,
    elastic: Floats,
    modulus: float,
    targets: Targets,
    *,
    iterations: int,
    balance: float = 0.3,
    stiffness: float = 1e-5,
    gap: float = 1e-2,
) -> Fit:
    """Move points and weights of `rules` until the known solutions balance.

    Args:
        rules: where to start.
        linear: stiffness of the linear phases in mean strain and amplitudes, (6 + m, 6 + m), Pa.
        elastic: the same of all undeformed phases.
        modulus: typical stiffness, Pa; turns amplitudes (root energy) into strains.
        targets: known solutions.
        iterations: of the quasi-Newton method (L-BFGS).
        balance: weight of the squared unbalanced force against the squared missing stress.
        stiffness: weight of the squared distance from the start, which keeps points physical that no solution tests.
        gap: weight of the squared difference between the remainder and the linear phases alone.
    """
    prepare_jax()
    import jax
    from scipy.optimize import minimize

    misfit = _misfit(rules, modulus)
    # arguments, not constants of the compiled function: it is then found again for other data of the same shape
    data = tuple(jax.numpy.asarray(a) for a in (*_arrays(targets), linear, elastic))

    def cost(x: Any, start: Any, data: tuple[Any, ...]) -> tuple[Any, Any]:
        stress, force, rest = misfit(x, *data)
        moved = ((x - start) ** 2).mean()
        return stress + balance * force + stiffness * moved + gap * rest, (stress, force)

    start = np.concatenate([_packed(rule, modulus) for rule in rules])
    value = jax.jit(jax.value_and_grad(cost, has_aux=True))

    def function(x: Floats) -> tuple[float, Floats]:
        (total, _), slope = value(x, start, data)
        return float(total), np.asarray(slope)

    options = {"maxiter": iterations, "maxcor": 30, "maxfun": 2 * iterations, "ftol": 1e-14, "gtol": 1e-12}
    found = minimize(function, start, jac=True, method="L-BFGS-B", options=options).x
    (_, (stress, force)), _ = value(found, start, data)
    new = [_unpacked(x, r, modulus) for r, x in zip(rules, _parts(found, rules), strict=True)]
    moved = tuple(replace(r, **n) for r, n in zip(rules, new, strict=True))
    return Fit(moved, np.array(remainder(elastic, rules, new)), float(np.sqrt(stress)), float(np.sqrt(force)))


def unfitted(rules: Sequence[Rule], elastic: Floats) -> Fit:
    """Points as they are."""
    prepare_jax()
    given = [{"strain": r.strain, "weight": r.weight} for r in rules]
    return Fit(tuple(rules), np.array(remainder(elastic, rules, given)), np.inf, np.inf)


def _arrays(targets: Targets) -> tuple[Floats, ...]:
    return targets.unknowns, targets.stress, targets.weight, targets.dt


def _misfit(rules: Sequence[Rule], modulus: float) -> Callable[..., tuple[Any, Any, Any]]:
    """Mean squares of missing stress, unbalanced force and remainder as a function of packed points and targets."""
    import jax
    import jax.numpy as jnp

    def misfit(
        x: Any, unknowns: Any, known: Any, weight: Any, dt: Any, linear: Any, elastic: Any
    ) -> tuple[Any, Any, Any]:
        moved = [_unpacked(part, rule, modulus) for rule, part in zip(rules, _parts(x, rules), strict=True)]
        rest, size = remainder(elastic, rules, moved), len(elastic)
        unit, count = np.ones(size), (weight > 0).sum()
        unit[:6] = 1.0 / np.sqrt(modulus)
        total = unknowns @ rest
        for rule, new in zip(rules, moved, strict=True):
            stress = jax.vmap(partial(_stresses, rule, new["strain"]))(unknowns, dt) * new["weight"]
            total += jnp.concatenate([stress.sum(-1), jnp.einsum("ptiq,qik->ptk", stress, new["strain"])], axis=-1)
        missing = (total[:, :, :6] - known) * weight[:, :, None]
        force = total[:, :, 6:] * weight[:, :, None] * np.sqrt(modulus)
        gap = unit[:, None] * (rest - linear) * unit
        return (missing**2).sum() / count, (force**2).sum() / count, (gap**2).sum() / size

    return misfit


def remainder(elastic: Floats, rules: Sequence[Rule], moved: Sequence[Mapping[str, Any]]) -> Any:
    """Elastic stiffness (6 + m, 6 + m) that the points lack: the linear phases, and what few points integrate wrongly.

    With it the undeformed reduced model has the stiffness of the full one exactly.
    """
    import jax.numpy as jnp

    rest: Any = elastic
    for rule, new in zip(rules, moved, strict=True):
        strain, weight = new["strain"], new["weight"]
        stress = jnp.einsum("ij,qjk->qik", rule.stiffness, strain)
        mixed = jnp.einsum("q,qik->ik", weight, stress)
        inner = jnp.einsum("q,qik,qil->kl", weight, strain, stress)
        rest = rest - jnp.block([[weight.sum() * rule.stiffness, mixed], [mixed.T, inner]])
    return rest


def _stresses(rule: Rule, strain: Any, unknowns: Any, dt: Any) -> jax.Array:
    """Stress (T, 6, q) of all points along one path."""
    import jax
    import jax.numpy as jnp

    law = response(rule.law, "small")
    rows = sum(rule.law.internal_variables().values())

    def step(state: Any, z: Any) -> tuple[Any, Any]:
        local = z[:6, None] + jnp.einsum("qik,k->iq", strain, z[6:])
        stress, new = law(tuple(local), tuple(state), dt)
        after = jnp.stack([jnp.broadcast_to(x, local[0].shape) for x in new]) if rows else state
        return after, jnp.stack(stress)

    stresses: jax.Array = jax.lax.scan(step, jnp.zeros((rows, len(rule.weight))), unknowns)[1]
    return stresses


def _packed(rule: Rule, modulus: float) -> Floats:
    """Free numbers of a rule: strains, scaled to order one, and logarithms of the weights."""
    return np.concatenate([(rule.strain * np.sqrt(modulus)).ravel(), np.log(rule.weight)])


def _unpacked(x: Any, rule: Rule, modulus: float) -> dict[str, Any]:
    import jax.numpy as jnp

    count = rule.strain.size
    module: Any = np if isinstance(x, np.ndarray) else jnp
    strain = x[:count].reshape(rule.strain.shape) / np.sqrt(modulus)
    return {"strain": strain, "weight": module.exp(x[count:])}


def _parts(x: Any, rules: Sequence[Rule]) -> list[Any]:
    ends = np.cumsum([0] + [r.strain.size + r.weight.size for r in rules])
    return [x[a:b] for a, b in pairwise(ends)]
