"""What is sent to the browser is the run itself, and stories tell what happened in it."""

import base64
import gzip
import re
from dataclasses import replace

import numpy as np
import pytest

from civicsim.app.chronicle import chronicle
from civicsim.app.history import ABSENT, BURNT, NEW, SILENCE, SPOKE, STATES, VACANT, Superseded, as_bytes, play_through
from civicsim.app.layout import HEIGHT, WIDTH, arrange, grid
from civicsim.app.pages.explore import label_of
from civicsim.app.stories import idea_story, idea_text, name_of, person_story, story_of, team_story
from civicsim.app.words import PATHS, content, topic
from civicsim.experiment.run import burn_in, run
from civicsim.model.log import KINDS
from civicsim.model.measures import MEASURES
from civicsim.model.organisation import FROM_NEIGHBOURS, STAFF
from civicsim.model.processes.events import Event
from civicsim.model.roster import Roster
from civicsim.scenario.scenario import Scenario

SMALL = Scenario.preset().with_(n_teams=5, team_size=9, n_executives=3, burn_in_weeks=26, weeks=80)
# In the run of this seed ideas travel in both ways, several times each: seen by neighbours, and agreed for all.
SEED = 9


@pytest.fixture(scope="module")
def start():
    return burn_in(SMALL, (SEED,))


@pytest.fixture(scope="module")
def played(start):
    return play_through(SMALL, start)


def test_a_run_week_by_week_is_the_run_at_once(start, played):
    whole = run(SMALL, (SEED,), start=start)
    assert played.record.tally.tobytes() == whole.recorder.tally.tobytes()
    assert played.record.snapshot.tobytes() == whole.recorder.snapshot.tobytes()
    assert np.array_equal(played.states[STATES.index("safety"), -1], as_bytes(whole.cohort.person["safety"]))


def test_ties_of_every_week_can_be_told(start, played):
    whole, n = run(SMALL, (SEED,), start=start), len(played.scene.x)
    assert np.array_equal(played.ties_in(SMALL.weeks - 1), whole.cohort.ties[:n])
    assert not np.array_equal(played.ties_in(0), whole.cohort.ties[:n])
    # A story names both ends of each tie, and a tie has its other end in another team.
    person = int(np.argmax((played.ties_in(40) >= 0).sum(axis=1)))
    pairs = story_of(played, {"kind": "person", "row": person, "week": 40})["ties"]
    assert {i for pair in pairs for i in pair} - {person} == {int(i) for i in played.ties_in(40)[person] if i >= 0}
    assert len({int(played.scene.team[i]) for i in pairs[0]}) == 2


def test_what_happened_is_read_off_the_run(start):
    surge = replace(SMALL, interventions=(Event(20, "surge", weeks=12, set={"events.demand_factor": 1.15}),))
    played = play_through(surge, start)
    told, weeks_told = chronicle(played), []
    assert (20, "Demand surge begins.") in told
    assert (32, "Demand surge ends.") in told
    labels = {MEASURES[name].label: name for name in PATHS}
    for week, text in told:
        for label, way, was, now, since in re.findall(
            r"^(.+?) (up|down) from (\d+) to (\d+) %.* since week (\d+)", text
        ):
            path = played.paths[labels[label]]
            assert [round(100 * path[int(since) - 1]), round(100 * path[week])] == [int(was), int(now)]
            assert (path[week] > path[int(since) - 1]) == (way == "up")
            weeks_told.append(week)
        for team in re.findall(r"^Team (\d+) takes over", text):
            assert any(i.how and i.ended == week and i.team == int(team) - 1 for i in played.ideas.values())
    assert weeks_told
    assert [week for week, _ in told] == sorted(week for week, _ in told)


def test_ideas_are_about_something_and_two_ways_differ():
    named = [content(d, value) for d in range(30) for value in (-1, 1)]
    assert len(set(named)) == 60
    assert topic(30) == "way of working 31"
    assert content(30, 1) == "way of working 31"


def test_what_is_sent_unpacks_to_the_run(played):
    sent = np.frombuffer(gzip.decompress(base64.b64decode(played.packed)), np.uint8)
    parts = [*played.states, played.acts, played.quality, played.spots]
    at = 0
    for part in parts:
        steps = sent[at : at + part.size].reshape(part.shape)
        assert np.array_equal(np.cumsum(steps, axis=0, dtype=np.uint8), part)
        at += part.size
    assert at == sent.size


def test_what_people_did_adds_up_to_the_record(played):
    spoke = ((played.acts & SPOKE) > 0).sum(axis=1)
    voiced = played.record.tally["voiced"][:, 0]
    assert spoke.sum() > 20
    assert np.all((spoke == 0) == (voiced == 0))
    assert np.all(spoke <= voiced)
    filled = ((played.acts & VACANT) == 0).sum(axis=1)
    assert np.array_equal(filled, played.record.snapshot["n_filled"][:, 0])
    assert np.array_equal(((played.acts & BURNT) > 0).sum(axis=1), played.record.snapshot["n_burnt_out"][:, 0])
    assert np.array_equal(((played.acts & ABSENT) > 0).sum(axis=1), played.record.snapshot["n_absent"][:, 0])


def test_the_colours_of_teams_are_the_spots_of_the_record(played):
    bright = ((played.spots & 1) > 0).mean(axis=1)
    assert np.allclose(bright, played.record.snapshot["bright_share"][:, 0])


def test_changing_levers_from_a_week_on_leaves_the_weeks_before_as_they_were(start, played):
    from civicsim.app.state import with_lever

    changed = play_through(with_lever(SMALL, "fear", 1.0, week=40), start)
    assert np.array_equal(changed.states[:, :40], played.states[:, :40])
    assert np.array_equal(changed.acts[:40], played.acts[:40])
    assert not np.array_equal(changed.states[:, 40:], played.states[:, 40:])


def test_a_run_that_no_one_waits_for_is_given_up(start):
    asked = []

    def stop():
        asked.append(1)
        return len(asked) > 3

    with pytest.raises(Superseded):
        play_through(SMALL, start, stop)
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


def test_a_story_tells_what_a_person_raised_and_its_outcome(played):
    ideas = [idea for idea in played.ideas.values() if idea.person >= 0 and idea.raised >= 0]
    assert {"acted on", "explained", "silence"} <= {idea.answer for idea in ideas}
    for idea in ideas:
        assert played.acts[idea.raised, idea.person] & SPOKE
        assert idea.answered >= idea.raised
    waited = next(idea for idea in ideas if idea.answer == "explained" and idea.answered > idea.raised)
    weeks = waited.answered - waited.raised
    assert (
        idea_text(waited, 79)
        == f"spoke up about {topic(waited.dimension)}; waited {weeks} week{'s' if weeks > 1 else ''}; explained"
    )
    assert idea_text(waited, waited.raised) == f"spoke up about {topic(waited.dimension)}; waiting for an answer"


def test_what_people_and_teams_did_is_what_the_log_tells(played):
    rows, weeks = played.events, np.arange(played.weeks)
    kind = np.array(KINDS)[rows["kind"]]
    spoke = set(zip(*np.nonzero(played.acts & SPOKE), strict=True))
    told = np.isin(kind, ["voice", "takeover", "support"]) & (rows["week"] >= 0)
    assert spoke == set(zip(rows["week"][told], rows["person"][told], strict=True))
    left = (kind == "exit") & (rows["week"] >= 0)
    assert (played.acts[rows["week"][left], rows["person"][left]] & VACANT)[
        rows["person"][left] < len(played.scene.x) - 1
    ].all()
    for team in range(5):
        for week in weeks[::7]:
            table = [i for i in played.ideas.values() if i.team == team and i.raised <= week < i.ended]
            assert len({i.dimension for i in table}) == len(table)


def test_a_story_does_not_know_the_future(played):
    person = int(np.argmax(((played.acts & SPOKE) > 0).sum(axis=0)))
    for week in (0, 30, 79):
        story = person_story(played, person, week)
        assert all(line["week"] <= week for line in story["lines"])
        assert story["now"].startswith(("Now: ", "The post is empty"))
    assert person_story(played, person, 79)["lines"]


def test_everyone_has_a_name_and_every_team_a_story(played):
    names = [name_of(played, person) for person in range(len(played.scene.x))]
    staff = [name for name, role in zip(names, played.scene.role, strict=True) if role == STAFF]
    assert len(set(staff)) == len(staff)
    assert "Chief executive" in names
    for team in range(5):
        story = team_story(played, team, 50)
        assert story["title"] == f"Team {team + 1}"
        assert "posts" in story["now"]


def test_a_picture_tells_the_posts_of_teams_of_different_sizes():
    uneven = SMALL.with_(roster=Roster(divisions=(2,), teams=((1, 2, 1, 1, 1), (0, 3, 1, 1, 0))), n_executives=1)
    short = replace(uneven, burn_in_weeks=1, weeks=1)
    assert "2 teams, 11 posts of staff;" in play_through(short, burn_in(short, (1,))).about
    assert label_of(short).endswith(", 2 teams of 5 to 6")


def test_people_who_are_new_have_not_been_silent_before(played):
    newcomers = np.argwhere(played.acts & NEW)
    assert len(newcomers)
    for week, person in newcomers[:20]:
        assert "Spoke up in 0" not in person_story(played, int(person), int(week))["sum"]


def test_the_weeks_of_someone_new_are_counted_from_the_week_of_joining(played):
    last, counts = played.weeks - 1, []
    hired = played.events[played.events["kind"] == KINDS.index("hire")]
    for person in range(len(played.scene.x)):
        joined = hired["week"][hired["person"] == person]
        words = person_story(played, person, last)["sum"]
        if len(joined) and joined[-1] >= 0 and " of " in words:
            counts.append((int(re.search(r"of (\d+)", words)[1]), last - int(joined[-1]) + 1))
    assert len(counts) > 5
    assert [one for one, _ in counts] == [weeks for _, weeks in counts]


def test_the_three_outcomes_are_told_apart(played):
    came = played.acts & SILENCE
    assert {0, 2, 4, 6} == set(np.unique(came).tolist())


# -- ideas that travel -------------------------------------------------------------------------------------------------


def test_every_practice_taken_over_in_a_run_has_teams_that_had_it(played):
    over = [idea for idea in played.ideas.values() if idea.how]
    assert (
        len([idea for idea in over if idea.origin == FROM_NEIGHBOURS])
        == played.record.tally["adopted_horizontal"].sum()
    )
    assert {"seen", "agreed"} == {idea.how for idea in over}
    for idea in over:
        sources = played.sources_of(idea)
        assert sources
        assert idea.team not in sources
        assert played.value[idea.ended, idea.team, idea.dimension] == idea.value
        before = idea.ended - (idea.how == "seen")
        assert all(played.value[before, source, idea.dimension] == idea.value for source in sources)
    sent = played.payload("run", "")["travels"]
    assert sent == [[idea.ended, idea.team, idea.dimension, played.sources_of(idea)] for idea in over]


def test_the_story_of_an_idea_leads_from_who_raised_it_to_who_took_it_over(played):
    def told(team, d, week=79):
        return [line["text"] for line in idea_story(played, team, d, week)["lines"]]

    travel = next(idea for idea in played.ideas.values() if idea.how == "seen")
    source, d = played.sources_of(travel)[0], travel.dimension
    assert any(f"team {travel.team + 1} took it over, having seen it here" in text for text in told(source, d))
    assert any("took over a way of working that it had seen in team" in text for text in told(travel.team, d))
    assert not any("took over" in text for text in told(travel.team, d, travel.ended - 1))
    done = [idea for idea in played.ideas.values() if idea.outcome == "adopted" and idea.tried < idea.ended]
    assert done
    for idea in done:
        end = f"adopted in week {idea.ended + 1}"
        (text,) = [text for text in told(idea.team, idea.dimension, idea.ended) if end in text]
        assert "taken up" in text
        assert end not in " ".join(told(idea.team, idea.dimension, idea.ended - 1))


def test_stories_lead_to_ideas_and_back(played):
    lines = [line for team in range(5) for line in team_story(played, team, 79)["lines"] if line["go"]]
    assert lines
    for line in lines:
        team, d = divmod(line["go"]["row"], played.value.shape[2])
        assert (team, d) == (line["go"]["team"], line["go"]["dimension"])
        story = idea_story(played, team, d, 79)
        assert story["lines"]
        assert story["back"]["row"] == team
