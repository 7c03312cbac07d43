"""Goals of a policy in words: what it is to reach in a measure, or to take as little of as possible."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from civicsim.errors import ScenarioError, nearest
from civicsim.model.measuring import Measure

MINUTES = "minutes"
"""A goal's name for minutes per person and week that are set aside; they follow from the levers alone."""
_GOAL = re.compile(
    r"(?P<name>\w+) +(?:(?P<ask>least|most)|(?P<bound>at least|at most|>=|<=) *(?P<value>[+-]?\d+(?:\.\d+)?) *(?P<points>points?|%)?)"
)
_BOUNDS = {">=": "at least", "<=": "at most"}
EXAMPLE = '"survey_all_safe at least +10", "burnt_out_share at most +0 points" or "minutes least"'


@dataclass(frozen=True)
class Goal:
    """What a policy is to reach, in one measure over the last year.

    Attributes
    ----------
    name : str
        A measure, or :data:`MINUTES`.
    ask : {"at least", "at most", "least", "most"}
        The first two are bounds to be met, the others ask for as little or as much as possible.
    value : float
        The bound, in the measure's unit.
    change : bool
        Whether the bound is a change from current practice instead of a level.
    """

    name: str
    ask: str
    value: float = 0.0
    change: bool = False

    @property
    def bound(self) -> bool:
        """Whether it has to be met."""
        return self.ask in ("at least", "at most")

    @property
    def sign(self) -> float:
        """1 where more is wanted, −1 where less is."""
        return 1.0 if self.ask in ("at least", "most") else -1.0

    def margin(self, value: float, before: float) -> float:
        """Return by how much a value is on the wanted side of the bound; ``before`` is that of current practice."""
        return self.sign * (value - self.value - (before if self.change else 0.0))


def read_goal(text: str, measures: Mapping[str, Measure]) -> Goal:
    """Return the goal that words describe.

    Parameters
    ----------
    text : str
        A measure and "at least" or "at most" (or >=, <=) with a number, or "least" or "most". A number with a sign is a change from
        current practice; "points" or "%" behind it stands for hundredths where the measure is a share.
    measures : mapping of str to Measure
        The measures there are.
    """
    found = _GOAL.fullmatch(" ".join(text.replace("−", "-").split()))
    if found is None:
        raise ScenarioError(f"goal '{text}': expected a measure and what is asked of it, such as {EXAMPLE}")
    name, value = found["name"], found["value"]
    if name != MINUTES and name not in measures:
        raise ScenarioError(f"goal '{text}': no measure '{name}'; {nearest(name, (MINUTES, *measures))}")
    if value is None:
        return Goal(name, found["ask"])
    number, unit = float(value), "" if name == MINUTES else measures[name].unit
    share = name != MINUTES and (unit.startswith("share of") or measures[name].bounds[1] == 1.0)
    if found["points"] and unit != "%":
        if not share:
            raise ScenarioError(f"goal '{text}': {name} is not a share, so it has no points")
        number /= 100.0
    if abs(number) > (1.0 if share else 100.0 if unit == "%" else math.inf):
        hint = f": for hundredths, write '{value} {'points' if value[0] in '+-' else '%'}'" if share else ""
        raise ScenarioError(f"goal '{text}': {name} is never beyond {1 if share else 100}{hint}")
    bound = found["bound"]
    return Goal(name, _BOUNDS.get(bound, bound), number, value[0] in "+-")
