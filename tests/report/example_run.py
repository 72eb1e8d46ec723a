"""A run folder as `scalebridge run` leaves it, made up but realistic, for the tests of the report."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np

from scalebridge.ledger import Entry, Verdict

COLUMNS = ("quantity", "unit", "fine", "coarse", "scale", "mismatch", "allowed", "relation", "severity", "verdict",
           "where", "when")  # fmt: skip

STUDY = """\
# Transverse stiffness of a carbon/epoxy ply
title = "Transverse response of a carbon/epoxy ply"
bridge = "homogenization"
seed = 20240611

[microstructure]
image = "section.png"
size = ["64 um", "64 um"]
thresholds = [118]
names = { 0 = "matrix", 1 = "fibre" }

[laws.matrix]
kind = "j2"
youngs_modulus = "3.76 GPa"
poisson_ratio = 0.39
yield_stress = "62 MPa"
hardening = { kind = "saturation", saturation_stress = "104 MPa", rate = 42.0 }

[laws.fibre]
kind = "transversely_isotropic"
longitudinal_modulus = "232 GPa"
transverse_modulus = "15 GPa"
major_poisson_ratio = 0.28
transverse_poisson_ratio = 0.49
longitudinal_shear_modulus = "24 GPa"

[rve]
boundary = "periodic"
element = "reduced"
tolerance = 1e-6

[[load]]
name = "transverse tension"
strain = { "22" = 0.03 }
increments = 40

[[load]]
name = "longitudinal shear"
strain = { "12" = 0.02 }
increments = 40

[rve_study]
sizes = ["16 um", "24 um", "32 um", "48 um"]
realisations = 8
precision = "2 %"
"""

METHODS = """\
The effective behaviour was computed on a periodic representative volume element of 256 × 256 voxels. Equilibrium was
solved with trilinear displacement elements with one-point integration, preconditioned by the inverted stiffness of a
homogeneous reference medium [1, 2], with Newton's method and the consistent tangent of the radial return [3].

Macroscopic and averaged microscopic work were compared at every increment [2]. The size of the representative volume
was judged with the variance law and the integral range of Kanit et al. [4], between Hashin-Shtrikman bounds [5].
"""

CITATIONS = [
    (
        "Ladecký, M., Leute, R. J., Falsafi, A., et al. (2023). An optimal preconditioned FFT-accelerated finite "
        "element solver for homogenization. Applied Mathematics and Computation 446, 127835",
        "10.1016/j.amc.2023.127835",
        "the preconditioned finite element solver",
    ),
    (
        "Hill, R. (1963). Elastic properties of reinforced solids: some theoretical principles. Journal of the "
        "Mechanics and Physics of Solids 11, 357–372",
        "10.1016/0022-5096(63)90036-X",
        "the condition of equal work",
    ),
    (
        "Simo, J. C. & Taylor, R. L. (1985). Consistent tangent operators for rate-independent elastoplasticity. "
        "Computer Methods in Applied Mechanics and Engineering 48, 101–118",
        "10.1016/0045-7825(85)90070-2",
        "the algorithmic tangent",
    ),
    (
        "Kanit, T., Forest, S., Galliet, I., Mounoury, V. & Jeulin, D. (2003). Determination of the size of the "
        "representative volume element for random composites. "
        "International Journal of Solids and Structures 40, 3647–3679",
        "10.1016/S0020-7683(03)00143-4",
        "the size study",
    ),
    ("Hashin, Z. & Shtrikman, S. (1963). A variational approach to the theory of multiphase materials", "", "bounds"),
]


def entries(rng: np.random.Generator, increments: int) -> list[Entry]:
    """Posts of two loads and a size study."""
    posts = []
    for i in range(1, increments + 1):
        work = 2.1e5 * (i / increments) ** 1.4
        for load in ("transverse tension", "longitudinal shear"):
            off = work * 10.0 ** rng.normal(-10.2, 0.5)
            posts.append(Entry("Hill-Mandel work", "J/m^3", work + off, work, work, 1e-8, load, float(i)))
        strain = 0.03 * i / increments
        off = 0.0 if i % 7 == 0 else strain * 10.0 ** rng.normal(-13.0, 0.6)
        posts.append(Entry("average strain", "1", strain + off, strain, strain, 1e-8, "transverse tension", float(i)))
    for size in (16, 24, 32, 48):
        for realisation in range(8):
            lower, upper = np.sort(rng.normal(9.4, 12.0 / size, 2))
            posts.append(
                Entry("SUBC <= PBC", "Pa", lower * 1e9, upper * 1e9, 9.4e9, 1e-6,
                      f"realisation {realisation}, size {size} µm", float(size), "<=", Verdict.WARNS)
            )  # fmt: skip
    posts.append(
        Entry("SUBC <= PBC", "Pa", 9.41e9, 9.40e9, 9.4e9, 1e-6, "realisation 8, size 48 µm", 48.0, "<=", Verdict.WARNS)
    )
    return posts


def write_ledger(path: Path, posts: list[Entry]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream)
        rows.writerow(COLUMNS)
        for e in posts:
            values = (e.quantity, e.unit, e.fine, e.coarse, e.scale, e.mismatch, e.allowed, e.relation)
            rows.writerow((*values, e.severity.value, e.verdict.value, e.where, e.when))


def make_example_run(
    folder: Path, *, finished: bool = True, verdict: str = "warns", with_time: bool = False, increments: int = 40
) -> Path:
    """Write an example run into `folder`.

    Args:
        folder: made if it is missing.
        finished: whether the run came to its end; otherwise it looks as after ``kill -9``.
        verdict: verdict of the certificate.
        with_time: whether the models have time scales.
        increments: increments per load; the ledger has about three times as many entries.
    """
    rng = np.random.default_rng(7)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    write_ledger(folder / "ledger.csv", entries(rng, increments))
    _write_json(folder / "provenance.json", _provenance(finished))
    _write_json(folder / "scales.json", _scales(with_time))
    _write_json(folder / "failures.json", _failures())
    if finished:
        _write_json(folder / "summary.json", _summary(verdict))
        citations = [{"text": text, "doi": doi, "used_for": use} for text, doi, use in CITATIONS]
        _write_json(folder / "methods.json", {"methods": METHODS, "citations": citations})
        _write_pictures(folder / "pictures", rng)
    return folder


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False), encoding="utf-8")


def _provenance(finished: bool) -> dict[str, object]:
    return {
        "scalebridge": "0.1.0",
        "python": "3.11.7",
        "packages": {"numpy": "2.4.6", "scipy": "1.17.1", "jax": "0.10.2", "numba": "0.68.1", "xarray": "2026.9.0"},
        "machine": {"system": "Linux 6.1", "processor": "x86_64", "processors": 2, "memory": "8.2 GB"},
        "command": "scalebridge run examples/fibre_composite/study.toml --folder runs/demo",
        "seed": 20240611,
        "started": "2026-11-22T09:30:12+00:00",
        "finished": "2026-11-22T09:32:26+00:00" if finished else None,
        "inputs": {"study.toml": "9f2b" * 16, "section.png": "03ac" * 16},
        "wall_seconds": 134.2 if finished else None,
        "cpu_seconds": 241.7 if finished else None,
    }


def _scales(with_time: bool) -> dict[str, object]:
    fine = {"name": "voxel finite elements", "side": "fine", "length": [2.5e-7, 6.4e-5], "unknowns": 196608}
    coarse = {"name": "laminate", "side": "coarse", "length": [1.25e-4, 0.25], "unknowns": 0}
    separations = [
        (
            "RVE size / fibre diameter",
            9.1,
            10.0,
            4.0,
            "warns",
            "A section with few fibres scatters (Kanit et al. 2003).",
        ),
        ("ply thickness / RVE size", 1.95, 1.0, 0.5, "holds", "The ply must hold at least one representative volume."),
        ("fibre diameter / voxel size", 28.0, 8.0, 4.0, "holds", "Coarse voxels stiffen the interface."),
    ]
    return {
        "scales": [
            {**fine, "time": [1e-9, 2e-6] if with_time else None, "seconds_per_step": 0.43},
            {**coarse, "time": [1e-4, 3600.0] if with_time else None, "seconds_per_step": None},
        ],
        "separations": [
            {"name": name, "value": value, "trusted": trusted, "warned": warned, "verdict": verdict, "why": why}
            for name, value, trusted, warned, verdict, why in separations
        ],
        "brute_force": {
            "name": "every fibre of the part resolved",
            "seconds": 4.1e10,
            "memory": 7.7e14,
            "basis": "voxels of the part times the measured cost per voxel",
        },
        "bridge": {
            "name": "this bridge",
            "seconds": 228.0,
            "memory": 4.1e8,
            "basis": "80 increments of 0.43 s on 2 cores",
        },
    }


def _summary(verdict: str) -> dict[str, object]:
    def headline(value: float | None, unit: str, label: str, error: float | None = None) -> dict[str, object]:
        return {"value": value, "unit": unit, "label": label, "error": error}

    lines = [
        ("Hill-Mandel work", "balance", 1.9e-9, 1e-8, "holds", 80, ""),
        ("average strain", "balance", 0.0, 1e-8, "holds", 40, ""),
        ("SUBC <= PBC", "balance", 0.0 if verdict == "holds" else 1.06e-3, 1e-6, verdict, 33,
         "A violation means that a solve stopped too early."),
        ("RVE size / fibre diameter", "separation", 12.8 if verdict == "holds" else 9.1, 10.0,
         "holds" if verdict == "holds" else "warns", None, "Kanit et al. (2003)."),
        ("ply thickness / RVE size", "separation", 1.95, 1.0, "holds", None, ""),
        ("fibre diameter / voxel size", "separation", 28.0, 8.0, "holds", None, ""),
    ]  # fmt: skip
    keys = ("name", "kind", "value", "allowed", "verdict", "count", "why")
    return {
        "bridge": "homogenization",
        "title": "Transverse response of a carbon/epoxy ply",
        "state": "finished",
        "headlines": {
            "youngs_modulus_2": headline(9.384e9, "Pa", "Transverse Young's modulus E₂", 0.071e9),
            "youngs_modulus_1": headline(1.4163e11, "Pa", "Longitudinal Young's modulus E₁", 0.43e9),
            "shear_modulus_12": headline(5.12e9, "Pa", "In-plane shear modulus G₁₂", 0.048e9),
            "poisson_ratio_12": headline(0.3217, "1", "Major Poisson's ratio ν₁₂", 0.0021),
            "fibre_fraction": headline(0.601, "1", "Fibre volume fraction"),
            "rve_size": headline(4.2e-5, "m", "RVE size for 2 % precision", None),
            "strength": headline(None, "Pa", "Transverse strength (not reached)"),
        },
        "certificate": {"verdict": verdict, "lines": [dict(zip(keys, line, strict=True)) for line in lines]},
    }


def _failures() -> list[dict[str, object]]:
    return [
        {
            "where": "realisation 4, size 48 µm, SUBC",
            "reason": "Newton's method did not converge at increment 31 after 6 halvings of the step.",
            "inputs": {"size": 4.8e-05, "boundary": "subc", "seed": [20240611, 4], "tolerance": 1e-06},
        }
    ]


def _write_pictures(folder: Path, rng: np.random.Generator) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "microstructure.png").write_bytes(_section(rng))
    (folder / "response.svg").write_bytes(_response())
    texts = [
        ("microstructure", "png", "Segmented section", "Fibres (dark) in the matrix (light); the section is periodic."),
        ("response", "svg", "Stress-strain curves", "Average stress against average strain for both loads. The "
         "onset of yielding in the matrix is near 0.6 %."),
    ]  # fmt: skip
    records = [
        {"name": name, "kind": kind, "title": title, "caption": caption, "file": f"{name}.{kind}"}
        for name, kind, title, caption in texts
    ]
    _write_json(folder / "pictures.json", records)


def _section(rng: np.random.Generator) -> bytes:
    from PIL import Image

    x = np.arange(320)
    field = np.full((320, 320), 226.0)
    for cx, cy in rng.uniform(0, 320, (60, 2)):
        dx, dy = (np.abs((x - c + 160) % 320 - 160) for c in (cx, cy))
        field[(dx[:, None] ** 2 + dy[None, :] ** 2) < 17.0**2] = 62.0
    stream = io.BytesIO()
    Image.fromarray((field + rng.normal(0, 8, field.shape)).clip(0, 255).astype(np.uint8)).save(stream, "png")
    return stream.getvalue()


def _response() -> bytes:
    points = {"transverse tension": (9.4e3, 88.0, "#1d5482"), "longitudinal shear": (5.1e3, 64.0, "#b06a1f")}
    curves = []
    for row, (name, (modulus, limit, colour)) in enumerate(points.items()):
        strain = np.linspace(0.0, 0.03, 60)
        stress = limit * np.tanh(modulus * strain / limit)
        path = " ".join(f"{60 + 15000 * e:.1f},{300 - 2.6 * s:.1f}" for e, s in zip(strain, stress, strict=True))
        curves.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        curves.append(f'<text x="360" y="{200 + 22 * row}" fill="{colour}">{name}</text>')
    frame = (
        '<path d="M60 30V300H560" fill="none" stroke="#22262b"/><text x="390" y="330">average strain (0 to 3 %)</text>'
    )
    size = 'viewBox="0 0 600 345" width="600" height="345"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="14">'
    return f'{head}{frame}<text x="66" y="26">average stress (0 to 100 MPa)</text>{"".join(curves)}</svg>'.encode()
