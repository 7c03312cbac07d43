"""The event log: it adds up to the weekly tallies, no history breaks off, and a run is the same with and without it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import civicsim as cs
from civicsim.engine.compiled import compiled
from civicsim.engine.process import Process
from civicsim.errors import CivicsimError, ScenarioError
from civicsim.experiment.ideas import events_frame, trace
from civicsim.experiment.run import begin, burn_in
from civicsim.model.log import BREACH, EVENTS, KINDS, ROW, note
from civicsim.model.organisation import FATES as FATES_COUNTED
from civicsim.model.organisation import ORIGINS
from civicsim.model.recording import Recorder
from civicsim.model.simulating import advance
from civicsim.model.week import WEEK
from civicsim.scenario.shipped import styles

ACTIONS = ("launch", "install", "vacancy_wave", "pairing", "leader_exit", "many_directives")
LIVELY = {
    "partners__n": 20,
    "partners__idea_rate": 0.5,
    "levers__compact": 1.0,
    "levers__weight_observation": 1.0,
    "levers__weight_huddles": 1.0,
    "levers__weight_deliberation": 1.0,
    "levers__directive_rate": 0.8,
    "levers__authority": 0.6,
    "levers__fear": 0.6,
    "levers__forum_independence": 0.8,
    "levers__forum_budget": 1.0,
    "lifecycle__n_cycles": 2,
    "lifecycle__cycle_weeks": 2,
    "lifecycle__headspace_gain": 10.0,
    "response__patience": 26,
    "response__detriment": 0.4,
    "voice__guardian_appeal": -2.0,
    "voice__intercept": -1.0,
    "noticing__check_rate": 2.0,
    "spread__threshold": 0.1,
    "forum__hours_per_issue": 1.0,
    "forum__fixes_per_team": 5.0,
    "governing__reset_probability": 1.0,
    "governing__chief_exit_rate": 0.05,
}


def lively_scenario(style="status-quo", **changes):
    """Return a small scenario in which every kind of event happens."""
    events = [{"week": 3 + k, "name": name, "action": name, "size": 0.3} for k, name in enumerate(ACTIONS)]
    scenario = cs.Scenario.from_dict({"style": style, "interventions": events})
    sizes = {"n_teams": 8, "team_size": 8, "teams_per_division": 3, "n_executives": 2, "burn_in_weeks": 30, "weeks": 40}
    return scenario.with_(**(sizes | LIVELY | changes))


@pytest.fixture(scope="module")
def lively():
    """Four runs of a place where much happens."""
    return cs.run(lively_scenario(n_teams=12, weeks=156), 4, events=True)


# -- sums ------------------------------------------------------------------------------------------------------------


def counts(events):
    """Return what the tally counts, as rows of the log that it is the sum of."""
    kind, cause = events["event"], events["cause"]

    def of(event, *causes):
        return (kind == event) & (cause.isin(causes) if causes else True)

    by_staff = kind.isin(["voice", "takeover", "support"])
    adopted, fits = of("adoption"), events["fits"] == 1
    agreed, tried = (adopted & _follows(events, rows) for rows in (of("spread", "agreed"), of("trial", "won")))
    return {
        "voiced": by_staff,
        "joined": by_staff & (kind != "voice"),
        **{f"voiced_{name}": by_staff & (cause == name) for name in ("peers", "manager", "guardian")},
        "voiced_forum": of("proposal", "patients"),
        "observed": of("proposal", "managers"),
        "huddled": of("proposal", "team"),
        "brought": of("proposal", "partners"),
        "withheld_fear": of("withheld", "fear"),
        "withheld_futility": of("withheld", "futility"),
        "acted": of("answer", "acted on"),
        "explained": of("answer", "explained"),
        "silent": of("answer", "silence"),
        "acted_forum": of("answer", "granted"),
        "timed_out": of("drop", "timed out"),
        "lapsed": of("drop", "lapsed"),
        "detriments": of("detriment"),
        "deliberated": of("deliberation"),
        "ideas_rejected": of("deliberation", "rejected"),
        "directives": of("directive"),
        **{name.replace(" ", "_"): of("directive", name) for name in EVENTS["directive"]},
        "trials_begun": of("trial", "begun"),
        "trials_won": of("trial", "won"),
        "trials_lost": of("drop", "trial failed", "no consent"),
        "cycles_due": of("trial", "cycle missed", "cycle for", "cycle against"),
        "cycles_done": of("trial", "cycle for", "cycle against"),
        "adopted_vertical": adopted & ~tried & ~agreed & cause.isin(["directive", "programme"]),
        "adopted_local": tried | agreed,
        "adopted_horizontal": of("adoption", "neighbours"),
        "adopted_patients": tried & (cause == "patients"),
        "solved": tried & fits,
        "adopted_right": adopted & fits,
        "handed_on": of("spread", "handed on"),
        "leavers": of("exit", "turnover", "shock"),
        "hires": of("hire", "turnover"),
        "chiefs_left": of("exit", "succession"),
        **{fate: of(event) for event, fate in FATES.items()},
        **{(fate, origin): of(event, origin) for event, fate in FATES.items() for origin in ORIGINS},
        **{("adopted", origin): of("adoption", origin) for origin in ORIGINS},
        **{("right", origin): of("adoption", origin) & fits for origin in ORIGINS},
    }


FATES = {"replacement": "replaced", "decay": "decayed", "sustained": "sustained"}


def _follows(events, rows):
    """Return whether an event is about the same idea, in the same week, as one of some rows."""
    keys = pd.MultiIndex.from_frame(events[["seed", "idea", "week"]])
    return keys.isin(keys[rows])


def test_events_add_up_to_every_count_that_they_could(lively):
    assert_adds_up(lively)
    by_team = cs.run(lively_scenario(compact__level="team"), 1, events=True)
    assert_adds_up(by_team)
    events = pd.concat([lively.events(), by_team.events()])
    happened = set(zip(events["event"], events["cause"], strict=True))
    never = {
        *(("voice", "forum"), ("takeover", "forum"), ("support", "forum")),
        ("detriment", "peers"),
        ("detriment", "forum"),
        *((kind, "start") for kind in ("proposal", "endorsement", "adoption", "replacement", "decay", "sustained")),
        *((kind, "neighbours") for kind in ("proposal", "endorsement")),
        *((kind, "directive") for kind in ("proposal", "endorsement")),
        ("proposal", "staff"),
    }
    expected = {(kind, cause) for kind, causes in EVENTS.items() for cause in causes} - never
    rare = {(fate, origin) for fate in ("replacement", "sustained") for origin in ("managers", "partners")}
    assert expected - happened <= rare, expected - happened
    assert not happened & never


def assert_adds_up(result):
    """Compare the log with the tally, organisation by organisation and week by week."""
    events, record = result.events(), result.history
    now = events["week"].to_numpy() >= 0
    column = {key: k for k, key in enumerate(zip(record.organisation["seed"], record.organisation["key"], strict=True))}
    place = np.array([column[key] for key in zip(events["seed"], events["organisation"], strict=True)], dtype=int)
    wrong = {}
    for name, rows in counts(events).items():
        chosen = np.asarray(rows) & now
        found = np.zeros(record.tally.shape)
        np.add.at(found, (events["week"].to_numpy()[chosen], place[chosen]), 1)
        counted = (
            record.tally[name]
            if isinstance(name, str)
            else record.tally["changes"][..., FATES_COUNTED.index(name[0]), ORIGINS.index(name[1])]
        )
        if not (found == counted).all():
            wrong[name] = (found.sum(), counted.sum())
    assert wrong == {}


@settings(max_examples=15)
@given(
    st.sampled_from(sorted(styles())),
    st.integers(0, 2**40),
    st.integers(2, 7),
    st.integers(2, 12),
    st.integers(1, 3),
    st.booleans(),
)
def test_events_add_up_in_any_style_seed_and_size(style, seed, n_teams, team_size, n_organisations, across):
    scenario = lively_scenario(
        style,
        n_teams=n_teams,
        team_size=team_size,
        n_organisations=n_organisations,
        pairing__across=across,
        burn_in_weeks=12,
    )
    assert_adds_up(cs.run(scenario, [seed, seed + 1], events=True, threads=2))


# -- histories -------------------------------------------------------------------------------------------------------

STEPS = ("week_raised", "week_answered", "week_endorsed", "week_tried", "week_ended")


@pytest.mark.parametrize("style", ["status-quo", "civic-culture", "command", "compact"])
def test_every_adopted_idea_has_an_unbroken_history(style):
    """On the default kind of organisation, from the person who noticed it, or the team that had it before, to its end."""
    result = cs.run(cs.Scenario.preset(style).with_(weeks=78, burn_in_weeks=52), 1, events=True)
    events, ideas = result.events(), result.ideas()
    assert (ideas["idea"] == np.arange(len(ideas))).all()
    adopted = ideas[(ideas["outcome"] == "adopted") & (ideas["week_raised"] >= 0)]
    raised = adopted[adopted["origin"].isin(["staff", "team"]) & (adopted["channel"] != "")]
    assert len(raised) > 5
    weeks = raised[list(STEPS)]
    assert weeks.notna().all(axis=None)
    assert (weeks.astype(int).diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)
    assert (raised["person"] >= 0).all()
    assert (result.cohort.person["team"][raised["person"]] == raised["team"]).all()
    for idea in adopted.itertuples():
        told = events[events["idea"] == idea.idea]
        assert set(zip(told["team"], told["dimension"], strict=True)) == {(idea.team, idea.dimension)}
        kinds = told["event"].tolist()
        assert kinds.count("adoption") == 1
        assert kinds[0] in {"voice", "proposal", "spread", "adoption"}
        if idea.channel:
            first = told.iloc[0]
            lead = told[told["event"].isin(["voice", "takeover"])].iloc[-1]
            assert (first["event"], first["week"], lead["person"]) == ("voice", idea.week_raised, idea.person)
            assert kinds.count("support") + kinds.count("takeover") == idea.supporters
        if idea.origin == "neighbours":
            had = ideas.iloc[[k for k in idea.sources if k >= 0]]
            assert len(idea.sources) == kinds.count("spread") > 0
            assert set(told.loc[told["event"] == "spread", "source"]) >= set(had["team"])
            assert (had["dimension"] == idea.dimension).all()
            assert (had["value"] == idea.value).all()
            assert (had["outcome"] == "adopted").all()
            assert (had["week_ended"] < idea.week_ended).all()
            root = ideas.iloc[idea.root]
            assert root["origin"] != "neighbours" or root["week_raised"] < 0
        else:
            known = [k for k in idea.sources if k >= 0]
            assert idea.root == (ideas["root"][known[0]] if known else idea.idea)


def test_fates_are_those_of_the_practice_that_stood(lively):
    ideas = lively.ideas()
    settled = ideas[ideas["fate"] != ""]
    assert set(settled["fate"]) == {"replaced", "decayed", "sustained"}
    assert (settled["outcome"] == "adopted").all()
    assert (settled["week_settled"] >= settled["week_ended"]).all()
    stood = settled.loc[settled["fate"] == "sustained"]
    assert (stood["week_settled"] - stood["week_ended"]).between(52, 53).all()
    for (_, team, d), slot in ideas[ideas["outcome"] == "adopted"].groupby(["seed", "team", "dimension"]):
        ends = slot.sort_values(["week_ended", "idea"])
        replaced = ends["week_settled"].where(ends["fate"] == "replaced").dropna()
        assert replaced.isin(ends["week_ended"]).all(), (team, d)


def test_a_team_sees_all_recent_changes_of_its_neighbours_and_no_others():
    """Worked out anew, from neighbours and adoptions: a change is news from the week after it was made, for 26 weeks."""
    scenario = lively_scenario("civic-culture", weeks=120, n_teams=10, lifecycle__decay_base=0.0, interventions=())
    cohort = begin(burn_in(scenario, 4), scenario)
    recorder = Recorder(cohort, scenario.weeks, events=True)
    neighbours = {}
    for week in range(scenario.weeks):
        for t, others in enumerate(cohort.neighbour["team"]):
            seed, first = cohort.organisation[["seed", "first_team"]][cohort.team["organisation"][t]]
            neighbours[seed, week, t - first] = {other - first for other in others if other >= 0}
        advance(cohort, 1, recorder=recorder)
    events = events_frame(cohort, recorder.log.rows)
    standing, ages, checked = {}, set(), 0
    for seed, rows in events[events["event"].isin(["spread", "adoption", "decay", "sustained"])].groupby("seed"):
        standing = {}
        for week, now in rows.groupby("week"):
            seen = now[(now["event"] == "spread") & (now["cause"] == "seen")]
            found = seen.groupby(["team", "dimension"])["source"].agg(set)
            # What was taken over in the last week before the log began holds from week 0 on, and the log does not know.
            for (team, d), sources in found.items() if week > 26 else ():
                value = seen[(seen["team"] == team) & (seen["dimension"] == d)]["value"].iloc[0]
                others = neighbours[seed, week, team]
                news = {o: standing.get((o, d), (-999, 0, "")) for o in others}
                # Decided this week, before teams looked around: no longer what stood.
                before = now.loc[: seen.index[0] - 1]
                gone = set(before.loc[before["dimension"] == d, "team"])
                expected = {
                    o
                    for o, (since, v, origin) in news.items()
                    if v == value and 1 <= week - since <= 26 and origin != "directive" and o not in gone
                }
                assert sources == expected, (seed, week, team, d)
                ages |= {week - news[o][0] for o in sources}
                checked += 1
            for event in now.itertuples():
                key = (event.team, event.dimension)
                if event.event == "adoption":
                    later = event.idea >= 0 and event.cause == "neighbours" and key in found.index
                    standing[key] = (week + later, event.value, event.cause)
                elif event.event in ("decay", "sustained"):
                    standing.pop(key, None)
    assert checked > 30
    assert {1, 26} <= ages


def test_a_team_that_copies_a_neighbour_has_seen_one():
    scenario = lively_scenario(spread__form="neutral", spread__copying_rate=0.1, pairing__enabled=False)
    result = cs.run(scenario, seeds=1, events=True)
    events = result.events()
    seen = events[(events["event"] == "spread") & (events["cause"] == "seen")]
    # What had been copied before the run stands at the beginning of the log.
    copied = events[(events["event"] == "adoption") & (events["cause"] == "neighbours") & (events["week"] > 0)]
    key = ["week", "team", "dimension", "value"]
    assert len(seen) > 100
    assert set(seen["value"]) == {-1, 0, 1}
    assert seen[key].to_numpy().tolist() == copied[key].to_numpy().tolist()
    assert (seen["source"] != seen["team"]).all()


def told(*events):
    """Return the ideas of a log written by hand: week, team, event, cause and, where there is one, the source."""
    rows = np.zeros(len(events), ROW)
    for row, (week, team, kind, cause, *source) in zip(rows, events, strict=True):
        row["week"], row["team"], row["kind"] = week, team, KINDS.index(kind)
        row["cause"], row["source"], row["person"] = EVENTS[kind].index(cause), (source or [-1])[0], -1
    return trace(rows)[0]


def test_a_source_is_what_the_team_did_when_others_looked():
    first, own, taken = told(
        (1, 0, "adoption", "directive"),
        (2, 0, "replacement", "directive"),
        (2, 0, "adoption", "neighbours"),
        (2, 1, "spread", "seen", 0),
        (2, 1, "adoption", "neighbours"),
    )
    assert (first.fate, own.before, taken.sources) == ("replaced", first.number, ((0, first.number),))


def test_after_a_decay_a_team_does_what_it_did_before():
    older, _, taken = told(
        (1, 0, "adoption", "directive"),
        (3, 0, "replacement", "directive"),
        (3, 0, "adoption", "programme"),
        (5, 0, "decay", "programme"),
        (7, 1, "spread", "handed on", 0),
        (7, 1, "adoption", "neighbours"),
    )
    assert taken.sources == ((0, older.number),)
    decayed, taken = told(
        (1, 0, "adoption", "directive"),
        (5, 0, "decay", "directive"),
        (7, 1, "spread", "handed on", 0),
        (7, 1, "adoption", "neighbours"),
    )
    assert (decayed.fate, taken.sources) == ("decayed", ((0, -1),))


# -- what it costs, and what it changes --------------------------------------------------------------------------------


def test_a_run_is_the_same_with_and_without_a_log_and_for_any_number_of_threads():
    scenario = lively_scenario(n_organisations=2)
    start = burn_in(scenario, 4)
    plain = cs.run(scenario, 4, start=start)
    alone, together = (cs.run(scenario, 4, start=start, events=True, threads=threads) for threads in (1, 2))
    for result in (alone, together):
        assert result.cohort.state_bytes() == plain.cohort.state_bytes()
        assert result.recorder.tally.tobytes() == plain.recorder.tally.tobytes()
    assert alone.recorder.log.rows.tobytes() == together.recorder.log.rows.tobytes()
    first = cs.run(scenario, 1, events=True)
    pd.testing.assert_frame_equal(first.ideas(), alone.ideas().query("seed == 1"))
    pd.testing.assert_frame_equal(first.events(), alone.events().query("seed == 1"))


def test_another_order_of_processes_is_logged_like_the_week(lively):
    """Process by process in Python, or many weeks in one compiled call."""
    scenario = lively_scenario(n_teams=12, weeks=156)

    def nothing(cohort, first, last):
        assert cohort.log.shape[1] == 8

    watched = (*WEEK, Process("watch", "Looks at the log.", act=nothing))
    slow = cs.run(scenario, 4, processes=watched, events=True)
    assert slow.recorder.log.rows.tobytes() == lively.recorder.log.rows.tobytes()


@compiled
def _flood(first, last, log, organisation):
    for o in range(first, last):
        for _ in range(1_000_000):
            note((log, organisation[o].first_team, -1), BREACH, 0)


def test_a_process_of_ones_own_can_write_but_more_than_there_is_room_for_is_an_error():
    flood = Process("flood", "Writes a million events.", kernels=(_flood,))
    with pytest.raises(CivicsimError, match=r"event log: [\d,]+ events in week 0; there is room for"):
        cs.run(lively_scenario(burn_in_weeks=0), 1, processes=(*WEEK, flood), events=True)


def test_what_was_not_logged_cannot_be_shown():
    result = cs.run(lively_scenario(weeks=2), 1)
    for show in (result.events, result.ideas, result.people, result.network):
        with pytest.raises(ValueError, match=r"run\(…, \w+="):
            show()


# -- people and networks in chosen weeks -----------------------------------------------------------------------------


def test_people_and_networks_are_those_of_the_chosen_weeks():
    scenario = lively_scenario(n_organisations=2, tie_outside=0.3)
    start = burn_in(scenario, 2)
    result = cs.run(
        scenario, 2, start=start, people={"columns": ["safety", "vacant"], "every": 13}, network={"weeks": [40, 0]}
    )
    people, network = result.people(), result.network()
    assert people["week"].unique().tolist() == [0, 13, 26, 39]
    assert network["week"].unique().tolist() == [0, 40]
    plain = cs.run(scenario, 2, start=start)
    assert result.cohort.state_bytes() == plain.cohort.state_bytes()
    begun = people[people["week"] == 0]
    np.testing.assert_array_equal(begun["safety"], start.person["safety"])
    at_13 = cs.run(scenario.with_(weeks=13), 2, start=start).cohort
    np.testing.assert_array_equal(people.loc[people["week"] == 13, "safety"], at_13.person["safety"])
    end = network[network["week"] == 40]
    assert len(end) == (plain.cohort.ties >= 0).sum() / 2
    assert (end["organisation"] != end["other_organisation"]).any()
    first = start.organisation["first_person"]
    here = {(s, o): row for s, o, row in zip(start.organisation["seed"], start.organisation["key"], first, strict=True)}
    for tie in end.itertuples():
        one = here[tie.seed, tie.organisation] + tie.person
        other = here[tie.seed, tie.other_organisation] + tie.other
        assert other in plain.cohort.ties[one]
        assert one in plain.cohort.ties[other]


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"people": {"columns": ["safty"], "every": 13}}, "people: no column 'safty'; did you mean 'safety'?"),
        ({"people": {"column": ["safety"], "every": 13}}, "people: no key 'column'; did you mean 'columns'?"),
        ({"people": {"columns": ["safety"]}}, "people: expected either every"),
        ({"people": {"every": 13}}, "people: columns = \\[\\]: expected a list of columns"),
        ({"people": {"columns": "safety", "every": 13}}, "people: columns = 'safety': expected a list"),
        ({"people": 13}, "people = 13: expected a table with columns, every, weeks"),
        ({"network": {"weeks": [0, 41]}}, r"network: weeks = \[0, 41\]: expected a list of whole numbers from 0 to 40"),
        ({"network": {"weeks": [True]}}, "network: weeks"),
        ({"network": {"weeks": []}}, "network: weeks"),
        ({"network": {"every": 0}}, "network: every = 0: expected a whole number of weeks from 1"),
        ({"network": {"columns": ["safety"], "every": 1}}, "network: no key 'columns'"),
        ({"network": {"every": 1, "weeks": [1]}}, "network: expected either every"),
    ],
)
def test_a_request_that_cannot_be_met_states_why(request_, message):
    with pytest.raises(ScenarioError, match=message):
        cs.run(lively_scenario(), 1, **request_)
