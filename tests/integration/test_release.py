# SPDX-License-Identifier: BSD-2-Clause
"""What else distributions and administrators get: the tarball of a release, RPM packages, SELinux's module."""
import fnmatch
import os
import pathlib
import re
import shutil
import subprocess

import pytest
from daemon import BUILD, HERE, PATIENCE, SLOW, WRAP

ROOT = HERE.parents[1]
SPECIFICATION = (ROOT / "packaging/rpm/saslward.spec").read_text()
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
LONG = 40 * PATIENCE  # to build
PREFIX = re.search('WORKER_DIRECTORY "(.*)/libexec/saslward"', (BUILD / "build-config.h").read_text())[1]
MACROS = {"bindir": f"{PREFIX}/bin", "sbindir": f"{PREFIX}/sbin", "libexecdir": f"{PREFIX}/libexec",
          "unitdir": f"{PREFIX}/lib/systemd/system", "prefix": PREFIX, "datadir": f"{PREFIX}/share",
          "mandir": f"{PREFIX}/share/man"}

pytestmark = [pytest.mark.skipif(bool(WRAP) or SLOW > 1, reason="packages are of the program as it is released"),
              pytest.mark.timeout(4 * LONG)]


def run(*command, **options):
    return subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          **{"timeout": LONG, "check": False, **options})


def require(*programs, why):
    missing = [program for program in programs if not shutil.which(program, path=SYSTEM_PATH)]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed; .ci/run installs {why}")


@pytest.fixture(name="clone")
def make_clone(directory):
    """What is in the last commit, as released today."""
    require("git", "xz", "dpkg-parsechangelog", "scdoc", why="what a release is made with")
    path = directory / "clone"
    if run("git", "clone", "--quiet", "--no-hardlinks", ROOT, path).returncode:
        pytest.skip("there is no git repository here to release from")
    changes = path / "CHANGELOG.md"
    changes.write_text(re.sub(r"(?m)^(## \S+), not yet released$", r"\1, 2026-12-01", changes.read_text()))
    commit(path)
    return path


def commit(path):
    run("git", "-C", path, "-c", "user.name=tests", "-c", "user.email=tests@localhost", "commit", "--quiet", "--all",
        "--allow-empty", "--message=release", check=True)


def test_a_release_twice(directory, clone):
    """The same commit gives the same bytes, elsewhere and for whoever has other habits."""
    made = []
    shutil.copytree(clone, directory / "elsewhere/again", symlinks=True)
    for number, (path, umask) in enumerate([(clone, 0o022), (directory / "elsewhere/again", 0o077)]):
        out = directory / f"out{number}"
        done = run(path / "packaging/release", out, umask=umask, env={**os.environ, "TZ": f"UTC{number}"})
        assert done.returncode == 0, done.stdout + done.stderr
        assert run("sha256sum", "--check", next(out.glob("*.sha256")), cwd=out).returncode == 0
        made.append(sorted((file.name, file.read_bytes()) for file in out.iterdir()))
    assert made[0] == made[1] and len(made[0]) == 2


def test_no_release_of_what_is_in_no_commit(directory, clone):
    (clone / "README.md").write_text("# Other\n")
    done = run(clone / "packaging/release", directory / "out")
    assert (done.returncode, done.stderr) == (1, "packaging/release: there are changes that are in no commit\n")


def test_no_release_without_a_date(directory, clone):
    (clone / "CHANGELOG.md").write_text("# Changes\n\n## 0.1.0, not yet released\n")
    commit(clone)
    done = run(clone / "packaging/release", directory / "out")
    assert done.returncode == 1 and "CHANGELOG.md has no line: ## " in done.stderr


def listed():
    """The patterns below %files in the specification, for the paths of this build."""
    sections = SPECIFICATION.partition("\n%files\n")[2].partition("\n%changelog")[0]
    lines = [line for line in sections.splitlines() if re.match("(%dir )?%{", line)]
    return [re.sub("%{_(.*?)}", lambda match: MACROS[match[1]], line) for line in lines]


def test_files_of_the_specification(directory):
    """All that is installed is in one of the packages, and nothing else is."""
    run("meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", directory, check=True)
    installed = [f"/{path.relative_to(directory)}" for path in directory.rglob("*") if not path.is_dir()]
    patterns = [pattern for pattern in listed() if not pattern.startswith("%dir ")]

    def has(pattern, file):
        return fnmatch.fnmatchcase(file, pattern) or file.startswith(f"{pattern}/")

    assert len(installed) > 25
    assert [file for file in installed if sum(has(pattern, file) for pattern in patterns) == 0] == []
    assert [pattern for pattern in patterns if not any(has(pattern, file) for file in installed)] == []


def test_rpm_packages(directory):
    require("rpmbuild", "git", "scdoc", why="rpm")
    done = run(ROOT / "packaging/build-rpm", directory)
    assert done.returncode == 0, done.stderr
    names = {re.sub(r"-\d.*", "", path.name) for path in directory.glob("*.rpm")}
    assert {"saslward", "saslward-ldap", "saslward-pam"} <= names
    assert len(list(directory.glob("*.src.rpm"))) == 1


def test_no_rpm_packages_without_rpmbuild(directory):
    """It says where that is."""
    for path in map(pathlib.Path, ["/usr/bin", "/bin"]):
        for program in path.iterdir():
            if not program.name.startswith("rpm") and not (directory / program.name).exists():
                (directory / program.name).symlink_to(program)
    done = run(ROOT / "packaging/build-rpm", directory / "out", env={"PATH": str(directory)})
    assert done.returncode == 1
    assert "rpmbuild is not installed; it is in the package rpm-build, on Debian rpm\n" in done.stderr


def test_the_module_of_selinux(directory):
    """As saslward-troubleshooting(7) has it compiled."""
    makefile = pathlib.Path("/usr/share/selinux/devel/Makefile")
    if not makefile.exists():
        pytest.skip("selinux-policy-dev is not installed; .ci/run installs it")
    for path in (ROOT / "packaging/selinux").iterdir():
        shutil.copy(path, directory)
    done = run("make", "-f", makefile, "saslward.pp", cwd=directory)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (directory / "saslward.pp").stat().st_size > 0
