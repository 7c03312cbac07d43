import math

import numpy as np
import pytest

import civicsim as cs
from civicsim.engine.process import Process
from civicsim.mesa_face import model as model_file
from civicsim.mesa_face.agents import Manager, StaffMember
from civicsim.mesa_face.model import CivicModel
from civicsim.model.processes import voice
from civicsim.model.week import WEEK

SMALL = {"n_teams": 3, "burn_in_weeks": 2, "weeks": 4}


def small(**parameters):
    return CivicModel(**{**SMALL, "collect": (), **parameters})


def simulated(model):
    while model.running:
        model.step()
    return model.cohort.state_bytes()


def ran(*, processes=WEEK, **changes):
    scenario = cs.Scenario.preset().with_(**SMALL).with_(**changes)
    return cs.run(scenario, processes=processes).cohort.state_bytes()


def calm(cohort, first, last):
    cohort.person["exhaustion"] *= 0.9


CALM = Process("calm", "Everyone calms down.", object, writes=("person.exhaustion",), act=calm)


def calm_one_by_one(model):
    """Everyone calms down, one agent after the other."""
    for person in model.people:
        person.exhaustion = person.exhaustion * 0.9


def test_a_model_runs_the_same_weeks_as_run_to_the_byte():
    assert simulated(small()) == ran()


@pytest.mark.parametrize("changes", [{"fear": 0.9}, {"seed": 7}, {"burn_in_weeks": 0}, {"n_organisations": 2}])
def test_parameters_mean_the_same_as_in_a_scenario(changes):
    assert simulated(small(**changes)) == ran(**changes)


def test_a_scenario_a_style_name_and_keywords_are_the_same_thing():
    preset = cs.Scenario.preset("compact").with_(**SMALL)
    assert CivicModel(preset).assumptions == preset
    assert CivicModel("compact", **SMALL).assumptions == preset
    assert CivicModel(style="compact", **SMALL).assumptions == preset


def test_a_style_replaces_the_style_of_a_scenario_and_keeps_its_other_changes():
    scenario = cs.Scenario.preset("command").with_(**SMALL, team_size=8)
    model = CivicModel(scenario, style="civic-culture", fear=0.07)
    assert model.assumptions == cs.Scenario.preset("civic-culture").with_(**SMALL, team_size=8, fear=0.07)


def test_the_seed_is_the_scenarios_unless_rng_states_otherwise():
    def seed(**given):
        return small(burn_in_weeks=0, **given).assumptions.seed

    assert seed() == 1
    assert seed(seed=9) == seed(rng=9) == seed(rng=np.int64(9)) == seed(seed=9, rng=None) == 9
    assert seed(rng=np.random.default_rng(3)) == seed(rng=np.random.default_rng(3))
    assert seed(rng=None) != seed(rng=None)
    with pytest.raises(cs.ScenarioError, match="CivicModel: rng = '5': expected"):
        seed(rng="5")
    assert simulated(small(rng=9)) == ran(seed=9)


def test_two_models_in_one_process_do_not_affect_each_other():
    one, other = small(rng=1), small(rng=2, style="command", n_teams=2)
    while one.running:
        one.step()
        other.agents.set("organisation_of_mine", 1)
        other.step()
    assert one.cohort.state_bytes() == simulated(small(rng=1))
    assert other.cohort.state_bytes() == simulated(small(rng=2, style="command", n_teams=2))


def test_writing_to_an_agent_of_one_model_leaves_the_other_as_it_is():
    one, other = small(), small()
    before = other.cohort.state_bytes()
    one.agents_by_type[StaffMember].set("trust", 0.0)
    assert other.cohort.state_bytes() == before
    assert one.cohort.state_bytes() != before


def test_nothing_is_drawn_from_mesas_random_numbers():
    model = small()
    before = model.random.getstate(), model.rng.bit_generator.state
    simulated(model)
    assert (model.random.getstate(), model.rng.bit_generator.state) == before


def test_looking_at_agents_changes_nothing():
    model = small()
    while model.running:
        model.agents.get("row")
        model.step()
    assert model.cohort.state_bytes() == ran()


def test_a_model_runs_for_the_weeks_of_its_scenario_and_counts_them():
    model = small()
    assert (model.week, model.running) == (0, True)
    simulated(model)
    assert (model.week, model.running) == (4, False)


def test_a_process_in_plain_numpy_takes_a_place_in_the_week():
    assert simulated(small(processes=[*WEEK, CALM])) == ran(processes=[*WEEK, CALM])
    assert simulated(small(processes=[*WEEK, CALM])) != ran()


def test_a_loop_over_agents_does_the_same_in_the_same_place():
    assert simulated(small(processes=[*WEEK, calm_one_by_one])) == ran(processes=[*WEEK, CALM])


def test_the_place_in_the_week_matters_and_a_function_sees_what_went_before():
    seen = []

    def hush(model):
        seen.append((model.week, sum(member.noticed for member in model.agents_by_type[StaffMember])))
        model.agents_by_type[StaffMember].set("noticed", 0)

    place = WEEK.index(voice.PROCESS)
    model = small(processes=[*WEEK[:place], hush, *WEEK[place:]])
    model.step()
    assert [week for week, _ in seen] == [-2, -1, 0]
    assert sum(noticed for _, noticed in seen) > 0
    assert model.cohort.tally["voiced"][0] == 0


def test_the_week_may_be_changed_between_weeks():
    model = small()
    model.step()
    model.processes.append(calm_one_by_one)
    before = small()
    before.step()
    before.step()
    model.step()
    assert np.allclose(model.cohort.person["exhaustion"], 0.9 * before.cohort.person["exhaustion"])


def test_measures_of_the_week_are_those_of_the_record():
    model = small(weeks=3)
    frame = cs.run(model.assumptions).to_frame()
    for week in range(3):
        model.step()
        values = [model.measure(name) for name in cs.MEASURES]
        assert np.array_equal(values, frame.loc[week, list(cs.MEASURES)].to_numpy(float), equal_nan=True)


def test_there_is_nothing_to_measure_before_the_first_week():
    model = small(burn_in_weeks=0)
    assert math.isnan(model.measure("exhaustion"))
    model.step()
    assert 0 < model.measure("exhaustion") < 1


def test_agents_of_a_large_model_are_created_when_they_are_first_asked_for(monkeypatch):
    monkeypatch.setattr(model_file, "EAGER_ROWS", 10)
    model = small()
    model.step()
    assert "people" not in vars(model)
    assert len(model.agents_by_type[Manager]) == len(model.managers) == 10
    assert model.agents_by_type[StaffMember].get("row") == list(range(45))
    assert len(model.agents) == 45 + 10 + len(model.patients)
    assert simulated(model) == ran()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"feer": 0.1}, "did you mean 'fear'"),
        ({"fear": 1.5}, "a number from 0 to 1"),
        ({"style": "comand"}, "did you mean 'command'"),
        ({"collect": ["burnt_out"]}, "did you mean 'burnt_out_share'"),
        ({"collect_agents": ["exaustion"]}, "did you mean 'exhaustion'"),
        ({"scenario": cs.Scenario.preset()}, "use assumptions"),
        ({"scenario": "compact"}, "use assumptions"),
        ({"seed": 1, "rng": 2}, "only one of them"),
        ({"rng": -1}, "seed = -1"),
    ],
)
def test_what_a_model_cannot_do_is_reported_in_one_line(given, message):
    with pytest.raises(cs.ScenarioError, match=message) as caught:
        small(**given)
    assert "\n" not in str(caught.value)
