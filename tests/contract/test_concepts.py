"""The table of concepts speaks of things that exist, and of hypotheses as they were recorded."""

import re
import tomllib
from pathlib import Path

from tools import faults

from civicsim.model.measures import MEASURES
from civicsim.model.week import PROCESSES
from civicsim.scenario.scenario import PARAMETERS, find_parameter
from civicsim.scenario.shipped import shocks, styles

ROOT = Path(__file__).parents[2]
HEADER = [
    "no.",
    "concept",
    "text",
    "construct in the model",
    "process",
    "parameters, levers, events, styles",
    "measures",
    "switch",
    "hypothesis and sign",
    "tested by",
]
SHARED = {59: 20, 70: 46}
"""Concepts that share the hypothesis of another."""
HOOK = 60
"""The concept that has no hypothesis."""
TEXTS = {"C", "M", "D", "B", "W"}


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _page() -> str:
    return (ROOT / "docs" / "concepts.md").read_text(encoding="utf-8")


def _rows() -> list[dict[str, str]]:
    lines = [_cells(line) for line in _page().splitlines() if line.startswith("|")]
    return [dict(zip(HEADER, cells, strict=True)) for cells in lines if cells[0].isdigit()]


def _file() -> dict:
    return tomllib.loads((ROOT / "experiments" / "hypotheses.toml").read_text(encoding="utf-8"))


def _names(cell: str) -> list[str]:
    names = re.findall(r"`([^`]+)`", cell)
    assert ", ".join(f"`{name}`" for name in names) == cell, cell
    return names


def test_there_are_70_concepts_in_order():
    assert [int(row["no."]) for row in _rows()] == list(range(1, 71))


def test_no_cell_is_empty():
    for row in _rows():
        assert all(row.values()), row["no."]


def test_every_concept_names_the_text_it_comes_from():
    for row in _rows():
        words = re.sub(r"\(.*\)", "", row["text"]).split()
        assert words
        assert set(words) <= TEXTS, row["no."]


def test_every_process_exists():
    for row in _rows():
        assert set(_names(row["process"])) <= set(PROCESSES), row["no."]


def test_everything_that_can_be_varied_exists():
    def check(row):
        for name in _names(row["parameters, levers, events, styles"]):
            section, _, key = name.partition(".")
            if section in ("shock", "intervention"):
                assert key in shocks(), name
            elif section == "style":
                assert key in {"all", "random", *styles()}, name
            else:
                assert find_parameter(name).key == name

    assert faults(check, _rows()) == []


def test_every_measure_exists_or_is_listed_as_a_later_one():
    known = {*MEASURES, *_file()["later_measures"]}
    for row in _rows():
        assert set(_names(row["measures"])) <= known, row["no."]


def test_every_switch_is_a_switch():
    for row in _rows():
        for name in _names(row["switch"]):
            assert PARAMETERS[name].role == "switch", row["no."]


def test_every_hypothesis_has_the_sign_that_was_written_down():
    stated = {hypothesis["concept"]: hypothesis for hypothesis in _file()["hypothesis"]}
    for row in _rows():
        number = int(row["no."])
        if number == HOOK:
            assert row["hypothesis and sign"] == "–"
            continue
        hypothesis = stated[SHARED.get(number, number)]
        signs = [hypothesis["sign"], *([hypothesis["direction"]] if "direction" in hypothesis else [])]
        expected = " ".join([hypothesis["id"], *(f"`{sign}`" for sign in signs)])
        assert row["hypothesis and sign"] == ("as " if number in SHARED else "") + expected


def test_the_study_that_tests_a_concept_has_contrasts_of_its_hypothesis():
    for row in _rows():
        number, study = int(row["no."]), row["tested by"]
        if number == HOOK:
            assert study == "–"
            continue
        text = (ROOT / "experiments" / study.strip("`")).read_text(encoding="utf-8")
        assert f'name = "H{SHARED.get(number, number)}"' in text, number


def test_every_note_is_about_a_concept_of_the_table():
    notes = re.findall(r"^- \*\*([^*]+)\.\*\*", _page(), re.MULTILINE)
    assert notes
    for note in notes:
        for number in re.findall(r"\d+", note):
            assert 1 <= int(number) <= 70
