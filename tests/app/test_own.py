"""A visitor's own organisation and policies, without a browser: read in memory, bounded, and nothing of the server's opened."""

import base64
import dataclasses
from importlib.resources import files

import numpy as np
import pytest

from civicsim.app import kept, own, work
from civicsim.app.pages import goal
from civicsim.app.state import START, preset, with_event, with_staff
from civicsim.app.turns import Superseded
from civicsim.calibration.own_survey import draws_for, fit_survey
from civicsim.errors import ScenarioError
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.text import Upload
from civicsim.study.analysis.goals import Goal
from civicsim.study.analysis.policies import find_policy

EXAMPLE = files("civicsim") / "staffing" / "example"
SMALL = Scenario.preset().with_(n_teams=2, team_size=10, weeks=26, burn_in_weeks=52)


def uploaded(name: str, content: bytes | str) -> Upload:
    data = content.encode() if isinstance(content, str) else content
    return own.upload_of(name, base64.b64encode(data).decode())


def example(name: str) -> Upload:
    return uploaded(name, (EXAMPLE / name).read_bytes())


def test_tables_become_teams_and_no_file_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    opened, usual = [], open

    def reading(file, mode="r", *more, **named):
        opened.extend([file] if set(mode) & set("wax+") else [])
        return usual(file, mode, *more, **named)

    for name in ("builtins.open", "io.open"):
        monkeypatch.setattr(name, reading)
    changed, found = own.import_own(START, example("staff.csv"), example("ties.csv"), None)
    assert changed.roster is not None
    assert changed.roster.n_staff == found.mapped.roster.n_staff == 85
    assert len(changed.roster.ties or ()) == len(found.kept.pairs) > 0
    assert list(tmp_path.iterdir()) == opened == []
    # Another table takes the place of the first, and the usual teams come back as they were.
    again, _ = own.import_own(changed, example("staff.csv"), None, None)
    assert again.roster.ties is None
    assert own.usual_teams(again) == START
    smaller = with_staff(START, 300)
    assert own.usual_teams(own.import_own(smaller, example("staff.csv"), None, None)[0], smaller) == smaller
    elsewhere = preset(kind="ambulance-service")
    assert own.usual_teams(own.import_own(elsewhere, example("staff.csv"), None, None)[0], smaller) == elsewhere
    assert own.usual_teams(START) is START


def test_names_of_people_are_in_no_scenario():
    changed, _ = own.import_own(START, example("staff.csv"), example("ties.csv"), None)
    text = changed.to_toml()
    people = [line.split(",")[0] for line in (EXAMPLE / "staff.csv").read_text().splitlines()[1:]]
    assert people
    assert not [name for name in people if f'"{name}"' in text]


def test_a_table_of_professions_translates(tmp_path):
    staff = (EXAMPLE / "staff.csv").read_text().replace("Matron", "Kahuna")
    with pytest.raises(ScenarioError, match=r"^s\.csv: column profession: 'Kahuna'"):
        own.import_own(START, uploaded("s.csv", staff), None, None)
    words = uploaded("p.csv", "name,profession\nKahuna,nurse\n")
    assert own.import_own(START, uploaded("s.csv", staff), None, words)[0].roster.n_staff == 85


def test_more_posts_than_the_page_computes_are_refused():
    rows = [f"p{k},ward {k // 20},nurse,chief" for k in range(4000)]
    table = uploaded("big.csv", "person,team,profession,manager\nchief,,manager,\n" + "\n".join(rows))
    with pytest.raises(ScenarioError, match="4,000 posts of staff, and the page computes 3,000"):
        own.import_own(START, table, None, None)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.csv", "x" * 2_000_000, "a.csv: is larger than 700 kB"),
        ("b.csv", "no base 64!", "b.csv: was damaged"),
        ("n" * 500, "!", "n{60}…: was damaged"),
    ],
)
def test_files_that_are_too_large_or_damaged_are_refused(name, data, words):
    with pytest.raises(ScenarioError, match=words):
        own.upload_of(name, data)


@pytest.mark.parametrize("name", ["ties.graphml", "ties.gexf"])
def test_graphs_and_workbooks_are_no_tables_of_the_page(name):
    with pytest.raises(ScenarioError, match="is a graph"):
        own.import_own(START, example("staff.csv"), uploaded(name, "<graphml/>"), None)
    with pytest.raises(ScenarioError, match="is a workbook"):
        own.import_own(START, uploaded("staff.xlsx", b"PK\x03\x04..."), None, None)


def test_a_scenario_file_comes_back_as_it_was_saved():
    changed = with_event(own.import_own(START, example("staff.csv"), None, None)[0].with_(fear=0.1), "surge", 30)
    assert own.read_scenario(uploaded("mine.toml", changed.to_toml())) == changed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('code = "/etc/passwd"', "does not execute"),
        ('code = "x.py"', "does not execute"),
        ('style = "/etc/hosts.toml"', "no shipped style '/etc/hosts.toml'"),
        ('kind = "../secret.toml"', "no shipped kind '../secret.toml'"),
        ('kind = "acute-trus"', "did you mean 'acute-trust'"),
        ('[[interventions]]\nname = "/etc/x.toml"\nweek = 3', "no shock or intervention '/etc/x.toml'"),
        ("weeks = -1", "weeks = -1"),
        ("fear = ", "not valid TOML"),
        ("[levers]\nfaer = 1", "did you mean"),
    ],
)
def test_a_scenario_file_opens_nothing_else_and_says_what_is_wrong(text, words, monkeypatch):
    def refuse(*given, **more):
        raise AssertionError(f"opened {given}")

    monkeypatch.setattr("civicsim.scenario.scenario.load_model", refuse)
    with pytest.raises(ScenarioError, match=words) as error:
        own.read_scenario(uploaded("mine.toml", text))
    assert str(error.value).startswith("mine.toml")
    assert "\n" not in str(error.value)


# -- organisations like the visitor's ------------------------------------------------------------------------------------


def test_policies_run_on_the_same_organisations_like_yours(monkeypatch):
    monkeypatch.setattr(work, "MANY", 6)
    fit = fit_survey({"safe": 58.0}, own.practice(SMALL), answers=10, draws=draws_for(SMALL)[:3], seeds=2, weeks=1)
    assert own.fits(fit, SMALL.with_(fear=0.9, weeks=52, seed=7))
    assert not own.fits(fit, SMALL.with_(n_teams=3))
    assert not own.fits(None, SMALL)
    policies = [own.practice(SMALL), SMALL.with_(fear=0.0)]
    before, after = own.batches_like_yours(fit, policies)
    assert before.seeds == after.seeds == tuple(seed for _, seed in fit.like_yours(6))
    assert not np.array_equal(before.last_year["psychological_safety"], after.last_year["psychological_safety"])
    same = own.batches_like_yours(fit, [policies[0]])[0]
    np.testing.assert_array_equal(before.last_year["psychological_safety"], same.last_year["psychological_safety"])


def test_progress_is_shown_by_the_per_cent_and_ends_what_is_not_wanted():
    shown, over = [], []
    report = own.counting(1000.0, lambda: bool(over), shown.append)
    for _ in range(100):
        report(5.0)
    assert len(shown) == 50
    assert shown[-1] == pytest.approx(0.5)
    over.append(True)
    with pytest.raises(Superseded):
        report(5.0)


def test_numbers_are_read_as_people_write_them():
    assert own.figures_of({"a": " 31,5 %".replace(" %", "%"), "b": "", "c": None, "d": 7}, "abcd") == {
        "a": 31.5,
        "d": 7.0,
    }
    with pytest.raises(ScenarioError, match="a = 'many': expected a number"):
        own.figures_of({"a": "many"}, "a")


# -- policies ------------------------------------------------------------------------------------------------------------


def test_policies_are_kept_without_their_organisation():
    policies = kept.keep((), with_event(with_event(SMALL.with_(fear=0.1), "surge", 5), "huddles", 8))
    policies = kept.keep(policies, SMALL.with_(style="compact"))
    assert [one.letter for one in policies] == ["A", "B"]
    # Removed and kept anew, a policy gets the letter that is free; a fourth one is not kept.
    policies = kept.keep(kept.keep(policies[1:], SMALL), SMALL.with_(fear=0.5))
    assert [one.letter for one in policies] == ["A", "B", "C"]
    assert kept.keep(policies, SMALL) == policies
    elsewhere = with_event(SMALL.with_(n_teams=5, seed=9), "crisis", 3)
    first = kept.keep((), with_event(with_event(SMALL.with_(fear=0.1), "surge", 5), "huddles", 8))[0].on(elsewhere)
    assert (first.structure, first.seed, first.levers.fear) == (elsewhere.structure, 9, 0.1)
    names = {event.name for event in first.interventions}
    # What happens is that of the organisation; what was decided is that of the policy.
    assert {"crisis", "huddles"} <= names
    assert "surge" not in names
    assert kept.practice_of(elsewhere).levers == elsewhere.habits


def test_goals_of_the_form_are_those_of_the_search():
    values = {field["name"]: field["value"] for field in goal.fields()}
    asked = goal.asked_of(values, SMALL)
    assert asked.goals == (
        Goal("survey_all_safe", "at least", 10.0, True),
        Goal("burnt_out_share", "at most", 0.0, True),
        Goal("minutes", "least"),
    )
    assert asked.pay is None
    assert "fear" in asked.levers
    down = goal.asked_of({**values, "ask2": "down", "value2": "2,5", "pay": "21.5"}, SMALL)
    assert down.goals[1] == Goal("burnt_out_share", "at most", -0.025, True)
    assert down.pay == 21.5


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"value1": ""}, "goal 1: by how much"),
        ({"measure1": "x"}, "goal 1: choose a measure"),
        ({"measure1": "none", "measure2": "none", "measure3": "none"}, "at least one goal"),
        ({"trials": 10_000}, "1 to 500 policies"),
        ({"pay": -1}, "pay from 0"),
    ],
)
def test_goals_that_cannot_be_searched_for_are_refused(change, words):
    values = {field["name"]: field["value"] for field in goal.fields()} | change
    with pytest.raises(ScenarioError, match=words):
        goal.asked_of(values, dataclasses.replace(SMALL))


def test_trials_and_answers_are_drawn_as_changes_within_the_picture():
    how = {"trials": 6, "seeds": 2, "fresh": 2, "draws": 0, "threads": 1}
    found = find_policy(["psychological_safety most"], SMALL, **how)
    drawing = goal.picture(found)
    width, height = drawing["size"]
    assert len(drawing["tried"]) == len(found.trials)
    assert [n for _, _, n, _ in drawing["answers"]] == list(range(1, len(found.answers) + 1))
    assert all(0 < x < width and 0 < y < height for x, y, *_ in (*drawing["tried"], *drawing["answers"]))
    # The first policy tried is current practice itself: no change, as its height says.
    changes = found.trials["psychological_safety"] - found.before["psychological_safety"]
    assert changes.iloc[0] == 0.0
    order = sorted(range(len(changes)), key=lambda k: -changes.iloc[k])
    heights = [drawing["tried"][k][1] for k in order]
    assert heights == sorted(heights)
    assert goal.picture(dataclasses.replace(found, goals=(Goal("minutes", "least"),))) == {}
