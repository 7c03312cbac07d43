"""Who and what there is in an organisation, in words and in the codes that stand for them in tables.

In kernels, short names stand for the same things everywhere: ``o`` is the row of an organisation and ``org`` the
organisation, ``t`` the row of a team and ``g`` the team (a group of staff), ``i`` the row of a person, ``d`` a dimension and
``m`` how many there are; ``slot`` is a practice with the idea beside it, ``u`` a random number from 0 to 1. What kernels take
of their row has its name from :mod:`civicsim.model.rows`.
"""

from __future__ import annotations

PROFESSIONS = ("doctor", "nurse", "allied", "support", "administrative")
N_PROFESSIONS = len(PROFESSIONS)
ROLES = ("staff", "team manager", "divisional manager", "executive", "chief executive")
STAFF, TEAM_MANAGER, DIVISIONAL_MANAGER, EXECUTIVE, CHIEF = range(5)
N_PATIENT_GROUPS = 5
PATIENT_GROUPS = ("retired", "working age", "new parents", "teenagers", "disabled or poor")
NO_IDEA, WAITING, ENDORSED, TRIAL = range(4)
IDEA_STATES = ("none", "waiting", "endorsed", "in trial")
TO_PEERS, TO_MANAGER, TO_GUARDIAN, TO_FORUM = range(4)
CHANNELS = ("peers", "manager", "guardian", "forum")
FROM_START, FROM_DIRECTIVE, FROM_STAFF, FROM_TEAM, FROM_PATIENTS = range(5)
FROM_NEIGHBOURS, FROM_MANAGERS, FROM_PARTNERS, FROM_PROGRAMME = range(5, 9)
ORIGINS = ("start", "directive", "staff", "team", "patients", "neighbours", "managers", "partners", "programme")
LONG_AGO = -10_000
"""Week of adoption of a practice that has stood for longer than anyone counts."""
N_PROBLEMS = 3
"""Most problems a person takes on in a week. Assumption: attention is limited; more are let go unnoticed."""

N_NEIGHBOURS = 24
"""Most neighbouring teams that a team looks to. Assumption: those with which it has most ties."""
N_TIES = 8
"""Most ties to people in other teams that a person keeps up. Assumption: a bound on attention, rarely reached."""

CAUSES = ORIGINS[1:]
"""Causes that a change of practice can have."""
ADOPTED, RIGHT, REPLACED, SUSTAINED, DECAYED = range(5)
FATES = ("adopted", "right", "replaced", "sustained", "decayed")
"""What is counted of changes of practice, by their cause: made; right for the team when made; and then, within the year
for which a change is followed, replaced by another, decayed, or else sustained."""

ENACTED = ("fear", "permission", "authority")
"""Levers that staff meet only as far as leaders act on them."""
