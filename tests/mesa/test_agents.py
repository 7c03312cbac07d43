import math

import mesa
import numpy as np
import pytest
from tools import faults

from civicsim.mesa_face.agents import Cell, Manager, Patient, Practice, StaffMember, Team
from civicsim.mesa_face.model import CivicModel
from civicsim.model.cohort import set_levers
from civicsim.model.tables import TABLES

COLUMNS = [
    (view, column)
    for view, table in (
        (StaffMember, "person"),
        (Manager, "person"),
        (Manager, "manager"),
        (Patient, "patient"),
        (Team, "team"),
        (Practice, "practice"),
    )
    for column in TABLES[table]
    if not column.refers
]


def small(**parameters):
    return CivicModel(**{"n_teams": 3, "burn_in_weeks": 2, "collect": (), **parameters})


@pytest.fixture
def model():
    return small()


def test_the_default_organisation_has_600_staff_52_managers_and_300_patients():
    model = CivicModel(burn_in_weeks=0)
    counts = {kind: len(agents) for kind, agents in model.agents_by_type.items()}
    assert counts == {StaffMember: 600, Manager: 52, Patient: 300}
    assert len(model.agents) == 952


def test_every_column_is_an_attribute_described_by_its_own_words():
    def check(case):
        view, column = case
        assert isinstance(getattr(view, column.name), Cell)
        assert getattr(view, column.name).__doc__ == column.help

    assert faults(check, COLUMNS) == []


def test_no_column_hides_anything_of_mesas_agents(model):
    of_mesa = {*dir(mesa.Agent), *vars(mesa.Agent(model))}
    assert not of_mesa & {column.name for _, column in COLUMNS}


def test_reading_gives_python_numbers_and_words(model):
    nurse = next(person for person in model.people if person.profession == "nurse")
    assert type(nurse.exhaustion) is float
    assert type(nurse.tenure) is int
    assert nurse.role == "staff"
    assert model.managers[-1].role == "chief executive"
    assert model.patients[0].group in ("retired", "working age", "new parents", "teenagers", "disabled or poor")
    assert nurse.exhaustion == model.cohort.person["exhaustion"][nurse.row]


def test_writing_changes_the_agents_row_and_no_other(model):
    before = model.cohort.person["exhaustion"].copy()
    model.people[7].exhaustion = 0.25
    changed = np.flatnonzero(model.cohort.person["exhaustion"] != before)
    assert changed.tolist() == [7]
    assert model.people[7].exhaustion == 0.25


def test_managers_have_columns_of_both_their_tables(model):
    chief = model.managers[-1]
    chief.openness, chief.trust = 0.75, 1
    assert model.cohort.manager["openness"][-1] == 0.75
    assert model.cohort.person["trust"][chief.row] == 1.0


def test_words_can_be_written_and_vacancy_takes_true_and_false(model):
    person = model.people[0]
    person.profession, person.vacant = "nurse", True
    assert (person.profession, person.vacant) == ("nurse", 1)


def test_what_is_written_is_felt_in_the_next_week():
    rested, usual = small(), small()
    rested.agents_by_type[StaffMember].set("exhaustion", 0.0)
    rested.step()
    usual.step()
    assert rested.measure("voice_propensity") > usual.measure("voice_propensity")
    assert rested.measure("exhaustion") < usual.measure("exhaustion")


def test_new_levers_and_practices_are_felt_too():
    changed, usual = small(), small()
    set_levers(changed.cohort.tables, changed.assumptions.with_(invitation=1.0).levers)
    for team in changed.teams:
        for practice in team.practices:
            practice.value = practice.reality
    changed.step()
    usual.step()
    assert changed.measure("mismatch_share") < usual.measure("mismatch_share")
    assert changed.measure("voice_propensity") > usual.measure("voice_propensity")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("exhaustion", 1.01),
        ("exhaustion", -0.01),
        ("exhaustion", math.nan),
        ("exhaustion", math.inf),
        ("exhaustion", "high"),
        ("exhaustion", None),
        ("load", -1.0),
        ("load", math.inf),
        ("status", -1.5),
        ("tenure", -1),
        ("tenure", 1.5),
        ("tenure", 2**31),
        ("generation", 2**15),
        ("vacant", 2),
        ("profession", "sailor"),
        ("profession", 1),
    ],
)
def test_values_that_a_column_cannot_hold_are_refused(model, name, value):
    before = model.cohort.state_bytes()
    with pytest.raises(ValueError, match=name):
        setattr(model.people[0], name, value)
    assert model.cohort.state_bytes() == before


def test_a_refusal_names_the_agent_the_value_and_the_range(model):
    with pytest.raises(ValueError, match=r"StaffMember\(3\): exhaustion = 1\.4: expected a number from 0 to 1"):
        model.people[3].exhaustion = 1.4
    with pytest.raises(ValueError, match="expected one of 'doctor', 'nurse'"):
        model.people[3].profession = "nurze"
    with pytest.raises(ValueError, match=r"quality = 2: expected a number from 0 to 1 \(true quality of care\)"):
        model.teams[0].quality = 2


@pytest.mark.parametrize("name", ["role", "key", "team", "manager", "peers"])
def test_the_structure_of_the_organisation_cannot_be_written(model, name):
    with pytest.raises(AttributeError):
        setattr(model.people[0], name, 1)


def test_an_organisations_sizes_and_levers_can_be_read_but_not_written(model):
    assert (model.organisations[0].n_teams, model.organisations[0].fear) == (3, 0.35)
    for name in ("n_teams", "fear", "no_such_column"):
        with pytest.raises(AttributeError):
            setattr(model.organisations[0], name, 1)


def test_every_line_of_command_ends_with_the_chief_executive(model):
    for person in model.people:
        above = person
        while above.manager is not None:
            above = above.manager
        assert above.role == "chief executive"


def test_reports_are_those_whose_line_manager_one_is(model):
    assert sum(len(manager.reports) for manager in model.managers) == len(model.people) - 1
    assert all(report.manager is manager for manager in model.managers for report in manager.reports)


def test_peers_are_staff_of_other_teams_and_are_peers_in_turn(model):
    assert any(person.peers for person in model.people)
    for person in model.people:
        for peer in person.peers:
            assert isinstance(peer, StaffMember)
            assert peer.team is not person.team
            assert person in peer.peers


def test_teams_know_their_members_manager_practices_and_neighbours(model):
    team = model.teams[1]
    assert [member.team for member in team.members] == [team] * 15
    assert team.manager.team is team
    assert team.manager.manager.role == "divisional manager"
    assert [practice.dimension for practice in team.practices] == list(range(30))
    assert {practice.value for practice in team.practices} <= {-1, 0, 1}
    assert team.neighbours
    assert team not in team.neighbours
    assert 0 <= team.quality <= 1
    assert team.organisation.teams == model.teams


def test_an_idea_on_the_table_leads_to_who_raised_it():
    model = small(burn_in_weeks=20)
    ideas = [p for team in model.teams for p in team.practices if p.idea_state != "none" and p.raiser is not None]
    assert ideas
    assert all(idea.raiser in model.teams[idea.row[0]].members for idea in ideas)


def test_patients_are_cared_for_by_staff_of_their_team_who_are_at_work(model):
    for patient in model.patients:
        assert patient.carers
        assert all(carer.team is patient.team and not carer.vacant and not carer.absent for carer in patient.carers)


def test_a_post_stays_while_people_come_and_go():
    model = small(exit_rate=0.01, weeks_to_fill=10.0)
    posts = list(model.people)
    for _ in range(40):
        model.step()
    newcomers = [post for post in posts if post.generation > 0 and not post.vacant]
    assert newcomers
    assert all(post.tenure < 43 for post in newcomers)
    assert model.people == posts


def test_linked_organisations_keep_their_own_people_apart():
    model = small(n_organisations=2)
    first, second = model.organisations
    assert first.managers[-1].role == second.managers[-1].role == "chief executive"
    assert first.managers[-1] is not second.managers[-1]
    assert {person.organisation for team in second.teams for person in team.members} == {second}
    assert second.teams[0].manager.organisation is second
    assert {patient.organisation for patient in model.patients} == {first, second}
