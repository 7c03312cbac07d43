"""What happened in a run, and what moved with it, week by week: read off the run, and never told in advance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from civicsim.app.history import Playback, weeks_back
from civicsim.app.stories import name_of, teams_text
from civicsim.app.words import SHOWN, content, week_text
from civicsim.experiment.ideas import NEVER, Idea
from civicsim.experiment.wording import number, scale_of
from civicsim.model.measures import MEASURES
from civicsim.scenario.shipped import shocks

Happening = tuple[int, str]
"""A week, and what happened in it."""
ALONG = 0.04
"""Least move of another measure, 0–1, that is told as having moved along. Assumption: what a chart of this size shows."""
APART = 6
"""Least weeks between two ideas that are told, so that a reader can follow. Assumption."""


def chronicle(played: Playback) -> list[Happening]:
    """Return what happened in a run, in order of time: dated events, moves of measures, and ideas that reach other teams."""
    found = [
        *_events(played),
        *(line for name in SHOWN["moves"] for line in _moves(played.paths, name)),
        *_ideas(played),
    ]
    return sorted(found, key=lambda line: line[0])


def _events(played: Playback) -> Iterator[Happening]:
    titles = shocks()
    for event in played.scenario.interventions:
        title = titles.get(event.name, event.name)
        yield event.week, f"{title} begins." if event.weeks else f"{title}."
        if event.weeks and event.week + event.weeks < played.weeks:
            yield event.week + event.weeks, f"{title} ends."


def _moves(paths: Mapping[str, Sequence[float | None]], name: str) -> Iterator[Happening]:
    """Tell of a measure each time that it has moved by so much since it was last told of, and of what moved meanwhile."""
    by, *others = SHOWN["moves"][name]
    last: tuple[int, float] | None = None
    for week, value in enumerate(paths[name]):
        # Until then a point covers fewer weeks than the others.
        if value is None or week < weeks_back(name) - 1:
            continue
        if last is None:
            last = week, value
        if abs(value - last[1]) >= by:
            along = sorted(_along(paths, others, last[0], week), key=lambda found: -abs(found[0]))[:2]
            meanwhile = f"; meanwhile, {' and '.join(text for _, text in along)}" if along else ""
            yield week, f"{_move(name, last[1], value)} since {week_text(last[0])}{meanwhile}."
            last = week, value


def _along(
    paths: Mapping[str, Sequence[float | None]], names: Sequence[str], since: int, week: int
) -> Iterator[tuple[float, str]]:
    for name in names:
        was, now = paths[name][max(since, weeks_back(name) - 1)], paths[name][week]
        if was is not None and now is not None and abs(now - was) >= ALONG:
            words = _move(name, was, now)
            yield now - was, words[0].lower() + words[1:]


def _move(name: str, was: float, now: float) -> str:
    about, scale = MEASURES[name], scale_of(MEASURES[name].unit)
    before, after = (number(scale.factor * value, 0) for value in (was, now))
    return f"{about.label} {'up' if now > was else 'down'} from {before} to {after}{scale.unit}"


def _ideas(played: Playback) -> Iterator[Happening]:
    """Tell of ideas as they reach another team, with how they began; not of two within a few weeks."""
    own, last = played.ideas, -APART
    for idea in sorted((i for i in own.values() if i.how and i.ended < NEVER), key=lambda i: i.ended):
        sources = played.sources_of(idea)
        if idea.ended < last + APART or not sources:
            continue
        last = idea.ended
        about = content(idea.dimension, idea.value)
        yield last, f"Team {idea.team + 1} takes over from {teams_text(sources)} – {about}{_origin(played, idea)}."


def _origin(played: Playback, idea: Idea) -> str:
    """Return who first raised an idea that was taken over, where that is known."""
    seen = {idea.number}
    while idea.sources:
        number = idea.sources[0][1]
        if number in seen or number not in played.ideas:
            return ""
        idea = played.ideas[number]
        seen.add(number)
    return (
        f"; first raised by {name_of(played, idea.person)} in {week_text(idea.raised)}"
        if idea.person >= 0 <= idea.raised
        else ""
    )
