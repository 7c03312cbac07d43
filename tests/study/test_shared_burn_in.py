"""Styles that are compared share one burn-in, with the results that they would have alone."""

from tools import small_scenario

from civicsim.experiment.compare import compare
from civicsim.experiment.run import burn_in, run

PLACE = small_scenario(n_teams=2, team_size=4, burn_in_weeks=6, weeks=5)
STYLES = [PLACE, PLACE.with_(style="compact"), PLACE.with_(style="command")]


def test_three_styles_take_one_burn_in():
    done = []
    found = compare(*STYLES, seeds=2, progress=done.append)
    persons = next(iter(found.results.values())).cohort.n_persons
    assert sum(done) == persons * (6 + 3 * 5)


def test_each_has_the_bytes_of_a_run_with_a_burn_in_of_its_own():
    for style, shared in zip(STYLES, compare(*STYLES, seeds=2).results.values(), strict=True):
        own = run(style, seeds=2)
        assert shared.cohort.state_bytes() == own.cohort.state_bytes()
        for mine, other in zip(own.recorder.arrays.values(), shared.recorder.arrays.values(), strict=True):
            assert mine.tobytes() == other.tobytes()


def test_a_run_leaves_the_cohort_that_it_starts_from_as_it_is():
    start = burn_in(PLACE, 2)
    before = start.state_bytes()
    run(STYLES[1], seeds=2, start=start)
    assert start.state_bytes() == before


def test_a_scenario_that_was_different_before_has_a_burn_in_of_its_own():
    done = []
    found = compare(PLACE, PLACE.with_(failure_demand=9.0), seeds=2, progress=done.append)
    persons = next(iter(found.results.values())).cohort.n_persons
    assert sum(done) == persons * (2 * 6 + 2 * 5)
