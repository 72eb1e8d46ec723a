"""Which variables the algebraic rules determine: a maximum matching of rules and variables."""

from __future__ import annotations

from typing import Any

import sympy as sp

from scalebridge.errors import InputError
from scalebridge.kinetics._definition import Definition


def determined(definition: Definition, taken: set[str]) -> dict[str, Any]:
    """Variables that the algebraic rules determine, with the rule of each.

    Args:
        definition: the model.
        taken: variables that something else determines.

    Raises:
        InputError: more rules than variables they could determine.
    """
    rules = [e for e in definition.algebraic if sp.sympify(e) != 0]
    if not rules:
        return {}
    jumped = {v for e in definition.events for v in e.assignments}
    free = {n for n, v in definition.variables.items() if not v.constant and n not in taken}
    names = [_names(definition, e) for e in rules]
    for candidates in (free - jumped, free):
        # variables without a stated value come first: someone has to give them one
        ordered = sorted(candidates, key=lambda n: (definition.variables[n].value is not None, n))
        found = _matching([[n for n in ordered if n in near] for near in names])
        if all(found):
            return {n: rule for n, rule in zip(found, rules, strict=True) if n}
    worst = definition.algebraic[found.index(None)] if None in found else definition.algebraic[0]
    raise InputError(
        f"The model is overdetermined: the algebraic rule 0 = {worst} has no variable left that it could determine. "
        "Make one of its variables non-constant, or drop the rule."
    )


def _names(definition: Definition, expression: Any) -> set[str]:
    """Every name an expression depends on, through assignment rules, reactions and sizes."""
    rates = {r.name: r.rate for r in definition.reactions}
    found: set[str] = set()
    left = [s.name for s in sp.sympify(expression).free_symbols]
    while left:
        name = left.pop()
        if name in found:
            continue
        found.add(name)
        behind = definition.assigned.get(name, rates.get(name))
        if behind is not None:
            left += [s.name for s in sp.sympify(behind).free_symbols]
        variable = definition.variables.get(name)
        if variable is not None and variable.compartment and not variable.substance:
            left.append(variable.compartment)
    return found


def _matching(neighbours: list[list[str]]) -> list[str | None]:
    """Kuhn's augmenting paths; the partner of each rule or None."""
    partner: dict[str, int] = {}

    def augment(rule: int, seen: set[str]) -> bool:
        for name in neighbours[rule]:
            if name in seen:
                continue
            seen.add(name)
            if name not in partner or augment(partner[name], seen):
                partner[name] = rule
                return True
        return False

    for rule in range(len(neighbours)):
        augment(rule, set())
    of: list[str | None] = [None] * len(neighbours)
    for name, rule in partner.items():
        of[rule] = name
    return of
