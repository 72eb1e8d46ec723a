"""Force matching (Izvekov and Voth 2005; Noid et al. 2008): the best pairwise and bonded forces in the least-squares sense."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.molecules.mapping import Beads, Frames
from scalebridge.molecules.pairs import add_pair_columns, internal_coordinates, neighbours
from scalebridge.molecules.potentials import Basis, Spline

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ForceMatch:
    """What force matching found.

    Attributes:
        potentials: by term.
        bases: of the forces.
        forces: coefficients of the forces by term.
        errors: covariance of these coefficients by the jackknife, by term; zero for a single block.
        residual: root mean square of what the fit leaves, kJ/mol/nm.
        reference: root mean square of the forces fitted to, kJ/mol/nm.
    """

    potentials: dict[str, Spline]
    bases: dict[str, Basis]
    forces: dict[str, Floats]
    errors: dict[str, Floats]
    residual: float
    reference: float

    def force(self, name: str, x: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Force of a term and its standard error at coordinates inside its basis, shape (n,) each."""
        rows = self.bases[name].matrix(np.asarray(x, dtype=np.float64))
        return rows @ self.forces[name], np.sqrt(np.einsum("nk,kl,nl->n", rows, self.errors[name], rows))


def force_matching(
    frames: Frames,
    beads: Beads,
    bases: Mapping[str, Basis],
    *,
    cutoff: float | None = None,
    natural: bool = False,
    ridge: float = 0.0,
    roughness: float = 0.0,
    blocks: int = 10,
) -> ForceMatch:
    """Fit the forces of all terms to the mapped forces.

    Args:
        frames: mapped trajectory with forces.
        beads: the coarse topology.
        bases: splines of the forces by term; every pair within a basis acts, none outside.
        cutoff: largest distance of pairs, nm; None: the end of each pair's basis.
        natural: whether the second derivatives of the forces vanish at the ends.
        ridge: added to the diagonal of the normal matrix, relative to its mean.
        roughness: weight of squared second differences of the coefficients, in the same unit.
        blocks: of frames that the jackknife leaves out one after the other; fewer where there are fewer frames.

    Raises:
        InputError: no forces, unknown terms, or a box that is too small.
    """
    measured = frames.needed_forces("Force matching")
    unknown = set(bases) - set(beads.pairs) - set(beads.bonded)
    if unknown or not bases:
        raise InputError(f"Terms to fit are among {', '.join([*beads.pairs, *beads.bonded])}; found {sorted(bases)}")
    starts = dict(zip(bases, np.cumsum([0, *(basis.size for basis in bases.values())]), strict=False))
    size = sum(basis.size for basis in bases.values())
    parts = np.array_split(np.arange(len(frames)), min(max(blocks, 1), len(frames)))
    normal, right = np.zeros((len(parts), size, size)), np.zeros((len(parts), size))
    squares = 0.0
    design = np.zeros((3 * len(beads), size))
    for block, numbers in enumerate(parts):
        for number in numbers:
            wanted = np.asarray(measured[number], dtype=np.float64).ravel()
            _design(design, frames.positions[number], frames.boxes[number], beads, bases, starts, cutoff)
            normal[block] += design.T @ design
            right[block] += design.T @ wanted
            squares += float(wanted @ wanted)
    space = _space(bases, natural)
    penalty = _penalty(bases, normal.sum(axis=0), ridge, roughness)
    found = _solve(normal.sum(axis=0) + penalty, right.sum(axis=0), space)
    covariance = np.zeros((size, size))
    if len(parts) > 1:
        left_out = np.stack(
            [
                _solve(normal.sum(axis=0) - normal[b] + penalty, right.sum(axis=0) - right[b], space)
                for b in range(len(parts))
            ]
        )
        away = left_out - left_out.mean(axis=0)
        covariance = (len(parts) - 1) / len(parts) * away.T @ away
    left = squares - 2.0 * found @ right.sum(axis=0) + found @ normal.sum(axis=0) @ found
    places = {name: slice(starts[name], starts[name] + basis.size) for name, basis in bases.items()}
    return ForceMatch(
        {name: Spline.from_force(basis, found[places[name]], cut=name in beads.pairs) for name, basis in bases.items()},
        dict(bases),
        {name: found[place] for name, place in places.items()},
        {name: covariance[place, place] for name, place in places.items()},
        float(np.sqrt(max(left, 0.0) / (3 * len(beads) * len(frames)))),
        float(np.sqrt(squares / (3 * len(beads) * len(frames)))),
    )


def _design(
    design: Floats,
    positions: npt.NDArray[np.floating],
    box: Floats,
    beads: Beads,
    bases: Mapping[str, Basis],
    starts: Mapping[str, int],
    cutoff: float | None,
) -> None:
    """The matrix G of F = G phi for one frame, in place."""
    design[:] = 0.0
    places = np.ascontiguousarray(positions, dtype=np.float64)
    pairs = [name for name in beads.pairs if name in bases]
    if pairs:
        reach = max(bases[name].stop for name in pairs) if cutoff is None else cutoff
        near = neighbours(places, box, reach, beads.exclusions)
        for name in pairs:
            basis, chosen = bases[name], beads.pair_numbers == beads.pairs.index(name)
            add_pair_columns(
                design, starts[name], places, box, near, chosen, beads.type_numbers,
                basis.start, basis.width, basis.intervals, basis.degree, reach,
            )  # fmt: skip
    for name, members in beads.bonded.items():
        if name in bases:
            values, gradients = internal_coordinates(places, box, members)
            basis = bases[name]
            inside = np.ones(len(values), bool) if basis.periodic else (values >= basis.start) & (values <= basis.stop)
            numbers, weights = basis.weights(values[inside])
            rows = 3 * members[inside][:, :, None, None] + np.arange(3)[None, None, :, None]
            parts = gradients[inside][:, :, :, None] * weights[:, None, None, :]
            np.add.at(design, (rows, starts[name] + numbers[:, None, None, :]), parts)


def _space(bases: Mapping[str, Basis], natural: bool) -> Floats | None:
    """Columns that span the allowed coefficients; None where all are."""
    if not natural:
        return None
    from scipy.linalg import block_diag

    return np.asarray(block_diag(*(np.eye(b.size) if b.periodic else b.natural() for b in bases.values())))


def _penalty(bases: Mapping[str, Basis], normal: Floats, ridge: float, roughness: float) -> Floats:
    if ridge < 0.0 or roughness < 0.0:
        raise InputError(f"Regularisations are zero or positive; found ridge {ridge} and roughness {roughness}")
    from scipy.linalg import block_diag

    level = float(np.trace(normal)) / len(normal)
    bends = []
    for basis in bases.values():
        bend = np.diff(np.eye(basis.size), 2, axis=0)
        bends.append(bend.T @ bend)
    return np.asarray(level * (ridge * np.eye(len(normal)) + roughness * block_diag(*bends)))


def _solve(normal: Floats, right: Floats, space: Floats | None) -> Floats:
    """Least-squares solution of least norm; directions that no pair determines stay zero."""
    if space is not None:
        return np.asarray(space @ _solve(space.T @ normal @ space, space.T @ right, None))
    # scaled to a unit diagonal: rare distances are as well resolved as frequent ones
    scale = np.sqrt(np.maximum(np.diag(normal), 1e-300))
    seen = np.diag(normal) > 0.0
    found = np.zeros(len(right))
    matrix = (normal / np.outer(scale, scale))[np.ix_(seen, seen)]
    values, vectors = np.linalg.eigh(matrix)
    kept = values > 1e-13 * values[-1]
    part = vectors[:, kept] @ ((vectors[:, kept].T @ (right / scale)[seen]) / values[kept])
    found[seen] = part / scale[seen]
    return found
