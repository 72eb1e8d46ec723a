"""Children that an interrupt reaches."""

from __future__ import annotations

import signal
import subprocess
from typing import Any


def popen(command: list[str], **options: Any) -> subprocess.Popen[Any]:
    """Like `subprocess.Popen`; a shell that runs the tests in its background makes children deaf to SIGINT."""
    return subprocess.Popen(command, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), **options)
