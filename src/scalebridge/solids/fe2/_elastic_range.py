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


@dataclass(frozen=True)
class ElasticRange:
    """Linear behaviour of a volume element and where it ends.

    Attributes:
        tensor: effective stiffness, (6, 6) Mandel, Pa.
        ratios: R_v of all points that can yield, (V, 6, 6).
        bound: largest |R_v E| of any unit strain E.
    """

    tensor: Floats
    ratios: Floats
    bound: float

    def load(self, strain: Floats) -> Floats:
        """Largest equivalent stress in the cell relative to the yield stress, for Mandel strains (n, 6).

        Strains that are too small for any point to yield get an upper bound instead.
        """
        load = self.bound * np.linalg.norm(strain, axis=1)
        close = np.flatnonzero(load > 1.0)
        for begin in range(0, close.size, 64):
            some = close[begin : begin + 64]
            local = np.tensordot(self.ratios, strain[some].T, axes=1)
            load[some] = np.sqrt(np.einsum("vkn,vkn->vn", local, local).max(axis=0))
        found: Floats = load
        return found


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
    bound = 0.0
    if len(ratios):
        bound = float(np.sqrt(np.linalg.eigvalsh(np.einsum("vki,vkj->vij", ratios, ratios)).max()))
    return ElasticRange(found.tensor, ratios, bound)
