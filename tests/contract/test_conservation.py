"""What is counted adds up: hours, problems, ideas, people, practices, ties."""

import numpy as np
import pytest
from tools import burnt_in, hours_of, lively, put, small_scenario, uneven_scenario

from civicsim.experiment.run import begin
from civicsim.model.levers import PURPOSES
from civicsim.model.organisation import ENDORSED, NO_IDEA, TO_FORUM, WAITING
from civicsim.model.simulating import advance
from civicsim.model.week import PROCESSES, WEEK
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.shipped import styles

WEEKS = 60


class Diary:
    """What is recorded of each week: the tally, and a few counts before and after."""

    def __init__(self, cohort, weeks=WEEKS, processes=WEEK):
        self.weeks, self.before, self.after, self.forum_waiting = [], [self.counts(cohort)], [], []
        self.start = cohort.copy()
        for _ in range(weeks):
            self.forum_waiting.append(
                self.per_organisation(
                    cohort, (cohort.practice["idea_state"] == WAITING) & (cohort.practice["idea_channel"] == TO_FORUM)
                )
            )
            advance(cohort, 1, processes=processes)
            self.weeks.append(cohort.tally.copy())
            self.after.append(self.counts(cohort))
            self.before.append(self.after[-1])
        self.before.pop()
        self.end = cohort

    @staticmethod
    def per_organisation(cohort, slots):
        return np.bincount(cohort.team["organisation"], weights=slots.sum(axis=1), minlength=cohort.n_organisations)

    def counts(self, cohort):
        """Return, per organisation, how many there are of what comes and goes."""
        n = cohort.n_organisations
        org = cohort.person["organisation"]
        ties = (cohort.ties >= 0).sum(axis=1)
        return {
            "vacant": np.bincount(org, weights=cohort.person["vacant"], minlength=n),
            "ideas": self.per_organisation(cohort, cohort.practice["idea_state"] != NO_IDEA),
            "followed": self.per_organisation(cohort, cohort.practice["followed"]),
            "ties": np.bincount(org, weights=ties, minlength=n) / 2,
        }

    def tally(self, *names):
        """Return the sum of some counts, per week and organisation."""
        return sum(np.array([week[name] for week in self.weeks]) for name in names)

    def gained(self, name):
        """Return by how much a count grew, per week and organisation."""
        return np.array([b[name] - a[name] for a, b in zip(self.before, self.after, strict=True)])


@pytest.fixture(scope="module")
def diary():
    """Sixty weeks of a lively place under three extreme styles."""
    return Diary(lively(3, weeks=13))


@pytest.fixture(scope="module")
def quiet():
    """Sixty weeks of a usual place."""
    return Diary(burnt_in(3))


@pytest.fixture(scope="module")
def uneven():
    """Sixty weeks of a lively place with teams of 1 to 27."""
    return Diary(lively(3, weeks=13, scenario=uneven_scenario()))


@pytest.fixture(params=["diary", "quiet", "uneven"])
def book(request):
    return request.getfixturevalue(request.param)


# -- hours -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def start():
    return burnt_in(2)


@pytest.mark.parametrize("style", sorted(styles()))
def test_every_style_has_the_same_hours_to_spend(style, start):
    cohort = begin(start, small_scenario().with_(levers=Scenario.preset(style).levers))
    share = 0.15 if style == "laissez-faire" else 1.0
    budget = cohort.organisation["hours_budget"]
    np.testing.assert_allclose(budget, 0.02 * 37.5)
    for _ in range(27):
        advance(cohort, 1)
        np.testing.assert_allclose(cohort.organisation["allotted"].sum(axis=1), share * budget)
        np.testing.assert_allclose(cohort.organisation["hours"].sum(axis=1), share * budget)


def test_the_budget_is_the_share_of_contracted_hours_that_the_scenario_states():
    for share in (0.01, 0.05, 0.10):
        cohort = burnt_in(1, improvement_share=share, contracted_hours=40.0, burn_in_weeks=2)
        np.testing.assert_allclose(cohort.organisation["hours"].sum(axis=1), share * 40.0)


@pytest.mark.parametrize("style", sorted(styles()))
def test_no_purpose_takes_more_than_it_is_allocated(style, start):
    """Each week for most; over a quarter, and what was in hand before, for what saves up to an item or a talk."""
    cohort = begin(start, small_scenario().with_(levers=Scenario.preset(style).levers))
    org = cohort.organisation
    n, teams = org["n_staff"], cohort.team["organisation"]

    def in_hand(name):
        return np.bincount(teams, weights=cohort.team[f"{name}_credit"])

    credit = {
        "response": in_hand("response"),
        "deliberation": in_hand("deliberation"),
        "patients": org["forum_credit"].copy(),
    }
    allocated, spent = ({name: np.zeros(len(org)) for name in credit} for _ in range(2))
    for _ in range(39):
        advance(cohort, 1)
        for purpose in ("protected", "reporting", "peer", "coaching", "observation", "huddles"):
            assert (hours_of(org, "spent", purpose) <= hours_of(org, "hours", purpose) + 1e-12).all()
        for name in credit:
            allocated[name] += hours_of(org, "hours", name) * n
            spent[name] += hours_of(org, "spent", name) * n
            assert (spent[name] <= allocated[name] + credit[name] + 1e-9).all(), name


def test_hours_of_mechanisms_that_are_switched_off_go_back_to_care():
    off = ("ties", "deliberation", "forum", "response", "coaching", "observation")
    cohort = burnt_in(2, **{f"{name}__enabled": False for name in off})
    put(cohort, **{f"organisation__allotted__{purpose}": 0.1 for purpose in PURPOSES})
    advance(cohort, 2)
    for purpose in ("peer", "deliberation", "patients", "response", "coaching", "observation", "huddles"):
        assert (hours_of(cohort.organisation, "spent", purpose) == 0.0).all()


@pytest.mark.parametrize("purpose", ["coaching", "observation", "huddles", "peer", "deliberation", "patients"])
def test_hours_that_a_purpose_took_are_hours_of_work_of_those_who_are_there(purpose, start):
    """Hours spent by the week's accounts are what those at work have worked more: nothing is lost on empty posts."""
    nothing = {f"organisation__allotted__{name}": 0.0 for name in PURPOSES}
    week = [PROCESSES[it] for it in ("enactment", "observation", "deliberation", "coaching", "ties", "forum", "load")]

    def worked(hours):
        own = put(start.copy(), **nothing, p__load__failure_demand=0.0, p__governing__enabled=False)
        put(own, organisation__grip=0.0, person__voice_hours=0.0, **{f"organisation__allotted__{purpose}": hours})
        # Hours in hand, and something to use them for.
        put(
            own,
            practice__idea_state=ENDORSED,
            practice__deliberated=0,
            patient__activation=1.0,
            team__deliberation_credit=40.0 * hours if purpose == "deliberation" else 0.0,
            organisation__forum_credit=100.0 * hours if purpose == "patients" else 0.0,
        )
        advance(own, 1, processes=week)
        there = (own.person["role"] == 0) & (own.person["vacant"] == 0) & (own.person["absent"] == 0)
        home = own.person["organisation"][there]
        contracted = own.parameters["structure"]["contracted_hours"]
        return np.bincount(home, weights=own.person["load"][there]) * contracted, own

    (without, _), (more, own) = worked(0.0), worked(0.5)
    spent = hours_of(own.organisation, "spent", purpose) * own.organisation["n_staff"]
    if purpose == "peer":
        # Everyone there spends as much; the accounts are kept per post.
        spent *= np.bincount(own.team["organisation"], weights=own.team["n_present"]) / own.organisation["n_staff"]
    assert (spent > 0.0).all()
    np.testing.assert_allclose(more - without, spent)


def test_hours_outside_the_budget_are_what_was_done_times_what_it_costs(book):
    price = book.start.parameters["voice"]["hours_per_item"]
    voiced = book.tally("voiced_peers", "voiced_manager", "voiced_guardian")
    np.testing.assert_allclose(book.tally("hours_voice"), voiced * price)
    assert (book.tally("hours_improvement", "hours_failure_demand", "hours_settling") >= 0).all()


# -- problems and ideas ----------------------------------------------------------------------------------------------


def test_every_problem_noticed_is_voiced_or_withheld_for_fear_or_futility(book):
    np.testing.assert_array_equal(book.tally("noticed"), book.tally("voiced", "withheld_fear", "withheld_futility"))
    assert book.tally("withheld_fear").sum() > 0
    assert book.tally("withheld_futility").sum() > 0


def test_every_voiced_problem_went_to_one_channel(book):
    np.testing.assert_array_equal(book.tally("voiced"), book.tally("voiced_peers", "voiced_manager", "voiced_guardian"))


def ended(book):
    """Return how many ideas came off the table, per week: answered, given up, talked down, tried."""
    ignored = np.array(book.forum_waiting) - book.tally("acted_forum")
    return ignored + book.tally("explained", "silent", "lapsed", "ideas_rejected", "trials_won", "trials_lost")


def raised_of(book):
    """Return how many ideas came on the table, per week: voiced, seen by managers, raised in huddles, brought from outside."""
    return book.tally("voiced", "voiced_forum", "observed", "huddled", "brought") - book.tally("joined")


def test_ideas_on_the_table_are_those_raised_less_those_that_came_off(book):
    raised = raised_of(book)
    np.testing.assert_array_equal(book.gained("ideas"), raised - ended(book))
    assert raised.sum() > 0


def test_no_more_is_settled_than_was_raised(book):
    open_at_start = book.before[0]["ideas"]
    raised = raised_of(book).cumsum(axis=0)
    settled = book.tally("acted", "explained", "silent").cumsum(axis=0)
    assert (settled <= raised + open_at_start).all()
    assert (ended(book).cumsum(axis=0) <= raised + open_at_start).all()
    assert (book.tally("joined") <= book.tally("voiced")).all()


def test_in_a_lively_place_problems_come_on_the_table_in_every_way(diary):
    for name in ("observed", "huddled", "brought", "voiced_forum", "handed_on"):
        assert diary.tally(name).sum() > 0, name


def test_cycles_are_carried_out_no_more_often_than_they_are_due(book):
    assert (book.tally("cycles_done") <= book.tally("cycles_due")).all()
    assert (book.tally("handed_on") <= book.tally("adopted_horizontal")).all()
    assert book.tally("cycles_done").sum() > 0


def test_who_may_suffer_is_exposed_and_who_is_exposed_was_heard(book):
    assert (book.tally("detriments") <= book.tally("exposed")).all()
    assert (book.tally("exposed") <= book.tally("answered", "voiced_guardian")).all()
    assert (book.tally("timed_out") <= book.tally("silent")).all()
    assert (book.tally("answered", "timed_out") <= book.tally("acted", "explained", "silent")).all()


def test_trials_end_no_more_often_than_they_begin(book):
    running = np.bincount(book.start.team["organisation"], weights=book.start.team["n_trials"])
    begun, decided = (book.tally(*names).cumsum(axis=0) for names in (("trials_begun",), ("trials_won", "trials_lost")))
    assert (decided <= begun + running).all()
    assert (book.tally("ideas_rejected") <= book.tally("deliberated")).all()
    assert (book.tally("deliberations_split") <= book.tally("deliberated")).all()
    assert (book.tally("dissent_won") <= book.tally("ideas_rejected")).all()


# -- directives and practices ----------------------------------------------------------------------------------------


def test_every_directive_that_reaches_a_team_is_met_in_one_way(book):
    met = book.tally("in_line", "complied", "adapted", "resisted", "gamed", "overlooked")
    np.testing.assert_array_equal(book.tally("directives"), met)
    assert met.sum() > 0
    assert (book.tally("adopted_vertical") <= book.tally("complied", "adapted")).all()


ADOPTED = ("adopted_vertical", "adopted_local", "adopted_horizontal")


def test_changes_that_are_followed_are_those_made_less_those_that_ended(book):
    made = book.tally(*ADOPTED)
    np.testing.assert_array_equal(book.gained("followed"), made - book.tally("replaced", "decayed", "sustained"))
    assert made.sum() > 0
    assert book.tally("decayed").sum() > 0


def test_parts_of_changes_are_no_more_than_the_whole(book):
    assert (book.tally("adopted_right") <= book.tally(*ADOPTED)).all()
    assert (book.tally("solved") <= book.tally("adopted_local")).all()
    assert (book.tally("adopted_patients") <= book.tally("adopted_local")).all()
    # An idea won changes its team, and at most one more.
    assert (book.tally("adopted_local") <= 2 * book.tally("trials_won")).all()


def test_practices_differ_only_where_something_was_adopted_or_decayed(book):
    changed = Diary.per_organisation(book.end, book.end.practice["value"] != book.start.practice["value"])
    assert (changed <= book.tally(*ADOPTED, "decayed").sum(axis=0)).all()


# -- people, ties, patients, leaders ---------------------------------------------------------------------------------


def test_leavers_less_hires_are_the_posts_that_fell_empty(book):
    np.testing.assert_array_equal(book.gained("vacant"), book.tally("leavers") - book.tally("hires"))
    assert book.tally("leavers").sum() > 0
    assert book.tally("hires").sum() > 0


def test_a_wave_of_vacancies_counts_its_leavers():
    scenario = small_scenario().with_(burn_in_weeks=5)
    dated = Scenario.from_dict({"interventions": [{"name": "vacancy-wave", "week": 3, "size": 0.5}]}).interventions
    cohort = begin(burnt_in(3, burn_in_weeks=5), scenario.with_(interventions=dated))
    book = Diary(cohort, weeks=6)
    assert book.gained("vacant")[3].min() > 5
    np.testing.assert_array_equal(book.gained("vacant"), book.tally("leavers") - book.tally("hires"))


def test_each_hire_and_each_new_chief_is_a_new_generation(book):
    org = book.end.person["organisation"]
    newer = np.bincount(org, weights=book.end.person["generation"] - book.start.person["generation"])
    np.testing.assert_array_equal(newer, book.tally("hires", "chiefs_left").sum(axis=0))


def test_filled_and_empty_posts_are_all_posts(book):
    filled = book.end.snapshot["n_filled"] + book.after[-1]["vacant"]
    np.testing.assert_array_equal(filled, book.end.organisation["n_persons"])
    assert (book.end.snapshot["n_absent"] <= book.end.snapshot["n_filled"]).all()
    assert not ((book.end.person["vacant"] == 1) & (book.end.person["absent"] == 1)).any()


def test_ties_gained_are_those_made_less_those_lost(book):
    np.testing.assert_array_equal(book.gained("ties"), book.tally("ties_made") - book.tally("ties_lost"))


def test_a_tie_always_stands_at_both_ends(book):
    a, slot = np.nonzero(book.end.ties >= 0)
    pairs = set(zip(a.tolist(), book.end.ties[a, slot].tolist(), strict=True))
    assert all((b, a) in pairs for a, b in pairs)


def test_seats_and_needs_are_shares_of_a_whole(book):
    np.testing.assert_allclose(book.end.panel["seats"].sum(axis=1), 1.0)
    np.testing.assert_allclose(book.end.panel["share"].sum(axis=1), 1.0)
    np.testing.assert_allclose(book.end.need["weight"].sum(axis=2), 1.0)


def test_the_forum_pays_for_no_more_than_it_was_given(diary):
    org, q = diary.end.organisation, diary.end.parameters["forum"]
    given = org["forum_budget"] * q["fixes_per_team"] * org["n_teams"] / 13.0
    paid = diary.tally("acted_forum").cumsum(axis=0)
    weeks = np.arange(1, WEEKS + 1)[:, None]
    assert (paid <= diary.start.organisation["forum_funds"] + given * weeks + 1e-9).all()
    assert paid[-1].max() > 0


def test_only_chiefs_who_leave_are_followed_by_a_reset_and_only_the_rated_are_inadequate(book):
    assert (book.tally("resets") <= book.tally("chiefs_left")).all()
    assert (book.tally("rated_inadequate") <= book.tally("rated")).all()
    assert (book.tally("chiefs_left") <= 1).all()


def test_fixed_things_stay_fixed(book):
    """Posts, teams, lines and sizes never move."""
    fixed = {
        "organisation": (
            "run",
            "seed",
            "key",
            "first_team",
            "n_teams",
            "first_person",
            "n_staff",
            "n_persons",
            "hours_budget",
        ),
        "team": ("organisation", "division", "key", "first_person", "n_posts", "manager", "demand"),
        "person": ("organisation", "team", "key", "role", "profession", "status"),
        "manager": ("person", "superior"),
        "patient": ("organisation", "team", "key", "group"),
        "dimension": (
            "kappa",
            "measured_rank",
            "staff_visible",
            "patient_visible",
            "safety_critical",
            "cross_boundary",
        ),
    }
    for table, columns in fixed.items():
        for column in columns:
            np.testing.assert_array_equal(book.end.tables[table][column], book.start.tables[table][column])


def test_safety_critical_dimensions_have_one_reality_for_all_to_the_end(book):
    org = book.end.team["organisation"]
    agrees = book.end.practice["reality"] == book.end.dimension["truth"][org]
    assert agrees[book.end.dimension["safety_critical"][org] == 1].all()


def test_no_one_voices_or_notices_who_is_not_there():
    cohort = lively(3, weeks=5)
    for _ in range(20):
        away = (cohort.person["vacant"] == 1) | (cohort.person["absent"] == 1)
        assert away.any()
        noticed = []
        advance(
            cohort,
            1,
            processes=[p for p in WEEK if p.name != "turnover"],
            observe=lambda at, first, last, noticed=noticed: noticed.append(at.person["noticed"] + at.person["voiced"]),
        )
        assert (noticed[0][away] == 0).all()
        advance(cohort, 1, processes=[p for p in WEEK if p.name == "turnover"])


def test_without_voice_nothing_is_raised_answered_or_tried():
    cohort = burnt_in(2, voice__enabled=False, forum__enabled=False)
    book = Diary(put(cohort, practice__idea_state=NO_IDEA), weeks=10)
    for name in ("voiced", "acted", "explained", "silent", "trials_begun", "adopted_local", "detriments"):
        assert book.tally(name).sum() == 0
