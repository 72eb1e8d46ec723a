"""What an RVE is driven through: prescribed components of mean strain and mean stress, increment by increment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LoadPath:
    """Prescribed mean strains and stresses; each component is given as one or the other.

    Attributes:
        strain: (n, 3, 3); in small strain the symmetric strain, in finite strain the deformation gradient F; NaN
            where the stress is prescribed.
        stress: (n, 3, 3) Pa; Cauchy stress in small strain, first Piola-Kirchhoff stress in finite strain; NaN where
            the strain is prescribed.
        time: (n,) end of each increment, s, increasing from above zero.

    Raises:
        InputError: a component is prescribed twice or not at all, shapes differ, a value is infinite, or time does
            not increase.
    """

    strain: Floats
    stress: Floats
    time: Floats

    def __post_init__(self) -> None:
        strain, stress = np.asarray(self.strain, float), np.asarray(self.stress, float)
        time = np.asarray(self.time, float)
        if strain.ndim != 3 or strain.shape[1:] != (3, 3) or stress.shape != strain.shape:
            raise InputError(
                f"a load path has strain {strain.shape} and stress {stress.shape}; both must be (increments, 3, 3)."
            )
        if not len(strain):
            raise InputError("a load path has no increment; it needs at least one.")
        if time.shape != strain.shape[:1] or not (np.diff(time, prepend=0.0) > 0.0).all():
            raise InputError("times of a load path must be one per increment and increase from above zero.")
        self._check_components(strain, stress)
        for name, value in (("strain", strain), ("stress", stress), ("time", time)):
            object.__setattr__(self, name, value)

    @staticmethod
    def _check_components(strain: Floats, stress: Floats) -> None:
        wrong = np.argwhere(np.isnan(strain) == np.isnan(stress))
        if wrong.size:
            n, i, j = wrong[0]
            how = "neither strain nor stress is" if np.isnan(strain[n, i, j]) else "both strain and stress are"
            raise InputError(
                f"increment {n}, component {i + 1}{j + 1}: {how} prescribed; give exactly one, and NaN for the other."
            )
        if np.isinf(strain).any() or np.isinf(stress).any():
            raise InputError("a load path holds an infinite value; every prescribed component must be finite.")

    def __len__(self) -> int:
        return len(self.time)

    @classmethod
    def strains(cls, strain: Floats, time: Floats | None = None) -> LoadPath:
        """All components of the mean strain (or of F) prescribed, (n, 3, 3); unit time per increment unless given."""
        strain = np.asarray(strain, float)
        steps = np.arange(1.0, len(strain) + 1) if time is None else np.asarray(time, float)
        return cls(strain, np.full_like(strain, np.nan), steps)

    @classmethod
    def proportional(
        cls,
        strain: Mapping[str, float] | None = None,
        stress: Mapping[str, float] | None = None,
        *,
        factors: Floats | int = 10,
        duration: float = 1.0,
        otherwise: Literal["stress", "strain"] = "stress",
        kinematics: Literal["small", "finite"] = "small",
    ) -> LoadPath:
        """Components that grow together.

        Args:
            strain: final values by component, e.g. ``{"11": 0.01}``; in finite strain of F - I, where 12 and 21 differ.
            stress: final values by component, Pa.
            factors: share of the final values at the end of each increment, or the number of equal increments.
            duration: time of the whole path, s.
            otherwise: what is held at zero in the components not named: ``"stress"`` (free) or ``"strain"`` (held).
            kinematics: ``"small"`` sets 12 and 21 together.

        Raises:
            InputError: a component does not exist or is named twice.
        """
        steps = np.arange(1, factors + 1) / factors if isinstance(factors, int) else np.asarray(factors, float)
        held, pulled = _components(strain or {}, kinematics), _components(stress or {}, kinematics)
        final_strain, final_stress = np.full((3, 3), np.nan), np.full((3, 3), np.nan)
        (final_stress if otherwise == "stress" else final_strain)[:] = 0.0
        for i, j in [*held, *pulled]:
            final_strain[i, j] = held.get((i, j), np.nan)
            final_stress[i, j] = pulled.get((i, j), np.nan)
        if set(held) & set(pulled):
            i, j = min(set(held) & set(pulled))
            raise InputError(f"component {i + 1}{j + 1} is named as strain and as stress; name it once.")
        if kinematics == "finite" and otherwise == "stress":
            final_strain, final_stress = _without_rotation(final_strain, final_stress, held, pulled)
        strains = steps[:, None, None] * final_strain
        if kinematics == "finite":
            strains = strains + np.eye(3)
        time = duration * np.arange(1, len(steps) + 1) / len(steps)
        return cls(strains, steps[:, None, None] * final_stress, time)


def _components(values: Mapping[str, float], kinematics: str) -> dict[tuple[int, int], float]:
    """Index pairs of named components; both orders in small strain."""
    found: dict[tuple[int, int], float] = {}
    for name, value in values.items():
        if len(name) != 2 or not set(name) <= {"1", "2", "3"}:
            raise InputError(
                f"component '{name}' does not exist; components are 11, 22, 33, 23, 13, 12 (and 32, 31, 21)."
            )
        pair = (int(name[0]) - 1, int(name[1]) - 1)
        pairs = {pair, pair[::-1]} if kinematics == "small" else {pair}
        if pairs & set(found):
            raise InputError(f"component '{name}' is named twice; 12 and 21 are the same in small strain.")
        found.update(dict.fromkeys(pairs, float(value)))
    return found


def _without_rotation(
    strain: Floats, stress: Floats, held: Mapping[tuple[int, int], float], pulled: Mapping[tuple[int, int], float]
) -> tuple[Floats, Floats]:
    """Hold one of each pair of unnamed shears of F at zero: otherwise the body could turn freely."""
    for pair in ((1, 0), (2, 0), (2, 1)):
        if pair not in held and pair not in pulled and pair[::-1] not in held:
            strain[pair], stress[pair] = 0.0, np.nan
    return strain, stress
