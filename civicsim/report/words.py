"""Words that figures, pages and the command line share; numbers in words are in :mod:`civicsim.experiment.wording`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from civicsim.engine.parameters import Parameter
from civicsim.experiment.statistics import CAUTIONS, CONFIDENCE
from civicsim.experiment.wording import counted, number, toward
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.shipped import kinds
from civicsim.scenario.sizes import n_managers, n_staff

if TYPE_CHECKING:
    import pandas as pd

THINKING_AID = "A thinking aid, not a forecast."
INTERVAL = f"{CONFIDENCE * 100:.0f} %"
RANGE = (10, 90)
"""Percentiles of the runs between which their range is given."""


def in_pairs(row: Mapping[Any, Any], n: float, prefix: str = "", form: str = "{} in {} of {}") -> str:
    """Return in how many pairs the difference has the direction of its mean: "better in 27 of 30".

    ``row`` has the columns of a :class:`civicsim.experiment.statistics.PairedDifference` after the prefix, ``difference`` and
    ``better``; ``n`` is the number of pairs.
    """
    if not n > 0:
        return number(float("nan"))
    way = way_of(row, prefix)
    count = round(n * row[f"{prefix}share_{way}"])
    return form.format(toward(way, row["better"]), count, int(n))


def without_shared(labels: Sequence[str]) -> tuple[list[str], str]:
    """Return labels without the parts, between commas, that all of several share, and these parts; as they are if one were empty."""
    parts = [label.split(", ") for label in labels]
    several = len(set(labels)) > 1
    shared = [part for part in parts[0] if all(part in own for own in parts)] if several else []
    short = [", ".join(part for part in own if part not in shared) for own in parts]
    return (short, ", ".join(shared)) if all(short) else (list(labels), "")


def way_of(row: Mapping[Any, Any], prefix: str = "") -> str:
    """Return which way a mean difference goes: "higher", "lower", or "equal" where all pairs are."""
    if row[f"{prefix}share_equal"] == 1.0:
        return "equal"
    return "lower" if row["difference"] < 0.0 else "higher"


def explained(verdicts: Iterable[str]) -> list[tuple[str, str]]:
    """Return each caution in verdicts with its meaning; see :data:`civicsim.experiment.statistics.CAUTIONS`."""
    given = list(verdicts)
    return [(f"{caution}:", meaning) for caution, meaning in CAUTIONS.items() if any(caution in own for own in given)]


def value_text(value: Any) -> str:
    """Return a value as it is written in a scenario file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def range_text(about: Parameter, text: Callable[[Any], str] = value_text) -> str:
    """Return the allowed values of a parameter, in short, each as ``text`` gives it."""
    if about.choices:
        return ", ".join(about.choices)
    if isinstance(about.default, bool):
        return f"{text(True)}, {text(False)}"
    return f"{text(float(about.low))} to {text(float(about.high))}"


def unit_text(about: Parameter) -> str:
    """Return the unit behind a value; empty where it is plain from the range."""
    return "" if about.unit in ("0–1", "on/off") else f" ({about.unit})"


def seeds_text(seeds: Sequence[int]) -> str:
    """Return the seeds in words: "seed 7", "seeds 1–30", "seeds 3, 5, 9", or "30 seeds from 3 to 99"."""
    if len(seeds) == 1:
        return f"seed {seeds[0]}"
    if sorted(seeds) == list(range(min(seeds), min(seeds) + len(seeds))):
        return f"seeds {min(seeds)}–{max(seeds)}"
    if len(seeds) <= 5:
        return "seeds " + ", ".join(str(seed) for seed in seeds)
    return f"{len(seeds)} seeds from {min(seeds)} to {max(seeds)}"


def product_text(points: pd.DataFrame, n_seeds: int) -> str:
    """Return the size of a design as a product: "2 styles × 3 settings × 30 seeds = 180 runs"."""
    names = {"style": "style", "setting": "setting", "draw": "draw", "shock": "set of shocks"}
    sizes = {key: points[key].nunique() for key in names}
    product = 1
    for n in sizes.values():
        product *= n
    parts = [
        counted(n, names[key], "sets of shocks" if key == "shock" else None)
        for key, n in sizes.items()
        if n > 1 or key == "style"
    ]
    if product != len(points):
        # Listed settings may be for one style each.
        parts = [f"{counted(len(points), 'point')} ({', '.join(parts)})"]
    return " × ".join([*parts, counted(n_seeds, "seed")]) + f" = {counted(len(points) * n_seeds, 'run')}"


def time_text(weeks: int) -> str:
    """Return a length of time in words: years where it is whole years."""
    return counted(weeks // 52, "year") if weeks and weeks % 52 == 0 else counted(weeks, "week")


def before_text(scenario: Scenario) -> str:
    """Return the length of the burn-in, as the end of a sentence."""
    return f", after {time_text(scenario.burn_in_weeks)} at the status quo" if scenario.burn_in_weeks else ""


def kind_text(scenario: Scenario) -> str:
    """Return the title of the kind of organisation, or its name where that is not a shipped one."""
    return kinds().get(scenario.kind, scenario.kind)


def size_text(scenario: Scenario) -> str:
    """Return the size of a run in words."""
    structure, roster = scenario.structure, scenario.roster
    staff = f"{n_staff(scenario):,} staff and {n_managers(scenario):,} managers"
    teams = "1 team" if structure.n_teams == 1 else f"{structure.n_teams:,} teams"
    if roster is not None:
        return f"{staff} in {teams} of {roster.sizes.min()} to {roster.sizes.max()}"
    if structure.n_organisations > 1:
        about = " on average" if structure.size_spread > 0.0 else ""
        return f"{structure.n_organisations:,} organisations of {staff} in {teams}{about}"
    return f"{staff} in {teams}"
