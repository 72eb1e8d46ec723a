from __future__ import annotations

import subprocess
import sys

import pytest

import scalebridge

NUMERICAL = ["numpy", "xarray", "zarr", "matplotlib", "jax", "numba", "scipy"]
HEAVY = [*NUMERICAL, "pydantic", "pint", "typer", "rich"]


def loaded_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(' '.join(sys.modules))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
    return set(output.split())


@pytest.mark.parametrize(
    ("statement", "light"),
    [
        ("import scalebridge", HEAVY),
        ("import scalebridge.study", HEAVY),
        ("import scalebridge.units", HEAVY),
        ("import scalebridge.solids", HEAVY),
        ("import scalebridge.solids.laws", HEAVY),
        ("import scalebridge.solids.microstructure", [*HEAVY[1:], "h5py", "PIL", "vtkmodules"]),
        ("import scalebridge.solids.elasticity", HEAVY[1:]),
        ("import scalebridge.solids.export", [*HEAVY[1:], "h5py", "vtkmodules"]),
        ("import scalebridge.solids.representative", HEAVY[1:]),
        ("import scalebridge.cli", [*NUMERICAL, "pydantic", "pint"]),
        (
            "from scalebridge.study import StudyModel",
            ["pint", "xarray", "zarr", "matplotlib", "jax", "numba", "scipy", "rich"],
        ),
    ],
)
def test_imports_are_light(statement: str, light: list[str]) -> None:
    assert loaded_by(statement).isdisjoint(light)


def test_public_names_exist() -> None:
    from scalebridge import study

    assert set(dir(study)) == set(study.__all__)
    assert all(getattr(study, name) is not None for name in study.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'rum'"):
        _ = study.rum
    with pytest.raises(AttributeError, match="has no attribute 'solid'"):
        _ = scalebridge.solid
