"""Force matching as tables."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.molecules.coarse._settings import Fit
from scalebridge.molecules.coarse._tables import Table
from scalebridge.molecules.coarse._target import Target
from scalebridge.molecules.inverse import ForceMatch, force_matching
from scalebridge.molecules.inverse._boltzmann import well_sampled
from scalebridge.molecules.potentials import Basis

Floats = npt.NDArray[np.float64]


def matched_tables(fit: Fit, target: Target) -> tuple[dict[str, Table], dict[str, Floats], ForceMatch]:
    """Tables of the potentials that force matching finds, and standard errors of their energies.

    Raises:
        InputError: the target has no mapped trajectory, or it has no forces.
    """
    if target.frames is None:
        raise InputError("Force matching needs the mapped trajectory with forces; this target has distributions only")
    seen = {name: _seen(name, target, fit) for name in target.distributions if name not in target.watched}
    bases = {name: _basis(name, x, known, fit) for name, (x, known) in seen.items()}
    found = force_matching(target.frames, target.beads, bases, ridge=fit.regularisation)
    tables, errors = {}, {}
    for name, (x, known) in seen.items():
        energy = found.potentials[name].energy(x)
        kind = name.split(" ", 1)[0]
        if kind != "pair":
            energy = energy - energy[known].min()
        tables[name] = Table(x, np.zeros_like(x), np.zeros_like(known)).changed(energy, known, kind)
        errors[name] = _energy_errors(found, name, x, known)
    return tables, errors, found


def _seen(name: str, target: Target, fit: Fit) -> tuple[Floats, npt.NDArray[np.bool_]]:
    distribution = target.distributions[name]
    x = distribution.grid.centers
    inside = x <= fit.cutoff + 1e-9 if distribution.kind == "pair" else np.ones(len(x), dtype=np.bool_)
    # every pair counts: forces of the rare closest ones are large, and would be laid on others
    threshold = 0.0 if distribution.kind == "pair" else 1e-3
    return x[inside], well_sampled(distribution.mean, threshold)[inside]


def _basis(name: str, x: Floats, known: npt.NDArray[np.bool_], fit: Fit) -> Basis:
    """Splines of the force; quadratic, so that energies are cubic."""
    half = 0.5 * float(x[1] - x[0])
    low, high = float(x[known][0]) - half, float(x[known][-1]) + half
    if name.startswith("pair"):
        # the grid's last point: the cutoff
        return Basis(low, float(x[-1]), max(round((float(x[-1]) - low) / fit.knots), 4), 2)
    if name.startswith("dihedral"):
        return Basis(-np.pi, np.pi, 24, 2, True)
    return Basis(low, high, 10, 2)


def _energy_errors(found: ForceMatch, name: str, x: Floats, known: npt.NDArray[np.bool_]) -> Floats:
    """Standard errors of energies: the energy is linear in the coefficients of the force."""
    basis = found.bases[name]
    if basis.periodic:
        return np.zeros_like(x)
    inside = np.clip(x, basis.start, basis.stop)
    fine = np.linspace(basis.start, basis.stop, 20 * basis.intervals + 1)
    rows = basis.matrix(fine)
    # U(x) = int_x^stop F, by the trapezoidal rule
    pieces = 0.5 * (rows[1:] + rows[:-1]) * (fine[1] - fine[0])
    integral = np.concatenate([np.cumsum(pieces[::-1], axis=0)[::-1], np.zeros((1, rows.shape[1]))])
    at = np.stack([np.interp(inside, fine, column) for column in integral.T], axis=1)
    return np.where(known, np.sqrt(np.maximum(np.einsum("nk,kl,nl->n", at, found.errors[name], at), 0.0)), 0.0)
