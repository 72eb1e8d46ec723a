"""What a constitutive law is: a frozen set of parameters with one physical method.

A law is a frozen dataclass. Its numeric fields are its parameters: they reach the compiled function as arguments, so
that a new value does not compile again. Its physics is written once, for all points together, on *rows*: a tuple with
one array per component, all of the same shape. Symmetric tensors have 6 rows in Mandel notation, order
11, 22, 33, 23, 13, 12 (shear components times sqrt(2)); deformation gradients have 9 rows, F11, F12, F13, F21, ...
Whoever prefers 3x3 matrices derives from `PointLaw` or `PointHyperelasticLaw`; that is slower, and otherwise the same.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

import numpy as np

from scalebridge.bridge import Citation

if TYPE_CHECKING:
    import jax

Array: TypeAlias = "jax.Array"
Scalar: TypeAlias = "jax.Array | float"
Rows: TypeAlias = "tuple[Array, ...]"
State: TypeAlias = "Mapping[str, Rows]"
Kinematics = Literal["small", "finite"]


class Law:
    """Base of all laws that give a stress; a law derives from one of the interfaces below.

    The attributes and the short methods below have defaults that a law overrides where they do not apply to it: a
    user's law is then as small as its physics.

    Attributes:
        symmetric_tangent: whether d stress / d strain is symmetric; the RVE solver needs it.
        is_linear: whether the stress is a constant matrix times the strain.
    """

    symmetric_tangent: ClassVar[bool] = True
    is_linear: ClassVar[bool] = False

    @property
    def kinematics(self) -> tuple[Kinematics, ...]:
        """Kinematics in which the law can be used: ``"small"``, ``"finite"`` or both."""
        small: tuple[Kinematics, ...] = ("small",) if isinstance(self, SmallStrainLaw | PointLaw) else ()
        finite: tuple[Kinematics, ...] = ("finite",) if isinstance(self, HyperelasticLaw | PointHyperelasticLaw) else ()
        return small + finite

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Sources of what the law uses with these parameters."""
        return ()

    @property
    def rate_dependent(self) -> bool:
        """Whether the stress depends on the length of the time step."""
        return False

    def internal_variables(self) -> Mapping[str, int]:
        """Names of the internal variables, each with its number of components. All start at zero."""
        return {}


class SmallStrainLaw(Law, ABC):
    """A law in infinitesimal strain, written on rows."""

    @abstractmethod
    def stress(self, strain: Rows, state: State, dt: Array) -> tuple[Rows, State]:
        """Stress at the end of a time step.

        A point at which the law has no answer gets a NaN stress; it is reported as not ok.

        Args:
            strain: 6 rows, Mandel, at the end of the step.
            state: internal variables at the start of the step.
            dt: length of the step, s.

        Returns:
            Stress, 6 rows, Mandel, Pa; internal variables at the end of the step.
        """


class HyperelasticLaw(Law, ABC):
    """A law that is a stored energy of the deformation gradient, written on rows."""

    @abstractmethod
    def energy(self, gradient: Rows) -> Array:
        """Stored energy per reference volume, J/m^3, from the deformation gradient (9 rows)."""


class PointLaw(Law, ABC):
    """A law in infinitesimal strain, written for one point with 3x3 arrays."""

    @abstractmethod
    def stress(self, strain: Array, state: Mapping[str, Array], dt: Array) -> tuple[Array, Mapping[str, Array]]:
        """Stress at the end of a time step.

        Args:
            strain: (3, 3), symmetric, at the end of the step.
            state: internal variables at the start of the step, each a vector of its components.
            dt: length of the step, s.

        Returns:
            Stress, (3, 3), symmetric, Pa; internal variables at the end of the step.
        """


class PointHyperelasticLaw(Law, ABC):
    """A law that is a stored energy of the deformation gradient, written for one point.

    Functions of ``jnp.linalg`` work and are slow to differentiate; a determinant of 3x3 is better written out, e.g. as
    ``jnp.dot(F[0], jnp.cross(F[1], F[2]))``.
    """

    @abstractmethod
    def energy(self, gradient: Array) -> Array:
        """Stored energy per reference volume, J/m^3, from the deformation gradient (3, 3)."""


class GivesTangent(ABC):
    """A row law that states its tangent itself instead of leaving it to differentiation."""

    @abstractmethod
    def tangent(self, strain: Rows, state: State, dt: Array) -> Sequence[Sequence[Array]]:
        """Tangent d stress_i / d strain_j as nested sequence ``[i][j]``, 6x6 (Mandel) or 9x9, of rows in Pa."""


class HasFreeEnergy(ABC):
    """A small-strain row law that knows what it stores, so that its dissipation can be tested."""

    @abstractmethod
    def free_energy(self, strain: Rows, state: State) -> Array:
        """Helmholtz free energy per volume, J/m^3, of a strain with its internal variables."""


def state_rows(law: Law) -> dict[str, slice]:
    """Rows of the state array that each internal variable of `law` occupies."""
    ends = np.cumsum([0, *law.internal_variables().values()])
    return {name: slice(int(ends[i]), int(ends[i + 1])) for i, name in enumerate(law.internal_variables())}


def initial_state(law: Law, points: int) -> np.ndarray:
    """State of the undeformed material, float64, shape (n_state, points): zeros."""
    return np.zeros((sum(law.internal_variables().values()), points))
