"""Loads the code of a worker and simulates two weeks, once, in the server from which workers are forked.

Importing this module takes a second or two. Nothing else imports it.
"""

from __future__ import annotations

from civicsim.experiment.warming import simulate_briefly

simulate_briefly()
