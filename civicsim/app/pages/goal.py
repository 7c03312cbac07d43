"""Find a policy: set its goals, and see a few different answers with what each costs."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from typing import Any

import pandas as pd
import solara

from civicsim.app import kept, own, widgets, work
from civicsim.app.frame import Box, Heading, Html, Text
from civicsim.app.hooks import Show, use_latest
from civicsim.app.state import chosen, set_scenario
from civicsim.app.turns import Superseded
from civicsim.app.widgets import field
from civicsim.app.words import COMPARED, GROUPS
from civicsim.errors import CivicsimError, ScenarioError
from civicsim.experiment.wording import number, scale_of
from civicsim.model.measures import MEASURES
from civicsim.report import goals as words
from civicsim.report.words import time_text
from civicsim.scenario.scenario import SECTIONS, Scenario
from civicsim.scenario.sizes import n_staff
from civicsim.study.analysis.goals import MINUTES, Goal
from civicsim.study.analysis.policies import DRAWS, FRESH, SEARCHED, TRIALS, Policies, find_policy

MOST_TRIALS = 500
NONE = "none"
_START = (("survey_all_safe", "at least", 10.0), ("burnt_out_share", "at most", 0.0), (MINUTES, "least", ""))
"""The goals that the page starts with: a measure, what is asked, and a change from current practice."""
_ASKS = {
    "at least": "up by at least",
    "at most": "up by no more than",
    "down": "down by at least",
    "most": "as high as possible",
    "least": "as low as possible",
}
_WIDTH, _HEIGHT, _EDGE = 460.0, 230.0, 44.0


@dataclasses.dataclass(frozen=True)
class Asked:
    """What a visitor wants to search for."""

    goals: tuple[Goal, ...]
    levers: tuple[str, ...]
    pay: float | None
    trials: int
    scenario: Scenario
    draws: tuple[Any, ...] | None


def fields() -> list[dict[str, Any]]:
    """Return the fields of the form."""
    measures = [
        {"name": NONE, "title": "nothing more"},
        {"name": MINUTES, "title": "Minutes set aside for improvement"},
    ]
    measures += [
        {"name": name, "title": f"{MEASURES[name].label}, {scale_of(MEASURES[name].unit).unit.strip()}"}
        for name in COMPARED
    ]
    found: list[dict[str, Any]] = []
    asks = [{"name": key, "title": title} for key, title in _ASKS.items()]
    for k, (name, ask, value) in enumerate(_START, start=1):
        about = {"group": f"Goal {k}"}
        found += [
            field(f"measure{k}", "Measure", "select", name, options=measures, wide=True, **about),
            field(f"ask{k}", "Compared with current practice", "select", ask, options=asks, **about),
            field(f"value{k}", "By how much", "number", value, unit="points, or the measure’s unit", **about),
        ]
    about = {"group": "Search"}
    found += [
        field("pay", "Pay", "number", "", unit="per hour, in any currency", min=0, **about),
        field("trials", "Policies to try", "number", TRIALS, min=1, max=MOST_TRIALS, step=1, **about),
    ]
    return found + [
        field(name, SECTIONS["levers"][name].label, "check", name in SEARCHED, group="Levers that may move")
        for names in GROUPS.values()
        for name in names
    ]


def asked_of(values: dict[str, Any], scenario: Scenario) -> Asked:
    """Return what the fields ask for.

    Raises
    ------
    ScenarioError
        If a number is missing or out of range, or nothing is asked.
    """
    goals = []
    for k in range(1, len(_START) + 1):
        name, ask = str(values.get(f"measure{k}", NONE)), str(values.get(f"ask{k}", ""))
        if name == NONE:
            continue
        if (name != MINUTES and name not in COMPARED) or ask not in _ASKS:
            raise ScenarioError(f"goal {k}: choose a measure and what is asked of it")
        if ask in ("least", "most"):
            goals.append(Goal(name, ask))
            continue
        amount = own.figures_of(values, (f"value{k}",))
        if not amount:
            raise ScenarioError(f"goal {k}: by how much?")
        factor = 1.0 if name == MINUTES else scale_of(MEASURES[name].unit).factor
        value = amount[f"value{k}"] / factor
        goals.append(Goal(name, "at most", -value, True) if ask == "down" else Goal(name, ask, value, True))
    if not goals:
        raise ScenarioError("choose at least one goal")
    numbers = own.figures_of(values, ("pay", "trials"))
    trials, pay = numbers.get("trials", float(TRIALS)), numbers.get("pay")
    if not 1 <= trials <= MOST_TRIALS or (pay is not None and pay < 0.0):
        raise ScenarioError(f"expected 1 to {MOST_TRIALS} policies to try, and pay from 0")
    levers = tuple(name for group in GROUPS.values() for name in group if values.get(name) is True)
    fit = own.own_fit.peek()
    draws = tuple(fit.draws[k] for k in fit.left[:DRAWS]) if fit is not None and own.fits(fit, scenario) else None
    return Asked(tuple(goals), levers, pay, int(trials), scenario, draws)


def picture(found: Policies) -> dict[str, Any]:
    """Return the policies tried and the answers as places in a drawing: minutes across, and upwards the change of the first measure.

    Changes are from current practice on the same runs: trials and answers have different seeds, and levels differ between these.
    """
    names = [goal.name for goal in found.goals if goal.name != MINUTES]
    if not names:
        return {}
    name = names[0]
    scale = scale_of(found.given.measures[name].unit)
    tried = found.trials[["minutes", "met"]].assign(change=found.trials[name] - found.before[name]).dropna()
    answers = found.answers[["minutes", "robust"]].assign(change=found.answers[f"{name}_difference"])
    across, upwards = (pd.concat([tried[key], answers[key]]) for key in ("minutes", "change"))
    low_x, high_x = across.min(), max(across.max(), across.min() + 1.0)
    low_y, high_y = upwards.min(), upwards.max()
    reach = high_y - low_y or 1.0

    def place(minutes: float, value: float) -> tuple[float, float]:
        x = _EDGE + (minutes - low_x) / (high_x - low_x) * (_WIDTH - 1.4 * _EDGE)
        return round(x, 1), round(_HEIGHT - 36.0 - (value - low_y) / reach * (_HEIGHT - 60.0), 1)

    return {
        "size": (_WIDTH, _HEIGHT),
        "label": found.given.measures[name].label,
        "unit": scale.points.strip(),
        "x": [(place(v, low_y)[0], f"{v:.0f}") for v in (low_x, 0.5 * (low_x + high_x), high_x)],
        "y": [
            (place(low_x, v)[1], number(scale.factor * v, 1, sign=True))
            for v in (low_y, 0.5 * (low_y + high_y), high_y)
        ],
        "tried": [(*place(row["minutes"], row["change"]), bool(row["met"])) for _, row in tried.iterrows()],
        "answers": [
            (*place(row["minutes"], row["change"]), k + 1, bool(row["robust"]))
            for k, (_, row) in enumerate(answers.iterrows())
        ],
    }


@solara.component
def FindPolicy() -> None:
    """Search the levers for policies that reach goals."""
    scenario = chosen.value.scenario
    asked, ask = solara.use_state(None)
    refused, refuse = solara.use_state("")
    halt = solara.use_memo(threading.Event, [asked])

    def press(given: dict[str, Any]) -> None:
        refuse("")
        if given.get("button") == "stop":
            halt.set()
            return
        try:
            ask(asked_of(dict(given.get("values", {})), chosen.peek().scenario))
        except CivicsimError as error:
            refuse(str(error))

    def compute(stop: Callable[[], bool], show: Show) -> None:
        if asked is None:
            return
        tried = 0

        def stopping() -> bool:
            nonlocal tried
            show((tried, asked.trials))
            tried += 1
            return halt.is_set()

        draws = DRAWS if asked.draws is None else asked.draws
        how: dict[str, Any] = {"levers": asked.levers, "trials": asked.trials, "pay": asked.pay, "draws": draws}
        with work.turn(asked.scenario, FRESH, stop) as over:

            def progress(_: float) -> None:
                if over():
                    raise Superseded

            show(find_policy(asked.goals, asked.scenario, progress=progress, stop=stopping, **how))

    found, of, problem = use_latest(compute, [asked])
    here = of == [asked] and asked is not None
    done = found if here and isinstance(found, Policies) else None
    working = asked is not None and done is None and not (problem and here)

    def choose(name: str) -> None:
        what, _, number = name.partition(" ")
        if done is None:
            return
        one = done.scenario(int(number) - 1)
        if what == "show":
            set_scenario(one)
        elif what == "keep":
            kept.kept.set(kept.keep(kept.kept.peek(), one))

    Heading(
        "Find a policy",
        "Set goals for a policy: civicsim searches the levers and shows a few different answers, with what each costs.",
    )
    with Box("cv-halves"):
        with Box("cv-card", tag="section"):
            Text("h2", "Goals")
            Text(
                "p",
                f"Goals are for the last year of {time_text(scenario.weeks)} in the organisation on this page, with {n_staff(scenario):,} staff.",
                class_="soft",
            )
            widgets.Form(
                name="goal",
                title="Goals",
                fields=solara.use_memo(fields, []),
                buttons=[
                    {"name": "search", "label": "Search", "disabled": working},
                    {"name": "stop", "label": "Stop and show what was found", "disabled": not working},
                ],
                event_press=press,
            )
        with Box("cv-card", tag="section"):
            Text("h2", "Answers")
            if refused or (problem and here):
                Text("p", refused or problem, class_="cv-note")
            elif working:
                tried, trials = found if here and isinstance(found, tuple) else (0, asked.trials)
                last = (
                    "; trying the answers again with fresh seeds and other parameter sets"
                    if tried >= trials - 1
                    else ""
                )
                Text("p", f"{min(tried + 1, trials)} of {trials} policies tried{last} …")
            elif done is None:
                Text("p", "Nothing has been searched yet.", class_="soft")
            else:
                Html(
                    "answers",
                    on_press=choose,
                    found=done,
                    goals=[words.goal_text(goal, done) for goal in done.goals],
                    answers=words.answers(done),
                    drawing=picture(done),
                    kept=[one.letter for one in kept.kept.value],
                    full=len(kept.kept.value) == len(kept.LETTERS),
                    chance=words.CHANCE,
                    moved=asked.scenario != scenario,
                )
