"""The organisation's protocols learn from its best teams, and directives go out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import GRID, both, put, rising, step

from civicsim.model.processes.codification import QUARTER, superior
from civicsim.model.rules import code_change_probability


@given(st.integers(0, 120), st.integers(0, 120))
def test_superior_means_strictly_more_hits(hits, code_hits):
    assert bool(both(superior, hits, code_hits)) == (hits > code_hits)


def test_more_hits_make_a_team_superior_and_a_better_code_does_not():
    assert [bool(superior(hits, 3)) for hits in (0, 3, 4, 9)] == [False, False, True, True]
    assert [bool(superior(5, code)) for code in (0, 4, 5, 9)] == [True, True, False, False]


# -- the process -----------------------------------------------------------------------------------------------------

D = 7


def contest(cohort, *, n_superior=2, code=-1, does=1):
    """On one dimension all superior teams do what the code does not ask for; the others hit nothing at all."""
    cohort.week = QUARTER * 4
    put(
        cohort,
        dimension__measured=1,
        dimension__code=code,
        practice__reality=-code,
        organisation__codification=1.0,
        organisation__directive_rate=0.0,
        dimension__directive=0,
    )
    cohort.dimension["code"][:, 0] = 0
    place = np.arange(len(cohort.team)) - cohort.organisation["first_team"][cohort.team["organisation"]]
    good = place < n_superior
    put(cohort, practice__value=code)
    cohort.practice["value"][np.ix_(good, [1, 2, 3])] = -code
    cohort.practice["value"][good, D] = does
    return cohort


def test_the_code_takes_over_what_superior_teams_do(cohort):
    step(contest(cohort), "codification")
    assert (cohort.dimension["code"][:, D] == 1).all()
    assert (cohort.dimension["code"][:, [1, 2, 3]] == 1).all()
    # Where it was silent, it now asks for what they do too.
    assert (cohort.dimension["code"][:, 0] == -1).all()
    assert (cohort.tally["codified"] == 5).all()


def test_the_code_does_not_move_toward_teams_that_are_no_better(cohort):
    contest(cohort, n_superior=0)
    cohort.practice["value"][:, D] = 1
    before = cohort.dimension["code"].copy()
    # All teams hit one dimension more than a code that is right nowhere; now make the code as good.
    cohort.dimension["code"][:, 5] = 1
    before[:, 5] = 1
    step(cohort, "codification")
    np.testing.assert_array_equal(cohort.dimension["code"], before)
    assert (cohort.tally["codified"] == 0).all()


def test_hits_count_on_measured_dimensions_only(cohort):
    contest(cohort)
    put(cohort, dimension__measured=0)
    before = cohort.dimension["code"].copy()
    step(cohort, "codification")
    np.testing.assert_array_equal(cohort.dimension["code"], before)
    cohort.dimension["measured"][:, 1] = 1
    step(cohort, "codification")
    assert (cohort.dimension["code"][:, D] == 1).all()


def test_superiority_is_judged_by_each_teams_own_reality(cohort):
    """What hits here may miss there: a team whose reality is the code's is not superior by doing otherwise."""
    contest(cohort, n_superior=1)
    first = cohort.organisation["first_team"]
    cohort.practice["reality"][first] = cohort.dimension["code"][cohort.team["organisation"][first]]
    before = cohort.dimension["code"].copy()
    step(cohort, "codification")
    np.testing.assert_array_equal(cohort.dimension["code"], before)


def test_where_superior_teams_are_divided_the_code_stays(cohort):
    contest(cohort, n_superior=2)
    cohort.practice["value"][cohort.organisation["first_team"], D] = -1
    before = cohort.dimension["code"][:, D].copy()
    step(cohort, "codification")
    np.testing.assert_array_equal(cohort.dimension["code"][:, D], before)


def test_teams_without_a_set_way_have_no_say(cohort):
    contest(cohort, does=0)
    step(cohort, "codification")
    assert (cohort.dimension["code"][:, D] == -1).all()


def changed_share(crowd, learning, n_superior):
    cohort = contest(crowd.copy(), n_superior=n_superior)
    step(put(cohort, organisation__codification=learning), "codification")
    return (cohort.dimension["code"][:, [1, 2, 3, D]] == 1).mean()


def test_readier_codification_and_more_superior_teams_change_the_code_sooner(crowd):
    assert rising(changed_share(crowd, p2, 1) for p2 in GRID)
    assert rising(changed_share(crowd, 0.15, n) for n in (1, 3, 6))
    for p2, n in ((0.3, 1), (0.2, 3), (0.1, 6)):
        assert changed_share(crowd, p2, n) == pytest.approx(code_change_probability(n, p2), abs=0.12)


@pytest.mark.parametrize("week", [1, 5, QUARTER - 1, QUARTER + 1, -1])
def test_between_quarters_neither_the_code_nor_directives_change(cohort, week):
    contest(cohort)
    put(cohort, organisation__directive_rate=1.0)
    cohort.week = week
    before = cohort.dimension.copy()
    step(cohort, "codification")
    np.testing.assert_array_equal(cohort.dimension, before)


@pytest.mark.parametrize("week", [0, QUARTER, -QUARTER, -260])
def test_quarters_are_counted_from_week_zero_also_before_it(cohort, week):
    contest(cohort)
    cohort.week = week
    step(cohort, "codification")
    assert (cohort.dimension["code"][:, D] == 1).all()


def ordered(crowd, **changes):
    cohort = contest(crowd.copy())
    step(put(cohort, dimension__contested=0.0, **changes), "codification")
    return cohort.dimension["directive"]


def test_directives_go_out_at_a_quarter_of_their_rate(crowd):
    def share(rate, **changes):
        return ordered(crowd, organisation__directive_rate=rate, **changes)[:, 1:].mean()

    assert rising(share(rate) for rate in GRID)
    assert share(0.0) == 0.0
    assert share(0.8) == pytest.approx(0.2, abs=0.04)
    assert rising(share(0.5, p__codification__quarterly_share=s) for s in GRID)
    assert share(1.0, p__codification__quarterly_share=1.0) == 1.0


def test_no_directive_goes_out_where_the_code_is_silent(crowd):
    directive = ordered(
        crowd, organisation__directive_rate=1.0, p__codification__quarterly_share=1.0, organisation__codification=0.0
    )
    assert (directive[:, 0] == 0).all()
    assert (directive[:, 1:] == 1).all()


def test_directives_of_an_earlier_quarter_do_not_stay_out(crowd):
    assert (ordered(crowd, dimension__directive=1, organisation__directive_rate=0.0) == 0).all()


def test_switched_off_the_code_does_not_learn_and_directives_still_go_out(cohort):
    contest(cohort)
    put(cohort, p__codification__enabled=False, organisation__directive_rate=1.0, p__codification__quarterly_share=1.0)
    before = cohort.dimension["code"].copy()
    step(cohort, "codification")
    np.testing.assert_array_equal(cohort.dimension["code"], before)
    assert (cohort.dimension["directive"][:, 1:] == 1).all()


def test_with_directives_switched_off_none_goes_out_and_the_code_still_learns(cohort):
    contest(cohort)
    put(cohort, p__codification__directives_enabled=False, organisation__directive_rate=1.0)
    step(cohort, "codification")
    assert (cohort.dimension["directive"] == 0).all()
    assert (cohort.dimension["code"][:, D] == 1).all()
