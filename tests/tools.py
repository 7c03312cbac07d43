"""What the tests of the model share: records, small cohorts, and ways of telling rising, falling and the same."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from civicsim.engine.parameters import as_row, column_dtype
from civicsim.experiment.run import burn_in
from civicsim.model.cohort import Cohort, set_levers
from civicsim.model.levers import PURPOSES, Levers
from civicsim.model.organisation import STAFF
from civicsim.model.processes.pairing import make_pairs
from civicsim.model.roster import Roster
from civicsim.model.simulating import advance
from civicsim.model.tables import TABLES, record_type
from civicsim.model.week import PROCESSES
from civicsim.scenario.scenario import Scenario

GRID = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
shares = st.floats(0.0, 1.0)


# -- records ---------------------------------------------------------------------------------------------------------


def record(parameters: Any, **changes: Any) -> np.record:
    """Return parameters as the record that a kernel gets; also readable by plain Python."""
    rows = np.array([as_row(parameters)], dtype=column_dtype(type(parameters)))
    for name, value in changes.items():
        rows[name] = value
    return rows.view(np.recarray)[0]


def row(table: str, **values: Any) -> np.record:
    """Return one blank row of a table with some values set, which a kernel may change in place."""
    rows = np.zeros(1, dtype=record_type(TABLES[table]))
    for name, value in values.items():
        rows[name] = value
    return rows.view(np.recarray)[0]


# -- many cases ------------------------------------------------------------------------------------------------------


def faults(check: Callable[[Any], None], cases: Iterable[Any]) -> list[str]:
    """Return one line for each case for which a check fails, so that one test lists every fault."""
    found = []
    for case in cases:
        try:
            check(case)
        except (Exception, pytest.fail.Exception) as fault:
            found.append(f"{getattr(case, 'name', case)}: {type(fault).__name__}: {fault}")
    return found


# -- directions ------------------------------------------------------------------------------------------------------


def rising(values: Iterable[float]) -> bool:
    """Return whether each value is greater than the one before."""
    found = list(values)
    return len(found) > 1 and all(a < b for a, b in itertools.pairwise(found))


def falling(values: Iterable[float]) -> bool:
    return rising(-value for value in values)


def never_falling(values: Iterable[float]) -> bool:
    found = list(values)
    return all(a <= b for a, b in itertools.pairwise(found)) and found[0] < found[-1]


def never_rising(values: Iterable[float]) -> bool:
    return never_falling(-value for value in values)


def constant(values: Iterable[float]) -> bool:
    found = list(values)
    return len(found) > 1 and all(value == found[0] for value in found)


def both(function: Any, *arguments: Any) -> Any:
    """Call a compiled function and its plain Python source; they must agree. Return their result."""
    compiled, plain = function(*arguments), function.py_func(*arguments)
    if isinstance(compiled, float):
        assert math.isclose(compiled, plain, rel_tol=1e-12, abs_tol=1e-15), (function, arguments, compiled, plain)
    else:
        assert compiled == plain, (function, arguments, compiled, plain)
    return compiled


# -- cohorts ---------------------------------------------------------------------------------------------------------


def small_scenario(**changes: Any) -> Scenario:
    """Return the default scenario on an organisation of four teams of ten."""
    sizes = {"n_teams": 4, "team_size": 10, "teams_per_division": 2, "n_executives": 2, "burn_in_weeks": 78}
    return Scenario().with_(**(sizes | changes))


def burnt_in(seeds: int | Sequence[int] = 3, **changes: Any) -> Cohort:
    """Return runs of a small scenario after their burn-in."""
    return burn_in(small_scenario(**changes), seeds, threads=1)


UNEVEN = Roster(
    divisions=(2, 1, 1),
    teams=((1, 3, 0, 0, 0), (0, 0, 0, 1, 0), (4, 14, 2, 5, 2), (0, 2, 3, 0, 4)),
    superiors=(2, 0, 1),
    ties=((0, 4), (0, 5), (1, 30), (4, 20), (6, 33), (9, 40), (20, 35)),
)
"""Four teams of 4, 1, 27 and 9 in three divisions."""


def uneven_scenario(**changes: Any) -> Scenario:
    """Return the default scenario on an organisation with a roster."""
    return Scenario().with_(**({"roster": UNEVEN, "n_executives": 3, "burn_in_weeks": 26} | changes))


def step(cohort: Cohort, *names: str) -> Cohort:
    """Let single processes happen once, in the cohort's present week, on an empty tally."""
    cohort.tally[:] = np.zeros(1, dtype=cohort.tally.dtype)
    for name in names:
        PROCESSES[name].step(cohort, 0, cohort.n_organisations)
    return cohort


def after(cohort: Cohort, *names: str, **changes: Any) -> Cohort:
    """Return a copy in which columns were set and processes stepped.

    Set are columns (``person__skill=1.0``), hours for a purpose (``organisation__hours__peer=0.5``) and parameters
    (``p__voice__intercept=9.0``).
    """
    own = cohort.copy()
    put(own, **changes)
    return step(own, *names)


def put(cohort: Cohort, **changes: Any) -> Cohort:
    """Set whole columns of tables, or parameters, of a cohort in place; see :func:`after`."""
    for key, value in changes.items():
        table, column, *name = key.split("__")
        if table == "p":
            cohort.parameters[column][name[0]] = value
        elif name:
            hours_of(cohort.tables[table], column, name[0])[:] = value
        else:
            cohort.tables[table][column] = value
    return cohort


def hours_of(organisation: Any, kind: str, purpose: str) -> np.ndarray:
    """Return the hours of organisations for a purpose: those allotted, those allocated (``"hours"``) or those spent."""
    return organisation[kind][..., list(PURPOSES).index(purpose)]


def is_staff(cohort: Cohort) -> np.ndarray:
    return cohort.person["role"] == STAFF


def present_staff(cohort: Cohort) -> np.ndarray:
    return is_staff(cohort) & (cohort.person["vacant"] == 0) & (cohort.person["absent"] == 0)


def filled_staff(cohort: Cohort) -> np.ndarray:
    return is_staff(cohort) & (cohort.person["vacant"] == 0)


def by_team(cohort: Cohort, values: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Return the sum of a staff column per team."""
    return np.bincount(cohort.person["team"][where], weights=values[where], minlength=len(cohort.team))


# -- contracts -------------------------------------------------------------------------------------------------------


def changed_columns(before: Cohort, now: Cohort) -> set[str]:
    """Return the columns, as ``"table.column"``, in which two cohorts differ; ties count as ``"ties"``."""
    found = set()
    for table, old in before.tables.items():
        new = now.tables[table]
        if old.tobytes() != new.tobytes():
            found |= {f"{table}.{name}" for name in old.dtype.names if old[name].tobytes() != new[name].tobytes()}
    if before.ties.tobytes() != now.ties.tobytes():
        found.add("ties")
    return found


def out_of_bounds(cohort: Cohort) -> list[str]:
    """Return one line per column that holds a value outside of its declared bounds, or no number."""
    found = []
    for table, columns in TABLES.items():
        values = cohort.tables[table]
        if values.size == 0:
            continue
        for column in columns:
            held = values[column.name]
            # What methods of an array do, without their detours: this is called for every column and week.
            low, high = np.minimum.reduce(held, axis=None), np.maximum.reduce(held, axis=None)
            if not (low >= column.low and high <= column.high and low > -np.inf and high < np.inf):
                found.append(
                    f"{table}.{column.name} in [{low!r}, {high!r}], declared [{column.low:g}, {column.high:g}]"
                )
            if column.refers:
                # The first of no rows at all may lie just behind the table.
                rows = cohort.tables[column.refers].shape[0] + column.name.startswith("first_")
                if low < -1 or high >= rows:
                    found.append(f"{table}.{column.name} refers outside of {column.refers}")
    return found


LIVELY_STYLES = (
    Levers(
        authority=0.9,
        permission=0.9,
        codification=1.0,
        weight_response=10.0,
        invitation=0.9,
        audit=1.0,
        compact=1.0,
        weight_coaching=3.0,
        weight_observation=6.0,
    ),
    Levers(
        fear=0.9,
        target_salience=1.0,
        directive_rate=1.0,
        audit=0.0,
        authority=0.5,
        compact=0.5,
        permission=0.8,
        weight_huddles=6.0,
    ),
    Levers(
        fear=0.6,
        codification=1.0,
        directive_rate=1.0,
        weight_deliberation=10.0,
        authority=0.7,
        permission=0.8,
        patient_reach=0.9,
        forum_independence=0.9,
        forum_budget=1.0,
        weight_patients=10.0,
    ),
)


def govern(cohort: Cohort, turn: int = 0) -> Cohort:
    """Give each organisation one of a few extreme styles; ``turn`` decides who gets which."""
    for row in range(cohort.n_organisations):
        set_levers(cohort.tables, LIVELY_STYLES[(row + turn) % len(LIVELY_STYLES)], np.array([row]))
    return cohort


def lively(seeds: int = 3, weeks: int = 30, scenario: Scenario | None = None) -> Cohort:
    """Return a young place where much happens every week, under several extreme styles."""
    place = scenario or small_scenario(n_teams=4, team_size=8, teams_per_division=2)
    cohort = burn_in(place.with_(burn_in_weeks=10, alignment_mean=0.4), seeds, threads=1)
    make_pairs(put(cohort, p__pairing__pair_weeks=40), 0, seeds, 0.3)
    put(
        govern(cohort),
        p__drift__rate=0.02,
        p__drift__common_share=0.5,
        p__turnover__exit_rate=0.01,
        organisation__weeks_to_fill=8.0,
        p__codification__quarterly_share=1.0,
        p__quality__audit_detection=0.2,
        p__lifecycle__decay_base=0.02,
        p__lifecycle__cycle_weeks=1,
        p__lifecycle__n_cycles=2,
        p__spread__threshold=0.1,
        p__voice__guardian_appeal=-1.0,
        p__directives__game_pressure=4.0,
        p__response__detriment=0.4,
        p__noticing__check_rate=2.0,
        p__enactment__rate=0.2,
        p__forum__hours_per_issue=1.0,
        p__forum__fixes_per_team=5.0,
        p__governing__rating_weeks=26,
        p__governing__inadequate_below=0.7,
        p__governing__chief_exit_rate=0.05,
        p__governing__wellbeing_weight=0.3,
        p__governing__tradeoff_visible=True,
        organisation__deadline=18,
        organisation__forum_standing=0,
        p__forum__rebuild_weeks=4.0,
        organisation__chief_leaving=1,
        p__partners__n=5,
        p__compact__level=1,
        p__load__participation_from_recovery=0.2,
        p__pairing__exchange_rate=0.1,
        p__governing__patience=0.1,
    )
    return advance(cohort, weeks)
