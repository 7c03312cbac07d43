"""Dated changes: interventions that someone decides on, shocks that happen, and the seasons."""

import dataclasses
import math
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tools import (
    burnt_in,
    changed_columns,
    falling,
    faults,
    filled_staff,
    hours_of,
    out_of_bounds,
    put,
    rising,
    small_scenario,
    step,
)

import civicsim as cs
from civicsim.errors import ScenarioError
from civicsim.experiment.run import begin, burn_in
from civicsim.model.levers import DELIBERATION, PEER, PROTECTED, PURPOSES, REPORTING
from civicsim.model.levers import NAMES as LEVERS
from civicsim.model.organisation import CHIEF, FROM_PROGRAMME
from civicsim.model.processes.actions import ACTIONS, FOR_THE_WHOLE
from civicsim.model.processes.choosing import CHOICES
from civicsim.model.processes.events import Event, Plan, season
from civicsim.model.simulating import advance
from civicsim.scenario.scenario import PARAMETERS, Scenario
from civicsim.scenario.shipped import shocks

weeks_ = st.integers(0, 60)


def events(*blocks):
    """Return the events that blocks describe."""
    return Scenario.from_dict({"interventions": list(blocks)}).interventions


def a_shock(name, week=0, **more):
    return events({"name": name, "week": week, **more})


def an_event(week=0, weeks=0, name="mine", **set_):
    return Event(week, name, weeks, {key.replace("__", "."): value for key, value in set_.items()})


# -- the seasons -----------------------------------------------------------------------------------------------------


@given(st.integers(-520, 5200), st.floats(0, 0.3))
def test_the_season_follows_its_formula_and_returns_each_year(week, winter):
    assert season(week, winter) == pytest.approx(1 + winter * math.cos(2 * math.pi * week / 52))
    assert season(week + 52, winter) == pytest.approx(season(week, winter))
    assert 1 - winter - 1e-12 <= season(week, winter) <= 1 + winter + 1e-12


def test_most_care_is_asked_for_in_winter_and_the_year_evens_out():
    assert season(0, 0.05) == 1.05
    assert season(26, 0.05) == pytest.approx(0.95)
    assert falling(season(week, 0.05) for week in range(27))
    assert rising(season(week, 0.05) for week in range(26, 53))
    assert np.mean([season(week, 0.3) for week in range(52)]) == pytest.approx(1.0)
    assert {season(week, 0.0) for week in range(52)} == {1.0}
    assert rising(season(0, winter) for winter in (0.0, 0.1, 0.3))


def test_demand_follows_the_season_and_the_factor(cohort):
    for week, factor, winter in ((0, 1.0, 0.05), (26, 1.0, 0.05), (13, 1.2, 0.1), (0, 0.8, 0.0)):
        own = put(cohort.copy(), p__events__demand_factor=factor, p__events__winter_demand=winter)
        own.week = week
        step(own, "events")
        np.testing.assert_allclose(own.organisation["demand_factor"], factor * season(week, winter))


def test_switched_off_there_are_no_seasons_and_demand_is_the_usual(cohort):
    own = put(cohort.copy(), p__events__enabled=False, p__events__demand_factor=1.5)
    for own.week in (0, 26):
        step(own, "events")
        assert (own.organisation["demand_factor"] == 1.0).all()


# -- when an event holds ---------------------------------------------------------------------------------------------


@given(weeks_, weeks_, st.integers(-60, 130))
def test_an_event_holds_from_its_first_week_for_its_weeks_or_for_ever(start, weeks, week):
    event = Event(start, "x", weeks)
    last = start + weeks if weeks else 10**9
    assert event.holds(week) == (week in range(start, last))
    assert event.changes_in(week) == (event.holds(week) != event.holds(week - 1))


settings_of = st.dictionaries(
    st.sampled_from(["levers.fear", "levers.permission", "load.overtime", "voice.intercept"]),
    st.sampled_from([0.0, 0.03, 0.1]),
    max_size=3,
)


@given(st.lists(st.tuples(weeks_, weeks_, settings_of), max_size=6), st.integers(0, 130))
def test_of_several_events_the_later_in_the_list_wins(blocks, week):
    base = Scenario()
    plan = Plan(base.levers, base.sections, tuple(Event(a, "x", n, s) for a, n, s in blocks))
    levers, sections = plan.at(week)
    for key in ("levers.fear", "levers.permission", "load.overtime", "voice.intercept"):
        section, name = key.split(".")
        expected = getattr(getattr(base, section), name)
        for start, weeks, values in blocks:
            if key in values and start <= week and (weeks == 0 or week < start + weeks):
                expected = values[key]
        found = levers if section == "levers" else sections[section]
        assert getattr(found, name) == expected


def test_a_plan_leaves_the_scenario_as_it_was():
    base = Scenario()
    plan = Plan(base.levers, base.sections, (an_event(levers__fear=0.9, load__overtime=0.1),))
    plan.at(0)
    assert base == Scenario()
    assert plan.sections["load"].overtime == 0.05


# -- in a run --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def start():
    """Runs after a burn-in without any intervention."""
    return burnt_in(3, burn_in_weeks=60)


def scenario(*chosen, **changes):
    return small_scenario(burn_in_weeks=60, **changes).with_(interventions=tuple(chosen))


def days(start, chosen, weeks):
    """Yield the cohort at the end of each week of a run with some events."""
    cohort = begin(start, scenario(*chosen))
    for _ in range(weeks):
        advance(cohort, 1)
        yield cohort


def at_the_end(start, chosen, weeks):
    *_, last = days(start, chosen, weeks)
    return last


def in_force(cohort):
    """Return all levers and parameters that are in force."""
    levers = [cohort.organisation[name].tolist() for name in LEVERS]
    parameters = [np.asarray(values).tolist() for values in cohort.parameters.values()]
    return [*levers, cohort.dimension["measured"].tolist(), *parameters]


def test_a_surge_holds_for_exactly_its_weeks_and_then_all_is_as_it_was(start):
    usual = [(in_force(c), c.organisation["demand_factor"].copy()) for c in days(start, (), 24)]
    surge = [(in_force(c), c.organisation["demand_factor"].copy()) for c in days(start, a_shock("surge", 5), 24)]
    for week, ((before, demand), (now, more)) in enumerate(zip(usual, surge, strict=True)):
        if 5 <= week < 17:
            assert before != now
            np.testing.assert_allclose(more, 1.15 * demand)
        else:
            assert before == now
            np.testing.assert_array_equal(more, demand)


def test_a_surge_raises_load_for_exactly_its_weeks(start):
    usual = [c.team["load"].mean() for c in days(start, (), 12)]
    surge = [c.team["load"].mean() for c in days(start, a_shock("surge", 3, weeks=4), 12)]
    more = np.array(surge) - np.array(usual)
    assert (more[:3] == 0.0).all()
    assert (more[3:7] > 0.1).all()
    assert (np.abs(more[7:]) < 0.03).all()


def test_before_an_event_nothing_is_different(start):
    for name in shocks():
        before, now = at_the_end(start, (), 6), at_the_end(start, a_shock(name, 6), 6)
        assert before.state_bytes() == now.state_bytes(), name


def test_an_event_may_begin_in_the_first_week(start):
    first = next(days(start, a_shock("surge", 0), 1))
    usual = next(days(start, (), 1))
    np.testing.assert_allclose(first.organisation["demand_factor"], 1.15 * usual.organisation["demand_factor"])
    gone = next(days(start, a_shock("vacancy-wave", 0, size=0.9), 1))
    assert filled_staff(gone).sum() < 0.3 * filled_staff(usual).sum()


def test_an_event_after_the_last_week_never_happens(start):
    assert at_the_end(start, a_shock("surge", 10), 10).state_bytes() == at_the_end(start, (), 10).state_bytes()


def test_events_never_act_during_burn_in():
    chosen = (*a_shock("surge", 0), *a_shock("vacancy-wave", 2), an_event(0, levers__fear=0.9, load__overtime=0.1))
    assert burn_in(scenario(*chosen), 2).state_bytes() == burn_in(scenario(), 2).state_bytes()


def test_a_permanent_event_stays(start):
    for week, cohort in enumerate(days(start, (an_event(3, levers__fear=0.77, voice__intercept=-0.5),), 40)):
        expected = 0.77 if week >= 3 else 0.35
        assert (cohort.organisation["fear"] == expected).all()
        assert (cohort.parameters["voice"]["intercept"] == (-0.5 if week >= 3 else -1.3)).all()


def test_of_two_events_that_overlap_the_later_in_the_list_wins_and_the_other_comes_back(start):
    long, short = an_event(1, 8, levers__fear=0.6), an_event(3, 3, levers__fear=0.9)
    for order, inner in (((long, short), 0.9), ((short, long), 0.6)):
        found = [c.organisation["fear"][0] for c in days(start, order, 10)]
        assert found == [0.35, 0.6, 0.6, inner, inner, inner, 0.6, 0.6, 0.6, 0.35]


def test_events_of_different_values_hold_side_by_side(start):
    chosen = an_event(1, 4, levers__fear=0.6), an_event(2, 2, levers__permission=0.8)
    found = [(c.organisation["fear"][0], c.organisation["permission"][0]) for c in days(start, chosen, 6)]
    assert found == [(0.35, 0.3), (0.6, 0.3), (0.6, 0.8), (0.6, 0.8), (0.6, 0.3), (0.35, 0.3)]


def test_an_event_that_sets_what_holds_already_changes_nothing(start):
    same = an_event(2, 5, levers__fear=0.35, load__overtime=0.05)
    assert at_the_end(start, (same,), 10).state_bytes() == at_the_end(start, (), 10).state_bytes()


def test_a_lever_from_the_first_week_for_ever_is_a_style_with_that_lever(start):
    by_event = at_the_end(start, (an_event(0, levers__fear=0.8, levers__weight_peer=9.0),), 20)
    by_style = begin(start, scenario(fear=0.8, weight_peer=9.0))
    advance(by_style, 20)
    assert by_event.state_bytes() == by_style.state_bytes()


def test_hours_follow_an_event_and_their_sum_stays(start):
    for week, cohort in enumerate(days(start, (an_event(2, 3, levers__weight_peer=20.0),), 7)):
        org = cohort.organisation
        np.testing.assert_allclose(org["hours"].sum(axis=1), org["hours_budget"])
        assert (org["allotted"][0, PEER] > 0.4) == (2 <= week < 5)


def test_habits_stay_those_of_the_status_quo(start):
    cohort = at_the_end(start, (an_event(0, levers__fear=0.9, levers__permission=0.9),), 5)
    assert (cohort.organisation["fear_habit"] == 0.35).all()
    assert (cohort.organisation["permission_habit"] == 0.3).all()


def test_actions_happen_once(start):
    left = [(c.ties >= 0).sum() for c in days(start, a_shock("reorganisation", 2, size=1.0), 8)]
    assert left[2] < 0.2 * left[1]
    assert left[7] >= left[2]


def test_events_switched_off_do_not_happen(start):
    chosen = (*a_shock("surge", 1), *a_shock("vacancy-wave", 2))
    off = begin(start, scenario(*chosen, events__enabled=False))
    none = begin(start, scenario(events__enabled=False))
    assert advance(off, 10).state_bytes() == advance(none, 10).state_bytes()


def test_a_run_with_events_does_not_depend_on_threads():
    chosen = scenario(*a_shock("crisis", 3), *a_shock("reality-shift", 5), weeks=15)
    one, two = (cs.run(chosen, seeds=4, threads=n).cohort.state_bytes() for n in (1, 2))
    assert one == two


# -- the shocks and interventions that are shipped -------------------------------------------------------------------


def test_a_shipped_shock_runs_and_all_stays_within_bounds(start):
    def check(name):
        assert out_of_bounds(at_the_end(start, a_shock(name, 4), 40)) == []

    assert faults(check, sorted(shocks())) == []


def test_a_shipped_shock_describes_itself():
    def check(name):
        path = Path(cs.__file__).parent / "scenario" / "shocks" / f"{name}.toml"
        about = tomllib.loads(path.read_text(encoding="utf-8"))
        assert about["title"] == shocks()[name]
        assert about["description"].endswith(".")
        assert set(about) == {"title", "description", "interventions"}

    assert faults(check, sorted(shocks())) == []


def test_a_shipped_shock_is_the_same_shifted_in_time():
    def check(name):
        early, late = a_shock(name, 0), a_shock(name, 30)
        assert [dataclasses.replace(e, week=e.week + 30) for e in early] == list(late)
        assert {e.name for e in early} == {name}

    assert faults(check, sorted(shocks())) == []


@pytest.fixture(scope="module")
def large():
    """Runs of more and larger teams: shares can be told apart."""
    return burnt_in(10, n_teams=8, team_size=15, teams_per_division=4, burn_in_weeks=30)


def beside(large, name, weeks=1, **more):
    """Return runs without and with a shock, some weeks after it."""
    chosen = scenario(*a_shock(name, 0, **more))
    return advance(begin(large, scenario()), weeks), advance(begin(large, chosen), weeks)


def test_a_surge_asks_for_fifteen_per_cent_more_care_for_twelve_weeks(large):
    usual, surge = beside(large, "surge", 12)
    np.testing.assert_allclose(surge.organisation["demand_factor"], 1.15 * usual.organisation["demand_factor"])
    assert surge.person["exhaustion"].mean() > usual.person["exhaustion"].mean()
    usual, surge = beside(large, "surge", 13)
    np.testing.assert_array_equal(surge.organisation["demand_factor"], usual.organisation["demand_factor"])


def test_in_a_crisis_orders_and_reports_stop_people_may_act_and_solidarity_runs_high(large):
    usual, crisis = beside(large, "crisis", 1)
    org = crisis.organisation
    assert (org["directive_rate"] == 0.0).all()
    assert (org["hours"][:, REPORTING] < 0.5 * usual.organisation["hours"][:, REPORTING]).all()
    assert (org["permission"] == 0.9).all()
    np.testing.assert_allclose(org["demand_factor"], 1.15 * usual.organisation["demand_factor"])
    lead = (crisis.person["belonging"] - usual.person["belonging"])[filled_staff(usual)]
    assert lead.mean() == pytest.approx(0.145, abs=0.02)
    usual, crisis = beside(large, "crisis", 12)
    assert (crisis.organisation["permission_enacted"] > usual.organisation["permission_enacted"] + 0.05).all()
    _, later = beside(large, "crisis", 14)
    assert (later.organisation["permission"] == 0.3).all()
    assert (later.organisation["directive_rate"] == 0.5).all()


def test_a_scandal_brings_pressure_and_a_flood_of_recommendations(large):
    usual, scandal = beside(large, "scandal", 1)
    assert (scandal.organisation["fear"] == 0.8).all()
    assert (scandal.organisation["target_salience"] == 0.9).all()
    ordered = scandal.tally["directives"].sum() / (scandal.dimension["code"] != 0).sum() / 8
    assert ordered == pytest.approx(0.8, abs=0.08)
    assert scandal.tally["overlooked"].sum() > usual.tally["overlooked"].sum()
    usual, scandal = beside(large, "scandal", 26)
    assert (scandal.organisation["fear_enacted"] > usual.organisation["fear_enacted"]).all()
    usual, scandal = beside(large, "scandal", 27)
    np.testing.assert_array_equal(scandal.organisation["fear"], usual.organisation["fear"])


def test_in_a_wave_of_vacancies_a_tenth_of_staff_leave(large):
    usual, wave = beside(large, "vacancy-wave")
    assert filled_staff(wave).sum() / filled_staff(usual).sum() == pytest.approx(0.9, abs=0.03)
    assert wave.team["load"].mean() > usual.team["load"].mean()


def test_after_a_shift_of_reality_practices_and_protocols_fit_less(large):
    usual, shifted = beside(large, "reality-shift")
    flipped = (usual.dimension["truth"] != shifted.dimension["truth"]).mean()
    assert flipped == pytest.approx(0.2, abs=0.08)
    assert shifted.snapshot["code_right"].mean() < usual.snapshot["code_right"].mean() - 0.05
    assert shifted.snapshot["mismatch"].mean() > usual.snapshot["mismatch"].mean() + 0.02


def test_in_a_re_organisation_two_fifths_of_the_teams_lose_their_ties(large):
    usual, moved = beside(large, "reorganisation")
    assert (moved.ties >= 0).sum() / (usual.ties >= 0).sum() == pytest.approx(0.36, abs=0.08)
    teams = moved.person["team"][(moved.ties >= 0).any(axis=1)]
    bare = 1 - len(set(teams)) / len(moved.team)
    assert bare == pytest.approx(0.4, abs=0.12)


def test_protected_time_sets_hours_aside_for_improvement(large):
    usual, protected = beside(large, "protected-time")
    assert (protected.organisation["hours"][:, PROTECTED] > 3 * usual.organisation["hours"][:, PROTECTED]).all()
    assert (protected.organisation["hours"][:, REPORTING] < usual.organisation["hours"][:, REPORTING]).all()


def test_a_dialogue_hour_gives_hours_to_deliberation(large):
    usual, dialogue = beside(large, "dialogue-hour", 26)
    assert (dialogue.organisation["hours"][:, DELIBERATION] > 3 * usual.organisation["hours"][:, DELIBERATION]).all()
    assert dialogue.organisation["deliberation_memory"].mean() > usual.organisation["deliberation_memory"].mean()


def test_the_forum_gets_money_of_its_own(large):
    usual, paid = beside(large, "forum-budget")
    assert (paid.organisation["forum_funds"] > usual.organisation["forum_funds"]).all()


def test_protected_time_is_half_as_much_again_as_reporting_takes(large):
    _, protected = beside(large, "protected-time")
    org = protected.organisation
    np.testing.assert_allclose(org["allotted"][:, PROTECTED], 1.5 * org["allotted"][:, REPORTING])


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("dialogue-hour", lambda organisation: organisation["hours"][:, DELIBERATION]),
        ("forum-budget", lambda organisation: organisation["forum_budget"]),
    ],
)
def test_an_intervention_that_gives_something_takes_nothing_from_any_style(start, name, given):
    for style in cs.styles():
        chosen = scenario(*a_shock(name, 0), style=style)
        with_, without = advance(begin(start, chosen), 1), advance(begin(start, chosen.with_(interventions=())), 1)
        assert (given(with_.organisation) >= given(without.organisation) - 1e-12).all(), style


# -- each in its own column ------------------------------------------------------------------------------------------


def counted(name):
    """Return how often something happened in all weeks since the event."""
    return lambda cohort, total: total[name].sum()


def column(table, name, rows=None):
    def mean(cohort, total):
        values = cohort.tables[table][name]
        return values.mean() if rows is None else values[rows(cohort)].mean()

    return mean


def from_programme(cohort, total):
    return (cohort.practice["origin"] == FROM_PROGRAMME).mean()


def tried_from_programme(cohort, total):
    slot = cohort.practice
    return ((slot["idea_origin"] == FROM_PROGRAMME) & (slot["idea_state"] > 0)).mean()


def cycles_left_out(cohort, total):
    return 1.0 - total["cycles_done"].sum() / total["cycles_due"].sum()


def differs_between_teams(cohort, total):
    return np.std(cohort.team["breach"].reshape(cohort.n_organisations, -1), axis=1).mean()


def satisfaction_gloss(cohort, total):
    return (cohort.snapshot["satisfaction_reported"] - cohort.snapshot["satisfaction"]).mean()


def hours(name):
    return lambda cohort, total: hours_of(cohort.organisation, "hours", name).mean()


NO_MERCY = {"governing__inadequate_below": 1.0, "governing__rating_weeks": 26}
EXPECTED = {
    # What it is about: when that shows, in which direction, and in which place.
    ("big-bang", 1): (from_programme, rising, {}),
    ("civic-climate", 40): (column("person", "safety"), rising, {}),
    ("coaching", 26): (column("manager", "openness_anchor"), rising, {}),
    ("crisis", 12): (column("organisation", "permission_enacted"), rising, {}),
    ("dialogue-hour", 26): (counted("deliberated"), rising, {}),
    ("forum-budget", 26): (column("organisation", "forum_budget"), rising, {}),
    ("guardian", 26): (counted("voiced_guardian"), rising, {}),
    ("huddles", 13): (counted("huddled"), rising, {}),
    ("inspection", 1): (counted("directives"), rising, {}),
    ("isolation", 1): (lambda cohort, total: (cohort.ties >= 0).mean(), falling, {}),
    ("leader-exit", 1): (counted("chiefs_left"), rising, {}),
    ("mandated-participation", 26): (hours("deliberation"), rising, {}),
    ("nominated-seeds", 1): (from_programme, rising, {}),
    ("observation", 13): (counted("observed"), rising, {}),
    ("outside-partners", 13): (counted("brought"), rising, {}),
    ("pairing", 26): (counted("handed_on"), rising, {}),
    ("pairing-by-patients", 26): (counted("handed_on"), rising, {}),
    ("project", 13): (column("person", "safety"), rising, {}),
    ("protected-time", 1): (hours("protected"), rising, {}),
    ("quarterly-reports", 52): (cycles_left_out, rising, {}),
    ("reality-shift", 1): (column("team", "mismatch"), rising, {}),
    ("regulator-compact", 14): (column("organisation", "ledger_protection"), rising, {}),
    ("regulator-patience", 53): (column("organisation", "grip"), falling, NO_MERCY),
    ("reorganisation", 1): (lambda cohort, total: (cohort.ties >= 0).mean(), falling, {}),
    ("rising-expectations", 104): (column("organisation", "grip"), rising, {}),
    ("satisfaction-target", 26): (satisfaction_gloss, rising, {}),
    ("scandal", 1): (column("organisation", "fear"), rising, {}),
    ("small-to-scale", 1): (tried_from_programme, rising, {}),
    ("succession-planning", 52): (counted("resets"), falling, {"governing__chief_exit_rate": 0.05}),
    ("surge", 4): (column("team", "load"), rising, {}),
    ("team-compacts", 14): (differs_between_teams, rising, {}),
    ("vacancy-wave", 1): (column("person", "vacant"), rising, {}),
    ("volunteer-seeds", 1): (from_programme, rising, {}),
}
"""By shock and weeks: a measure, whether it goes up or down against the same runs without it, and values that hold."""


def test_of_every_shipped_shock_something_is_expected():
    assert {name for name, _ in EXPECTED} == set(shocks())


def simulated(large, weeks, chosen, changes):
    own = begin(large, scenario(*chosen, **changes))
    total = {name: np.zeros_like(own.tally[name]) for name in own.tally.dtype.names}

    def observe(at, first, last):
        for name, values in total.items():
            values[first:last] += at.tally[name][first:last]

    return advance(own, weeks, observe=observe), total


def test_a_shipped_shock_changes_what_it_is_about(large):
    def check(case):
        name, weeks = case
        measure, direction, changes = EXPECTED[name, weeks]
        found = [measure(*simulated(large, weeks, chosen, changes)) for chosen in ((), a_shock(name, 0))]
        assert direction(found)

    assert faults(check, EXPECTED) == []


def test_a_shipped_shock_changes_something_within_four_weeks(start):
    def check(name):
        plain, shocked = at_the_end(start, (), 4), at_the_end(start, a_shock(name, 0), 4)
        assert in_force(plain) != in_force(shocked) or changed_columns(plain, shocked)

    assert faults(check, sorted(shocks())) == []


def test_a_project_ends_and_its_safety_with_it(large):
    def lead(weeks):
        usual, now = beside(large, "project", weeks)
        chosen = now.team["marked"] == 1
        return (now.team["safety"] - usual.team["safety"])[chosen].mean()

    assert lead(13) > 0.05
    assert lead(13) > lead(60) > lead(150) - 0.02
    assert lead(150) < 0.03


def test_from_small_to_scale_more_and_more_teams_try_the_same_programme(large):
    def trying(cohort):
        return ((cohort.practice["idea_origin"] == FROM_PROGRAMME) & (cohort.practice["idea_state"] > 0)).any(axis=1)

    found = []
    for week, cohort in enumerate(days(large, a_shock("small-to-scale", 0), 27)):
        if week in (0, 13, 26):
            reached = trying(cohort) | (cohort.practice["origin"] == FROM_PROGRAMME).any(axis=1)
            found.append(reached.mean())
    assert rising(found)
    # One team of each organisation, or none where it does all that already.
    assert 0.09 < found[0] <= 1 / 8
    assert found[1] < 0.5
    assert found[2] > 0.8


@pytest.mark.parametrize("name", ["nominated-seeds", "volunteer-seeds"])
def test_those_who_go_first_are_marked_and_alone_in_it(large, name):
    _, now = beside(large, name, 1)
    own = (now.practice["origin"] == FROM_PROGRAMME).any(axis=1)
    assert now.team["marked"].sum() == 10
    assert own[now.team["marked"] == 1].mean() > 0.8
    assert not own[now.team["marked"] == 0].any()


def test_an_inspection_is_rated_after_its_weeks(large):
    rated = [c.tally["rated"].copy() for c in days(large, a_shock("inspection", 2), 8)]
    assert (rated[5] == 1).all()
    usual = [c.tally["rated"].copy() for c in days(large, (), 8)]
    for week in (0, 1, 2, 3, 4, 6, 7):
        np.testing.assert_array_equal(rated[week], usual[week])


def test_the_chief_who_leaves_is_followed_by_another(large):
    usual, now = beside(large, "leader-exit")
    chief = now.person["role"] == CHIEF
    assert (now.person["generation"][chief] > usual.person["generation"][chief]).sum() >= 9


def test_a_regulator_in_a_compact_and_a_plain_compact_keep_the_same_ledger(large):
    joined = at_the_end(large, a_shock("regulator-compact", 0), 14)
    plain = at_the_end(large, (an_event(0, levers__compact=1.0),), 14)
    np.testing.assert_array_equal(joined.organisation["ledger_protection"], plain.organisation["ledger_protection"])
    np.testing.assert_array_equal(joined.team["breach"], plain.team["breach"])


# -- which teams -----------------------------------------------------------------------------------------------------


def chosen_by(start, *blocks):
    """Return which teams are marked after a week with some events."""
    return at_the_end(start, events(*blocks), 1).team["marked"] == 1


def teach(how, share, week=0, **more):
    return {"name": "x", "week": week, "action": "teach", "size": 0.5, "teams": how, "share": share} | more


@pytest.mark.parametrize("how", ["random", "best", "worst", "willing"])
def test_teams_that_an_event_chooses_are_marked_and_measured_apart(start, how):
    cohort = at_the_end(start, events(teach(how, 0.5)), 1)
    assert cohort.team["marked"].sum() == 6
    assert (cohort.snapshot["n_marked"] == 2).all()


def test_an_event_about_all_marks_no_one(start):
    whole = {"name": "x", "week": 0, "action": "teach", "size": 0.5}
    assert not chosen_by(start, whole).any()


def test_what_was_marked_can_be_chosen_again(start):
    both_ = events(teach("worst", 0.25), {"name": "x", "week": 0, "action": "relieve", "size": 0.5, "teams": "marked"})
    cohort = at_the_end(start, both_, 1)
    usual = at_the_end(start, (), 1)
    relieved = cohort.team["demand"] < 0.6 * usual.team["demand"]
    np.testing.assert_array_equal(relieved, cohort.team["marked"] == 1)
    assert relieved.sum() == 3


def test_two_events_by_chance_choose_the_same_teams_as_far_as_their_shares_go(start):
    few, many = chosen_by(start, teach("random", 0.25)), chosen_by(start, teach("random", 0.75))
    assert (few <= many).all()
    np.testing.assert_array_equal(chosen_by(start, teach("random", 0.25), teach("random", 0.75)), many)


def test_marking_does_nothing_but_mark(start):
    marked = at_the_end(start, events({"name": "x", "week": 0, "action": "mark", "teams": "best", "share": 0.5}), 8)
    usual = at_the_end(start, (), 8)
    assert changed_columns(usual, marked) <= {
        "team.marked",
        "snapshot.n_marked",
        "snapshot.marked_quality",
        "snapshot.marked_safety",
        "snapshot.marked_bright",
        "snapshot.marked_dark",
    }
    assert marked.team["marked"].sum() == 6


def test_a_shipped_event_may_choose_other_teams(start):
    plain = at_the_end(start, a_shock("nominated-seeds", 0), 1).team["marked"]
    best = at_the_end(start, a_shock("nominated-seeds", 0, teams="best", share=0.5), 1).team["marked"]
    assert plain.sum() == 3
    assert best.sum() == 6
    np.testing.assert_array_equal(best == 1, chosen_by(start, teach("best", 0.5)))


def test_a_run_with_chosen_teams_does_not_depend_on_threads():
    chosen = scenario(
        *a_shock("volunteer-seeds", 1),
        *a_shock("pairing", 2),
        *a_shock("isolation", 3),
        *a_shock("inspection", 4),
        *a_shock("leader-exit", 5),
        *a_shock("project", 6),
        weeks=10,
    )
    one, two = (cs.run(chosen, seeds=4, threads=n).cohort.state_bytes() for n in (1, 2))
    assert one == two


def test_an_event_called_all_is_written_and_read_without_loss():
    before = Scenario.preset().with_(interventions=(Event(3, "all", 2, {"levers.fear": 0.3}),))
    assert Scenario.from_dict(tomllib.loads(before.to_toml())) == before


# -- in files --------------------------------------------------------------------------------------------------------


def read(text):
    return Scenario.from_dict(tomllib.loads(text), "my.toml")


def test_the_name_of_a_shipped_shock_stands_for_its_events():
    found = read('[[interventions]]\nname = "crisis"\nweek = 10\n').interventions
    assert [(e.week, e.weeks, e.action, e.size) for e in found] == [(10, 12, "", 0.0), (10, 0, "solidarity", 0.15)]
    assert found[0].set["levers.permission"] == 0.9


def test_length_and_size_of_a_shipped_shock_may_be_set():
    (surge,) = read('[[interventions]]\nname = "surge"\nweek = 3\nweeks = 20\n').interventions
    assert (surge.weeks, surge.set) == (20, {"events.demand_factor": 1.15})
    (wave,) = read('[[interventions]]\nname = "vacancy-wave"\nweek = 3\nsize = 0.3\n').interventions
    assert (wave.action, wave.size) == ("vacancy_wave", 0.3)


def test_an_event_of_ones_own_sets_what_it_states():
    text = '[[interventions]]\nname = "Open doors"\nweek = 3\nweeks = 8\nset = { fear = 0.1, "load.overtime" = 0.1 }\n'
    (event,) = read(text).interventions
    assert event == Event(3, "Open doors", 8, {"levers.fear": 0.1, "load.overtime": 0.1})


@st.composite
def any_event(draw):
    week, length = draw(st.integers(0, 500)), draw(st.integers(0, 100))
    name = draw(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12))
    if draw(st.booleans()):
        action = draw(st.sampled_from(sorted(ACTIONS)))
        teams = "all" if action in FOR_THE_WHOLE else draw(st.sampled_from(sorted(CHOICES)))
        share = 0.0 if teams in ("all", "marked") else draw(st.floats(0.01, 1))
        return Event(week, name, length, {}, action, draw(st.floats(0.01, 1)), teams, share)
    values = {
        "levers.fear": st.floats(0, 1),
        "levers.compact": st.floats(0, 1),
        "load.overtime": st.floats(0, 0.15),
        "forum.satisfaction_target": st.floats(0, 1),
        "lifecycle.max_concurrent": st.integers(1, 30),
        "forum.level": st.sampled_from(["team", "national"]),
    }
    keys = draw(st.lists(st.sampled_from(sorted(values)), min_size=1, unique=True))
    return Event(week, name, length, {key: draw(values[key]) for key in keys})


@settings(max_examples=40)
@given(st.lists(any_event(), max_size=4))
def test_events_are_written_and_read_without_loss(chosen):
    before = Scenario.preset().with_(interventions=tuple(chosen))
    assert Scenario.from_dict(tomllib.loads(before.to_toml())) == before


def test_shipped_shocks_are_written_and_read_without_loss():
    def check(name):
        before = Scenario.preset().with_(interventions=a_shock(name, 26))
        after = Scenario.from_dict(tomllib.loads(before.to_toml()))
        assert after == before
        assert after.digest == before.digest != Scenario.preset().digest

    assert faults(check, sorted(shocks())) == []


BAD = {
    'name = "surg"\nweek = 1': "no shock or intervention 'surg'; did you mean 'surge'",
    'name = "surge"': "week = None: expected a whole number from 0 to 5200",
    'name = "surge"\nweek = -1': "week = -1: expected a whole number from 0",
    'name = "surge"\nweek = 1.5': "week = 1.5: expected a whole number",
    'name = "surge"\nweek = true': "week = True: expected a whole number",
    'name = "surge"\nweek = 9999': "week = 9999: expected a whole number from 0 to 5200",
    'name = "surge"\nweek = 1\nweeks = -2': "weeks = -2: expected a whole number",
    'name = "surge"\nwhen = 1': "has no 'when'",
    "week = 1": "name = '': expected the name",
    "name = 3\nweek = 1": "name = 3: expected the name",
    'name = "x"\nweek = 1\nset = 3': "set = 3: expected a table",
    'name = "x"\nweek = 1\nset = { fear = 7 }': r"\[levers\] fear = 7: expected a number from 0 to 1",
    'name = "x"\nweek = 1\nset = { fer = 0.7 }': "no parameter 'fer'; did you mean 'fear'",
    'name = "x"\nweek = 1\nset = { "levers.fer" = 0.7 }': r"\[levers\] has no 'fer'; did you mean 'fear'",
    'name = "x"\nweek = 1\nset = { rate = 0.1 }': "'rate' is in several sections",
    'name = "x"\nweek = 1\nset = { n_teams = 3 }': "structure.n_teams belongs to the start and cannot change later",
    'name = "x"\nweek = 1\nset = { skill_mean = 0.5 }': "population.skill_mean belongs to the start",
    'name = "x"\nweek = 1\naction = "reorganize"\nsize = 0.5': "no action 'reorganize'; did you mean 'reorganisation'",
    'name = "x"\nweek = 1\naction = "reorganisation"\nsize = 2': "size = 2: expected a number from 0 to 1",
    'name = "x"\nweek = 1\naction = "reorganisation"\nsize = true': "size = True: expected a number",
    'name = "../styles/command"\nweek = 1': "no shock or intervention",
    'name = "x"\nweek = 1\naction = "teach"\nsize = 0.5\nteams = "bst"\nshare = 0.1': "teams = 'bst': expected one of .*; did you mean 'best'",
    'name = "x"\nweek = 1\naction = "teach"\nsize = 0.5\nteams = 3': "teams = 3: expected one of all, random, best, worst, willing, marked",
    'name = "x"\nweek = 1\naction = "teach"\nsize = 0.5\nteams = "best"': "share = 0.0: expected a share of the teams above 0",
    'name = "x"\nweek = 1\naction = "teach"\nsize = 0.5\nshare = 0.2': "share = 0.2: expected a share of the teams above 0 with teams =",
    'name = "x"\nweek = 1\naction = "teach"\nsize = 0.5\nteams = "marked"\nshare = 0.2': "share = 0.2: .* and none otherwise",
    'name = "x"\nweek = 1\naction = "teach"\nsize = 0.5\nteams = "best"\nshare = 1.2': "share = 1.2: expected a number from 0 to 1",
    'name = "x"\nweek = 1\naction = "teach"\nsize = 0.5\nteams = "best"\nshare = true': "share = True: expected a number",
    'name = "x"\nweek = 1\nset = { fear = 0.7 }\nteams = "best"\nshare = 0.2': "only an action is about some teams; values hold for all",
    'name = "x"\nweek = 1\naction = "pairing"\nsize = 0.5\nteams = "worst"\nshare = 0.2': "teams = 'worst': pairing is about the organisation as a whole",
    'name = "surge"\nweek = 1\nteams = "best"': "'surge' has no use for teams",
    'name = "surge"\nweek = 1\nshare = 0.5': "'surge' has no use for share",
    'name = "isolation"\nweek = 1\nsize = 0.5': "'isolation' has no use for size",
    'name = "isolation"\nweek = 1\nweeks = 5': "'isolation' has no use for weeks",
    'name = "pairing"\nweek = 1\nshare = 0.5': "'pairing' has no use for share",
}


@pytest.mark.parametrize(("block", "message"), BAD.items())
def test_a_bad_block_gives_one_clear_line(block, message):
    with pytest.raises(ScenarioError, match=message) as found:
        read(f"[[interventions]]\n{block}\n")
    line = str(found.value)
    assert "\n" not in line
    assert line.startswith("my.toml: [[interventions]] 1")


def test_the_number_of_the_bad_block_is_named():
    with pytest.raises(ScenarioError, match=r"my.toml: \[\[interventions\]\] 2: week = 'x'"):
        read('[[interventions]]\nname = "surge"\nweek = 1\n[[interventions]]\nname = "surge"\nweek = "x"\n')


def test_one_table_instead_of_blocks_gives_one_clear_line():
    with pytest.raises(ScenarioError, match=r"interventions: expected blocks \[\[interventions\]\]"):
        read('[interventions]\nname = "surge"\nweek = 1\n')


@pytest.mark.parametrize(
    "event",
    [
        Event(0, "x", 0, {"levers.fear": 7.0}),
        Event(-5, "x", 0, {"levers.fear": 0.7}),
        Event(0, "x", 0, {"levers.feer": 0.7}),
        Event(0, "x", 0, {"structure.n_teams": 3}),
        Event(0, "x", -1, {"levers.fear": 0.7}),
        Event(0, "x", 0, {}, "boo", 0.5),
        Event(0, "x", 0, {}, "solidarity", 1.5),
        Event(0, "x", 0, {}, "teach", 0.5, "best", 0.0),
        Event(0, "x", 0, {}, "teach", 0.5, "best", 1.5),
        Event(0, "x", 0, {}, "teach", 0.5, "all", 0.5),
        Event(0, "x", 0, {}, "teach", 0.5, "tallest", 0.5),
        Event(0, "x", 0, {}, "leader_exit", 0.5, "best", 0.5),
        Event(0, "x", 0, {"levers.fear": 0.7}, "", 0.0, "best", 0.5),
    ],
)
def test_an_event_made_in_python_is_checked_like_one_from_a_file(event):
    with pytest.raises(ScenarioError):
        Scenario().with_(interventions=(event,))


def test_no_shipped_shock_sets_what_does_not_exist():
    for name in shocks():
        for event in a_shock(name):
            assert set(event.set) <= set(PARAMETERS)
            assert event.action in {"", *ACTIONS}


# -- what is not right yet -------------------------------------------------------------------------------------------


def test_a_dialogue_hour_may_be_given_for_some_weeks():
    (event,) = a_shock("dialogue-hour", 0, weeks=26)
    assert event.weeks == 26


@pytest.mark.parametrize(
    "block", ['name = "surge"\nweek = 1\nsize = 0.9', 'name = "reality-shift"\nweek = 1\nweeks = 9']
)
def test_what_a_shipped_shock_cannot_use_is_refused(block):
    with pytest.raises(ScenarioError):
        read(f"[[interventions]]\n{block}\n")


@pytest.mark.parametrize("rest", ["set = {}", 'action = ""', 'action = "vacancy_wave"'])
def test_an_event_that_does_nothing_is_refused(rest):
    with pytest.raises(ScenarioError):
        read(f'[[interventions]]\nname = "x"\nweek = 1\n{rest}\n')


def test_an_action_that_is_no_text_gives_one_clear_line():
    with pytest.raises(ScenarioError):
        read('[[interventions]]\nname = "x"\nweek = 1\naction = ["vacancy_wave"]\nsize = 0.1\n')


@pytest.mark.parametrize("name", ["weeks", "seed", "title"])
def test_no_message_suggests_what_was_written(name):
    with pytest.raises(ScenarioError) as found:
        read(f'[[interventions]]\nname = "x"\nweek = 1\nset = {{ {name} = 1 }}\n')
    assert f"did you mean '{name}'" not in str(found.value)


def test_no_event_switches_events_off():
    with pytest.raises(ScenarioError):
        Scenario().with_(interventions=(an_event(0, 3, events__enabled=False),))


@pytest.mark.parametrize("set_", [{"lifecycle.n_cycles": 10}, {f"levers.weight_{name}": 0 for name in PURPOSES}])
def test_what_events_bring_about_must_hold_together_too(set_):
    with pytest.raises(ScenarioError):
        Scenario().with_(interventions=(Event(0, "x", 0, set_),))


def test_two_waves_in_one_week_take_more_people_than_one(large):
    one = next(days(large, a_shock("vacancy-wave", 0, size=0.3), 1))
    two = next(days(large, (*a_shock("vacancy-wave", 0, size=0.3), *a_shock("vacancy-wave", 0, size=0.3)), 1))
    assert filled_staff(two).sum() < 0.9 * filled_staff(one).sum()
