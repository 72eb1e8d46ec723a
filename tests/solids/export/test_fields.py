from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import h5py
import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.solids.export import to_xarray, vti, xdmf
from scalebridge.solids.microstructure import Microstructure

STEPS = (1e-6, 2e-6, 3e-6)
UNITS = {"stress": "Pa", "displacement": "µm"}


@pytest.fixture(params=[(3, 4), (3, 4, 5)], ids=["2d", "3d"])
def case(request):
    grid = request.param
    rng = np.random.default_rng(0)
    cell = Microstructure(
        rng.integers(0, 2, grid), tuple(n * s for n, s in zip(grid, STEPS, strict=False)), {0: "matrix"}
    )
    fields = {
        "stress": rng.normal(size=(*grid, 3, 3)),
        "displacement": rng.normal(size=(*grid, 3)),
        "damage": rng.random(grid),
        "yields": rng.random(grid) > 0.5,
    }
    return cell, fields


def value_at(flat: np.ndarray, grid: tuple[int, ...], index: tuple[int, ...]) -> np.ndarray:
    """Entry of VTK cell data: x runs fastest."""
    stride = np.concatenate([[1], np.cumprod(grid)[:-1]])
    return flat[int(np.dot(index, stride))]


def check_cells(data, cell, fields):
    from vtkmodules.util.numpy_support import vtk_to_numpy

    arrays = {data.GetArrayName(i): vtk_to_numpy(data.GetArray(i)) for i in range(data.GetNumberOfArrays())}
    assert list(arrays) == ["phase", "stress [Pa]", "displacement [µm]", "damage", "yields"]
    for index in np.ndindex(cell.shape):
        assert value_at(arrays["phase"], cell.shape, index) == cell.phase[index]
        assert value_at(arrays["stress [Pa]"], cell.shape, index).tolist() == fields["stress"][index].ravel().tolist()
        assert (
            value_at(arrays["displacement [µm]"], cell.shape, index).tolist() == fields["displacement"][index].tolist()
        )
        assert value_at(arrays["damage"], cell.shape, index) == fields["damage"][index]
        assert value_at(arrays["yields"], cell.shape, index) == fields["yields"][index]


def test_vti_is_read_back_by_vtk(case, tmp_path):
    from vtkmodules.vtkIOXML import vtkXMLImageDataReader

    cell, fields = case
    (tmp_path / "a.vti").write_bytes(vti(cell, fields, units=UNITS))
    reader = vtkXMLImageDataReader()
    reader.SetFileName(str(tmp_path / "a.vti"))
    reader.Update()
    image = reader.GetOutput()
    assert image.GetSpacing()[: cell.ndim] == pytest.approx(cell.spacing, rel=1e-12)
    assert image.GetBounds()[1 : 2 * cell.ndim : 2] == pytest.approx(cell.size, rel=1e-12)
    check_cells(image.GetCellData(), cell, fields)


def test_xdmf_is_read_back_by_vtk(case, tmp_path):
    from vtkmodules.vtkIOXdmf2 import vtkXdmfReader

    cell, fields = case
    text, heavy = xdmf(cell, [fields], heavy_name="a.h5", units=UNITS)
    (tmp_path / "a.xdmf").write_text(text)
    (tmp_path / "a.h5").write_bytes(heavy)
    reader = vtkXdmfReader()
    reader.SetFileName(str(tmp_path / "a.xdmf"))
    reader.Update()
    image = reader.GetOutputDataObject(0)
    assert image.GetBounds()[1 : 2 * cell.ndim : 2] == pytest.approx(cell.size, rel=1e-12)
    check_cells(image.GetCellData(), cell, fields)


def test_xdmf_series_has_its_times_and_one_copy_of_the_phases(case):
    cell, fields = case
    text, heavy = xdmf(cell, [fields, fields, {"damage": fields["damage"]}], heavy_name="a.h5", times=[0.0, 0.5, 2.0])
    root = ElementTree.fromstring(text)
    assert [time.get("Value") for time in root.iter("Time")] == ["0.0", "0.5", "2.0"]
    items = [item for item in root.iter("DataItem") if item.get("Format") == "HDF"]
    assert len(items) == 5 + 5 + 2
    with h5py.File(io.BytesIO(heavy)) as file:
        for item in items:
            name, path = item.text.split(":")
            assert name == "a.h5"
            assert file[path].shape == tuple(int(n) for n in item.get("Dimensions").split())
        assert sum(item.text.endswith("/phase") for item in items) == 3
        assert set(file) == {"phase", "increment00000", "increment00001", "increment00002"}


def test_same_fields_same_bytes(case):
    cell, fields = case
    assert vti(cell, fields) == vti(cell, fields)
    assert xdmf(cell, [fields], heavy_name="a.h5") == xdmf(cell, [fields], heavy_name="a.h5")


def test_xarray_has_names_units_and_centres(case):
    cell, fields = case
    data = to_xarray(cell, fields, units=UNITS)
    axes = [f"x{a + 1}" for a in range(cell.ndim)]
    assert data.stress.dims == (*axes, "i", "j")
    assert data.displacement.dims == (*axes, "i")
    assert data.stress.attrs["units"] == "Pa"
    assert data.x2.attrs["units"] == "m"
    assert data.x2.values == pytest.approx((np.arange(4) + 0.5) * 2e-6)
    index = (1,) * cell.ndim
    assert float(data.stress[(*index, 0, 2)]) == fields["stress"][(*index, 0, 2)]
    assert float(data.stress.sel(i=1, j=3)[index]) == fields["stress"][(*index, 0, 2)]
    assert data.attrs["phase_names"] == "0: matrix"
    assert list(to_xarray(cell).data_vars) == ["phase"]


@pytest.mark.skipif(not Path("/proc/self/maps").is_file(), reason="needs /proc to list the libraries in use")
def test_vti_needs_no_graphics_library():
    code = (
        "import sys, numpy as np;"
        "from scalebridge.solids.export import vti;"
        "from scalebridge.solids.microstructure import Microstructure;"
        "vti(Microstructure(np.zeros((2, 2), int), (1.0, 1.0)));"
        "print([w for w in ('libGL.', 'libEGL', 'libX11', 'vtkRendering') if w in open('/proc/self/maps').read()])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


GRID = Microstructure(np.zeros((2, 3), int), (1.0, 1.0))
NAN = np.array([[np.nan, 0, 0], [0, 0, 0]])


@pytest.mark.parametrize("write", [vti, to_xarray, lambda m, f, **k: xdmf(m, [f], heavy_name="a.h5", **k)])
@pytest.mark.parametrize(
    ("fields", "units", "message"),
    [
        ({"a": np.zeros((3, 2))}, {}, r"'a' has shape \(3, 2\).*a scalar has \(2, 3\)"),
        ({"a": np.zeros((2, 3, 6))}, {}, r"a tensor \(2, 3, 3, 3\)"),
        ({"a": NAN}, {}, "NaN or infinity"),
        ({"a": np.zeros((2, 3), complex)}, {}, "real numbers"),
        ({"phase": np.zeros((2, 3))}, {}, "another name"),
        ({"a/b": np.zeros((2, 3))}, {}, "found 'a/b'"),
        ({"": np.zeros((2, 3))}, {}, "not empty"),
        ({"a": np.zeros((2, 3))}, {"b": "Pa"}, r"\['b'\]"),
    ],
)
def test_bad_fields_are_told(write, fields, units, message):
    with pytest.raises(InputError, match=message):
        write(GRID, fields, units=units)


@pytest.mark.parametrize(
    ("increments", "times", "message"),
    [([], None, "no increment"), ([{}], [0.0, 1.0], "1 finite ascending"), ([{}, {}], [1.0, 1.0], "ascending")],
)
def test_bad_times_are_told(increments, times, message):
    with pytest.raises(InputError, match=message):
        xdmf(GRID, increments, heavy_name="a.h5", times=times)
