"""What happened to a person, a team or an idea, in plain words."""

from __future__ import annotations

from typing import Any

import numpy as np

from civicsim.app.history import ABSENT, BRIGHT, DARK, HARMED, NEW, SILENCE, SPOKE, STATES, VACANT, Lived
from civicsim.app.items import Item, items_at, items_of
from civicsim.app.travels import AGREED, HANDED_ON, Travel
from civicsim.app.words import ORIGIN_WORDS, PLACES, RAISED_WORDS, ROLE_WORDS, week_text
from civicsim.model.organisation import NO_IDEA, ORIGINS, PROFESSIONS, ROLES, STAFF, TEAM_MANAGER, TRIAL, WAITING
from civicsim.model.processes.exhaustion import BURNT_OUT
from civicsim.report.words import counted

_MOST = 7
"""Most lines of a story."""
Line = tuple[int, str, dict[str, Any] | None]
"""A week, what happened, and whose story it leads to."""


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
        ``title``, ``now`` and ``sum`` (a sentence each), ``lines`` (each ``week``, ``text`` and ``go``, the story that it
        leads to, or None), newest first, and ``back``, the story to go back to, or None.
    """
    acts = lived.acts[: week + 1, person]
    state = {name: lived.states[k, week, person] / 255.0 for k, name in enumerate(STATES)}
    return {
        "title": name_of(lived, person),
        "now": _now(int(acts[week]), state, staff=int(lived.scene.role[person]) == STAFF),
        "lines": _newest(_person_lines(lived, person, week)),
        "sum": _sum_of(acts) if int(lived.scene.role[person]) == STAFF else "",
        "back": None,
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


def _person_lines(lived: Lived, person: int, week: int) -> list[Line]:
    acts = lived.acts[: week + 1, person]
    empty = (acts & VACANT) > 0
    turns = (
        ("was made to suffer for having spoken up", np.flatnonzero(acts & HARMED)),
        ("left; the post is empty", np.flatnonzero(empty[1:] & ~empty[:-1]) + 1),
        ("somebody new took the post", np.flatnonzero(~empty[1:] & empty[:-1]) + 1),
    )
    lines: list[Line] = [(int(w), text, None) for text, weeks in turns for w in weeks]
    told = set()
    for item in items_of(lived, person):
        if 0 <= item.raised <= week:
            told.add(item.raised)
            lines.append((item.raised, item_text(item, week), to_idea(lived, item.team, item.dimension)))
    quick = {0: "", 2: "acted on at once", 4: "explained at once", 6: "met by silence"}
    for w in np.flatnonzero(acts & SPOKE):
        came = int(acts[w]) & SILENCE
        if int(w) not in told:
            says = f"spoke up; {quick[came]}" if came else "spoke up about what was on the table already"
            lines.append((int(w), says, None))
    return lines


def to_idea(lived: Lived, team: int, d: int) -> dict[str, Any]:
    """Return what leads to the story of a way of working in a team."""
    return {"kind": "idea", "row": team * lived.value.shape[2] + d, "team": team, "dimension": d}


def to_team(team: int) -> dict[str, Any]:
    """Return what leads to the story of a team."""
    return {"kind": "team", "row": team, "team": team}


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


def _newest(lines: list[Line], most: int = _MOST) -> list[dict[str, Any]]:
    lines = sorted(lines, key=lambda line: -line[0])
    return [{"week": w, "text": f"{week_text(w).capitalize()}: {text}.", "go": go} for w, text, go in lines[:most]]


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
        "back": None,
    }  # fmt: skip


def _team_lines(lived: Lived, team: int, week: int) -> list[Line]:
    """Return what lies on the table, in the week in which it was raised, and what changed."""
    lines: list[Line] = []
    for d in np.flatnonzero(lived.idea_state[week, team] > WAITING).tolist():
        item = _on_table(lived, team, d, week)
        lines.append((max(item.raised, 0), _raised_text(lived, item, week), to_idea(lived, team, d)))
    for d in np.flatnonzero(lived.adopted[: week + 1, team].any(axis=0)).tolist():
        lines += [(w, text, to_idea(lived, team, d)) for w, text, _ in _changes(lived, team, d, week)]
    spots = lived.spots[: week + 1, team]
    for bit, text in ((BRIGHT, "became a bright spot"), (DARK, "became a dark spot")):
        now = (spots & bit) > 0
        lines += [(int(w) + 1, text, None) for w in np.flatnonzero(now[1:] & ~now[:-1])]
    return lines


def _on_table(lived: Lived, team: int, d: int, week: int) -> Item:
    raised = int(lived.raised[week, team, d])
    return next(item for item in items_at(lived, team, d) if item.raised == raised)


# -- ideas ---------------------------------------------------------------------------------------------------------------


def idea_story(lived: Lived, team: int, d: int, week: int) -> dict[str, Any]:
    """Return what became of one way of working in a team up to a week; see :func:`person_story`.

    Parameters
    ----------
    lived : Lived
    team, d : int
        Team within the organisation, and the way of working.
    week : int
        Week on screen; 0 is the first.
    """
    value = int(lived.value[week, team, d])
    alike = int((lived.value[week, :, d] == value).sum()) - 1
    others = lived.value.shape[1] - 1
    items = [item for item in items_at(lived, team, d) if item.raised <= week]
    lines: list[Line] = [(max(item.raised, 0), _raised_text(lived, item, week), None) for item in items]
    lines += [line for line in _changes(lived, team, d, week) if not _tells(items, line[0])]
    lines += [(w, "fell back to what it did before", None) for w in _decayed(lived, team, d, week)]
    lines += [
        (t.week, _passed_on(lived, t, team), to_idea(lived, t.team, d))
        for t in lived.travels
        if t.dimension == d and t.week <= week and team in t.sources
    ]
    return {
        "title": f"Way of working {d + 1}, team {team + 1}",
        "now": (
            "Now: no set way."
            if value == 0
            else f"Now: {_since(lived, team, d, week)}; {alike} of {counted(others, 'other team')} do it the same way."
        ),
        "sum": "" if lines else "Nothing has happened to it so far.",
        "lines": _newest(lines, 10),
        "back": to_team(team) | {"label": f"Team {team + 1}"},
    }  # fmt: skip


def _since(lived: Lived, team: int, d: int, week: int) -> str:
    """Return since when a team has done what it does."""
    values = lived.value[: week + 1, team, d]
    other = np.flatnonzero(values != values[week])
    return f"a set way since {week_text(int(other[-1]) + 1)}" if len(other) else "a set way, as at the start"


def _tells(items: list[Item], week: int) -> bool:
    """Return whether the change of a week is told as the end of an item."""
    return any(item.adopted and item.settled == week for item in items)


def _raised_text(lived: Lived, item: Item, week: int) -> str:
    """Return what came of something that was raised in a team, as it was known in a week."""
    who = (
        f"raised by {name_of(lived, item.person).split(', team')[0]}"
        if item.person >= 0
        else RAISED_WORDS[ORIGINS[item.origin]]
    )
    if item.raised < 0:
        who += " before the first week"
    if item.answered is None or item.answered > week:
        return f"{who}; still waiting after {counted(week - item.raised, 'week')}" if item.raised < week else who
    waited = item.answered - item.raised
    parts = [who, f"waited {counted(waited, 'week')}" if waited else "answered at once"]
    if item.outcome != "acted":
        return "; ".join([*parts, "explained" if item.outcome == "explained" else "met by silence"])
    parts.append("taken up")
    settled = item.settled is not None and item.settled <= week
    if item.tried is not None and item.tried <= week:
        tried = (item.settled if settled and item.settled is not None else week) - item.tried
        parts.append(f"tried for {counted(tried, 'week')}" if settled else f"on trial for {counted(tried, 'week')}")
    if not settled or item.settled is None:
        return "; ".join(parts)
    parts.append(f"{'adopted' if item.adopted else 'given up'} in {week_text(item.settled)}")
    if item.adopted:
        parts += _afterwards(lived, item, week)
    return "; ".join(parts)


def _afterwards(lived: Lived, item: Item, week: int) -> list[str]:
    """Return what became of an idea after it was adopted: who took it over, and whether it lasted."""
    team, d, start = item.team, item.dimension, item.settled or 0
    later = np.flatnonzero(lived.value[start : week + 1, team, d] != lived.value[start, team, d])
    end = start + int(later[0]) if len(later) else week + 1
    took = [t for t in lived.travels if t.dimension == d and team in t.sources and start <= t.week <= min(end, week)]
    parts = [f"taken over by {counted(len(took), 'team')}"] if took else []
    if len(later):
        parts.append(f"{'replaced' if lived.adopted[end, team, d] else 'decayed'} in {week_text(end)}")
    return parts


def _changes(lived: Lived, team: int, d: int, week: int) -> list[Line]:
    """Return when a team changed a way of working, why, and where it had it from."""
    lines: list[Line] = []
    for w in np.flatnonzero(lived.adopted[: week + 1, team, d]).tolist():
        travel = next((t for t in lived.travels if (t.week, t.team, t.dimension) == (w, team, d)), None)
        if travel is None:
            lines.append((w, ORIGIN_WORDS[ORIGINS[lived.origin[w, team, d]]], None))
        else:
            source = travel.sources[0] if travel.sources else None
            go = None if source is None else to_idea(lived, source, d)
            lines.append((w, _taken_over(travel), go))
    return lines


def _teams(teams: tuple[int, ...]) -> str:
    names = [str(team + 1) for team in teams]
    return f"team {names[0]}" if len(names) == 1 else f"teams {', '.join(names[:-1])} and {names[-1]}"


def _taken_over(travel: Travel) -> str:
    if travel.how == AGREED:
        return f"changed how it works, together with {_teams(travel.sources)}, which had tried it"
    if not travel.sources:
        return "took over a way of working from another team; which one is not known"
    if travel.how == HANDED_ON:
        return f"took over a way of working from {_teams(travel.sources)}, with which it is paired"
    return f"took over a way of working that it had seen in {_teams(travel.sources)}"


def _passed_on(lived: Lived, travel: Travel, team: int) -> str:
    """Return how another team came by what this one does."""
    others = tuple(source for source in travel.sources if source != team)
    if travel.how == AGREED:
        return f"{_teams((travel.team,))} agreed to change along with it"
    also = f" and in {_teams(others)}" if others else ""
    return f"{_teams((travel.team,))} took it over, having seen it here{also}"


def _decayed(lived: Lived, team: int, d: int, week: int) -> list[int]:
    """Return the weeks in which a team fell back from a change."""
    values = lived.value[: week + 1, team, d]
    changed = np.flatnonzero(values[1:] != values[:-1]) + 1
    return [int(w) for w in changed if not lived.adopted[w, team, d]]
