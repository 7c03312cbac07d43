"""A start for the twin, read once from an engine's tables: the only place that touches arrays, with ``comparing``."""

from __future__ import annotations

from collections import Counter
from typing import Any

from civicsim.model.cohort import Cohort
from civicsim.model.levers import NAMES as LEVERS
from civicsim.model.levers import PURPOSES, Levers
from civicsim.model.organisation import CHANNELS, IDEA_STATES, ORIGINS
from civicsim.model.tables import TABLES
from civicsim.scenario.scenario import Scenario
from twin.organisation import Compact, Dimension, Organisation, Regulator, settings_of
from twin.patients import Forum, Patient, PatientGroup
from twin.people import Manager, Problem, StaffMember
from twin.team import Idea, Practice, Team
from twin.week import Twin

PARTS = {
    "forum": {
        "forum_standing": "standing",
        "independence": "independence",
        "forum_funds": "funds",
        "forum_credit": "credit",
    },
    "regulator": {name: name for name in ("deadline", "notice", "urgency", "inadequate")},
    "compact": {
        name: name
        for name in (
            *("fulfilment", "breach", "belief", "contract", "ledger_protection"),
            *("answered_memory", "deliberation_memory"),
        )
    },
}
"""Columns of an organisation that belong to a part of it, and what they are called there."""
HOURS = ("allotted", "hours", "spent")
"""Columns of an organisation that hold hours by purpose."""
KEPT_APART = {*LEVERS, *HOURS, *(column for part in PARTS.values() for column in part), "run"}
OF_THE_IDEA = {column.name for column in TABLES["practice"] if column.name.startswith("idea_")} | {
    "deliberated",
    "cycles",
    "successes",
    "raised_week",
}


def plain(table: str, record: Any, without: set[str] = frozenset()) -> dict[str, Any]:
    """Return a record as plain numbers by name, without what points into other tables."""
    names = [column.name for column in TABLES[table] if not column.refers and column.name not in without]
    return {name: record[name].item() for name in names}


def load(cohort: Cohort, scenario: Scenario) -> Twin:
    """Return the twin of a cohort of one run, in the week that the cohort runs next."""
    c, twin = cohort, Twin(scenario, cohort.week)
    _, sections = twin.in_force(cohort.week - 1)
    organisations = [Organisation() for _ in c.organisation]
    teams = [Team() for _ in c.team]
    people = [StaffMember(twin) if role == 0 else Manager(twin) for role in c.person["role"]]
    twin.organisations = organisations
    managers = [people[row] for row in c.manager["person"]]
    for row, o in enumerate(organisations):
        load_organisation(c, row, o)
        o.settings, o.linked, o.week = settings_of(sections), organisations, cohort.week
        o.teams = [team for team, home in zip(teams, c.team["organisation"], strict=True) if home == row]
        own = [who for who, home in zip(people, c.person["organisation"], strict=True) if home == row]
        o.staff = [who for who in own if isinstance(who, StaffMember)]
        o.managers = [who for who in own if isinstance(who, Manager)]
        o.forum.groups = [load_group(c, row, number) for number in range(c.panel.shape[1])]
        o.patients = []
    for row, team in enumerate(teams):
        vars(team).update(plain("team", c.team[row]), row=row)
        team.organisation = organisations[c.team["organisation"][row]]
        team.manager = managers[c.team["manager"][row]]
        team.partner = teams[c.team["partner"][row]] if c.team["partner"][row] >= 0 else None
        team.staff = [who for who, home in zip(people, c.person["team"], strict=True) if home == row]
        team.staff = [who for who in team.staff if isinstance(who, StaffMember)]
        team.neighbours = [(teams[other], int(n)) for other, n in c.neighbour[row].tolist() if other >= 0]
        team.practices = [load_practice(c, row, d, team, people) for d in range(c.practice.shape[1])]
    for row, who in enumerate(people):
        vars(who).update(plain("person", c.person[row]), row=row)
        who.organisation = organisations[c.person["organisation"][row]]
        who.team = teams[c.person["team"][row]] if c.person["team"][row] >= 0 else None
        if isinstance(who, StaffMember):
            who.friends = [people[other] for other in c.ties[row] if other >= 0]
            who.problems = [load_problem(c, row, k, who) for k in range(int(c.person["noticed"][row]))]
    for row, lead in enumerate(managers):
        vars(lead).update(plain("manager", c.manager[row]), number=row)
        superior = c.manager["superior"][row]
        lead.superior = managers[superior] if superior >= 0 else None
    for row, record in enumerate(c.patient):
        patient = Patient(twin)
        vars(patient).update(plain("patient", record, {"group"}), row=row)
        patient.organisation, patient.team = organisations[record["organisation"]], teams[record["team"]]
        patient.group = patient.organisation.forum.groups[record["group"]]
        patient.organisation.patients.append(patient)
    return twin


def load_organisation(c: Cohort, row: int, o: Organisation) -> None:
    """Read an organisation's own columns, its levers and hours, its dimensions and its parts."""
    record = c.organisation[row]
    vars(o).update(plain("organisation", record, KEPT_APART), row=row, count=Counter())
    o.levers = Levers(**{name: record[name].item() for name in LEVERS})
    for kind in HOURS:
        setattr(o, kind, dict(zip(PURPOSES, record[kind].tolist(), strict=True)))
    o.with_people = [name for name, purpose in PURPOSES.items() if purpose.with_people]
    o.dimensions = [Dimension() for _ in c.dimension[row]]
    for number, dimension in enumerate(o.dimensions):
        vars(dimension).update(plain("dimension", c.dimension[row, number]), number=number)
    o.forum, o.regulator, o.compact = Forum(), Regulator(), Compact()
    for part, names in PARTS.items():
        thing = getattr(o, part)
        vars(thing).update({name: record[column].item() for column, name in names.items()}, organisation=o)


def load_group(c: Cohort, row: int, number: int) -> PatientGroup:
    """Read a group of patients."""
    group = PatientGroup()
    vars(group).update(plain("panel", c.panel[row, number]), needs=c.need["weight"][row, number].tolist())
    group.number = number
    return group


def load_practice(c: Cohort, row: int, d: int, team: Team, people: list[Any]) -> Practice:
    """Read a practice, and the idea beside it."""
    record, practice = c.practice[row, d], Practice()
    vars(practice).update(plain("practice", record, OF_THE_IDEA), team=team, dimension=team.organisation.dimensions[d])
    practice.origin = ORIGINS[record["origin"]]
    practice.idea = None
    if record["idea_state"] > 0:
        raiser = record["idea_raiser"]
        origin = ORIGINS[record["idea_origin"]]
        practice.idea = Idea(
            value=record["idea_value"].item(),
            severity=record["idea_severity"].item(),
            origin=origin,
            channel=CHANNELS[record["idea_channel"]],
            raised_week=record["raised_week"].item(),
            week=record["idea_week"].item(),
            state=IDEA_STATES[record["idea_state"]],
            raiser=people[raiser] if raiser >= 0 else None,
            group=team.organisation.forum.groups[record["idea_group"]] if origin == "patients" else None,
            convenient=record["idea_convenient"].item(),
            deliberated=record["deliberated"].item(),
            cycles=record["cycles"].item(),
            successes=record["successes"].item(),
        )
    return practice


def load_problem(c: Cohort, row: int, k: int, who: StaffMember) -> Problem:
    """Read a problem that a person noticed last."""
    about = plain("problem", c.problem[row, k])
    return Problem(
        who.team.practices[about["dimension"]], about["value"], about["severity"], about["convenient"], about["check"]
    )
