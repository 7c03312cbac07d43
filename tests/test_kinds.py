"""Kinds of organisation load and run, differ as their files state, and name sources for their figures."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

import civicsim as cs
from civicsim.engine.parameters import Parameter
from civicsim.errors import ScenarioError
from civicsim.model.building import build
from civicsim.model.organisation import PROFESSIONS, STAFF
from civicsim.scenario.scenario import DEFAULT_KIND, PARAMETERS, Scenario
from civicsim.scenario.shipped import kinds

FOLDER = Path(cs.__file__).parent / "scenario" / "organisations"
OTHERS = sorted(set(kinds()) - {DEFAULT_KIND})


def file_of(kind):
    return tomllib.loads((FOLDER / f"{kind}.toml").read_text(encoding="utf-8"))


def said_by(kind):
    """Return the parameters that a kind's file sets."""
    sections = {
        name: values for name, values in file_of(kind).items() if isinstance(values, dict) and name != "sources"
    }
    return {f"{section}.{name}": value for section, values in sections.items() for name, value in values.items()}


def small(kind):
    """Return a kind of organisation, of many linked ones only a few small ones."""
    scenario = Scenario.preset(kind=kind).with_(burn_in_weeks=2, weeks=4)
    if scenario.structure.n_organisations > 1:
        scenario = scenario.with_(n_organisations=4, n_teams=6)
    return scenario


@pytest.fixture(scope="module")
def built():
    """One organisation, or a few, of each kind as they start."""
    scenarios = {kind: small(kind) for kind in kinds()}
    return {kind: build(s.structure, s.population, s.habits, s.sections, [1]) for kind, s in scenarios.items()}


def test_six_kinds_come_along():
    assert set(kinds()) == {
        "acute-trust",
        "ambulance-service",
        "district-hospital",
        "general-practice-network",
        "mental-health-community",
        "nhs-england",
    }


@pytest.mark.parametrize("kind", kinds())
def test_every_kind_runs_four_weeks(kind):
    result = cs.run(small(kind), threads=1)
    frame = result.to_frame(["burnt_out_share", "voice_share", "quality_true"])
    assert len(frame) == 4 * small(kind).structure.n_organisations
    assert np.isfinite(frame[["burnt_out_share", "quality_true"]]).all(axis=None)


@pytest.mark.parametrize("kind", OTHERS)
def test_a_kind_differs_from_the_usual_one_as_its_file_states_and_in_nothing_else(kind):
    usual, own = Scenario.preset(), Scenario.preset(kind=kind)
    changed = {key: value for key, (_, value) in usual.diff(own).items() if key in PARAMETERS}
    assert changed == said_by(kind)
    assert own.levers == usual.levers
    assert own.habits == usual.habits


@pytest.mark.parametrize("kind", OTHERS)
def test_a_kind_states_where_each_of_its_figures_comes_from(kind):
    sources = file_of(kind)["sources"]
    assert set(sources) == set(said_by(kind))
    for text in sources.values():
        about = Parameter("", "", 0.0, "", 0.0, 1.0, "fixed", "", text)
        assert about.status in ("assumption", "to be verified") or any(digit in text for digit in "0123456789"), text


@pytest.mark.parametrize("kind", kinds())
def test_teams_are_made_up_of_professions_as_the_file_states(kind, built):
    structure, person = Scenario.preset(kind=kind).structure, built[kind].person
    profession = person["profession"][person["role"] == STAFF]
    weights = np.array([getattr(structure, f"share_{name}") for name in PROFESSIONS])
    found = np.bincount(profession, minlength=len(PROFESSIONS)) / len(profession)
    assert np.abs(found - weights / weights.sum()).max() < 1 / structure.team_size


def test_what_is_known_to_differ_differs_in_the_people_who_are_there(built):
    doctors = {kind: (c.person["profession"][c.person["role"] == STAFF] == 0).mean() for kind, c in built.items()}
    assert doctors["ambulance-service"] == 0.0
    assert doctors["general-practice-network"] > doctors["acute-trust"] > doctors["mental-health-community"]
    ties = {kind: (c.ties >= 0).sum() / (c.person["role"] == STAFF).sum() for kind, c in built.items()}
    assert ties["ambulance-service"] < ties["mental-health-community"] < ties["acute-trust"]
    patients = {kind: len(c.patient) / (c.person["role"] == STAFF).sum() for kind, c in built.items()}
    assert patients["ambulance-service"] < patients["acute-trust"] < patients["general-practice-network"]
    assert (built["district-hospital"].person["role"] == STAFF).sum() == 3000
    assert (built["general-practice-network"].person["role"] == STAFF).sum() == 115
    for kind in ("acute-trust", "ambulance-service", "mental-health-community"):
        assert (built[kind].person["role"] == STAFF).sum() == 600


def test_in_the_nhs_teams_of_different_organisations_are_paired():
    scenario = Scenario.from_dict(
        {"kind": "nhs-england", "interventions": [{"name": "pairing", "week": 1, "size": 0.5}]}
    )
    scenario = scenario.with_(n_organisations=5, n_teams=6, burn_in_weeks=2, weeks=3)
    team = cs.run(scenario, threads=1).cohort.team
    paired = np.flatnonzero(team["partner"] >= 0)
    assert len(paired) == 30
    assert (team["organisation"][paired] != team["organisation"][team["partner"][paired]]).mean() > 0.5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sources = 3", "sources = 3: expected a section"),
        ('[sources]\nn_team = "x"', "no parameter 'n_team'; did you mean 'n_teams'"),
        ('[sources]\n"structure.n_teams" = "x"', r"does not set \[structure\] n_teams"),
        ('[structure]\nn_teams = 3\n[sources]\n"structure.n_teams" = 4', "n_teams = 4: expected a reference"),
        ('structure = 3\n[sources]\n"structure.n_teams" = "x"', "does not set|expected a section"),
    ],
)
def test_sources_that_make_no_sense_are_refused_in_one_line(text, message, tmp_path):
    path = tmp_path / "kind.toml"
    path.write_text(text)
    with pytest.raises(ScenarioError, match=message) as refused:
        Scenario.preset(kind=str(path))
    assert "\n" not in str(refused.value)
