"""A study file is small, without repetition, and mistakes are one line that names file, key, range and nearest name."""

import numpy as np
import pandas as pd
import pytest
from studies import small_study

from civicsim.cli.files import filled
from civicsim.errors import ScenarioError
from civicsim.scenario.scenario import Scenario
from civicsim.study.design.study import Study
from civicsim.study.design.summaries import Summary, read_columns

SMALLEST = 'question = "Why?"\nstyles = ["status-quo", "compact"]\nseeds = 5\nweeks = 52\n'


def mistake(tmp_path, text):
    path = tmp_path / "study.toml"
    path.write_text(text)
    with pytest.raises(ScenarioError) as caught:
        Study.read(path)
    message = str(caught.value)
    assert message.count("\n") == 0
    assert message.startswith(str(path)), message
    return message.removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    "text", ["styles = ['{}']", "design = '{}'", "{} = 3", "[factors]\n{} = [1]", "baseline = '{} {}'"]
)
def test_what_is_wrong_is_named_in_a_few_words_however_long_it_is(tmp_path, text):
    own = SMALLEST.replace('styles = ["status-quo", "compact"]\n', "") if text.startswith("styles") else SMALLEST
    message = mistake(tmp_path, own + text.replace("{}", "x" * 5_000))
    assert "xxx" in message
    assert len(message) < 600


def test_arrays_make_the_same_study_and_the_same_file_as_lists():
    fear = [0.0, 0.5, 1.0]
    same = small_study(factors={"fear": fear, "n_teams": [2, 3]}, seeds=[1, 2], matters={"load": 0.1})
    for kind in (np.array, pd.Series):
        given = {"fear": kind(fear), "n_teams": list(kind([2, 3]))}
        found = small_study(
            factors=given, seeds=kind([1, 2]), styles=kind(list(same.styles)), matters={"load": np.float64(0.1)}
        )
        assert found.to_toml() == same.to_toml()
        assert found.points.equals(same.points)


def test_question_styles_seeds_and_weeks_are_enough(tmp_path):
    (tmp_path / "study.toml").write_text(SMALLEST)
    study = Study.read(tmp_path / "study.toml")
    assert (study.n_runs, study.seed_numbers) == (10, (1, 2, 3, 4, 5))
    assert study.scenario(1) == Scenario.preset("compact").with_(weeks=52)
    assert len(study.protocol.columns) > 100


def test_the_template_is_a_study_as_it_stands_and_with_all_its_comments_taken_away(tmp_path):
    (tmp_path / "study.toml").write_text(filled("study.toml"))
    assert Study.read(tmp_path / "study.toml").n_runs == 60
    (tmp_path / "my-trust.toml").write_text("weeks = 260\n")
    (tmp_path / "mine.py").write_text("MEASURES = []")
    lines = [
        line.removeprefix("# ") if " = " in line or line.startswith("# [") else line
        for line in filled("study.toml").splitlines()
    ]
    whole = (
        "\n".join(lines).replace("draws = 100", "draws = 3").replace('method = "grid"', 'method = "latin-hypercube"')
    )
    (tmp_path / "study.toml").write_text(whole)
    study = Study.read(tmp_path / "study.toml")
    assert len(study.points) == 2 * 64 * 3 * 2
    assert study.rule is not None


def test_mistakes_are_one_line(tmp_path):
    cases = [
        (SMALLEST + "sedes = 3\n", "no key 'sedes'; did you mean 'seeds'?"),
        (SMALLEST.replace('"Why?"', '""'), "question: expected a sentence with the question that the study answers"),
        (SMALLEST.replace("compact", "compct"), "no style 'compct'; did you mean 'compact'?"),
        (
            SMALLEST.replace("seeds = 5", "seeds = 0"),
            "seeds = 0: expected a number of seeds, or different whole numbers from 0",
        ),
        (SMALLEST.replace("52", "0"), "weeks = 0: expected a whole number from 1 to 5200"),
        (SMALLEST + "[factors]\nfeer = [0.1]\n", "factors: no parameter 'feer'; did you mean 'fear'?"),
        (SMALLEST + "[factors]\nfear = [0.1, 1.5]\n", "factors: [levers] fear = 1.5: expected a number from 0 to 1"),
        (SMALLEST + "[factors]\nfear = [0.1, 0.1]\n", "factors: fear = [0.1, 0.1]: a value is there twice"),
        (
            SMALLEST + "[factors]\nweeks = [52, 104]\n",
            "factors: weeks is set for the whole study, at the top of the file",
        ),
        (
            SMALLEST + "[factors]\nfear = { low = 0.5, high = 0.1 }\n[design]\nmethod = 'morris'\n",
            "factors: levers.fear: low = 0.5 is not below high = 0.1",
        ),
        (
            SMALLEST + "[factors]\nfear = 'full'\n",
            'factors: levers.fear is a range: expected a list of values, or [design] method = "latin-hypercube", "sobol" or "morris"',
        ),
        (
            SMALLEST + "[factors]\nfear = 'full'\n[design]\nmethod = 'sobol'\nn = 10\n",
            "[design] n = 10: expected a power of 2, such as 64, for a Sobol' design",
        ),
        (SMALLEST + "[design]\nmethod = 'gird'\n", "[design] method = 'gird'; did you mean 'grid'?"),
        (SMALLEST + "measures = ['trsut']\n", "measures: no measure 'trsut'; did you mean 'trust'?"),
        (
            SMALLEST + "summaries = ['last']\n",
            "summaries: summary 'last': expected 'last N', 'all', 'weeks A-B', 'lowest N' or 'highest N'",
        ),
        (
            SMALLEST + "summaries = ['weeks 0-52']\n",
            "summaries: summary 'weeks 0-52': expected weeks from 0 to 51, the first one first",
        ),
        (SMALLEST + "baseline = 'command'\n", "baseline = 'command'; valid names: compact, status-quo"),
        (
            SMALLEST + "[precision]\nhalf_width = { trsut = 0.1 }\n",
            "[precision] half_width: no column 'trsut'; did you mean 'trust'?",
        ),
        (
            SMALLEST + "[precision]\nhalf_width = { trust = 0.1 }\nlimit = 3\n",
            "[precision] limit = 3: expected a whole number from 5 to 100000",
        ),
        (SMALLEST + "[matters]\ntrust = -1\n", "matters: trust = -1: expected a number from 0"),
        (SMALLEST + "[better]\ntrsut = 'higher'\n", "better: no measure 'trsut'; did you mean 'trust'?"),
        (SMALLEST + "[better]\nload = 'lowr'\n", "better: load = 'lowr'; did you mean 'lower'?"),
        (SMALLEST + "[better]\ntrust = 'lower'\n", "better: trust = 'lower': higher is better by the measure itself"),
        (
            SMALLEST + "[shocks]\na = [{ name = 'surg', week = 3 }]\n",
            "shocks: a: [[interventions]] 1: no shock or intervention 'surg'; did you mean 'surge'?",
        ),
        (SMALLEST + "kind = 'acute-trsut'\n", "no kind 'acute-trsut'; did you mean 'acute-trust'?"),
        (SMALLEST + "styles = [", "is not valid TOML: Invalid value (at end of document)"),
    ]
    wrong = [(expected, found) for text, expected in cases if (found := mistake(tmp_path, text)) != expected]
    assert wrong == []


def test_a_study_written_as_toml_is_the_same_study(tmp_path):
    better, kept = {"incident_rate": "lower"}, ["trust", "incident_rate"]
    study = small_study(
        title="T",
        measures=kept,
        matters={"trust": 0.01},
        better=better,
        precision={"half_width": {"trust": 0.2}, "limit": 9},
    )
    (tmp_path / "study.toml").write_text(study.to_toml())
    again = Study.read(tmp_path / "study.toml")
    assert again.protocol.digest == study.protocol.digest
    assert (again.title, again.seed_numbers, again.rule, again.matters, again.better) == (
        study.title,
        study.seed_numbers,
        study.rule,
        study.matters,
        better,
    )


def test_scenarios_from_python_stand_for_styles():
    one, two = Scenario().with_(title="One", weeks=3), Scenario().with_(title="Two", fear=0.1, weeks=3)
    study = Study(question="q", styles=[one, two], seeds=[4, 7])
    assert study.points["style"].tolist() == ["One", "Two"]
    assert study.scenario(1).levers.fear == 0.1
    assert "One" in study._repr_html_() or "q" in study._repr_html_()
    assert (len(study), study.seed_numbers) == (4, (4, 7))


def test_summaries_pick_their_weeks():
    from civicsim.experiment.run import run
    from civicsim.model.measures import MEASURES

    history = run(Scenario().with_(n_teams=1, team_size=4, n_executives=1, weeks=9, burn_in_weeks=1), 2).history
    weekly = MEASURES["load"].weekly(history)
    expected = {
        "last 4": weekly[-4:].mean(axis=0),
        "all": weekly.mean(axis=0),
        "weeks 2-3": weekly[2:4].mean(axis=0),
        "lowest 1": weekly.min(axis=0),
        "highest 1": weekly.max(axis=0),
        "last 99": weekly.mean(axis=0),
        "highest 3": max(weekly[k : k + 3].mean(axis=0)[0] for k in range(7)),
    }
    for text, values in expected.items():
        assert Summary(text).of(MEASURES["load"], history)[0] == pytest.approx(
            values if isinstance(values, float) else values[0]
        )


def test_the_first_summary_has_the_name_of_its_measure():
    from civicsim.model.measures import MEASURES

    columns = read_columns({"load": ["last 52", "highest 13"], "trust": "all"}, ["last 52"], MEASURES, 60, "test")
    assert [column.name for column in columns] == ["load", "load__highest_13", "trust__all"]


def test_the_name_of_a_setting_is_a_text_that_no_other_one_has(tmp_path):
    runs = 'fear = 0.1\n[[runs]]\nname = "low"\nfear = 0.2\n'
    cases = {
        f"[[runs]]\nname = 3\n{runs}": "[[runs]] 1: name = 3: expected text",
        f'[[runs]]\nname = " "\n{runs}': "[[runs]] 1: name = '': expected a name in words",
        f'[[runs]]\nname = "low"\n{runs}': "[[runs]] 2: name = 'low': is there twice",
    }
    assert {text: mistake(tmp_path, SMALLEST + text) for text in cases} == cases
    (tmp_path / "study.toml").write_text(f"{SMALLEST}[[runs]]\n{runs}")
    named = Study.read(tmp_path / "study.toml")
    assert named.protocol.digest == named.with_(runs=[{"fear": 0.1}, {"fear": 0.2}]).protocol.digest
