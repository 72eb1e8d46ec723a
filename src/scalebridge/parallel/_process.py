"""A worker process, seen from its parent."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from typing import BinaryIO, cast, final

from scalebridge.errors import ScalebridgeError
from scalebridge.parallel._environment import no_rank, single_threaded
from scalebridge.parallel._wire import receive, send

_BOOTSTRAP = (
    "import sys, json; path, parent, main = json.loads(sys.argv.pop()); sys.path[:] = path; "
    "from scalebridge.parallel._worker import main as serve; serve(parent, main)"
)
_SECONDS_TO_LEAVE = 2.0


class WorkerDiedError(ScalebridgeError):
    """A worker process ended while it was being asked."""


@final
class WorkerProcess:
    """One worker process, started when first needed and again when it has died.

    `call` belongs to one thread, `kill` to any. The process is started by the calling thread: Linux ends it with the
    thread that started it, which must therefore live until `close`.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._killed = False

    @property
    def killed(self) -> bool:
        """Whether `kill` was called; such a worker does not come back."""
        return self._killed

    def call(self, payload: bytes) -> bytes:
        """Send one task and wait for its answer.

        Raises:
            WorkerDiedError: the process ended before it answered.
        """
        if self._process is None or self._process.poll() is not None:
            self._start()
        try:
            send(self._requests, payload)
            return receive(self._replies)
        except (EOFError, OSError) as error:
            raise WorkerDiedError(self._bury()) from error

    def close(self) -> None:
        """Let the process end in peace; insist after two seconds."""
        process = self._process
        if process is None:
            return
        self._close_streams()
        try:
            process.wait(_SECONDS_TO_LEAVE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """End the process now, and for good."""
        with self._lock:
            self._killed = True
            if self._process is not None:
                self._process.kill()

    @property
    def _requests(self) -> BinaryIO:
        assert self._process is not None
        return cast(BinaryIO, self._process.stdin)

    @property
    def _replies(self) -> BinaryIO:
        assert self._process is not None
        return cast(BinaryIO, self._process.stdout)

    def _start(self) -> None:
        with self._lock:
            if self._killed:
                raise WorkerDiedError("it was stopped")
            if self._process is not None:
                self._close_streams()
            self._process = _launch()
        try:
            receive(self._replies)
        except EOFError as error:
            raise WorkerDiedError(f"it did not start: {self._bury()}") from error

    def _bury(self) -> str:
        assert self._process is not None
        self._process.kill()
        code = self._process.wait()
        self._close_streams()
        return _last_words(code)

    def _close_streams(self) -> None:
        for stream in (self._requests, self._replies):
            try:
                stream.close()
            except BrokenPipeError:
                # What was still to be flushed is lost with the process, which the caller knows already.
                continue


def _launch() -> subprocess.Popen[bytes]:
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    arguments = json.dumps([sys.path, os.getpid(), None if main is None else os.path.abspath(main)])
    return subprocess.Popen(
        [sys.executable, "-c", _BOOTSTRAP, *sys.argv[1:], arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=single_threaded(no_rank(os.environ)),
    )


def _last_words(code: int) -> str:
    if code >= 0:
        return f"it ended with exit status {code}"
    name = signal.Signals(-code).name
    hint = ", as the system does when memory runs out" if -code == getattr(signal, "SIGKILL", 9) else ""
    return f"it was ended by the signal {name}{hint}"
