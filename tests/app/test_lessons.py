"""Lessons are data: all that are shipped are complete, and adding one touches no code."""

import dataclasses
import re
import shutil
from bisect import bisect_right as bisect

import numpy as np
import pytest
import statements

from civicsim.app import work
from civicsim.app.common import player_words
from civicsim.app.history import BRIGHT, DARK
from civicsim.app.lessons import FOLDER, Question, collect, lessons, read_lesson
from civicsim.app.pages.making import about_run
from civicsim.app.quiz import NONE, answered, values
from civicsim.app.verdicts import verdict
from civicsim.app.words import PATHS
from civicsim.errors import ScenarioError
from civicsim.experiment.statistics import estimate
from civicsim.model.measures import MEASURES
from civicsim.scenario.scenario import Scenario

NAMES = sorted(path.parent.name for path in FOLDER.glob("*/lesson.toml"))


def test_there_are_at_least_eight_in_an_order():
    assert len(lessons()) >= 8
    assert sorted(lessons()) == NAMES
    orders = {name: lesson.order for name, lesson in lessons().items()}
    same = {name: order for name, order in orders.items() if list(orders.values()).count(order) > 1}
    assert same == {}, "lessons with the same order"
    assert list(orders.values()) == sorted(orders.values())


def test_what_a_run_changes_is_told_in_words():
    told = {name: [about_run(run) for run in lesson.runs] for name, lesson in lessons().items()}
    assert told["voice-without-response"][1].endswith("Invitation to speak up: 90.0 %; Hours for answering staff: 0.5")
    assert told["two-regimes"][1].endswith("Hard regime in week 53")
    assert about_run(Scenario.preset("compact")) == ""
    assert [words for of_one in told.values() for words in of_one if "_" in words or "levers." in words] == []


def test_a_lesson_has_all_that_a_class_needs():
    shown = [row["label"] for part in ("paths", "states") for row in player_words()[part]]
    labels = {label.removesuffix(" (index)") for label in shown}
    faults = []
    for name, lesson in lessons().items():
        quoted = re.findall(r"(?:Switch the lines to|Colour by) “(.+?)”", " ".join(words for _, words in lesson.watch))
        needs = {
            "minutes": 10 <= lesson.minutes <= 20,
            "three questions": len(lesson.discuss) == 3 and all("?" in question for question in lesson.discuss),
            "limits": bool(lesson.left_out),
            "notes": len(lesson.teacher) >= 4 and 2 <= len(lesson.aims) <= 4,
            "a plan": min(lesson.plan.values()) >= 2,
            "weeks to watch": len(lesson.watch) >= 2,
            "one organisation": len({(scenario.structure, scenario.seed) for scenario in lesson.runs}) == 1,
            "measures": set(lesson.matched) <= set(MEASURES) and set(lesson.measures) <= set(PATHS),
            "a range": lesson.low < lesson.high,
            "labels as on the page": set(quoted) <= labels,
        }
        faults += [f"{name}: {what}" for what, there in needs.items() if not there]
    assert faults == []


WORSE, OPEN, BETTER = "worse", "too close to call", "better"
CLAIMS = {
    "voice-without-response": {
        "voice_share": (0.25, WORSE),
        "efficacy": (0.34, WORSE),
        "weeks_to_response": (6.2, WORSE),
        "survey_all_safe": (61.0, WORSE),
    },
    "hitting-the-target": {
        "quality_reported": (0.72, OPEN),
        "voice_share": (0.14, WORSE),
        "quality_true": (0.67, WORSE),
        "gaming_gap": (0.04, WORSE),
        "harm_rate": (4.7, WORSE),
        "psychological_safety": (0.43, WORSE),
    },
    "two-regimes": {
        "voice_share": (0.25, WORSE),
        "psychological_safety": (0.47, WORSE),
        "efficacy": (0.50, BETTER),
        "fear_met": (0.61, WORSE),
    },
    "battening-down": {"problem_seeking": (0.68, BETTER), "burnt_out_share": (0.23, BETTER)},
    "compact": {"trust": (0.40, WORSE), "voice_share": (0.28, WORSE)},
    "panel-without-a-budget": {"forum_acted_share": (0.0, WORSE), "satisfaction": (0.70, OPEN)},
    "leaders-come-and-go": {
        "voice_share": (0.84, BETTER),
        "psychological_safety": (0.67, BETTER),
        "fear_met": (0.137, BETTER),
        "efficacy": (0.62, BETTER),
    },
    "crisis-and-reset": {
        "belonging": (0.62, OPEN),
        "voice_share": (0.442, BETTER),
        "burnt_out_share": (0.306, OPEN),
        "psychological_safety": (0.57, OPEN),
    },
}
"""What the texts rest on: value of the second run in its last year, and the verdict against the first."""


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_reports_thirty_runs(name):
    """Where this fails, the model has moved: read the lesson again and correct it."""
    lesson = lessons()[name]
    batches = [work.batch(scenario, work.MANY) for scenario in lesson.runs]
    found = {measure: verdict(measure, *batches) for measure in CLAIMS.get(name, ())}
    faults = [
        f"{measure}: found {v.after.mean:.3g}, {v.word}; claimed {value}, {word}"
        for (measure, v), (value, word) in zip(found.items(), CLAIMS.get(name, {}).values(), strict=True)
        if v.word != word or v.after.mean != pytest.approx(value, rel=0.06, abs=0.01)
    ]
    # The right answer of each question is beyond doubt: all of the interval of what it asks for lies within it.
    for one in answered(lesson, batches):
        ends = estimate(values(one.question, batches))
        sides = {bisect(one.question.cuts, end) for end in (ends.low, ends.high)}
        if sides != {one.right}:
            faults.append(
                f"{one.question.text}: {ends.low:.3g} to {ends.high:.3g} is not within {one.options[one.right]}"
            )
    assert faults == [], "\n".join(faults)


RUNS = [
    work.Batch((1, 2), {"trust": np.full((5, 2), level)}, {"trust": np.array([level, level])}) for level in (0.5, 0.4)
]
ASKED = (
    (0, None, (0.2, 0.45, 0.6), ["less than 20 %", "20 to 45 %", "45 to 60 %", "more than 60 %"], 2, "50.0 %"),
    (1, 8, (0.2, 0.4), ["less than 20 %", "20 to 40 %", "more than 40 %"], 2, "40.0 %"),
    (
        None,
        None,
        (-0.05, 0.05),
        ["more than 5 points lower", "hardly different: by less than 5 points", "more than 5 points higher"],
        0,
        "10.0 points lower",
    ),
    (
        None,
        4,
        (-0.2, 0, 0.3),
        ["more than 20 points lower", "up to 20 points lower", "up to 30 points higher", "more than 30 points higher"],
        1,
        "10.0 points lower",
    ),
    (
        None,
        None,
        (-0.3, -0.05, 0.1),
        [
            "more than 30 points lower",
            "5 to 30 points lower",
            "between 5 points lower and 10 points higher",
            "more than 10 points higher",
        ],
        1,
        "10.0 points lower",
    ),
    (
        None,
        None,
        (0.05, 0.1),
        ["less than 5 points higher, or lower", "5 to 10 points higher", "more than 10 points higher"],
        0,
        "10.0 points lower",
    ),
    (None, None, (0, 0.1), ["lower", "up to 10 points higher", "more than 10 points higher"], 0, "10.0 points lower"),
)


@pytest.mark.parametrize(("of", "week", "cuts", "offered", "right", "found"), ASKED)
def test_the_answers_of_a_quiz_are_ranges_and_the_right_one_is_computed(of, week, cuts, offered, right, found):
    question = Question("How much trust?", "trust", of, week, cuts, "So it is.")
    lesson = dataclasses.replace(lessons()["compact"], quiz=(question,))
    (one,) = answered(lesson, RUNS)
    assert (one.options, one.right, one.found) == (offered, right, found)


def test_a_run_without_a_value_does_not_answer_a_question_of_a_quiz():
    question = Question("How much trust?", "trust", 0, None, (0.3, 0.6), "So it is.")
    lesson = dataclasses.replace(lessons()["compact"], quiz=(question,))
    (usual,) = answered(lesson, RUNS)

    def without(runs):
        values = RUNS[0].last_year["trust"].astype(float)
        last = RUNS[0].last_year | {"trust": np.where(np.arange(len(values)) < runs, np.nan, values)}
        return [dataclasses.replace(RUNS[0], last_year=last), *RUNS[1:]]

    (one,) = answered(lesson, without(1))
    assert (one.right, one.found[0]) == (usual.right, usual.found[0])
    (none,) = answered(lesson, without(99))
    assert none.right == NONE


def test_every_lesson_with_two_runs_has_claims():
    assert set(CLAIMS) == {name for name, lesson in lessons().items() if len(lesson.runs) == 2}


# What texts report about a change that is not among the lesson's runs, which are counted from 0.
HOURS, WORDS = {"levers.weight_response": 10.0}, {"levers.compact": 0.0}
CHANGED = (
    ("voice-without-response", 1, HOURS, {"voice_share": 0.50, "weeks_to_response": 0.19}),
    ("compact", 0, WORDS, {"trust": 0.60, "voice_share": 0.75}),
    ("compact", 1, WORDS, {"trust": 0.40, "voice_share": 0.28}),
    ("battening-down", 0, {}, {"burnt_out_share": 0.34}),
)


@pytest.mark.parametrize(("name", "which", "changes", "claims"), CHANGED)
def test_a_lesson_reports_what_a_change_does(name, which, changes, claims):
    scenario = lessons()[name].runs[which]
    for key, value in changes.items():
        scenario = scenario.set(key, value)
    found = work.batch(scenario, work.MANY).last_year
    assert {measure: found[measure].mean() for measure in claims} == pytest.approx(claims, rel=0.06, abs=0.01)


PASSING = (
    ("crisis-and-reset", 64, {"belonging": (0.622, 0.704)}),
    (
        "crisis-and-reset",
        72,
        {"burnt_out_share": (0.312, 0.296), "voice_share": (0.444, 0.464), "permission_met": (0.30, 0.384)},
    ),
    ("crisis-and-reset", 156, {"belonging": (0.622, 0.623), "permission_met": (0.30, 0.30)}),
    ("two-regimes", 104, {"voice_share": (0.446, 0.15), "efficacy": (0.473, 0.422)}),
    ("two-regimes", 260, {"voice_share": (0.428, 0.268), "fear_met": (0.352, 0.558)}),
    ("battening-down", 4, {"problem_seeking": (0.58, 0.58)}),
    ("battening-down", 156, {"problem_seeking": (0.55, 0.68)}),
)


@pytest.mark.parametrize(("name", "week", "claims"), PASSING)
def test_a_lesson_reports_what_passes(name, week, claims):
    """Both runs at a week of which the text tells."""
    runs = [work.batch(scenario, work.MANY).paths for scenario in lessons()[name].runs]
    for measure, both in claims.items():
        found = [path[measure][week // work.STEP - 1].mean() for path in runs]
        assert found == pytest.approx(both, rel=0.03), measure


DEFINED = {"A compact is a set of mutual promises": "what is assumed about a compact"}
"""Beginnings of sentences that name a style and a measure and claim nothing, and the reason."""


def _checked(name):
    """Return the values that tests compare with the runs of a lesson, by measure."""
    pairs = [(measure, value) for measure, (value, _) in CLAIMS.get(name, {}).items()]
    pairs += [pair for lesson, _, _, values in CHANGED if lesson == name for pair in values.items()]
    pairs += [
        (measure, one) for lesson, _, both in PASSING if lesson == name for measure, own in both.items() for one in own
    ]
    return {measure: [value for other, value in pairs if other == measure] for measure, _ in pairs}


def _unbacked(name, text, checked):
    """Return the sentences about styles of a text of which not every measure and number is among those compared."""
    faults = []
    for one in statements.claims(text):
        measures, numbers = statements.named(one)[1], [float(n) for n in re.findall(r"\d+(?:\.\d+)?", one)]
        values = [100.0 * value for measure in measures for value in checked.get(measure, ())]
        backed = measures <= set(checked) and all(any(abs(n - v) <= 0.51 for v in values) for n in numbers)
        if not backed and not one.startswith(tuple(DEFINED)):
            faults.append(f"{name}: {one}")
    return faults


def test_what_a_lesson_states_about_a_style_is_compared_with_its_runs_and_studied():
    """A sentence that names a style and a measure is about the lesson's own runs; what studies found on it stands below."""
    faults, used = [], set()
    for name, lesson in lessons().items():
        text = statements.shown(".toml", lesson.source)
        faults += _unbacked(name, text, _checked(name))
        own = statements.claims(text)
        used |= {start for start in DEFINED if any(one.startswith(start) for one in own)}
        if own and not lesson.studies:
            faults.append(f"{name}: states what a style does, and names no finding of a study")
    assert faults == []
    assert used == set(DEFINED)


@pytest.mark.parametrize(
    "text",
    [
        "Under command 35 of a hundred are burnt out.",
        "Under command fewer patients are harmed.",
        "Under command, burnout falls by half, to 17 %.",
    ],
)
def test_a_number_or_a_measure_of_a_lesson_that_no_run_shows_is_found(text):
    assert _unbacked("battening-down", text, _checked("battening-down")) == [f"battening-down: {text}"]
    assert _unbacked("battening-down", "Under command 34 of a hundred are burnt out.", _checked("battening-down")) == []


def test_about_three_of_twenty_teams_are_bright_and_as_many_dark():
    batch = work.batch(lessons()["bright-and-dark"].runs[0], work.MANY)
    assert batch.last_year["bright_share"].mean() == pytest.approx(0.15, abs=0.015)
    assert batch.last_year["dark_share"].mean() == pytest.approx(0.15, abs=0.015)


def test_seven_in_ten_spots_of_the_first_week_are_gone_after_five_years():
    one = lessons()["bright-and-dark"].runs[0]
    runs = [work.playback(dataclasses.replace(one, seed=one.seed + k)).spots for k in range(work.MANY)]
    for kind in (BRIGHT, DARK):
        spots = (np.array(runs) & kind) > 0
        first, last = spots[:, 0], spots[:, -1]
        assert (first & ~last).sum() / first.sum() == pytest.approx(0.7, abs=0.05)
        assert spots.any(axis=1).mean() > 0.5
        assert first[0].sum() >= 2, "the run on screen has spots to choose from"


def test_a_new_folder_is_a_new_lesson(tmp_path):
    shutil.copytree(FOLDER / "compact", tmp_path / "my-own")
    assert read_lesson(tmp_path / "my-own" / "lesson.toml").name == "my-own"


def test_a_file_that_is_no_lesson_takes_no_other_away(tmp_path):
    text = (FOLDER / "compact" / "lesson.toml").read_text(encoding="utf-8")
    for name, contents in (
        ("good.toml", text),
        ("bad one.toml", text.replace("minutes", "minuets")),
        ("good 2.toml", text),
    ):
        (tmp_path / name).write_text(contents, encoding="utf-8")
    found = collect(tmp_path.glob("*.toml"))
    assert list(found.lessons) == ["good", "good-2"]
    assert found.problems == ("bad one.toml has no 'minuets'; did you mean 'minutes'?",)
    (tmp_path / "good-2.toml").write_text(text, encoding="utf-8")
    assert collect(tmp_path.glob("*.toml")).problems[1:] == ("good-2.toml: another lesson has the name 'good-2'",)


MISTAKES = (
    ("minutes = 20", "minutes = 90", "minutes = 90: expected a whole number from 5 to 40"),
    ("explain = 6", "explain = 5", "its minutes add up to 19, not to minutes = 20"),
    ("predict = 2", "guess = 2", "[plan] has no 'guess'; valid names: explain, predict, quiz, read, run"),
    ("of = 1", "of = 3", "of = 3: expected a whole number from 1 to 2"),
    (
        "cuts = [0.3, 0.5, 0.65]",
        "cuts = [0.3, 0.65, 0.5]",
        "expected two or three numbers, each larger than the one before",
    ),
    ("high = 0.9", "high = 0.1", "high = 0.1: expected more than low = 0.2"),
    ('style = "compact"', 'style = "/etc/compact.toml"', "style = '/etc/compact.toml'"),
    (
        'set = { "levers.weight_response"',
        'set = { "structure.n_teams" = 9, "levers.weight_response"',
        "'structure.n_teams' is not a lever",
    ),
    ("[[watch]]\nweek = 26", '[[runs]]\nlabel = "x"\n\n[[watch]]\nweek = 26', "expected 1 to 2 blocks [[runs]]"),
    ("summary =", "sumary =", "has no 'sumary'; did you mean 'summary'?"),
    ('measures = ["trust"', 'measures = ["trusst"', "no 'trusst'; did you mean 'trust'?"),
    ('style = "compact"', 'style = "compct"', "style = 'compct'; did you mean 'compact'?"),
    ("low = 0.2", "low = -2", "low = -2: expected a number from 0 to 1"),
    ("[predict]", "[predict", "is not valid TOML"),
)


def test_a_mistake_in_a_lesson_is_one_clear_line(tmp_path):
    path = tmp_path / "wrong" / "lesson.toml"
    path.parent.mkdir()
    text = (FOLDER / "compact" / "lesson.toml").read_text(encoding="utf-8")
    faults = []
    for was, becomes, message in MISTAKES:
        assert was in text
        path.write_text(text.replace(was, becomes, 1), encoding="utf-8")
        with pytest.raises(ScenarioError) as caught:
            read_lesson(path)
        line = str(caught.value)
        if not line.startswith("wrong/lesson.toml") or message not in line or "\n" in line:
            faults.append(line)
    assert faults == []
