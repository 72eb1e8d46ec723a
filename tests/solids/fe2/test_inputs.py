"""Bad inputs are refused in words, before anything is computed."""

from __future__ import annotations

import numpy as np
import pytest
import skfem

from scalebridge import solids
from scalebridge.errors import InputError
from scalebridge.solids.fe2 import FE2, BodyForce, Displacement, Ladder, Oriented, Pressure, Traction, read_mesh
from support.bodies import box

STEEL = solids.LinearElastic.isotropic(210e9, 0.3)
METAL = solids.J2Plasticity(210e9, 0.3, solids.LinearHardening(200e6, 2e9))
HOLD = Displacement("left")


def regions(mesh):
    return mesh.with_subdomains({"skin": np.array([0]), "core": np.arange(1, mesh.t.shape[1])})


def test_inverted_elements():
    mesh = box((3, 3, 3))
    p = mesh.p.copy()
    p[:, np.argmin(np.linalg.norm(p - 1 / 3, axis=0))] = (0.9, 0.9, 0.9)
    with pytest.raises(InputError, match=r"elements are inverted.*first is element \d+ at"):
        FE2(skfem.MeshHex(p, mesh.t), STEEL, [])
    flat = box((1, 1, 1), tets=True)
    with pytest.raises(InputError, match="without volume"):
        FE2(skfem.MeshTet(flat.p * np.array([[1], [1], [1e-14]]), flat.t), STEEL, [])


def test_rigid_motions_that_nothing_holds():
    with pytest.raises(InputError, match="6 motions are not held"):
        FE2(box((1, 1, 1)), STEEL, [Traction("right", (1.0, 0.0, 0.0))])
    line = Displacement(lambda x: np.isclose(x[1], 0.0) & np.isclose(x[2], 0.0))
    with pytest.raises(InputError, match="rotation about x"):
        FE2(box((1, 1, 1)), STEEL, [line])
    apart = skfem.MeshHex(np.hstack([box((1, 1, 1)).p, box((1, 1, 1)).p + 5.0]),
                          np.hstack([box((1, 1, 1)).t, box((1, 1, 1)).t + 8]))  # fmt: skip
    with pytest.raises(InputError, match=r"around \(5.5, 5.5, 5.5\)"):
        FE2(apart, STEEL, [Displacement(lambda x: np.isclose(x[0], 0.0))])


def test_unknown_names():
    mesh = regions(box((2, 2, 2)))
    with pytest.raises(InputError, match="no region 'spar'; it has: core, skin"):
        FE2(mesh, {"skin": STEEL, "spar": STEEL}, [HOLD])
    with pytest.raises(InputError, match="no region that has a material"):
        FE2(mesh, {"skin": STEEL}, [HOLD])
    with pytest.raises(InputError, match="no boundary 'lft'; it has: back, bottom"):
        FE2(mesh, STEEL, [Displacement("lft")])
    with pytest.raises(InputError, match="no region 'x'"):
        FE2(mesh, STEEL, [HOLD, BodyForce((0.0, 0.0, 1.0), "x")])
    with pytest.raises(InputError, match="no facet"):
        FE2(mesh, STEEL, [HOLD, Traction(lambda x: x[0] > 7.0, (1.0, 0.0, 0.0))])


def test_fields_of_the_wrong_length():
    mesh = regions(box((2, 2, 2)))
    with pytest.raises(InputError, match=r"region 'core' has shape \(8, 3\); the region has 7 elements"):
        FE2(mesh, {"skin": STEEL, "core": Oriented(STEEL, np.ones((8, 3)))}, [HOLD])
    with pytest.raises(InputError, match="is zero"):
        FE2(mesh, {"skin": STEEL, "core": Oriented(STEEL, np.zeros((7, 3)))}, [HOLD])
    with pytest.raises(InputError, match="not a rotation"):
        FE2(mesh, Oriented(STEEL, np.tile(2 * np.eye(3), (8, 1, 1))), [HOLD])


def test_wrong_options_and_kinds():
    mesh = box((1, 1, 1))
    for arguments, words in (
        ((mesh, STEEL, [HOLD], "large"), "kinematics"),
        ((mesh, METAL, [HOLD], "finite"), "is for small strain"),
        ((mesh, "steel", [HOLD]), "allowed are laws"),
        ((mesh, STEEL, ["left"]), "allowed are Displacement"),
        ((skfem.MeshTri(), STEEL, [HOLD]), "must be a scikit-fem mesh"),
        ((mesh, STEEL, [HOLD, Pressure("top", float("nan"))]), "finite number of Pa"),
        ((mesh, STEEL, [Displacement("left", course=((1.0, 0.0), (0.0, 1.0)))]), "growing times"),
    ):
        with pytest.raises(InputError, match=words):
            FE2(*arguments)
    with pytest.raises(InputError, match="hexahedra allows"):
        FE2(mesh, STEEL, [HOLD], element="tet4")
    with pytest.raises(InputError, match="must grow"):
        FE2(mesh, STEEL, [HOLD]).run([0.5, 0.2])
    with pytest.raises(InputError, match="allowance"):
        Ladder(allowance=3.0)


def test_meshes_from_files(tmp_path):
    import meshio
    from skfem.io.meshio import to_meshio

    with pytest.raises(InputError, match="does not exist"):
        read_mesh(tmp_path / "wing.msh")
    (tmp_path / "wing.msh").write_text("nothing")
    with pytest.raises(InputError, match="cannot read"):
        read_mesh(tmp_path / "wing.msh")
    mesh = box((2, 1, 1))
    for name in ("wing.vtu", "wing.inp"):
        cells = [("hexahedron", to_meshio(mesh).cells_dict["hexahedron"])]
        file = meshio.Mesh(mesh.p.T, cells, cell_data={"region": [np.array([1, 2])]} if name.endswith("vtu") else {})
        meshio.write(tmp_path / name, file)
        found = read_mesh(tmp_path / name)
        assert found.t.shape == mesh.t.shape
        hold = Displacement(lambda x: np.isclose(x[0], 0.0))
        pull = Displacement(lambda x: np.isclose(x[0], 1.0), (1e-3, None, None))
        material = {"1": STEEL, "2": STEEL} if name.endswith("vtu") else STEEL
        assert FE2(tmp_path / name, material, [hold, pull], element="hex8").run(1).converged
