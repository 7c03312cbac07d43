"""What happened to a person, a team or an idea, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from civicsim.app.history import ABSENT, BRIGHT, DARK, NEW, SPOKE, STATES, VACANT, Playback
from civicsim.app.words import ORIGIN_WORDS, PLACES, RAISED_WORDS, ROLE_WORDS, week_text
from civicsim.experiment.ideas import ADOPTED, NEVER, Idea
from civicsim.model.log import DETRIMENT, EXIT, HIRE, SUPPORT, TAKEOVER, VOICE
from civicsim.model.organisation import ORIGINS, PROFESSIONS, ROLES, STAFF, TEAM_MANAGER
from civicsim.model.processes.exhaustion import BURNT_OUT
from civicsim.report.words import counted

_MOST = 7
"""Most lines of a story."""
_OWN_WORDS = {
    DETRIMENT: "was made to suffer for having spoken up",
    EXIT: "left; the post is empty",
    HIRE: "someone new took the post",
}
_ANSWERS = {"explained": "explained", "silence": "met by silence", "refused": "refused"}
_DROPPED = {
    "lapsed": "nothing came of it, and it was given up",
    "run out": "nothing came of it, and it was given up",
    "rejected": "the team talked it over and decided against it",
    "trial failed": "its trial did not convince",
    "no consent": "a second team did not agree",
    "started over": "a new chief executive started over",
    "in use already": "it was in use already",
}
"""How it is told that what was acted on did not come into practice, by the outcome of the idea."""
Line = tuple[int, str, dict[str, Any] | None]
"""A week, what happened, and whose story it leads to."""


def story_of(played: Playback, picked: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the story of the person, team or idea that a visitor picked, if it exists; see :func:`person_story`."""
    if picked is None:
        return None
    week, row, n_teams = min(int(picked["week"]), played.weeks - 1), int(picked["row"]), len(played.scene.teams)
    if picked["kind"] == "person":
        return person_story(played, row, week) if 0 <= row < len(played.scene.x) else None
    team, d = divmod(row, played.value.shape[2]) if picked["kind"] == "idea" else (row, 0)
    if not 0 <= team < n_teams:
        return None
    return idea_story(played, team, d, week) if picked["kind"] == "idea" else team_story(played, team, week)


def name_of(played: Playback, person: int) -> str:
    """Return what to call a person in the model."""
    scene = played.scene
    role, team = int(scene.role[person]), int(scene.team[person])
    if role == STAFF:
        mates = np.flatnonzero((scene.team == team) & (scene.role == STAFF))
        place = int(np.flatnonzero(mates == person)[0]) + 1
        return f"{PLACES[PROFESSIONS[scene.profession[person]]]} {place}, team {team + 1}"
    words = ROLE_WORDS[ROLES[role]]
    return f"{words} {team + 1}" if role == TEAM_MANAGER else words


def _degree(value: float, words: tuple[str, str, str, str]) -> str:
    return words[min(3, int(value * 4.0))]


def person_story(played: Playback, person: int, week: int) -> dict[str, Any]:
    """Return how a person is in a week, and what they raised up to then, and the outcome.

    Parameters
    ----------
    played : Playback
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
    acts = played.acts[: week + 1, person]
    state = {name: played.states[k, week, person] / 255.0 for k, name in enumerate(STATES)}
    return {
        "title": name_of(played, person),
        "now": _now(int(acts[week]), state, staff=int(played.scene.role[person]) == STAFF),
        "lines": _newest(_person_lines(played, person, week)),
        "sum": _sum_of(acts) if int(played.scene.role[person]) == STAFF else "",
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


def _person_lines(played: Playback, person: int, week: int) -> list[Line]:
    rows = played.events
    lines: list[Line] = []
    for k in np.flatnonzero((rows["person"] == person) & (rows["week"] >= 0) & (rows["week"] <= week)).tolist():
        kind, at, idea = int(rows["kind"][k]), int(rows["week"][k]), played.ideas.get(int(played.idea_of[k]))
        if kind in _OWN_WORDS:
            lines.append((at, _OWN_WORDS[kind], None))
        elif kind in (VOICE, TAKEOVER, SUPPORT) and idea is not None:
            leads = kind != SUPPORT and idea.person == person
            text = idea_text(idea, week) if leads else "spoke up about what was on the table already"
            lines.append((at, text, to_idea(played, idea.team, idea.dimension)))
    return lines


def to_idea(played: Playback, team: int, d: int) -> dict[str, Any]:
    """Return what leads to the story of a way of working in a team."""
    return {"kind": "idea", "row": team * played.value.shape[2] + d, "team": team, "dimension": d}


def to_team(team: int) -> dict[str, Any]:
    """Return what leads to the story of a team."""
    return {"kind": "team", "row": team, "team": team}


def idea_text(idea: Idea, week: int) -> str:
    """Return what came of something that a person raised, as it was known in a week."""
    if idea.answered > week:
        waited = week - idea.raised
        return f"spoke up; {f'still waiting after {counted(waited, "week")}' if waited else 'waiting for an answer'}"
    start = f"spoke up; {_waited(idea)}"
    if idea.answer in _ANSWERS:
        return f"{start}; {_ANSWERS[idea.answer]}"
    if idea.ended > week:
        return f"{start}; acted on, not in practice yet"
    if idea.outcome == ADOPTED:
        return f"{start}; acted on; in practice since {week_text(idea.ended)}"
    return f"{start}; acted on, but {_DROPPED[idea.outcome]} in {week_text(idea.ended)}"


def _waited(idea: Idea) -> str:
    waited = idea.answered - idea.raised
    return f"waited {counted(waited, 'week')}" if waited else "answered at once"


def _newest(lines: list[Line], most: int = _MOST) -> list[dict[str, Any]]:
    lines = sorted(lines, key=lambda line: -line[0])
    return [{"week": w, "text": f"{week_text(w).capitalize()}: {text}.", "go": go} for w, text, go in lines[:most]]


def team_story(played: Playback, team: int, week: int) -> dict[str, Any]:
    """Return how a team stands in a week, and what changed in it up to then; see :func:`person_story`."""
    people = np.flatnonzero((played.scene.team == team) & (played.scene.role == STAFF))
    acts = played.acts[week, people]
    here = people[(acts & VACANT) == 0]
    burnt = int((played.states[STATES.index("exhaustion"), week, here] / 255.0 > BURNT_OUT).sum())
    spot = int(played.spots[week, team])
    stands = (
        "a bright spot: care is clearly better than elsewhere"
        if spot & BRIGHT
        else (
            "a dark spot: care is clearly worse than elsewhere" if spot & DARK else "neither a bright nor a dark spot"
        )
    )
    table = [idea for idea in played.ideas.values() if idea.team == team and _on_table(idea, week)]
    on_trial = sum(idea.tried <= week for idea in table)
    taken_up = sum(_taken_up(idea, week) for idea in table)
    return {
        "title": f"Team {team + 1}",
        "now": (
            f"Now: {counted(len(here), 'person', 'people')} at work of {len(people)} posts, {burnt} burnt out; "
            f"care fits its patients to {played.quality[week, team] / 2.55:.0f} %; {stands}."
        ),
        "sum": (
            f"On the table: {counted(len(table) - taken_up, 'concern')} waiting for an answer, "
            f"{counted(taken_up - on_trial, 'idea')} taken up, {counted(on_trial, 'idea')} on trial."
            if table
            else "Nothing is on the table."
        ),
        "lines": _newest(_team_lines(played, team, week)),
        "back": None,
    }


def _team_lines(played: Playback, team: int, week: int) -> list[Line]:
    """Return what lies on the table, in the week in which it was raised, and what changed."""
    lines: list[Line] = []
    for idea in (idea for idea in played.ideas.values() if idea.team == team):
        go = to_idea(played, team, idea.dimension)
        if _on_table(idea, week) and _taken_up(idea, week):
            lines.append((max(idea.raised, 0), _raised_text(played, idea, week), go))
        elif idea.outcome == ADOPTED and idea.ended <= week and idea.ended >= 0:
            lines.append((idea.ended, _change_text(played, idea), go))
    spots = played.spots[: week + 1, team]
    for bit, text in ((BRIGHT, "became a bright spot"), (DARK, "became a dark spot")):
        now = (spots & bit) > 0
        lines += [(int(w) + 1, text, None) for w in np.flatnonzero(now[1:] & ~now[:-1])]
    return lines


def _on_table(idea: Idea, week: int) -> bool:
    """Return whether an idea lies on the table at the end of a week."""
    return idea.raised <= week and idea.ended > week


def _taken_up(idea: Idea, week: int) -> bool:
    return idea.endorsed <= week or idea.tried <= week


# -- ideas ---------------------------------------------------------------------------------------------------------------


def idea_story(played: Playback, team: int, d: int, week: int) -> dict[str, Any]:
    """Return what became of one way of working in a team up to a week; see :func:`person_story`.

    Parameters
    ----------
    played : Playback
    team, d : int
        Team within the organisation, and the way of working.
    week : int
        Week on screen; 0 is the first.
    """
    value = int(played.value[week, team, d])
    alike = int((played.value[week, :, d] == value).sum()) - 1
    others = played.value.shape[1] - 1
    lines: list[Line] = []
    for idea in (idea for idea in played.ideas.values() if idea.dimension == d and idea.raised <= week):
        if idea.team == team:
            lines += _idea_lines(played, idea, week)
        elif any(source == team for source, _ in idea.sources) and idea.ended <= week:
            lines.append((idea.raised, _passed_on(played, idea, team), to_idea(played, idea.team, d)))
    return {
        "title": f"Way of working {d + 1}, team {team + 1}",
        "now": (
            "Now: no set way."
            if value == 0
            else f"Now: {_since(played, team, d, week)}; {alike} of {counted(others, 'other team')} do it the same way."
        ),
        "sum": "" if lines else "Nothing has happened to it so far.",
        "lines": _newest(lines, 10),
        "back": to_team(team) | {"label": f"Team {team + 1}"},
    }


def _since(played: Playback, team: int, d: int, week: int) -> str:
    """Return since when a team has done what it does."""
    values = played.value[: week + 1, team, d]
    other = np.flatnonzero(values != values[week])
    return f"a set way since {week_text(int(other[-1]) + 1)}" if len(other) else "a set way, as at the start"


def _idea_lines(played: Playback, idea: Idea, week: int) -> list[Line]:
    """Return how a team came by an idea, and how its practice ended."""
    lines: list[Line] = []
    if _was_on_table(idea):
        lines.append((max(idea.raised, 0), _raised_text(played, idea, week), None))
    elif idea.raised >= 0:
        sources = played.sources_of(idea)
        lines.append(
            (idea.raised, _change_text(played, idea), to_idea(played, sources[0], idea.dimension) if sources else None)
        )
    if idea.fate == "decayed" and idea.settled <= week:
        lines.append((idea.settled, "fell back to what it did before", None))
    return lines


def _was_on_table(idea: Idea) -> bool:
    """Return whether an idea was raised and talked about, not ordered, installed or taken over."""
    return idea.outcome != ADOPTED or idea.tried < NEVER


def _raised_text(played: Playback, idea: Idea, week: int) -> str:
    """Return what came of something that was raised in a team, as it was known in a week."""
    who = (
        f"raised by {name_of(played, idea.person).split(', team')[0]}"
        if idea.person >= 0
        else RAISED_WORDS[ORIGINS[idea.origin]]
    )
    if idea.raised < 0:
        who += " before the first week"
    if idea.answered > week and not _taken_up(idea, week):
        return f"{who}; still waiting after {counted(week - idea.raised, 'week')}" if idea.raised < week else who
    parts = [who, *([_waited(idea)] if idea.answered <= week else [])]
    if idea.answer in _ANSWERS:
        return "; ".join([*parts, _ANSWERS[idea.answer]])
    parts.append("taken up")
    settled = idea.ended <= week
    if idea.tried <= week:
        tried = min(idea.ended, week) - idea.tried
        parts.append(f"{'tried' if settled else 'on trial'} for {counted(tried, 'week')}")
    if settled:
        done = idea.outcome == ADOPTED
        parts.append(f"{'adopted' if done else _DROPPED[idea.outcome]} in {week_text(idea.ended)}")
        parts += _afterwards(played, idea, week) if done else []
    return "; ".join(parts)


def _afterwards(played: Playback, idea: Idea, week: int) -> list[str]:
    """Return what became of an idea after it was adopted: who took it over, and whether it lasted."""
    others = played.ideas.values()
    took = sum((idea.team, idea.number) in other.sources and other.ended <= week for other in others)
    parts = [f"taken over by {counted(took, 'team')}"] if took else []
    if idea.fate in ("replaced", "decayed") and idea.settled <= week:
        parts.append(f"{idea.fate} in {week_text(idea.settled)}")
    return parts


def _teams(teams: Sequence[int]) -> str:
    names = [str(team + 1) for team in teams]
    return f"team {names[0]}" if len(names) == 1 else f"teams {', '.join(names[:-1])} and {names[-1]}"


def _change_text(played: Playback, idea: Idea) -> str:
    """Return why a team changed what it does, and from where it had it."""
    sources = played.sources_of(idea)
    if not idea.how:
        return ORIGIN_WORDS[ORIGINS[idea.origin]]
    if not sources:
        return "took over a way of working from another organisation"
    if idea.how == "agreed":
        return f"changed how it works, together with {_teams(sources)}, which had tried it"
    if idea.how == "handed on":
        return f"took over a way of working from {_teams(sources)}, with which it is paired"
    return f"took over a way of working that it had seen in {_teams(sources)}"


def _passed_on(played: Playback, idea: Idea, team: int) -> str:
    """Return how another team came by what this one does."""
    if idea.how == "agreed":
        return f"{_teams([idea.team])} agreed to change along with it"
    others = [source for source in played.sources_of(idea) if source != team]
    also = f" and in {_teams(others)}" if others else ""
    return f"{_teams([idea.team])} took it over, having seen it here{also}"
