"""Figures of single results: the distribution over runs, a portrait of the network, and the flow of adopted ideas."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.ticker import MaxNLocator

from civicsim import checks
from civicsim.errors import ScenarioError
from civicsim.experiment.run import Result
from civicsim.experiment.snapshots import COLUMNS
from civicsim.experiment.statistics import estimate
from civicsim.experiment.wording import counted, direction
from civicsim.model.calendar import YEAR
from civicsim.model.cohort import Cohort
from civicsim.model.measures import MEASURES
from civicsim.model.organisation import CHIEF, DIVISIONAL_MANAGER, EXECUTIVE, STAFF
from civicsim.report.canvas import WIDTH, Words, figure_of, panel
from civicsim.report.look import BASELINE_COLOUR, BETTER, FAINT, Look, draw_bars, looks_of
from civicsim.report.paths import label_ends, time_unit
from civicsim.report.rows import RoundTicks
from civicsim.report.words import INTERVAL, seeds_text

_BINS = 30
"""Places along the axis of a distribution at which dots are stacked. Assumption."""
_GOLDEN = np.pi * (3.0 - np.sqrt(5.0))


def plot_distribution(
    result: Result, measure: str, last_weeks: int = 52, ax: Axes | None = None, width: float = WIDTH
) -> Axes:
    """Draw a dot for each run, stacked where runs are alike, with their mean and its interval.

    Parameters
    ----------
    result : Result
        Runs of one scenario.
    measure : str
        Name of a measure.
    last_weeks : int
        Weeks from the end over which each run is summed up.
    ax, width
        As for :func:`civicsim.report.canvas.panel`.

    Raises
    ------
    ScenarioError
        If there is no such measure, no run has a value, or the width is out of range.
    """
    (about,) = result.chosen([measure])
    values = np.sort(result.values([measure], last_weeks)[measure])
    values = values[~np.isnan(values)]
    if not len(values):
        raise ScenarioError(f"plot_distribution: {measure}: it did not occur in any run")
    found = estimate(values, bounds=about.bounds)

    def draw(ax: Axes) -> Words:
        pad = 0.06 * np.ptp(values) or 0.05 * abs(values[0]) or 0.5
        step = (np.ptp(values) + 2.0 * pad) / _BINS
        place = np.floor((values - values[0] + pad) / step)
        # In order, the k-th of those at one place is as many after the first of them.
        height = np.arange(len(values)) - np.searchsorted(place, place) + 1
        top = max(height.max(), 4)
        ax.plot(values, height, "o", color=BETTER, markersize=min(4.0, 80.0 / top), markeredgewidth=0.0)
        draw_bars(ax, Look(BASELINE_COLOUR, "solid", "D"), (found.low, found.high), (np.nan, np.nan), -0.12 * top)
        ax.plot(found.mean, -0.12 * top, "D", color=BASELINE_COLOUR, markersize=4.0)
        ax.set(xlim=(values[0] - pad, values[-1] + pad), ylim=(-0.22 * top, 1.08 * top))
        ax.set_yticks(np.unique(np.linspace(0, top, 5).astype(int)))
        ax.spines["left"].set_bounds(0, 1.08 * top)
        ax.xaxis.set_major_locator(RoundTicks(ax))
        ax.set_xlabel(about.unit, parse_math=False)
        ax.set_ylabel("runs")
        weeks = counted(min(last_weeks, result.scenario.weeks), "week")
        caption = (
            f"Dot: one run, its last {weeks} ({seeds_text(result.seeds)}). Diamond: mean of {counted(found.n, 'run')}"
        )
        caption += f"; thick bar: its {INTERVAL} interval (run-to-run variation)." if found.n > 1 else "; no interval."
        return Words(f"{about.label}{direction(about.better)}", caption, 42.0)

    return panel(draw, ax, width)


def plot_ideas(result: Result, ax: Axes | None = None, width: float = WIDTH) -> Axes:
    """Draw the flow of adopted ideas: how many are in use, week by week and team by team, in the first organisation.

    Parameters
    ----------
    result : Result
        With a log of events: ``run(…, events=True)``.
    ax, width
        As for :func:`civicsim.report.canvas.panel`.

    Raises
    ------
    ScenarioError
        If no idea was adopted, or the width is out of range.
    ValueError
        If events were not logged.
    """
    flow, groups = ideas_in_use(result)
    if not flow.any():
        raise ScenarioError("plot_ideas: no idea was adopted")

    def draw(ax: Axes) -> Words:
        unit = time_unit(result.scenario.weeks)
        weeks = np.arange(result.scenario.weeks) / (YEAR if unit == "years" else 1.0)
        looks = looks_of(list(dict.fromkeys(groups)))
        colours = [looks[group].tint for group in groups]
        ax.stackplot(weeks, flow, colors=colours, edgecolor="white", linewidth=0.25)
        ends, below = {}, 0.0
        for group in looks:
            own = float(sum(flow[k, -1] for k, name in enumerate(groups) if name == group))
            ends[group] = (float(weeks[-1]), below + 0.5 * own)
            below += own
        ax.set(xlim=(0.0, weeks[-1]), ylim=(0.0, 1.05 * float(flow.sum(axis=0).max())))
        ax.set_xticks(
            [tick for tick in MaxNLocator(6, integer=True).tick_values(0, weeks[-1]) if tick <= weeks[-1] + 0.1]
        )
        ax.spines["bottom"].set_bounds(0, weeks[-1])
        ax.set_xlabel(unit.capitalize(), loc="left")
        ax.set_ylabel("adopted ideas in use")
        caption = (
            "Each stream is a team: its height counts the ideas that it has adopted and uses, until they decay or are replaced. "
            f"One organisation of {counted(len(groups), 'team')} ({seeds_text(result.seeds[:1])})."
        )
        return Words("Flow of adopted ideas", caption, 62.0, lambda own: label_ends(own, ends, looks))

    return panel(draw, ax, width)


def ideas_in_use(result: Result) -> tuple[np.ndarray, list[str]]:
    """Return the adopted ideas in use by team and week, shape (teams, weeks), and the division of each team.

    Teams are in the order of divisions; with one division, each has a name of its own.
    """
    ideas, first = result.ideas(), result.cohort.organisation[0]
    mine = (ideas["seed"] == first["seed"]) & (ideas["organisation"] == first["key"]) & (ideas["outcome"] == "adopted")
    teams, weeks = result.cohort.team[: int(first["n_teams"])], np.arange(result.scenario.weeks)
    flow = np.zeros((len(teams), len(weeks)), dtype=int)
    for team, part in ideas[mine].groupby("team"):
        over = part["week_settled"].where(part["fate"].isin(["decayed", "replaced"])).fillna(len(weeks))
        use = (part["week_ended"].to_numpy(int)[:, None] <= weeks) & (weeks < over.to_numpy(int)[:, None])
        flow[int(team)] = use.sum(axis=0)
    order = np.argsort(teams["division"], kind="stable")
    several = len(np.unique(teams["division"])) > 1
    return flow[order], [f"division {teams['division'][k] + 1}" if several else f"team {k + 1}" for k in order]


def plot_network(result: Result, column: str = "exhaustion", ax: Axes | None = None, width: float = WIDTH) -> Axes:
    """Draw the people of the first organisation and who knows whom, at the end of the run.

    Parameters
    ----------
    result : Result
        Of which the first organisation is drawn.
    column : str
        Column of people that colours them, such as "exhaustion", "safety" or "trust".
    ax, width
        As for :func:`civicsim.report.canvas.panel`.

    Raises
    ------
    ScenarioError
        If there is no such column, or the width is out of range.
    """
    checks.keys([column], COLUMNS, "plot_network: no column")
    cohort = result.cohort
    about = cohort.organisation[0]
    rows = np.arange(about["first_person"], about["first_person"] + about["n_persons"])
    people, place = cohort.person[rows], places_of(cohort)

    def draw(ax: Axes) -> Words:
        one, slot = np.nonzero(cohort.ties[rows] > rows[:, None])
        other = cohort.ties[rows][one, slot].astype(int)
        inside = other < rows[-1] + 1
        ties = np.stack([place[one[inside]], place[other[inside] - rows[0]]], axis=1)
        ax.add_collection(LineCollection(list(ties), colors=BASELINE_COLOUR, linewidths=0.25, alpha=0.22, zorder=1))
        values = people[column].astype(float)
        low, high = (0.0, 1.0) if values.min() >= 0.0 and values.max() <= 1.0 else (values.min(), values.max())
        across = 72.0 * figure_of(ax).get_figwidth() * 0.75
        size = (0.62 * across / max(1.0, float(np.ptp(place[:, 0])))) ** 2
        kinds: tuple[tuple[np.ndarray, str, float], ...] = (
            (people["role"] == STAFF, "o", 1.0),
            (people["role"] != STAFF, "s", 1.6),
        )
        for kind, marker, factor in kinds:
            there, empty = kind & (people["vacant"] == 0), kind & (people["vacant"] == 1)
            how: dict[str, Any] = {"marker": marker, "s": factor * size, "linewidths": 0.3, "zorder": 2}
            x, y = place[there].T
            ax.scatter(x, y, c=values[there], cmap="viridis_r", vmin=low, vmax=high, edgecolors=FAINT, **how)
            x, y = place[empty].T
            ax.scatter(x, y, facecolors="white", edgecolors=BASELINE_COLOUR, **how)
        ax.set(aspect="equal", xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
        ax.margins(0.03)
        known = MEASURES.get(column)
        name = known.label if known is not None else column.replace("_", " ").capitalize()
        shown = ScalarMappable(Normalize(low, high), "viridis_r")
        bar = figure_of(ax).colorbar(shown, ax=ax, shrink=0.5, aspect=18, pad=0.02)
        bar.set_label(f"{name} ({'0–1' if (low, high) == (0.0, 1.0) else 'range of the values'})")
        bar.outline.set_visible(False)
        caption = (
            f"Circle: a member of staff, within the team; square: a manager, of the team in its middle, of the division among its "
            f"teams, and executives in the centre. White: vacant. Line: people of different teams who know each other. "
            f"End of week {cohort.week}, {seeds_text(result.seeds[:1])}."
        )
        height = 25.4 * figure_of(ax).get_figwidth() * 0.82
        return Words(f"{name} in the network of {counted(int(about['n_teams']), 'team')}", caption, height)

    return panel(draw, ax, width)


def places_of(cohort: Cohort) -> np.ndarray:
    """Return where the people of the first organisation stand, shape (people, 2): in teams, in divisions, in a circle.

    People of a team fill a disc around its manager, teams a ring around the manager of their division, and divisions a ring
    around the executives. Discs do not overlap; two people are about one apart.
    """
    about = cohort.organisation[0]
    first, teams = int(about["first_person"]), cohort.team[: int(about["n_teams"])]
    people = cohort.person[first : first + int(about["n_persons"])]
    radius = float(np.sqrt(teams["n_posts"].max() + 1.0)) * 0.62 + 0.9
    divisions = [np.flatnonzero(teams["division"] == division) for division in np.unique(teams["division"])]
    inner = [_ring(len(own), radius) for own in divisions]
    outer = _ring(len(divisions), max(inner) + radius)
    place = np.zeros((len(people), 2))
    centres = np.zeros((len(teams), 2))
    for middle, ring, own in zip(_around(len(divisions), outer), inner, divisions, strict=True):
        centres[own] = middle + _around(len(own), ring)
    for centre, team in zip(centres, teams, strict=True):
        start, n = int(team["first_person"]) - first, int(team["n_posts"])
        place[start : start + n] = centre + _disc(n, 1)
    manages = (people["role"] != STAFF) & (people["team"] >= 0)
    place[manages] = centres[people["team"][manages] - int(about["first_team"])]
    divisional = np.flatnonzero(people["role"] == DIVISIONAL_MANAGER)
    place[divisional] = _around(len(divisions), outer)[: len(divisional)]
    top = np.flatnonzero((people["role"] == EXECUTIVE) | (people["role"] == CHIEF))
    # With one division its manager stands in the centre, and those above beside the teams.
    aside = np.array([inner[0] + radius + 1.5, 0.0]) if len(divisions) == 1 else np.zeros(2)
    place[top] = aside + _disc(len(top), 0)
    return place


def _ring(n: int, radius: float) -> float:
    """Return the radius of a ring on which n discs of a radius stand side by side around something in the middle."""
    return 0.0 if n == 1 else max(radius + 1.0, radius / float(np.sin(np.pi / n)))


def _around(n: int, ring: float) -> np.ndarray:
    angle = 2.0 * np.pi * np.arange(n) / n + np.pi / 2.0
    return ring * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _disc(n: int, skipped: int) -> np.ndarray:
    """Return n places that fill a disc evenly, as seeds of a sunflower, without the first ones in the middle."""
    k = np.arange(skipped, n + skipped)
    return 0.62 * np.sqrt(k + 0.4)[:, None] * np.stack([np.cos(_GOLDEN * k), np.sin(_GOLDEN * k)], axis=1)
