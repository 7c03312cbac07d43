"""Parts of organisations, which can be simulated side by side: whole teams that follow one another, with their managers.

Where a part begins depends on the organisation alone, never on how many threads there are. What kernels count and add up is kept
part by part, and put together in the order of parts, so that a run is the same to the byte however many threads share it.
"""

from __future__ import annotations

import numpy as np

from civicsim.engine.compiled import compiled
from civicsim.model.levers import PURPOSES
from civicsim.model.organisation import PATIENT_GROUPS, PROFESSIONS
from civicsim.model.rows import each_organisation
from civicsim.model.tables import TALLY, Column, record_type

TEAMS_IN_A_PART = 256
"""Most teams of a part, with about 4,000 people. Organisations of up to so many teams have one."""

_PLACES = (
    *("organisation", "first_team", "n_teams", "first_person", "n_staff", "first_leader", "n_managers"),
    *("first_patient", "n_patients"),
)
"""Row of the organisation; its teams, the posts of their staff, those of its managers, and its share of the patients."""
_SUMS = (
    *("noticed_memory", "voiced_memory", "forum_items", "safety", "efficacy", "filled", "left", "leaders_left"),
    *("load", "rest_hours", "high", "low", "spoke", "activation"),
)
PART = record_type(
    (
        *(Column(name, "i4", "place") for name in _PLACES),
        *(Column(f"sum_{name}", "f8", "sum") for name in _SUMS),
        Column("spent", "f8", "hours spent on each purpose", over=(tuple(PURPOSES),)),
        Column("sum_profession", "f8", "staff by profession", over=(PROFESSIONS,)),
        Column("sum_patients", "f8", "patients by group", over=(PATIENT_GROUPS,)),
        Column("sum_satisfaction", "f8", "their satisfaction", over=(PATIENT_GROUPS,)),
        *TALLY,
    )
)
"""A part: its place, sums over it that a kernel leaves for the next, and what is counted in it this week."""
_FIRST_COUNT = (PART.itemsize - record_type(TALLY).itemsize) // 8


def parts_of(organisation: np.ndarray, team: np.ndarray) -> np.ndarray:
    """Return the parts of organisations, in their order.

    A part has the managers of its teams; the last one of an organisation also those above them.

    Parameters
    ----------
    organisation, team : structured array
        The tables.

    Returns
    -------
    structured array of :data:`PART`
    """
    n_parts = -(-organisation["n_teams"] // TEAMS_IN_A_PART)
    rows = np.repeat(np.arange(len(organisation)), n_parts)
    number = np.arange(len(rows)) - (np.cumsum(n_parts) - n_parts)[rows]
    own, of = organisation[rows], n_parts[rows]
    before, after = number * own["n_teams"] // of, (number + 1) * own["n_teams"] // of
    part = np.zeros(len(rows), dtype=PART)
    part["organisation"] = rows
    part["first_team"] = own["first_team"] + before
    part["n_teams"] = after - before
    part["n_managers"] = np.where(number == of - 1, own["n_managers"], after) - before
    part["first_patient"] = own["first_patient"] + number * own["n_patients"] // of
    part["n_patients"] = own["first_patient"] + (number + 1) * own["n_patients"] // of - part["first_patient"]
    part["first_leader"] = own["first_person"] + own["n_staff"] + before
    end = team[part["first_team"] + part["n_teams"] - 1]
    part["first_person"] = team["first_person"][part["first_team"]]
    part["n_staff"] = end["first_person"] + end["n_posts"] - part["first_person"]
    return part


def counts_of(part: np.ndarray) -> np.ndarray:
    """Return what parts count as a view on them: a row per part, and the numbers of a tally in their order."""
    return part.view(np.float64).reshape(len(part), -1)[:, _FIRST_COUNT:]


@compiled
def spent_on(purpose, parts):
    """Return the hours that the parts of an organisation have spent on a purpose."""
    hours = 0.0
    for own in parts:
        hours += own.spent[purpose]
    return hours


@compiled
def add_counts_of(o, parts_from, tally_values, part_counts):
    """Add what was counted in the parts of an organisation to its tally, in the order of parts."""
    for b in range(parts_from[o], parts_from[o + 1]):
        for k in range(tally_values.shape[1]):
            tally_values[o, k] += part_counts[b, k]
            part_counts[b, k] = 0.0


@each_organisation
def add_counts(o, parts_from, tally_values, part_counts):
    """Add what was counted in the parts of organisations to their tallies."""
    add_counts_of(o, parts_from, tally_values, part_counts)
