"""Styles are data over neutral levers, at equal hours."""

import ast
import re
from pathlib import Path

import pytest

import civicsim as cs
from civicsim.model import levers
from civicsim.model.week import WEEK
from civicsim.scenario.random_styles import random_style

PACKAGE = Path(cs.__file__).parent
STYLES = sorted(cs.styles())
BUDGET = 0.75


def test_there_are_thirteen_styles_as_files():
    assert len(STYLES) == 13


@pytest.mark.parametrize("style", STYLES)
def test_a_style_sets_every_lever_and_nothing_else(style):
    import tomllib

    text = tomllib.loads((PACKAGE / "scenario" / "styles" / f"{style}.toml").read_text())
    assert set(text) == {"title", "description", "levers"}
    assert set(text["levers"]) == set(levers.NAMES)


@pytest.mark.parametrize("style", [name for name in STYLES if name != "laissez-faire"])
def test_every_style_is_allocated_the_same_hours(style):
    hours = cs.Scenario.preset(style).levers.hours(BUDGET)
    assert sum(hours.values()) == pytest.approx(BUDGET, rel=1e-12)


def test_laissez_faire_is_allocated_fifteen_percent_of_the_hours():
    hours = cs.Scenario.preset("laissez-faire").levers.hours(BUDGET)
    assert sum(hours.values()) == pytest.approx(0.15 * BUDGET, rel=1e-12)


def test_the_status_quo_is_the_default():
    assert cs.Scenario.preset().levers == levers.Levers()
    assert cs.Scenario.preset().style == "status-quo"


def test_random_styles_use_all_hours_and_stay_in_range():
    for number in range(20):
        drawn = random_style(number, 20, seed=3)
        assert sum(drawn.hours(BUDGET).values()) == pytest.approx(BUDGET)
        assert all(0.0 <= getattr(drawn, name) <= 1.0 for name in levers.NAMES if not name.startswith("weight_"))
    assert random_style(3, 20, seed=3) == random_style(3, 20, seed=3)


def test_random_styles_fill_each_lever_evenly():
    drawn = sorted(random_style(number, 10).fear for number in range(10))
    assert all(k / 10 <= value <= (k + 1) / 10 for k, value in enumerate(drawn))


def test_no_lever_is_called_civic():
    assert not [name for name in levers.NAMES if "civic" in name]


def test_no_code_asks_which_style_it_is():
    """A style is data: outside scenario and comparison, which handle names, nothing reads the name of a style."""
    quoted = re.compile("|".join(re.escape(f'"{name}"') for name in STYLES))
    for path in [*PACKAGE.glob("engine/**/*.py"), *PACKAGE.glob("model/**/*.py"), *PACKAGE.glob("scenario/**/*.py")]:
        if path.name == "scenario.py":
            continue
        text = path.read_text()
        tests = [ast.unparse(node.test) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.If | ast.IfExp)]
        assert not [test for test in tests if quoted.search(test.replace("'", '"')) or ".style ==" in test], path


def test_every_process_can_be_switched_off():
    for process in WEEK:
        about = cs.Scenario.preset()
        assert getattr(about, process.name).enabled is True
        assert getattr(about.with_(**{f"{process.name}__enabled": False}), process.name).enabled is False
