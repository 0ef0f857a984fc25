# SPDX-License-Identifier: BSD-2-Clause
"""The man pages as they were built: their text with the paths of this build, and the examples in it."""
import re

from daemon import BUILD

PAGES = BUILD / "packaging/man"
EXAMPLE = re.compile(r"^; example: ([^\n]*)\n```\n(.*?)^```$", re.M | re.S)


def sources():
    return sorted(PAGES.glob("*.scd"))


def source(page):
    return (PAGES / f"{page}.scd").read_text()


def examples(kind):
    """(page, text) of each."""
    return [(path.stem, text) for path in sources() for found, text in EXAMPLE.findall(path.read_text()) if found == kind]
