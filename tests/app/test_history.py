"""What is sent to the browser is the run itself, and stories tell what happened in it."""

import base64
import gzip

import numpy as np
import pytest

from civicsim.app.history import ABSENT, NEW, SILENCE, SPOKE, STATES, VACANT, Superseded, as_bytes, live_through
from civicsim.app.items import items_at, items_of
from civicsim.app.layout import HEIGHT, WIDTH, arrange, grid
from civicsim.app.stories import idea_story, item_text, name_of, person_story, team_story
from civicsim.app.travels import AGREED, HANDED_ON, SEEN, travels_of
from civicsim.experiment.run import burn_in, run
from civicsim.model.organisation import (
    FROM_DIRECTIVE,
    FROM_NEIGHBOURS,
    FROM_STAFF,
    LONG_AGO,
    NEIGHBOUR,
    PRACTICE,
    STAFF,
    TRIAL,
    record_type,
)
from civicsim.model.processes.spread import NEWS_WEEKS
from civicsim.scenario.scenario import Scenario

SMALL = Scenario.preset().with_(n_teams=5, team_size=9, n_executives=3, burn_in_weeks=26, weeks=80)


@pytest.fixture(scope="module")
def start():
    return burn_in(SMALL, 1)


@pytest.fixture(scope="module")
def lived(start):
    return live_through(SMALL, start)


def test_a_run_lived_week_by_week_is_the_run_lived_at_once(start, lived):
    whole = run(SMALL, 1, start=start)
    assert lived.record.tally.tobytes() == whole.recorder.tally.tobytes()
    assert lived.record.snapshot.tobytes() == whole.recorder.snapshot.tobytes()
    assert np.array_equal(lived.states[STATES.index("safety"), -1], as_bytes(whole.cohort.person["safety"]))


def test_what_is_sent_unpacks_to_what_was_lived(lived):
    sent = np.frombuffer(gzip.decompress(base64.b64decode(lived.packed)), np.uint8)
    parts = [*lived.states, lived.acts, lived.quality, lived.spots]
    at = 0
    for part in parts:
        steps = sent[at : at + part.size].reshape(part.shape)
        assert np.array_equal(np.cumsum(steps, axis=0, dtype=np.uint8), part)
        at += part.size
    assert at == sent.size


def test_what_people_did_adds_up_to_the_record(lived):
    spoke = ((lived.acts & SPOKE) > 0).sum(axis=1)
    voiced = lived.record.tally["voiced"][:, 0]
    assert spoke.sum() > 20
    assert np.all((spoke == 0) == (voiced == 0))
    assert np.all(spoke <= voiced)
    filled = ((lived.acts & VACANT) == 0).sum(axis=1)
    assert np.array_equal(filled, lived.record.snapshot["n_filled"][:, 0])
    assert np.array_equal(((lived.acts & ABSENT) > 0).sum(axis=1), lived.record.snapshot["n_absent"][:, 0])


def test_the_colours_of_teams_are_the_spots_of_the_record(lived):
    bright = ((lived.spots & 1) > 0).mean(axis=1)
    assert np.allclose(bright, lived.record.snapshot["bright_share"][:, 0])


def test_changing_levers_from_a_week_on_leaves_the_weeks_before_as_they_were(start, lived):
    from civicsim.app.state import with_lever

    changed = live_through(with_lever(SMALL, "fear", 1.0, week=40), start)
    assert np.array_equal(changed.states[:, :40], lived.states[:, :40])
    assert np.array_equal(changed.acts[:40], lived.acts[:40])
    assert not np.array_equal(changed.states[:, 40:], lived.states[:, 40:])


def test_a_run_that_nobody_waits_for_is_given_up(start):
    asked = []

    def stop():
        asked.append(1)
        return len(asked) > 3

    with pytest.raises(Superseded):
        live_through(SMALL, start, stop)
    assert len(asked) == 4


def test_everybody_stands_in_a_place_of_their_own_near_their_team(start):
    scene = arrange(start)
    places = set(zip(scene.x.tolist(), scene.y.tolist(), strict=True))
    assert len(places) == len(scene.x)
    assert scene.x.min() > 0
    assert scene.y.min() > 0
    assert scene.x.max() < WIDTH
    assert scene.y.max() < HEIGHT
    for i in np.flatnonzero(scene.role == STAFF):
        x, y, radius, _ = scene.teams[scene.team[i]]
        assert np.hypot(scene.x[i] - x, scene.y[i] - y) <= radius + 1


@pytest.mark.parametrize("n", [1, 2, 7, 29, 200])
def test_a_grid_has_room_for_all(n):
    columns, rows = grid(n, 1600.0, 900.0)
    assert (columns * rows) >= n > columns * (rows - 1)


def test_a_story_says_what_somebody_raised_and_what_came_of_it(lived):
    items = [item for person in np.flatnonzero(lived.scene.role == STAFF) for item in items_of(lived, int(person))]
    items = [item for item in items if item.raised >= 0]
    assert {"acted", "explained", "silence"} <= {item.outcome for item in items}
    for item in items:
        assert lived.acts[item.raised, item.person] & SPOKE
        if item.answered is not None:
            assert item.answered >= item.raised
    waited = next(item for item in items if item.outcome == "explained" and item.answered > item.raised)
    weeks = waited.answered - waited.raised
    assert item_text(waited, 79) == f"spoke up; waited {weeks} week{'s' if weeks > 1 else ''}; explained"
    assert item_text(waited, waited.raised) == "spoke up; waiting for an answer"


def test_a_story_does_not_know_the_future(lived):
    person = int(np.argmax(((lived.acts & SPOKE) > 0).sum(axis=0)))
    for week in (0, 30, 79):
        story = person_story(lived, person, week)
        assert all(line["week"] <= week for line in story["lines"])
        assert story["now"].startswith(("Now: ", "The post is empty"))
    assert person_story(lived, person, 79)["lines"]


def test_everybody_has_a_name_and_every_team_a_story(lived):
    names = [name_of(lived, person) for person in range(len(lived.scene.x))]
    staff = [name for name, role in zip(names, lived.scene.role, strict=True) if role == STAFF]
    assert len(set(staff)) == len(staff)
    assert "Chief executive" in names
    for team in range(5):
        story = team_story(lived, team, 50)
        assert story["title"] == f"Team {team + 1}"
        assert "posts" in story["now"]


def test_people_who_are_new_have_not_been_silent_before(lived):
    newcomers = np.argwhere(lived.acts & NEW)
    assert len(newcomers)
    for week, person in newcomers[:20]:
        assert "Spoke up in 0" not in person_story(lived, int(person), int(week))["sum"]


def test_what_came_of_items_is_told_apart(lived):
    came = lived.acts & SILENCE
    assert {0, 2, 4, 6} == set(np.unique(came).tolist())


# -- ideas that travel -------------------------------------------------------------------------------------------------


def a_week(changes, week=50, known=True):
    """Return what five teams, all tied to one another, took over: each change is (team, before, after) of one practice."""
    before = np.zeros((5, 1), record_type(PRACTICE))
    before["adopted_week"] = LONG_AGO
    for team, was, _ in changes:
        for name, value in was.items():
            before[name][team] = value
    after = before.copy()
    for team, _, now in changes:
        after["previous"][team] = before["value"][team]
        for name, value in now.items():
            after[name][team] = value
    adopted = (after["adopted_week"] >= week) & (after["value"] != before["value"])
    ties = np.zeros((5, 4), record_type(NEIGHBOUR))
    for team in range(5):
        ties["team"][team] = [other for other in range(5) if other != team]
    return list(travels_of(week, before, after, adopted, ties["team"], np.array([4, -1, -1, -1, 0]), known))


NEWS = {"value": 1, "followed": 1, "adopted_week": 40, "origin": FROM_STAFF}
TAKEN = {"value": 1, "followed": 1, "adopted_week": 51, "origin": FROM_NEIGHBOURS}


def test_a_team_takes_over_what_it_saw_in_all_who_had_it_and_in_nobody_else():
    (travel,) = a_week([(0, {}, TAKEN), (1, NEWS, {}), (2, NEWS, {}), (3, NEWS | {"value": -1}, {})])
    assert (travel.week, travel.team, travel.dimension, travel.how, travel.sources) == (50, 0, 0, SEEN, (1, 2))


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (NEWS | {"adopted_week": 50 - NEWS_WEEKS - 1}, {}),
        (NEWS | {"origin": FROM_DIRECTIVE}, {}),
        (NEWS, {"value": 0, "followed": 0}),
        (NEWS, {"value": -1, "adopted_week": 50, "origin": FROM_DIRECTIVE}),
        (NEWS | {"value": -1}, TAKEN),
        ({}, NEWS | {"adopted_week": 50}),
    ],
    ids=["old", "ordered", "decayed this week", "overruled this week", "taken over this week", "own idea of this week"],
)
def test_what_is_no_news_when_teams_look_around_is_no_source(was, now):
    first = a_week([(0, {}, TAKEN), (1, NEWS, {}), (2, was, now)])[0]
    assert (first.team, first.sources) == (0, (1,))


def test_who_changes_after_having_been_looked_at_is_a_source_still():
    first, second = a_week([(0, {}, TAKEN), (1, NEWS, TAKEN | {"value": -1}), (2, NEWS | {"value": -1}, {})])
    assert (first.team, first.sources) == (0, (1,))
    assert (second.team, second.sources) == (1, (2,))


def test_a_pair_hands_on_from_one_to_the_other_and_a_trial_may_end_with_a_second_team():
    (handed,) = a_week([(0, {}, TAKEN | {"adopted_week": 50}), (1, NEWS, {})])
    assert (handed.how, handed.sources) == (HANDED_ON, (4,))
    own = NEWS | {"adopted_week": 50}
    (agreed,) = a_week([(0, {}, own), (3, {"idea_state": TRIAL}, own | {"idea_state": 0})])
    assert (agreed.team, agreed.how, agreed.sources) == (0, AGREED, (3,))
    # Two teams ended a trial in the same way: whose it was cannot be told.
    tried = ({"idea_state": TRIAL}, own | {"idea_state": 0})
    assert a_week([(0, {}, own), (2, *tried), (3, *tried)]) == []


def test_sources_are_not_named_where_ties_may_have_changed_before_teams_looked():
    (travel,) = a_week([(0, {}, TAKEN), (1, NEWS, {})], known=False)
    assert travel.sources == ()


def test_every_practice_taken_over_in_a_run_has_teams_that_had_it(lived):
    over = {
        (w, t, d) for w, t, d in np.argwhere(lived.adopted).tolist() if lived.origin[w, t, d] == FROM_NEIGHBOURS
    }  # fmt: skip
    assert over
    assert over == {(t.week, t.team, t.dimension) for t in lived.travels if t.how != AGREED}
    assert len(over) <= lived.record.tally["adopted_horizontal"][:, 0].sum()
    for t in lived.travels:
        assert t.sources
        assert t.team not in t.sources
        value = lived.value[t.week, t.team, t.dimension]
        assert all(lived.value[t.week - 1, source, t.dimension] == value for source in t.sources if t.how == SEEN)


def test_the_story_of_an_idea_leads_from_who_raised_it_to_who_took_it_over(lived):
    def told(team, d, week=79):
        return [line["text"] for line in idea_story(lived, team, d, week)["lines"]]

    travel = next(t for t in lived.travels if t.how == SEEN)
    source, d = travel.sources[0], travel.dimension
    assert any(f"team {travel.team + 1} took it over, having seen it here" in text for text in told(source, d))
    assert any("took over a way of working that it had seen in team" in text for text in told(travel.team, d))
    assert not any("took over" in text for text in told(travel.team, d, travel.week - 1))
    done = [
        item for team in range(5) for d in range(lived.value.shape[2]) for item in items_at(lived, team, d) if item.adopted
    ]  # fmt: skip
    assert done
    for item in done:
        end = f"adopted in week {item.settled + 1}"
        (text,) = [text for text in told(item.team, item.dimension, item.settled) if end in text]
        assert "taken up" in text
        assert end not in " ".join(told(item.team, item.dimension, item.settled - 1))


def test_stories_lead_to_ideas_and_back(lived):
    lines = [line for team in range(5) for line in team_story(lived, team, 79)["lines"] if line["go"]]
    assert lines
    for line in lines:
        team, d = divmod(line["go"]["row"], lived.value.shape[2])
        assert (team, d) == (line["go"]["team"], line["go"]["dimension"])
        story = idea_story(lived, team, d, 79)
        assert story["lines"]
        assert story["back"]["row"] == team
