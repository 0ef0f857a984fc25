# SPDX-License-Identifier: BSD-2-Clause
"""Some runs of the stateful fuzzer; attack.py itself goes on for as long as you like."""
import os

import pytest
from attack import Attack
from daemon import WRAP

SEEDS = [int(seed) for seed in os.environ.get("SASLWARD_SEED", "1,2,3").split(",")]
STEPS = int(os.environ.get("SASLWARD_STEPS", "60" if WRAP else "500"))


@pytest.mark.parametrize("seed", SEEDS)
def test_attack(directory, seed):
    attack = Attack(directory, seed)
    attack.run(STEPS)
    assert attack.replies[b"OK"] and attack.replies[b"NO"]
