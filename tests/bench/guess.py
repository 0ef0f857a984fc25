#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Wrong passwords at a SPICE console, one after the other: guess.py HOST TLS-PORT CA-FILE USER COUNT

Exits with 1 if one of them was not refused.
"""
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "integration"))
from spice_login import Login  # noqa: E402

host, port, ca_file, user, count = sys.argv[1:]
outcomes = [Login(host, port, ca_file, user, f"guess {number}").run(10) for number in range(int(count))]
os._exit(any(outcome != {"main": "refused"} for outcome in outcomes))
