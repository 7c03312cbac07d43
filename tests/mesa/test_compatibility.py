"""What people do with any Mesa model: batch runs, data collectors, sets of agents, and Solara's Reset."""

import multiprocessing

import mesa
import numpy as np
import pytest

import civicsim as cs
from civicsim.mesa_face.agents import Manager, Patient, StaffMember, Team
from civicsim.mesa_face.model import CivicModel

SMALL = {"n_teams": 3, "burn_in_weeks": 2, "weeks": 3}


def expected(name, **changes):
    scenario = cs.Scenario.preset(changes.pop("style", "status-quo")).with_(**SMALL).with_(**changes)
    return cs.run(scenario).to_frame([name])[name].to_numpy()


@pytest.fixture
def batch_run():
    """Mesa's batch_run, which Mesa 4 no longer has; it changes how all later processes start."""
    if not hasattr(mesa, "batch_run"):
        pytest.skip("this Mesa has no batch_run")
    method = multiprocessing.get_start_method(allow_none=True)
    yield mesa.batch_run
    multiprocessing.set_start_method(method, force=True)


def test_batch_run_varies_parameters_styles_and_seeds(batch_run):
    rows = batch_run(
        CivicModel,
        parameters={**SMALL, "style": ["command", "civic-culture"], "fear": [0.1, 0.9]},
        rng=[5, 6],
        display_progress=False,
    )
    assert len(rows) == 8
    for row in rows:
        given = {"style": row["style"], "fear": row["fear"], "seed": row["rng"]}
        assert row["Step"] == 3
        assert row["exhaustion"] == expected("exhaustion", **given)[-1]


def test_batch_run_without_seeds_gives_different_runs(batch_run):
    rows = batch_run(CivicModel, parameters=SMALL, rng=[None, None], display_progress=False)
    assert rows[0]["exhaustion"] != rows[1]["exhaustion"]


def test_batch_run_in_two_processes_gives_the_same_as_in_one(batch_run):
    def rows(n):
        found = batch_run(
            CivicModel,
            parameters={**SMALL, "collect": [["exhaustion", "load"]]},
            rng=[1, 2],
            number_processes=n,
            data_collection_period=1,
            display_progress=False,
        )
        return sorted(found, key=lambda row: (row["rng"], row["Step"]))

    assert rows(2) == rows(1)
    assert len(rows(1)) == 6


def test_the_data_collector_holds_every_measure_of_every_week():
    model = CivicModel(**SMALL)
    while model.running:
        model.step()
    collected = model.datacollector.get_model_vars_dataframe()
    record = cs.run(model.assumptions).to_frame()[list(cs.MEASURES)]
    assert list(collected) == list(cs.MEASURES)
    assert np.array_equal(collected.to_numpy(float), record.to_numpy(float), equal_nan=True)


def test_the_data_collector_holds_what_is_asked_of_measures_and_agents():
    model = CivicModel(**SMALL, collect=["burnt_out_share"], collect_agents=["exhaustion", "openness", "activation"])
    model.step()
    model.step()
    collector = model.datacollector
    assert list(collector.get_model_vars_dataframe()) == ["burnt_out_share"]
    staff, managers, patients = (
        collector.get_agenttype_vars_dataframe(kind) for kind in (StaffMember, Manager, Patient)
    )
    assert list(staff) == ["exhaustion"]
    assert list(managers) == ["exhaustion", "openness"]
    assert list(patients) == ["activation"]
    assert staff.loc[2.0, "exhaustion"].to_list() == model.agents_by_type[StaffMember].get("exhaustion")


def test_a_data_collector_of_ones_own_takes_the_place_of_the_models():
    model = CivicModel(**SMALL)
    model.datacollector = mesa.DataCollector(
        model_reporters={"burnt": lambda m: m.measure("burnt_out_share"), "week": "week"},
        agent_reporters={"row": "row"},
    )
    model.step()
    assert model.datacollector.get_model_vars_dataframe()["week"].to_list() == [1]
    assert len(model.datacollector.get_agent_vars_dataframe()) == len(model.agents)


def test_sets_of_agents_select_get_set_do_and_group():
    model = CivicModel(**SMALL, collect=())
    staff = model.agents_by_type[StaffMember]
    nurses = staff.select(lambda person: person.profession == "nurse")
    assert nurses.get("exhaustion") == [person.exhaustion for person in model.people[:45] if person in nurses]
    nurses.set("exhaustion", 0.125)
    assert set(nurses.get("exhaustion")) == {0.125}
    nurses.do(lambda person: setattr(person, "trust", person.trust / 2))
    assert max(nurses.get("trust")) <= 0.5
    assert staff.groupby("team").count() == dict.fromkeys(model.teams, 15)
    assert all(isinstance(team, Team) for team, _ in staff.groupby("team"))
    assert staff.groupby("profession").agg("exhaustion", max)["nurse"] == 0.125
    assert staff.agg("exhaustion", min) <= 0.125
    assert len(model.agents.select(agent_type=Manager)) == 10
    assert model.agents_by_type[Manager].sort("openness", ascending=True).get("openness") == sorted(
        manager.openness for manager in model.managers
    )
    assert set(model.agent_types) == {StaffMember, Manager, Patient}


def test_a_wrong_value_for_a_whole_set_is_refused():
    model = CivicModel(**SMALL, collect=())
    with pytest.raises(ValueError, match="expected a number from 0 to 1"):
        model.agents_by_type[Manager].set("openness", 2)


def test_a_model_can_be_subclassed_in_the_way_of_mesa():
    class Rested(CivicModel):
        def step(self):
            super().step()
            self.agents_by_type[StaffMember].set("exhaustion", 0.2)

    model = Rested(**SMALL, collect=())
    model.step()
    assert set(model.agents_by_type[StaffMember].get("exhaustion")) == {0.2}
    assert model.week == 1


def test_solaras_reset_starts_the_model_again_with_what_the_sliders_say():
    # Imported here: loading them takes seconds, and only this test needs them.
    import ipyvuetify
    import solara
    from mesa.visualization import Slider, SolaraViz

    fixed = {**SMALL, "style": "compact", "collect": ("load",)}
    shown = solara.reactive(CivicModel(**fixed, fear=0.2))
    at_first = shown.value.cohort.state_bytes()

    @solara.component
    def Page():
        with solara.AppLayout():
            SolaraViz(shown, model_params={**fixed, "fear": Slider("Fear", 0.2, 0, 1, 0.1)})

    _, page = solara.render(Page(), handle_error=False)

    def click(label):
        page.find(ipyvuetify.Btn, children=[label]).widget.click()

    click("Step")
    assert shown.value.week == 1
    click("Reset")
    assert shown.value.week == 0
    assert shown.value.cohort.state_bytes() == at_first
    page.find(ipyvuetify.Slider, label="Fear").widget.v_model = 0.7
    click("Reset")
    assert shown.value.assumptions.levers.fear == 0.7
    assert shown.value.assumptions.style == "compact"
    page.close()
