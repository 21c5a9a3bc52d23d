"""Whatever people do, in whatever order: the tree is what the model says, and whoever follows cursors has it too.

SANDBOX_EFFORT=50 in the environment makes fifty times as many attempts, each time others.
"""

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.sandbox.tree_machine import Tree

EFFORT = int(os.environ.get("SANDBOX_EFFORT", "1"))


def test_the_tree_is_what_the_model_says_and_followers_have_it(sandbox):
    Tree.server = sandbox
    run_state_machine_as_test(
        Tree,
        settings=settings(
            max_examples=15 * EFFORT,
            stateful_step_count=30,
            deadline=None,
            derandomize=EFFORT == 1,
            database=None,
            # Made smaller, a failure is easier to read, but that takes minutes.
            phases=list(Phase) if EFFORT > 1 else [Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
