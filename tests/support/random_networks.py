"""Random mass-action networks with planted fast reactions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scalebridge.kinetics import Network


@dataclass(frozen=True)
class Planted:
    """A network and what was planted in it."""

    network: Network
    fast: tuple[str, ...]
    horizon: float


def planted_network(seed: int, speed: float = 300.0) -> Planted:
    """Reversible mass-action reactions between 4 to 8 species; one to three of them `speed` times faster."""
    rng = np.random.default_rng(seed)
    species = [f"X{i}" for i in range(int(rng.integers(4, 9)))]
    fast_count = int(rng.integers(1, 4))
    lines: list[str] = []
    changes: list[np.ndarray] = []
    while len(lines) < fast_count + len(species):
        left, right = _sides(rng, species)
        change = np.array([right.count(s) - left.count(s) for s in species])
        rank = np.linalg.matrix_rank(np.array([*changes[:fast_count], change]))
        if not change.any() or rank < min(len(changes), fast_count) + 1:
            continue  # slow reactions must not run along fast ones, or they could not be told apart
        k = len(lines)
        scale = speed if k < fast_count else 1.0
        forward, backward = scale * rng.uniform(0.3, 1.0, 2) / (1.0 if k < fast_count else 3.0)
        rate = f"{forward}*{'*'.join(left)} - {backward}*{'*'.join(right)}"
        lines.append(f"{'F' if k < fast_count else 'S'}{k}: {'+'.join(left)} -> {'+'.join(right)}; {rate};")
        changes.append(change)
    starts = " ".join(f"{s} = {rng.uniform(0.3, 2.0)};" for s in species)
    text = "\n".join([*lines, starts])
    return Planted(Network.from_antimony(text), tuple(f"F{k}" for k in range(fast_count)), 5.0)


def _sides(rng: np.random.Generator, species: list[str]) -> tuple[list[str], list[str]]:
    sizes = [(1, 1), (2, 1), (1, 2), (2, 2)][int(rng.integers(0, 4))]
    chosen = rng.choice(len(species), sum(sizes), replace=False)
    names = [species[i] for i in chosen]
    return names[: sizes[0]], names[sizes[0] :]


def planted_topology(kind: str, seed: int, speed: float = 300.0) -> Planted:
    """Networks of another make with known fast reactions.

    Args:
        kind: ``chain`` (fast pairs joined by slow steps), ``cycle`` (a fast triangle with a slow way in and out) or
            ``enzyme`` (two substrates bind one after the other, quickly, and turn over slowly).
        seed: of the rate constants and starts.
        speed: how much faster the fast ones are.
    """
    rng = np.random.default_rng([seed, len(kind)])

    def quick() -> float:
        return float(speed * rng.uniform(0.3, 1.0))

    def slow() -> float:
        return float(rng.uniform(0.1, 0.33))

    lines: list[str] = []
    if kind == "chain":
        pairs = int(rng.integers(2, 5))
        species = [f"X{i}" for i in range(2 * pairs)]
        for k in range(pairs):
            a, b = species[2 * k], species[2 * k + 1]
            lines.append(f"F{k}: {a} -> {b}; {quick()}*{a} - {quick()}*{b};")
            after = species[(2 * k + 2) % len(species)]
            lines.append(f"S{k}: {b} -> {after}; {slow()}*{b} - {slow()}*{after};")
        fast = tuple(f"F{k}" for k in range(pairs))
    elif kind == "cycle":
        species = ["X0", "X1", "X2", "X3"]
        for k in range(3):
            a, b = species[k], species[(k + 1) % 3]
            lines.append(f"F{k}: {a} -> {b}; {quick()}*{a} - {quick()}*{b};")
        lines.append(f"S0: X3 -> X0; {slow()}*X3 - {slow()}*X0*X0; S1: X1 -> ; {slow()}*X1; S2: -> X3; {slow()};")
        fast = ("F0", "F1", "F2")
    else:
        species = ["E", "A", "B", "EA", "EAB", "P"]
        lines.append(f"F0: E + A -> EA; {quick()}*E*A - {quick()}*EA;")
        lines.append(f"F1: EA + B -> EAB; {quick()}*EA*B - {quick()}*EAB;")
        lines.append(f"S0: EAB -> E + P; {slow()}*EAB; S1: P -> A + B; {0.1 * slow()}*P;")
        fast = ("F0", "F1")
    starts = " ".join(f"{s} = {0.0 if s in ('EA', 'EAB', 'P') else rng.uniform(0.3, 2.0)};" for s in species)
    return Planted(Network.from_antimony("\n".join([*lines, starts])), fast, 5.0)
