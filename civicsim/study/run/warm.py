"""Loads the code of a worker and simulates two weeks, once, in the server from which workers are forked.

Importing this module takes a second or two. Nothing else imports it.
"""

from __future__ import annotations

from civicsim.experiment.run import run
from civicsim.scenario.scenario import Scenario


def simulate_briefly() -> None:
    """Simulate two weeks of a tiny organisation, so that compiled code is loaded before workers are forked."""
    tiny = {"n_teams": 1, "team_size": 2, "n_executives": 1, "weeks": 1, "burn_in_weeks": 1}
    run(Scenario().with_(**tiny), 1, threads=1)


simulate_briefly()
