# SPDX-License-Identifier: BSD-2-Clause
"""tests/bench/run says so where there was nothing to measure."""
import subprocess
import sys

import pytest
from daemon import BUILD, HERE, PATIENCE

RUN = HERE.parent / "bench/run"
DEAD = """#!/usr/bin/python3 -IS
# Listens where saslwardd would, and ends without an answer a moment after it was asked.
import socket, sys, time
mux = socket.socket(socket.AF_UNIX)
mux.bind(sys.argv[sys.argv.index("-m") + 1] + "/mux")
mux.listen(100)
while True:
    client, _ = mux.accept()
    if client.recv(1):  # else somebody only looks whether somebody listens
        time.sleep(3)
        break
"""


@pytest.fixture(name="build")
def make_build(directory):
    """One whose saslwardd is dead."""
    build = directory / "build"
    (build / "daemon").mkdir(parents=True)
    for name in ("tests", "backends", "pam"):
        (build / name).symlink_to(BUILD / name)
    daemon = build / "daemon/saslwardd"
    daemon.write_text(DEAD)
    daemon.chmod(0o755)
    return build


@pytest.mark.parametrize("options", [["--quick"], ["--rounds", "1", "--seconds", "0.1"]], ids=["quick", "in full"])
def test_nobody_answers(build, options):
    done = subprocess.run([sys.executable, RUN, "sasldb", "--build", build, *options], capture_output=True, text=True,
                          timeout=4 * PATIENCE, check=False)
    if done.returncode == 77:
        pytest.skip(done.stdout)
    assert "no answer within 0.1 s" in done.stdout + done.stderr
    assert done.returncode == 1
