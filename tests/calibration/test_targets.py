"""Targets are data: the shipped ones are complete, and a custom file is checked."""

import re

import pytest

from civicsim.calibration.targets import SHIPPED, read_targets
from civicsim.calibration.waves import read_free
from civicsim.errors import ScenarioError

GOOD = """[[target]]
pattern = "P1"
statistic = "absence"
finding = "One in twenty is off sick"
unit = "%"
value = 5.0
low = 4.3
high = 5.6
year = "2022"
source = "somewhere"
status = "found"
"""


def test_all_eleven_patterns_have_targets_with_a_source_and_a_year():
    targets = read_targets()
    assert {target.pattern for target in targets} - {""} == {f"P{number}" for number in range(1, 12)}
    for target in targets:
        assert target.source
        assert target.year
        assert target.low < target.high


def test_what_is_noted_from_memory_or_at_second_hand_says_so():
    assert any(target.status == "to be verified" for target in read_targets())
    assert all(target.status == "to be verified" for target in read_targets() if "at second hand" in target.source)


def test_a_custom_file_is_read(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(GOOD)
    (target,) = read_targets(path)
    assert (target.value, target.fitted) == (5.0, True)
    assert target.holds(4.3)
    assert not target.holds(4.29)


def test_a_mistake_is_one_line_that_names_the_file(tmp_path):
    path, wrong = tmp_path / "mine.toml", []
    for before, after, expected in (
        ('statistic = "absence"', 'statistic = "absense"', "did you mean 'absence'"),
        ('status = "found"', 'status = "guessed"', "valid names|did you mean"),
        ("low = 4.3", "low = 5.7", "is not below"),
        ("value = 5.0", "value = 9.0", "is outside"),
        ("value = 5.0", 'value = "5"', "expected a number"),
        ('unit = "%"\n', "", "unit is missing"),
        ('unit = "%"', 'units = "%"', "did you mean 'unit'"),
        ("[[target]]", "[[targets]]", "did you mean"),
        ('finding = "One in twenty is off sick"', "finding = 3", "expected text"),
        ("value = 5.0", "value = 5.0\nfitted = 1", "expected true or false"),
    ):
        path.write_text(GOOD.replace(before, after))
        with pytest.raises(ScenarioError) as caught:
            read_targets(path)
        message = str(caught.value)
        if not re.search(expected, message) or not message.startswith("mine.toml") or "\n" in message:
            wrong.append((after, message))
    assert wrong == []


def test_free_parameters_are_uncertainties_with_a_range():
    for factor in read_free():
        assert factor.about.role == "uncertainty"
        assert factor.range is not None
        assert "kappa" not in factor.key


def test_a_free_parameter_outside_the_list_may_take_all_that_it_allows():
    (factor,) = read_free(["population.trust_mean"])
    assert (factor.range.low, factor.range.high) == (factor.about.low, factor.about.high)
    with pytest.raises(ScenarioError, match="did you mean"):
        read_free(["population.trust_meen"])


def test_the_shipped_file_is_part_of_the_package():
    assert SHIPPED.is_file()
