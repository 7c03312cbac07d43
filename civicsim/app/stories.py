"""What happened to a person, a team or an idea, in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from civicsim.app.history import ABSENT, BRIGHT, DARK, NEW, SPOKE, STATES, VACANT, Playback
from civicsim.app.words import SHOWN, content, topic, way, week_text
from civicsim.experiment.ideas import ADOPTED, NEVER, Idea
from civicsim.experiment.wording import counted
from civicsim.model.log import KINDS, SUPPORT, TAKEOVER, VOICE
from civicsim.model.organisation import ORIGINS, PROFESSIONS, ROLES, STAFF, TEAM_MANAGER
from civicsim.model.processes.exhaustion import BURNT_OUT

Line = tuple[int, str, dict[str, Any] | None]
"""A week, what happened, and whose story it leads to."""


def story_of(played: Playback, picked: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the story of the person, team or idea that a visitor picked, if it exists; see :func:`person_story`."""
    if picked is None:
        return None
    week, row = min(int(picked["week"]), played.weeks - 1), int(picked["row"])
    if picked["kind"] == "person":
        return person_story(played, row, week) if 0 <= row < len(played.scene.x) else None
    team, d = divmod(row, played.value.shape[2]) if picked["kind"] == "idea" else (row, 0)
    if not 0 <= team < len(played.scene.teams):
        return None
    return idea_story(played, team, d, week) if picked["kind"] == "idea" else team_story(played, team, week)


def name_of(played: Playback, person: int) -> str:
    """Return what to call a person in the model."""
    scene, words = played.scene, SHOWN["people"]
    role, team = int(scene.role[person]), int(scene.team[person])
    if role == STAFF:
        place = np.count_nonzero((scene.team[: person + 1] == team) & (scene.role[: person + 1] == STAFF))
        return f"{words[PROFESSIONS[scene.profession[person]]]} {place}, team {team + 1}"
    return f"{words[ROLES[role]]} {team + 1}" if role == TEAM_MANAGER else str(words[ROLES[role]])


def _story(title: str, now: str, lines: list[Line], total: str, most: int = 7, back: Any = None) -> dict[str, Any]:
    newest = sorted(lines, key=lambda line: -line[0])[:most]
    told = [{"week": week, "text": f"{week_text(week).capitalize()}: {text}.", "go": go} for week, text, go in newest]
    return {"title": title, "now": now, "lines": told, "sum": total, "back": back}


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
    acts, staff = played.acts[: week + 1, person], int(played.scene.role[person]) == STAFF
    state = {name: played.states[k, week, person] / 255.0 for k, name in enumerate(STATES)}
    total = ""
    if staff:
        since = np.flatnonzero(acts & NEW)
        own = acts[since[-1] :] if len(since) else acts
        spoke = int(np.count_nonzero(own & SPOKE))
        total = f"Spoke up in {counted(spoke, 'week')} of {len(own)}." if spoke else "Has not spoken up so far."
    story = _story(
        name_of(played, person), _now(int(acts[week]), state, staff), _person_lines(played, person, week), total
    )
    return story | {"ties": _ties(played, [person], week)}


def _ties(played: Playback, people: Iterable[int], week: int) -> list[list[int]]:
    """Return pairs of people and those in other teams to whom they have a tie in a week; each pair once."""
    ties, n = played.ties_in(week), len(played.scene.x)
    pairs = {tuple(sorted((i, int(j)))) for i in people for j in ties[i] if 0 <= j < n}
    return [list(pair) for pair in sorted(pairs)]


def _now(act: int, state: dict[str, float], staff: bool) -> str:
    if act & VACANT:
        return "The post is empty this week."
    words = ["off sick"] if act & ABSENT else []
    for name, degrees in SHOWN["degrees"].items():
        if staff or name == "exhaustion":
            words.append(degrees[min(3, int(state[name] * 4.0))])
        if name == "exhaustion" and state[name] > BURNT_OUT:
            words.append("burnt out")
    return "Now: " + ", ".join(words) + "."


def _person_lines(played: Playback, person: int, week: int) -> list[Line]:
    rows = played.events
    lines: list[Line] = []
    for k in np.flatnonzero((rows["person"] == person) & (rows["week"] >= 0) & (rows["week"] <= week)).tolist():
        kind, at, idea = int(rows["kind"][k]), int(rows["week"][k]), played.ideas.get(int(played.idea_of[k]))
        if KINDS[kind] in SHOWN["happened"]:
            lines.append((at, SHOWN["happened"][KINDS[kind]], None))
        elif kind in (VOICE, TAKEOVER, SUPPORT) and idea is not None:
            leads = kind != SUPPORT and idea.person == person
            text = idea_text(idea, week) if leads else "spoke up about what was on the table already"
            lines.append((at, text, _to_idea(played, idea.team, idea.dimension)))
    return lines


def _to_idea(played: Playback, team: int, d: int) -> dict[str, Any]:
    """Return what leads to the story of a way of working in a team."""
    return {"kind": "idea", "row": team * played.value.shape[2] + d, "team": team, "dimension": d}


def idea_text(idea: Idea, week: int) -> str:
    """Return what came of something that a person raised, as it was known in a week."""
    about = f"spoke up about {topic(idea.dimension)}"
    if idea.answered > week:
        waited = week - idea.raised
        return f"{about}; {f'still waiting after {counted(waited, "week")}' if waited else 'waiting for an answer'}"
    start = f"{about}; {_waited(idea)}"
    if idea.answer in SHOWN["answers"]:
        return f"{start}; {SHOWN['answers'][idea.answer]}"
    if idea.ended > week:
        return f"{start}; acted on, not in practice yet"
    if idea.outcome == ADOPTED:
        return f"{start}; acted on; in practice since {week_text(idea.ended)}"
    return f"{start}; acted on, but {SHOWN['dropped'][idea.outcome]} in {week_text(idea.ended)}"


def _waited(idea: Idea) -> str:
    waited = idea.answered - idea.raised
    return f"waited {counted(waited, 'week')}" if waited else "answered at once"


def team_story(played: Playback, team: int, week: int) -> dict[str, Any]:
    """Return how a team stands in a week, and what changed in it up to then; see :func:`person_story`."""
    people = np.flatnonzero((played.scene.team == team) & (played.scene.role == STAFF))
    here = people[(played.acts[week, people] & VACANT) == 0]
    burnt = int((played.states[STATES.index("exhaustion"), week, here] / 255.0 > BURNT_OUT).sum())
    stands = {
        BRIGHT: "a bright spot: care is clearly better than elsewhere",
        DARK: "a dark spot: care is clearly worse than elsewhere",
    }.get(int(played.spots[week, team]) & (BRIGHT | DARK), "neither a bright nor a dark spot")
    ideas = [idea for idea in played.ideas.values() if idea.team == team]
    table = [idea for idea in ideas if idea.raised <= week < idea.ended]
    on_trial = sum(idea.tried <= week for idea in table)
    taken_up = sum(_taken_up(idea, week) for idea in table)
    now = (
        f"Now: {counted(len(here), 'person', 'people')} at work of {len(people)} posts, {burnt} burnt out; "
        f"care fits its patients to {played.quality[week, team] / 2.55:.0f} %; {stands}."
    )
    total = (
        f"On the table: {counted(len(table) - taken_up, 'concern')} waiting for an answer, "
        f"{counted(taken_up - on_trial, 'idea')} taken up, {counted(on_trial, 'idea')} on trial."
        if table
        else "Nothing is on the table."
    )
    story = _story(f"Team {team + 1}", now, _team_lines(played, team, ideas, week), total)
    return story | {"ties": _ties(played, people.tolist(), week)}


def _team_lines(played: Playback, team: int, ideas: Iterable[Idea], week: int) -> list[Line]:
    """Return what lies on the table, in the week in which it was raised, and what changed."""
    lines: list[Line] = []
    for idea in ideas:
        go = _to_idea(played, team, idea.dimension)
        if idea.raised <= week < idea.ended and _taken_up(idea, week):
            lines.append((max(idea.raised, 0), _raised_text(played, idea, week), go))
        elif idea.outcome == ADOPTED and 0 <= idea.ended <= week:
            lines.append((idea.ended, _change_text(played, idea), go))
    for bit, text in ((BRIGHT, "became a bright spot"), (DARK, "became a dark spot")):
        now = (played.spots[: week + 1, team] & bit) > 0
        lines += [(int(w) + 1, text, None) for w in np.flatnonzero(now[1:] & ~now[:-1])]
    return lines


def _taken_up(idea: Idea, week: int) -> bool:
    return idea.endorsed <= week or idea.tried <= week


def idea_story(played: Playback, team: int, d: int, week: int) -> dict[str, Any]:
    """Return what became of the way of working ``d`` in a team up to a week; see :func:`person_story`."""
    values = played.value[: week + 1, team, d]
    alike = int((played.value[week, :, d] == values[week]).sum()) - 1
    other = np.flatnonzero(values != values[week])
    since = f"since {week_text(int(other[-1]) + 1)}" if len(other) else "as at the start"
    others = counted(played.value.shape[1] - 1, "other team")
    how = way(d, int(values[week])) or "a set way"
    now = f"Now: {how}, {since}; {alike} of {others} do it the same way." if values[week] else "Now: no set way."
    lines: list[Line] = []
    for idea in (idea for idea in played.ideas.values() if idea.dimension == d and idea.raised <= week):
        if idea.team == team:
            lines += _idea_lines(played, idea, week)
        elif any(source == team for source, _ in idea.sources) and idea.ended <= week:
            lines.append((idea.raised, _passed_on(played, idea, team), _to_idea(played, idea.team, d)))
    title = f"{topic(d).capitalize()}, team {team + 1}"
    total = "" if lines else "Nothing has happened to it so far. "
    total += "What ideas are about is an illustration: the model knows only that there are two ways of working."
    back = {"kind": "team", "row": team, "team": team, "label": f"Team {team + 1}"}
    return _story(title, now, lines, total, most=10, back=back)


def _idea_lines(played: Playback, idea: Idea, week: int) -> list[Line]:
    """Return how a team came by an idea, and how its practice ended."""
    lines: list[Line] = []
    # Raised and talked about, not ordered, installed or taken over.
    if idea.outcome != ADOPTED or idea.tried < NEVER:
        lines.append((max(idea.raised, 0), _raised_text(played, idea, week), None))
    elif idea.raised >= 0:
        sources = played.sources_of(idea)
        go = _to_idea(played, sources[0], idea.dimension) if sources else None
        lines.append((idea.raised, _change_text(played, idea), go))
    if idea.fate == "decayed" and idea.settled <= week:
        lines.append((idea.settled, "fell back to what it did before", None))
    return lines


def _raised_text(played: Playback, idea: Idea, week: int) -> str:
    """Return what came of something that was raised in a team, as it was known in a week."""
    who = SHOWN["raised"][ORIGINS[idea.origin]]
    if idea.person >= 0:
        who = f"raised by {name_of(played, idea.person).split(', team')[0]}"
    who = f"{content(idea.dimension, idea.value)}, {who}"
    if idea.raised < 0:
        who += " before the first week"
    if idea.answered > week and not _taken_up(idea, week):
        return f"{who}; still waiting after {counted(week - idea.raised, 'week')}" if idea.raised < week else str(who)
    parts = [who, *([_waited(idea)] if idea.answered <= week else [])]
    if idea.answer in SHOWN["answers"]:
        return "; ".join([*parts, SHOWN["answers"][idea.answer]])
    parts.append("taken up")
    settled = idea.ended <= week
    if idea.tried <= week:
        tried = min(idea.ended, week) - idea.tried
        parts.append(f"{'tried' if settled else 'on trial'} for {counted(tried, 'week')}")
    if settled:
        done = idea.outcome == ADOPTED
        parts.append(f"{'adopted' if done else SHOWN['dropped'][idea.outcome]} in {week_text(idea.ended)}")
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


def teams_text(teams: Sequence[int]) -> str:
    """Return teams in words, as in "team 3" or "teams 3 and 5"."""
    names = [str(team + 1) for team in teams]
    return f"team {names[0]}" if len(names) == 1 else f"teams {', '.join(names[:-1])} and {names[-1]}"


def _change_text(played: Playback, idea: Idea) -> str:
    """Return why a team changed what it does, and from where it had it."""
    return f"{_change_words(played, idea)} – {content(idea.dimension, idea.value)}"


def _change_words(played: Playback, idea: Idea) -> str:
    sources = played.sources_of(idea)
    if not idea.how:
        return str(SHOWN["changed"][ORIGINS[idea.origin]])
    if not sources:
        return "took over a way of working from another organisation"
    if idea.how == "agreed":
        return f"changed how it works, together with {teams_text(sources)}, which had tried it"
    if idea.how == "handed on":
        return f"took over a way of working from {teams_text(sources)}, with which it is paired"
    return f"took over a way of working that it had seen in {teams_text(sources)}"


def _passed_on(played: Playback, idea: Idea, team: int) -> str:
    """Return how another team came by what this one does."""
    if idea.how == "agreed":
        return f"{teams_text([idea.team])} agreed to change along with it"
    others = [source for source in played.sources_of(idea) if source != team]
    also = f" and in {teams_text(others)}" if others else ""
    return f"{teams_text([idea.team])} took it over, having seen it here{also}"
