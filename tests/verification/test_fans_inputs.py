"""Input files that FANS 0.6.2 ships, on the same voxels with the same elements; values computed with it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from scalebridge import solids
from scalebridge.solids import elasticity as el
from scalebridge.solids.microstructure import read_hdf5
from support.reference_data import reference

pytestmark = pytest.mark.verify

# order of FANS: 11, 22, 33, 12, 13, 23; shear entries times sqrt(2) as in Mandel notation
PAIRS = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))


def tensor(entries):
    t = np.zeros((3, 3))
    for (i, j), value in zip(PAIRS, entries, strict=True):
        t[i, j] = t[j, i] = value if i == j else value / np.sqrt(2)
    return t


def entries(t):
    return np.array([t[i, j] * (1.0 if i == j else np.sqrt(2)) for i, j in PAIRS])


def given(name):
    problem = json.loads(reference("solids", "fans", name).read_text())
    cell = read_hdf5(
        reference("solids", "fans", "sphere32.h5"),
        problem["microstructure"]["datasetname"],
        axes="zyx",
        voxel_size=1 / 32,
    )
    assert cell.volume_fractions()[1] == 0.266845703125
    return problem, cell


def moduli(problem):
    """(K, G) of every phase."""
    found = {}
    for material in problem["materials"]:
        properties = material["material_properties"]
        for k, phase in enumerate(material["phases"]):
            found[phase] = (properties["bulk_modulus"][k], properties["shear_modulus"][k])
    return found


def test_linear_elastic():
    problem, cell = given("test_LinearElastic.json")
    assert problem["FE_type"] == "HEX8R"
    laws = {p: solids.LinearElastic.from_moduli(*m) for p, m in moduli(problem).items()}
    rve = solids.RVE(cell, laws, element="reduced", tolerance=1e-12)
    strain = tensor(problem["macroscale_loading"][0][0])
    drive = rve.drive(solids.LoadPath.strains(strain[None]))
    expected = [0.195889193692, -0.082381484564, 0.381402979196, 0.124021458809, -0.206702431348, 0.082680972539]
    print("linear elastic: stress", np.array2string(entries(drive.stress[0]), precision=12))
    # FANS stops at a nodal force of 1e-10, which leaves it some 1e-10 in the stress
    np.testing.assert_allclose(entries(drive.stress[0]), expected, rtol=0, atol=5e-10)
    c = rve.effective_stiffness()
    print(f"C11 {c[0, 0]:.8f} C12 {c[0, 1]:.8f} C44 {c[3, 3]:.8f}")
    np.testing.assert_allclose([c[0, 0], c[0, 1], c[3, 3]], [144.32304338, 51.56615154, 82.680971], rtol=1e-7)
    by_stiffness = el.from_mandel(c @ el.to_mandel(strain))
    np.testing.assert_allclose(drive.stress[0], by_stiffness, rtol=0, atol=1e-13)


def test_linear_thermal():
    problem, cell = given("test_LinearThermal.json")
    assert problem["FE_type"] == "HEX8R"
    values = problem["materials"][0]["material_properties"]["conductivity"]
    rve = solids.RVE(
        cell, {p: solids.Conduction(float(k)) for p, k in enumerate(values)}, element="reduced", tolerance=1e-10
    )
    k = rve.effective_conductivity()
    print("conductivity", np.diag(k))
    np.testing.assert_allclose(k, 1.78067930567 * np.eye(3), rtol=0, atol=1e-10)


def test_compressible_neo_hookean():
    problem, cell = given("test_CompressibleNeoHookean.json")
    assert problem["FE_type"] == "HEX8"
    laws = {p: solids.NeoHookean.from_moduli(*m) for p, m in moduli(problem).items()}
    gradients = np.array(problem["macroscale_loading"][0]).reshape(-1, 3, 3)
    drive = solids.RVE(cell, laws, kinematics="finite", tolerance=1e-9).drive(solids.LoadPath.strains(gradients))
    assert drive.converged.all()
    p = drive.stress[-1]
    found = [p[0, 0], p[0, 1], p[1, 0], p[1, 1], p[2, 2]]
    print("neo-Hooke: P11, P12, P21, P22, P33 =", np.array2string(np.array(found), precision=12))
    expected = [-0.328603996797, 21.326302724342, 21.079131196614, 0.494343055170, -0.114545173506]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-8)
    assert max(e.mismatch for e in drive.entries) < 1e-8


def test_mixed_boundary_conditions():
    # the last case is hydrostatic and stays elastic: the strain of its second step is twice that of its first
    problem, cell = given("test_MixedBCs.json")
    laws = {p: solids.LinearElastic.from_moduli(*m) for p, m in moduli(problem).items()}
    load = problem["macroscale_loading"][1]
    stress = np.array([tensor(s) for s in load["stress"]])
    path = solids.LoadPath(np.full_like(stress, np.nan), stress, np.arange(1.0, len(stress) + 1))
    drive = solids.RVE(cell, laws).drive(path)
    assert drive.converged.all()
    found = np.diag(drive.strain[-1])
    print("hydrostatic: strain", found)
    np.testing.assert_allclose(found, -4.02355635e-4, rtol=1e-8)
    np.testing.assert_allclose(drive.stress, stress, rtol=0, atol=1e-8 * 0.1)
