"""Rung 0: the exact tensor of linear phases, and the strains below which no integration point of a cell yields.

The strain at point v of a linear volume element is e_v = A_v E. Its phase stays elastic while
q_v = sqrt(6) G |dev e_v| <= sigma_y(0), that is |R_v E| <= 1 with R_v = sqrt(6) G / sigma_y(0) dev A_v. Where this
holds at all points the cell is exactly linear: nothing is approximated by not solving it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scalebridge.solids.fe2._points import Floats
from scalebridge.solids.laws import J2Plasticity, Law, LinearElastic
from scalebridge.solids.microstructure import Microstructure
from scalebridge.solids.rve import RVE
from scalebridge.solids.rve._grid import symmetric_directions
from scalebridge.solids.rve._newton import point_strains

CHUNK = 4096
"""Integration points that are looked at together."""

_ROWS, _COLUMNS = np.triu_indices(6)
_TWICE = np.where(_ROWS == _COLUMNS, 1.0, 2.0)


@dataclass(frozen=True)
class ElasticRange:
    """Linear behaviour of a volume element and where it ends.

    Attributes:
        tensor: effective stiffness, (6, 6) Mandel, Pa.
        forms: upper triangles of R_v^T R_v of all points that can yield, the largest first, (V, 21).
        bounds: largest |R_v E| of any unit strain E, descending, (V,).
    """

    tensor: Floats
    forms: Floats
    bounds: Floats

    def load(self, strain: Floats) -> Floats:
        """Largest equivalent stress in the cell relative to the yield stress, for Mandel strains (n, 6).

        Strains that are too small for any point to yield get an upper bound instead, and loads above one a lower one.
        """
        size = np.linalg.norm(strain, axis=1)
        load: Floats = size * self.bounds.max(initial=0.0)
        waiting = np.flatnonzero(load > 1.0)
        load[waiting] = 0.0
        squares = _TWICE * strain[:, _ROWS] * strain[:, _COLUMNS]
        for begin in range(0, len(self.bounds), CHUNK):
            # the points left cannot bring these strains to yield
            safe = size[waiting] * self.bounds[begin] <= 1.0
            load[waiting[safe]] = np.maximum(load[waiting[safe]], size[waiting[safe]] * self.bounds[begin])
            waiting = waiting[~safe & (load[waiting] <= 1.0)]
            if not waiting.size:
                break
            found = (self.forms[begin : begin + CHUNK] @ squares[waiting].T).max(axis=0)
            load[waiting] = np.maximum(load[waiting], np.sqrt(np.maximum(found, 0.0)))
        return load


def elastic_laws(laws: Mapping[int, Law]) -> dict[int, LinearElastic] | None:
    """Linear laws that a cell follows until it yields; None where a phase has no such range."""
    found = {}
    for phase, law in laws.items():
        if isinstance(law, J2Plasticity):
            found[phase] = LinearElastic.isotropic(law.youngs_modulus, law.poisson_ratio)
        elif isinstance(law, LinearElastic):
            found[phase] = law
        else:
            return None
    return found


def elastic_range(microstructure: Microstructure, laws: Mapping[int, Law], boundary: str, element: str) -> ElasticRange:
    """Elastic range of a cell whose phases are linear or J2 plastic."""
    linear = elastic_laws(laws)
    assert linear is not None
    rve = RVE(microstructure, linear, boundary, element, tolerance=1e-8, threads=1)  # type: ignore[arg-type]
    found = rve.homogenize()
    material = rve.material
    strain = point_strains(material, found.fluctuation, np.ascontiguousarray(symmetric_directions().T))
    size, loads, points = strain.shape[:3]
    flat = strain.reshape(size, loads, points, -1)
    parts = [np.zeros((0, 6, 6))]
    for phase, law in laws.items():
        if isinstance(law, J2Plasticity):
            local = flat[..., material.voxels[phase]].reshape(size, loads, -1).transpose(2, 0, 1).copy()
            local[:, :3] -= local[:, :3].mean(axis=1, keepdims=True)
            shear = law.youngs_modulus / (2.0 * (1.0 + law.poisson_ratio))
            parts.append(local * (np.sqrt(6.0) * shear / float(law.hardening.stress(np.zeros(())))))  # type: ignore[arg-type]
    ratios = np.concatenate(parts)
    forms = np.einsum("vki,vkj->vij", ratios, ratios)
    bounds = np.sqrt(np.maximum(np.linalg.eigvalsh(forms)[:, -1], 0.0)) if len(forms) else np.zeros(0)
    order = np.argsort(-bounds, kind="stable")
    return ElasticRange(found.tensor, np.ascontiguousarray(forms[:, _ROWS, _COLUMNS][order]), bounds[order])
