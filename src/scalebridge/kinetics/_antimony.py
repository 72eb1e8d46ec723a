"""Antimony to SBML."""

from __future__ import annotations

from scalebridge.errors import InputError, MissingExtraError


def to_sbml(text: str) -> str:
    """SBML of an Antimony text.

    Raises:
        InputError: the text has a mistake; says which and where.
        MissingExtraError: antimony is not installed.
    """
    try:
        import antimony
    except ImportError as error:
        raise MissingExtraError("antimony", "kinetics") from error
    antimony.clearPreviousLoads()
    if antimony.loadAntimonyString(text) < 0:
        raise InputError(f"Antimony: {' '.join(antimony.getLastError().split())}")
    return str(antimony.getSBMLString(antimony.getMainModuleName()))
