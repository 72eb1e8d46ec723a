"""From any kind of law to one function on rows: stress and new state, and the tangent by differentiation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from scalebridge.errors import InputError
from scalebridge.solids.laws._law import (
    Array,
    GivesTangent,
    HyperelasticLaw,
    Kinematics,
    Law,
    PointHyperelasticLaw,
    PointLaw,
    Rows,
    SmallStrainLaw,
    State,
    state_rows,
)
from scalebridge.solids.laws._tensors import MANDEL_PAIRS, MANDEL_WEIGHTS

Response: TypeAlias = "Callable[[Rows, Rows, Array], tuple[Rows, Rows]]"
"""(strain rows, state rows, dt) -> (stress rows, new state rows)."""

STRAIN_ROWS: dict[Kinematics, int] = {"small": 6, "finite": 9}


def response(law: Law, kinematics: Kinematics) -> Response:
    """The function on rows of a law.

    Raises:
        InputError: the law is not one for these kinematics.
    """
    if kinematics == "small" and isinstance(law, SmallStrainLaw):
        return _small_strain(law)
    if kinematics == "small" and isinstance(law, PointLaw):
        return _point(law)
    if kinematics == "finite" and isinstance(law, HyperelasticLaw | PointHyperelasticLaw):
        return _hyperelastic(energy_on_rows(law))
    allowed = ", ".join(law.kinematics) or "none"
    raise InputError(
        f"{type(law).__name__} was used with {kinematics} strain; it supports: {allowed}. A law derives from "
        "SmallStrainLaw or PointLaw (small strain), HyperelasticLaw or PointHyperelasticLaw (finite strain)."
    )


def tangent_rows(law: Law, kinematics: Kinematics, strain: Rows, state: Rows, dt: Array) -> list[Array]:
    """Rows of the tangent: the upper triangle row by row where the law's tangent is symmetric, else all of it."""
    n = STRAIN_ROWS[kinematics]
    if isinstance(law, GivesTangent):
        stated = law.tangent(strain, _named(law, state), dt)
        columns = [[stated[i][j] for i in range(n)] for j in range(n)]
    elif isinstance(law, PointLaw | PointHyperelasticLaw):
        columns = _columns_together(response(law, kinematics), strain, state, dt)
    else:
        columns = [list(_column(response(law, kinematics), strain, state, dt, j)) for j in range(n)]
    return [columns[j][i] for i in range(n) for j in range(i if law.symmetric_tangent else 0, n)]


def _column(function: Response, strain: Rows, state: Rows, dt: Array, j: int) -> Rows:
    """Derivative by one strain component only: the others stay constants, which saves products with zero."""
    import jax
    import jax.numpy as jnp

    def along(component: Array) -> Rows:
        return function((*strain[:j], component, *strain[j + 1 :]), state, dt)[0]

    return tuple(jax.jvp(along, (strain[j],), (jnp.ones_like(strain[j]),))[1])


def _columns_together(function: Response, strain: Rows, state: Rows, dt: Array) -> list[list[Array]]:
    """All derivatives in one batch: for laws whose small matrices do not dissolve into rows, the faster way."""
    import jax
    import jax.numpy as jnp

    n = len(strain)

    def along(direction: Array) -> Rows:
        directions = tuple(jnp.full_like(row, d) for row, d in zip(strain, direction, strict=True))
        return tuple(jax.jvp(lambda *rows: function(rows, state, dt)[0], strain, directions)[1])

    rows = jax.vmap(along)(jnp.eye(n))
    return [[rows[i][j] for i in range(n)] for j in range(n)]


def _named(law: Law, state: Rows) -> State:
    return {name: state[rows] for name, rows in state_rows(law).items()}


def _flat(law: Law, state: Mapping[str, Rows]) -> Rows:
    wanted = dict(law.internal_variables())
    found = {name: len(rows) for name, rows in state.items()}
    if found != wanted:
        raise InputError(
            f"{type(law).__name__} returned internal variables {found} (name: components), but declares {wanted}; "
            "internal_variables() and the returned state must agree."
        )
    return tuple(row for name in wanted for row in state[name])


def _small_strain(law: SmallStrainLaw) -> Response:
    def function(strain: Rows, state: Rows, dt: Array) -> tuple[Rows, Rows]:
        stress, new = law.stress(strain, _named(law, state), dt)
        return tuple(stress), _flat(law, new)

    return function


def _hyperelastic(energy: Callable[[Rows], Array]) -> Response:
    def function(gradient: Rows, state: Rows, dt: Array) -> tuple[Rows, Rows]:
        import jax
        import jax.numpy as jnp

        del dt
        value, pull_back = jax.vjp(energy, tuple(gradient))
        return tuple(pull_back(jnp.ones_like(value))[0]), state

    return function


def _point(law: PointLaw) -> Response:
    def function(strain: Rows, state: Rows, dt: Array) -> tuple[Rows, Rows]:
        import jax

        tensor = _matrix([strain[_mandel_index(i, j)] / _weight(i, j) for i in range(3) for j in range(3)])
        vectors = {name: _vector(rows, strain[0]) for name, rows in _named(law, state).items()}
        stress, new = jax.vmap(law.stress, in_axes=(0, 0, None))(tensor, vectors, dt)
        rows = tuple(_weight(i, j) * stress[:, i, j] for i, j in MANDEL_PAIRS)
        return rows, _flat(law, {name: tuple(v[:, k] for k in range(v.shape[1])) for name, v in new.items()})

    return function


def energy_on_rows(law: HyperelasticLaw | PointHyperelasticLaw) -> Callable[[Rows], Array]:
    """The stored energy of a law as a function of 9 rows."""
    if isinstance(law, HyperelasticLaw):
        return law.energy
    import jax

    return lambda gradient: jax.vmap(law.energy)(_matrix(list(gradient)))


def _matrix(rows: list[Array]) -> Array:
    import jax.numpy as jnp

    return jnp.stack(rows, axis=-1).reshape(-1, 3, 3)


def _vector(rows: Rows, like: Array) -> Array:
    import jax.numpy as jnp

    return jnp.stack(rows, axis=-1) if rows else jnp.zeros((like.shape[0], 0))


def _mandel_index(i: int, j: int) -> int:
    return MANDEL_PAIRS.index((min(i, j), max(i, j)))


def _weight(i: int, j: int) -> float:
    return float(MANDEL_WEIGHTS[_mandel_index(i, j)])
