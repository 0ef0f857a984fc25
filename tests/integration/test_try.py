# SPDX-License-Identifier: BSD-2-Clause
"""./try, which README shows first: all of its answers are as expected, on old kernels, too, and nothing of it is left."""
import os
import shutil
import subprocess

import pytest
import qemu
from conftest import SASLPASSWD2
from daemon import BUILD, HERE, SLOW, WRAP

MODULES = BUILD / "tests/integration"
TRY = HERE.parent.parent / "try"
AS_EXPECTED = "All answers were as expected."

pytestmark = [
    pytest.mark.skipif(bool(WRAP), reason="./try starts the programs by itself, without valgrind"),
    pytest.mark.skipif(not SASLPASSWD2 or not shutil.which("testsaslauthd", path=qemu.SYSTEM_PATH),
                       reason="saslpasswd2 or testsaslauthd is not installed"),
]


def run(directory, *options, **environment):
    """What it printed and its exit status."""
    directory.mkdir()
    env = {**os.environ, "TRY_BUILD": str(BUILD), "TMPDIR": str(directory), **environment}
    done = subprocess.run(["/bin/bash", TRY, *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=100 * SLOW, check=False, env=env)
    return done.stdout.decode(errors="replace"), done.returncode


OLD_KERNEL = {"LD_PRELOAD": str(MODULES / "without_peerpidfd.so")}
KERNELS = pytest.mark.parametrize("environment", [pytest.param({}, id="this kernel"),
                                                  pytest.param(OLD_KERNEL, id="a kernel without SO_PEERPIDFD")])


@KERNELS
def test_try(directory, environment):
    said, status = run(directory / "try", **environment)
    assert status == 0 and AS_EXPECTED in said, said
    assert said.count("by socket]") > 0
    assert not list((directory / "try").iterdir())


@KERNELS
def test_try_with_qemu(directory, environment):
    qemu.require()
    said, status = run(directory / "try", "--qemu", **environment)
    assert status == 0 and AS_EXPECTED in said, said
    assert said.count("by cmdline]") > 0
    assert not list((directory / "try").iterdir())


def test_answers_that_are_not_as_expected(directory):
    """It says so, and keeps what tells why. The workers that it needs are not in this build."""
    build = directory / "build"
    (build / "backends").mkdir(parents=True)
    (build / "daemon").symlink_to(BUILD / "daemon")
    (build / "backends/sasldb").symlink_to(BUILD / "backends/sasldb")
    (build / "backends/resolve").write_text("#!/bin/false\n")
    (build / "backends/resolve").chmod(0o755)
    said, status = run(directory / "try", TRY_BUILD=str(build))
    assert status == 1 and "answers were not as expected" in said, said
    kept, = (directory / "try").iterdir()
    assert f"What the daemon and the others wrote is in {kept}." in said
    assert "listening on socket" in (kept / "log-2").read_text()
