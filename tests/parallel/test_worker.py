from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalebridge.parallel._wire import receive, send


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_messages_arrive_whole_and_in_order(messages: list[bytes]):
    stream = io.BytesIO()
    for message in messages:
        send(stream, message)
    stream.seek(0)
    assert [receive(stream) for _ in messages] == messages
    with pytest.raises(EOFError):
        receive(stream)


@given(st.binary(max_size=50), st.data())
def test_a_message_cut_short_is_noticed(message: bytes, data: st.DataObject):
    stream = io.BytesIO()
    send(stream, message)
    whole = stream.getvalue()
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(EOFError):
        receive(io.BytesIO(whole[:cut]))


@pytest.mark.parametrize("function", ["die_with({})", "watch({}, interval=0.01)"])
def test_a_worker_whose_parent_is_gone_leaves(function: str):
    program = f"from scalebridge.parallel._worker import die_with, watch; {function}; print('still here')"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    other = os.getppid()
    done = subprocess.run([sys.executable, "-c", program.format(other)], env=env, capture_output=True, timeout=20)
    assert (done.returncode, done.stdout) == (1, b"")
