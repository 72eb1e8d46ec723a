"""Points on the slow manifold by three methods: quasi-steady state, ILDM, CSP with refinement."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from scalebridge.errors import ConvergenceError, InputError
from scalebridge.kinetics.network import Network

Floats = npt.NDArray[np.float64]
Field = Callable[[Floats], tuple[Floats, Floats]]


def ildm(network: Network, fast: Sequence[str], at: Mapping[str, float]) -> dict[str, float]:
    """Fast states at which the rates lie in the slow eigenspace; error of second order in the ratio of time scales.

    Source: Maas & Pope, Combust. Flame 88 (1992) 239, doi 10.1016/0010-2180(92)90034-M.

    Args:
        network: the full network.
        fast: states that are looked for.
        at: amounts of other states; the model's start where left out.
    """

    return _find(network, fast, at, lambda field, index: lambda n: _eigen_rows(field, n, len(index)) @ field(n)[0])


def csp(network: Network, fast: Sequence[str], at: Mapping[str, float], *, order: int = 1) -> dict[str, float]:
    """Fast states at which the CSP amplitudes vanish; each refinement gains one order of the ratio of time scales.

    b_0 = unit rows; b_k+1 = b_k J + db_k/dt, up to a factor that does not move the zero: order 0 is the quasi-steady
    state. Source: Lam & Goussis, Int. J. Chem. Kinet. 26 (1994) 461, doi 10.1002/kin.550260408; Zagaris, Kaper & Kaper,
    Multiscale Model. Simul. 2 (2004) 613.

    Args:
        network: the full network.
        fast: states that are looked for.
        at: amounts of other states; the model's start where left out.
        order: number of refinements.
    """
    if order < 0 or order > 3:
        raise InputError(f"order must be 0 to 3; found {order}.")

    def residual(field: Field, index: list[int]) -> Callable[[Floats], Floats]:
        def rows(n: Floats, k: int) -> Floats:
            if k == 0:
                return np.eye(len(n))[index]
            rate, j = field(n)
            h = 1e-4 ** (1.0 / k) * max(float(np.abs(n).max()), 1e-300) / max(float(np.abs(rate).max()), 1e-300)
            h = min(h, 1e-3 / max(float(np.abs(np.diag(j)).max()), 1e-300))
            ahead, behind = rows(n + h * rate, k - 1), rows(n - h * rate, k - 1)
            turned = rows(n, k - 1) @ j + (ahead - behind) / (2.0 * h)
            return np.asarray(np.linalg.solve(turned[:, index], turned))

        return lambda n: rows(n, order) @ field(n)[0]

    return _find(network, fast, at, residual)


def _eigen_rows(field: Field, n: Floats, count: int) -> Floats:
    """Left rows of the fastest eigenvalues."""
    from scipy.linalg import schur

    j = field(n)[1].T
    speed = np.sort(np.abs(np.linalg.eigvals(j).real))[::-1]
    threshold = 0.5 * (speed[count - 1] + speed[count]) if count < len(speed) else -1.0
    _, q, found = schur(j, output="real", sort=lambda re, im: abs(re) > threshold)
    if found != count:
        raise ConvergenceError("The fast modes cannot be told from the slow ones there.")
    return np.asarray(q[:, :count].T)


def _find(
    network: Network, fast: Sequence[str], at: Mapping[str, float],
    residual: Callable[[Field, list[int]], Callable[[Floats], Floats]],
) -> dict[str, float]:  # fmt: skip
    unknown = [n for n in [*fast, *at] if n not in network.state_names]
    if unknown or not fast:
        raise InputError(f"'{unknown[0] if unknown else ''}' is no state; states: {', '.join(network.state_names)}.")
    simulation = network._simulation(0.0)
    n = simulation.y.copy()
    for name, number in at.items():
        n[network.state_names.index(name)] = number
    index = [network.state_names.index(x) for x in fast]
    regime, p = network.regime, simulation.p

    def field(x: Floats) -> tuple[Floats, Floats]:
        x = np.ascontiguousarray(x)
        return regime.evaluate("f", 0.0, x, p), regime.jacobian(0.0, x, p)

    for function in (lambda x: field(x)[0][index], residual(field, index)):
        for _ in range(50):
            value = np.asarray(function(n))
            slope = np.empty((len(index), len(index)))
            for k, i in enumerate(index):
                h = 1e-6 * max(abs(n[i]), 1e-6 * float(np.abs(n).max()))
                up = n.copy()
                up[i] += h
                down = n.copy()
                down[i] -= h
                slope[:, k] = (function(up) - function(down)) / (2.0 * h)
            step = np.linalg.solve(slope, value)
            n[index] -= step
            if np.abs(step).max() <= 1e-13 * max(float(np.abs(n).max()), 1e-300):
                break
        else:
            if np.abs(step).max() > 1e-8 * max(float(np.abs(n).max()), 1e-300):
                raise ConvergenceError("No point of the manifold was found near the quasi-steady one.")
    return {x: float(n[i]) for x, i in zip(fast, index, strict=True)}
