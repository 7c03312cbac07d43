"""Why a measure differs between two scenarios: which mechanisms carry the difference, and by way of what.

A mechanism carries as much of the effect as is gone when it does not notice the change; see
:mod:`civicsim.experiment.holding`. Candidates are those on paths from what differs to the measure, by what mechanisms declare to
read and write. Shares of mechanisms in a row overlap, and do not add up.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from civicsim.errors import ScenarioError
from civicsim.experiment.causes import Web, changed_columns, columns_shown, reads, writes
from civicsim.experiment.compare import check_matched
from civicsim.experiment.holding import PARAMETERS, Held, Values, held_runs, holdable
from civicsim.experiment.run import as_scenario, measure_names, seeds_of
from civicsim.experiment.statistics import Estimate, PairedDifference, estimate, paired_difference
from civicsim.model.measures import FLAGSHIP, Measure
from civicsim.scenario.scenario import Scenario

LEAST = 0.1
"""Smallest share of an effect for which a mechanism or a link is named. Assumption."""
KNOWN = 0.15
"""Longest half of a share's interval with which it is named: other runs then give the same to within a fifth of the effect."""
FEW = 10
"""Runs with which candidates are tried first."""
MOST = 8
"""Most mechanisms, and links, that are tried in all runs. Assumption: a story of more is none."""
STEPS = ("which mechanisms matter", "what they pass on", "how much each carries")

type Progress = Callable[[int, float], None]
"""Called with the number of a step (from 0) and the share of it that is done."""


@dataclass(frozen=True)
class Moved:
    """A measure, its mean without the change, and how it differs with it."""

    measure: Measure
    before: float
    change: PairedDifference

    @property
    def judged(self) -> str:
        """Return "better" or "worse" where it clearly is, by the direction that the measure declares; else ""."""
        way, better = self.change.way, self.measure.better
        if way not in ("higher", "lower") or better == "neither":
            return ""
        return "better" if way == better else "worse"


@dataclass(frozen=True)
class Part:
    """A mechanism, and the share of the effect that is gone where it does not notice the change; negative if the effect is then larger."""

    mechanism: str
    title: str
    share: Estimate


@dataclass(frozen=True)
class Link:
    """What one mechanism passes on to another.

    Attributes
    ----------
    source, target : str
        Mechanisms; the source of what the scenarios set is "".
    column : str
        What is passed on, as ``"table.column"``.
    moved : Moved or None
        The measure that shows it, as far as there is one.
    share : Estimate
        Share of the effect that is gone where the target reads the column as it is without the change. Of items that are handed
        on and cannot be held, the share of the source.
    handed : bool
        Whether it is such a column.
    """

    source: str
    target: str
    column: str
    moved: Moved | None
    share: Estimate
    handed: bool = False


@dataclass(frozen=True)
class Why:
    """What carries the difference of a measure between two scenarios.

    Attributes
    ----------
    before, after : Scenario
    seeds : list of int
        Of the matched runs.
    outcome : Moved
        The measure.
    parts : tuple of Part
        Mechanisms that carry a share or hold the effect back, the largest first.
    unsure : tuple of Part
        Mechanisms that seem to, of which these runs are too few to tell how much.
    links : tuple of Link
        What is passed on, as far as it is clear.
    chain : tuple of Link
        Those among them that lead from what differs to the measure, each time by the largest share.
    last : str
        The mechanism that writes the measure.
    explained : Estimate or None
        Share of the effect that is gone where all links are held at once, but those that only put what differs into force.
    tried : tuple of str
        Mechanisms on the paths from what differs to the measure.
    """

    before: Scenario
    after: Scenario
    seeds: list[int]
    outcome: Moved
    parts: tuple[Part, ...] = ()
    unsure: tuple[Part, ...] = ()
    links: tuple[Link, ...] = ()
    chain: tuple[Link, ...] = ()
    last: str = ""
    explained: Estimate | None = None
    tried: tuple[str, ...] = ()

    @property
    def clear(self) -> bool:
        """Whether there is a clear effect to be explained."""
        return self.outcome.change.way in ("higher", "lower")

    @property
    def surprises(self) -> tuple[Moved, ...]:
        """Measures on the chain that go the other way than the outcome: it gets better because they get worse, or worse although."""
        against = {"better": "worse", "worse": "better"}.get(self.outcome.judged)
        moved = [link.moved for link in self.chain if link.moved is not None]
        return tuple(own for own in moved if against and own.judged == against)

    def __repr__(self) -> str:
        parts = ", ".join(f"{part.mechanism} {part.share.mean:.2f}" for part in self.parts)
        return f"Why({self.outcome.measure.name!r}: {parts or 'nothing clear'}; {len(self.seeds)} matched runs)"

    def _repr_html_(self) -> str:
        from civicsim.report.why import why_html

        return why_html(self)


def why(
    before: Scenario | str,
    after: Scenario | str,
    measure: str,
    seeds: int | Sequence[int] = 30,
    *,
    last_weeks: int = 52,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Why:
    """Return why a measure differs between two scenarios on matched runs.

    Parameters
    ----------
    before, after : Scenario or str
        Without and with the change: scenarios, or names of styles. They have the same structure, roster, weeks and processes.
    measure : str
        Name of a measure.
    seeds : int or sequence of int
        Matched runs.
    last_weeks : int
        Weeks from the end over which each run is summarised.
    threads : int, optional
        Threads to use; all there are by default. Results do not depend on it.
    progress : callable, optional
        Called with the step, a place in :data:`STEPS`, and the share of it that is done. What it raises ends the work.

    Raises
    ------
    ScenarioError
        If the runs cannot be matched, or there is no such measure.
    """
    one, other = as_scenario(before), as_scenario(after)
    check_matched({"before": one, "after": other})
    if one.week != other.week:
        raise ScenarioError("why: expected two scenarios with the same processes in a week")
    measure_names([measure], one.measures)
    numbers = seeds_of(seeds, one.seed)
    if len(numbers) < 2:
        raise ScenarioError("why: 1 run has no interval; expected at least 2 seeds")
    web, about = Web.of(one.model), one.measures[measure]
    changed = changed_columns(one, other)
    tried = web.between(changed, about)

    def simulate(step: int, variants: Mapping[str, Held], chosen: list[int]) -> Matched:
        weeks, done = (len(variants) + 2) * one.weeks * len(chosen), 0.0

        def tell(more: float) -> None:
            nonlocal done
            done += more
            if progress is not None:
                progress(step, min(1.0, done / weeks))

        return Matched(held_runs(one, other, chosen, variants, last_weeks, threads, tell), about, tuple(one.measures.values()))

    whole: dict[str, Held] = {name: {name: holdable(web.processes[name])} for name in tried}
    kept = simulate(0, whole, numbers[:FEW]).largest(whole)
    single: dict[str, Held] = {
        _key(column, name): {name: frozenset([column])} for column, name in web.passed(kept, changed)
    }
    known = simulate(1, single, numbers[:FEW]).largest(single)
    chosen = {name: whole[name] for name in kept} | {key: single[key] for key in known}
    every = simulate(2, chosen | {_ALL: _explaining(web, known, changed)}, numbers)
    outcome = every.moved(about)
    found = Why(one, other, numbers, outcome, tried=tried)
    if not found.clear:
        return found
    shares = {name: every.share(name) for name in chosen}
    parts = [Part(name, web.processes[name].title, shares[name]) for name in kept if _matters(shares[name])]
    parts = sorted(parts, key=lambda part: -abs(part.share.mean))
    sure = tuple(part for part in parts if _known(part.share))
    last = _last(web, sure, about)
    links = _links(web, every, sure, changed, {key: shares[key] for key in known if _known(shares[key])}, last)
    return dataclasses.replace(
        found,
        parts=sure,
        unsure=tuple(part for part in parts if part not in sure),
        links=links,
        chain=_chain(links, last),
        last=last,
        explained=every.share(_ALL),
    )


_ALL = "all links"


def _key(column: str, target: str) -> str:
    return f"{column} > {target}"


def _matters(share: Estimate) -> bool:
    """Whether a share is certainly not 0, and large enough to be named."""
    return bool(share.low * share.high > 0.0 and abs(share.mean) >= LEAST)


def _known(share: Estimate) -> bool:
    return _matters(share) and (share.high - share.low) / 2 <= KNOWN


@dataclass(frozen=True)
class Matched:
    """Values of matched runs by variant, and the measure that is to be explained."""

    values: Mapping[str, Values]
    about: Measure
    every: tuple[Measure, ...]

    def share(self, variant: str) -> Estimate:
        """Return the share of the effect that is gone in a variant, with its interval.

        Formula
            s = m̄/d̄,  m = after − variant,  d = after − before;  its interval is that of the mean of m − s·d, over |d̄|
        """
        after, before, own = (self.values[name][self.about.name] for name in ("after", "before", variant))
        gone, effect = after - own, after - before
        kept = ~np.isnan(gone) & ~np.isnan(effect)
        gone, effect = gone[kept], effect[kept]
        if not len(effect) or effect.mean() == 0.0:
            return Estimate(np.nan, np.nan, np.nan, len(effect))
        share = float(gone.mean() / effect.mean())
        rest = estimate((gone - share * effect) / abs(effect.mean()))
        return Estimate(share, share + rest.low - rest.mean, share + rest.high - rest.mean, rest.n)

    def largest(self, variants: Iterable[str]) -> list[str]:
        """Return the variants whose share may be large enough to be named, the largest first; at most :data:`MOST`."""
        found = {name: self.share(name) for name in variants}
        near = [name for name, s in found.items() if abs(s.mean) >= LEAST / 2 and max(s.high, -s.low) >= LEAST]
        return sorted(near, key=lambda name: -abs(found[name].mean))[:MOST]

    def moved(self, about: Measure) -> Moved:
        """Return how a measure moved."""
        before, after = self.values["before"][about.name], self.values["after"][about.name]
        return Moved(about, estimate(before).mean, paired_difference(after, before, bounds=about.bounds))


def _entries(keys: Iterable[str], changed: Collection[str]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return links, as column and target, in two lists: those that come from what differs itself, and the others."""
    pairs = [(column, target) for column, _, target in (key.partition(" > ") for key in keys)]
    first = [pair for pair in pairs if pair[0] in changed or pair[0] == PARAMETERS]
    return first, [pair for pair in pairs if pair not in first]


def _explaining(web: Web, keys: list[str], changed: Collection[str]) -> Held:
    """Return all links at once, but those that only put into force what differs: into mechanisms that pass it on."""
    first, others = _entries(keys, changed)
    passing = {name for column, _ in others for name in web.writers([column])}
    held: dict[str, frozenset[str]] = {}
    for column, target in [*others, *(pair for pair in first if pair[1] not in passing)]:
        held[target] = held.get(target, frozenset()) | {column}
    return held


def _links(
    web: Web, runs: Matched, parts: Sequence[Part], changed: Collection[str], shares: Mapping[str, Estimate], last: str
) -> tuple[Link, ...]:
    """Return what is clearly passed on: columns that were held, and items that are handed on."""
    by_name = {part.mechanism: part for part in parts}
    found = []
    for key, share in shares.items():
        column, _, target = key.partition(" > ")
        writers = [name for name in web.writers([column]) if name in by_name and name != target]
        if column in changed or column == PARAMETERS:
            found.append(Link("", target, column, None, share))
        elif writers:
            source = max(writers, key=lambda name: by_name[name].share.mean)
            found.append(Link(source, target, column, shown_as(web, runs, column, source), share))
    for target in dict.fromkeys([*by_name, last]):
        for part in parts:
            handed = sorted(
                (reads(web.processes[target]) - holdable(web.processes[target])) & writes(web.processes[part.mechanism])
            )
            if part.mechanism != target and handed and part.share.mean > 0.0:
                shown = [(shown_as(web, runs, column, part.mechanism), column) for column in handed]
                moved, column = max(shown, key=lambda pair: 0.0 if pair[0] is None else _size(pair[0]))
                found.append(Link(part.mechanism, target, column, moved, part.share, handed=True))
    return tuple(found)


def _size(moved: Moved) -> float:
    """Return how clearly a measure moved: its mean difference in half widths of the interval."""
    half = (moved.change.high - moved.change.low) / 2
    return abs(moved.change.mean) / half if half > 0.0 else 0.0


def shown_as(web: Web, runs: Matched, column: str, source: str) -> Moved | None:
    """Return the measure that shows a column, or else what its source counts of the week; the clearest of several."""
    every = [about for about in runs.every if columns_shown(about)[0]]
    named = column.partition(".")[2]
    shown = [about for about in every if web.columns_of(about) == {column} and about.bounds[0] >= 0.0]
    same = [about for about in shown if {c.partition(".")[2] for c in columns_shown(about)[0]} == {named}]
    same = [about for about in same if about.bottom is None] or same or shown
    if not same:
        counted = {c for c in writes(web.processes[source]) if c.startswith("tally.")}
        counted -= {c for name, other in web.processes.items() if name != source for c in writes(other)}
        same = [about for about in every if columns_shown(about)[0] <= counted]
        same = [about for about in same if about.name in FLAGSHIP] or same
    moved = [runs.moved(about) for about in same]
    return max(moved, key=_size, default=None)


def _last(web: Web, parts: Sequence[Part], about: Measure) -> str:
    """Return the mechanism that writes a measure: of several, the one that carries most."""
    shares = {part.mechanism: part.share.mean for part in parts}
    writers = web.writers(web.columns_of(about)) or tuple(shares)
    return max(writers, key=lambda name: shares.get(name, 0.0), default="")


def _chain(links: Sequence[Link], last: str) -> tuple[Link, ...]:
    """Return the links from what differs to the last mechanism: back from there, each time by the largest share."""
    found: list[Link] = []
    passed, target = {last}, last
    while target:
        into = [link for link in links if link.target == target and link.source not in passed and link.share.mean > 0.0]
        if not into:
            return tuple(found)
        # What was held is known to count; what is handed on only may.
        best = max(into, key=lambda link: link.share.mean * (0.5 if link.handed else 1.0))
        found.insert(0, best)
        passed.add(best.source)
        target = best.source
    return tuple(found)
