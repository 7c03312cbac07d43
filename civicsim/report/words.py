"""Words and numbers that figures, pages and the command line share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from civicsim.engine.parameters import Parameter
from civicsim.experiment.statistics import CAUTIONS, CONFIDENCE
from civicsim.experiment.wording import Scale as Scale
from civicsim.experiment.wording import counted as counted
from civicsim.experiment.wording import decimals_of as decimals_of
from civicsim.experiment.wording import direction as direction
from civicsim.experiment.wording import estimated as estimated
from civicsim.experiment.wording import is_clear as is_clear
from civicsim.experiment.wording import judged as judged
from civicsim.experiment.wording import number as number
from civicsim.experiment.wording import outcome as outcome
from civicsim.experiment.wording import percent as percent
from civicsim.experiment.wording import plus_minus as plus_minus
from civicsim.experiment.wording import scale_of as scale_of
from civicsim.experiment.wording import setting_text as setting_text
from civicsim.experiment.wording import toward as toward
from civicsim.experiment.wording import with_interval as with_interval
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.shipped import kinds

if TYPE_CHECKING:
    import pandas as pd

THINKING_AID = "A thinking aid, not a forecast."
INTERVAL = f"{CONFIDENCE * 100:.0f} %"
RANGE = (10, 90)
"""Percentiles of the runs between which their range is given."""
<<<<<<< HEAD
=======
_SHARES = {"0–1", "probability", "difference of probabilities", "difference, 0–1"}
"""Units of values that readers see as per cent, beside shares of something."""


def number(value: float, decimals: int | None = None, sign: bool = False) -> str:
    """Return a number in words of a table: a true minus sign, a dash for NaN, and ∞.

    Without ``decimals``, digits after the point, it has three significant digits; with ``sign`` a plus sign, as for differences.
    """
    if np.isnan(value):
        return "–"
    if np.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:{'+' if sign else ''}.{decimals_of(value, 3) if decimals is None else decimals}f}"
    return text.strip("+-") if float(text) == 0 else text.replace("-", "−")


def with_interval(mean: float, low: float, high: float, sign: bool = False, places: int = 0) -> tuple[str, str]:
    """Return a mean and its interval, no more exactly than two digits of the interval's half width.

    There is one more digit where an interval that excludes 0 would seem to begin or end there. With ``places`` the decimal
    point is moved to the right by as many, as for per cents, and the digits are the same.
    """
    if np.isnan(low):
        return number(mean * 10.0**places, max(0, decimals_of(mean, 3) - places), sign), "no interval"
    decimals = decimals_of((high - low) / 2 if np.isfinite(high - low) else mean, 2)
    if low * high > 0 and min(abs(low), abs(high)) < 0.5 * 10.0**-decimals:
        decimals += 1
    mean, low, high = (value * 10.0**places for value in (mean, low, high))
    decimals = max(0, decimals - places)
    return number(mean, decimals, sign), f"{number(low, decimals, sign)} to {number(high, decimals, sign)}"


def estimated(value: float, low: float, high: float, sign: bool = False) -> str:
    """Return a number with its interval in brackets."""
    return "{} ({})".format(*with_interval(value, low, high, sign))


def plus_minus(value: float, low: float, high: float, sign: bool = False) -> str:
    """Return a number with the longer half of its interval behind "±"."""
    half = max(value - low, high - value)
    return f"{with_interval(value, low, high, sign)[0]} ± {number(half, decimals_of(half, 2))}"


def judged(verdict: str, better: str) -> str:
    """Return a verdict, and whether that is better or worse where the measure has a direction."""
    way, comma, rest = verdict.partition(",")
    word = toward(way, better)
    return verdict if word == way else f"{way}, {word}{comma}{rest}"


def toward(way: str, better: str) -> str:
    """Return "better" or "worse" for a way in which a measure differs; the way itself where neither is better."""
    if way not in ("higher", "lower") or better == "neither":
        return way
    return "better" if way == better else "worse"
>>>>>>> one


def in_pairs(row: Mapping[Any, Any], n: float, prefix: str = "", form: str = "{} in {} of {}") -> str:
    """Return in how many pairs the difference goes the way of its mean: "better in 27 of 30".

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


<<<<<<< HEAD
=======
@dataclass(frozen=True)
class Scale:
    """How readers see values of a unit: shares, probabilities and states from 0 to 1 as per cent.

    Attributes
    ----------
    factor : float
        Multiplies a value.
    unit, points : str
        Follow a value, and a difference of values.
    """

    factor: float
    unit: str
    points: str

    @property
    def places(self) -> int:
        """By how many places it moves the decimal point."""
        return 2 if self.factor == 100.0 else 0

    def text(self, value: float, unit: bool = True) -> str:
        """Return a value with three significant digits, per cents with at most one decimal; a dash for NaN."""
        value = self.factor * value
        decimals = decimals_of(value, 3)
        text = number(value, min(1, decimals) if self.unit == " %" else decimals)
        return text + (self.unit if unit and text != "–" else "")

    def estimated(self, mean: float, low: float, high: float) -> tuple[str, str]:
        """Return a mean with its unit, and the ends of its interval; see :func:`with_interval`."""
        value, between = with_interval(mean, low, high, places=self.places)
        return value + (self.unit if value != "–" else ""), between

    def between(self, low: float, high: float) -> str:
        """Return an interval without its unit: "66.1 to 69.9", or "no interval"."""
        return "no interval" if np.isnan(low) else f"{self.text(low, False)} to {self.text(high, False)}"

    def difference(self, mean: float, low: float, high: float) -> str:
        """Return a difference with its interval."""
        value, ends = with_interval(mean, low, high, sign=True, places=self.places)
        return f"{value}{self.points} ({ends})"


def scale_of(unit: str) -> Scale:
    """Return how readers see values of the unit of a measure or parameter."""
    if unit.startswith("share of") or unit in _SHARES:
        return Scale(100.0, " %", " points")
    return Scale(1.0, " %", " points") if unit == "%" else Scale(1.0, f" {unit}", f" {unit}")


def decimals_of(value: float, significant: int) -> int:
    """Return the digits after the point with which a value has so many significant digits; 0-5."""
    if value == 0.0 or not np.isfinite(value):
        return significant
    return min(5, max(0, significant - 1 - int(np.floor(np.log10(abs(value))))))


def counted(n: int, one: str, many: str | None = None) -> str:
    """Return "1 run", "2 runs"."""
    return f"{n} {one if n == 1 else many or one + 's'}"


>>>>>>> one
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


def n_staff(scenario: Scenario) -> int:
    """Return how many posts of staff an organisation has."""
    structure, roster = scenario.structure, scenario.roster
    return structure.n_teams * structure.team_size if roster is None else roster.n_staff


def n_managers(scenario: Scenario) -> int:
    """Return how many managers an organisation has: of teams, of divisions, and executives."""
    structure, roster = scenario.structure, scenario.roster
    n_divisions = -(-structure.n_teams // structure.teams_per_division) if roster is None else len(roster.divisions)
    return structure.n_teams + n_divisions + structure.n_executives


def n_posts(scenario: Scenario) -> int:
    """Return how many posts of staff and managers a run has, over all its organisations."""
    return scenario.structure.n_organisations * (n_staff(scenario) + n_managers(scenario))


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
