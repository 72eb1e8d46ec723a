"""Cards are read back here, and the tensor is rebuilt from the index labels that the codes' manuals print."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalebridge.errors import InputError
from scalebridge.solids.export import ansys_card, calculix_card
from scalebridge.solids.microstructure._random import random_rotations

ABAQUS_LABELS = [
    "1111",
    "1122",
    "2222",
    "1133",
    "2233",
    "3333",
    "1112",
    "2212",
    "3312",
    "1212",
    "1113",
    "2213",
    "3313",
    "1213",
    "1313",
    "1123",
    "2223",
    "3323",
    "1223",
    "1323",
    "2323",
]
ANSYS_AXES = ("11", "22", "33", "12", "23", "13")


def random_tensor(seed: int) -> np.ndarray:
    """C_ijkl with both minor and the major symmetry, positive definite."""
    parts = np.random.default_rng(seed).normal(size=(9, 3, 3))
    parts = parts + parts.transpose(0, 2, 1)
    return 1e9 * np.einsum("nij,nkl->ijkl", parts, parts)


def mandel(tensor: np.ndarray) -> np.ndarray:
    """Matrix in the orthonormal basis e_i e_i and (e_i e_j + e_j e_i) / sqrt 2, order 11, 22, 33, 23, 13, 12."""
    basis = np.zeros((6, 3, 3))
    for n, (i, j) in enumerate([(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)]):
        basis[n, i, j] += 0.5
        basis[n, j, i] += 0.5
        basis[n] /= np.linalg.norm(basis[n])
    return np.einsum("aij,ijkl,bkl->ab", basis, tensor, basis)


def fill(constants: dict[str, float]) -> np.ndarray:
    """Full tensor from components by label, through its symmetries."""
    tensor = np.full((3, 3, 3, 3), np.nan)
    for label, value in constants.items():
        i, j, k, m = (int(digit) - 1 for digit in label)
        for a, b in ((i, j), (j, i)):
            for c, d in ((k, m), (m, k)):
                tensor[a, b, c, d] = tensor[c, d, a, b] = value
    return tensor


def numbers_after(card: str, keyword: str) -> list[list[float]]:
    lines = [line for line in card.splitlines() if not line.startswith("**")]
    start = next(n for n, line in enumerate(lines) if line.startswith(keyword)) + 1
    rows = []
    for line in lines[start:]:
        if line.startswith("*"):
            break
        rows.append([float(word) for word in line.split(",")])
    return rows


def flat(rows: list[list[float]]) -> list[float]:
    return list(chain.from_iterable(rows))


def abaqus_tensor(card: str) -> np.ndarray:
    rows = numbers_after(card, "*ELASTIC, TYPE=ANISOTROPIC")
    assert [len(row) for row in rows] == [8, 8, 5]
    return fill(dict(zip(ABAQUS_LABELS, flat(rows), strict=True)))


def ansys_tensor(card: str) -> np.ndarray:
    constants: dict[int, float] = {}
    for line in card.splitlines():
        if line.startswith("TBDATA,"):
            first, *values = line.split(",")[1:]
            constants |= {int(first) + n: float(value) for n, value in enumerate(values)}
    pairs = [(row, col) for col in range(6) for row in range(col, 6)]
    assert sorted(constants) == list(range(1, 22))
    return fill({ANSYS_AXES[row] + ANSYS_AXES[col]: constants[n + 1] for n, (row, col) in enumerate(pairs)})


@settings(deadline=None)
@given(st.integers(0, 10**6))
def test_cards_hold_the_tensor(seed):
    tensor = random_tensor(seed)
    scale = np.abs(tensor).max()
    for found in (abaqus_tensor(calculix_card(mandel(tensor), "m")), ansys_tensor(ansys_card(mandel(tensor), 1))):
        assert not np.isnan(found).any()
        assert np.abs(found - tensor).max() < 1e-12 * scale


@settings(deadline=None)
@given(st.integers(0, 10**6))
def test_card_of_the_rotated_material_is_the_rotated_card(seed):
    tensor = random_tensor(seed)
    turn = random_rotations(1, np.random.default_rng(seed))[0]
    rotated = np.einsum("ai,bj,ck,dl,ijkl->abcd", turn, turn, turn, turn, tensor)
    found = abaqus_tensor(calculix_card(mandel(rotated), "m"))
    back = np.einsum("ai,bj,ck,dl,abcd->ijkl", turn, turn, turn, turn, found)
    assert np.abs(back - tensor).max() < 1e-11 * np.abs(tensor).max()


def test_shear_stress_is_the_constant_times_the_engineering_shear():
    tensor = random_tensor(3)
    rows = numbers_after(calculix_card(mandel(tensor), "m"), "*ELASTIC")
    d1212 = flat(rows)[ABAQUS_LABELS.index("1212")]
    strain = np.zeros((3, 3))
    strain[0, 1] = strain[1, 0] = 0.5e-3
    stress = np.einsum("ijkl,kl->ij", tensor, strain)
    assert stress[0, 1] == pytest.approx(d1212 * 1e-3, rel=1e-12)


def orthotropic() -> tuple[np.ndarray, dict[str, float]]:
    c = {"E1": 140e9, "E2": 10e9, "E3": 9e9, "nu12": 0.3, "nu13": 0.28, "nu23": 0.45}
    c |= {"G12": 5e9, "G13": 4.5e9, "G23": 3.3e9}
    compliance = np.diag([1 / c["E1"], 1 / c["E2"], 1 / c["E3"], *(1 / (2 * c[g]) for g in ("G23", "G13", "G12"))])
    compliance[0, 1] = compliance[1, 0] = -c["nu12"] / c["E1"]
    compliance[0, 2] = compliance[2, 0] = -c["nu13"] / c["E1"]
    compliance[1, 2] = compliance[2, 1] = -c["nu23"] / c["E2"]
    return np.linalg.inv(compliance), c


def test_engineering_constants_come_back():
    stiffness, constants = orthotropic()
    rows = numbers_after(calculix_card(stiffness, "ply", form="orthotropic"), "*ELASTIC, TYPE=ENGINEERING CONSTANTS")
    assert [len(row) for row in rows] == [8, 1]
    names = ["E1", "E2", "E3", "nu12", "nu13", "nu23", "G12", "G13", "G23"]
    assert dict(zip(names, flat(rows), strict=True)) == pytest.approx(constants, rel=1e-12)
    card = ansys_card(stiffness, 4, form="orthotropic")
    ansys = dict(line.split(",")[1::2] for line in card.splitlines() if line.startswith("MP,"))
    labels = ["EX", "EY", "EZ", "PRXY", "PRXZ", "PRYZ", "GXY", "GXZ", "GYZ"]
    expected = [constants[name] for name in names]
    assert [float(ansys[label]) for label in labels] == pytest.approx(expected, rel=1e-12)


def isotropic(modulus: float = 70e9, ratio: float = 0.33) -> np.ndarray:
    lame = modulus * ratio / ((1 + ratio) * (1 - 2 * ratio))
    stiffness = modulus / (1 + ratio) * np.eye(6)
    stiffness[:3, :3] += lame
    return stiffness


def test_isotropic_card_with_everything():
    table = np.array([[200e6, 0.0], [250e6, 0.01], [270e6, 0.05]])
    card = calculix_card(isotropic(), "Al-2024", form="isotropic", density=2780.0, conductivity=121.0, plastic=table)
    assert card.splitlines()[0].startswith("** SI units")
    assert numbers_after(card, "*ELASTIC, TYPE=ISOTROPIC")[0] == pytest.approx([70e9, 0.33], rel=1e-12)
    assert np.array(numbers_after(card, "*PLASTIC")) == pytest.approx(table, rel=1e-12)
    assert numbers_after(card, "*DENSITY") == [[2780.0]]
    assert numbers_after(card, "*CONDUCTIVITY, TYPE=ISO") == [[121.0]]
    # CalculiX reads 20 characters of a number.
    words = [word.strip() for line in card.splitlines() if not line.startswith("*") for word in line.split(",")]
    assert max(len(word) for word in words) <= 20


def test_ansys_card_with_everything():
    table = np.array([[200e6, 0.0], [250e6, 0.01]])
    card = ansys_card(
        isotropic(), 7, form="isotropic", density=2780.0, conductivity=np.diag([1.0, 2.0, 3.0]), plastic=table
    )
    lines = card.splitlines()
    values = {line.split(",")[1]: float(line.split(",")[3]) for line in lines if line.startswith("MP,")}
    expected = {"EX": 70e9, "PRXY": 0.33, "DENS": 2780.0, "KXX": 1.0, "KYY": 2.0, "KZZ": 3.0}
    assert values == pytest.approx(expected, rel=1e-12)
    assert "TB,PLAS,7,1,2,MISO" in lines
    points = [[float(word) for word in line.split(",")[2:]] for line in lines if line.startswith("TBPT,DEFI")]
    assert points == [[0.0, 200e6], [0.01, 250e6]]


def test_anisotropic_conductivity_in_the_order_of_each_code():
    matrix = np.array([[1.0, 0.4, 0.5], [0.4, 2.0, 0.6], [0.5, 0.6, 3.0]])
    rows = {
        dialect: numbers_after(
            calculix_card(isotropic(), "m", conductivity=matrix, dialect=dialect), "*CONDUCTIVITY, TYPE=ANISO"
        )
        for dialect in ("calculix", "abaqus")
    }
    assert rows["calculix"] == [[1.0, 2.0, 3.0, 0.4, 0.5, 0.6]]
    assert rows["abaqus"] == [[1.0, 0.4, 2.0, 0.5, 0.6, 3.0]]
    noisy = np.diag([1.0, 2.0, 3.0]) + 1e-15
    card = calculix_card(isotropic(), "m", conductivity=noisy)
    assert numbers_after(card, "*CONDUCTIVITY, TYPE=ORTHO") == [[1.0, 2.0, 3.0]]


def test_nearly_isotropic_is_taken_within_the_tolerance():
    stiffness = isotropic()
    stiffness[3, 3] *= 1 + 1e-3
    modulus, ratio = numbers_after(calculix_card(stiffness, "m", form="isotropic"), "*ELASTIC")[0]
    assert (modulus, ratio) == pytest.approx((70e9, 0.33), rel=1e-3)
    stiffness[3, 3] *= 1.05
    with pytest.raises(InputError, match=r"nearest isotropic.*form='orthotropic'"):
        calculix_card(stiffness, "m", form="isotropic")


def skewed() -> np.ndarray:
    matrix = isotropic()
    matrix[0, 1] *= 1.01
    return matrix


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stiffness": np.eye(3)}, "6x6"),
        ({"stiffness": np.full((6, 6), np.nan)}, "finite 6x6"),
        ({"stiffness": skewed()}, "not symmetric"),
        ({"stiffness": np.diag([1.0, 1, 1, 1, 1, -1])}, "not positive definite"),
        ({"stiffness": mandel(random_tensor(0)), "form": "orthotropic"}, "not orthotropic"),
        ({"form": "cubic"}, "form is"),
        ({"density": -1.0}, "density is positive"),
        ({"conductivity": np.eye(2)}, "3x3"),
        ({"conductivity": -1.0}, "not positive definite"),
        ({"conductivity": np.array([[1.0, 0.5, 0], [0, 1, 0], [0, 0, 1]])}, "not symmetric"),
        ({"plastic": [[1e6, 0.0]]}, "isotropic elasticity"),
        ({"plastic": [[1e6, 0.1]], "form": "isotropic"}, "starts at 0"),
        ({"plastic": [[1e6, 0.0], [5e5, 0.1]], "form": "isotropic"}, "softening"),
        ({"plastic": [1e6, 0.0], "form": "isotropic"}, "rows of"),
    ],
)
@pytest.mark.parametrize("write", [lambda s, **k: calculix_card(s, "m", **k), lambda s, **k: ansys_card(s, 1, **k)])
def test_bad_input_is_told(write, options, message):
    arguments = {"stiffness": isotropic(), **options}
    with pytest.raises(InputError, match=message):
        write(arguments.pop("stiffness"), **arguments)


def test_bad_names_and_numbers_are_told():
    for name in ("", "1a", "a b", "a,b", "a" * 81, "a\n*STEP"):
        with pytest.raises(InputError, match="material name"):
            calculix_card(isotropic(), name)
    for number in (0, -1, 1.5, True):
        with pytest.raises(InputError, match="material number"):
            ansys_card(isotropic(), number)
    with pytest.raises(InputError, match="dialect"):
        calculix_card(isotropic(), "m", dialect="ansys")
    with pytest.raises(InputError, match="principal axes"):
        ansys_card(isotropic(), 1, conductivity=np.eye(3) + 0.1)


def test_labels_cover_all_independent_components():
    pairs = {frozenset({frozenset(label[:2]), frozenset(label[2:])}) for label in ABAQUS_LABELS}
    assert len(pairs) == 21
