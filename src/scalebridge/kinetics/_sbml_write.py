"""A definition to SBML Level 3 Version 1, checked by libSBML."""

from __future__ import annotations

import html
from typing import Any

import libsbml as sb
import sympy as sp
from sympy.printing.str import StrPrinter

from scalebridge.errors import ScalebridgeError
from scalebridge.kinetics._definition import TIME, Definition, Event, Reaction, Variable
from scalebridge.kinetics._sbml_math import DELAY


class _Formula(StrPrinter):  # type: ignore[misc]
    """SymPy expressions in libSBML's formula language."""

    def _print_Symbol(self, e: Any) -> str:
        return "time" if e == TIME else str(e.name)

    def _print_Float(self, e: Any) -> str:
        return repr(float(e))

    def _print_Pow(self, e: Any, rational: bool = False) -> str:
        if e.exp == sp.Rational(1, 2):
            return f"sqrt({self._print(e.base)})"
        if e.exp.is_number and e.exp.is_negative:
            return f"(1/({self._print(sp.Pow(e.base, -e.exp))}))"
        return f"(({self._print(e.base)})^({self._print(e.exp)}))"

    def _print_Rational(self, e: Any) -> str:
        return f"({e.p}/{e.q})"

    def _print_Exp1(self, e: Any) -> str:
        return "exponentiale"

    def _print_Pi(self, e: Any) -> str:
        return "pi"

    def _print_Infinity(self, e: Any) -> str:
        return "INF"

    def _print_NaN(self, e: Any) -> str:
        return "NaN"

    def _print_log(self, e: Any) -> str:
        return f"ln({self._print(e.args[0])})"

    def _print_ceiling(self, e: Any) -> str:
        return f"ceil({self._print(e.args[0])})"

    def _print_Piecewise(self, e: Any) -> str:
        parts = []
        for value, condition in e.args:
            parts.append(self._print(value))
            if condition is not sp.true:
                parts.append(self._print(condition))
        return f"piecewise({', '.join(parts)})"

    def _print_Max(self, e: Any) -> str:
        return self._extreme(list(e.args), ">=")

    def _print_Min(self, e: Any) -> str:
        return self._extreme(list(e.args), "<=")

    def _extreme(self, arguments: list[Any], relation: str) -> str:
        first = self._print(arguments[0])
        if len(arguments) == 1:
            return str(first)
        rest = self._extreme(arguments[1:], relation)
        return f"piecewise({first}, ({first}) {relation} ({rest}), {rest})"

    def _print_Relational(self, e: Any) -> str:
        return f"(({self._print(e.lhs)}) {e.rel_op} ({self._print(e.rhs)}))"

    def _print_And(self, e: Any) -> str:
        return "(" + " && ".join(self._print(a) for a in e.args) + ")"

    def _print_Or(self, e: Any) -> str:
        return "(" + " || ".join(self._print(a) for a in e.args) + ")"

    def _print_Not(self, e: Any) -> str:
        return f"!({self._print(e.args[0])})"

    def _print_Xor(self, e: Any) -> str:
        return f"xor({', '.join(self._print(a) for a in e.args)})"

    def _print_BooleanTrue(self, e: Any) -> str:
        return "true"

    def _print_BooleanFalse(self, e: Any) -> str:
        return "false"

    def _print_Function(self, e: Any) -> str:
        name = {"Abs": "abs", DELAY.__name__: "delay", "asin": "arcsin", "acos": "arccos", "atan": "arctan"}.get(
            e.func.__name__, e.func.__name__
        )
        return f"{name}({', '.join(self._print(a) for a in e.args)})"


_PRINT = _Formula()


def formula(expression: Any) -> str:
    """An expression in libSBML's formula language."""
    return str(_PRINT.doprint(sp.sympify(expression)))


def _math(expression: Any) -> Any:
    text = formula(expression)
    node = sb.parseL3Formula(text)
    if node is None:
        raise ScalebridgeError(f"The expression '{text}' cannot be written as MathML: {sb.getLastParseL3Error()}")
    return node


def write(d: Definition) -> str:
    """SBML text of a definition.

    Raises:
        ScalebridgeError: libSBML finds it inconsistent.
    """
    document = sb.SBMLDocument(3, 1)
    model = document.createModel()
    model.setId(_identifier(d.name))
    for v in d.variables.values():
        _variable(model, v, d)
    for name, e in d.initial.items():
        a = model.createInitialAssignment()
        a.setSymbol(name)
        a.setMath(_math(e))
    for name, e in d.assigned.items():
        rule = model.createAssignmentRule()
        rule.setVariable(name)
        rule.setMath(_math(e))
    for name, e in d.rates.items():
        rate = model.createRateRule()
        rate.setVariable(name)
        rate.setMath(_math(e))
    for e in d.algebraic:
        model.createAlgebraicRule().setMath(_math(e))
    for r in d.reactions:
        _reaction(model, r, d)
    for event in d.events:
        _event(model, event)
    for condition, message in d.constraints:
        constraint = model.createConstraint()
        constraint.setMath(_math(condition))
        constraint.setMessage(f"<p xmlns='http://www.w3.org/1999/xhtml'>{html.escape(message)}</p>", True)
    _check(document)
    return str(sb.writeSBMLToString(document))


def _identifier(name: str) -> str:
    bare = "".join(c if c.isalnum() or c == "_" else "_" for c in name)
    return bare if bare and not bare[0].isdigit() else f"m_{bare}"


def _variable(model: Any, v: Variable, d: Definition) -> None:
    ruled = v.name in d.assigned
    constant = v.constant and not ruled and v.name not in d.rates
    if v.kind == "compartment":
        c = model.createCompartment()
        c.setId(v.name)
        c.setConstant(constant)
        c.setSpatialDimensions(3)
        if v.value is not None and not ruled:
            c.setSize(v.value)
    elif v.kind == "species":
        s = model.createSpecies()
        s.setId(v.name)
        s.setCompartment(v.compartment)
        s.setHasOnlySubstanceUnits(v.substance)
        s.setBoundaryCondition(v.boundary)
        s.setConstant(constant)
        if v.value is not None and not ruled:
            (s.setInitialAmount if v.amount else s.setInitialConcentration)(v.value)
        if v.conversion != 1:
            s.setConversionFactor(str(v.conversion))
    elif v.kind == "parameter":
        p = model.createParameter()
        p.setId(v.name)
        p.setConstant(constant)
        if v.value is not None and not ruled:
            p.setValue(v.value)


def _reaction(model: Any, r: Reaction, d: Definition) -> None:
    reaction = model.createReaction()
    reaction.setId(r.name)
    reaction.setFast(r.fast)
    reaction.setReversible(r.reversible)
    sides = (("reactant", r.reactants, reaction.createReactant), ("product", r.products, reaction.createProduct))
    for side, members, create in sides:
        for i, (name, count) in enumerate(members):
            reference = create()
            reference.setSpecies(name)
            _stoichiometry(model, reference, sp.sympify(count), d, f"{r.name}_{side}{i + 1}")
    known = {name for name, _ in (*r.reactants, *r.products)}
    for s in sorted(r.rate.free_symbols, key=str):
        if s != TIME and s.name not in known and model.getSpecies(s.name) is not None:
            reaction.createModifier().setSpecies(s.name)
    reaction.createKineticLaw().setMath(_math(r.rate))


def _stoichiometry(model: Any, reference: Any, count: Any, d: Definition, fresh: str) -> None:
    """A number, an identifier that something else sets, or (of Level 2) an expression, which becomes a rule."""
    v = d.variables.get(count.name) if count.is_Symbol else None
    if not count.free_symbols:
        reference.setConstant(True)
        reference.setStoichiometry(float(count))
    elif v is not None and v.kind == "stoichiometry":
        reference.setId(v.name)
        reference.setConstant(v.constant and v.name not in d.assigned and v.name not in d.rates)
        if v.value is not None and v.name not in d.assigned:
            reference.setStoichiometry(v.value)
    else:
        while model.getElementBySId(fresh) is not None:
            fresh += "_"
        reference.setId(fresh)
        reference.setConstant(False)
        rule = model.createAssignmentRule()
        rule.setVariable(fresh)
        rule.setMath(_math(count))


def _event(model: Any, e: Event) -> None:
    event = model.createEvent()
    event.setId(e.name)
    event.setUseValuesFromTriggerTime(e.at_trigger)
    trigger = event.createTrigger()
    trigger.setInitialValue(e.initial)
    trigger.setPersistent(e.persistent)
    trigger.setMath(_math(e.trigger))
    if e.delay is not None:
        event.createDelay().setMath(_math(e.delay))
    if e.priority is not None:
        event.createPriority().setMath(_math(e.priority))
    for name, value in e.assignments.items():
        a = event.createEventAssignment()
        a.setVariable(name)
        a.setMath(_math(value))


def _check(document: Any) -> None:
    document.setConsistencyChecks(sb.LIBSBML_CAT_UNITS_CONSISTENCY, False)
    document.setConsistencyChecks(sb.LIBSBML_CAT_MODELING_PRACTICE, False)
    document.checkConsistency()
    for i in range(document.getNumErrors()):
        error = document.getError(i)
        if error.getSeverity() >= sb.LIBSBML_SEV_ERROR:
            raise ScalebridgeError(f"The SBML written is not valid: {' '.join(error.getMessage().split())}")
