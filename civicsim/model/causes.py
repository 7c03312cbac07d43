"""What caused a change of practice, and what became of it: one count per cause and fate.

Every change of practice is made for a reason: a directive, staff who spoke up to the manager or guardian, the team
among itself, the patients' forum, the example of neighbours, what managers saw for themselves, partners outside, or a programme. It is followed for a year. In that year it is
replaced by another change, decays, or else is sustained.
"""

from __future__ import annotations

from civicsim.engine.compiled import compiled
from civicsim.model.organisation import (
    FROM_DIRECTIVE,
    FROM_MANAGERS,
    FROM_NEIGHBOURS,
    FROM_PARTNERS,
    FROM_PATIENTS,
    FROM_PROGRAMME,
    FROM_STAFF,
    FROM_TEAM,
)


@compiled
def log_adopted(count, origin, right):
    """Count a change by its cause, and whether it fits the team's reality."""
    fits = 1.0 if right else 0.0
    if origin == FROM_DIRECTIVE:
        count.adopted_from_directive += 1.0
        count.right_from_directive += fits
    elif origin == FROM_STAFF:
        count.adopted_from_staff += 1.0
        count.right_from_staff += fits
    elif origin == FROM_TEAM:
        count.adopted_from_team += 1.0
        count.right_from_team += fits
    elif origin == FROM_PATIENTS:
        count.adopted_from_patients += 1.0
        count.right_from_patients += fits
    elif origin == FROM_NEIGHBOURS:
        count.adopted_from_neighbours += 1.0
        count.right_from_neighbours += fits
    elif origin == FROM_MANAGERS:
        count.adopted_from_managers += 1.0
        count.right_from_managers += fits
    elif origin == FROM_PARTNERS:
        count.adopted_from_partners += 1.0
        count.right_from_partners += fits
    elif origin == FROM_PROGRAMME:
        count.adopted_from_programme += 1.0
        count.right_from_programme += fits


@compiled
def log_replaced(count, origin):
    """Count, by its cause, a change that another change replaces within its year."""
    if origin == FROM_DIRECTIVE:
        count.replaced_from_directive += 1.0
    elif origin == FROM_STAFF:
        count.replaced_from_staff += 1.0
    elif origin == FROM_TEAM:
        count.replaced_from_team += 1.0
    elif origin == FROM_PATIENTS:
        count.replaced_from_patients += 1.0
    elif origin == FROM_NEIGHBOURS:
        count.replaced_from_neighbours += 1.0
    elif origin == FROM_MANAGERS:
        count.replaced_from_managers += 1.0
    elif origin == FROM_PARTNERS:
        count.replaced_from_partners += 1.0
    elif origin == FROM_PROGRAMME:
        count.replaced_from_programme += 1.0


@compiled
def log_sustained(count, origin):
    """Count, by its cause, a change that has stood for a year."""
    if origin == FROM_DIRECTIVE:
        count.sustained_from_directive += 1.0
    elif origin == FROM_STAFF:
        count.sustained_from_staff += 1.0
    elif origin == FROM_TEAM:
        count.sustained_from_team += 1.0
    elif origin == FROM_PATIENTS:
        count.sustained_from_patients += 1.0
    elif origin == FROM_NEIGHBOURS:
        count.sustained_from_neighbours += 1.0
    elif origin == FROM_MANAGERS:
        count.sustained_from_managers += 1.0
    elif origin == FROM_PARTNERS:
        count.sustained_from_partners += 1.0
    elif origin == FROM_PROGRAMME:
        count.sustained_from_programme += 1.0


@compiled
def log_decayed(count, origin):
    """Count, by its cause, a change that decays within its year."""
    if origin == FROM_DIRECTIVE:
        count.decayed_from_directive += 1.0
    elif origin == FROM_STAFF:
        count.decayed_from_staff += 1.0
    elif origin == FROM_TEAM:
        count.decayed_from_team += 1.0
    elif origin == FROM_PATIENTS:
        count.decayed_from_patients += 1.0
    elif origin == FROM_NEIGHBOURS:
        count.decayed_from_neighbours += 1.0
    elif origin == FROM_MANAGERS:
        count.decayed_from_managers += 1.0
    elif origin == FROM_PARTNERS:
        count.decayed_from_partners += 1.0
    elif origin == FROM_PROGRAMME:
        count.decayed_from_programme += 1.0
