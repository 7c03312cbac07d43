"""Policies that a search has found, in words: what each changes, reaches and costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from civicsim.engine.parameters import Parameter
from civicsim.experiment.wording import number, percent, scale_of
from civicsim.model.levers import PURPOSES
from civicsim.scenario.scenario import SECTIONS, Scenario
from civicsim.study.analysis.goals import MINUTES, Goal
from civicsim.study.analysis.policies import Policies

CHANCE = (
    "Answers are means over matched runs with seeds that had no part in the search. Hours are those set aside, not all that a policy "
    "takes; other measures may get worse: compare an answer before you choose it."
)


@dataclass(frozen=True)
class AnswerText:
    """An answer in words.

    Attributes
    ----------
    number : int
        From 1 on, by minutes.
    levers, minutes, hours, money : str
        What it changes, and what it costs; ``money`` is "" without a pay rate.
    goals : tuple of (str, str)
        Label of each measure asked for, and its value with the difference from current practice.
    draws : str
        With how many parameter sets it meets the bounds, in a sentence; "" where none was tried.
    met, robust : bool
    """

    number: int
    levers: str
    minutes: str
    hours: str
    money: str
    goals: tuple[tuple[str, str], ...]
    draws: str
    met: bool
    robust: bool


def lever_words(scenario: Scenario, usual: Scenario, most: int | None = None) -> str:
    """Return how a scenario's levers differ from those of another, moved furthest first; at most so many are named."""

    def share(about: Parameter) -> float:
        values = (getattr(one.levers, about.name) for one in (scenario, usual))
        return abs(next(values) - next(values)) / (about.high - about.low)

    moved = sorted((about for about in SECTIONS["levers"].values() if share(about) > 0.0), key=share, reverse=True)
    words = [f"{about.label} {lever_text(about, scenario)}" for about in moved[:most]]
    more = f" and {len(moved) - len(words)} more" if len(moved) > len(words) else ""
    return f"{', '.join(words)}{more}" if words else "no lever moved"


def lever_text(about: Parameter, scenario: Scenario) -> str:
    """Return the value of a lever: per cent, or the minutes a week that its weight gives to its purpose."""
    minutes = {purpose.lever: 60.0 * scenario.hours[name] for name, purpose in PURPOSES.items()}
    if about.name in minutes:
        return f"{number(minutes[about.name], 0)} min a week"
    return percent(getattr(scenario.levers, about.name))


def _a_year(form: str, whole: float, extra: float) -> str:
    more = "as under current practice" if abs(extra) < 0.5 else f"{extra:+,.0f} compared with current practice"
    return f"{form.format(whole)} a year, {more}".replace("-", "−")


def goal_text(goal: Goal, found: Policies) -> str:
    """Return what a goal asks for."""
    if goal.name == MINUTES:
        label, unit, factor = "Minutes set aside per person and week", "", 1.0
    else:
        about = found.given.measures[goal.name]
        scale = scale_of(about.unit)
        label, unit, factor = about.label, scale.points if goal.change else scale.unit, scale.factor
    if not goal.bound:
        return f"{label}: as {'much' if goal.ask == 'most' else 'little'} as possible"
    value = number(goal.value * factor, 1 if goal.value * factor % 1 else 0, sign=goal.change)
    beyond = " from current practice" if goal.change else ""
    return f"{label}: {goal.ask} {value}{unit}{beyond}"


def answers(found: Policies) -> list[AnswerText]:
    """Return the answers in words, by minutes."""
    texts = []
    holds = (
        "Meets the goals"
        if any(goal.bound for goal in found.goals)
        else "Is no worse than current practice in the first goal"
    )
    for k, row in found.answers.iterrows():
        money = ""
        if "cost" in row:
            money = _a_year("{:,.0f}", row["cost"], row["extra_cost"])
        reached = []
        for name in dict.fromkeys(goal.name for goal in found.goals if goal.name != MINUTES):
            about = found.given.measures[name]
            scale = scale_of(about.unit)
            ends = (row[f"{name}_difference{end}"] for end in ("", "_low", "_high"))
            reached.append((about.label, f"{scale.text(row[name])}, {scale.difference(*ends)}"))
        share = row["draws_met"]
        texts.append(
            AnswerText(
                int(str(k)) + 1,
                lever_words(found.scenario(int(str(k))), found.practice),
                f"{number(row['minutes'], 0)} minutes per person and week",
                _a_year("{:,.0f} hours", row["hours"], row["extra_hours"]),
                money,
                tuple(reached),
                "" if np.isnan(share) else f"{holds} with {round(share * found.draws)} of {found.draws} parameter sets",
                bool(row["met"]),
                bool(row["robust"]),
            )
        )
    return texts
