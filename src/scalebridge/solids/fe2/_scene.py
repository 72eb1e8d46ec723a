"""The body to turn in the report, and the cells behind some of its points."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from scalebridge.bridge import Picture
from scalebridge.solids.fe2._draw_body import RUNG_COLOURS, surface, von_mises
from scalebridge.solids.fe2._on_ladder import OnLadder, on_ladder
from scalebridge.solids.fe2._points import Floats
from scalebridge.solids.fe2._training import training_rve

if TYPE_CHECKING:
    from scalebridge.solids.fe2._bridge import FE2Bridge, FE2BridgeState

RUNGS = ("ordinary law", "exact tensor", "reduced model", "shared cell", "cell in full")
MARKS = 5
"""Points whose cells are shown."""
PHASES = ("#4c78a8", "#e8b04a", "#9d755d", "#72b7b2", "#b279a2", "#54a24b")


def scene(bridge: FE2Bridge, state: FE2BridgeState) -> Picture:
    """Deformed body, coloured by stress or rung, with marks at points whose cells are solved in full and shown."""
    elements = len(bridge.model.space.connectivity)
    faces, owner, factor = surface(bridge, state)
    stress = von_mises(state.body.stress, elements)[owner] / 1e6
    rung = state.rung.reshape(elements, -1).max(axis=1)[owner] + 1
    corners, count = faces.reshape(-1, 3), faces.shape[1]
    number = np.arange(len(corners)).reshape(-1, count)
    quads = number if count == 4 else np.concatenate([number, number[:, 2:]], axis=1)
    used = set(np.unique(rung).tolist())
    told = {
        "points": _packed(corners, np.float32),
        "faces": _packed(quads, np.uint32),
        "fields": [
            {"title": "Stress", "name": "von Mises stress / MPa", "low": 0.0, "high": float(stress.max()) or 1.0,
             "values": _packed(stress, np.float32)},
            {"title": "Rung", "name": "rung", "colours": list(RUNG_COLOURS), "low": 0.0, "high": 4.0,
             "labels": [name if k in used else "" for k, name in enumerate(RUNGS)],
             "values": _packed(rung, np.float32)},
        ],
        "marks": [m for m in (_mark(bridge, state, mark, factor) for mark in _chosen(bridge, state)) if m is not None],
    }  # fmt: skip
    caption = (
        f"Drag to turn, double-click to turn back. Displacements are drawn {factor:.3g} times as large as they are. "
        "Stress is that of the macroscopic mean stress of each element, the rung that of its dearest point. A click on "
        "a numbered mark shows the cell of this point below, one corner cut away, in the axes of the material; for "
        "this picture it was solved in full along the strains of the point."
    )
    return Picture("The body and its cells", caption, json.dumps(told).encode(), "scene", "body_and_cells")


def _packed(values: Any, kind: Any) -> str:
    """Numbers as the page reads them: base64 of little-endian bytes."""
    ordered = np.ascontiguousarray(values).astype(np.dtype(kind).newbyteorder("<"))
    return base64.b64encode(ordered.tobytes()).decode("ascii")


Mark = tuple[OnLadder, int]
"""Points on a ladder, and the number of one among them."""


def _chosen(bridge: FE2Bridge, state: FE2BridgeState) -> list[Mark]:
    """The most stressed point of each rung, then stressed points far from those."""
    size, where = np.linalg.norm(state.body.stress, axis=(1, 2)), bridge.model.space.positions
    parts = list(on_ladder(bridge.model.points, state.body.micro, np.arange(len(size))))
    chosen: list[Mark] = []
    for part in parts:
        for rung in np.unique(part.state.rung):
            there = np.flatnonzero(part.state.rung == rung)
            chosen.append((part, int(there[np.argmax(size[part.where[there]])])))
    chosen = sorted(chosen, key=lambda mark: -size[mark[0].where[mark[1]]])[:MARKS]
    others = [(part, int(k)) for part in parts for k in np.flatnonzero(size[part.where] > 0.3 * size.max())]
    while others and len(chosen) < MARKS:
        known = where[[part.where[k] for part, k in chosen]]
        places = where[[part.where[k] for part, k in others]]
        gap = np.linalg.norm(places[:, None] - known, axis=2).min(axis=1)
        if not gap.max() > 0.0:
            break
        chosen.append(others[int(np.argmax(gap))])
    return chosen


def _mark(bridge: FE2Bridge, state: FE2BridgeState, mark: Mark, factor: float) -> dict[str, Any] | None:
    """What the page shows of a point; None where its cell could not be solved in full."""
    from scalebridge.solids.rve import LoadPath

    part, k = mark
    space, own, number = bridge.model.space, part.state, int(part.where[k])
    kernel, axes = part.points.cells.kernel, part.frames[k]
    moved = np.einsum("eqa,eai->eqi", space.value, state.body.displacement[space.connectivity]).reshape(-1, 3)
    drive = training_rve(kernel).drive(LoadPath.strains(own.strains[:, k]), fields="last", tangent=False)
    if not drive.fields:
        return None
    cell = kernel.microstructure
    stress = _voxel_stress(drive.fields[len(own.strains) - 1]["stress"]) / 1e6
    mean = drive.stress[-1]
    scale = max(float(np.linalg.norm(state.body.stress, axis=(1, 2)).max()), np.finfo(float).tiny)
    error = float(np.linalg.norm(mean - axes.T @ state.body.stress[number] @ axes)) / scale
    shape = [*stress.shape, *[1] * (3 - stress.ndim)]
    high = float(np.quantile(stress, 0.999)) or 1.0
    text = (
        f"point {number}, {RUNGS[int(own.rung[k]) + 1]}. Mean stress {_mises(mean) / 1e6:.3g} MPa (von Mises), largest "
        f"in a voxel {stress.max():.3g} MPa. The ladder's stress differs from that of the cell in full by "
        f"{100 * error:.2g} % of the largest stress in the body."
    )
    scaled = np.clip(np.round(255 * stress / high), 0, 255)
    return {
        "at": (space.positions[number] + factor * moved[number]).tolist(),
        "text": text,
        "shape": shape,
        "fields": [
            {"title": "Micro-stress", "name": "von Mises stress / MPa", "low": 0.0, "high": high,
             "values": _packed(scaled, np.uint8)},
            {"title": "Phases", "name": "phase", "colours": list(PHASES), "low": 0.0, "high": 1.0,
             "labels": [f"phase {p}" for p in cell.phases],
             "values": _packed(np.searchsorted(cell.phases, cell.phase) % len(PHASES), np.uint8)},
        ],
    }  # fmt: skip


def _voxel_stress(stress: Floats) -> Floats:
    """Von Mises stress of stresses (3, 3, *shape)."""
    flat = stress.reshape(3, 3, -1).transpose(2, 0, 1)
    return von_mises(flat, len(flat)).reshape(stress.shape[2:])


def _mises(stress: Floats) -> float:
    return float(von_mises(stress[None], 1)[0])
