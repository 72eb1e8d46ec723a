"""A reaction network as it is written down: variables, reactions, rules, events. Nothing is solved here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import sympy as sp

_ONE = sp.Integer(1)
TIME = sp.Symbol("time()", real=True)


def symbol(name: str) -> Any:
    """The symbol of an identifier."""
    return sp.Symbol(name, real=True)


@dataclass(frozen=True)
class Variable:
    """Anything that has a value: a compartment, a species, a parameter, the stoichiometry of a reference.

    Attributes:
        name: identifier.
        kind: what it is.
        value: stated initial value, None where there is none.
        constant: whether it never changes.
        compartment: of a species.
        substance: whether the symbol of a species stands for its amount, otherwise its concentration.
        boundary: whether reactions leave a species alone.
        amount: whether `value` is an amount.
        conversion: expression of the species' conversion factor from extent to amount.
    """

    name: str
    kind: Literal["compartment", "species", "parameter", "stoichiometry"]
    value: float | None = None
    constant: bool = True
    compartment: str = ""
    substance: bool = False
    boundary: bool = False
    amount: bool = True
    conversion: Any = _ONE


@dataclass(frozen=True)
class Reaction:
    """One reaction.

    Attributes:
        name: identifier.
        reactants: (species, stoichiometry).
        products: (species, stoichiometry).
        rate: extent per time.
        fast: whether it is at equilibrium at all times.
    """

    name: str
    reactants: tuple[tuple[str, Any], ...]
    products: tuple[tuple[str, Any], ...]
    rate: Any
    fast: bool = False
    reversible: bool = True


@dataclass(frozen=True)
class Event:
    """A jump, as SBML Level 3 means it.

    Attributes:
        name: identifier.
        trigger: condition; the event happens when it becomes true.
        assignments: new values by variable.
        initial: value of the trigger before the start.
        persistent: whether a delayed event happens although its trigger is false again.
        delay: time between trigger and jump; None for at once.
        priority: order of events at one time; None for any.
        at_trigger: whether new values are computed when triggered.
    """

    name: str
    trigger: Any
    assignments: Mapping[str, Any]
    initial: bool = True
    persistent: bool = True
    delay: Any = None
    priority: Any = None
    at_trigger: bool = True


@dataclass(frozen=True)
class Definition:
    """A whole model.

    Attributes:
        name: of the model.
        variables: by identifier.
        reactions: in order.
        assigned: assignment rules.
        rates: rate rules.
        algebraic: expressions that are zero at all times.
        initial: initial assignments.
        events: jumps.
        constraints: (condition, message) to report when false.
        notes: what the reader should know of the reading.
    """

    name: str
    variables: Mapping[str, Variable]
    reactions: tuple[Reaction, ...] = ()
    assigned: Mapping[str, Any] = field(default_factory=dict)
    rates: Mapping[str, Any] = field(default_factory=dict)
    algebraic: tuple[Any, ...] = ()
    initial: Mapping[str, Any] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    constraints: tuple[tuple[Any, str], ...] = ()
    notes: tuple[str, ...] = ()
