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


def test_a_missing_extra_is_named_with_the_command_that_installs_it() -> None:
    code = "import sys; sys.modules['numba'] = None; from scalebridge import solids; solids.RVE"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert "MissingExtraError" in last
    assert "'numba'" in last
    assert "pip install 'scalebridge[solids]'" in last
