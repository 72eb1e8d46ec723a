"""Roots of scalar equations at all points at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from scalebridge.solids.laws._law import Array

TOLERANCE = 1e-13
MAX_ITERATIONS = 100


class _Search(NamedTuple):
    iteration: Array
    x: Array
    low: Array
    high: Array
    last: Array
    done: Array


def decreasing_root(function: Callable[[Array], Array], high: Array, size: Array, active: Array) -> tuple[Array, Array]:
    """Root in [0, high] of a strictly decreasing function, by Newton's method kept inside a shrinking bracket.

    A step that leaves the bracket, or that did not halve the residual, is replaced by bisection; kinks do no harm.
    The result is a constant to differentiation: see `with_derivative`. Each iteration costs all points of the block,
    but only as many are made as the slowest of them needs.

    Args:
        function: elementwise; positive at 0 and not positive at `high` where `active`.
        high: upper end of the bracket.
        size: magnitude that the residual is compared with; it is zero to `TOLERANCE` times that.
        active: where a root is sought; elsewhere the result is 0.

    Returns:
        The roots, and where they were found (or not sought).

    Source: W. H. Press et al., Numerical Recipes, 3rd ed. 2007, section 9.4 (safeguarded Newton).
    """
    import jax
    import jax.numpy as jnp

    def step(s: _Search) -> _Search:
        value, slope = jax.jvp(function, (s.x,), (jnp.ones_like(s.x),))
        low = jnp.where(value > 0, s.x, s.low)
        high = jnp.where(value > 0, s.high, s.x)
        done = s.done | (jnp.abs(value) <= TOLERANCE * size) | (high - low <= 4e-16 * high)
        newton = s.x - value / slope
        slow = jnp.abs(value) > 0.5 * s.last
        safe = (newton >= low) & (newton <= high) & ~slow
        x = jnp.where(done, s.x, jnp.where(safe, newton, 0.5 * (low + high)))
        return _Search(s.iteration + 1, x, low, high, jnp.abs(value), done)

    def unfinished(s: _Search) -> Array:
        return (s.iteration < MAX_ITERATIONS) & ~jnp.all(s.done)

    high, size = jax.lax.stop_gradient((high, size))
    zero = jnp.zeros_like(high)
    first = _Search(jnp.asarray(0), jnp.where(active, high, 0.0), zero, high, jnp.full_like(high, jnp.inf), ~active)
    last = jax.lax.while_loop(unfinished, step, first)
    return jax.lax.stop_gradient(last.x), last.done


def with_derivative(function: Callable[[Array], Array], root: Array) -> Array:
    """A root with the derivative that the implicit function theorem gives it, by all that `function` closes over.

    One more Newton step, in which the slope is held constant, leaves the value where it is and has exactly that
    derivative.
    """
    import jax
    import jax.numpy as jnp

    frozen = jax.lax.stop_gradient(root)
    value, slope = jax.jvp(function, (frozen,), (jnp.ones_like(frozen),))
    polished: Array = frozen - value / jax.lax.stop_gradient(slope)
    return polished
