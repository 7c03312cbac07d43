"""Designs: the settings of the factors of a study."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from civicsim import checks
from civicsim.engine.parameters import Value
from civicsim.errors import ScenarioError, naming, nearest
from civicsim.scenario import tables
from civicsim.scenario.model import SECTIONS, Sections
from civicsim.study.design.factors import Factor, read_factor

METHODS: dict[str, tuple[str, ...]] = {
    "grid": (),
    "one-at-a-time": (),
    "forms": ("combinations",),
    "list": (),
    "contrasts": (),
    "csv": ("file",),
    "latin-hypercube": ("n",),
    "sobol": ("n", "second_order"),
    "morris": ("n", "levels"),
}
"""Designs by name, and the options of each besides a seed and the number of draws of the uncertainties."""
SAMPLED = ("latin-hypercube", "sobol", "morris")
FORM = "form"
"""Name of the parameter that selects the form of a rule, in each section with a choice."""
_MOST = 1_000_000

Setting = dict[str, Value]
"""Values by full name of their parameter; other parameters stay as they are."""


class Row(NamedTuple):
    """A setting from a list, and the style and sets of shocks that it is for; None and none for all."""

    setting: Setting
    style: str | None = None
    shocks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Design:
    """A choice of settings.

    Attributes
    ----------
    method : str
        One of :data:`METHODS`.
    n : int
        Rows of a Latin hypercube; base sample of a Sobol' design, which has n·(k + 2) rows for k factors, or n·(2k + 2)
        with second-order indices; trajectories of a Morris design, which has n·(k + 1) rows.
    seed : int
        Seed of the sample; it is independent of the seeds of runs.
    second_order : bool
        Whether a Sobol' design is large enough for second-order indices.
    levels : int
        Levels of a Morris design; even.
    file : str
        Path of the table with the settings.
    combinations : bool
        Whether a design of forms combines the forms of different rules; else it changes one rule at a time.
    draws : int
        Draws of the uncertainties, where they are ranges.
    """

    method: str = "grid"
    n: int = 0
    seed: int = 1
    second_order: bool = False
    levels: int = 4
    file: str = ""
    draws: int = 100
    combinations: bool = False

    @property
    def sampled(self) -> bool:
        """Whether settings are drawn from ranges."""
        return self.method in SAMPLED

    @property
    def uncertain(self) -> bool:
        """Whether settings stand for parameter uncertainty, as samples and forms of rules do, and not for options to choose from."""
        return self.sampled or self.method == "forms"


_OPTIONS: dict[str, Callable[[Any, str], Any]] = {
    "n": partial(checks.whole, low=0, high=_MOST),
    "seed": partial(checks.whole, low=0, high=2**32),
    "levels": partial(checks.whole, low=2, high=100),
    "draws": partial(checks.whole, low=1, high=_MOST),
    "second_order": checks.truth,
    "combinations": checks.truth,
    "file": checks.text,
}
_DEFAULT_N = {"latin-hypercube": 100, "sobol": 64, "morris": 20}


def read_design(values: Any, factors: Sequence[Factor], n_listed: int, where: str) -> Design:
    """Return the design of a table ``[design]``; by default a grid, or the list of runs if there is one.

    Raises :class:`ScenarioError` if it has an option that its method does not use, or does not fit the factors.
    """
    given = {"method": values} if isinstance(values, str) else values
    checks.table(given, f"{where}: design", "the name of a method, or a table [design]")
    at = f"{where}: [design]"
    usual = "list" if n_listed else "csv" if "file" in given else "grid"
    method = checks.choice(given.get("method", usual), f"{at} method", METHODS)
    known = ("method", "draws", "seed", *METHODS[method])
    for key in given:
        if key not in known:
            raise ScenarioError(f"{at} {key}: a {method} design has no use for it; {nearest(key, known)}")
    options = {key: _OPTIONS[key](value, f"{at} {key}") for key, value in given.items() if key != "method"}
    design = Design(method, **{"n": _DEFAULT_N.get(method, 0), **options})
    # A name each, or nothing, so that it can be put into a complaint.
    ranged = next((factor.key for factor in factors if factor.range is not None), "")
    free = next((factor.key for factor in factors if not factor.held), "")
    listed, sampled, n = n_listed > 0, design.sampled, design.n
    complaints = [
        (design.levels % 2, f"{at} levels = {design.levels}: expected an even number"),
        (method == "csv" and not design.file, f'{at} a csv design needs file = "settings.csv"'),
        (listed != (method == "list"), f'{at} method = {method!r}: blocks [[runs]] and method = "list" go together'),
        (
            ranged and not sampled,
            f"{where}: factors: {ranged} is a range: expected a list of values, or [design] method = "
            '"latin-hypercube", "sobol" or "morris"',
        ),
        (sampled and not free, f"{at} a {method} design needs a factor with a range or a list"),
        (sampled and n < 1, f"{at} n = {n}: expected a whole number from 1"),
        (method == "sobol" and n & (n - 1), f"{at} n = {n}: expected a power of 2, such as 64, for a Sobol' design"),
        (
            free and method in ("list", "csv", "forms", "contrasts"),
            f"{where}: factors: {free} is swept, but the {method} design sets the settings",
        ),
    ]
    for wrong, complaint in complaints:
        if wrong:
            raise ScenarioError(complaint)
    return design


def n_settings(design: Design, factors: Sequence[Factor], sections: Sections = SECTIONS) -> int:
    """Return how many settings :func:`settings_of` would give, without making any."""
    free = [factor for factor in factors if not factor.held]
    if design.sampled:
        k = len(free)
        rows = {"latin-hypercube": 1, "morris": k + 1, "sobol": (2 * k if design.second_order else k) + 2}
        return design.n * rows[design.method]
    if design.method == "one-at-a-time":
        return 1 + sum(len(factor.levels) for factor in free)
    if design.method == "forms":
        return len(settings_of(design, factors, sections))
    return math.prod(len(factor.levels) for factor in free)


def settings_of(design: Design, factors: Sequence[Factor], sections: Sections = SECTIONS) -> list[Setting]:
    """Return the settings of a grid, of one factor at a time, of forms, or of a sample; held factors are in all of them."""
    held: Setting = {factor.key: factor.levels[0] for factor in factors if factor.held}
    free = {factor.key: factor for factor in factors if not factor.held}
    if design.method == "one-at-a-time":
        return [held] + [held | {key: level} for key, factor in free.items() for level in factor.levels]
    if design.method == "forms":
        return [held | forms for forms in forms_of_rules(held, design.combinations, sections)]
    rows: Iterable[tuple[Value, ...]] = itertools.product(*(factor.levels for factor in free.values()))
    if design.sampled:
        sample = unit_sample(design, len(free)).T
        rows = zip(*(factor.at(u) for factor, u in zip(free.values(), sample, strict=True)), strict=True)
    return [held | dict(zip(free, row, strict=True)) for row in rows]


def forms_of_rules(
    held: Mapping[str, Value], combinations: bool = False, sections: Sections = SECTIONS
) -> list[Setting]:
    """Return the published forms of all rules that have several, then the other forms.

    Rules with a form among those held keep it. With combinations every form meets every form of the others; else one rule
    at a time has another form.
    """
    rules = [about for about in sections.parameters.values() if about.name == FORM and about.key not in held]
    published: Setting = {about.key: about.default for about in rules}
    if combinations:
        return [dict(zip(published, forms, strict=True)) for forms in itertools.product(*(a.choices for a in rules))]
    others = [published | {about.key: form} for about in rules for form in about.choices if form != about.default]
    return [published, *others]


def unit_sample(design: Design, k: int) -> np.ndarray:
    """Return the sample of a design in the unit cube, shape (rows, k), which follows from the design alone."""
    if design.method == "latin-hypercube":
        return latin_hypercube(design.n, k, design.seed)
    from SALib.sample import morris, sobol

    problem = unit_cube(k)
    if design.method == "sobol":
        return np.asarray(sobol.sample(problem, design.n, calc_second_order=design.second_order, seed=design.seed))
    return np.asarray(morris.sample(problem, design.n, num_levels=design.levels, seed=design.seed))


def unit_cube(k: int) -> dict[str, Any]:
    """Return k factors from 0 to 1 as SALib describes them."""
    return {"num_vars": k, "names": [f"x{i}" for i in range(k)], "bounds": [[0.0, 1.0]] * k}


def latin_hypercube(n: int, k: int, seed: int) -> np.ndarray:
    """Return a Latin hypercube in the unit cube, shape (n, k)."""
    from scipy.stats import qmc

    return np.asarray(qmc.LatinHypercube(d=k, rng=seed).random(n))


def draws_of(uncertainties: Sequence[Factor], n: int, seed: int) -> list[Setting]:
    """Return draws of the uncertainties as a Latin hypercube; one draw where there are no ranges."""
    if all(factor.held for factor in uncertainties):
        return [{factor.key: factor.levels[0] for factor in uncertainties}]
    # Another seed than that of the settings, or the two samples would be correlated.
    return settings_of(Design("latin-hypercube", n=n, seed=seed + 1_000_003), uncertainties)


def read_table(path: Path, where: str, sections: Sections = SECTIONS) -> list[Row]:
    """Return the settings in a CSV file, and what each is for where it has columns ``style`` and ``shock``.

    Raises :class:`ScenarioError` if it cannot be read, or a value does not fit its column; the message names the row.
    """
    with naming(where):
        table = tables.read_table(path)
    if not table.rows:
        raise ScenarioError(f"{path}: expected a line with names of parameters and at least one with values")
    places = tables.columns_of(table, table.names)
    for name, place in places.items():
        if not name:
            raise ScenarioError(f"{path}: row 1: column {place + 1} has no name: expected a parameter, style or shock")
        tables.refuse(
            table,
            table.missing.get(place, []),
            f", column {name}: expected values, or empty cells for what stays as it is",
            place,
        )
    result: list[Row] = []
    for number, row in table.rows:
        cells = {name: tables.value_of(row[place]) for name, place in places.items() if row[place]}
        result.append(row_of(cells, f"{path}: row {number}", sections))
    return result


def row_of(values: Mapping[str, Any], where: str, sections: Sections = SECTIONS) -> Row:
    """Return checked values as a row; keys ``style`` and ``shock`` name what it is for."""
    shock = values.get("shock")
    return Row(read_setting(values, where, sections), values.get("style"), () if shock is None else (str(shock),))


def read_setting(values: Mapping[str, Any], where: str, sections: Sections = SECTIONS) -> Setting:
    """Return checked values by the full names of their parameters; keys ``style`` and ``shock`` are none of them."""
    result: Setting = {}
    for key, value in values.items():
        if key not in ("style", "shock"):
            if isinstance(value, list | Mapping):
                raise ScenarioError(f"{where}: {key} = {value!r}: expected one value")
            factor = read_factor(key, value, where, sections)
            result[factor.key] = factor.levels[0]
    return result
