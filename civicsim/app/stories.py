"""What happened to a person or a team, in plain words."""

from __future__ import annotations

from typing import Any

import numpy as np

from civicsim.app.history import (
    ABSENT,
    BRIGHT,
    DARK,
    FROM_OUTSIDE,
    HARMED,
    NEW,
    ORDERED,
    OWN_CHANGE,
    SILENCE,
    SPOKE,
    STATES,
    VACANT,
    Item,
    Lived,
    items_of,
)
from civicsim.app.words import PLACES, ROLE_WORDS, week_text
from civicsim.organisation import NO_IDEA, PROFESSIONS, ROLES, STAFF, TEAM_MANAGER, TRIAL, WAITING
from civicsim.processes.exhaustion import BURNT_OUT
from civicsim.report.words import counted

_MOST = 7
"""Most lines of a story."""


def name_of(lived: Lived, person: int) -> str:
    """Return what to call a person in the model."""
    scene = lived.scene
    role, team = int(scene.role[person]), int(scene.team[person])
    if role == STAFF:
        mates = np.flatnonzero((scene.team == team) & (scene.role == STAFF))
        place = int(np.flatnonzero(mates == person)[0]) + 1
        return f"{PLACES[PROFESSIONS[scene.profession[person]]]} {place}, team {team + 1}"
    words = ROLE_WORDS[ROLES[role]]
    return f"{words} {team + 1}" if role == TEAM_MANAGER else words


def _degree(value: float, words: tuple[str, str, str, str]) -> str:
    return words[min(3, int(value * 4.0))]


def person_story(lived: Lived, person: int, week: int) -> dict[str, Any]:
    """Return how a person is in a week, and what they raised up to then and what came of it.

    Parameters
    ----------
    lived : Lived
    person : int
        Row within the organisation.
    week : int
        Week on screen; 0 is the first.

    Returns
    -------
    dict
        ``title``, ``now`` (one sentence) and ``lines`` (each ``week`` and ``text``), newest first.
    """
    acts = lived.acts[: week + 1, person]
    state = {name: lived.states[k, week, person] / 255.0 for k, name in enumerate(STATES)}
    return {
        "title": name_of(lived, person),
        "now": _now(int(acts[week]), state, staff=int(lived.scene.role[person]) == STAFF),
        "lines": _newest(_person_lines(lived, person, week)),
        "sum": _sum_of(acts) if int(lived.scene.role[person]) == STAFF else "",
    }


def _now(act: int, state: dict[str, float], staff: bool) -> str:
    if act & VACANT:
        return "The post is empty this week."
    words = []
    if act & ABSENT:
        words.append("off sick")
    words.append(_degree(state["exhaustion"], ("rested", "a little tired", "tired", "worn out")))
    if state["exhaustion"] > BURNT_OUT:
        words.append("burnt out")
    if staff:
        words.append(
            _degree(
                state["safety"],
                (
                    "feels unsafe to speak up",
                    "feels rather unsafe to speak up",
                    "feels fairly safe to speak up",
                    "feels safe to speak up",
                ),
            )
        )
        words.append(
            _degree(
                state["efficacy"],
                ("thinks it is pointless", "doubts that it helps", "thinks it may help", "thinks it helps"),
            )
        )
    return "Now: " + ", ".join(words) + "."


def _sum_of(acts: np.ndarray) -> str:
    since = np.flatnonzero(acts & NEW)
    own = acts[int(since[-1]) :] if len(since) else acts
    spoke = int(((own & SPOKE) > 0).sum())
    if not spoke:
        return "Has not spoken up so far."
    return f"Spoke up in {counted(spoke, 'week')} of {len(own)}."


def _person_lines(lived: Lived, person: int, week: int) -> list[tuple[int, str]]:
    acts = lived.acts[: week + 1, person]
    empty = (acts & VACANT) > 0
    turns = (
        ("was made to suffer for having spoken up", np.flatnonzero(acts & HARMED)),
        ("left; the post is empty", np.flatnonzero(empty[1:] & ~empty[:-1]) + 1),
        ("somebody new took the post", np.flatnonzero(~empty[1:] & empty[:-1]) + 1),
    )
    lines = [(int(w), text) for text, weeks in turns for w in weeks]
    told = set()
    for item in items_of(lived, person):
        if 0 <= item.raised <= week:
            told.add(item.raised)
            lines.append((item.raised, item_text(item, week)))
    quick = {0: "", 2: "acted on at once", 4: "explained at once", 6: "met by silence"}
    for w in np.flatnonzero(acts & SPOKE):
        came = int(acts[w]) & SILENCE
        if int(w) not in told:
            says = f"spoke up; {quick[came]}" if came else "spoke up about what was on the table already"
            lines.append((int(w), says))
    return lines


def item_text(item: Item, week: int) -> str:
    """Return what came of something somebody raised, as it was known in a week."""
    if item.answered is None or item.answered > week:
        waited = week - item.raised
        return (
            f"spoke up; still waiting after {counted(waited, 'week')}" if waited else "spoke up; waiting for an answer"
        )
    waited = item.answered - item.raised
    start = f"spoke up; waited {counted(waited, 'week')}" if waited else "spoke up; answered at once"
    if item.outcome == "acted":
        if item.settled is None or item.settled > week:
            return f"{start}; acted on, not in practice yet"
        after = f"{week_text(item.settled)}"
        return (
            f"{start}; acted on; in practice since {after}"
            if item.adopted
            else f"{start}; acted on, but dropped in {after}"
        )
    return f"{start}; {'explained' if item.outcome == 'explained' else 'met by silence'}"


def _newest(lines: list[tuple[int, str]]) -> list[dict[str, Any]]:
    lines = sorted(lines, key=lambda line: -line[0])
    return [{"week": w, "text": f"{week_text(w).capitalize()}: {text}."} for w, text in lines[:_MOST]]


def team_story(lived: Lived, team: int, week: int) -> dict[str, Any]:
    """Return how a team stands in a week, and what changed in it up to then; see :func:`person_story`."""
    people = np.flatnonzero((lived.scene.team == team) & (lived.scene.role == STAFF))
    acts = lived.acts[week, people]
    here = people[(acts & VACANT) == 0]
    burnt = int((lived.states[STATES.index("exhaustion"), week, here] / 255.0 > BURNT_OUT).sum())
    spot = int(lived.spots[week, team])
    stands = (
        "a bright spot: care is clearly better than elsewhere"
        if spot & BRIGHT
        else (
            "a dark spot: care is clearly worse than elsewhere" if spot & DARK else "neither a bright nor a dark spot"
        )
    )
    ideas = lived.idea_state[week, team]
    return {
        "title": f"Team {team + 1}",
        "now": (
            f"Now: {counted(len(here), 'person', 'people')} at work of {len(people)} posts, {burnt} burnt out; "
            f"care fits its patients to {lived.quality[week, team] / 2.55:.0f} %; {stands}."
        ),
        "sum": (
            f"On the table: {counted(int((ideas == WAITING).sum()), 'concern')} waiting for an answer, "
            f"{counted(int((ideas > WAITING).sum() - (ideas == TRIAL).sum()), 'idea')} taken up, "
            f"{counted(int((ideas == TRIAL).sum()), 'idea')} on trial."
            if (ideas != NO_IDEA).any() else "Nothing is on the table."
        ),
        "lines": _newest(_team_lines(lived, team, week)),
    }  # fmt: skip


def _team_lines(lived: Lived, team: int, week: int) -> list[tuple[int, str]]:
    spots = lived.spots[: week + 1, team]
    lines = []
    for bit, text in (
        (OWN_CHANGE, "changed how it works, on an idea of its own people or of patients"),
        (FROM_OUTSIDE, "took over a way of working from another team"),
        (ORDERED, "changed how it works because it was ordered to"),
    ):
        lines += [(int(w), text) for w in np.flatnonzero(spots & bit)]
    for bit, text in ((BRIGHT, "became a bright spot"), (DARK, "became a dark spot")):
        now = (spots & bit) > 0
        lines += [(int(w) + 1, text) for w in np.flatnonzero(now[1:] & ~now[:-1])]
    return lines
