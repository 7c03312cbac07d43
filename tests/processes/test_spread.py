"""What one team has changed lately, teams with ties to it may take over."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import GRID, after, both, constant, never_falling, never_rising, put, rising, row, shares, step

from civicsim.model.organisation import FROM_DIRECTIVE, FROM_NEIGHBOURS, FROM_STAFF
from civicsim.model.processes.spread import NEWS_WEEKS, accepts, copied_team, headspace_gate, news_of
from civicsim.model.tables import TABLES, record_type

COMPLEX, SIMPLE, PROPORTIONAL, NEUTRAL = range(4)

# -- equations -------------------------------------------------------------------------------------------------------


@given(st.floats(0.5, 20), shares)
def test_the_gate_follows_its_formula_and_is_a_probability(gain, headspace):
    assert both(headspace_gate, gain, headspace) == min(1.0, gain * headspace)


def test_headspace_opens_the_gate():
    assert rising(headspace_gate(2.0, headspace) for headspace in (0.0, 0.2, 0.5))
    assert constant(headspace_gate(2.0, headspace) for headspace in (0.5, 0.8, 1.0))
    assert rising(headspace_gate(gain, 0.05) for gain in (0.5, 2.0, 20.0))


@pytest.mark.parametrize("fits", [True, False])
def test_an_accurate_team_accepts_what_fits_and_refuses_what_does_not(fits):
    draws = np.linspace(0.0005, 0.9995, 1000)
    accepted = [np.mean([both(accepts, fits, accuracy, u) for u in draws]) for accuracy in (0.5, 0.7, 1.0)]
    assert accepted == pytest.approx([0.5, 0.7, 1.0] if fits else [0.5, 0.3, 0.0], abs=0.001)


@pytest.mark.parametrize("function", [news_of, news_of.py_func], ids=["compiled", "plain"])
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, -1),
        ({"value": 1}, 1),
        ({"adopted_week": 100 - NEWS_WEEKS}, -1),
        ({"adopted_week": 100 - NEWS_WEEKS - 1}, 0),
        ({"adopted_week": 100}, 0),
        ({"adopted_week": 101}, 0),
        ({"followed": 0}, 0),
        ({"value": 0}, 0),
        ({"origin": FROM_STAFF}, -1),
        ({"origin": FROM_NEIGHBOURS}, -1),
        ({"origin": FROM_DIRECTIVE}, 0),
    ],
)
def test_news_is_a_standing_change_of_the_last_half_year(function, change, expected):
    slot = row("practice", **({"followed": 1, "adopted_week": 99, "value": -1} | change))
    assert function(slot, 100) == expected


def test_the_team_that_is_copied_is_picked_by_ties():
    neighbours = np.zeros(4, dtype=record_type(TABLES["neighbour"])).view(np.recarray)
    neighbours.team, neighbours.ties = -1, 0
    assert both(copied_team, neighbours, 0.5) == -1
    neighbours.team[:3], neighbours.ties[:3] = (7, 2, 5), (1, 6, 3)
    found = [both(copied_team, neighbours, u) for u in np.linspace(0.0005, 0.9995, 1000)]
    assert [found.count(team) for team in (7, 2, 5, -1)] == [100, 600, 300, 0]


# -- the process -----------------------------------------------------------------------------------------------------

D = 4


def star(cohort, *, active=3, degree=10, value=1, weeks_ago=2):
    """Give every team news on one dimension from its neighbours, ``active`` of its ``degree`` ties.

    Team 1 of each organisation has changed; all others have ties to it and to team 2, which has not.
    """
    put(
        cohort,
        practice__followed=0,
        neighbour__team=-1,
        neighbour__ties=0,
        team__headspace=1.0,
        person__skill=1.0,
        dimension__code=-value,
        p__practice__judgement_gain=0.5,
        p__spread__complex_rate=1.0,
    )
    first = cohort.organisation["first_team"]
    cohort.practice["value"][:, D] = -value
    cohort.practice["reality"][:, D] = value
    source = cohort.practice[first + 1, D]
    source["value"], source["followed"], source["adopted_week"] = value, 1, cohort.week - weeks_ago
    source["previous"], source["origin"] = -value, FROM_STAFF
    cohort.practice[first + 1, D] = source
    for t in listeners(cohort):
        start = first[cohort.team["organisation"][t]]
        cohort.neighbour["team"][t, :2] = start + 1, start + 2
        cohort.neighbour["ties"][t, :2] = active, degree - active
    return cohort


def listeners(cohort):
    first = cohort.organisation["first_team"][cohort.team["organisation"]]
    place = np.arange(len(cohort.team)) - first
    return np.flatnonzero((place != 1) & (place != 2))


def heard(cohort):
    """Return the share of listeners that took the change over."""
    value = cohort.practice["value"][cohort.organisation["first_team"] + 1, D]
    own = cohort.practice["value"][listeners(cohort), D]
    return np.mean(own == value[cohort.team["organisation"][listeners(cohort)]])


def test_a_change_passes_along_ties_and_nowhere_else(cohort):
    star(cohort)
    before = cohort.copy()
    step(cohort, "spread")
    assert heard(cohort) == 1.0
    deaf = np.setdiff1d(np.arange(len(cohort.team)), listeners(cohort))
    np.testing.assert_array_equal(cohort.practice[deaf], before.practice[deaf])
    others = np.arange(30) != D
    np.testing.assert_array_equal(cohort.practice[:, others], before.practice[:, others])


def test_what_is_taken_over_is_followed_from_next_week_and_costs_hours(cohort):
    before = star(cohort).copy()
    step(cohort, "spread")
    taken = cohort.practice[listeners(cohort), D]
    assert (taken["origin"] == FROM_NEIGHBOURS).all()
    assert (taken["followed"] == 1).all()
    assert (taken["previous"] == -1).all()
    assert (taken["adopted_week"] == cohort.week + 1).all()
    added = cohort.team["switching_hours"] - before.team["switching_hours"]
    np.testing.assert_allclose(added[listeners(cohort)], cohort.parameters["practice"]["switching_hours"][0])
    assert cohort.tally["adopted_horizontal"].sum() == cohort.tally["adopted_right"].sum() == len(listeners(cohort))


@pytest.mark.parametrize(("weeks_ago", "expected"), [(1, 1.0), (NEWS_WEEKS, 1.0), (NEWS_WEEKS + 1, 0.0), (300, 0.0)])
def test_old_changes_are_no_news(cohort, weeks_ago, expected):
    assert heard(step(star(cohort, weeks_ago=weeks_ago), "spread")) == expected


def test_what_was_ordered_is_no_news(cohort):
    star(cohort)
    put(cohort, practice__origin=FROM_DIRECTIVE)
    assert heard(step(cohort, "spread")) == 0.0


def test_merely_doing_it_is_no_news(cohort):
    star(cohort)
    put(cohort, practice__followed=0)
    assert heard(step(cohort, "spread")) == 0.0


@pytest.mark.parametrize("value", [-1, 1])
def test_news_may_go_either_way(cohort, value):
    assert heard(step(star(cohort, value=value), "spread")) == 1.0


def test_what_does_not_fit_is_refused_by_those_who_judge_rightly(cohort):
    star(cohort)
    cohort.practice["reality"][:, D] = -1
    assert heard(step(cohort, "spread")) == 0.0


def test_unskilled_teams_take_over_what_does_not_fit_half_the_time(crowd):
    for fits in (1, -1):
        cohort = put(star(crowd.copy()), p__practice__judgement_gain=0.0)
        cohort.practice["reality"][:, D] = fits
        assert heard(step(cohort, "spread")) == pytest.approx(0.5, abs=0.12)


def test_a_complex_change_needs_a_share_of_ties_above_the_threshold(cohort):
    put(cohort, p__spread__noise=0.0)
    shares_heard = [heard(after(star(cohort.copy(), active=n), "spread", p__spread__noise=0.0)) for n in range(1, 11)]
    assert shares_heard == [0.0] * 2 + [1.0] * 8
    thresholds = [
        heard(after(star(cohort.copy()), "spread", p__spread__noise=0.0, p__spread__threshold=x)) for x in GRID[1:]
    ]
    assert thresholds == [1.0, 0.0, 0.0, 0.0, 0.0]


def test_without_room_no_news_is_taken_up(crowd):
    assert rising(heard(after(star(crowd.copy()), "spread", team__headspace=h)) for h in (0.0, 0.2, 0.5))
    assert heard(after(star(crowd.copy()), "spread", team__headspace=0.0)) == 0.0


def test_noise_lets_a_change_pass_below_the_threshold(crowd):
    assert rising(heard(after(star(crowd.copy(), active=1), "spread", p__spread__noise=e)) for e in (0.0, 0.3, 0.8))


def test_a_simple_change_passes_more_often_with_more_ties_and_stronger_contagion(crowd):
    simple = {"p__spread__form": SIMPLE, "p__spread__noise": 0.0}
    assert rising(heard(after(star(crowd.copy(), active=n), "spread", **simple)) for n in (1, 5, 10))
    assert rising(
        heard(after(star(crowd.copy()), "spread", **simple, p__spread__contagion=b)) for b in (0.01, 0.1, 0.3)
    )
    expected = 1 - (1 - 0.1) ** 5
    found = heard(after(star(crowd.copy(), active=5), "spread", **simple, p__spread__contagion=0.1))
    assert found == pytest.approx(expected, abs=0.12)


def test_a_proportional_change_passes_in_proportion(crowd):
    form = {"p__spread__form": PROPORTIONAL, "p__spread__internal": 1.0}
    for n in (2, 5, 8):
        assert heard(after(star(crowd.copy(), active=n), "spread", **form)) == pytest.approx(n / 10, abs=0.12)


def test_an_order_from_above_helps_what_is_also_in_the_code(crowd):
    quiet = {"p__spread__noise": 0.0, "p__spread__order_rate": 0.5}

    def share(code, directive_rate):
        cohort = put(star(crowd.copy(), active=1), **quiet, organisation__directive_rate=directive_rate)
        cohort.dimension["code"][:, D] = code
        return heard(step(cohort, "spread"))

    assert rising(share(1, rate) for rate in (0.0, 0.5, 1.0))
    assert share(-1, 1.0) == share(0, 1.0) == 0.0
    assert share(1, 1.0) == pytest.approx(0.5, abs=0.12)


def test_without_news_orders_alone_spread_nothing(cohort):
    star(cohort)
    put(cohort, practice__followed=0, p__spread__order_rate=1.0, organisation__directive_rate=1.0)
    cohort.dimension["code"][:, D] = 1
    assert heard(step(cohort, "spread")) == 0.0


def test_of_two_opposite_changes_the_one_with_more_ties_is_heard(cohort):
    star(cohort, active=7)
    source = cohort.organisation["first_team"] + 2
    slot = cohort.practice[source, D]
    slot["value"], slot["followed"], slot["adopted_week"], slot["origin"] = -1, 1, cohort.week - 1, FROM_STAFF
    cohort.practice[source, D] = slot
    cohort.practice["value"][listeners(cohort), D] = 0
    assert heard(after(cohort, "spread")) == 1.0
    cohort.neighbour["ties"][listeners(cohort), :2] = 3, 7
    cohort.practice["reality"][:, D] = -1
    step(cohort, "spread")
    assert (cohort.practice["value"][listeners(cohort), D] == -1).all()


def test_an_isolated_team_hears_nothing(cohort):
    put(star(cohort), neighbour__team=-1, neighbour__ties=0)
    before = cohort.practice.copy()
    step(cohort, "spread")
    np.testing.assert_array_equal(cohort.practice, before)


def test_a_change_does_not_travel_two_ties_in_one_week(cohort):
    star(cohort)
    first = cohort.organisation["first_team"]
    # Team 3 looks only to team 0, which looks to team 1, where the change is.
    cohort.neighbour["team"][first + 3] = -1
    cohort.neighbour["team"][first + 3, 0], cohort.neighbour["ties"][first + 3, 0] = first, 5
    step(cohort, "spread")
    assert (cohort.practice["value"][first, D] == 1).all()
    assert (cohort.practice["value"][first + 3, D] == -1).all()
    cohort.week += 2
    step(cohort, "spread")
    assert (cohort.practice["value"][first + 3, D] == 1).all()


@pytest.mark.parametrize("turncoat", [0, 3])
def test_within_a_week_teams_hear_what_was_news_before_the_week(cohort, turncoat):
    """A team whose own change is in the news takes over the opposite; its old news is still heard this week."""
    star(cohort)
    put(cohort, neighbour__team=-1, neighbour__ties=0)
    listener = 3 - turncoat
    for own, other in ((turncoat, 1), (listener, turncoat)):
        cohort.neighbour["team"][own, 0], cohort.neighbour["ties"][own, 0] = other, 1
    slot = cohort.practice[:, D]
    slot["value"][[0, 1, 3]] = 0
    slot["value"][1], slot["value"][turncoat] = -1, 1
    slot["origin"] = FROM_STAFF
    slot["followed"][[1, turncoat]], slot["adopted_week"][[1, turncoat]] = 1, cohort.week - 2
    slot["reality"][turncoat], slot["reality"][listener] = -1, 1
    step(cohort, "spread")
    assert slot["value"][turncoat] == -1
    assert slot["value"][listener] == 1


def test_switched_off_nothing_spreads(cohort):
    star(cohort)
    before = cohort.practice.copy()
    step(put(cohort, p__spread__enabled=False), "spread")
    np.testing.assert_array_equal(cohort.practice, before)
    assert (cohort.tally["adopted_horizontal"] == 0).all()


def test_a_higher_rate_above_the_threshold_passes_more(crowd):
    assert never_falling(heard(after(star(crowd.copy()), "spread", p__spread__complex_rate=c)) for c in GRID)
    assert never_rising(
        heard(after(star(crowd.copy(), active=4), "spread", p__spread__threshold=x, p__spread__noise=0.0)) for x in GRID
    )


# -- the neutral form ------------------------------------------------------------------------------------------------

COPYING = {"p__spread__form": NEUTRAL, "p__spread__copying_rate": 1.0}


def islands(cohort, ties=(1, 1, 1, 1, 1, 1)):
    """Make a ring of the six teams of each organisation, all dimensions apart and in random states; return the shares of ties."""
    put(cohort, practice__followed=0, neighbour__team=-1, neighbour__ties=0, team__headspace=0.0)
    cohort.practice["value"] = np.random.default_rng(1).integers(-1, 2, cohort.practice.shape)
    for first in cohort.organisation["first_team"]:
        for place in range(6):
            team, following = first + place, first + (place + 1) % 6
            for own, other, slot in ((team, following, 0), (following, team, 1)):
                cohort.neighbour["team"][own, slot], cohort.neighbour["ties"][own, slot] = other, ties[place]
    degree = np.array([ties[place] + ties[place - 1] for place in range(6)])
    return degree / degree.sum()


def frequency(cohort, value, weights):
    """Return the share of teams with a value, by organisation and dimension."""
    return np.einsum("otd,t->od", cohort.practice["value"].reshape(-1, 6, 30) == value, weights)


def test_what_a_neighbour_does_is_copied_whatever_it_is_worth(cohort):
    for value in (-1, 0, 1):
        star(cohort, active=10, value=1)
        put(cohort, **COPYING, team__headspace=0.0, person__skill=1.0, p__practice__judgement_gain=0.5)
        cohort.practice["reality"][:, D] = -1
        first = cohort.organisation["first_team"]
        slot = cohort.practice[first + 1, D]
        # Neither new nor anyone's choice, and no set way at all where the value is 0.
        slot["value"], slot["followed"], slot["origin"] = value, 0, FROM_DIRECTIVE
        cohort.practice[first + 1, D] = slot
        cohort.practice["value"][listeners(cohort), D] = 1 if value <= 0 else -1
        step(cohort, "spread")
        copied = cohort.practice[listeners(cohort), D]
        assert (copied["value"] == value).all()
        assert (copied["origin"] == FROM_NEIGHBOURS).all()
        assert (copied["adopted_week"] == cohort.week + 1).all()


def test_copies_follow_the_share_of_ties_and_the_rate(crowd):
    for n in (2, 5, 8):
        share = heard(after(star(crowd.copy(), active=n), "spread", **COPYING))
        assert share == pytest.approx(n / 10, abs=0.12)
    rates = (0.0, 0.2, 0.6, 1.0)
    shares_heard = [
        heard(after(star(crowd.copy(), active=10), "spread", **COPYING | {"p__spread__copying_rate": r})) for r in rates
    ]
    assert shares_heard[0] == 0.0
    assert shares_heard == pytest.approx(rates, abs=0.12)


def test_no_news_room_judgement_or_order_changes_what_is_copied(crowd):
    base = put(star(crowd.copy(), active=5), **COPYING)
    expected = step(base.copy(), "spread").practice["value"]
    for change in (
        {"team__headspace": 0.0},
        {"person__skill": 0.0},
        {"practice__followed": 0},
        {"practice__reality": 1},
        {"practice__reality": -1},
        {"organisation__directive_rate": 1.0, "p__spread__order_rate": 1.0},
        {"practice__origin": FROM_DIRECTIVE},
        {"p__spread__internal": 1.0, "p__spread__threshold": 0.1},
    ):
        np.testing.assert_array_equal(after(base, "spread", **change).practice["value"], expected, err_msg=str(change))


def test_without_ties_nothing_is_copied(cohort):
    put(cohort, **COPYING, neighbour__team=-1, neighbour__ties=0)
    before = cohort.practice.copy()
    step(cohort, "spread")
    np.testing.assert_array_equal(cohort.practice, before)


@pytest.mark.parametrize("ties", [(1, 1, 1, 1, 1, 1), (1, 5, 1, 2, 9, 3)])
@pytest.mark.parametrize("value", [-1, 0, 1])
def test_copying_alone_keeps_the_expected_frequency_of_every_way_of_working(crowd, ties, value):
    """The mean over teams, weighted by ties, is a martingale of the voter model (Suchecki and others 2005, EPL 69:228)."""
    cohort = crowd.copy()
    weights = islands(cohort, ties)
    put(cohort, **COPYING | {"p__spread__copying_rate": 0.4})
    start = frequency(cohort, value, weights)
    for _ in range(15):
        step(cohort, "spread")
        cohort.week += 1
    change = frequency(cohort, value, weights) - start
    assert change.std() > 0.1
    assert abs(change.mean()) < 3.5 * change.std() / np.sqrt(change.size)


def test_copying_drifts_until_one_way_is_left_which_is_each_as_often_as_it_was_frequent(crowd):
    cohort = crowd.copy()
    weights = islands(cohort)
    put(cohort, **COPYING | {"p__spread__copying_rate": 0.5})
    starts = [frequency(cohort, value, weights) for value in (-1, 0, 1)]
    for _ in range(300):
        step(cohort, "spread")
        cohort.week += 1
    ends = [frequency(cohort, value, weights) for value in (-1, 0, 1)]
    assert np.isin(np.round(ends, 9), (0.0, 1.0)).mean() > 0.999
    for start, end in zip(starts, ends, strict=True):
        # Each end is a coin with its start as its chance.
        spread = np.sqrt((start * (1.0 - start)).sum())
        assert abs((end - start).sum()) < 3.5 * spread
        assert rising(end[start.round(2) == share].mean() for share in (0.0, 0.33, 0.67))


def test_only_spread_by_worth_makes_practice_fit(crowd):
    def gain(**form):
        cohort = put(crowd.copy(), practice__followed=0)
        weights = islands(cohort)
        put(
            cohort, **form, team__headspace=1.0, person__skill=1.0, p__practice__judgement_gain=0.5, practice__reality=1
        )
        put(cohort, practice__followed=1, practice__origin=FROM_STAFF, practice__adopted_week=cohort.week - 2)
        start = frequency(cohort, 1, weights)
        for _ in range(8):
            step(cohort, "spread")
            cohort.week += 1
        change = frequency(cohort, 1, weights) - start
        return change.mean(), change.std() / np.sqrt(change.size)

    by_worth, _ = gain(p__spread__form=COMPLEX, p__spread__complex_rate=0.5, p__spread__threshold=0.1)
    neutral, error = gain(**COPYING | {"p__spread__copying_rate": 0.5})
    assert by_worth > 0.2
    assert abs(neutral) < 3.5 * error
