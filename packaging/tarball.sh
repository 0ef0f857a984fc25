# SPDX-License-Identifier: BSD-2-Clause
# Sourced by what packs the sources.

# project_version: as meson.build says
project_version() {
        sed -n "s/^ *version: '\(.*\)',/\1/p" meson.build
}

# make_tarball TARBALL NAME SECONDS: packs the files that are named on standard input, each ended by a NUL, below NAME/ and
# as of that time. The same files give the same bytes, whoever does it, where and when.
make_tarball() {
        tar --null --files-from=- --create --sort=name --mtime="@$3" --owner=0 --group=0 --numeric-owner \
                --mode=u=rwX,go=rX --format=gnu --transform="s,^\./,,S;s,^,$2/,S" | xz --threads=1 >"$1"
}
