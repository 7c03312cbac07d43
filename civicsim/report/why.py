"""Why a measure changed, in words and as a picture: all of it made from what was found in matched runs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, NamedTuple

from civicsim.experiment.causes import name_of
from civicsim.experiment.holding import PARAMETERS
from civicsim.experiment.statistics import Estimate
from civicsim.experiment.why import Link, Moved, Part, Why
from civicsim.experiment.wording import counted, number, percent, scale_of, value_text
from civicsim.report.parts import render
from civicsim.report.words import seeds_text

OVERLAP = (
    "The share of a mechanism is the part of the effect that is gone when that mechanism is held as if nothing had changed. "
    "Mechanisms in a row pass the same share on, so that shares do not add up to 100 %."
)
_MOST_NAMED = 3


def share_text(share: Estimate) -> str:
    """Return a share with its interval: "72 % (68 to 77)"."""
    ends = f" ({number(100 * share.low, 0)} to {number(100 * share.high, 0)})" if share.high - share.low >= 0.01 else ""
    return percent(share.mean) + ends


def change_text(moved: Moved) -> str:
    """Return by how much a measure moved, with its interval."""
    change = moved.change
    return scale_of(moved.measure.unit).difference(change.mean, change.low, change.high)


def moved_text(moved: Moved) -> str:
    """Return how a measure moved, with its interval, and which way that is."""
    change, text = moved.change, change_text(moved)
    word = moved.judged or ("" if change.way in ("higher", "lower") else change.way)
    return f"{text}{f', {word}' if word else ''}"


def changes_of(why: Why) -> list[str]:
    """Return what differs between the two scenarios, in words: at most a few values, and how many more there are."""
    found = []
    for key, (before, after) in why.before.diff(why.after).items():
        if key == "interventions":
            new = dict.fromkeys(event.name for event in after if event not in before)
            found += [*new] or ["dated changes left out"]
        elif "." in key and not key.startswith("habits."):
            about = why.after.model.sections.parameters[key]
            found.append(f"{about.label}: {value_text(before, about)} → {value_text(after, about)}")
    more = len(found) - _MOST_NAMED
    return found if more <= 1 else [*found[:_MOST_NAMED], f"and {more} more"]


def title_of(why: Why, mechanism: str) -> str:
    """Return what a mechanism does, in a sentence."""
    return next(process.title for process in why.before.week if process.name == mechanism)


def quantity_of(link: Link) -> str:
    """Return the name of what a link passes on."""
    if link.moved is not None:
        return link.moved.measure.label
    return "Parameters" if PARAMETERS in link.columns else name_of(link.columns[0])


def steps_of(why: Why) -> Iterator[tuple[str, str, Moved | None]]:
    """Yield each step of the chain: a mechanism, what it changes, and by how much; the measure itself at the end."""
    for first in why.chain[:1]:
        # Where it is not clear what leads there, the chain begins with the mechanism that is.
        if first.source:
            yield first.source, quantity_of(first), first.moved
    for link, following in zip_longest(why.chain, why.chain[1:]):
        if following is None or (following.moved and following.moved.measure == why.outcome.measure):
            yield link.target, why.outcome.measure.label, why.outcome
        else:
            yield link.target, quantity_of(following), following.moved


def headline(why: Why) -> str:
    """Return what is to be explained, in a sentence."""
    runs = f"{counted(len(why.seeds), 'matched run')} ({seeds_text(why.seeds)})"
    label = why.outcome.measure.label
    if not why.clear:
        return f"{label} does not clearly change in {runs}: {moved_text(why.outcome)}. There is nothing to explain."
    was = scale_of(why.outcome.measure.unit).text(why.outcome.before)
    return f"{label}, {was} without the change, changes by {moved_text(why.outcome)}, in {runs}."


def surprise(why: Why) -> str:
    """Return in a sentence what moves opposite to the outcome on the way to it; "" if nothing does."""
    names = [f"{own.measure.label.lower()}, {change_text(own)}" for own in why.surprises]
    if not names:
        return ""
    word = why.outcome.judged
    joined = ", ".join(names[:-1]) + (" and " if names[1:] else "") + names[-1]
    return f"A surprise: {why.outcome.measure.label.lower()} is {word} through something that is itself {why.surprises[0].judged}: {joined}."


def unexplained(why: Why) -> str:
    """Return how much of the effect the named links explain together, in a sentence."""
    if why.explained is None or not why.held:
        return "No link between mechanisms is clear in these runs: the effect stays unexplained."
    share = why.explained
    text = f"Held all at once, the links between these mechanisms take away {share_text(share)} of the effect"
    if share.mean > 1.0:
        return f"{text}: without them, it goes the other way." if share.low > 1.0 else f"{text}: all of it."
    if share.high <= 0.0:
        return "Held all at once, the links between these mechanisms take away none of the effect: all of it stays unexplained."
    left = percent(1.0 - max(0.0, share.mean))
    return f"{text}; {left} stays unexplained."


def part_text(why: Why, part: Part) -> str:
    """Return what a mechanism does to the effect, in words."""
    if part.mechanism in why.passing and part.share.high >= 1.0:
        return f"{part.mechanism} puts into force what was changed"
    verb = "carries" if part.share.mean > 0 else "holds back"
    size = (
        part.share
        if part.share.mean > 0
        else Estimate(-part.share.mean, -part.share.high, -part.share.low, part.share.n)
    )
    return f"{part.mechanism} {verb} {share_text(size)}"


def why_lines(why: Why) -> list[str]:
    """Return everything that was found, in sentences."""
    lines = [headline(why)]
    if not why.clear:
        return lines
    chain = [", ".join(changes_of(why))]
    chain += [f"{what}{f' {moved_text(moved)}' if moved else ''}" for _, what, moved in steps_of(why)]
    lines += [" → ".join(chain) + "."] if why.chain else []
    lines += [text for text in (surprise(why), unexplained(why)) if text]
    if why.unsure:
        names = ", ".join(part.mechanism for part in why.unsure)
        lines.append(f"{names}: part of it, too, but these runs are too few to tell how much.")
    return lines


def rows_of(why: Why) -> dict[str, Any]:
    """Return what was found as JSON can hold it."""
    change = why.outcome.change
    return {
        "change": {"before": why.outcome.before, **change.columns("difference"), "verdict": change.verdict},
        "mechanisms": [{"mechanism": part.mechanism, **part.share.columns("share")} for part in why.parts],
        "unsure": [{"mechanism": part.mechanism, **part.share.columns("share")} for part in why.unsure],
        "links": [
            {
                "source": link.source,
                "target": link.target,
                "columns": link.columns,
                "measure": link.moved.measure.name if link.moved else "",
                "handed": link.handed,
                "on_chain": link in why.chain,
                **link.share.columns("share"),
            }
            for link in why.links
        ],
        "explained": why.explained.columns("share") if why.explained else {},
    }


# -- the picture -----------------------------------------------------------------------------------------------------------

_CHARACTERS = 54
"""Most characters of a line in the picture."""


class _Block(NamedTuple):
    """A box, or the arrow between two: lines of text, each with the name of its style, and the colour of the frame."""

    kind: str
    lines: list[tuple[str, str]]
    tone: str = ""


def _lines(text: str, style: str = "") -> list[tuple[str, str]]:
    return [(line, style) for line in textwrap.wrap(text, _CHARACTERS) or [""]]


def _blocks(why: Why) -> Iterator[_Block]:
    """Yield what was set, and then by turns mechanisms and what they change."""
    carried = {part.mechanism: part_text(why, part) for part in why.parts}
    yield _Block("set", [line for text in changes_of(why) for line in _lines(text)])
    for mechanism, what, moved in steps_of(why):
        share = [(carried[mechanism], "share")] if mechanism in carried else []
        yield _Block("arrow", [*_lines(title_of(why, mechanism), "mechanism"), *share])
        change = _lines(moved_text(moved), moved.judged or "mechanism") if moved else []
        odd = [("A surprise: opposite to the outcome", "surprise")] if moved in why.surprises else []
        yield _Block("box", [*_lines(what, "changed"), *change, *odd], moved.judged if moved else "")


def why_svg(why: Why) -> str:
    """Return the chain as an SVG picture that needs nothing else: what was set, mechanisms and what they change, the measure."""
    return render("why-picture", words=" ".join(why_lines(why)), blocks=list(_blocks(why)))


def why_html(why: Why) -> str:
    """Return the words and the picture as a piece of HTML that fetches nothing."""
    parts = [(part.title, part_text(why, part)) for part in why.parts]
    picture = why_svg(why) if why.chain else ""
    return render("why", lines=why_lines(why), picture=picture, parts=parts, overlap=OVERLAP)
