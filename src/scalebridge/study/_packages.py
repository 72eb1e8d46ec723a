"""Which packages scalebridge stands on, and in which versions they are installed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import metadata

_TOOLS = ("docs", "lint", "test")


@dataclass(frozen=True, slots=True)
class Package:
    """A package that scalebridge asks for.

    Attributes:
        name: its name.
        extra: the extra it belongs to; empty where it is always needed.
        version: the version installed; None where it is missing.
    """

    name: str
    extra: str
    version: str | None


def packages() -> tuple[Package, ...]:
    """Every package asked for, those that are always needed first; the extra ``all`` only repeats the others."""
    found: dict[tuple[str, str], Package] = {}
    for line in metadata.requires("scalebridge") or ():
        name = re.match(r"[A-Za-z0-9._-]+", line)
        extra = re.search(r"extra\s*==\s*[\"']([^\"']+)[\"']", line)
        key = (extra.group(1) if extra else "", name.group() if name else "")
        if name is not None and key[0] != "all":
            found[key] = Package(name.group(), key[0], _version(name.group()))
    return tuple(found[key] for key in sorted(found))


def installed() -> dict[str, str]:
    """Version of every package that numbers can depend on and that is installed, by name."""
    return {p.name: p.version for p in packages() if p.version is not None and p.extra not in _TOOLS}


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
