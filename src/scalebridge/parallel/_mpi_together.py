"""Objects that live on all MPI ranks at once, whose methods all ranks call together."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import Any, TypeVar, final

from scalebridge.errors import RunError
from scalebridge.parallel._mpi_owners import serving_ranks, world

T = TypeVar("T")

_numbers = itertools.count()
_turn = threading.Lock()  # the ranks do one thing at a time


@final
class Together:
    """An object of which every rank has its part, such as a simulation whose domain is divided among them.

    Rank 0, in a `mpi_program`, makes it and calls its methods; the ranks that serve do the same with theirs. What a
    method raises must be raised on all ranks, or before it talks to the others.
    """

    def __init__(self, make: Callable[..., Any], *arguments: Any) -> None:
        """Call `make(communicator, *arguments)` on every rank.

        Args:
            make: picklable.
            arguments: picklable.

        Raises:
            Exception: what `make` raised on rank 0.
            RunError: it raised on another rank only.
        """
        self._number = next(_numbers)
        self._parts: dict[int, Any] = {}
        self._tell("make", make, *arguments)

    def call(self, name: str, *arguments: Any) -> Any:
        """Call a method on every rank; returns what it returned on rank 0.

        Raises:
            Exception: what the method raised on rank 0.
            RunError: it raised on another rank only.
        """
        return self._tell("call", name, *arguments)

    def forget(self) -> None:
        """Let all ranks forget their parts."""
        self._tell("forget")

    def _tell(self, *what: Any) -> Any:
        with _turn:
            comm = world()
            comm.bcast((self._number, "together", what), root=0)
            return together(comm, self._parts, self._number, what)


def call_together(function: Callable[..., T], *arguments: Any) -> T:
    """What `function(communicator, *arguments)` returns on rank 0, called on all ranks that serve this program at once.

    Without such ranks it is called here, with None for the communicator. What it raises must be raised on all ranks, or
    before it talks to the others.

    Args:
        function: picklable.
        arguments: picklable.

    Raises:
        Exception: what it raised on rank 0.
        RunError: it raised on another rank only.
    """
    if serving_ranks() == 1:
        return function(None, *arguments)
    everywhere = Together(_Caller)
    try:
        answer: T = everywhere.call("__call__", function, *arguments)
        return answer
    finally:
        everywhere.forget()


@final
class _Caller:
    """A rank's part of a call."""

    def __init__(self, communicator: Any) -> None:
        self._communicator = communicator

    def __call__(self, function: Callable[..., T], *arguments: Any) -> T:
        return function(self._communicator, *arguments)


def together(comm: Any, parts: dict[int, Any], number: int, what: tuple[Any, ...]) -> Any:
    """Do on this rank what rank 0 has told all of them.

    Args:
        comm: all ranks.
        parts: this rank's parts of objects, by number.
        number: of the object.
        what: ``("make", function, ...)``, ``("call", name, ...)`` or ``("forget",)``.

    Raises:
        Exception: on rank 0 only, see `Together`.
    """
    verb, *rest = what
    answer, problem = None, None
    try:
        if verb == "make":
            make, *arguments = rest
            parts[number] = make(comm, *arguments)
        elif verb == "call":
            name, *arguments = rest
            answer = getattr(parts[number], name)(*arguments)
        else:
            parts.pop(number, None)
    except Exception as error:  # it is told to rank 0, which raises it
        problem = error
    words = comm.gather(None if problem is None else str(problem), root=0)
    if comm.Get_rank() != 0:
        return None
    if problem is not None:
        raise problem
    for rank, said in enumerate(words):
        if said is not None:
            raise RunError(f"MPI rank {rank} alone cannot go on: {said}")
    return answer
