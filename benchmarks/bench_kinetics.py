"""Reaction networks: full runs against libRoadRunner, detection, and what a reduction saves."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks import Figure
from scalebridge.kinetics import Network, simulate_cells, simulate_counts, simulate_slow
from scalebridge.kinetics._simulate import Simulation

DATA = Path(os.environ.get("SCALEBRIDGE_REFERENCE_DATA", "../shared/data")) / "kinetics" / "models"
MODELS = (("ex_MAPK-HF96_np.xml", 100.0), ("pollu_np.xml", 60.0), ("ex_NF-kappaB_np.xml", 21600.0))
CELLS = 100_000
ISOMERS = "F1: S1->S2; c1*S1; F2: S2->S1; c2*S2; R: S2->S3; c3*S2; c1=1; c2=2; c3=5e-5; S1=1200; S2=600; S3=0"
VIRUS = """V+R->C; kon*V*R-koff*C; C->I; ki*C; I->R; kr*I;
G' = 0.1*ki*C + (0.5/3600)*G*(1-G/50)/(1+10*A) - (0.05/3600)*G; F' = (1/3600)*G/(1+G) - (0.1/3600)*F
A' = (0.5/3600)*F^2/(0.04+F^2) - (0.05/3600)*A
V=5; R=10; C=0; I=0; G=0; F=0; A=0; kon=0.066; koff=0.934; ki=1e-4; kr=2e-4"""


def run() -> Figure:
    """CPU seconds of each, ours and the other's."""
    rows = [*_full_runs(), *_detection(), *_counts(), *_explicit()]
    return Figure(
        title="Reaction networks",
        columns=("what", "ours", "other", "unit"),
        rows=rows,
        ratios={f"other / ours, {name}": other / ours for name, ours, other, _ in rows if other},
        notes="CPU seconds, fastest of several; compilation apart. Full runs: rtol 1e-8, 101 outputs, the "
        "other is libRoadRunner with absolute tolerance 1e-12. Counts: the other is our exact simulation. Explicit: "
        "the other is the full model under the same solver and tolerance.",
    )


def _best(work: Callable[[], object], repeat: int = 15) -> float:
    times = []
    for _ in range(repeat):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


def _full_runs() -> list[tuple[str, float, float, str]]:
    return [_full_run(name, end) for name, end in MODELS if (DATA / name).is_file()]


def _full_run(name: str, end: float) -> tuple[str, float, float, str]:
    import roadrunner

    network = Network.from_sbml(DATA / name)
    times = np.linspace(0.0, end, 101)
    network.simulate(times)
    runs = [Simulation(network.definition, cache=network._cache) for _ in range(15)]
    ours = min(_best(functools.partial(run.run, times), 1) for run in runs)
    other = roadrunner.RoadRunner(str(DATA / name))
    other.integrator.relative_tolerance = 1e-8
    other.integrator.absolute_tolerance = 1e-12
    theirs = []
    for _ in range(15):
        other.reset()
        theirs.append(_best(lambda: other.simulate(0.0, end, 101), 1))
    return f"full run, {name}", ours, min(theirs), "CPU s"


def _detection() -> list[tuple[str, float, float, str]]:
    rows = []
    networks = {"100 species": (_chain(100), np.r_[0.0, np.geomspace(0.1, 100.0, 10)])}
    if (DATA / MODELS[0][0]).is_file():
        networks["MAPK"] = (Network.from_sbml(DATA / MODELS[0][0]), np.r_[0.0, 0.1, np.linspace(10.0, 100.0, 10)])
    for name, (network, times) in networks.items():
        network.simulate(times)
        rows.append((f"detection, {name}", _best(functools.partial(network.timescales, times), 3), 0.0, "CPU s"))
    return rows


def _chain(size: int) -> Network:
    """Enzymes in a row with binding 1000 times faster than catalysis: `size` species, 2/3 `size` reactions."""
    lines = []
    for k in range(size // 4):
        lines.append(f"X{k}+E{k}->C{k}; 1000*X{k}*E{k}-1000*C{k}; C{k}->Y{k}+E{k}; C{k};")
        lines.append(f"Y{k}->X{(k + 1) % (size // 4)}; {0.1 + 0.01 * k}*Y{k};")
        lines.append(f"X{k}=1; E{k}=0.2; C{k}=0; Y{k}=0;")
    return Network.from_antimony("\n".join(lines))


def _counts() -> list[tuple[str, float, float, str]]:
    network = Network.from_antimony(ISOMERS)
    fast, times = ["F1", "F2"], [0.0, 400.0]
    simulate_counts(network, [0.0, 1.0])
    simulate_slow(network, fast, times, runs=2)
    full = _best(lambda: simulate_counts(network, times, runs=10), 3) / 10
    many, few = 200_000, 100_000  # the difference leaves the set-up out
    slow = _best(lambda: simulate_slow(network, fast, times, runs=many), 2)
    slow = (slow - _best(lambda: simulate_slow(network, fast, times, runs=few), 2)) / (many - few)
    return [("slow-scale counts, one run", slow, full, "CPU s")]


def _explicit() -> list[tuple[str, float, float, str]]:
    network = Network.from_antimony(VIRUS)
    reduced = network.reduce(["C"])
    times = [0.0, 172800.0]
    ours = float(simulate_cells(reduced, times, {}).evaluations[0])
    theirs = float(simulate_cells(network, times, {}).evaluations[0])
    rng = np.random.default_rng(0)
    values = {"V": 5.0 * rng.lognormal(0.0, 0.5, CELLS), "ki": 1e-4 * rng.lognormal(0.0, 0.3, CELLS)}
    cells = _best(lambda: simulate_cells(reduced, times, values), 2)
    return [
        ("explicit solver, virus x 100", ours, theirs, "rate evaluations"),
        (f"{CELLS} cells of the reduced virus, 48 h", cells, 0.0, "CPU s"),
    ]
