"""SBML, levels 1 to 3, to a definition; what cannot be honoured is refused in words."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import libsbml as sb
import sympy as sp

from scalebridge.errors import InputError
from scalebridge.kinetics._definition import Definition, Event, Reaction, Variable, symbol
from scalebridge.kinetics._sbml_math import Reader, truth

_CORE = "http://www.sbml.org/sbml/level"
_NAMESPACES = {
    ("1", "1"): f"{_CORE}1", ("1", "2"): f"{_CORE}1", ("2", "1"): f"{_CORE}2",
    **{("2", str(v)): f"{_CORE}2/version{v}" for v in range(2, 6)},
    **{("3", str(v)): f"{_CORE}3/version{v}/core" for v in (1, 2)},
}  # fmt: skip
_HARMLESS = {"layout", "render", "groups", "l3v2extendedmath", "annot", "annotation", "html"}


def read_file(path: str | Path) -> Definition:
    """Definition from a file.

    Raises:
        InputError: no such file, broken XML, not SBML, invalid SBML, or a package that changes the mathematics.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"There is no SBML file at '{path}'.")
    with path.open("rb") as file:
        _refuse_version(file.read(100_000).decode("latin-1"), path.name)
    return _read(sb.readSBMLFromFile(str(path)), path.name)


def read_text(text: str) -> Definition:
    """Definition from SBML text; raises as `read_file`."""
    _refuse_version(text[:100_000], "SBML text")
    return _read(sb.readSBMLFromString(text), "SBML text")


def _refuse_version(text: str, where: str) -> None:
    """Levels and versions that do not exist end the whole process inside libSBML, so they are looked at before."""
    tag = re.search(r"<(?:\w+:)?sbml\b[^>]*>", text)
    if tag is None:
        return
    stated = dict(re.findall(r"\b(level|version)\s*=\s*[\"']([^\"']*)[\"']", tag.group()))
    pair = stated.get("level", ""), stated.get("version", "")
    namespace = _NAMESPACES.get(pair)
    if namespace is None:
        raise InputError(
            f"{where}: there is no SBML level '{pair[0]}', version '{pair[1]}'; known are levels 1 (versions 1, 2), 2 "
            "(1 to 5) and 3 (1, 2). Mend the first element of the file."
        )
    named = re.findall(r"xmlns(?::\w+)?\s*=\s*[\"']([^\"']*)[\"']", tag.group())
    if namespace not in named:
        raise InputError(
            f"{where}: SBML level {pair[0]}, version {pair[1]}, belongs to the namespace '{namespace}', which the "
            "first element of the file does not name."
        )


def _read(document: Any, where: str) -> Definition:
    _refuse_errors(document, where)
    _packages(document, where)
    model = document.getModel()
    if model is None:
        raise InputError(f"{where}: the file holds no model.")
    reader = Reader()
    _functions(model, reader, where)
    variables = _variables(model)
    reactions = tuple(_reaction(r, reader, variables, where) for r in model.getListOfReactions())
    assigned: dict[str, Any] = {}
    rates: dict[str, Any] = {}
    algebraic: list[Any] = []
    for rule in model.getListOfRules():
        if not rule.isSetMath():
            continue
        math = reader(rule.getMath())
        if rule.isAlgebraic():
            algebraic.append(math)
        else:
            (rates if rule.isRate() else assigned)[rule.getVariable()] = math
    for name in (*assigned, *rates):
        if name not in variables:
            raise InputError(f"{where}: a rule sets '{name}', which the model does not define.")
    initial = {a.getSymbol(): reader(a.getMath()) for a in model.getListOfInitialAssignments() if a.isSetMath()}
    events = tuple(_event(i, e, reader) for i, e in enumerate(model.getListOfEvents()) if e.isSetTrigger())
    for event in (e for e in events if e is not None):
        for name in event.assignments:
            if name not in variables:
                raise InputError(f"{where}: event '{event.name}' sets '{name}', which the model does not define.")
    constraints = tuple(
        (truth(reader(c.getMath())), _message(c, i))
        for i, c in enumerate(model.getListOfConstraints())
        if c.isSetMath()
    )
    return Definition(
        model.getId() or model.getName() or where, variables, reactions, assigned, rates, tuple(algebraic), initial,
        tuple(e for e in events if e is not None), constraints,
    )  # fmt: skip


def _refuse_errors(document: Any, where: str) -> None:
    severe = [
        document.getError(i)
        for i in range(document.getNumErrors())
        if document.getError(i).getSeverity() >= sb.LIBSBML_SEV_ERROR
        and document.getError(i).getErrorId() != sb.MissingXMLEncoding
    ]
    if severe:
        first = severe[0]
        message = " ".join(first.getMessage().split())
        raise InputError(f"{where}, line {first.getLine()}: {message} ({len(severe)} error(s) in all; mend the file.)")


def _packages(document: Any, where: str) -> None:
    names = [document.getPlugin(i).getPackageName() for i in range(document.getNumPlugins())]
    unknown = (
        [
            document.getUnknownPackagePrefix(i) if hasattr(document, "getUnknownPackagePrefix") else "unknown"
            for i in range(document.getNumUnknownPackages())
        ]
        if hasattr(document, "getNumUnknownPackages")
        else []
    )
    for name in [*names, *unknown]:
        if name in _HARMLESS or name == "comp":
            continue
        if not document.getPackageRequired(name):
            continue
        raise InputError(
            f"{where}: the model requires the SBML package '{name}', which changes what the model means and is not "
            "supported. Export the model without it."
        )
    if "comp" in names:
        properties = sb.ConversionProperties()
        properties.addOption("flatten comp", True)
        properties.addOption("performValidation", False)
        properties.addOption("leavePorts", False)
        if document.convert(properties) != sb.LIBSBML_OPERATION_SUCCESS:
            raise InputError(f"{where}: the submodels (SBML package 'comp') could not be joined into one model.")


def _functions(model: Any, reader: Reader, where: str) -> None:
    left = [f for f in model.getListOfFunctionDefinitions() if f.isSetMath()]
    while left:
        stuck: list[Any] = []
        for f in left:
            try:
                reader.define(f.getId(), f.getMath())
            except InputError:
                stuck.append(f)
        if len(stuck) == len(left):
            reader.define(left[0].getId(), left[0].getMath())
            raise InputError(f"{where}: the function '{left[0].getId()}' cannot be read.")
        left = stuck


def _variables(model: Any) -> dict[str, Variable]:
    found: dict[str, Variable] = {}
    for c in model.getListOfCompartments():
        size = c.getSize() if c.isSetSize() else (1.0 if model.getLevel() == 1 else None)
        found[c.getId()] = Variable(c.getId(), "compartment", size, c.getConstant())
    points = {
        c.getId() for c in model.getListOfCompartments()
        if (c.isSetSpatialDimensions() or c.getLevel() < 3) and c.getSpatialDimensionsAsDouble() == 0.0
    }  # fmt: skip
    for s in model.getListOfSpecies():
        conversion = s.getConversionFactor() or model.getConversionFactor()
        amount = not s.isSetInitialConcentration()
        value = s.getInitialAmount() if s.isSetInitialAmount() else None
        if not amount:
            value = s.getInitialConcentration()
        found[s.getId()] = Variable(
            s.getId(), "species", value, s.getConstant(), s.getCompartment(),
            s.getHasOnlySubstanceUnits() or s.getCompartment() in points, s.getBoundaryCondition(), amount,
            symbol(conversion) if conversion else sp.Integer(1),
        )  # fmt: skip
    for p in model.getListOfParameters():
        found[p.getId()] = Variable(p.getId(), "parameter", p.getValue() if p.isSetValue() else None, p.getConstant())
    return found


def _reaction(r: Any, reader: Reader, variables: dict[str, Variable], where: str) -> Reaction:
    law = r.getKineticLaw()
    local: dict[str, str] = {}
    if law is not None:
        for p in (*law.getListOfParameters(), *law.getListOfLocalParameters()):
            local[p.getId()] = name = f"{r.getId()}__{p.getId()}"
            variables[name] = Variable(name, "parameter", p.getValue() if p.isSetValue() else None)
    rate = reader(law.getMath(), local) if law is not None and law.isSetMath() else sp.Integer(0)
    sides = []
    for references in (r.getListOfReactants(), r.getListOfProducts()):
        side = []
        for reference in references:
            if reference.getSpecies() not in variables:
                raise InputError(
                    f"{where}: reaction '{r.getId()}' names the species '{reference.getSpecies()}', "
                    "which the model does not define."
                )
            side.append((reference.getSpecies(), _stoichiometry(reference, reader, variables)))
        sides.append(tuple(side))
    fast = bool(r.getFast()) if r.isSetFast() else False
    return Reaction(r.getId(), sides[0], sides[1], rate, fast, r.getReversible())


def _stoichiometry(reference: Any, reader: Reader, variables: dict[str, Variable]) -> Any:
    if reference.isSetStoichiometryMath() and reference.getStoichiometryMath().isSetMath():
        return reader(reference.getStoichiometryMath().getMath())
    stated = reference.isSetStoichiometry() or reference.getLevel() < 3
    value = reference.getStoichiometry() / max(reference.getDenominator(), 1) if stated else None
    name = reference.getId()
    if reference.getLevel() >= 3 and name:
        variables[name] = Variable(name, "stoichiometry", value, reference.getConstant())
        return symbol(name)
    return sp.nsimplify(value) if value is not None else sp.Integer(1)


def _message(constraint: Any, i: int) -> str:
    """The words of a constraint's message, without its markup."""
    message = constraint.getMessage() if constraint.isSetMessage() else None
    words = " ".join(re.sub(r"<[^>]*>", " ", html.unescape(message.toXMLString())).split()) if message else ""
    name = constraint.getId() if constraint.isSetIdAttribute() else ""
    return ": ".join(x for x in (name or f"constraint {i + 1}", words) if x)


def _event(i: int, e: Any, reader: Reader) -> Event | None:
    trigger = e.getTrigger()
    if not trigger.isSetMath():
        return None
    level3 = e.getLevel() >= 3
    return Event(
        e.getId() or f"event{i + 1}",
        truth(reader(trigger.getMath())),
        {a.getVariable(): reader(a.getMath()) for a in e.getListOfEventAssignments() if a.isSetMath()},
        trigger.getInitialValue() if level3 else True,
        trigger.getPersistent() if level3 else True,
        reader(e.getDelay().getMath()) if e.isSetDelay() and e.getDelay().isSetMath() else None,
        reader(e.getPriority().getMath()) if e.isSetPriority() and e.getPriority().isSetMath() else None,
        e.getUseValuesFromTriggerTime() if e.isSetUseValuesFromTriggerTime() or not level3 else True,
    )


def mark_fast(definition: Definition, names: set[str]) -> Definition:
    """The same model with exactly these reactions taken as fast."""
    known = {r.name for r in definition.reactions}
    for name in names - known:
        raise InputError(f"There is no reaction '{name}'; there are {', '.join(sorted(known))}.")
    return replace(definition, reactions=tuple(replace(r, fast=r.name in names) for r in definition.reactions))
