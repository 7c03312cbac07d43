"""Every parameter is declared once and completely, and checks what it is given."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import faults

from civicsim.engine.parameters import as_row, column_dtype, declared, parameter, switch
from civicsim.errors import ScenarioError
from civicsim.model.levers import NAMES as LEVERS
from civicsim.model.levers import PURPOSES, Levers
from civicsim.model.week import WEEK
from civicsim.scenario.scenario import PARAMETERS, SECTIONS, Scenario

ALL = sorted(PARAMETERS)


@dataclasses.dataclass(frozen=True)
class Example:
    enabled: bool = switch("It happens.")
    rate: float = parameter(0.25, "per week", 0.1, 0.5, help="How fast.", source="Assumption: an example.")
    count: int = parameter(3, "things", 1, 9, help="How many.", source="Assumption: an example.")
    form: str = parameter(
        "slow", "form", help="Which way.", source="Assumption: an example.", choices=("quick", "slow")
    )


about = declared(Example, "example")


# -- one parameter ---------------------------------------------------------------------------------------------------


def test_a_declaration_is_read_back_whole():
    rate = about["rate"]
    assert (rate.key, rate.default, rate.unit, rate.low, rate.high) == ("example.rate", 0.25, "per week", 0.1, 0.5)
    assert (rate.role, rate.help, rate.source) == ("uncertainty", "How fast.", "Assumption: an example.")
    assert about["enabled"].role == "switch"
    assert list(about) == ["enabled", "rate", "count", "form"]


@given(st.floats(0.1, 0.5))
def test_what_lies_in_the_range_is_taken_as_it_is(value):
    assert about["rate"].validate(value, "here") == value


@given(st.floats(allow_nan=True, allow_infinity=True).filter(lambda x: not 0.1 <= x <= 0.5))
def test_what_lies_outside_or_is_no_number_is_refused_with_the_range(value):
    with pytest.raises(ScenarioError, match=r"^file: \[example\] rate = .*: expected a number from 0\.1 to 0\.5$"):
        about["rate"].validate(value, "file")


def test_both_ends_of_the_range_are_allowed():
    assert about["rate"].validate(0.1, "here") == 0.1
    assert about["rate"].validate(0.5, "here") == 0.5
    assert about["count"].validate(9, "here") == 9


@pytest.mark.parametrize("value", ["0.2", None, True, [0.2], {"a": 1}, 1j])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(ScenarioError, match="expected a number from"):
        about["rate"].validate(value, "here")


@pytest.mark.parametrize("value", [2.5, "3", True, math.nan, math.inf, 0, 10])
def test_a_whole_number_must_be_whole_and_in_range(value):
    with pytest.raises(ScenarioError, match="expected a whole number from 1 to 9"):
        about["count"].validate(value, "here")


@pytest.mark.parametrize("value", [1, 0, "true", None])
def test_a_switch_is_true_or_false_and_nothing_else(value):
    with pytest.raises(ScenarioError, match="expected true or false"):
        about["enabled"].validate(value, "here")


def test_a_choice_names_its_words_and_the_nearest_one():
    with pytest.raises(ScenarioError, match=r"expected one of 'quick', 'slow'; did you mean 'quick'\?"):
        about["form"].validate("quik", "here")
    assert about["form"].validate("quick", "here") == "quick"


def test_values_come_back_in_the_parameters_own_type():
    assert type(about["count"].validate(np.float64(4.0), "here")) is int
    assert type(about["rate"].validate(np.float32(0.25), "here")) is float
    whole = dataclasses.replace(about["rate"], low=0.0, high=3.0)
    assert type(whole.validate(2, "here")) is float


def test_a_number_too_large_for_a_float_is_refused_in_one_line():
    with pytest.raises(ScenarioError):
        about["rate"].validate(10**400, "here")


# -- rows for kernels ------------------------------------------------------------------------------------------------


def test_a_row_holds_every_value_and_a_choice_as_its_code():
    values = np.array([as_row(Example(form="slow", rate=0.3))], dtype=column_dtype(Example))
    assert values.dtype.names == ("enabled", "rate", "count", "form")
    assert values[0].tolist() == (True, 0.3, 3, 1)
    assert as_row(Example(form="quick"))[3] == 0


def test_every_section_fits_into_a_row_unchanged():
    def check(section):
        values = getattr(Scenario(), section)
        stored = np.array([as_row(values)], dtype=column_dtype(type(values)))[0]
        for name, about_it in SECTIONS[section].items():
            expected = about_it.choices.index(about_it.default) if about_it.choices else about_it.default
            assert stored[name] == expected

    assert faults(check, sorted(SECTIONS)) == []


# -- all parameters --------------------------------------------------------------------------------------------------


def test_every_parameter_is_declared_completely_and_its_default_is_valid():
    def check(key):
        it = PARAMETERS[key]
        assert it.validate(it.default, "default") == it.default
        assert type(it.validate(it.default, "default")) is type(it.default)
        assert it.unit
        assert it.help.endswith(".")
        assert "\n" not in it.help
        assert len(it.source) > 15
        if not it.choices and not isinstance(it.default, bool):
            assert it.low < it.high

    assert faults(check, ALL) == []


def test_every_parameter_is_kept_by_its_class_and_defaults_are_immutable():
    for names in SECTIONS.values():
        for it in names.values():
            assert isinstance(it.default, bool | int | float | str)


def test_every_process_starts_with_its_switch_and_it_is_on():
    def check(process):
        first = next(iter(declared(process.parameters, process.name).values()))
        assert (first.name, first.default, first.role) == ("enabled", True, "switch")

    assert faults(check, WEEK) == []


def test_everything_a_style_may_set_is_a_lever():
    assert all(PARAMETERS[f"levers.{name}"].role == "lever" for name in LEVERS)


# -- hours -----------------------------------------------------------------------------------------------------------

weights = st.dictionaries(st.sampled_from([f"weight_{purpose}" for purpose in PURPOSES]), st.floats(0, 20))


@given(weights, st.floats(0.1, 4.0), st.floats(0, 1))
def test_hours_share_out_the_budget_by_weight(chosen, budget, share):
    levers = Levers(**chosen, budget_share=share)
    hours = levers.hours(budget)
    total = sum(getattr(levers, f"weight_{purpose}") for purpose in PURPOSES)
    assert tuple(hours) == tuple(PURPOSES)
    assert min(hours.values()) >= 0.0
    if total > 0:
        assert sum(hours.values()) == pytest.approx(budget * share)
        for purpose in PURPOSES:
            assert hours[purpose] * total == pytest.approx(budget * share * getattr(levers, f"weight_{purpose}"))


def test_without_any_weight_no_hours_are_allocated():
    assert set(Levers(**{f"weight_{purpose}": 0.0 for purpose in PURPOSES}).hours(0.75).values()) == {0.0}
