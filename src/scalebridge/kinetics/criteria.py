"""When the quasi-steady-state approximations of one enzyme may be trusted, before anything is run.

E + S <-> C -> E + P with k1, k-1, k2; K_M = (k-1 + k2) / k1, K = k2 / k1, K_S = k-1 / k1.
Sources: Segel & Slemrod, SIAM Rev. 31 (1989) 446, doi 10.1137/1031091 (eps_SS); Borghans, de Boer & Segel, Bull. Math.
Biol. 58 (1996) 43, doi 10.1007/BF02458281, and Tzafriri, Bull. Math. Biol. 65 (2003) 1111 (total form); Eilertsen,
Schnell & Walcher, arXiv:2305.12602, and Srivastava, Eilertsen, Booth & Schnell, arXiv:2501.06406 (e0 / K_M and e0 / K).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scalebridge.errors import InputError


@dataclass(frozen=True)
class Criteria:
    """Small parameters of the approximations; the smaller, the better.

    Attributes:
        segel_slemrod: e0 / (K_M + s0), standard form.
        michaelis: e0 / K_M, standard form uniformly in s0.
        predominance: e0 / K, whether the standard form is the one that holds among those for small e0.
        total: K e0 / (e0 + s0 + K_M)^2, total form (Tzafriri's, up to a factor below 2).
        reverse: K_M-scaled k-1 / k2 and s0 / e0, reverse form needs both small.
        form: the form that these numbers prefer.
        warnings: sentences for the reader.
    """

    segel_slemrod: float
    michaelis: float
    predominance: float
    total: float
    reverse: tuple[float, float]
    form: str
    warnings: tuple[str, ...]


def enzyme_criteria(k1: float, km1: float, k2: float, e0: float, s0: float, *, small: float = 0.1) -> Criteria:
    """Criteria for one enzyme and one substrate.

    Args:
        k1: binding, 1 / (concentration time), positive.
        km1: unbinding, 1 / time.
        k2: catalysis, 1 / time, positive.
        e0: all enzyme, concentration, positive.
        s0: substrate at the start, concentration, positive.
        small: what counts as small.

    Raises:
        InputError: a constant that is negative, not finite, or zero where it must not be.
    """
    for name, value, least in (("k1", k1, 0.0), ("k2", k2, 0.0), ("e0", e0, 0.0), ("s0", s0, 0.0)):
        if not np.isfinite(value) or value <= least:
            raise InputError(f"{name} must be a positive number; found {value}.")
    if not np.isfinite(km1) or km1 < 0.0:
        raise InputError(f"km1 must be a number that is not negative; found {km1}.")
    km, k = (km1 + k2) / k1, k2 / k1
    standard = e0 / (km + s0)
    total = k * e0 / (e0 + s0 + km) ** 2
    reverse = (km1 / k2, s0 / e0)
    warnings = []
    if total > small:
        warnings.append(f"Not even the total form is safe: K e0 / (e0 + s0 + K_M)^2 = {total:.3g}.")
    if s0 > 10.0 * km and e0 > 0.1 * s0 and k > 0.1 * km:
        warnings.append(
            "At high substrate and much enzyme the total form loses accuracy although its parameter is small: trust "
            "the error bar, not this number."
        )
    if standard <= small and e0 / km > 1.0:
        warnings.append("e0 exceeds K_M: the standard form holds only while substrate lasts, and fails at the end.")
    form = "standard" if standard <= small and e0 / km <= small else "total"
    return Criteria(standard, e0 / km, e0 / k, total, reverse, form, tuple(warnings))
