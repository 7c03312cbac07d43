"""Why a measure changed, in words and as a picture: all of it made from what was found in matched runs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from html import escape
from itertools import zip_longest
from typing import Any

from civicsim.experiment.causes import name_of
from civicsim.experiment.holding import PARAMETERS
from civicsim.experiment.statistics import Estimate
from civicsim.experiment.why import Link, Moved, Part, Why
from civicsim.experiment.wording import value_text
from civicsim.report.words import counted, number, percent, scale_of, seeds_text

OVERLAP = (
    "The share of a mechanism is what is gone of the effect where that mechanism goes on as if nothing had changed. "
    "Mechanisms in a row carry the same share on, so that shares do not add up to 100 %."
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
    """Return what goes the other way than the outcome on the way to it, in a sentence; "" if nothing does."""
    names = [f"{own.measure.label.lower()}, {change_text(own)}" for own in why.surprises]
    if not names:
        return ""
    word = why.outcome.judged
    joined = ", ".join(names[:-1]) + (" and " if names[1:] else "") + names[-1]
    return f"A surprise: {why.outcome.measure.label.lower()} is {word} by way of what is itself {why.surprises[0].judged}: {joined}."


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

_WIDTH, _LINE, _PAD, _CHARACTERS = 420, 18, 10, 54
_TONES = {"better": "#0b6e4f", "worse": "#a33200"}


def _wrapped(text: str, characters: int = _CHARACTERS) -> list[str]:
    return textwrap.wrap(text, characters) or [""]


def _text(lines: list[tuple[str, str]], x: float, y: float) -> str:
    return "".join(
        f'<text x="{x:g}" y="{y + _LINE * (k + 0.8):g}" {style}>{escape(line)}</text>'
        for k, (line, style) in enumerate(lines)
    )


def why_svg(why: Why) -> str:
    """Return the chain as an SVG picture that needs nothing else: what was set, mechanisms and what they change, the measure."""
    parts_by_name = {part.mechanism: part for part in why.parts}
    parts, y = [], 2.0

    def box(lines: list[tuple[str, str]], tone: str, dashed: bool = False) -> None:
        nonlocal y
        height = _LINE * len(lines) + 2 * _PAD
        dash = ' stroke-dasharray="5 3"' if dashed else ""
        parts.append(
            f'<rect x="2" y="{y:g}" width="{_WIDTH - 4}" height="{height}" rx="6" fill="#ffffff" '
            f'stroke="{tone}" stroke-width="2"{dash}/>{_text(lines, 14, y + _PAD)}'
        )
        y += height

    def arrow(mechanism: str) -> None:
        nonlocal y
        lines = [(line, 'fill="#33414e"') for line in _wrapped(title_of(why, mechanism))]
        if mechanism in parts_by_name:
            lines.append((part_text(why, parts_by_name[mechanism]), 'fill="#33414e" font-weight="600"'))
        height = _LINE * len(lines) + 2 * _PAD
        parts.append(
            f'<path d="M16 {y:g}V{y + height - 6:g}m-5 -6l5 7l5 -7" fill="none" stroke="#33414e" stroke-width="2"/>'
            f"{_text(lines, 32, y + _PAD)}"
        )
        y += height

    plain = 'fill="#1b2733"'
    box([(line, plain) for text in changes_of(why) for line in _wrapped(text)], "#33414e", dashed=True)
    for mechanism, what, moved in steps_of(why):
        arrow(mechanism)
        tone = _TONES.get(moved.judged, "#33414e") if moved else "#33414e"
        lines = [(line, f'{plain} font-weight="600"') for line in _wrapped(what)]
        lines += [(line, f'fill="{tone}"') for line in _wrapped(moved_text(moved))] if moved else []
        if moved in why.surprises:
            lines.append(("A surprise: the other way than the outcome", 'fill="#1b2733" font-style="italic"'))
        box(lines, tone)
    words = escape(" ".join(why_lines(why)))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y + 2:g}" role="img" font-size="14" '
        f'font-family="system-ui, sans-serif" style="max-width:{_WIDTH}px;width:100%"><title>{words}</title>{"".join(parts)}</svg>'
    )


def why_html(why: Why) -> str:
    """Return the words and the picture as a piece of HTML that fetches nothing."""
    words = "".join(f"<p>{escape(line)}</p>" for line in why_lines(why))
    parts = "".join(f"<li>{escape(part.title)} <em>{escape(part_text(why, part))}.</em></li>" for part in why.parts)
    picture = why_svg(why) if why.chain else ""
    rest = f"<ul>{parts}</ul><p>{escape(OVERLAP)}</p>" if parts else ""
    return f"<div>{words}{picture}{rest}</div>"
