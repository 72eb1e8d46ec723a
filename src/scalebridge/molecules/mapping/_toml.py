"""Mappings as TOML."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from scalebridge.errors import InputError
from scalebridge.molecules.mapping._mapping import Mapping
from scalebridge.molecules.mapping._rules import BeadRule, MoleculeRule

_BEAD = {"name", "atoms", "type", "weights"}
_MOLECULE = {"name", "select", "each", "bonds", "weights", "bead", "type"}
_TOP = {"ignore", "excluded_bonds", "shared", "molecule"}


def mapping_text(mapping: Mapping) -> str:
    """A mapping as TOML."""
    import tomli_w

    return tomli_w.dumps(
        {
            "ignore": mapping.ignore,
            "excluded_bonds": mapping.excluded_bonds,
            "shared": mapping.shared,
            "molecule": [_molecule_table(rule) for rule in mapping.molecules],
        }
    )


def read_mapping(path: Path) -> Mapping:
    """See `Mapping.read`."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"The mapping {path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"The mapping {path} is no TOML: {error}") from error
    return mapping_from(content, str(path))


def mapping_from(content: dict[str, Any], where: str) -> Mapping:
    """A mapping from the content of a TOML file.

    Raises:
        InputError: an unknown or a missing key.
    """
    _check_keys(content, _TOP, {"molecule"}, where)
    rules = []
    for i, table in enumerate(content["molecule"]):
        place = f"{where}: molecule {i + 1}"
        _check_keys(table, _MOLECULE, {"name", "select"}, place)
        beads = tuple(_bead(bead, f"{place}, bead {k + 1}") for k, bead in enumerate(table.get("bead", [])))
        bonds = tuple((str(a), str(b)) for a, b in table["bonds"]) if "bonds" in table else None
        rules.append(
            MoleculeRule(
                str(table["name"]),
                str(table["select"]),
                beads,
                table.get("each", "residue"),
                bonds,
                _weights(table),
                str(table.get("type", "")),
            )
        )
    return Mapping(
        tuple(rules),
        str(content.get("ignore", "")),
        int(content.get("excluded_bonds", 3)),
        bool(content.get("shared", False)),
    )


def _bead(table: dict[str, Any], where: str) -> BeadRule:
    _check_keys(table, _BEAD, {"name", "atoms"}, where)
    return BeadRule(str(table["name"]), str(table["atoms"]), str(table.get("type", "")), _weights(table))


def _weights(table: dict[str, Any]) -> Any:
    given = table.get("weights", "mass")
    return given if isinstance(given, str) else tuple(float(value) for value in given)


def _molecule_table(rule: MoleculeRule) -> dict[str, Any]:
    table: dict[str, Any] = {"name": rule.name, "select": rule.select, "each": rule.each}
    if rule.bonds is not None:
        table["bonds"] = [list(bond) for bond in rule.bonds]
    if not rule.beads:
        table["type"] = rule.kind
        table["weights"] = rule.weights if isinstance(rule.weights, str) else list(rule.weights)
    table["bead"] = [
        {
            "name": bead.name,
            "type": bead.kind,
            "atoms": bead.atoms,
            "weights": bead.weights if isinstance(bead.weights, str) else list(bead.weights),
        }
        for bead in rule.beads
    ]
    return table


def _check_keys(table: Any, known: set[str], needed: set[str], where: str) -> None:
    if not isinstance(table, dict):
        raise InputError(f"{where} should be a table, found {table!r}")
    for key in sorted(set(table) - known):
        raise InputError(f"{where}: unknown key {key!r}; known are {', '.join(sorted(known))}")
    for key in sorted(needed - set(table)):
        raise InputError(f"{where}: the key {key!r} is missing")
