"""Lessons are data: all that are shipped are complete, and adding one touches no code."""

import shutil

import pytest

from civicsim.app.lessons import FOLDER, lessons, read_lesson
from civicsim.app.words import MEASURE_WORDS, SHORT
from civicsim.errors import ScenarioError

NAMES = sorted(path.parent.name for path in FOLDER.glob("*/lesson.toml"))


def test_there_are_at_least_eight_in_an_order():
    assert len(lessons()) >= 8
    assert sorted(lessons()) == NAMES
    orders = [lesson.order for lesson in lessons().values()]
    assert orders == sorted(set(orders))


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_has_all_that_a_class_needs(name):
    lesson = lessons()[name]
    assert 10 <= lesson.minutes <= 20
    assert len(lesson.discuss) == 3
    assert all("?" in question for question in lesson.discuss)
    assert lesson.left_out
    assert lesson.teacher
    assert len(lesson.watch) >= 2
    assert len({scenario.structure for scenario in lesson.runs}) == 1
    assert len({scenario.seed for scenario in lesson.runs}) == 1
    assert set(lesson.matched) <= set(MEASURE_WORDS)
    assert set(lesson.measures) <= set(SHORT)
    assert lesson.low < lesson.high


def test_a_new_folder_is_a_new_lesson(tmp_path):
    shutil.copytree(FOLDER / "compact", tmp_path / "my-own")
    assert read_lesson(tmp_path / "my-own" / "lesson.toml").name == "my-own"


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ("minutes = 15", "minutes = 90", r"minutes = 90: expected a number from 5 to 40"),
        ("summary =", "sumary =", r"has no 'sumary'; did you mean 'summary'\?"),
        ('measures = ["trust"', 'measures = ["trusst"', r"no 'trusst'; did you mean 'trust'\?"),
        ('style = "compact"', 'style = "compct"', r"no style 'compct'; did you mean 'compact'\?"),
        ("low = 0.2", "low = -2", r"low = -2: expected a number from 0 to 1"),
        ("[predict]", "[predict", r"is not valid TOML"),
    ],
)
def test_a_mistake_in_a_lesson_is_one_clear_line(tmp_path, was, becomes, says):
    folder = tmp_path / "wrong"
    folder.mkdir()
    text = (FOLDER / "compact" / "lesson.toml").read_text(encoding="utf-8")
    assert was in text
    (folder / "lesson.toml").write_text(text.replace(was, becomes, 1), encoding="utf-8")
    with pytest.raises(ScenarioError, match=says) as caught:
        read_lesson(folder / "lesson.toml")
    assert str(caught.value).startswith("wrong/lesson.toml")
    assert "\n" not in str(caught.value)
