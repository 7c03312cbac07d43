"""Why a measure differs between two scenarios: which mechanisms carry the difference, and through what.

A mechanism carries as much of the effect as is gone when it does not notice the change; see
:mod:`civicsim.experiment.holding`. Candidates are those on paths from what differs to the measure, by what mechanisms declare to
read and write. Shares of mechanisms in a row overlap, and do not add up.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from civicsim.errors import ScenarioError
from civicsim.experiment.causes import Web, changed_columns, columns_shown, reads, writes
from civicsim.experiment.compare import check_matched
from civicsim.experiment.holding import PARAMETERS, Held, Values, held_runs, holdable
from civicsim.experiment.run import as_scenario, measure_names, seeds_of
from civicsim.experiment.statistics import CONFIDENCE, Estimate, PairedDifference, estimate, paired_difference
from civicsim.model.measures import FLAGSHIP
from civicsim.model.measuring import Measure
from civicsim.scenario.scenario import STATUS_QUO, Scenario

LEAST = 0.1
"""Smallest share of an effect for which a mechanism or a link is named. Assumption."""
KNOWN = 0.15
"""Longest half of a share's interval with which it is named: as many other runs then give the same to within a fifth of the effect,
in 15 of 16 cases or more."""
SURE = 0.998
"""Coverage of the interval that has to exclude 0 for a share to be named: 95 % for some 25 that are tried at once (Bonferroni)."""
FEW = 10
"""Runs, with seeds of their own, in which candidates are tried first."""
MOST = 8
"""Most mechanisms, and links, that are tried in all runs. Assumption: a story of more is none."""
MOST_LINKS = 40
"""Most links that are tried from every mechanism on the paths; of more, only those from mechanisms that matter. Assumption."""
STEPS = ("which mechanisms matter", "what they pass on", "how much each carries", "how much all explain")

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
    columns : tuple of str
        What is passed on, each as ``"table.column"``.
    moved : Moved or None
        The measure that shows it, as far as there is one.
    share : Estimate
        Share of the effect that is gone where the target reads the columns as they are without the change. Of items that are handed
        on and cannot be held, the share of the source.
    handed : bool
        Whether they are such columns.
    """

    source: str
    target: str
    columns: tuple[str, ...]
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
        Share of the effect that is gone where all links are held at once, except those that only put what differs into force.
    held : dict of str to frozenset of str
        What is held there, by mechanism.
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
    held: Held = dataclasses.field(default_factory=dict)
    tried: tuple[str, ...] = ()

    @property
    def clear(self) -> bool:
        """Whether there is a clear effect to be explained."""
        return self.outcome.change.way in ("higher", "lower")

    @property
    def passing(self) -> frozenset[str]:
        """Mechanisms where the change sets in; see :func:`passing`."""
        return passing(self.links, self.last)

    @property
    def surprises(self) -> tuple[Moved, ...]:
        """Measures on the chain that move opposite to the outcome: it gets better because they get worse, or the other way round."""
        against = {"better": "worse", "worse": "better"}.get(self.outcome.judged)
        moved = [link.moved for link in self.chain if link.moved is not None]
        return tuple(own for own in moved if against and own.judged == against)

    def __repr__(self) -> str:
        parts = ", ".join(f"{part.mechanism} {part.share.mean:.2f}" for part in self.parts)
        return f"Why({self.outcome.measure.name!r}: {parts or 'nothing clear'}; {len(self.seeds)} matched runs)"

    def _repr_html_(self) -> str:
        from civicsim.report.why import why_html

        return why_html(self)


def without_changes(scenario: Scenario) -> Scenario:
    """Return the same organisation with the levers of the status quo and without dated changes."""
    return dataclasses.replace(scenario, levers=scenario.habits, interventions=(), style=STATUS_QUO, title="Status quo")


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
        Threads to use; all available ones by default. Results do not depend on it.
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
        done = 0.0

        def tell(more: float) -> None:
            nonlocal done
            done += more
            if progress is not None:
                progress(step, min(1.0, done))

        return matched_runs(one, other, measure, chosen, variants, last_weeks, threads, tell)

    found = Why(one, other, numbers, simulate(0, {}, numbers).moved(about), tried=tried)
    if not found.clear:
        return found
    # Candidates are chosen in other runs: in its own, a share would be overstated because it was chosen for being large.
    other_seeds = list(itertools.islice((n for n in itertools.count() if n not in numbers), FEW))
    whole: dict[str, Held] = {name: {name: holdable(web.processes[name])} for name in tried}
    kept = simulate(0, whole, other_seeds).largest(whole)
    pairs = sorted(web.passed(kept, changed, tried), key=repr)
    if len(pairs) > MOST_LINKS:
        pairs = sorted(web.passed(kept, changed, kept), key=repr)
    single = {_key(name, columns): {name: columns} for name, columns in pairs}
    known = simulate(1, single, other_seeds).largest(single)
    chosen = {name: whole[name] for name in kept} | {key: single[key] for key in known}
    every = simulate(2, chosen, numbers)
    shares = {name: every.share(name) for name in chosen}
    parts = [Part(name, web.processes[name].title, shares[name]) for name in kept if every.matters(name)]
    parts = sorted(parts, key=lambda part: -abs(part.share.mean))
    sure = tuple(part for part in parts if _known(part.share))
    last = _last(web, sure, about)
    clear = [(single[key], shares[key]) for key in known if every.matters(key)]
    links = _links(web, every, parts, changed, clear, last)
    held = _explaining(links, last)
    return dataclasses.replace(
        found,
        parts=sure,
        unsure=tuple(part for part in parts if part not in sure),
        links=links,
        chain=_chain(links, last),
        last=last,
        explained=simulate(3, {_ALL: held}, numbers).share(_ALL) if held else None,
        held=held,
    )


_ALL = "all links"


def _key(target: str, columns: frozenset[str]) -> str:
    return f"{', '.join(sorted(columns))} > {target}"


def _known(share: Estimate) -> bool:
    """Whether other runs would give about the same share."""
    return (share.high - share.low) / 2 <= KNOWN


@dataclass(frozen=True)
class Matched:
    """Values of matched runs by variant, and the measure that is to be explained."""

    values: Mapping[str, Values]
    about: Measure
    every: tuple[Measure, ...]

    def matters(self, variant: str) -> bool:
        """Whether the share of a variant is large enough to be named, and certainly not 0."""
        share = self.share(variant, SURE)
        return abs(share.mean) >= LEAST and share.low * share.high > 0.0

    def share(self, variant: str, confidence: float = CONFIDENCE) -> Estimate:
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
        rest = estimate((gone - share * effect) / abs(effect.mean()), confidence)
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


def matched_runs(
    before: Scenario,
    after: Scenario,
    measure: str,
    seeds: Sequence[int],
    variants: Mapping[str, Held],
    last_weeks: int = 52,
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> Matched:
    """Return matched runs in which mechanisms are held; see :func:`civicsim.experiment.holding.held_runs`."""
    values = held_runs(before, after, seeds, variants, last_weeks, threads, progress)
    return Matched(values, before.measures[measure], tuple(before.measures.values()))


def passing(links: Collection[Link], last: str) -> frozenset[str]:
    """Return mechanisms where what differs is put into force: that one of them carries all of it explains nothing.

    The last one is not among them: what it is told is how the change reaches the measure.
    """
    return frozenset(link.target for link in links if link.source == "" and not link.handed) - {last}


def _explaining(links: Collection[Link], last: str) -> Held:
    """Return all clear links at once, except those that only put into force what differs."""
    found: dict[str, frozenset[str]] = {}
    for link in links:
        if not (link.handed or (link.source == "" and link.target in passing(links, last))):
            found[link.target] = found.get(link.target, frozenset()).union(link.columns)
    return found


def _links(
    web: Web,
    runs: Matched,
    parts: Sequence[Part],
    changed: Collection[str],
    clear: Sequence[tuple[Held, Estimate]],
    last: str,
) -> tuple[Link, ...]:
    """Return what is clearly passed on: what was held, and items that are handed on and cannot be."""
    carried = {part.mechanism: part.share for part in parts}
    known = {name: share for name, share in carried.items() if _known(share) and share.mean > 0.0}
    found = []
    for held, share in clear:
        for target, columns in held.items():
            writers = [name for name in web.writers(columns) if name != target]
            writers = [name for name in writers if name in carried] or writers[:1]
            if columns & {*changed, PARAMETERS}:
                found.append(Link("", target, tuple(sorted(columns)), None, share))
            elif writers:
                source = max(writers, key=lambda name: carried[name].mean if name in carried else 0.0)
                found.append(Link(source, target, tuple(sorted(columns)), shown_as(web, runs, columns, source), share))
    # What passes through a mechanism that cannot be held, because it changes what it reads, is followed by its declaration.
    for target in dict.fromkeys([*known, last, *(link.source for link in found if link.source)]):
        rest = reads(web.processes[target]) - holdable(web.processes[target])
        for source, share in known.items():
            handed = rest & writes(web.processes[source])
            if source != target and handed:
                moved = shown_as(web, runs, handed, source)
                found.append(Link(source, target, tuple(sorted(handed)), moved, share, handed=True))
    return tuple(found)


def _size(moved: Moved) -> float:
    """Return how clearly a measure moved: its mean difference in half widths of the interval."""
    half = (moved.change.high - moved.change.low) / 2
    return abs(moved.change.mean) / half if half > 0.0 else 0.0


def shown_as(web: Web, runs: Matched, columns: Collection[str], source: str) -> Moved | None:
    """Return the measure that shows one of some columns, or else what their source counts.

    Of several it is the one that moved most: in their unit, if they share it, and else most clearly.
    """
    every = [about for about in runs.every if columns_shown(about)[0]]
    shown = [about for about in every if web.columns_of(about) <= set(columns) and about.bounds[0] >= 0.0]
    plain = [about for about in shown if about.bottom is None] or shown
    if not plain:
        counted = {c for c in writes(web.processes[source]) if c.startswith("tally.")}
        counted -= {c for name, other in web.processes.items() if name != source for c in writes(other)}
        plain = [about for about in every if columns_shown(about)[0] <= counted]
        plain = [about for about in plain if about.name in FLAGSHIP] or plain
        plain = [about for about in plain if about.better != "neither"] or plain
    moved = [own for own in map(runs.moved, plain) if own.change.way in ("higher", "lower")]
    size = _size if len({own.measure.unit for own in moved}) > 1 else lambda own: abs(own.change.mean)
    return max(moved, key=size, default=None)


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
