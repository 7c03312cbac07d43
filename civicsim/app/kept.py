"""Policies that a visitor keeps as A, B and C, steps back, and how the policies compare with one another."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import solara

from civicsim.app import own, work
from civicsim.app.common import style_titles
from civicsim.app.frame import Box, Html, Text
from civicsim.app.hooks import Show, use_latest
from civicsim.app.remembered import remember
from civicsim.app.state import MOST_WEEKS, START, chosen, from_query, set_scenario, to_query
from civicsim.app.verdicts import verdict
from civicsim.app.words import COMPARED, SHOWN
from civicsim.model.levers import Levers
from civicsim.model.processes.events import Event
from civicsim.report.goals import lever_words
from civicsim.scenario.scenario import STATUS_QUO, Scenario
from civicsim.scenario.sizes import n_staff

LETTERS = "ABC"
"""Names of the policies that are kept: more would be too many to compare."""
NOW, PRACTICE = "Your levers now", "Current practice"
_STEPS = 50
"""Steps back that are remembered."""
_NAMED = 4
"""Levers that the description of a policy names."""


@dataclass(frozen=True)
class Kept:
    """A policy without an organisation: levers, the style that they started from, and dated decisions."""

    letter: str
    style: str
    levers: Levers
    decisions: tuple[Event, ...]

    def on(self, scenario: Scenario) -> Scenario:
        """Return the policy on the organisation, assumptions and outside events of a scenario."""
        events = tuple(e for e in scenario.interventions if e.name in SHOWN["happens"]) + self.decisions
        title = style_titles().get(self.style, self.style)
        return dataclasses.replace(scenario, levers=self.levers, style=self.style, title=title, interventions=events)


kept: solara.Reactive[tuple[Kept, ...]] = solara.reactive(())
"""The visitor's policies, by letter; kept apart for each visitor."""
_CARRIER = START.with_(weeks=MOST_WEEKS)
"""What a tab remembers a policy on: an organisation that says nothing of the visitor's, and time enough for every decision."""
past: solara.Reactive[tuple[Scenario, ...]] = solara.reactive(())
"""What the visitor had before, the present choice last."""


def keep(policies: tuple[Kept, ...], scenario: Scenario) -> tuple[Kept, ...]:
    """Return policies with that of a scenario under the first free letter; as they are where none is free."""
    free = [letter for letter in LETTERS if letter not in {one.letter for one in policies}]
    if not free:
        return policies
    return tuple(sorted((*policies, policy_of(scenario, free[0])), key=lambda own: own.letter))


def policy_of(scenario: Scenario, letter: str) -> Kept:
    """Return the policy of a scenario, without its organisation and what happens to it."""
    decisions = tuple(event for event in scenario.interventions if event.name not in SHOWN["happens"])
    return Kept(letter, scenario.style, scenario.levers, decisions)


def link_of(policy: Kept) -> str:
    """Return a policy as a link, which is how a browser tab remembers it."""
    return to_query(policy.on(_CARRIER))


def read_policies(found: Any) -> tuple[Kept, ...]:
    """Return the policies that a browser tab remembered; a link that is not taken as it stands is none."""
    given = found if isinstance(found, dict) else {}
    links = {letter: from_query(given[letter]) for letter in LETTERS if isinstance(given.get(letter), str)}
    return tuple(policy_of(link.scenario, letter) for letter, link in links.items() if not link.notes)


remember("policies", kept, read_policies, lambda policies: {one.letter: link_of(one) for one in policies})


def practice_of(scenario: Scenario) -> Scenario:
    """Return current practice on the same organisation, with the same assumptions and outside events."""
    return Kept("", STATUS_QUO, scenario.habits, ()).on(scenario)


@solara.component
def KeptPanel() -> None:
    """Keep the policy on screen, go a step back, choose or drop what is kept."""
    scenario, policies = chosen.value.scenario, kept.value

    def remember() -> None:
        trail = past.peek()
        if not trail or trail[-1] != scenario:
            past.set((*trail, scenario)[-_STEPS:])

    solara.use_effect(remember, [scenario])

    def press(name: str) -> None:
        what, _, letter = name.partition(" ")
        if what == "keep":
            kept.set(keep(kept.peek(), chosen.peek().scenario))
        elif what == "undo" and len(past.peek()) > 1:
            before = past.peek()[-2]
            past.set(past.peek()[:-1])
            set_scenario(before)
        elif what == "choose":
            set_scenario(next(one for one in kept.peek() if one.letter == letter).on(chosen.peek().scenario))
        elif what == "drop":
            kept.set(tuple(one for one in kept.peek() if one.letter != letter))

    base = practice_of(scenario)
    rows = [
        {
            "letter": one.letter,
            "words": lever_words(one.on(scenario), base, _NAMED),
            "decisions": len(one.decisions),
            "here": one.on(scenario).digest == scenario.digest,
        }
        for one in policies
    ]
    with Box("cv-card cv-below", tag="section"):
        Html("kept", on_press=press, rows=rows, full=len(rows) == len(LETTERS), can_undo=len(past.value) > 1)


@solara.component
def KeptTable() -> None:
    """Compare the policies kept with one another and with current practice, once there is one."""
    scenario, policies, fit = chosen.value.scenario, kept.value, own.own_fit.value
    against, set_against = solara.use_state(PRACTICE)
    named = {PRACTICE: practice_of(scenario), **{f"Policy {one.letter}": one.on(scenario) for one in policies}}
    if policies and scenario.digest not in {one.digest for one in named.values()}:
        named[NOW] = scenario
    base = against if against in named else PRACTICE
    labels = [base, *(label for label in named if label != base)]
    like_yours = own.fits(fit, scenario)

    def compute(stop: Callable[[], bool], show: Show) -> None:
        scenarios = [named[label] for label in labels]
        if policies and fit is not None and like_yours:
            show(work.Matched(own.batches_like_yours(fit, scenarios, stop), work.MANY))
        elif policies:
            for found in work.matched(scenarios, stop):
                show(found)

    wanted: list[Any] = [labels, [named[label] for label in labels], fit if like_yours else None]
    found, of, problem = use_latest(compute, wanted)
    if not policies:
        return
    with Box("cv-card cv-below" + ("" if of == wanted else " cv-busy"), tag="section"):
        Html("against", on_press=set_against, labels=list(named), base=base, like_yours=like_yours)
        if problem:
            Text("p", problem, class_="cv-note")
        elif found is None:
            Text("p", "The policies are being simulated …", class_="soft")
        else:
            # Until a new answer is there, the last one stands under the names that it was found for.
            rows = [[verdict(name, found.batches[0], batch) for batch in found.batches] for name in COMPARED]
            Html("differences", labels=of[0], rows=rows, matched=found, staff=n_staff(of[1][0]))
