"""The right-hand side in JAX."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from scalebridge.errors import InputError, MissingExtraError
from scalebridge.kinetics._definition import TIME
from scalebridge.kinetics._regime import Regime


def jax_function(regime: Regime) -> Callable[[Any, Any, Any], Any]:
    """See `Network.jax_function`."""
    if regime.dae:
        raise InputError("The model has algebraic equations: only rates in closed form can be given to JAX.")
    try:
        import jax.numpy as jnp
    except ImportError as error:
        raise MissingExtraError("jax", "solids") from error
    rates = sp.lambdify([TIME, regime.states, regime.parameters], regime.equations, modules="jax", cse=True)

    def function(t: Any, x: Any, p: Any) -> Any:
        return jnp.stack([jnp.asarray(r, dtype=x.dtype) for r in rates(t, list(x), list(p))])

    return function
