from __future__ import annotations

import h5py
import numpy as np
import pytest
import tifffile
from PIL import Image

from scalebridge.errors import InputError
from scalebridge.solids.export import vti
from scalebridge.solids.microstructure import (
    Microstructure,
    load,
    read_hdf5,
    read_image,
    read_npy,
    read_npz,
    read_tiff_stack,
    read_vti,
)

LABELS = np.arange(24).reshape(2, 3, 4) % 3
GREY = np.array([[10, 200, 30], [220, 20, 240]], dtype=np.uint8)


def test_npy_and_npz_keep_the_order_of_axes(tmp_path):
    np.save(tmp_path / "a.npy", LABELS.astype(np.uint16))
    np.savez(tmp_path / "a.npz", other=np.zeros(3), ms=LABELS)
    for cell in (
        read_npy(tmp_path / "a.npy", voxel_size=1e-6, names={0: "matrix"}),
        read_npz(tmp_path / "a.npz", "ms", voxel_size=1e-6, names={0: "matrix"}),
    ):
        assert np.array_equal(cell.phase, LABELS)
        assert cell.size == pytest.approx((2e-6, 3e-6, 4e-6))
        assert cell.name(0) == "matrix"
        assert "a.np" in cell.origin


@pytest.mark.parametrize("axes", ["xyz", "xzy", "yxz", "yzx", "zxy", "zyx"])
def test_axes_say_what_each_array_axis_is(tmp_path, axes):
    stored = np.transpose(LABELS, ["xyz".index(letter) for letter in axes])
    np.save(tmp_path / "a.npy", stored)
    cell = read_npy(tmp_path / "a.npy", voxel_size=(1.0, 2.0, 3.0), axes=axes)
    assert np.array_equal(cell.phase, LABELS)
    assert cell.size == (2.0, 6.0, 12.0)


def test_hdf5_by_path_or_the_only_one(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["group/8/ms"] = LABELS
        file["group/time"] = np.zeros(5)
    for dataset in ("/group/8/ms", "group/8/ms", None):
        cell = read_hdf5(tmp_path / "a.h5", dataset, voxel_size=1.0)
        assert np.array_equal(cell.phase, LABELS)
    assert read_hdf5(tmp_path / "a.h5", axes="zyx", voxel_size=1.0).shape == (4, 3, 2)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp"])
def test_image_is_read_as_seen(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    Image.fromarray(GREY).save(path)
    cell = read_image(path, voxel_size=0.5, thresholds=[128])
    # x1 runs to the right and x2 upwards: the lower left pixel comes first.
    assert cell.phase.tolist() == [[1, 0], [0, 1], [1, 0]]
    assert cell.size == (1.5, 1.0)
    assert "cut at 128" in cell.origin


def test_colours_become_luminance(tmp_path):
    colours = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 255]]], dtype=np.uint8)
    Image.fromarray(colours).save(tmp_path / "a.png")
    Image.fromarray(colours).quantize(4).save(tmp_path / "palette.png")
    Image.fromarray(np.dstack([colours, np.full((2, 2), 255, np.uint8)])).save(tmp_path / "alpha.png")
    for name in ("a.png", "palette.png", "alpha.png"):
        # Blue 29, red 76, green 150, white 255.
        cell = read_image(tmp_path / name, voxel_size=1.0, thresholds=[50, 100, 200])
        assert cell.phase.tolist() == [[0, 1], [3, 2]]


def test_sixteen_bit_and_bilevel_images_keep_their_values(tmp_path):
    Image.fromarray(np.array([[0, 40000], [65535, 3]], dtype=np.uint16)).save(tmp_path / "a.png")
    cell = read_image(tmp_path / "a.png", voxel_size=1.0, thresholds=[100, 50000])
    assert cell.phase.tolist() == [[2, 0], [0, 1]]
    Image.fromarray(np.array([[True, False]])).save(tmp_path / "b.png")
    assert read_image(tmp_path / "b.png", voxel_size=1.0).phase.tolist() == [[1], [0]]


def test_stack_from_one_file_equals_stack_from_slices(tmp_path):
    volume = np.random.default_rng(0).integers(0, 255, (11, 4, 5), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", volume, photometric="minisblack")
    for number, page in enumerate(volume):
        Image.fromarray(page).save(tmp_path / f"slice{number}.png")
    one = read_tiff_stack(tmp_path / "a.tif", voxel_size=1e-6, thresholds=[120])
    many = read_tiff_stack(tmp_path / "slice*.png", voxel_size=1e-6, thresholds=[120])
    assert one == many
    assert one.shape == (5, 4, 11)
    # Slice 10 comes after slice 9: names are sorted by number.
    assert np.array_equal(one.phase[:, ::-1, 10].T, volume[10] >= 120)
    assert "11 slices" in many.origin


@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 4)])
def test_vti_round_trip(tmp_path, shape):
    phase = np.random.default_rng(1).integers(0, 3, shape)
    size = tuple(n * step for n, step in zip(shape, (1e-6, 2e-6, 3e-6), strict=False))
    cell = Microstructure(phase, size)
    (tmp_path / "a.vti").write_bytes(vti(cell))
    again = read_vti(tmp_path / "a.vti")
    assert np.array_equal(again.phase, phase)
    assert again.size == pytest.approx(size, rel=1e-12)
    assert read_vti(tmp_path / "a.vti", "phase", voxel_size=0.5).size == tuple(0.5 * n for n in shape)


def test_vti_point_data_are_voxels(tmp_path):
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkIOXML import vtkXMLImageDataWriter

    image = vtkImageData()
    image.SetDimensions(2, 3, 4)
    array = numpy_to_vtk(LABELS.reshape(-1, order="F"), deep=True)
    array.SetName("ct")
    image.GetPointData().AddArray(array)
    writer = vtkXMLImageDataWriter()
    writer.SetFileName(str(tmp_path / "p.vti"))
    writer.SetInputData(image)
    writer.Write()
    assert np.array_equal(read_vti(tmp_path / "p.vti").phase, LABELS)


def test_load_goes_by_extension(tmp_path):
    np.save(tmp_path / "a.npy", LABELS)
    np.savez(tmp_path / "a.npz", ms=LABELS)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["ms"] = LABELS
    (tmp_path / "a.vti").write_bytes(vti(Microstructure(LABELS, (2.0, 3.0, 4.0))))
    for suffix in ("npy", "npz", "h5", "vti"):
        assert load(tmp_path / f"a.{suffix}", voxel_size=1.0) == Microstructure(LABELS, (2.0, 3.0, 4.0))
    assert load(tmp_path / "a.npz", dataset="ms", axes="zyx", voxel_size=1.0).shape == (4, 3, 2)
    assert load(tmp_path / "a.h5", dataset="/ms", axes="zyx", voxel_size=1.0).shape == (4, 3, 2)


def test_load_tells_images_from_stacks(tmp_path):
    tifffile.imwrite(tmp_path / "one.tif", GREY)
    tifffile.imwrite(tmp_path / "rgb.tif", np.dstack([GREY] * 3), photometric="rgb")
    tifffile.imwrite(tmp_path / "many.tif", np.stack([GREY, GREY]), photometric="minisblack")
    Image.fromarray(GREY).save(tmp_path / "slice1.png")
    options = {"voxel_size": 1.0, "thresholds": "otsu"}
    assert load(tmp_path / "one.tif", **options).shape == (3, 2)
    assert load(tmp_path / "rgb.tif", **options).shape == (3, 2)
    assert load(tmp_path / "many.tif", **options).shape == (3, 2, 2)
    assert load(tmp_path / "slice?.png", **options).shape == (3, 2, 1)
    assert "found by otsu" in load(tmp_path / "one.tif", **options).origin


@pytest.fixture
def folder(tmp_path):
    np.save(tmp_path / "ok.npy", LABELS)
    np.save(tmp_path / "nan.npy", np.array([[1.0, np.nan]]))
    np.save(tmp_path / "line.npy", np.arange(4))
    np.save(tmp_path / "objects.npy", np.array([[{}, None]]), allow_pickle=True)
    np.savez(tmp_path / "two.npz", a=LABELS, b=LABELS)
    with h5py.File(tmp_path / "two.h5", "w") as file:
        file["a/ms"] = LABELS
        file["b/ms"] = LABELS
    for name in ("junk.npy", "junk.npz", "junk.h5", "junk.png", "junk.tif", "junk.vti"):
        (tmp_path / name).write_bytes(b"this is no such file")
    (tmp_path / "cut.vti").write_bytes(vti(Microstructure(LABELS, (1.0, 1.0, 1.0)))[:-200])
    Image.fromarray(GREY).save(tmp_path / "a1.png")
    Image.fromarray(GREY.T).save(tmp_path / "a2.png")
    tifffile.imwrite(tmp_path / "many.tif", np.stack([GREY, GREY]), photometric="minisblack")
    tifffile.imwrite(tmp_path / "colours.tif", np.zeros((4, 5, 6, 3), np.uint8), photometric="rgb")
    (tmp_path / "field.vti").write_bytes(
        vti(Microstructure(LABELS, (1.0, 1.0, 1.0)), {"u": np.zeros((*LABELS.shape, 3))})
    )
    return tmp_path


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("absent.npy", {}, "no file.*absent.npy.*ok.npy"),
        ("nowhere/absent.npy", {}, "folder does not exist"),
        ("ok.step", {}, r"unknown extension '.step'; known: .npy .npz"),
        ("ok.npy", {"voxel_size": None}, "give voxel_size in m"),
        ("ok.npy", {"voxel_size": (1.0, 2.0)}, "one for each of the 3 axes"),
        ("ok.npy", {"voxel_size": -1.0}, "ok.npy: Edge lengths are positive"),
        ("ok.npy", {"axes": "zy"}, "axes='zy' does not fit"),
        ("ok.npy", {"dataset": "ms"}, "'dataset' does not apply to .npy"),
        ("ok.npy", {"thresholds": [9.0]}, "leave phases empty"),
        ("ok.npy", {"thresholds": [1.0], "phases": {0: 0}}, "not both"),
        ("ok.npy", {"names": {8: "void"}}, "no voxel has: 8"),
        ("nan.npy", {"thresholds": [0.5]}, "nan.npy: 1 of 2 values are NaN"),
        ("line.npy", {}, r"2 or 3 axes; the array has shape \(4,\)"),
        ("objects.npy", {}, "cannot be read as a NumPy file"),
        ("junk.npy", {}, "cannot be read as a NumPy file"),
        ("junk.npz", {}, "cannot be read as a NumPy file"),
        ("two.npz", {}, "say which array to read; there: 'a', 'b'"),
        ("two.npz", {"dataset": "c"}, "no array 'c'.*there: 'a', 'b'"),
        ("junk.h5", {}, "cannot be read as HDF5"),
        ("two.h5", {}, "say which dataset.*'/a/ms', '/b/ms'"),
        ("two.h5", {"dataset": "c"}, "no dataset '/c'.*'/a/ms', '/b/ms'"),
        ("junk.png", {}, "cannot be read as an image"),
        ("a1.png", {"axes": "xy"}, "'axes' does not apply to .png"),
        ("junk.tif", {}, "cannot be read as TIFF"),
        ("colours.tif", {}, "stack of grey slices"),
        ("a*.png", {}, "same shape"),
        ("none*.png", {}, "No file matches"),
        ("junk.vti", {}, "not VTK XML image data"),
        ("cut.vti", {}, "cannot be read as VTK"),
        ("field.vti", {}, "say which array.*'phase', 'u'"),
        ("field.vti", {"dataset": "u"}, "3 components"),
    ],
)
def test_bad_input_is_told(folder, name, options, message):
    with pytest.raises(InputError, match=message):
        load(folder / name, **{"voxel_size": 1.0, **options})


def test_image_reader_sends_stacks_elsewhere(folder):
    with pytest.raises(InputError, match="holds 2 images: read it with read_tiff_stack"):
        read_image(folder / "many.tif", voxel_size=1.0)


def test_npz_reader_refuses_npy(folder):
    (folder / "ok.npz").write_bytes((folder / "ok.npy").read_bytes())
    with pytest.raises(InputError, match="single array"):
        read_npz(folder / "ok.npz", voxel_size=1.0)
