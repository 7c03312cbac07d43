"""Orders from the centre reach teams, which comply, adapt, resist or game."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import GRID, after, both, constant, falling, never_falling, put, rising, row, shares, step

from civicsim.model.log import no_log
from civicsim.model.organisation import FROM_DIRECTIVE
from civicsim.model.practice import change, judges_rightly
from civicsim.model.processes.directives import (
    MEMORY_WEEKS,
    adapt_utility,
    attended_probability,
    choose,
    comply_utility,
    fear_in_a_hurry,
    game_utility,
    resist_utility,
)

weights = st.floats(0, 8)
utilities = st.floats(-16, 16)
COMPLY, ADAPT, RESIST, GAME = range(4)
DECIDED = ("complied", "adapted", "resisted", "gamed")


# -- equations -------------------------------------------------------------------------------------------------------


@given(weights, shares, shares, weights, shares)
def test_complying_follows_its_formula(a1, fear, carrot, a2, trust):
    assert both(comply_utility, a1, fear, carrot, a2, trust) == pytest.approx(a1 * (fear + carrot) + a2 * trust)


def test_fear_carrots_and_trust_speak_for_complying():
    assert rising(comply_utility(1.0, fear, 0.2, 1.0, 0.5) for fear in GRID)
    assert rising(comply_utility(1.0, 0.2, carrot, 1.0, 0.5) for carrot in GRID)
    assert rising(comply_utility(1.0, 0.2, 0.2, 1.0, trust) for trust in GRID)
    assert rising(comply_utility(a, 0.2, 0.2, 1.0, 0.5) for a in GRID)
    assert rising(comply_utility(1.0, 0.2, 0.2, a, 0.5) for a in GRID)
    assert comply_utility(1.0, 0.0, 0.0, 1.0, 0.0) == 0.0


@given(weights, shares, shares, shares, st.floats(-1, 1), shares)
def test_adapting_follows_its_formula(a3, permission, skill, headspace, duty, hurry):
    expected = a3 * permission * skill * headspace * (1 + duty) * (1 - hurry)
    assert both(adapt_utility, a3, permission, skill, headspace, duty, hurry) == pytest.approx(expected)
    assert expected >= 0.0


def test_adapting_takes_permission_skill_and_headspace_together():
    for place in range(3):
        for others, expected in ((0.5, rising), (0.0, constant)):
            numbers = [[others] * 3 for _ in GRID]
            for values, x in zip(numbers, GRID, strict=True):
                values[place] = x
            assert expected(adapt_utility(6.0, *values, 0.2, 0.3) for values in numbers)


def test_duty_speaks_for_adapting_and_hurry_against_it():
    assert rising(adapt_utility(6.0, 0.5, 0.5, 0.5, duty, 0.2) for duty in (-1.0, -0.5, 0.0, 0.5, 1.0))
    assert falling(adapt_utility(6.0, 0.5, 0.5, 0.5, 0.2, hurry) for hurry in GRID)
    assert {adapt_utility(6.0, 0.5, 0.5, 0.5, duty, 1.0) for duty in (-0.5, 0.0, 1.0)} == {0.0}
    assert adapt_utility(6.0, 0.5, 0.5, 0.5, 0.0, 0.0) == 0.75


@given(shares, shares)
def test_fear_in_a_hurry_follows_its_formula_and_is_a_share(fear, hurry):
    expected = fear + (1 - fear) * hurry / 2
    assert both(fear_in_a_hurry, fear, hurry) == pytest.approx(expected)
    assert fear - 1e-12 <= expected <= 1.0


def test_a_looming_inspection_frightens_and_most_those_who_were_without_fear():
    assert rising(fear_in_a_hurry(0.3, hurry) for hurry in GRID)
    assert rising(fear_in_a_hurry(fear, 0.5) for fear in GRID)
    assert falling(fear_in_a_hurry(fear, 1.0) - fear for fear in GRID)
    assert fear_in_a_hurry(0.3, 0.0) == 0.3


@given(weights, shares, shares, weights, shares)
def test_resisting_follows_its_formula(a4, misfit, belonging, a5, fear):
    assert both(resist_utility, a4, misfit, belonging, a5, fear) == pytest.approx(a4 * misfit * belonging - a5 * fear)


def test_misfit_and_belonging_speak_for_resisting_and_fear_against_it():
    assert rising(resist_utility(2.0, misfit, 0.5, 1.0, 0.3) for misfit in GRID)
    assert rising(resist_utility(2.0, 1.0, belonging, 1.0, 0.3) for belonging in GRID)
    assert falling(resist_utility(2.0, 1.0, 0.5, 1.0, fear) for fear in GRID)
    assert constant(resist_utility(2.0, 0.0, belonging, 1.0, 0.3) for belonging in GRID)


@given(weights, shares, shares, weights, shares, weights, shares)
def test_gaming_follows_its_formula(a6, fear, salience, a7, motivation, a8, audit):
    expected = a6 * fear * salience - a7 * motivation - a8 * audit
    assert both(game_utility, a6, fear, salience, a7, motivation, a8, audit) == pytest.approx(expected)


def test_fear_and_salience_speak_for_gaming_motivation_and_audit_against_it():
    assert rising(game_utility(1.5, fear, 0.5, 1.0, 0.5, 1.0, 0.3) for fear in GRID)
    assert rising(game_utility(1.5, 0.5, salience, 1.0, 0.5, 1.0, 0.3) for salience in GRID)
    assert constant(game_utility(1.5, 0.0, salience, 1.0, 0.5, 1.0, 0.3) for salience in GRID)
    assert falling(game_utility(1.5, 0.5, 0.5, 1.0, motivation, 1.0, 0.3) for motivation in GRID)
    assert falling(game_utility(1.5, 0.5, 0.5, 1.0, 0.5, 1.0, audit) for audit in GRID)


def softmax(utilities, temperature):
    best = max(utilities)
    shares_of = [math.exp((u - best) / temperature) for u in utilities]
    return [share / sum(shares_of) for share in shares_of]


@given(utilities, utilities, utilities, utilities, st.floats(0.1, 1.0), st.floats(0.001, 0.999))
def test_the_choice_is_a_softmax_cut_up_by_one_number(comply, adapt, resist, game, temperature, u):
    cumulated = np.cumsum(softmax([comply, adapt, resist, game], temperature))
    chosen = both(choose, comply, adapt, resist, game, temperature, u)
    # On the very edge between two options the sums may round differently.
    assert chosen in {int(np.searchsorted(cumulated, u * (1 + e))) for e in (-1e-9, 1e-9)}


@pytest.mark.parametrize("option", range(4))
def test_a_better_option_is_chosen_more_often(option):
    def share(utility):
        values = [0.3, 0.2, 0.1, 0.0]
        values[option] = utility
        return np.mean([choose(*values, 0.5, u) == option for u in np.linspace(0.0005, 0.9995, 1000)])

    assert rising(share(utility) for utility in (-1.0, -0.3, 0.3, 1.0))


def test_a_low_temperature_takes_the_best_option_and_a_high_one_hesitates():
    def best_share(temperature):
        return np.mean(
            [choose(0.4, 0.2, 0.1, 0.0, temperature, u) == COMPLY for u in np.linspace(0.0005, 0.9995, 1000)]
        )

    assert falling(best_share(t) for t in (0.1, 0.3, 1.0))


def test_a_choice_among_huge_utilities_does_not_overflow():
    assert choose(1e6, 0.0, 0.0, 0.0, 0.1, 0.999) == COMPLY
    assert choose(-1e6, -1e6, -1e6, 0.0, 0.1, 0.001) == GAME


@given(st.integers(1, 120), st.floats(1, 20))
def test_attention_follows_its_formula_and_is_a_probability(n, attention):
    assert both(attended_probability, n, attention) == min(1.0, attention / n)


def test_many_directives_at_once_are_overlooked_and_attention_helps():
    assert constant(attended_probability(n, 4.0) for n in (1, 2, 4))
    assert falling(attended_probability(n, 4.0) for n in (4, 5, 10, 100))
    assert rising(attended_probability(20, attention) for attention in (1.0, 4.0, 10.0))


# -- judging and changing a practice ---------------------------------------------------------------------------------


@given(shares, st.floats(0, 0.5))
def test_judging_follows_its_formula_and_is_a_probability(skill, gain):
    assert both(judges_rightly, skill, gain) == pytest.approx(0.5 + gain * skill)
    assert 0.5 <= judges_rightly(skill, gain) <= 1.0


def test_skill_makes_judgement_better():
    assert rising(judges_rightly(skill, 0.4) for skill in GRID)
    assert rising(judges_rightly(0.5, gain) for gain in (0.0, 0.2, 0.5))


@pytest.mark.parametrize("function", [change, change.py_func], ids=["compiled", "plain"])
def test_a_change_is_followed_and_remembers_what_was_before(function):
    slot, count = row("practice", value=-1, previous=0, gamed=1, followed=0), row("tally")
    assert function((no_log(), 0, 0), slot, 1, 9, FROM_DIRECTIVE, 0, count)
    assert count.replaced == 0
    assert (slot.value, slot.previous, slot.adopted_week, slot.origin) == (1, -1, 9, FROM_DIRECTIVE)
    assert (slot.followed, slot.gamed, slot.convenient) == (1, 0, 0)


@pytest.mark.parametrize("function", [change, change.py_func], ids=["compiled", "plain"])
def test_a_change_to_what_is_done_already_is_none_but_makes_the_report_true(function):
    slot, count = row("practice", value=1, previous=-1, gamed=1, adopted_week=3, followed=1), row("tally")
    assert not function((no_log(), 0, 0), slot, 1, 9, FROM_DIRECTIVE, 0, count)
    assert count.replaced == 0
    assert (slot.previous, slot.adopted_week, slot.gamed, slot.followed) == (-1, 3, 0, 1)


@pytest.mark.parametrize("function", [change, change.py_func], ids=["compiled", "plain"])
def test_a_change_of_a_change_counts_as_replacing_it(function):
    slot, count = row("practice", value=1, previous=0, followed=1), row("tally")
    assert function((no_log(), 0, 0), slot, -1, 9, FROM_DIRECTIVE, 0, count)
    assert (count.replaced, slot.previous, slot.followed) == (1, 1, 1)


# -- the process -----------------------------------------------------------------------------------------------------


def make_all(cohort, option):
    """Let all teams choose one option with near certainty, with one directive out per organisation."""
    dials = {
        COMPLY: {"comply_trust": 8.0},
        ADAPT: {"adapt_scope": 8.0},
        RESIST: {"resist_misfit": 8.0},
        GAME: {"game_pressure": 8.0},
    }[option]
    every = {
        "comply_pressure": 0.0,
        "comply_trust": 0.0,
        "adapt_scope": 0.0,
        "resist_misfit": 0.0,
        "resist_fear": 0.0,
        "game_pressure": 0.0,
        "game_motivation": 0.0,
        "game_audit": 0.0,
        "temperature": 0.01,
    }
    for name, value in (every | dials).items():
        cohort.parameters["directives"][name] = value
    put(
        cohort,
        person__trust=1.0,
        person__skill=1.0,
        person__belonging=1.0,
        team__headspace=1.0,
        organisation__permission_enacted=1.0,
        organisation__fear_enacted=1.0,
        organisation__target_salience=1.0,
        dimension__directive=0,
        practice__gamed=0,
    )
    return cohort


def order(cohort, d=0, code=1, *, done=False):
    """Send out one directive on dimension ``d``; no one does it already, unless ``done`` leaves that open."""
    cohort.dimension["directive"] = 0
    cohort.dimension["directive"][:, d] = 1
    cohort.dimension["code"][:, d] = code
    if not done:
        cohort.practice["value"][:, d] = -code
    return cohort


def test_without_a_directive_nothing_happens(cohort):
    put(cohort, dimension__directive=0)
    before = cohort.copy()
    step(cohort, "directives")
    np.testing.assert_array_equal(cohort.practice, before.practice)
    assert (cohort.tally["directives"] == 0).all()


@pytest.mark.parametrize("code", [-1, 1])
def test_complying_teams_do_what_the_code_states_at_once(cohort, code):
    before = order(make_all(cohort, COMPLY), 3, code, done=True).copy()
    step(cohort, "directives")
    assert (cohort.practice["value"][:, 3] == code).all()
    changed = before.practice["value"][:, 3] != code
    assert changed.any()
    assert (cohort.practice["origin"][changed, 3] == FROM_DIRECTIVE).all()
    assert (cohort.practice["followed"][changed, 3] == 1).all()
    assert (cohort.practice["previous"][changed, 3] == before.practice["value"][changed, 3]).all()
    assert (cohort.practice["adopted_week"][changed, 3] == cohort.week).all()
    had_to = np.bincount(cohort.team["organisation"], weights=changed, minlength=3)
    np.testing.assert_array_equal(cohort.tally["complied"], had_to)
    np.testing.assert_array_equal(cohort.tally["in_line"], cohort.organisation["n_teams"] - had_to)
    assert (
        cohort.tally["adopted_vertical"] == np.bincount(cohort.team["organisation"], weights=changed, minlength=3)
    ).all()


@pytest.mark.parametrize("option", [COMPLY, ADAPT, RESIST, GAME])
def test_a_directive_touches_its_own_dimension_only_and_is_decided_once(cohort, option):
    before = order(make_all(cohort, option), 5).copy()
    step(cohort, "directives")
    others = np.arange(30) != 5
    np.testing.assert_array_equal(cohort.practice[:, others], before.practice[:, others])
    assert (cohort.dimension["directive"] == 0).all()
    again = cohort.copy()
    step(again, "directives")
    np.testing.assert_array_equal(again.practice, cohort.practice)


def test_adapting_teams_do_what_they_judge_to_fit(cohort):
    order(make_all(cohort, ADAPT), 2)
    put(cohort, p__practice__judgement_gain=0.5)
    step(cohort, "directives")
    assert (cohort.practice["value"][:, 2] == cohort.practice["reality"][:, 2]).all()
    assert (cohort.tally["adapted"] == cohort.organisation["n_teams"]).all()


def test_unskilled_adaptation_is_right_half_the_time(crowd):
    cohort = order(make_all(crowd.copy(), ADAPT), 2)
    put(cohort, p__practice__judgement_gain=0.0)
    step(cohort, "directives")
    right = cohort.practice["value"][:, 2] == cohort.practice["reality"][:, 2]
    assert right.mean() == pytest.approx(0.5, abs=0.1)


def test_resisting_teams_change_nothing(cohort):
    order(make_all(cohort, RESIST), 2)
    put(cohort, p__practice__judgement_gain=0.5)
    cohort.practice["reality"][:, 2] = -1  # Everyone sees that the code does not fit.
    before = cohort.copy()
    step(cohort, "directives")
    np.testing.assert_array_equal(cohort.practice, before.practice)
    np.testing.assert_array_equal(cohort.team, before.team)
    assert (cohort.tally["resisted"] == cohort.organisation["n_teams"]).all()


@pytest.mark.parametrize("option", [ADAPT, RESIST, GAME])
def test_who_does_it_already_is_in_line_and_has_nothing_to_pretend(cohort, option):
    order(make_all(cohort, option), 2, done=True)
    put(cohort, practice__value=1, practice__gamed=1)
    before = cohort.copy()
    step(cohort, "directives")
    assert (cohort.tally["in_line"] == cohort.organisation["n_teams"]).all()
    assert (cohort.practice["gamed"][:, 2] == 0).all()
    np.testing.assert_array_equal(cohort.practice["value"], before.practice["value"])
    np.testing.assert_array_equal(cohort.team, before.team)


def test_gaming_teams_report_without_doing(cohort):
    before = order(make_all(cohort, GAME), 2).copy()
    step(cohort, "directives")
    np.testing.assert_array_equal(cohort.practice["value"], before.practice["value"])
    assert (cohort.practice["gamed"][:, 2] == 1).all()
    assert (cohort.tally["gamed"] == cohort.organisation["n_teams"]).all()


@pytest.mark.parametrize("option", [COMPLY, ADAPT, RESIST, GAME])
def test_teams_that_adapt_or_resist_contest_a_directive_and_others_do_not(cohort, option):
    order(make_all(cohort, option), 2)
    put(cohort, p__practice__judgement_gain=0.5, dimension__contested=0.0)
    cohort.practice["reality"][:, 2] = -1
    step(cohort, "directives")
    n = cohort.organisation["n_teams"] * (option in (ADAPT, RESIST))
    np.testing.assert_array_equal(cohort.dimension["contested"][:, 2], n)
    assert (np.delete(cohort.dimension["contested"], 2, axis=1) == 0).all()


def test_only_what_changes_costs_hours_of_switching(cohort):
    before = order(make_all(cohort, COMPLY), 3, done=True).copy()
    step(cohort, "directives")
    changed = before.practice["value"][:, 3] != 1
    added = cohort.team["switching_hours"] - before.team["switching_hours"]
    np.testing.assert_allclose(added, changed * cohort.parameters["practice"]["switching_hours"][0])


def test_each_directive_that_reaches_a_team_is_decided_or_overlooked(crowd):
    cohort = crowd.copy()
    put(cohort, dimension__directive=1)
    out = cohort.dimension["directive"].sum(axis=1)
    step(cohort, "directives")
    tally = cohort.tally
    assert (tally["directives"] == out * cohort.organisation["n_teams"]).all()
    assert (tally["directives"] == sum(tally[name] for name in (*DECIDED, "in_line", "overlooked"))).all()
    overlooked = tally["overlooked"].sum() / tally["directives"].sum()
    assert overlooked == pytest.approx(1 - 4 / 30, abs=0.02)
    assert min(tally[name].sum() for name in DECIDED) > 0


def shares_chosen(crowd, **changes):
    cohort = crowd.copy()
    put(cohort, dimension__directive=0)
    cohort.dimension["directive"][:, :4] = 1
    cohort.dimension["code"][:, :4] = 1
    cohort.practice["value"][:, :4] = -1
    put(cohort, **changes)
    tally = step(cohort, "directives").tally
    total = sum(tally[name].sum() for name in DECIDED)
    return {name: tally[name].sum() / total for name in DECIDED}


@pytest.mark.parametrize(
    ("column", "option"),
    [
        ("organisation__carrot", "complied"),
        ("person__trust", "complied"),
        ("person__belonging", "resisted"),
        ("team__headspace", "adapted"),
        ("organisation__permission_enacted", "adapted"),
    ],
)
def test_more_of_it_makes_teams_choose_that_way_more_often(crowd, column, option):
    base = {"organisation__permission_enacted": 0.7, "team__headspace": 0.7}
    assert rising(shares_chosen(crowd, **(base | {column: x}))[option] for x in (0.1, 0.5, 0.9))


@pytest.mark.parametrize("column", ["organisation__audit", "person__motivation"])
def test_audit_and_motivation_keep_teams_honest(crowd, column):
    base = {"organisation__fear_enacted": 0.9, "organisation__target_salience": 1.0}
    assert falling(shares_chosen(crowd, **(base | {column: x}))["gamed"] for x in (0.0, 0.5, 1.0))


def test_salient_targets_under_fear_make_teams_game(crowd):
    assert rising(
        shares_chosen(crowd, organisation__fear_enacted=0.9, organisation__target_salience=s)["gamed"]
        for s in (0.0, 0.5, 1.0)
    )


def test_fear_keeps_teams_from_resisting(crowd):
    assert falling(shares_chosen(crowd, organisation__fear_enacted=f)["resisted"] for f in (0.0, 0.5, 1.0))


def test_teams_resist_what_does_not_fit_them(crowd):
    fits = shares_chosen(crowd, practice__reality=1, p__practice__judgement_gain=0.5, person__skill=1.0)
    not_ = shares_chosen(crowd, practice__reality=-1, p__practice__judgement_gain=0.5, person__skill=1.0)
    assert not_["resisted"] > fits["resisted"] + 0.1


def test_skilled_teams_adapt_to_what_fits_more_often(crowd):
    def right(skill):
        cohort = order(make_all(crowd.copy(), ADAPT), 2)
        step(put(cohort, person__skill=skill, p__directives__adapt_scope=1e4), "directives")
        return (cohort.practice["value"][:, 2] == cohort.practice["reality"][:, 2]).mean()

    assert never_falling(right(skill) for skill in (0.02, 0.5, 1.0))


def test_a_team_without_anybody_decides_nothing(cohort):
    order(make_all(cohort, COMPLY), 3)
    cohort.person["vacant"][cohort.person["team"] == 1] = 1
    before = cohort.copy()
    step(cohort, "directives")
    np.testing.assert_array_equal(cohort.practice[1], before.practice[1])
    assert (cohort.practice["value"][[0, 2, 3], 3] == 1).all()


def test_switched_off_directives_reach_no_one(cohort):
    order(make_all(cohort, COMPLY), 3)
    before = cohort.copy()
    step(put(cohort, p__directives__enabled=False), "directives")
    np.testing.assert_array_equal(cohort.practice, before.practice)
    assert (cohort.tally["directives"] == 0).all()


def test_what_one_directive_does_is_what_all_those_out_do_apart_from_attention(cohort):
    put(cohort, p__directives__attention=20.0)
    one, two = order(make_all(cohort, COMPLY), 3).copy(), order(make_all(cohort.copy(), COMPLY), 3)
    two.dimension["directive"][:, 4] = 1
    two.dimension["code"][:, 4] = 1
    step(one, "directives")
    step(two, "directives")
    np.testing.assert_array_equal(one.practice["value"][:, 3], two.practice["value"][:, 3])
    assert (two.practice["value"][:, 4] == 1).all()


def test_no_one_is_asked_twice_after_they_were_overlooked(cohort):
    order(make_all(cohort, COMPLY), 3)
    put(cohort, p__directives__attention=1e-9)
    before = cohort.copy()
    step(cohort, "directives")
    assert (cohort.tally["overlooked"] == cohort.organisation["n_teams"]).all()
    np.testing.assert_array_equal(cohort.practice, before.practice)
    assert after(cohort, "directives").tally["directives"].sum() == 0


# -- what stays of directives ----------------------------------------------------------------------------------------


def remembered(cohort, n, weeks):
    """Return how many directives a year are felt after some weeks with ``n`` of them each."""
    own = cohort.copy()
    for _ in range(weeks):
        own.dimension["directive"] = 0
        own.dimension["directive"][:, :n] = 1
        step(own, "directives")
    return own.organisation["directive_memory"]


def test_the_memory_of_directives_settles_at_what_is_ordered_in_a_year(cohort):
    put(cohort, organisation__directive_memory=1.0)
    np.testing.assert_allclose(remembered(cohort, 0, 1), 1.0 - 1.0 / MEMORY_WEEKS)
    np.testing.assert_allclose(remembered(cohort, 3, 1), 1.0 + (52 * 3 / 30 - 1.0) / MEMORY_WEEKS)
    for n in (0, 3, 30):
        np.testing.assert_allclose(remembered(cohort, n, 600), 52 * n / 30, atol=1e-8)
    assert rising(remembered(cohort, n, 10)[0] for n in (0, 1, 5, 30))


# -- candour in return -----------------------------------------------------------------------------------------------

LEDGER = {
    "organisation__compact": 1.0,
    "organisation__audit": 0.0,
    "team__belief": 1.0,
    "p__compact__candour": 1.0,
    "organisation__fear_enacted": 0.9,
    "organisation__target_salience": 1.0,
}


def test_staff_who_believe_in_a_compact_that_is_kept_as_a_ledger_game_less(crowd):
    def gamed(**changes):
        return shares_chosen(crowd, **(LEDGER | changes))["gamed"]

    assert falling(gamed(team__belief=x) for x in (0.0, 0.5, 1.0))
    assert falling(gamed(p__compact__candour=x) for x in (0.0, 0.5, 1.0))
    assert falling(gamed(organisation__compact=x) for x in (0.5, 0.75, 1.0))
    without = gamed(p__compact__candour=0.0)
    words = [gamed(organisation__compact=x) for x in (0.0, 0.3, 0.5)]
    assert [*words, gamed(p__compact__enabled=False), gamed(team__belief=0.0)] == [without] * 5
    # Full audit leaves nothing for candour to add.
    audited = {"organisation__audit": 1.0}
    assert gamed(**audited) == gamed(**audited, p__compact__candour=0.0)


# -- duty and hurry --------------------------------------------------------------------------------------------------

ROOM = {"organisation__permission_enacted": 0.7, "team__headspace": 0.7, "person__professionalism": 0.5}


def test_the_professional_adapt_more_and_the_more_so_the_more_it_weighs(crowd):
    assert rising(shares_chosen(crowd, **(ROOM | {"person__professionalism": x}))["adapted"] for x in (0.0, 0.5, 1.0))
    keen = ROOM | {"person__professionalism": 0.9}
    assert rising(
        shares_chosen(crowd, **keen, p__directives__professionalism_weight=w)["adapted"] for w in (0.0, 1.0, 2.0)
    )
    assert constant(
        shares_chosen(crowd, **(ROOM | {"person__professionalism": x}), p__directives__professionalism_weight=0.0)[
            "adapted"
        ]
        for x in (0.0, 0.5, 1.0)
    )
    assert constant(
        shares_chosen(crowd, **ROOM, p__directives__professionalism_weight=w)["adapted"] for w in (0.0, 1.0, 2.0)
    )


def test_empty_posts_have_no_sense_of_duty(crowd):
    own = put(crowd.copy(), person__professionalism=0.5)
    own.person["vacant"][own.team["first_person"]] = 1
    zero, one = own.copy(), own.copy()
    zero.person["professionalism"][zero.person["vacant"] == 1] = 0.0
    one.person["professionalism"][one.person["vacant"] == 1] = 1.0
    assert shares_chosen(zero) == shares_chosen(one)


def test_a_looming_inspection_makes_teams_comply_or_game_instead_of_adapting(crowd):
    pressed = ROOM | {"organisation__target_salience": 1.0, "organisation__fear_enacted": 0.4}
    found = [shares_chosen(crowd, **pressed, organisation__urgency=x) for x in (0.0, 0.5, 1.0)]
    assert falling(it["adapted"] for it in found)
    assert rising(it["complied"] + it["gamed"] for it in found)
    assert rising(it["gamed"] for it in found)


def test_urgency_counts_as_much_as_its_weight(crowd):
    urgent = ROOM | {"organisation__urgency": 0.8}
    assert falling(shares_chosen(crowd, **urgent, p__directives__urgency_weight=w)["adapted"] for w in (0.0, 0.5, 1.0))
    calm = shares_chosen(crowd, **ROOM, organisation__urgency=0.0)
    assert shares_chosen(crowd, **urgent, p__directives__urgency_weight=0.0) == calm
