"""Random SBML models with reactions marked as fast, and everything else that SBML allows around them."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import sympy as sp

from scalebridge.kinetics._definition import TIME, Definition, Event, Reaction, Variable
from scalebridge.kinetics._definition import symbol as s

ONE = sp.Integer(1)


def with_finite_rates(model: Definition, speed: int) -> Definition:
    """The same model, with fast reactions made ordinary ones that are `speed` times quicker."""
    reactions = tuple(replace(r, fast=False, rate=speed * r.rate) if r.fast else r for r in model.reactions)
    return replace(model, reactions=reactions)


def random_fast_model(seed: int) -> Definition:
    """One to three fast mass-action reactions with slow ones, rules, events, sizes, factors and stoichiometries."""
    return _Maker(random.Random(seed)).make()


class _Maker:
    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.v: dict[str, Variable] = {}
        self.assigned: dict[str, Any] = {}
        self.rates: dict[str, Any] = {}
        self.initial: dict[str, Any] = {}
        self.species: list[str] = []

    def number(self, low: float, high: float) -> Any:
        return sp.Float(round(self.dice.uniform(low, high), 3))

    def chance(self, share: float) -> bool:
        return self.dice.random() < share

    def parameter(self, name: str, value: Any, *, constant: bool = True) -> Any:
        self.v[name] = Variable(name, "parameter", None if value is None else float(value), constant)
        return s(name)

    def make(self) -> Definition:
        self.compartments()
        self.make_species()
        fast = tuple(self.fast_reaction(k) for k in range(self.dice.choice([1, 1, 2, 3])))
        slow = tuple(self.slow_reaction(k) for k in range(self.dice.choice([0, 1, 2])))
        if self.chance(0.3):
            self.parameter("total", None, constant=False)
            self.assigned["total"] = sum((s(x) for x in self.species), sp.Integer(0))
        if self.chance(0.3):
            self.parameter("p", self.number(0, 1), constant=False)
            self.rates["p"] = sp.Float(0.3) * s(self.dice.choice(self.species)) - sp.Float(0.2) * s("p")
        if self.chance(0.2):
            self.parameter("q", self.number(0.5, 2))
            self.initial[self.dice.choice(self.species)] = 1 + s("q")
        events = tuple(e for e in (self.event(k) for k in range(self.dice.choice([0, 1, 1, 2]))) if e.assignments)
        return Definition("random", self.v, fast + slow, self.assigned, self.rates, (), self.initial, events)

    def compartments(self) -> None:
        for name in ["c1"] if self.chance(0.6) else ["c1", "c2"]:
            self.v[name] = Variable(name, "compartment", float(self.number(0.5, 2)))
        kind = self.dice.random()
        if kind < 0.15:
            self.v["c1"] = replace(self.v["c1"], constant=False)
            self.rates["c1"] = sp.Float(0.1) * s("c1")
        elif kind < 0.3:
            self.v["c1"] = replace(self.v["c1"], constant=False, value=None)
            self.assigned["c1"] = 1 + sp.Float(0.1) * TIME

    def make_species(self) -> None:
        places = [n for n, v in self.v.items() if v.kind == "compartment"]
        if self.chance(0.25):
            self.parameter("factor", self.number(0.5, 3))
        for k in range(self.dice.randint(3, 5)):
            name = f"X{k}"
            conversion = s("factor") if "factor" in self.v and self.chance(0.6) else ONE
            self.v[name] = Variable(
                name, "species", float(self.number(0.2, 3)) if self.chance(0.8) else 0.0, False,
                self.dice.choice(places), self.chance(0.3), self.chance(0.07), self.chance(0.5), conversion,
            )  # fmt: skip
            self.species.append(name)

    def constant(self, name: str) -> Any:
        kind = self.dice.random()
        if kind < 0.12:
            self.rates[name] = self.number(0.05, 0.3)
            return self.parameter(name, self.number(0.5, 2), constant=False)
        if kind < 0.3:
            step = sp.Piecewise((sp.Float(1.5), sp.Float(2.3) > TIME), (sp.Float(0.4), True))
            self.assigned[name] = 1 + sp.Float(0.2) * TIME if kind < 0.24 else step
            return self.parameter(name, None, constant=False)
        return self.parameter(name, self.number(0.3, 3))

    def count(self, name: str, value: int) -> Any:
        """A stoichiometry: a number, or an identifier with a value, an initial assignment, a rule or a rate."""
        kind = self.dice.random()
        if kind > 0.4:
            return sp.Integer(value)
        own = kind < 0.2 or kind > 0.35
        constant = kind < 0.28
        self.v[name] = Variable(name, "stoichiometry", float(value) if own else None, constant)
        if 0.2 <= kind < 0.28:
            self.initial[name] = sp.Integer(value)
        elif 0.28 <= kind <= 0.35:
            self.assigned[name] = value + sp.Float(0.1) * TIME
        elif kind > 0.35:
            self.rates[name] = sp.Float(0.1)
        return s(name)

    def fast_reaction(self, k: int) -> Reaction:
        a, b, c = self.dice.sample(self.species, 3)
        up, down = self.constant(f"up{k}"), self.parameter(f"down{k}", self.number(0.3, 3))
        n, m = self.count(f"n{k}", 1), self.count(f"m{k}", 1)
        left, right, rate = self.dice.choice([
            (((a, n),), ((b, m),), up * s(a) - down * s(b)),
            (((a, n), (b, ONE)), ((c, m),), up * s(a) * s(b) - down * s(c)),
            (((a, sp.Integer(2)),), ((b, m),), up * s(a) ** 2 - down * s(b)),
            (((a, n),), ((b, m),), up * s(a)),
            (((a, ONE), (c, ONE)), ((b, ONE), (c, ONE)), (up * s(a) - down * s(b)) * s(c)),
        ])  # fmt: skip
        used = {str(number) for _, number in (*left, *right)}
        for name in {f"n{k}", f"m{k}"} - used:
            for table in (self.v, self.assigned, self.rates, self.initial):
                table.pop(name, None)  # type: ignore[attr-defined]
        size = s(self.v[a].compartment) if self.chance(0.5) else ONE
        return Reaction(f"F{k}", left, right, size * rate, True)

    def slow_reaction(self, k: int) -> Reaction:
        a, b = self.dice.sample(self.species, 2)
        rate = self.parameter(f"slow{k}", self.number(0.1, 0.6))
        left, right, rate = self.dice.choice([
            (((a, ONE),), ((b, ONE),), rate * s(a)), ((), ((b, ONE),), rate), (((a, ONE),), (), rate * s(a)),
        ])  # fmt: skip
        return Reaction(f"R{k}", left, right, rate)

    def event(self, k: int) -> Event:
        x = self.dice.choice(self.species)
        later = self.number(0.5, 4.5) < TIME
        # what is triggered within the initial layer has no limit: only later
        trigger = later if self.chance(0.7) else sp.And(s(x) < self.number(0.1, 0.5), sp.Float(0.4) < TIME)
        new: dict[str, Any] = {}
        for _ in range(self.dice.choice([1, 1, 2])):
            y = self.dice.choice(self.species)
            loose = [n for n in self.v if n.startswith(("up", "n", "m")) and n not in {*self.assigned, *self.rates}]
            kind = self.dice.random()
            if kind < 0.6 or not loose:
                new[y] = s(y) + self.number(0.2, 1.5) if kind < 0.4 else self.number(0.2, 2)
            elif kind < 0.7 and "c1" not in self.assigned:
                self.v["c1"] = replace(self.v["c1"], constant=False)
                new["c1"] = s("c1") * self.number(0.5, 2)
            else:
                name = self.dice.choice(loose)
                self.v[name] = replace(self.v[name], constant=False)
                new[name] = sp.Integer(self.dice.choice([1, 2, 3]))
        delay = self.number(0.1, 0.7) if self.chance(0.2) else None
        return Event(f"E{k}", trigger, new, True, True, delay, None, self.chance(0.7))
